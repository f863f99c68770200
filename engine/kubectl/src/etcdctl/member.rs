//! `member list`, `add`, `remove`, `update`, `promote`.

use etcd::rpc::Request;

use super::failure::{Exit, bad_args, error};
use super::one::One;
use super::options::{Opt, on, parse_uint, text};
use super::print::{Format, Shown};
use super::{Line, Read, run};
use crate::failure::Failure;

/// Options of `list`.
pub const LIST: &[Opt] = &[text("consistency", "l", "l: as all members see it; s: as this member sees it")];
/// Options of `add`.
pub const ADD: &[Opt] = &[
    text("peer-urls", "", "where other members will reach it, separated by commas"),
    on("learner", "as a learner, which does not vote"),
];
/// Options of `update`.
pub const UPDATE: &[Opt] = &[text("peer-urls", "", "where other members reach it, separated by commas")];

fn id(line: &Line<'_>) -> Result<u64, Failure> {
    let [word] = line.words.as_slice() else { return Err(bad_args("member ID is not provided")) };
    parse_uint(word, 16).map_err(|why| bad_args(format!("bad member ID arg ({why}), expecting ID in Hex")))
}

fn urls(line: &Line<'_>) -> Result<Vec<api::Str>, Failure> {
    match line.args.text("peer-urls") {
        "" => Err(bad_args("member peer urls not provided")),
        urls => Ok(urls.split(',').map(api::Str::from).collect()),
    }
}

/// `list`.
pub fn list(line: Line<'_>) -> Result<Read, Failure> {
    let linearizable = match line.args.get("consistency").unwrap_or("l") {
        "l" => true,
        "s" => false,
        other => return Err(error(Exit::BadFeature, format!("unknown consistency flag {other:?}"))),
    };
    run(One::new(Request::MemberList { linearizable }))
}

/// `add`.
pub fn add(line: Line<'_>) -> Result<Read, Failure> {
    let name = match line.words.as_slice() {
        [] => return Err(bad_args("member name not provided")),
        [name] => name.clone(),
        words => {
            let meant: String = words
                .iter()
                .filter(|word| word.to_lowercase().starts_with("http"))
                .map(|word| format!(", did you mean --peer-urls={word}"))
                .collect();
            return Err(bad_args(format!("too many arguments{meant}")));
        }
    };
    let peer_urls = urls(&line)?;
    let given = line.args.text("peer-urls").to_owned();
    let learner = line.args.on("learner");
    let one = One::new(Request::MemberAdd { peer_urls, learner });
    // Only people need the variables with which the new member is started.
    let shown =
        if line.globals.style.format == Format::Simple { Shown::Added(name, given) } else { Shown::Plain };
    run(one.shown(shown))
}

/// `remove`.
pub fn remove(line: Line<'_>) -> Result<Read, Failure> {
    let id = id(&line)?;
    run(One::new(Request::MemberRemove { id }).shown(Shown::Member(id)))
}

/// `update`.
pub fn update(line: Line<'_>) -> Result<Read, Failure> {
    let id = id(&line)?;
    let peer_urls = urls(&line)?;
    run(One::new(Request::MemberUpdate { id, peer_urls }).shown(Shown::Member(id)))
}

/// `promote`.
pub fn promote(line: Line<'_>) -> Result<Read, Failure> {
    let id = id(&line)?;
    run(One::new(Request::MemberPromote { id }).shown(Shown::Member(id)))
}
