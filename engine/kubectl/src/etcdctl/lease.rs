//! `lease grant`, `revoke`, `timetolive`, `list`, `keep-alive`.

use std::time::Duration;

use etcd::rpc::{LeaseId, Request, Response};
use sim::SimTime;

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args};
use super::one::One;
use super::options::{Opt, on, parse_int};
use super::print::{self, Shown};
use super::{Line, Read, Running, Verb, run};
use crate::failure::Failure;

/// Options of `timetolive`.
pub const TIME_TO_LIVE: &[Opt] = &[on("keys", "print the keys that go with it")];
/// Options of `keep-alive`.
pub const KEEP_ALIVE: &[Opt] = &[on("once", "only once")];

/// The lease that a command names; the only word.
fn lease(line: &Line<'_>, needs: &str) -> Result<LeaseId, Failure> {
    let [word] = line.words.as_slice() else { return Err(bad_args(needs)) };
    parse_int(word, 16)
        .map(LeaseId)
        .map_err(|why| bad_args(format!("bad lease ID arg ({why}), expecting ID in Hex")))
}

/// `lease grant`.
pub fn grant(line: Line<'_>) -> Result<Read, Failure> {
    let [ttl] = line.words.as_slice() else {
        return Err(bad_args("lease grant command needs TTL argument"));
    };
    let ttl_seconds = parse_int(ttl, 10).map_err(|why| bad_args(format!("bad TTL ({why})")))?;
    let request = Request::LeaseGrant { id: LeaseId(0), ttl_seconds };
    run(One::new(request).complaint("failed to grant lease"))
}

/// `lease revoke`.
pub fn revoke(line: Line<'_>) -> Result<Read, Failure> {
    let id = lease(&line, "lease revoke command needs 1 argument")?;
    run(One::new(Request::LeaseRevoke { id }).shown(Shown::Revoked(id.0)).complaint("failed to revoke lease"))
}

/// `lease timetolive`.
pub fn time_to_live(line: Line<'_>) -> Result<Read, Failure> {
    let id = lease(&line, "lease timetolive command needs lease ID as argument")?;
    let keys = line.args.on("keys");
    run(One::new(Request::LeaseTimeToLive { id, keys })
        .shown(Shown::TimeToLive(keys))
        .patient()
        .exit(Exit::BadConnection))
}

/// `lease list`.
pub fn list(_line: Line<'_>) -> Result<Read, Failure> {
    run(One::new(Request::LeaseLeases).patient().exit(Exit::BadConnection))
}

/// `lease keep-alive`.
pub fn keep_alive(line: Line<'_>) -> Result<Read, Failure> {
    let id = lease(&line, "lease keep-alive command needs lease ID as argument")?;
    let once = line.args.on("once");
    let keep_alive = KeepAlive { id, once, until: SimTime::ZERO };
    Ok(Read::Run(Running::KeepAlive(Box::new(keep_alive))))
}

/// Before the first answer the client library gives a lease so long.
const FIRST: Duration = Duration::from_secs(1);

const RENEW: u32 = 0;
const EXPIRED: u32 = 1;

/// `lease keep-alive` while it runs.
#[derive(Clone, Debug, Hash)]
pub struct KeepAlive {
    id: LeaseId,
    once: bool,
    /// When the lease is over if no answer comes.
    until: SimTime,
}

impl KeepAlive {
    fn renew(&self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.call_patiently(RENEW, Request::LeaseKeepAlive { id: self.id });
    }

    fn live(&mut self, span: Duration, ctl: &mut Ctl<'_, '_, '_>) {
        self.until = ctl.now() + span;
        ctl.timer(EXPIRED, span);
    }

    fn over(&self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.out(format!("lease {:016x} expired or revoked.\n", self.id.0));
        ctl.finish();
    }
}

impl Verb for KeepAlive {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        self.renew(ctl);
        if !self.once {
            self.live(ctl.globals.dial_timeout + FIRST, ctl);
        }
    }

    fn timer(&mut self, tag: u32, ctl: &mut Ctl<'_, '_, '_>) {
        match tag {
            RENEW => self.renew(ctl),
            _ if ctl.now() >= self.until => self.over(ctl),
            _ => {}
        }
    }

    fn answer(&mut self, _tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let response = match outcome {
            Ok(response) => response,
            Err(why) => return ctl.fail(Exit::BadConnection, why.to_string()),
        };
        let Response::LeaseKeepAlive { ttl_seconds, .. } = &*response else { return };
        let ttl = Duration::from_secs(u64::try_from(*ttl_seconds).unwrap_or(0));
        if ttl.is_zero() {
            if self.once {
                return ctl.fail(Exit::BadConnection, "etcdserver: requested lease not found");
            }
            return self.over(ctl);
        }
        ctl.show(print::response(ctl.style(), &Shown::Plain, &response));
        if self.once {
            return ctl.finish();
        }
        self.live(ttl, ctl);
        ctl.timer(RENEW, ttl / 3);
    }
}
