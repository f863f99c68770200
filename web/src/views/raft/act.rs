//! What can be done to a Raft group. Everything becomes an action in the journal.

use lab::view::MessageId;
use lab::{Action, Ends, Fault};
use sim::{Actor, LinkRule};

use super::scene::{leader, who};
use crate::infra::Session;
use crate::infra::raft_search::{Goal, RaftSearch};
use crate::infra::work::{End, Job};

/// The first terminal of the lines that buttons type; so many are used in turn, because a line may wait long for its answer.
const SESSION_FIRST: u32 = 2_000_000;
const SESSIONS: u32 = 16;

/// Lets a message arrive, and takes the event of its arrival.
pub fn deliver(session: &Session, id: MessageId) {
    session.fault(Fault::Deliver(id));
    step_to(session, id);
}

/// Takes events up to a pending one: a message's arrival, a member's own step.
pub fn step_to(session: &Session, id: MessageId) {
    session.step(Job::Raft(RaftSearch::new(Goal::Event(id))));
}

/// The usual address of a member, as etcdctl wants it.
pub fn endpoint(index: u32) -> String {
    format!("http://172.18.0.{}:2379", 3 + index)
}

/// Types a line into a terminal of its own.
pub fn type_line(session: &Session, line: String) {
    let number = {
        let state = session.state();
        let last = state.ui().raft.typed.as_ref().map_or(SESSIONS - 1, |(number, _)| number - SESSION_FIRST);
        let free = |n: &u32| !state.lab().is_running(SESSION_FIRST + n);
        let wanted = (1..=SESSIONS).map(|i| (last + i) % SESSIONS).find(free);
        SESSION_FIRST + wanted.unwrap_or((last + 1) % SESSIONS)
    };
    session.ui(|ui| ui.raft.typed = Some((number, line.clone())));
    session.act(Action::Kubectl { session: number, line, stdin: None });
}

/// Proposes a value through a member.
pub fn propose(session: &Session, member: u32, key: &str, value: &str) {
    type_line(
        session,
        format!("etcdctl --endpoints={} put {} {}", endpoint(member), quoted(key), quoted(value)),
    );
}

/// A word as a shell would need it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Where calls about members go: to the leader, or to the first one that runs.
pub fn contact(session: &Session) -> u32 {
    let view = session.state().raft();
    let first = || view.members.iter().find(|m| m.up);
    leader(&view).or_else(first).map_or(0, |m| m.index)
}

/// An etcdctl line to whoever can answer.
pub fn etcdctl(session: &Session, words: &str) {
    type_line(session, format!("etcdctl --endpoints={} {words}", endpoint(contact(session))));
}

/// All ordered pairs of members.
fn pairs(session: &Session) -> Vec<(u32, u32)> {
    let who = who(&session.state().raft());
    let others = |a: u32| who.iter().filter(move |b| **b != a).map(move |b| (a, *b));
    who.iter().flat_map(|a| others(*a)).collect()
}

/// How a link behaves.
pub fn rule(session: &Session, from: u32, to: u32) -> LinkRule {
    session.state().lab().cluster().links().rule(Actor::Etcd(from), Actor::Etcd(to))
}

/// Changes one direction of a link.
pub fn set_rule(session: &Session, from: u32, to: u32, rule: LinkRule) {
    session.fault(Fault::Link { ends: ends(from, to, true), rule });
}

/// The ends of a link, for a fault.
pub fn ends(from: u32, to: u32, one_way: bool) -> Ends {
    Ends { from: format!("etcd-{from}"), to: format!("etcd-{to}"), one_way }
}

/// True when every new message between members waits for the person's hand.
pub fn holds_all(session: &Session) -> bool {
    let pairs = pairs(session);
    !pairs.is_empty() && pairs.into_iter().all(|(a, b)| rule(session, a, b).hold)
}

/// Makes all new messages wait, or lets all go.
pub fn hold_all(session: &Session, hold: bool) {
    for (a, b) in pairs(session) {
        let before = rule(session, a, b);
        if before.hold != hold {
            set_rule(session, a, b, LinkRule { hold, ..before });
        }
    }
}

/// Runs ahead to the next thing of a kind.
pub fn search(session: &Session, goal: Goal) {
    if session.state().is_busy() {
        return;
    }
    session.set_playing(false);
    session.ui(|ui| ui.raft.found_nothing = false);
    let then = |session: &Session, _: Job, end: End| {
        session.ui(|ui| ui.raft.found_nothing = end == End::Cancelled);
    };
    session.work_then(Job::Raft(RaftSearch::new(goal)), Some(Box::new(then)));
}

/// Everybody but the leader stands for election at once.
pub fn split_vote(session: &Session) {
    let view = session.state().raft();
    let lead = leader(&view).map(|m| m.index);
    let mut names: Vec<String> =
        view.members.iter().filter(|m| m.up && Some(m.index) != lead).map(|m| m.name.to_string()).collect();
    if names.len() < 2 {
        names = view.members.iter().filter(|m| m.up).map(|m| m.name.to_string()).collect();
    }
    session.fault(Fault::Campaign(names));
}
