//! The Raft view: what the members are, what is under way between them, what each does next.

use etcd::member::{TimerKind, timer_kind};
use raft::{EntryKind, LogIndex, NodeId};
use sim::{Actor, SimTime, Str};

use super::raft_types::*;
use super::types::{MessageId, ProgressView};
use crate::Lab;
use crate::cluster::Cluster;
use crate::event::{Envelope, Event, Message};

/// Characters of an entry's text at the most.
const TEXT_MAX: usize = 160;

impl Lab {
    /// The etcd members as a Raft group.
    pub fn raft_view(&self) -> RaftView {
        let cluster = self.cluster();
        let mut view = RaftView::default();
        collect(cluster, &mut view);
        view.members = cluster.member_indexes().map(|index| member(cluster, index, &view.steps)).collect();
        let logs = || view.members.iter().filter(|m| m.last_index > 0);
        view.first_index = logs().map(|m| m.first_index).min().unwrap_or(0);
        view.last_index = logs().map(|m| m.last_index).max().unwrap_or(0);
        view
    }

    /// The entries of a member's log from `from` to `to` that are there, at most [`RaftView::LOG_MAX`]; of a member that is
    /// down, those on its disk.
    pub fn raft_log(&self, member: u32, from: u64, to: u64) -> Vec<LogCell> {
        let cluster = self.cluster();
        let to = to.min(from.saturating_add(RaftView::LOG_MAX - 1));
        let Some(running) = cluster.member(member) else {
            let entries = cluster.member_found(member).map_or(&[][..], |found| &found.entries);
            let wanted = entries.iter().filter(|entry| (from..=to).contains(&entry.index.0));
            return wanted.map(|entry| cell(entry, true)).collect();
        };
        let (first, last) = (running.first_index().0.max(from), running.last_entry().index.0.min(to));
        if first > last {
            return Vec::new();
        }
        let durable = durable(cluster, member).last_index.min(running.first_unstable().0 - 1);
        let entries = running.entries(LogIndex(first), LogIndex(last + 1));
        entries.iter().map(|entry| cell(entry, entry.index.0 <= durable)).collect()
    }
}

fn cell(entry: &raft::Entry, durable: bool) -> LogCell {
    let kind = match entry.kind {
        EntryKind::Normal if entry.data.is_empty() => EntryShape::Empty,
        EntryKind::Normal => EntryShape::Normal,
        EntryKind::ConfChange | EntryKind::ConfChangeV2 => EntryShape::ConfChange,
    };
    LogCell {
        index: entry.index.0,
        term: entry.term.0,
        kind,
        bytes: entry.data.size(),
        durable,
        text: cut(raft::describe::entry(&readable(entry))),
    }
}

/// The entry with words in the place of a proposal's protobuf.
fn readable(entry: &raft::Entry) -> raft::Entry {
    match entry.data.downcast::<etcd::proposal::Proposal>() {
        Some(proposal) => {
            raft::Entry { data: sim::Blob::from(proposal.describe().as_str()), ..entry.clone() }
        }
        None => entry.clone(),
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Messages and steps, in the order in which they will happen, and which is next.
fn collect(cluster: &Cluster, view: &mut RaftView) {
    for (id, waiting) in cluster.connections().held() {
        if let Some(message) = message(cluster, &waiting.envelope, id, id.at, true) {
            view.messages.push(message);
        }
    }
    for (at, sequence, queued) in cluster.queue().iter() {
        let place = MessageId { at, sequence };
        let id = match &queued.event {
            Event::Deliver(envelope) if view.messages.len() < RaftView::MESSAGES_MAX => {
                let id = cluster.connections().name(place);
                let Some(message) = message(cluster, envelope, id, at, false) else { continue };
                view.messages.push(message);
                id
            }
            Event::Start(Actor::Etcd(index)) => {
                step(view, place, *index, StepKind::Start, "starts".to_owned());
                place
            }
            Event::Timer(actor @ Actor::Etcd(index), token) => {
                let kind = match timer_kind(*token) {
                    TimerKind::Tick => StepKind::Tick,
                    TimerKind::Fsync => StepKind::Fsync,
                    TimerKind::Apply => StepKind::Apply,
                    _ => StepKind::Other,
                };
                let says = etcd::member::timer_says(*token).replace("{0}", &actor.to_string());
                step(view, place, *index, kind, says);
                place
            }
            _ => continue,
        };
        view.next.get_or_insert(id);
    }
}

fn step(view: &mut RaftView, id: MessageId, member: u32, kind: StepKind, text: String) {
    view.steps.push(RaftStep { id, member, kind, at: id.at, text });
}

fn message(
    cluster: &Cluster,
    envelope: &Envelope,
    id: MessageId,
    arrives: SimTime,
    held: bool,
) -> Option<RaftMessage> {
    let (Actor::Etcd(from), Actor::Etcd(to)) = (envelope.from, envelope.to) else { return None };
    let Message::Raft(message) = &envelope.message else { return None };
    let _ = cluster;
    let entries = message.entries.iter().take(RaftView::ENTRIES_MAX);
    Some(RaftMessage {
        id,
        from,
        to,
        kind: Str::from(message.kind.name()),
        term: message.term.0,
        index: message.index.0,
        log_term: message.log_term.0,
        commit: message.commit.0,
        entries: entries.map(|entry| (entry.index.0, entry.term.0)).collect(),
        entry_count: message.entries.len() as u64,
        reject: message.reject,
        reject_hint: message.reject_hint.0,
        snapshot: message.snapshot.as_ref().map(|snapshot| snapshot.index.0),
        context: message.context.as_ref().is_some_and(|context| !context.is_empty()),
        sent: envelope.sent,
        arrives,
        held,
        text: describe(message),
    })
}

/// The message as etcd's library prints it; of many entries the first few.
fn describe(message: &raft::Message) -> String {
    const LINES: usize = 6;
    let few: Vec<raft::Entry> = message.entries.iter().take(LINES).map(readable).collect();
    let shown = raft::Message { entries: few.into(), ..message.clone() };
    let text = raft::describe::message(&shown);
    match message.entries.len().saturating_sub(LINES) {
        0 => text,
        more => format!("{text}\n  … and {more} more entries"),
    }
}

fn member(cluster: &Cluster, index: u32, steps: &[RaftStep]) -> RaftMember {
    let name = Str::from(Actor::Etcd(index).to_string());
    let recovery = cluster.recovery(index).cloned();
    let Some(member) = cluster.member(index) else {
        let failed = cluster.member_ended(index).cloned();
        return RaftMember { index, name, failed, recovery, ..on_disk(cluster, index) };
    };
    let peer = |id: NodeId| cluster.member_index(id);
    let node = member.raft().raft();
    let config = member.config();
    let next = |kind| {
        let mine = steps.iter().find(|step| step.member == index && step.kind == kind);
        mine.map(|step| step.at)
    };
    RaftMember {
        index,
        id: member.id().0,
        name,
        up: true,
        joined: node.tracker().progress.contains_key(&member.id()),
        failed: member.failed().cloned(),
        role: super::picture::role(member),
        term: member.term().0,
        vote: peer(member.vote()),
        leader: peer(member.leader()),
        timer: TimerView {
            elapsed_ticks: member.election_elapsed(),
            timeout_ticks: member.election_timeout(),
            heartbeat_elapsed: node.heartbeat_elapsed(),
            heartbeat_ticks: config.heartbeat_ticks,
            tick: config.tick,
            next_tick: next(StepKind::Tick),
        },
        first_index: member.first_index().0,
        last_index: member.last_entry().index.0,
        snapshot_index: member.first_index().0.saturating_sub(1).max(snapshot_index(member)),
        commit: member.commit_index().0,
        applied: member.applied().index.0,
        revision: member.store().revision().0,
        durable: durable(cluster, index),
        config: configuration(cluster, &node.tracker().config),
        votes: votes(cluster, member),
        progress: progress(cluster, member),
        disk: DiskView {
            fsync_done: next(StepKind::Fsync),
            appends_waiting: member.pending_appends(),
            latency_us: (config.fsync_min.as_micros() as u64, config.fsync_max.as_micros() as u64),
            lies: member.disk().lies(),
        },
        applies_waiting: member.pending_applies(),
        apply_at: next(StepKind::Apply),
        pending_calls: member.pending_calls(),
        pending_reads: member.pending_reads(),
        transferee: peer(node.transferee()),
        recovery,
    }
}

fn snapshot_index(member: &etcd::Member) -> u64 {
    member.disk().snapshots().last().map_or(0, |file| file.snapshot.index.0)
}

/// A member that is down: what its disk holds.
fn on_disk(cluster: &Cluster, index: u32) -> RaftMember {
    let Some(found) = cluster.member_found(index) else { return RaftMember::default() };
    let snapshot = found.snapshot.as_ref().map_or(0, |snapshot| snapshot.index.0);
    let state = &found.hard_state;
    let last_index = found.entries.last().map_or(snapshot, |entry| entry.index.0);
    let vote = cluster.member_index(state.vote);
    RaftMember {
        term: state.term.0,
        vote,
        first_index: found.entries.first().map_or(snapshot + 1, |entry| entry.index.0),
        last_index,
        snapshot_index: snapshot,
        commit: state.commit.0,
        revision: found.state.as_ref().map_or(0, |state| state.store.revision().0),
        durable: DurableView { term: state.term.0, vote, commit: state.commit.0, last_index },
        ..RaftMember::default()
    }
}

fn configuration(cluster: &Cluster, config: &raft::tracker::TrackerConfig) -> ConfigView {
    let all = |ids: &mut dyn Iterator<Item = NodeId>| {
        let mut indexes: Vec<u32> = ids.filter_map(|id| cluster.member_index(id)).collect();
        indexes.sort_unstable();
        indexes
    };
    ConfigView {
        voters: all(&mut config.voters.incoming.ids().iter().copied()),
        outgoing: all(&mut config.voters.outgoing.ids().iter().copied()),
        learners: all(&mut config.learners.iter().copied()),
        learners_next: all(&mut config.learners_next.iter().copied()),
        auto_leave: config.auto_leave,
    }
}

/// The votes of a candidate's election; a leader's or follower's last one is nobody's business any more.
fn votes(cluster: &Cluster, member: &etcd::Member) -> Vec<(u32, bool)> {
    if !matches!(member.role(), raft::Role::Candidate | raft::Role::PreCandidate) {
        return Vec::new();
    }
    let votes = member.raft().raft().tracker().votes();
    let mut votes: Vec<(u32, bool)> =
        votes.iter().filter_map(|(id, granted)| Some((cluster.member_index(*id)?, *granted))).collect();
    votes.sort_unstable();
    votes
}

/// What a leader knows of the others, by index.
pub(super) fn progress(cluster: &Cluster, member: &etcd::Member) -> Vec<ProgressView> {
    if member.role() != raft::Role::Leader {
        return Vec::new();
    }
    let tracker = member.raft().raft().tracker();
    let mut views: Vec<ProgressView> = tracker
        .progress
        .iter()
        .filter(|(id, _)| **id != member.id())
        .filter_map(|(id, progress)| {
            Some(ProgressView {
                index: cluster.member_index(*id)?,
                matched: progress.matched.0,
                next: progress.next.0,
                state: Str::from(progress.state.to_string()),
                inflight: progress.inflights.count().into(),
                inflight_bytes: progress.inflights.bytes(),
                inflight_max: tracker.max_inflight.into(),
                paused: progress.is_paused(),
                active: progress.recent_active,
                pending_snapshot: progress.pending_snapshot.0,
                learner: progress.is_learner,
            })
        })
        .collect();
    views.sort_by_key(|view| view.index);
    views
}

/// What a crash now would leave of term, vote, commit index and log.
fn durable(cluster: &Cluster, index: u32) -> DurableView {
    use etcd::disk::WalRecord;
    /// The states and entries that matter are among the last records.
    const BACK: usize = 2_000;
    let Some(disk) = cluster.member_disk(index) else { return DurableView::default() };
    let (mut state, mut entry, mut snapshot) = (None, None, 0);
    for record in disk.wal().durable().rev().take(BACK) {
        match record {
            WalRecord::State(hard_state) => {
                state.get_or_insert(*hard_state);
            }
            WalRecord::Entry(last) => {
                entry.get_or_insert(last.index.0);
            }
            WalRecord::Snapshot { id, .. } => snapshot = snapshot.max(id.index.0),
            _ => {}
        }
        if state.is_some() && entry.is_some() {
            break;
        }
    }
    let state = state.unwrap_or_default();
    DurableView {
        term: state.term.0,
        vote: cluster.member_index(state.vote),
        commit: state.commit.0,
        last_index: entry.unwrap_or(0).max(snapshot),
    }
}
