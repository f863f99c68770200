//! `get`, `put`, `del`: their options and words, which transactions use, too.

use std::time::Duration;

use etcd::rpc::{DeleteRange, Key, KeyRange, LeaseId, Put, Range, Request, Revision, SortTarget};

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args, error};
use super::one::One;
use super::options::{Opt, int, number, on, parse_int, text};
use super::print::Format;
use super::{Line, Read, Running, Verb, run};
use crate::failure::Failure;
use crate::flags::Arguments;

/// Options of `get`.
pub const GET: &[Opt] = &[
    on("prefix", "keys that begin with the key"),
    on("from-key", "keys from the key on"),
    on("keys-only", "without values"),
    on("count-only", "only the number of keys (with --write-out=fields)"),
    on("print-value-only", "only values (with --write-out=simple)"),
    number("limit", "keys at the most"),
    number("max-bytes", "accepted, not used"),
    number("rev", "as of this revision"),
    text("order", "", "ASCEND or DESCEND"),
    text("sort-by", "", "CREATE, KEY, MODIFY, VALUE or VERSION"),
    text("consistency", "l", "l: as all members see it; s: as this member sees it"),
    number("min-create-rev", "created at this revision or later"),
    number("max-create-rev", "created at this revision or before"),
    number("min-mod-rev", "last changed at this revision or later"),
    number("max-mod-rev", "last changed at this revision or before"),
];

/// Options of `put`.
pub const PUT: &[Opt] = &[
    text("lease", "0", "the lease to attach, a hexadecimal ID"),
    on("prev-kv", "print what was there before"),
    on("ignore-value", "keep the value that is there"),
    on("ignore-lease", "keep the lease that is there"),
];

/// Options of `del`.
pub const DEL: &[Opt] = &[
    on("prefix", "keys that begin with the key"),
    on("from-key", "keys from the key on"),
    on("prev-kv", "print what was deleted"),
    on("range", "delete a range without the pause before it"),
];

const EITHER: &str = "`--prefix` and `--from-key` cannot be set at the same time, choose one";
const ONE_ARGUMENT: &str =
    "too many arguments, only accept one argument when `--prefix` or `--from-key` is set";

/// The keys that words and options name. The first word must be there.
fn range(words: &[String], args: &Arguments) -> Result<KeyRange, Failure> {
    let (prefix, from_key) = (args.on("prefix"), args.on("from-key"));
    let key = words.first().map_or("", String::as_str);
    match words.get(1) {
        Some(_) if prefix || from_key => Err(bad_args(ONE_ARGUMENT)),
        Some(end) => {
            let end = if end.is_empty() { None } else { Some(Key::from(end.as_str())) };
            Ok(KeyRange { start: key.into(), end })
        }
        None if (prefix || from_key) && key.is_empty() => Ok(KeyRange::all()),
        None if prefix => Ok(KeyRange::prefix(key)),
        None if from_key => Ok(KeyRange::from_key(key)),
        None => Ok(KeyRange::key(key)),
    }
}

/// Reads the words and options of a `get`.
///
/// # Errors
/// As the tool says them.
pub fn get_op(words: &[String], args: &Arguments) -> Result<Range, Failure> {
    if words.is_empty() {
        return Err(bad_args("get command needs one argument as key and an optional argument as range_end"));
    }
    if args.on("prefix") && args.on("from-key") {
        return Err(bad_args(EITHER));
    }
    if args.on("keys-only") && args.on("count-only") {
        return Err(bad_args("`--keys-only` and `--count-only` cannot be set at the same time, choose one"));
    }
    let serializable = match args.get("consistency").unwrap_or("l") {
        "s" => true,
        "l" => false,
        other => return Err(error(Exit::BadFeature, format!("unknown consistency flag {other:?}"))),
    };
    let keys = range(words, args)?;
    let descending = match args.text("order").to_uppercase().as_str() {
        "" => None,
        "ASCEND" => Some(false),
        "DESCEND" => Some(true),
        _ => return Err(error(Exit::BadFeature, format!("bad sort order {}", args.text("order")))),
    };
    let by = match args.text("sort-by").to_uppercase().as_str() {
        "" | "KEY" => SortTarget::Key,
        "CREATE" => SortTarget::Create,
        "MODIFY" => SortTarget::Mod,
        "VALUE" => SortTarget::Value,
        "VERSION" => SortTarget::Version,
        _ => return Err(error(Exit::BadFeature, format!("bad sort target {}", args.text("sort-by")))),
    };
    // The client library: a target without an order means ascending, but keys come in that order anyway.
    let sort = match (descending, by) {
        (None | Some(false), SortTarget::Key) => None,
        (order, by) => Some((by, order.unwrap_or(false))),
    };
    let count = |name| int(args, name).map(|n| u64::try_from(n).unwrap_or(0));
    let revision = |name| count(name).map(Revision);
    Ok(Range {
        limit: count("limit")?,
        revision: revision("rev")?,
        sort,
        keys_only: args.on("keys-only"),
        count_only: args.on("count-only"),
        serializable,
        min_mod_revision: revision("min-mod-rev")?,
        max_mod_revision: revision("max-mod-rev")?,
        min_create_revision: revision("min-create-rev")?,
        max_create_revision: revision("max-create-rev")?,
        ..Range::new(keys)
    })
}

/// Reads the words and options of a `put`.
///
/// # Errors
/// As the tool says them.
pub fn put_op(words: &[String], args: &Arguments, stdin: Option<&str>) -> Result<Put, Failure> {
    let needs = || bad_args("put command needs 1 argument and input from stdin or 2 arguments");
    let key = words.first().ok_or_else(needs)?;
    let ignore_value = args.on("ignore-value");
    let value = match (words.get(1), ignore_value) {
        (Some(_), true) => {
            return Err(bad_args("put command needs only 1 argument when 'ignore-value' is set"));
        }
        (None, true) => "",
        (Some(value), false) => value,
        (None, false) => stdin.filter(|text| !text.is_empty()).ok_or_else(needs)?,
    };
    let lease = parse_int(args.get("lease").unwrap_or("0"), 16)
        .map_err(|why| bad_args(format!("bad lease ID ({why}), expecting ID in Hex")))?;
    Ok(Put {
        lease: LeaseId(lease),
        prev_kv: args.on("prev-kv"),
        ignore_value,
        ignore_lease: args.on("ignore-lease"),
        ..Put::new(key.as_str(), value)
    })
}

/// Reads the words and options of a `del`; with it the two ends of a range that needs a warning.
///
/// # Errors
/// As the tool says them.
pub fn del_op(
    words: &[String],
    args: &Arguments,
) -> Result<(DeleteRange, Option<(String, String)>), Failure> {
    if words.is_empty() || words.len() > 2 {
        return Err(bad_args("del command needs one argument as key and an optional argument as range_end"));
    }
    if args.on("prefix") && args.on("from-key") {
        return Err(bad_args(EITHER));
    }
    let request = DeleteRange { range: range(words, args)?, prev_kv: args.on("prev-kv") };
    let warned = match words {
        [from, to] if !args.on("range") => Some((from.clone(), to.clone())),
        _ => None,
    };
    Ok((request, warned))
}

/// `get`.
pub fn get(line: Line<'_>) -> Result<Read, Failure> {
    let range = get_op(&line.words, line.args)?;
    let format = line.globals.style.format;
    if line.args.on("count-only") && format != Format::Fields {
        return Err(bad_args("--count-only is only for `--write-out=fields`"));
    }
    if line.args.on("print-value-only") && format != Format::Simple {
        return Err(bad_args("print-value-only is only for `--write-out=simple`"));
    }
    run(One::new(Request::Range(range)).value_only(line.args.on("print-value-only")))
}

/// `put`.
pub fn put(line: Line<'_>) -> Result<Read, Failure> {
    let put = put_op(&line.words, line.args, line.setup.stdin.as_deref())?;
    run(One::new(Request::Put(put)))
}

/// `del`.
pub fn del(line: Line<'_>) -> Result<Read, Failure> {
    let (request, warned) = del_op(&line.words, line.args)?;
    match warned {
        None => run(One::new(Request::DeleteRange(request))),
        Some((from, to)) => {
            let one = One::new(Request::DeleteRange(request));
            Ok(Read::Run(Running::DelRange(Box::new(DelRange { from, to, one }))))
        }
    }
}

/// `del` of a range: a warning, and time to think again.
#[derive(Clone, Debug, Hash)]
pub struct DelRange {
    from: String,
    to: String,
    one: One,
}

/// The time to think again.
const PAUSE: Duration = Duration::from_secs(2);

impl Verb for DelRange {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.err(format!(
            "Warning: Keys between {:?} and {:?} will be deleted. Please interrupt the command within next 2 seconds to cancel. \
             You can provide `--range` flag to avoid the delay.\n",
            self.from, self.to
        ));
        ctl.timer(0, PAUSE);
    }

    fn timer(&mut self, _tag: u32, ctl: &mut Ctl<'_, '_, '_>) {
        self.one.start(ctl);
    }

    fn answer(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        self.one.answer(tag, outcome, ctl);
    }
}
