//! `lock` and `elect`: etcd's recipes for a mutex and for an election, made of a lease, a transaction and watches.

use etcd::rpc::{Key, KeyRange, OpResponse, Range, Request, Response, Revision, WatchCreate};

use super::client::Outcome;
use super::ctl::Ctl;
use super::failure::{Exit, bad_args};
use super::options::{Opt, on, parse_int, text};
use super::print::{self, Shown};
use super::session::{Queue, Said, Session, join, leave, oldest};
use super::{Line, Read, Running, Verb};
use crate::failure::Failure;

/// Options of `lock`.
pub const LOCK: &[Opt] = &[Opt {
    flag: text("ttl", "", "").flag,
    default: "10",
    what: "how many seconds the lock outlives its holder",
}];
/// Options of `elect`.
pub const ELECT: &[Opt] =
    &[Opt { flag: on("listen", "").flag.short('l'), default: "false", what: "only look who leads" }];

/// A session of `elect` outlives its holder so many seconds.
const ELECT_TTL: u64 = 60;

const JOIN: u32 = 0;
const OWN: u32 = 1;
const LEAVE: u32 = 2;

/// One's turn for something that only one can have: a lock, or an office.
#[derive(Clone, Debug, Hash)]
pub struct Turn {
    prefix: String,
    value: String,
    session: Session,
    queue: Option<Queue>,
    created: Revision,
    leaving: bool,
    /// What it says when its lease is over.
    expired: &'static str,
    /// What it says when its key is gone by the time of its turn.
    lost: &'static str,
}

/// `lock`.
pub fn lock(line: Line<'_>) -> Result<Read, Failure> {
    let [name, rest @ ..] = line.words.as_slice() else {
        return Err(bad_args("lock takes a lock name argument and an optional command to execute"));
    };
    if !rest.is_empty() {
        return Err(bad_args(
            "commands under a lock are not simulated: the terminal runs one program at a time",
        ));
    }
    let ttl = match line.args.get("ttl") {
        None => 10,
        Some(text) => parse_int(text, 10)
            .ok()
            .and_then(|ttl| u64::try_from(ttl).ok())
            .filter(|ttl| *ttl > 0)
            .ok_or_else(|| bad_args(format!("bad --ttl {text:?}: seconds are wanted")))?,
    };
    Ok(turn(name, "", ttl, "session expired", "mutex: session is expired"))
}

/// `elect`.
pub fn elect(line: Line<'_>) -> Result<Read, Failure> {
    let listen = line.args.on("listen");
    match line.words.as_slice() {
        [name] if listen => {
            let observe = Observe { prefix: format!("{name}/"), watch: WatchCreate::new(KeyRange::all()) };
            Ok(Read::Run(Running::Observe(Box::new(observe))))
        }
        [_, _] if listen => Err(bad_args("proposal argument is not required when listening")),
        [name, proposal] => {
            Ok(turn(name, proposal, ELECT_TTL, "elect: session expired", "elect: session expired"))
        }
        [_] => Err(bad_args("no proposal argument but -l not set")),
        _ => Err(bad_args("elect takes one election name argument and an optional proposal argument")),
    }
}

fn turn(name: &str, value: &str, ttl: u64, expired: &'static str, lost: &'static str) -> Read {
    let turn = Turn {
        prefix: format!("{name}/"),
        value: value.to_owned(),
        session: Session::new(ttl),
        queue: None,
        created: Revision(0),
        leaving: false,
        expired,
        lost,
    };
    Read::Run(Running::Turn(Box::new(turn)))
}

impl Turn {
    fn key(&self) -> String {
        format!("{}{:x}", self.prefix, self.session.lease.0)
    }

    fn said(&mut self, said: Said, ctl: &mut Ctl<'_, '_, '_>) {
        match said {
            Said::Nothing => {}
            Said::Ready => {
                let request = join(&self.prefix, &self.key(), &self.value, self.session.lease);
                ctl.call_patiently(JOIN, request);
            }
            Said::Expired => ctl.fail(Exit::Error, self.expired),
            Said::Failed(why) => ctl.fail(Exit::Error, why),
        }
    }

    fn joined(&mut self, response: &Response, ctl: &mut Ctl<'_, '_, '_>) {
        let Response::Op { header, response: OpResponse::Txn { succeeded, responses } } = response else {
            return;
        };
        self.created = match responses.first() {
            Some(OpResponse::Range { kvs, .. }) if !*succeeded => {
                kvs.first().map_or(header.revision, |kv| kv.create_revision)
            }
            _ => header.revision,
        };
        let queue = Queue::new(self.prefix.clone(), self.created);
        let first = match responses.get(1) {
            Some(OpResponse::Range { kvs, .. }) => kvs.first().map(|kv| kv.create_revision),
            _ => None,
        };
        if first.is_none_or(|first| first == self.created) {
            self.read_own(ctl);
        } else {
            queue.look(ctl);
        }
        self.queue = Some(queue);
    }

    fn read_own(&self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.call_patiently(OWN, Request::Range(Range::new(KeyRange::key(self.key()))));
    }
}

impl Verb for Turn {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        self.session.start(ctl);
    }

    fn timer(&mut self, tag: u32, ctl: &mut Ctl<'_, '_, '_>) {
        if let Some(said) = self.session.timer(tag, ctl) {
            self.said(said, ctl);
        }
    }

    fn answer(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        if let Some(said) = self.session.answer(tag, &outcome, ctl) {
            return self.said(said, ctl);
        }
        match self.queue.as_mut().and_then(|queue| queue.answer(tag, &outcome, ctl)) {
            Some(Ok(true)) => return self.read_own(ctl),
            Some(Ok(false)) => return,
            Some(Err(why)) => return ctl.fail(Exit::Error, why),
            None => {}
        }
        let response = match outcome {
            Ok(response) => response,
            Err(why) => return ctl.fail(Exit::Error, why.to_string()),
        };
        match (tag, &*response) {
            (JOIN, response) => self.joined(response, ctl),
            (OWN, Response::Op { response: OpResponse::Range { kvs, .. }, .. }) if kvs.is_empty() => {
                ctl.fail(Exit::Error, self.lost);
            }
            (OWN, _) => ctl.show(print::response(ctl.style(), &Shown::Plain, &response)),
            (LEAVE, _) => ctl.finish(),
            _ => {}
        }
    }

    /// Gives the lock back, or lays the office down.
    fn interrupt(&mut self, ctl: &mut Ctl<'_, '_, '_>) -> bool {
        if self.leaving || self.created.0 == 0 {
            return false;
        }
        self.leaving = true;
        ctl.call_patiently(LEAVE, leave(&self.key(), self.created));
        true
    }
}

const FIRST: u32 = 0;
const WATCH: u32 = 1;

/// `elect --listen`: prints who leads, whenever that changes.
#[derive(Clone, Debug, Hash)]
pub struct Observe {
    prefix: String,
    watch: WatchCreate,
}

impl Observe {
    fn watch(&mut self, range: KeyRange, from: u64, ctl: &mut Ctl<'_, '_, '_>) {
        self.watch = WatchCreate { start_revision: Revision(from), ..WatchCreate::new(range) };
        ctl.call_patiently(WATCH, Request::Watch(self.watch.clone()));
    }

    fn look_again(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.cancel(WATCH);
        self.start(ctl);
    }
}

impl Verb for Observe {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        ctl.call_patiently(FIRST, Request::Range(oldest(&self.prefix)));
    }

    fn answer(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let response = match outcome {
            Ok(response) => response,
            Err(_) if tag == WATCH => return self.look_again(ctl),
            Err(why) => return ctl.fail(Exit::Error, why.to_string()),
        };
        match &*response {
            Response::Op { header, response: OpResponse::Range { kvs, .. } } => match kvs.first() {
                Some(leader) => {
                    let key: Key = leader.key.clone();
                    ctl.show(print::response(ctl.style(), &Shown::Plain, &response));
                    self.watch(KeyRange::key(key), header.revision.0 + 1, ctl);
                }
                None => self.watch(KeyRange::prefix(self.prefix.as_str()), header.revision.0 + 1, ctl),
            },
            Response::WatchEvents { events, .. } if !events.is_empty() => self.look_again(ctl),
            Response::WatchCanceled { .. } => self.look_again(ctl),
            _ => {}
        }
    }

    fn interrupt(&mut self, ctl: &mut Ctl<'_, '_, '_>) -> bool {
        ctl.finish();
        true
    }
}
