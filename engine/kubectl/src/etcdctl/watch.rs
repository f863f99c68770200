//! `watch`: events until Ctrl-C.

use etcd::rpc::{Key, KeyRange, Request, Response, Revision, WatchCreate};

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args};
use super::options::{Opt, int, number, on};
use super::print::{self, Format};
use super::{Line, Read, Running, Verb};
use crate::failure::Failure;

/// Its options.
pub const OPTIONS: &[Opt] = &[
    Opt { flag: on("interactive", "").flag.short('i'), default: "false", what: "not simulated" },
    on("prefix", "keys that begin with the key"),
    number("rev", "from this revision on"),
    on("prev-kv", "print what was there before, too"),
    on("progress-notify", "print the revision now and then when nothing happens"),
];

const WATCH: u32 = 0;

/// `watch` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Watch {
    create: WatchCreate,
}

/// Reads the command line.
///
/// # Errors
/// As the tool says them.
pub fn read(line: Line<'_>) -> Result<Read, Failure> {
    if line.args.on("interactive") {
        return Err(bad_args("watch --interactive is not simulated: open a terminal for each watch"));
    }
    if line.args.after_dashes.is_some() {
        return Err(bad_args("commands after -- are not simulated: the terminal runs one program at a time"));
    }
    let prefix = line.args.on("prefix");
    let range = match line.words.as_slice() {
        [] => return Err(bad_args("bad number of arguments")),
        [_, _, ..] if prefix => {
            return Err(bad_args("`range_end` and `--prefix` are mutually exclusive"));
        }
        [key, end, ..] => KeyRange { start: key.as_str().into(), end: Some(Key::from(end.as_str())) },
        [key] if prefix && key.is_empty() => KeyRange::all(),
        [key] if prefix => KeyRange::prefix(key.as_str()),
        [key] => KeyRange::key(key.as_str()),
    };
    let create = WatchCreate {
        start_revision: Revision(u64::try_from(int(line.args, "rev")?).unwrap_or(0)),
        prev_kv: line.args.on("prev-kv"),
        progress_notify: line.args.on("progress-notify"),
        ..WatchCreate::new(range)
    };
    Ok(Read::Run(Running::Watch(Box::new(Watch { create }))))
}

impl Verb for Watch {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.call_patiently(WATCH, Request::Watch(self.create.clone()));
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        // The connection broke: go on elsewhere, after the last event.
        let Ok(response) = outcome else { return self.start(ctl) };
        match &*response {
            Response::WatchCreated { header } if self.create.start_revision.0 == 0 => {
                self.create.start_revision = Revision(header.revision.0 + 1);
            }
            Response::WatchEvents { header, events, .. } => {
                if events.is_empty() {
                    ctl.out(format!("progress notify: {}\n", header.revision.0));
                }
                // A late answer may speak of what was seen already.
                let next = self.create.start_revision.0.max(header.revision.0 + 1);
                let next = events.last().map_or(next, |event| event.kv.mod_revision.0 + 1);
                self.create.start_revision = Revision(next);
                ctl.show(print::watch(ctl.style(), header, events, None));
            }
            Response::WatchCanceled { header, compact_revision, reason } => {
                ctl.err(format!("watch was canceled ({reason})\n"));
                if ctl.style().format == Format::Json {
                    ctl.show(print::watch(ctl.style(), header, &[], Some(*compact_revision)));
                }
                ctl.fail(Exit::Interrupted, "watch is canceled by the server");
            }
            _ => {}
        }
    }
}
