//! Long work, cut into slices: running ahead, going back, opening links, waiting for a command.

use lab::{Action, Lab};
use sim::{EventNumber, SimTime};

use super::frame::now_ms;
use super::raft_search::RaftSearch;
use super::session::Session;

/// Events between two looks at the clock: about a millisecond of work.
const BATCH: u64 = 64;

/// The editor's own terminal in the lab.
pub const EDITOR_SESSION: u32 = lab::cluster::EDITOR.0;
/// The terminal of `window.clusterlab.kubectl`.
pub const EMBED_SESSION: u32 = 100;
/// The terminal that the object view asks through.
pub const OBJECTS_SESSION: u32 = 101;
/// The terminal that the store view's buttons type into; people's own have small numbers.
pub const STORE_SESSION: u32 = 2_000_001;

/// Something that may take longer than a frame.
pub enum Job {
    /// Run up a new lab until its cluster is ready, or this time has come.
    Start(SimTime),
    /// Run to a time.
    RunUntil(SimTime),
    /// Take so many events.
    Step(u64),
    /// Run to the next Raft message.
    NextRaft,
    /// Run to the next change of an object.
    NextObject,
    /// Run to the next thing of a kind that happens in Raft.
    Raft(RaftSearch),
    /// Go to an event of the known history.
    Seek(EventNumber),
    /// Replay a link; `None` when it is finished.
    Open(Option<Box<lab::Opening>>),
    /// Do something, when everything before it is done.
    Act(Action),
    /// Type a line into a terminal and run on until the prompt is back.
    Command {
        /// Which terminal.
        session: u32,
        /// What to do there.
        action: Option<Action>,
        /// Virtual time at which to give up (relative to the start until it starts).
        limit: SimTime,
    },
    /// Send a request and run on until its answer is there.
    Request {
        /// The request, until it is sent.
        action: Option<Action>,
        /// Its ticket, when it is.
        ticket: u64,
        /// Status and body, or why there is none, when it came.
        answer: Option<Result<(u16, String), String>>,
        /// Virtual time at which to give up.
        limit: SimTime,
    },
}

/// How work ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It did what it should.
    Done,
    /// Somebody stopped it, or its limit came.
    Cancelled,
}

/// What comes after some work: gets the job back, with what it found out.
pub type Then = Box<dyn FnOnce(&Session, Job, End)>;

/// A job in the queue.
pub struct Work {
    /// What.
    pub job: Job,
    /// Wall time of its first slice.
    pub since_ms: f64,
    /// What it shows of its progress, in thousandths.
    pub permille: u32,
    /// Called once at its end.
    pub then: Option<Then>,
    /// Where it started, for the progress.
    start: Option<f64>,
}

impl Work {
    /// New work.
    pub fn new(job: Job, then: Option<Then>) -> Work {
        Work { job, since_ms: now_ms(), permille: 0, then, start: None }
    }

    /// Works until `deadline_ms`; returns how it ended, or `None` when there is more to do.
    pub fn slice(&mut self, lab: &mut Lab, deadline_ms: f64) -> Option<End> {
        loop {
            let end = self.batch(lab);
            if end.is_some() || now_ms() >= deadline_ms {
                return end;
            }
        }
    }

    fn batch(&mut self, lab: &mut Lab) -> Option<End> {
        let done = match &mut self.job {
            Job::Start(until) => {
                let until = *until;
                let second = SimTime::from_secs(lab.now().as_secs() + 1).min(until);
                self.progress(lab.now().as_secs_f64(), until.as_secs_f64());
                lab.run_until(second, BATCH) && (lab.now() >= until || is_up(lab))
            }
            Job::RunUntil(until) => {
                let until = *until;
                self.progress(lab.now().as_secs_f64(), until.as_secs_f64());
                lab.run_until(until, BATCH)
            }
            Job::Step(left) => {
                let now = BATCH.min(*left);
                for _ in 0..now {
                    if lab.step().is_none() {
                        return Some(End::Done);
                    }
                }
                *left -= now;
                *left == 0
            }
            Job::NextRaft => lab.step_raft(BATCH) || lab.next_at().is_none(),
            Job::NextObject => lab.step_object(BATCH) || lab.next_at().is_none(),
            Job::Raft(search) => return search.batch(lab, BATCH),
            Job::Seek(target) => {
                let target = *target;
                let done = lab.seek_slice(target, BATCH);
                self.progress(lab.cursor().0 as f64, target.0 as f64);
                done
            }
            Job::Open(opening) => match opening {
                Some(opening) => {
                    let progress = opening.advance(BATCH);
                    let (done, total) = (progress.done, progress.total);
                    self.permille = (done * 1000 / total.max(1)) as u32;
                    done >= total
                }
                None => true,
            },
            Job::Act(action) => {
                lab.act(action.clone());
                true
            }
            Job::Command { session, action, limit } => {
                if let Some(action) = action.take() {
                    *limit = lab.now() + limit.since(SimTime::ZERO);
                    lab.act(action);
                }
                for _ in 0..BATCH {
                    if !lab.is_running(*session) {
                        return Some(End::Done);
                    }
                    if lab.now() > *limit || lab.step().is_none() {
                        lab.act(Action::Interrupt { session: *session });
                        return Some(End::Cancelled);
                    }
                }
                false
            }
            Job::Request { action, ticket, answer, limit } => {
                if let Some(action) = action.take() {
                    *limit = lab.now() + limit.since(SimTime::ZERO);
                    *ticket = lab.act(action);
                }
                for _ in 0..BATCH {
                    *answer = lab.response(*ticket);
                    if answer.is_some() {
                        return Some(End::Done);
                    }
                    if lab.now() > *limit || lab.step().is_none() {
                        lab.forget_answer(*ticket);
                        return Some(End::Cancelled);
                    }
                }
                false
            }
        };
        done.then_some(End::Done)
    }

    fn progress(&mut self, now: f64, target: f64) {
        let start = *self.start.get_or_insert(now);
        let whole = (target - start).abs();
        self.permille =
            if whole > 0.0 { (((now - start).abs() / whole) * 1000.0).min(1000.0) as u32 } else { 1000 };
    }
}

/// True when there is something to see: the API serves and all machines are Ready, or, without a control plane, a member leads.
fn is_up(lab: &Lab) -> bool {
    if !lab.file().control_plane {
        return lab.leader().is_some();
    }
    let picture = lab.picture();
    picture.api_server.ready && !picture.nodes.is_empty() && picture.nodes.iter().all(|n| n.ready == "True")
}
