//! `txn`: conditions and operations, a line each, with an empty line after each of the three lists.

use std::sync::Arc;

use etcd::rpc::{Compare, Comparison, KeyRange, LeaseId, Op, Request, Revision, Target, Txn as Transaction};
use sim::Blob;

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args, error};
use super::options::{Opt, on, parse_int};
use super::print::unquote;
use super::{Line, Read, Running, Verb, kv};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag};

/// Its options.
pub const OPTIONS: &[Opt] =
    &[Opt { flag: on("interactive", "").flag.short('i'), default: "false", what: "ask for each list" }];

const PROMPTS: [&str; 3] =
    ["compares:", "success requests (get, put, del):", "failure requests (get, put, del):"];

/// `txn` while it reads and runs.
#[derive(Clone, Debug, Hash)]
pub struct Txn {
    interactive: bool,
    /// The list that is being read: conditions, then, otherwise; 3 when all are there.
    part: u32,
    txn: Transaction,
    /// What was given as standard input; `None` when lines are typed while it runs.
    stdin: Option<String>,
}

/// Reads the command line.
///
/// # Errors
/// As the tool says them.
pub fn read(line: Line<'_>) -> Result<Read, Failure> {
    if !line.words.is_empty() {
        return Err(bad_args("txn command does not accept argument"));
    }
    let txn = Txn {
        interactive: line.args.on("interactive"),
        part: 0,
        txn: Transaction::default(),
        stdin: line.setup.stdin.as_ref().map(ToString::to_string),
    };
    Ok(Read::Run(Running::Txn(Box::new(txn))))
}

impl Txn {
    fn prompt(&self, ctl: &mut Ctl<'_, '_, '_>) {
        if let (true, Some(prompt)) = (self.interactive, PROMPTS.get(self.part as usize)) {
            ctl.out(format!("{prompt}\n"));
        }
    }

    fn take(&mut self, line: &str) -> Result<(), Failure> {
        let line = line.trim();
        let invalid = |why: String| error(Exit::InvalidInput, why);
        match (line, self.part) {
            ("", _) => self.part += 1,
            (line, 0) => self.txn.compare.push(compare(line).map_err(invalid)?),
            (line, 1) => self.txn.then.push(operation(line)?),
            (line, _) => self.txn.otherwise.push(operation(line)?),
        }
        Ok(())
    }

    fn commit(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        let txn = Arc::new(std::mem::take(&mut self.txn));
        ctl.call_patiently(0, Request::Txn(txn));
    }
}

impl Verb for Txn {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        self.prompt(ctl);
        let Some(stdin) = self.stdin.take() else { return };
        // A line that is not ended is no line.
        for line in stdin.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            self.line(line, ctl);
            if self.part > 2 || ctl.ended() {
                return;
            }
        }
        ctl.fail(Exit::InvalidInput, "EOF");
    }

    fn reads(&self) -> bool {
        self.part <= 2
    }

    fn line(&mut self, line: &str, ctl: &mut Ctl<'_, '_, '_>) {
        let before = self.part;
        if let Err(failure) = self.take(line) {
            return ctl.io.fail(&failure);
        }
        if self.part != before {
            self.prompt(ctl);
        }
        if self.part > 2 {
            self.commit(ctl);
        }
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        match outcome {
            Err(why) => ctl.fail(Exit::Error, why.to_string()),
            Ok(response) => {
                ctl.show(super::print::response(ctl.style(), &super::print::Shown::Plain, &response));
                ctl.finish();
            }
        }
    }
}

/// Reads `mod("key") > "0"`.
fn compare(line: &str) -> Result<Compare, String> {
    let malformed = || format!("malformed comparison: {line}");
    let (target, rest) = line.split_once('(').ok_or_else(malformed)?;
    let parts = || {
        let (key, length) = unquote(rest)?;
        let rest = rest.get(length as usize..)?.strip_prefix(')')?.trim_start();
        let (sign, value) = rest.split_once(char::is_whitespace)?;
        let (value, _) = unquote(value.trim_start())?;
        Some((key, sign, value))
    };
    let Some((key, sign, value)) = parts() else {
        return Err(format!("{}; got {target}(\"\")  \"\"", malformed()));
    };
    let comparison = match sign {
        "=" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        ">" => Comparison::Greater,
        "<" => Comparison::Less,
        _ => return Err(format!("{}: unknown result op {sign:?}", malformed())),
    };
    let number = |radix| {
        parse_int(&value, radix).map_err(|why| format!("invalid txn compare request: {line} ({why})"))
    };
    // Versions and revisions are never negative; what is compared with less is compared with nothing.
    let count = || number(10).map(|n| u64::try_from(n).unwrap_or(0));
    let target = match target {
        "ver" | "version" => Target::Version(count()?),
        "c" | "create" => Target::Create(Revision(count()?)),
        "m" | "mod" => Target::Mod(Revision(count()?)),
        "val" | "value" => Target::Value(Blob::from(value.as_str())),
        "lease" => Target::Lease(LeaseId(number(16)?)),
        other => return Err(format!("{} (unknown target {other})", malformed())),
    };
    Ok(Compare { range: KeyRange::key(key), comparison, target })
}

/// Reads `put key "value"`, with the options of the command.
fn operation(line: &str) -> Result<Op, Failure> {
    let words = argify(line);
    let invalid = || error(Exit::InvalidInput, format!("invalid txn request: {line}"));
    let (name, rest) = match words.as_slice() {
        [name, rest @ ..] if !rest.is_empty() => (name.as_str(), rest),
        _ => {
            return Err(error(Exit::InvalidInput, format!("invalid txn compare request: {line}")));
        }
    };
    let options = match name {
        "get" => kv::GET,
        "put" => kv::PUT,
        "del" => kv::DEL,
        _ => return Err(invalid()),
    };
    let flags: Vec<Flag> = options.iter().map(|option| option.flag).collect();
    let args = Arguments::read_by(rest, &flags).map_err(|_| invalid())?;
    let mut words = args.words.clone();
    words.extend(args.after_dashes.iter().flatten().cloned());
    Ok(match name {
        "get" => Op::Range(kv::get_op(&words, &args)?),
        "put" => Op::Put(kv::put_op(&words, &args, None)?),
        _ => Op::DeleteRange(kv::del_op(&words, &args)?.0),
    })
}

/// Splits a line into words; quotes hold words together.
fn argify(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => match unquote(rest) {
                Some((word, length)) => {
                    words.push(word);
                    length as usize
                }
                None => rest.len(),
            },
            '\'' => {
                let end = rest[1..].find('\'').map_or(rest.len(), |end| end + 2);
                words.push(rest[1..].split('\'').next().unwrap_or("").to_owned());
                end
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                words.push(rest[..end].to_owned());
                end
            }
        };
        rest = rest.get(length..).unwrap_or("").trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons() {
        let of = |line: &str| compare(line).map(|c| (c.range.start.to_string(), c.comparison, c.target));
        assert_eq!(
            of(r#"mod("key1") > "0""#),
            Ok(("key1".into(), Comparison::Greater, Target::Mod(Revision(0))))
        );
        assert_eq!(
            of(r#"value("a b") = "x\"y""#),
            Ok(("a b".into(), Comparison::Equal, Target::Value(Blob::from("x\"y"))))
        );
        assert_eq!(of(r#"ver("k") != "2""#), Ok(("k".into(), Comparison::NotEqual, Target::Version(2))));
        assert_eq!(
            of(r#"lease("k") = "1f""#),
            Ok(("k".into(), Comparison::Equal, Target::Lease(LeaseId(31))))
        );
        for (line, why) in [
            ("mod", "malformed comparison: mod"),
            (r#"age("k") = "1""#, r#"malformed comparison: age("k") = "1" (unknown target age)"#),
            (
                r#"mod("k") = "x""#,
                r#"invalid txn compare request: mod("k") = "x" (strconv.ParseInt: parsing "x": invalid syntax)"#,
            ),
        ] {
            assert_eq!(of(line), Err(why.to_owned()));
        }
        assert!(of("mod(k) = 1").unwrap_err().starts_with("malformed comparison: mod(k) = 1; got"));
    }

    #[test]
    fn operations() {
        assert!(matches!(operation("get key"), Ok(Op::Range(_))));
        assert!(matches!(operation("del a b --range"), Ok(Op::DeleteRange(_))));
        let Ok(Op::Put(put)) = operation(r#"put k "some extra key" --prev-kv"#) else { panic!() };
        assert_eq!((put.key.as_str(), put.value.text().as_str(), put.prev_kv), ("k", "some extra key", true));
        for bad in ["get", "watch k", "get k --bogus"] {
            assert_eq!(operation(bad).unwrap_err().code, 3, "{bad}");
        }
    }
}
