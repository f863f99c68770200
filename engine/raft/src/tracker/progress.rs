//! What a leader knows of one member, and how it sends to it.

use std::fmt;

use super::Inflights;
use crate::LogIndex;

/// How the leader sends to a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ProgressState {
    /// One append per answer or heartbeat, until it is known where the logs agree.
    #[default]
    Probe,
    /// A stream of appends, without waiting for answers.
    Replicate,
    /// Nothing, until a snapshot has arrived.
    Snapshot,
}

impl fmt::Display for ProgressState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ProgressState::Probe => "StateProbe",
            ProgressState::Replicate => "StateReplicate",
            ProgressState::Snapshot => "StateSnapshot",
        })
    }
}

/// What the leader knows of one member. Between `matched` (known to be stored there) and `next` (to be sent
/// next) lies what is under way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Progress {
    /// The member's log agrees with the leader's up to here.
    pub matched: LogIndex,
    /// The first entry to send next; always above `matched`.
    pub next: LogIndex,
    /// The highest commit index that was sent, so that it isn't sent twice.
    pub sent_commit: LogIndex,
    /// How to send.
    pub state: ProgressState,
    /// In state Snapshot: the snapshot's index.
    pub pending_snapshot: LogIndex,
    /// Whether the member was heard from since the last check of the quorum.
    pub recent_active: bool,
    /// No appends until the next answer or heartbeat.
    pub append_flow_paused: bool,
    /// Appends under way.
    pub inflights: Inflights,
    /// Whether the member has no vote.
    pub is_learner: bool,
}

impl Progress {
    /// A member about which nothing is known yet.
    pub const fn new(matched: LogIndex, next: LogIndex, inflights: Inflights, is_learner: bool) -> Progress {
        Progress {
            matched,
            next,
            sent_commit: LogIndex::ZERO,
            state: ProgressState::Probe,
            pending_snapshot: LogIndex::ZERO,
            recent_active: false,
            append_flow_paused: false,
            inflights,
            is_learner,
        }
    }

    fn reset_state(&mut self, state: ProgressState) {
        self.append_flow_paused = false;
        self.pending_snapshot = LogIndex::ZERO;
        self.state = state;
        self.inflights.reset();
    }

    /// Goes back to probing. After a snapshot that means: just behind it.
    pub fn become_probe(&mut self) {
        let from_snapshot = self.state == ProgressState::Snapshot;
        let snapshot = self.pending_snapshot;
        self.reset_state(ProgressState::Probe);
        self.next = self.matched.next();
        if from_snapshot {
            self.next = self.next.max(snapshot.next());
        }
        self.lower_sent_commit();
    }

    /// Starts streaming from behind what is known to be there.
    pub fn become_replicate(&mut self) {
        self.reset_state(ProgressState::Replicate);
        self.next = self.matched.next();
    }

    /// Waits for the snapshot of `index` to arrive.
    pub fn become_snapshot(&mut self, index: LogIndex) {
        self.reset_state(ProgressState::Snapshot);
        self.pending_snapshot = index;
        self.next = index.next();
        self.sent_commit = index;
    }

    /// An append of `entries` entries with `bytes` of payload was sent.
    pub fn sent_entries(&mut self, entries: u64, bytes: u64) {
        match self.state {
            ProgressState::Replicate => {
                if entries > 0 {
                    self.next = self.next + entries;
                    self.inflights.add(self.next.prev(), bytes);
                }
                // What is sent beyond the limits is a probe, and one is enough.
                self.append_flow_paused = self.inflights.full();
            }
            ProgressState::Probe => {
                if entries > 0 {
                    self.append_flow_paused = true;
                }
            }
            ProgressState::Snapshot => {}
        }
    }

    /// A message with this commit index was sent.
    pub fn sent_commit(&mut self, commit: LogIndex) {
        self.sent_commit = commit;
    }

    /// Whether telling `commit` would tell the member something new that it can use.
    pub fn can_bump_commit(&self, commit: LogIndex) -> bool {
        // The member's commit index is at most what it has: next - 1.
        commit > self.sent_commit && self.sent_commit < self.next.prev()
    }

    fn lower_sent_commit(&mut self) {
        self.sent_commit = self.sent_commit.min(self.next.prev());
    }

    /// The member has stored everything up to `index`. Tells whether that is news.
    pub fn maybe_update(&mut self, index: LogIndex) -> bool {
        if index <= self.matched {
            return false;
        }
        self.matched = index;
        self.next = self.next.max(index.next());
        self.append_flow_paused = false;
        true
    }

    /// The member rejected an append after `rejected` and says that the logs agree up to `hint` at most.
    /// Tells whether that is news; old answers aren't.
    pub fn maybe_decrease_to(&mut self, rejected: LogIndex, hint: LogIndex) -> bool {
        if self.state == ProgressState::Replicate {
            // Streaming, the answer is old when the entry is known to be there meanwhile.
            if rejected <= self.matched {
                return false;
            }
            self.next = self.matched.next();
            self.lower_sent_commit();
            return true;
        }
        // Probing, there is one append under way only.
        if self.next.prev() != rejected {
            return false;
        }
        self.next = rejected.min(hint.next()).max(self.matched.next());
        self.lower_sent_commit();
        self.append_flow_paused = false;
        true
    }

    /// Whether appends have to wait.
    pub fn is_paused(&self) -> bool {
        match self.state {
            ProgressState::Probe | ProgressState::Replicate => self.append_flow_paused,
            ProgressState::Snapshot => true,
        }
    }

    /// The figures, for showing.
    pub fn view(&self) -> ProgressView {
        ProgressView {
            state: self.state,
            matched: self.matched,
            next: self.next,
            is_learner: self.is_learner,
            is_paused: self.is_paused(),
            pending_snapshot: self.pending_snapshot,
            recent_active: self.recent_active,
            inflight: self.inflights.count(),
            inflight_full: self.inflights.full(),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// The figures of a [`Progress`] at some moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProgressView {
    /// How the leader sends.
    pub state: ProgressState,
    /// The logs agree up to here.
    pub matched: LogIndex,
    /// The first entry to send next.
    pub next: LogIndex,
    /// No vote.
    pub is_learner: bool,
    /// Appends wait.
    pub is_paused: bool,
    /// The snapshot that is waited for.
    pub pending_snapshot: LogIndex,
    /// Heard from lately.
    pub recent_active: bool,
    /// Appends under way.
    pub inflight: u32,
    /// No more may be under way.
    pub inflight_full: bool,
}

impl fmt::Display for ProgressView {
    /// `StateReplicate match=11 next=15 paused inflight=3[full]`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} match={} next={}", self.state, self.matched, self.next)?;
        if self.is_learner {
            f.write_str(" learner")?;
        }
        if self.is_paused {
            f.write_str(" paused")?;
        }
        if self.pending_snapshot > LogIndex::ZERO {
            write!(f, " pendingSnap={}", self.pending_snapshot)?;
        }
        if !self.recent_active {
            f.write_str(" inactive")?;
        }
        if self.inflight > 0 {
            write!(f, " inflight={}", self.inflight)?;
            if self.inflight_full {
                f.write_str("[full]")?;
            }
        }
        Ok(())
    }
}
