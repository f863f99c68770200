//! One member: its role, and what it does with messages and time.
//!
//! `step` looks at terms and hands on to the role (`leader`, `follower`); `election`, `replicate`, `reads` and
//! `reconfigure` are what the roles have in common with nobody else's business.

mod election;
mod follower;
mod leader;
mod reads;
mod reconfigure;
mod replicate;
mod step;

use std::fmt;
use std::sync::Arc;

use sim::Stream;

use crate::log::RaftLog;
use crate::read_only::{ReadOnly, ReadState};
use crate::trace::TraceEvent;
use crate::tracker::ProgressTracker;
use crate::{
    Config, EntryId, Fatal, HardState, LogIndex, Message, MessageKind, NodeId, RaftError, Storage, Term,
    confchange,
};

/// What a member is at the moment.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub enum Role {
    /// Follows a leader, or waits for one.
    #[default]
    Follower,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
    /// Asks whether it would get votes.
    PreCandidate,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Follower => "StateFollower",
            Role::Candidate => "StateCandidate",
            Role::Leader => "StateLeader",
            Role::PreCandidate => "StatePreCandidate",
        })
    }
}

/// What need not be stored, but is worth knowing when it changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SoftState {
    /// Who leads, as far as is known.
    pub lead: NodeId,
    /// The member's own role.
    pub role: Role,
}

/// One member. Its fields are for looking; the ways in are those of [`RawNode`](crate::RawNode).
#[derive(Clone, Hash, Debug)]
pub struct Raft<S> {
    pub(crate) config: Config,
    pub(crate) id: NodeId,
    pub(crate) term: Term,
    pub(crate) vote: NodeId,
    pub(crate) role: Role,
    pub(crate) lead: NodeId,
    pub(crate) is_learner: bool,
    pub(crate) log: RaftLog<S>,
    pub(crate) tracker: ProgressTracker,
    /// All members of the configuration, ascending: who gets broadcasts.
    members: Arc<[NodeId]>,
    /// To send at once.
    pub(crate) messages: Vec<Message>,
    /// To send when everything that is unstable now is stable: votes and acknowledgements are promises.
    pub(crate) messages_after_append: Vec<Message>,
    pub(crate) read_states: Vec<ReadState>,
    pub(crate) read_only: ReadOnly,
    /// Read requests that wait for the first commit of this term.
    pending_reads: Vec<Message>,
    pub(crate) lead_transferee: NodeId,
    /// Configuration changes are proposed one at a time: the next only when this index is applied.
    pending_conf_index: LogIndex,
    /// Payload bytes of the uncommitted end of the log; an estimate, and only a leader's.
    uncommitted_size: u64,
    election_elapsed: u32,
    heartbeat_elapsed: u32,
    randomized_election_timeout: u32,
    stream: Stream,
}

impl<S: Storage> Raft<S> {
    pub(crate) fn new(config: Config, storage: S, stream: Stream) -> Result<Raft<S>, RaftError> {
        let config = config.validated()?;
        let (hard_state, conf_state) = storage.initial_state();
        let log = RaftLog::new(storage, config.max_committed_size_per_ready);
        let tracker = ProgressTracker::new(config.max_inflight_msgs, config.max_inflight_bytes);
        let last = log.last_id();
        let restored = confchange::restore(tracker.clone(), last.index, &conf_state)
            .map_err(|error| RaftError::Fatal(Fatal::ConfChange(error)))?;
        let mut raft = Raft {
            id: config.id,
            term: Term(0),
            vote: NodeId::NONE,
            role: Role::Follower,
            lead: NodeId::NONE,
            is_learner: false,
            log,
            tracker,
            members: Arc::from([]),
            messages: Vec::new(),
            messages_after_append: Vec::new(),
            read_states: Vec::new(),
            read_only: ReadOnly::new(config.read_only_option),
            pending_reads: Vec::new(),
            lead_transferee: NodeId::NONE,
            pending_conf_index: LogIndex::ZERO,
            uncommitted_size: 0,
            election_elapsed: 0,
            heartbeat_elapsed: 0,
            randomized_election_timeout: 0,
            stream,
            config,
        };
        let switched = raft.switch_to(restored);
        raft.check_equivalent(&conf_state, &switched);
        if !hard_state.is_empty() {
            raft.load(hard_state)?;
        }
        if raft.config.applied > LogIndex::ZERO {
            raft.log.applied_to(raft.config.applied, 0);
        }
        raft.become_follower(raft.term, NodeId::NONE);
        raft.trace(TraceEvent::Started {
            peers: raft.tracker.config.voters.ids().into(),
            term: raft.term,
            commit: raft.log.committed,
            applied: raft.log.applied,
            last,
        });
        raft.alive()?;
        Ok(raft)
    }

    fn load(&mut self, state: HardState) -> Result<(), RaftError> {
        let (committed, last) = (self.log.committed, self.log.last_index());
        if state.commit < committed || state.commit > last {
            return Err(Fatal::StateOutOfRange { state_commit: state.commit, committed, last }.into());
        }
        self.log.committed = state.commit;
        self.term = state.term;
        self.vote = state.vote;
        Ok(())
    }

    /// An error once the member can't go on.
    pub(crate) fn alive(&self) -> Result<(), RaftError> {
        match &self.log.fatal {
            None => Ok(()),
            Some(fatal) => Err(RaftError::Fatal(fatal.clone())),
        }
    }

    pub(crate) fn trace(&mut self, event: TraceEvent) {
        self.log.trace.push(event);
    }

    pub(crate) fn soft_state(&self) -> SoftState {
        SoftState { lead: self.lead, role: self.role }
    }

    pub(crate) fn hard_state(&self) -> HardState {
        HardState { term: self.term, vote: self.vote, commit: self.log.committed }
    }

    /// Whether it may become leader: a voter without a snapshot that still has to be applied.
    pub(crate) fn promotable(&self) -> bool {
        self.tracker.progress.get(&self.id).is_some_and(|progress| !progress.is_learner)
            && !self.log.has_next_or_in_progress_snapshot()
    }

    /// Queues a message, with sender and term filled in.
    fn send(&mut self, mut m: Message) {
        use MessageKind::*;
        if m.from.is_none() {
            m.from = self.id;
        }
        match m.kind {
            // Elections are about a term of their own.
            Vote | VoteResp | PreVote | PreVoteResp => {}
            // Forwarded requests count as local ones where they arrive.
            Prop | ReadIndex => {}
            _ => m.term = self.term,
        }
        if matches!(m.kind, AppResp | VoteResp | PreVoteResp) {
            self.messages_after_append.push(m);
        } else {
            self.messages.push(m);
        }
    }

    pub(crate) fn tick(&mut self) {
        if self.log.fatal.is_some() {
            return;
        }
        if self.role == Role::Leader { self.tick_heartbeat() } else { self.tick_election() }
    }

    pub(crate) fn set_ticks(&mut self, election: u32, heartbeat: u32) {
        debug_assert!(heartbeat > 0 && election > heartbeat);
        let changed = self.config.election_tick != election;
        (self.config.election_tick, self.config.heartbeat_tick) = (election, heartbeat);
        if changed {
            self.draw_election_timeout();
        }
    }

    /// Only lets time pass towards the next election, without acting.
    pub(crate) fn tick_quiesced(&mut self) {
        self.election_elapsed += 1;
    }

    fn tick_election(&mut self) {
        self.election_elapsed += 1;
        if self.promotable() && self.election_elapsed >= self.randomized_election_timeout {
            self.election_elapsed = 0;
            self.start_election();
        }
    }

    fn tick_heartbeat(&mut self) {
        self.heartbeat_elapsed += 1;
        self.election_elapsed += 1;
        if self.election_elapsed >= self.config.election_tick {
            self.election_elapsed = 0;
            if self.config.check_quorum {
                self.check_quorum();
            }
            // A transfer that takes longer than an election timeout has failed.
            if self.role == Role::Leader {
                self.lead_transferee = NodeId::NONE;
            }
        }
        if self.role == Role::Leader && self.heartbeat_elapsed >= self.config.heartbeat_tick {
            self.heartbeat_elapsed = 0;
            self.broadcast_heartbeat();
        }
    }

    /// The member.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Its term.
    pub fn term(&self) -> Term {
        self.term
    }

    /// Its role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Who leads, as far as it knows.
    pub fn lead(&self) -> NodeId {
        self.lead
    }

    /// Whom it voted for in its term.
    pub fn vote(&self) -> NodeId {
        self.vote
    }

    /// Whether it has no vote of its own.
    pub fn is_learner(&self) -> bool {
        self.is_learner
    }

    /// What it was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The configuration and, on a leader, what is known of each member.
    pub fn tracker(&self) -> &ProgressTracker {
        &self.tracker
    }

    /// Reads that wait for a quorum.
    pub fn read_only(&self) -> &ReadOnly {
        &self.read_only
    }

    /// Known to be committed up to here.
    pub fn committed(&self) -> LogIndex {
        self.log.committed
    }

    /// Applied up to here, as the application has said.
    pub fn applied(&self) -> LogIndex {
        self.log.applied
    }

    /// The first entry that the log still has.
    pub fn first_index(&self) -> LogIndex {
        self.log.first_index()
    }

    /// The last entry of the log, stable or not.
    pub fn last_id(&self) -> EntryId {
        self.log.last_id()
    }

    /// The term of the entry at `index`, stable or not, if the log has it.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        self.log.term(index).ok()
    }

    /// The first entry that is not known to be stable.
    pub fn first_unstable(&self) -> LogIndex {
        self.log.unstable.offset
    }

    /// Entries from `lo` up to but without `hi`, stable or not; none when they are not all there.
    pub fn entries(&self, lo: LogIndex, hi: LogIndex) -> crate::Entries {
        self.log.slice(lo, hi, crate::NO_LIMIT).unwrap_or_default()
    }

    /// Ticks since a leader was heard of (on a leader: since the quorum was checked).
    pub fn election_elapsed(&self) -> u32 {
        self.election_elapsed
    }

    /// Ticks without a leader until it campaigns.
    pub fn randomized_election_timeout(&self) -> u32 {
        self.randomized_election_timeout
    }

    /// On a leader: ticks since the last heartbeats.
    pub fn heartbeat_elapsed(&self) -> u32 {
        self.heartbeat_elapsed
    }

    /// To whom a leader hands over at the moment; nobody is 0.
    pub fn transferee(&self) -> NodeId {
        self.lead_transferee
    }

    /// Overrides the drawn election timeout until the next one is drawn.
    pub fn set_randomized_election_timeout(&mut self, ticks: u32) {
        self.randomized_election_timeout = ticks;
    }
}
