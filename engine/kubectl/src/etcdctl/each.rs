//! Commands that ask each endpoint by itself: `endpoint status`, `health` and `hashkv`, `defrag`.

use std::collections::BTreeMap;
use std::time::Duration;

use etcd::rpc::{AlarmAction, AlarmKind, KeyRange, Range, Request, Response, Revision};
use sim::{SimTime, format_duration};

use super::client::{CallError, Outcome};
use super::ctl::Ctl;
use super::endpoint::Endpoint;
use super::failure::Exit;
use super::options::{Opt, int, number, on};
use super::print::{self, EndpointAnswer, Health};
use super::{Line, Read, Running, Verb};
use crate::failure::Failure;

/// Options of all of them.
pub const OPTIONS: &[Opt] = &[on("cluster", "all endpoints that the member list names")];
/// Options of `hashkv`.
pub const HASH: &[Opt] =
    &[on("cluster", "all endpoints that the member list names"), number("rev", "up to this revision")];

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Question {
    Status,
    Hash(Revision),
    Health,
    Defrag,
}

/// The call for the members' endpoints.
const LIST: u32 = u32::MAX;
/// Set in the tags of calls for alarms.
const ALARMS: u32 = 1 << 16;

/// Such a command while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Each {
    question: Question,
    cluster: bool,
    next: u32,
    since: SimTime,
    answers: Vec<EndpointAnswer>,
    /// In the order in which they came.
    healths: Vec<Health>,
    /// Endpoints that answered and are asked for alarms now, and how long they took.
    healthy: BTreeMap<u32, Duration>,
    last_failure: Option<CallError>,
}

fn each(question: Question, line: &Line<'_>) -> Read {
    let each = Each {
        question,
        cluster: line.args.on("cluster"),
        next: 0,
        since: SimTime::ZERO,
        answers: Vec::new(),
        healths: Vec::new(),
        healthy: BTreeMap::new(),
        last_failure: None,
    };
    Read::Run(Running::Each(Box::new(each)))
}

/// `endpoint status`.
pub fn status(line: Line<'_>) -> Result<Read, Failure> {
    Ok(each(Question::Status, &line))
}

/// `endpoint hashkv`.
pub fn hash(line: Line<'_>) -> Result<Read, Failure> {
    let revision = Revision(u64::try_from(int(line.args, "rev")?).unwrap_or(0));
    Ok(each(Question::Hash(revision), &line))
}

/// `endpoint health`.
pub fn health(line: Line<'_>) -> Result<Read, Failure> {
    Ok(each(Question::Health, &line))
}

/// `defrag`.
pub fn defrag(line: Line<'_>) -> Result<Read, Failure> {
    Ok(each(Question::Defrag, &line))
}

impl Verb for Each {
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        if self.cluster {
            ctl.call(LIST, Request::MemberList { linearizable: true });
        } else {
            self.ask(ctl);
        }
    }

    fn answer(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        match (tag, self.question) {
            (LIST, _) => self.listed(outcome, ctl),
            (_, Question::Health) => self.healthy(tag, outcome, ctl),
            (_, Question::Defrag) => self.defragmented(outcome, ctl),
            _ => self.told(outcome, ctl),
        }
    }
}

impl Each {
    fn listed(&mut self, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let members = match outcome.as_deref() {
            Ok(Response::MemberList { members, .. }) => members,
            Ok(_) => return,
            Err(why) => {
                let text = format!("failed to fetch endpoints from etcd cluster member list: {why}");
                return ctl.fail(Exit::Error, text);
            }
        };
        let urls = members.iter().flat_map(|member| &member.client_urls);
        ctl.client.set_endpoints(urls.map(|url| Endpoint::read(url)).collect());
        self.ask(ctl);
    }

    /// Asks the next endpoint; for health, all of them at once.
    fn ask(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        let count = ctl.client.endpoints().len() as u32;
        let timeout = Some(ctl.globals.timeout);
        self.since = ctl.now();
        if self.question == Question::Health {
            for i in 0..count {
                ctl.call_at(i, i, Request::Range(Range::new(KeyRange::key("health"))), timeout);
            }
            if count == 0 {
                self.finish(ctl);
            }
            return;
        }
        if self.next >= count {
            return self.finish(ctl);
        }
        let request = match self.question {
            Question::Status | Question::Health => Request::Status,
            Question::Hash(revision) => Request::HashKv { revision },
            Question::Defrag => Request::Defragment,
        };
        ctl.call_at(self.next, self.next, request, timeout);
    }

    fn endpoint(&self, ctl: &Ctl<'_, '_, '_>, index: u32) -> api::Str {
        ctl.client.endpoints().get(index as usize).map(|e| e.text.clone()).unwrap_or_default()
    }

    /// The status or the hash of one.
    fn told(&mut self, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let endpoint = self.endpoint(ctl, self.next);
        match outcome {
            Ok(response) => self.answers.push(EndpointAnswer { endpoint, response }),
            Err(why) => {
                let what = if self.question == Question::Status { "status" } else { "hash" };
                ctl.err(format!("Failed to get the {what} of endpoint {endpoint} ({why})\n"));
                self.last_failure = Some(why);
            }
        }
        self.next += 1;
        self.ask(ctl);
    }

    fn defragmented(&mut self, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let endpoint = self.endpoint(ctl, self.next);
        let took = format_duration(ctl.now().since(self.since));
        match outcome {
            Ok(_) => {
                ctl.out(format!("Finished defragmenting etcd member[{endpoint}]. took {took}\n"));
            }
            Err(why) => {
                ctl.err(format!("Failed to defragment etcd member[{endpoint}]. took {took}. ({why})\n"));
                self.last_failure = Some(why);
            }
        }
        self.next += 1;
        self.ask(ctl);
    }

    /// One endpoint can read, or says which alarms there are.
    fn healthy(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>) {
        let index = tag & !ALARMS;
        let asked_alarms = tag & ALARMS != 0;
        if !asked_alarms && outcome.is_ok() {
            self.healthy.insert(index, ctl.now().since(self.since));
            let request = Request::Alarm { action: AlarmAction::Get, member: 0, alarm: AlarmKind::None };
            return ctl.call_at(index | ALARMS, index, request, Some(ctl.globals.timeout));
        }
        let took = self.healthy.remove(&index).unwrap_or_else(|| ctl.now().since(self.since));
        let error = match outcome.as_deref() {
            Ok(Response::Alarm { alarms, .. }) if !alarms.is_empty() => {
                let names: String = alarms.iter().map(|alarm| format!("{} ", alarm.alarm.name())).collect();
                format!("Active Alarm(s): {names}")
            }
            Ok(_) => String::new(),
            Err(_) if asked_alarms => "Unable to fetch the alarm list".to_owned(),
            Err(why) => why.to_string(),
        };
        let endpoint = self.endpoint(ctl, index);
        self.healths.push(Health { endpoint, took: format_duration(took), error });
        if self.healths.len() == ctl.client.endpoints().len() {
            self.finish(ctl);
        }
    }

    fn finish(&mut self, ctl: &mut Ctl<'_, '_, '_>) {
        let style = ctl.style();
        match self.question {
            Question::Status => ctl.out(print::endpoint_status(style, &self.answers)),
            Question::Hash(_) => ctl.out(print::endpoint_hash(style, &self.answers)),
            Question::Health => {
                let (out, err) = print::endpoint_health(style, &self.healths);
                ctl.out(out);
                ctl.err(err);
                if self.healths.iter().any(|health| !health.error.is_empty()) {
                    ctl.fail(Exit::Error, "unhealthy cluster");
                }
            }
            Question::Defrag => {}
        }
        match (&self.last_failure, self.question) {
            (None, _) => ctl.finish(),
            (Some(why), Question::Hash(_)) => ctl.fail(Exit::Error, why.to_string()),
            (Some(_), _) => ctl.exit(Exit::Error),
        }
    }
}
