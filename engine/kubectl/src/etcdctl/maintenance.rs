//! `alarm list` and `disarm`, `compaction`, `move-leader`.

use etcd::rpc::{Alarm, AlarmAction, AlarmKind, Request, Response, Revision};

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args};
use super::one::One;
use super::options::{Opt, on, parse_int, parse_uint};
use super::print::{self, Shown};
use super::{Line, Read, Running, Verb, run};
use crate::failure::Failure;

/// Options of `compaction`.
pub const COMPACTION: &[Opt] = &[on("physical", "wait until the history is gone from the disk")];

/// `compaction`.
pub fn compaction(line: Line<'_>) -> Result<Read, Failure> {
    let [word] = line.words.as_slice() else {
        return Err(bad_args("compaction command needs 1 argument"));
    };
    let revision = parse_int(word, 10).map_err(|why| super::failure::error(Exit::Error, why))?;
    let request = Request::Compact {
        revision: Revision(u64::try_from(revision).unwrap_or(0)),
        physical: line.args.on("physical"),
    };
    run(One::new(request).text(format!("compacted revision {revision}\n")))
}

const ALL_ALARMS: Request = Request::Alarm { action: AlarmAction::Get, member: 0, alarm: AlarmKind::None };

/// `alarm list`.
pub fn alarms(line: Line<'_>) -> Result<Read, Failure> {
    if !line.words.is_empty() {
        return Err(bad_args("alarm list command accepts no arguments"));
    }
    run(One::new(ALL_ALARMS))
}

/// `alarm disarm`.
pub fn disarm(line: Line<'_>) -> Result<Read, Failure> {
    if !line.words.is_empty() {
        return Err(bad_args("alarm disarm command accepts no arguments"));
    }
    Ok(Read::Run(Running::Disarm(Box::default())))
}

/// `alarm disarm` while it runs: the list, then each alarm by itself.
#[derive(Clone, Debug, Hash, Default)]
pub struct Disarm {
    waiting: Option<Vec<Alarm>>,
    done: Vec<Alarm>,
}

impl Disarm {
    fn next(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        match self.waiting.as_mut().and_then(Vec::pop) {
            Some(Alarm { member, alarm }) => {
                ctl.call(0, Request::Alarm { action: AlarmAction::Deactivate, member, alarm });
            }
            None => {
                let alarms = std::mem::take(&mut self.done);
                let response = Response::Alarm { header: Default::default(), alarms };
                ctl.show(print::response(ctl.style(), &Shown::Plain, &response));
                ctl.finish();
            }
        }
    }
}

impl Verb for Disarm {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.call(0, ALL_ALARMS);
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        match outcome.as_deref() {
            Err(why) => return ctl.fail(Exit::Error, why.to_string()),
            Ok(Response::Alarm { alarms, .. }) if self.waiting.is_none() => {
                self.waiting = Some(alarms.iter().rev().copied().collect());
            }
            Ok(Response::Alarm { alarms, .. }) => self.done.extend(alarms),
            Ok(_) => {}
        }
        self.next(ctl);
    }
}

/// `move-leader`.
pub fn move_leader(line: Line<'_>) -> Result<Read, Failure> {
    let [word] = line.words.as_slice() else {
        return Err(bad_args("move-leader command needs 1 argument"));
    };
    let target = parse_uint(word, 16).map_err(bad_args)?;
    Ok(Read::Run(Running::MoveLeader(Box::new(MoveLeader { target, at: 0, leader: 0 }))))
}

/// `move-leader` while it runs: it looks which endpoint leads, and asks that one.
#[derive(Clone, Debug, Hash)]
pub struct MoveLeader {
    target: u64,
    at: u32,
    leader: u64,
}

const STATUS: u32 = 0;
const MOVE: u32 = 1;

impl Verb for MoveLeader {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        if self.at as usize >= ctl.client.endpoints().len() {
            let texts: Vec<&str> = ctl.client.endpoints().iter().map(|e| e.text.as_str()).collect();
            let message = format!("no leader endpoint given at [{}]", texts.join(" "));
            return ctl.fail(Exit::BadArgs, message);
        }
        ctl.call_at(STATUS, self.at, Request::Status, Some(ctl.globals.timeout));
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let response = match outcome {
            Ok(response) => response,
            Err(why) => return ctl.fail(Exit::Error, why.to_string()),
        };
        match &*response {
            Response::Status { header, status } if header.member == status.leader => {
                self.leader = status.leader;
                let request = Request::MoveLeader { target: self.target };
                ctl.call_at(MOVE, self.at, request, Some(ctl.globals.timeout));
            }
            Response::Status { .. } => {
                self.at += 1;
                self.start(ctl);
            }
            _ => {
                let shown = Shown::Moved(self.leader, self.target);
                ctl.show(print::response(ctl.style(), &shown, &response));
                ctl.finish();
            }
        }
    }
}
