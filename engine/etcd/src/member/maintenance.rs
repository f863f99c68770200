//! The Maintenance service: alarms, quota, defragmentation, hashes, snapshots, handing over leadership; and what the user turns
//! on a running member.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use raft::NodeId;
use sim::{Actor, SimTime, Str, Token};

use super::calls::Call;
use super::{Context, Member, timer};
use crate::proposal::Proposal;
use crate::quota::cost;
use crate::rpc::{
    Alarm, AlarmAction, AlarmKind, CallId, DowngradeInfo, Error, MemberStatus, Request, Response,
    STORAGE_VERSION, VERSION,
};
use crate::snapshot::SnapshotBlob;

/// A defragmentation takes this long at least.
const DEFRAG_LEAST: Duration = Duration::from_millis(10);

/// And a millisecond for each of these bytes: 100 MB a second, what copying a bbolt file takes on a good disk.
const DEFRAG_BYTES_PER_MS: u64 = 100_000;

/// A running defragmentation: reads and writes wait for its end.
#[derive(Clone, Debug, Hash)]
pub(super) struct Defrag {
    call: Call,
    until: SimTime,
    /// What came meanwhile.
    waiting: VecDeque<(Actor, CallId, Arc<Request>)>,
}

/// Leadership on its way to another member.
#[derive(Clone, Debug, Hash)]
pub(super) struct Transfer {
    call: Call,
    target: NodeId,
}

impl Member {
    /// The leader hands its office over, if the client has named somebody who may have it.
    pub(super) fn move_leader(&mut self, call: Call, target: NodeId) -> Result<(), Error> {
        if !self.is_leader() {
            return Err(Error::NotLeader);
        }
        if self.state.members.get(target).is_none_or(|member| member.is_learner) {
            return Err(Error::BadLeaderTransferee);
        }
        self.node.transfer_leader(target);
        self.transfers.push(Transfer { call, target });
        Ok(())
    }

    /// Looks each tick whether the new leader is there, as etcd does.
    pub(super) fn check_transfers(&mut self, context: &mut Context<'_>) {
        let lead = self.lead();
        for transfer in std::mem::take(&mut self.transfers) {
            let call = &transfer.call;
            if transfer.target == lead {
                let response = Response::MoveLeader { header: self.header() };
                self.reply(&call.caller, call.id, response, context);
            } else if context.now.since(call.since) >= self.config.request_timeout() {
                let response = Response::Error(Error::TimeoutLeaderTransfer);
                self.reply(&call.caller, call.id, response, context);
            } else {
                self.transfers.push(transfer);
            }
        }
    }

    /// Starts to copy the database file. Until that is done the member reads, writes and applies nothing; Raft goes on.
    pub(super) fn defragment(&mut self, call: Call, context: &mut Context<'_>) {
        let took = DEFRAG_LEAST + Duration::from_millis(self.state.store.bytes() / DEFRAG_BYTES_PER_MS);
        context.note("{0} defragments its database.", [self.name_of(self.id)]);
        context.timer(took, Token::new(timer::DEFRAG, 0));
        self.defrag = Some(Defrag { call, until: context.now + took, waiting: VecDeque::new() });
    }

    /// Whether a call must wait for the end of a defragmentation; then it is kept.
    pub(super) fn keep_while_defragmenting(
        &mut self,
        from: Actor,
        id: CallId,
        request: &Arc<Request>,
    ) -> bool {
        let Some(defrag) = self.defrag.as_mut() else { return false };
        // What needs no database goes on.
        let free = matches!(
            **request,
            Request::Status
                | Request::MemberList { .. }
                | Request::MoveLeader { .. }
                | Request::WatchCancel { .. }
        );
        if !free {
            defrag.waiting.push_back((from, id, request.clone()));
        }
        !free
    }

    /// How long the database is still locked.
    pub(super) fn locked_for(&self, now: SimTime) -> Duration {
        self.defrag.as_ref().map_or(Duration::ZERO, |defrag| defrag.until.since(now))
    }

    /// Whether a defragmentation runs.
    pub const fn is_defragmenting(&self) -> bool {
        self.defrag.is_some()
    }

    /// A defragmentation is done.
    pub(super) fn defragmented(&mut self, context: &mut Context<'_>) {
        let Some(defrag) = self.defrag.take() else { return };
        let before = self.state.store.bytes();
        self.state.store.defragment();
        self.disk.commit_database(self.state.clone());
        let after = self.state.store.bytes();
        context.note(
            "{0} has defragmented its database: {1} bytes of {2} are left.",
            [self.name_of(self.id), Str::from(after.to_string()), Str::from(before.to_string())],
        );
        let response = Response::Defragment { header: self.header() };
        self.reply(&defrag.call.caller, defrag.call.id, response, context);
        for (from, id, request) in defrag.waiting {
            self.call(from, id, request, context);
        }
        self.serve_reads(context);
    }

    /// Whether the database has room for a request.
    fn has_room(&self, request: &Request) -> bool {
        let cost = cost(request);
        cost == 0 || self.config.quota_bytes == 0 || self.state.store.bytes() + cost < self.config.quota_bytes
    }

    /// Refuses what the database has no room for, and raises the alarm.
    ///
    /// # Errors
    /// [`Error::NoSpace`].
    pub(super) fn check_quota(&mut self, request: &Request) -> Result<(), Error> {
        if self.has_room(request) {
            return Ok(());
        }
        self.raise_no_space();
        Err(Error::NoSpace)
    }

    /// A request was applied that the database has in truth no room for: that is so, but the client is told, and
    /// the alarm is raised.
    pub(super) fn check_applied_quota(&mut self, request: &Request) -> Result<(), Error> {
        if self.config.quota_bytes == 0
            || cost(request) == 0
            || self.state.store.bytes() < self.config.quota_bytes
        {
            return Ok(());
        }
        self.check_quota(request)
    }

    fn raise_no_space(&mut self) {
        let alarm = Alarm { member: self.id.0, alarm: AlarmKind::NoSpace };
        if self.alarm_proposed || self.state.alarms.contains(&alarm) {
            return;
        }
        self.alarm_proposed = true;
        let (action, member) = (AlarmAction::Activate, self.id.0);
        let request = Request::Alarm { action, member, alarm: AlarmKind::NoSpace };
        let number = self.numbers.fresh();
        self.proposals.push((None, Proposal::new(number, Arc::new(request)).into_blob()));
    }

    /// An alarm was raised or lowered.
    pub(super) fn alarm_applied(&mut self, request: &Request, context: &mut Context<'_>) {
        let Request::Alarm { action, member, alarm } = request else { return };
        let template = match action {
            AlarmAction::Get => return,
            AlarmAction::Activate => "{0}: the alarm {1} of {2} is raised.",
            AlarmAction::Deactivate => "{0}: the alarm {1} of {2} is lowered.",
        };
        if *member == self.id.0 && *alarm == AlarmKind::NoSpace {
            self.alarm_proposed = false;
        }
        let (me, whose) = (self.name_of(self.id), self.name_of(NodeId(*member)));
        context.note(template, [me, Str::from(alarm.name()), whose]);
    }

    /// What needs only this member's own database.
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`] for the hash of a revision that is not there.
    pub(super) fn local_answer(&self, request: &Request) -> Result<Response, Error> {
        let header = self.header();
        Ok(match request {
            Request::Hash => Response::Hash { header, hash: self.state.checksum() },
            Request::HashKv { revision } => {
                let hashed = self.state.store.checksum(*revision)?;
                Response::HashKv {
                    header,
                    hash: hashed.hash,
                    compact_revision: hashed.compact_revision,
                    hash_revision: hashed.revision,
                }
            }
            Request::Snapshot => Response::Snapshot {
                header,
                remaining_bytes: 0,
                blob: SnapshotBlob::new(self.state.clone()),
                version: STORAGE_VERSION,
            },
            Request::MemberList { .. } => {
                Response::MemberList { header, members: self.state.members.to_vec() }
            }
            _ => Response::Status { header, status: self.status() },
        })
    }

    /// The member's view of itself.
    pub fn status(&self) -> MemberStatus {
        let no_leader = self.lead().is_none().then(|| Str::from(Error::NoLeader.to_string()));
        let alarms = self.state.alarms.iter().map(|alarm| Str::from(alarm.to_string()));
        MemberStatus {
            version: VERSION,
            storage_version: STORAGE_VERSION,
            db_size: self.state.store.bytes(),
            db_size_in_use: self.state.store.bytes_in_use(),
            db_size_quota: self.config.quota_bytes,
            leader: self.lead().0,
            raft_index: self.commit_index().0,
            raft_term: self.term().0,
            raft_applied_index: self.applied.index.0,
            is_learner: self.is_learner(),
            errors: no_leader.into_iter().chain(alarms).collect(),
            downgrade: DowngradeInfo::default(),
        }
    }

    /// The election timer fires now. Nothing happens on a leader, a learner, or who is no member.
    pub(super) fn campaign(&mut self) {
        if let Err(error) = self.node.campaign() {
            self.failed = Some(Str::from(error.to_string()));
        }
    }

    /// Changes how fast a running member's clock goes and how patient it is; `None` leaves as it is. A new tick counts
    /// from the next one on. (A real member has to be restarted for that.)
    ///
    /// # Errors
    /// Says what does not fit together.
    pub fn set_timing(
        &mut self,
        tick: Option<Duration>,
        heartbeat_ticks: Option<u32>,
        election_ticks: Option<u32>,
    ) -> Result<(), Str> {
        let tick = tick.unwrap_or(self.config.tick);
        let heartbeat = heartbeat_ticks.unwrap_or(self.config.heartbeat_ticks);
        let election = election_ticks.unwrap_or(self.config.election_ticks);
        if tick.is_zero() || heartbeat == 0 {
            return Err("a tick and the time between heartbeats must be longer than nothing".into());
        }
        if election <= heartbeat {
            return Err("the election timeout must be longer than the time between heartbeats".into());
        }
        (self.config.tick, self.config.heartbeat_ticks, self.config.election_ticks) =
            (tick, heartbeat, election);
        self.node.set_ticks(election, heartbeat);
        Ok(())
    }
}
