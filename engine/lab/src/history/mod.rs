//! A lab: one cluster with its past, its possible futures, and the user's hand on the clock.

mod branch;
mod opening;
mod score;
mod stepping;

use std::collections::BTreeMap;
use std::sync::Arc;

use api::http::{Body, Frame, Response};
use sim::{Digest, EventNumber, SimTime};

pub use branch::Branch;
pub use opening::{Opened, Opening, Progress};
pub use score::Score;

use crate::action::{Action, Entry};
use crate::cluster::{Cluster, HostEvent};
use crate::file::LabFile;
use crate::link::{self, LinkError, Shared};

/// One cluster with its journal and checkpoints: what the page and the binary hold.
#[derive(Clone, Debug)]
pub struct Lab {
    cluster: Cluster,
    /// The clock between events: never before the last event, never after the next.
    clock: SimTime,
    branch: Branch,
    /// Entries of the branch's journal that are in the cluster's queue or its past.
    applied: usize,
    others: Vec<Branch>,
    answers: BTreeMap<u64, Answer>,
    next_request: u64,
}

/// What came back for a request from outside.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The answer or its head, once it is there.
    pub response: Option<Arc<Response>>,
    /// The pieces of a streaming answer that nobody has taken yet.
    pub frames: Vec<Frame>,
    /// Why there will be no answer.
    pub failed: Option<String>,
    /// True when nothing more will come.
    pub done: bool,
}

impl Lab {
    /// A lab at its first moment.
    pub fn new(file: LabFile) -> Lab {
        let (journal, timed): (Vec<Entry>, Vec<Entry>) =
            file.journal.into_iter().partition(|entry| entry.after.is_some());
        let file = LabFile { journal: timed, ..file };
        let cluster = Cluster::new(Arc::new(file));
        let branch = Branch::new(journal, cluster.clone());
        // Numbers of former requests may not come again: their answers would be mixed up.
        let used = branch.journal.iter().filter_map(|entry| match entry.action {
            Action::Request { id, .. } | Action::Fetch { id, .. } => Some(id),
            _ => None,
        });
        let next_request = used.max().unwrap_or(0) + 1;
        Lab {
            clock: cluster.now(),
            branch,
            applied: 0,
            others: Vec::new(),
            answers: BTreeMap::new(),
            next_request,
            cluster,
        }
    }

    /// Opens a link in one go. Long ones are better opened in slices: [`Opening`].
    pub fn from_link(text: &str) -> Result<Lab, LinkError> {
        let mut opening = Opening::new(text)?;
        while !opening.advance(u64::MAX).is_done() {}
        Ok(opening.finish().lab)
    }

    /// The cluster as it is here and now.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// What the lab was made from, without the journal of this session.
    pub fn file(&self) -> &LabFile {
        self.cluster.file()
    }

    /// The clock.
    pub fn now(&self) -> SimTime {
        self.clock
    }

    /// How many events have been taken up to here.
    pub fn cursor(&self) -> EventNumber {
        self.cluster.taken()
    }

    /// How many events of this branch are known, beyond the cursor after a rewind.
    pub fn last(&self) -> EventNumber {
        self.branch.score.last()
    }

    /// When the next event happens.
    pub fn next_at(&self) -> Option<SimTime> {
        let queued = self.cluster.next_at();
        match self.due_entry() {
            // An entry of the journal that is due goes into the queue before the next step.
            Some(entry) => Some(queued.map_or(entry.at, |at| at.min(entry.at)).max(self.cluster.now())),
            None => queued,
        }
    }

    fn due_entry(&self) -> Option<&Entry> {
        self.branch.journal.get(self.applied).filter(|entry| entry.after == Some(self.cluster.taken()))
    }

    /// Takes exactly one event.
    pub fn step(&mut self) -> Option<EventNumber> {
        while let Some(entry) = self.due_entry().cloned() {
            self.cluster.act(entry.at, entry.action);
            self.applied += 1;
        }
        if !self.cluster.step() {
            return None;
        }
        self.clock = self.cluster.now();
        self.collect_answers();
        self.branch.remember(&self.cluster, self.applied);
        Some(self.cluster.taken())
    }

    /// Moves the clock without taking events; not beyond the next event.
    pub fn advance_clock(&mut self, to: SimTime) {
        let limit = self.next_at().unwrap_or(SimTime::MAX);
        self.clock = self.clock.max(to.min(limit));
    }

    /// Takes events up to and at `until`, at most `events_max` of them; true when the time is reached.
    pub fn run_until(&mut self, until: SimTime, events_max: u64) -> bool {
        for _ in 0..events_max {
            if self.next_at().is_none_or(|at| at > until) {
                self.advance_clock(until);
                return true;
            }
            self.step();
        }
        false
    }

    /// The user's action, here and now. Kept in the journal; in the past it starts a new branch, and the old
    /// future stays with the others. Returns the request's number for [`Action::Request`], else 0.
    pub fn act(&mut self, mut action: Action) -> u64 {
        let mut ticket = 0;
        if let Action::Request { id, .. } | Action::Fetch { id, .. } = &mut action {
            ticket = self.next_request;
            self.next_request += 1;
            *id = ticket;
            self.answers.insert(ticket, Answer::default());
        }
        if self.cursor() < self.last() || self.applied < self.branch.journal.len() {
            self.leave_future();
        }
        let entry = Entry { at: self.clock, after: Some(self.cursor()), action };
        self.branch.journal.push(entry);
        // The action's own event is taken at once, with those that were due at the same moment before it.
        while self.step().is_some() {
            let taken = self.cluster.trace().last();
            if taken.is_some_and(|record| matches!(record.event, crate::event::Event::Action(_))) {
                break;
            }
        }
        ticket
    }

    fn leave_future(&mut self) {
        let name = format!("{} events", self.last());
        let mut left = self.branch.truncated(self.cursor(), self.applied);
        std::mem::swap(&mut left, &mut self.branch);
        left.name = name;
        self.others.push(left);
    }

    fn collect_answers(&mut self) {
        for event in self.cluster.take_host_events() {
            let (HostEvent::Response(id, _) | HostEvent::Frame(id, _) | HostEvent::Failed(id, _)) = &event;
            // Answers of a replayed past have nobody who waits for them.
            let Some(answer) = self.answers.get_mut(id) else { continue };
            match event {
                HostEvent::Response(_, response) => {
                    answer.done = !response.streaming;
                    answer.response = Some(response);
                }
                HostEvent::Frame(_, Frame::End) => answer.done = true,
                HostEvent::Frame(_, frame) => answer.frames.push(frame),
                HostEvent::Failed(_, reason) => {
                    answer.failed = Some(reason.to_string());
                    answer.done = true;
                }
            }
        }
    }

    /// What came back so far for a request; the pieces are handed out once.
    pub fn take_answer(&mut self, ticket: u64) -> Option<Answer> {
        let answer = self.answers.get_mut(&ticket)?;
        let taken = Answer { frames: std::mem::take(&mut answer.frames), ..answer.clone() };
        if taken.done {
            self.answers.remove(&ticket);
        }
        Some(taken)
    }

    /// The head of an answer, or why there is none, once it is known.
    pub fn peek_answer(&self, ticket: u64) -> Option<Result<Arc<Response>, String>> {
        let answer = self.answers.get(&ticket)?;
        match (&answer.failed, &answer.response) {
            (Some(reason), _) => Some(Err(reason.clone())),
            (None, Some(response)) => Some(Ok(response.clone())),
            (None, None) => None,
        }
    }

    /// Requests from outside that something came back for and nobody took.
    pub fn answered(&self) -> Vec<u64> {
        let news = |a: &Answer| a.done || a.response.is_some() || !a.frames.is_empty();
        self.answers.iter().filter(|(_, answer)| news(answer)).map(|(id, _)| *id).collect()
    }

    /// True while an answer is not complete.
    pub fn is_waiting(&self, ticket: u64) -> bool {
        self.answers.get(&ticket).is_some_and(|answer| !answer.done)
    }

    /// Nobody waits for the answer any more.
    pub fn forget_answer(&mut self, ticket: u64) {
        self.answers.remove(&ticket);
    }

    /// The whole answer to a request, once it is there: status and body as text. `Err` when the connection failed.
    pub fn response(&mut self, ticket: u64) -> Option<Result<(u16, String), String>> {
        if !self.answers.get(&ticket)?.done {
            return None;
        }
        let answer = self.take_answer(ticket)?;
        Some(match (answer.failed, answer.response) {
            (Some(reason), _) => Err(reason),
            (None, Some(response)) => Ok((response.status, body_text(&response.body))),
            (None, None) => Err("the connection ended without an answer".to_owned()),
        })
    }

    /// Goes to a moment of this branch's history, at most `events_max` events from the nearest checkpoint at a time; true when
    /// it is there. Beyond the known future, the cluster runs on.
    pub fn seek_slice(&mut self, target: EventNumber, events_max: u64) -> bool {
        let taken = self.cluster.taken();
        let checkpoint = self.branch.checkpoint_before(target);
        if target < taken || checkpoint.cluster.taken() > taken {
            self.applied = checkpoint.applied;
            self.cluster = checkpoint.cluster.clone();
            self.clock = self.cluster.now();
        }
        for _ in 0..events_max {
            if self.cluster.taken() >= target {
                return true;
            }
            if self.step().is_none() {
                return true;
            }
        }
        self.cluster.taken() >= target
    }

    /// Goes to a moment of this branch's history.
    pub fn seek(&mut self, target: EventNumber) {
        while !self.seek_slice(target, u64::MAX) {}
    }

    /// When an event of this branch happened.
    pub fn time_of(&self, number: EventNumber) -> SimTime {
        self.branch.score.time_of(number)
    }

    /// Events by lane between two moments of this branch, in `buckets` parts.
    pub fn score(&self, from: EventNumber, to: EventNumber, buckets: u32) -> Vec<[u16; 5]> {
        self.branch.score.buckets(from, to, buckets)
    }

    /// The futures that were left.
    pub fn branches(&self) -> &[Branch] {
        &self.others
    }

    /// Goes to the end of another branch; this one takes its place in the list.
    pub fn switch_branch(&mut self, index: usize) {
        let Some(other) = self.others.get_mut(index) else { return };
        std::mem::swap(other, &mut self.branch);
        if other.name.is_empty() {
            other.name = format!("{} events", other.score.last());
        }
        let last = self.branch.score.last();
        self.cluster = self.branch.checkpoint_before(EventNumber(0)).cluster.clone();
        self.applied = 0;
        self.seek(last);
    }

    /// A second lab that goes its own way from here.
    pub fn fork(&self) -> Lab {
        self.clone()
    }

    /// The state hash here and now.
    pub fn state_hash(&self) -> Digest {
        self.cluster.state_hash()
    }

    /// The link that holds this lab, at this event.
    pub fn link(&self) -> String {
        let shared = Shared {
            file: self.whole_file(),
            cursor: self.cursor(),
            now: self.clock,
            hash: self.state_hash().0,
        };
        link::encode(&shared)
    }

    /// The lab file with the journal of this session.
    pub fn whole_file(&self) -> LabFile {
        let mut file = self.file().clone();
        file.journal.extend(self.branch.journal.iter().cloned());
        file
    }

    /// The lab file with the journal of this session, as YAML.
    pub fn to_yaml(&self) -> String {
        self.whole_file().to_yaml()
    }
}

/// A body as it stands on the wire; trees as JSON.
pub fn body_bytes(body: &Body) -> Vec<u8> {
    match body {
        Body::Empty => Vec::new(),
        Body::Tree(value) => api::json::write(value).into_bytes(),
        Body::Object(object) => api::json::write(object.value()).into_bytes(),
        Body::Bytes(bytes) => bytes.to_vec(),
    }
}

/// A body as text, for people and scripts.
pub fn body_text(body: &Body) -> String {
    String::from_utf8(body_bytes(body)).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}
