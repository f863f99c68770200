//! One etcd process: Raft, disk, store, watches and clients tied together.
//!
//! What happens where: a client's call comes in (`calls`), becomes a proposal, goes through Raft and its
//! *ready rounds* (`rounds`), is written and fsynced (`rounds` too), committed, applied (`apply`), answered,
//! and told to watchers (`watching`). Each Raft message, each fsync and each apply is an event of its own, so that
//! a person can step between them and a crash can fall between them; ready rounds happen within the event
//! that made them necessary.

pub mod address;
mod apply;
mod calls;
mod config;
mod contacts;
mod joining;
mod knobs;
mod lessor;
mod maintenance;
mod reconfigure;
mod rounds;
mod routes;
mod view;
mod watching;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use raft::{
    ConfChange, ConfChangeKind, ConfState, Config, Entry, EntryId, EntryKind, HardState, LogIndex,
    MemoryStorage, NodeId, RawNode, Term, Transition,
};
use sim::{Actor, Blob, SimTime, Str, Stream, Token};

pub use self::calls::Call;
pub use self::calls::Caller;
use self::calls::Reads;
pub use self::config::{InitialState, MemberConfig, Peer};
use self::contacts::Contacts;
use self::joining::Joining;
pub use self::knobs::{TimerKind, timer_kind, written_disk};
use self::lessor::Lessor;
use self::maintenance::{Defrag, Transfer};
pub use self::reconfigure::DEFAULT_TOKEN;
use self::rounds::Append;
use self::routes::Routes;
pub use self::view::FollowerView;
use crate::disk::Disk;
use crate::membership::{ChangeContext, Membership};
use crate::proposal::{RequestNumber, RequestNumbers, member_text};
use crate::rpc::{CallId, MemberInfo, Request, Response};
use crate::state::{Image, State};
use crate::watch::Watchers;

/// What happens to a member.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// The process starts. Comes once, first.
    Start,
    /// A timer that the member set.
    Timer(Token),
    /// A Raft message from another member arrived.
    Peer {
        /// The sender's number (`Actor::Etcd(from)`).
        from: u32,
        /// The message.
        message: Arc<raft::Message>,
    },
    /// A call that another member sent on, or its answer.
    Forward {
        /// The sender's number.
        from: u32,
        /// What.
        forward: Arc<Forward>,
    },
    /// A client's request arrived.
    Client {
        /// Whose.
        from: Actor,
        /// The client's number for it.
        call: CallId,
        /// The request.
        request: Arc<Request>,
    },
    /// The user makes the election timer fire now.
    Campaign,
    /// The user lets the leader propose a change of several members at once, through a joint configuration. etcd's server has no
    /// call for that, its Raft library can do it. Refused steps and other members do nothing.
    Reconfigure {
        /// The steps: who is added (with URLs, as a voter or learner), who goes (only the ID counts).
        steps: Arc<Vec<(ConfChangeKind, MemberInfo)>>,
        /// By which way.
        transition: Transition,
    },
    /// A client's connection takes nothing any more: it is cut, or the client does not read. What the member sends waits.
    ClientStalled {
        /// Whose.
        from: Actor,
    },
    /// It takes what is sent again.
    ClientFlows {
        /// Whose.
        from: Actor,
    },
    /// A client's connection broke: its watches end, and nobody waits for its answers.
    ClientGone {
        /// Whose.
        from: Actor,
    },
}

/// What a member sends.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// To another member: Raft's. A datagram, although etcd's travel by TCP: Raft can do with less.
    Peer(Arc<raft::Message>),
    /// To another member: a call that only the leader can answer (leases live by its clock), or the answer. A
    /// datagram.
    Forward(Arc<Forward>),
    /// To a client: an answer, or a message on a watch.
    Client {
        /// Which call it answers.
        call: CallId,
        /// The answer.
        response: Arc<Response>,
    },
}

/// What members tell each other beside Raft's messages.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Forward {
    /// Please answer this for me.
    Request {
        /// The asking member's number for it.
        number: RequestNumber,
        /// The request.
        request: Arc<Request>,
    },
    /// The answer.
    Response {
        /// The asking member's number for it.
        number: RequestNumber,
        /// The answer.
        response: Arc<Response>,
    },
    /// Somebody who is to join asks who is in the cluster.
    AskMembers,
    /// That is.
    Members {
        /// The cluster's ID.
        cluster: u64,
        /// Its members, as the sender knows them.
        members: Arc<Vec<MemberInfo>>,
    },
    /// You were removed from the cluster: nobody listens to you any more.
    Removed {
        /// Who.
        member: NodeId,
    },
}

/// Ticks between two transactions of the database file. bbolt's are 100 ms apart; each makes the next changes
/// copy what it shares, and all that one sees of them is how much a restart replays.
const COMMIT_TICKS: u64 = 10;

type Context<'a> = sim::Context<'a, Message>;

/// Timers, by [`Token::kind`].
mod timer {
    /// Raft's clock ticks.
    pub(super) const TICK: u16 = 1;
    /// An fsync is done; the argument counts them.
    pub(super) const FSYNC: u16 = 2;
    /// Committed entries are applied.
    pub(super) const APPLY: u16 = 3;
    /// Watchers that lag are led on.
    pub(super) const CATCH_UP: u16 = 4;
    /// Idle watchers are told the revision.
    pub(super) const PROGRESS: u16 = 5;
    /// A member that is to join asks again.
    pub(super) const JOIN: u16 = 6;
    /// A member that was removed ends.
    pub(super) const STOP: u16 = 7;
    /// A defragmentation is done.
    pub(super) const DEFRAG: u16 = 8;
}

/// What a member's own timer is for, as the end of a sentence that begins with the member's name.
pub const fn timer_says(token: Token) -> &'static str {
    match token.kind {
        timer::TICK => "{0}: Raft's clock ticks",
        timer::FSYNC => "{0}: an fsync is done, what it wrote is durable",
        timer::APPLY => "{0} applies what is committed",
        timer::JOIN => "{0} asks again who is in the cluster",
        timer::STOP => "{0} ends: it was removed from the cluster",
        timer::DEFRAG => "{0}: the database file is defragmented",
        timer::CATCH_UP => "{0} leads watchers on that lag behind",
        _ => "{0} tells idle watchers its revision",
    }
}

/// One etcd process.
#[derive(Clone, Debug, Hash)]
pub struct Member {
    config: MemberConfig,
    id: NodeId,
    /// The cluster's ID.
    cluster: u64,
    node: RawNode<MemoryStorage>,
    disk: Disk,
    state: State,
    /// The last entry handed to [`Member::apply`]; behind `state.applied` while a restart replays what the
    /// database already has.
    applied: EntryId,
    conf_state: ConfState,
    /// The members as of `applied` while that is behind the database.
    replayed: Membership,
    /// Who is where; those that this process was started with as long as the state says nothing else.
    routes: Routes,
    contacts: Contacts,
    joining: Option<Joining>,
    started_at: SimTime,
    /// The last snapshot that was made or received.
    snapshot_index: LogIndex,
    /// What the database file holds.
    committed_database: EntryId,
    random: Stream,
    numbers: RequestNumbers,
    ticks: u64,

    /// Handed to the disk and not yet answered for, in order.
    appends: VecDeque<Append>,
    /// The running fsync, counted from 1; 0 when none runs.
    fsync_running: u64,
    fsyncs: u64,
    /// Committed, to be applied in the next apply step.
    applies: VecDeque<raft::Message>,
    apply_scheduled: bool,

    /// Waiting to be proposed: for a leader, or for the running fsync.
    proposals: Vec<(Option<RequestNumber>, Blob)>,
    /// The last proposals that other members have sent on to this one.
    forwarded: VecDeque<RequestNumber>,
    /// Proposed or sent on, and not yet answered.
    waiting: BTreeMap<RequestNumber, Call>,
    reads: Reads,
    /// Calls among those that wait for the leader's answer and were sent to nobody yet.
    unsent: BTreeSet<RequestNumber>,
    /// Leadership is being handed over.
    transfers: Vec<Transfer>,
    defrag: Option<Defrag>,
    /// Whether it has proposed to raise the alarm that its database is full.
    alarm_proposed: bool,
    lessor: Lessor,
    watchers: Watchers,
    catch_up_scheduled: bool,
    progress_scheduled: bool,
    /// Clients that asked for a progress notification before their watchers had caught up.
    progress_asked: Vec<(Actor, CallId)>,
    /// Whether it has seen its own announcement applied.
    ready: bool,
    publish_again_at: SimTime,
    leaderless_ticks: u32,
    leader_elected_at: SimTime,
    /// Who led when Raft last said so.
    led_by: NodeId,
    /// Snapshots under way, and when they are taken for done, one way or the other.
    snapshots_sent: BTreeMap<NodeId, SimTime>,
    /// Why the process can't go on; it answers nothing any more.
    failed: Option<Str>,
    /// Why the process has ended in good order.
    stopped: Option<Str>,
    /// What it has to say of its disk: a sentence, and what to put into it behind its name.
    found_at_start: Vec<(&'static str, Str)>,
}

impl Member {
    /// A process on `disk`: when the disk is empty a new member, of the initial cluster or of a running one, as its
    /// configuration says; else the one that wrote it. Give it [`Input::Start`] next.
    ///
    /// A disk or a configuration that can't be used gives a member that has [failed](Member::failed) or
    /// [stopped](Member::stopped).
    pub fn new(config: MemberConfig, mut disk: Disk, now: SimTime) -> Member {
        if !disk.is_empty() {
            return Member::on(config, disk, now, false);
        }
        let own = config.own();
        if config.initial_state == InitialState::Existing {
            let mut member = Member::on(config, disk, now, false);
            member.joining = Some(Joining::default());
            return member;
        }
        let refused = config.already_bootstrapped;
        if !refused {
            bootstrap(&config, own.id, &mut disk);
        }
        let mut member = Member::on(config, disk, now, !refused);
        if refused {
            let id = member_text(own.id);
            member.stopped = Some(Str::from(format!("member {id} has already been bootstrapped")));
        }
        member
    }

    /// A process whose disk says all that is to know. `fresh`: as a member of the initial cluster, whose first
    /// entries count before they are applied.
    fn on(config: MemberConfig, mut disk: Disk, now: SimTime, fresh: bool) -> Member {
        let own = config.own();
        let (id, cluster) = disk.identity().unwrap_or((own.id, config.cluster_id()));
        let mut failed = None;
        // A corrupt disk breaks no promise of the cluster: the process says why it can't start, and ends.
        let mut stopped = None;
        let found = disk.open().unwrap_or_else(|error| {
            stopped = Some(Str::from(error.to_string()));
            crate::disk::Found::default()
        });
        let mut found_at_start = Vec::new();
        for file in &found.broken {
            found_at_start
                .push(("{0} can't read the snapshot file {1}: it is put aside as {1}.broken.", file.into()));
        }
        if let Some(error) = &found.repaired {
            let words = Str::from(error.to_string());
            found_at_start.push(("{0} truncates its log where a write was cut off: {1}.", words));
        }
        if let Some(words) = &stopped {
            found_at_start.push(("{0} can't start: {1}.", words.clone()));
        }

        let mut storage = MemoryStorage::new();
        let mut state = State::new(config.min_lease_seconds());
        let mut conf_state = ConfState::default();
        let mut start = EntryId::default();
        if let Some(snapshot) = found.snapshot {
            start = snapshot.id();
            conf_state = snapshot.conf_state.clone();
            if let Some(image) = snapshot.data.downcast::<Image>() {
                state = image.0.clone();
            }
            // An empty storage takes any snapshot.
            let _ = storage.apply_snapshot(snapshot);
        }
        let replayed = state.members.clone();
        if let Some(database) = found.state.filter(|database| database.applied.index >= start.index) {
            state = database;
        }
        storage.set_hard_state(found.hard_state);
        if let Err(error) = storage.append(&found.entries) {
            failed = Some(Str::from(error.to_string()));
        }

        let name = format!("{}/{}", own.name, now.as_nanos());
        let raft_config = |id| Config {
            election_tick: config.election_ticks,
            heartbeat_tick: config.heartbeat_ticks,
            async_storage_writes: true,
            applied: start.index,
            max_size_per_msg: config.max_message_bytes,
            max_inflight_msgs: 512,
            check_quorum: config.check_quorum,
            pre_vote: config.pre_vote,
            ..Config::new(id)
        };
        let stream = || Stream::derive(config.seed, &format!("{name}/raft"));
        let node = RawNode::new(raft_config(id), storage, stream());
        let mut node = match node {
            Ok(node) => node,
            Err(error) => {
                failed = Some(Str::from(error.to_string()));
                empty_node(raft_config(id), stream())
            }
        };
        if fresh {
            // As etcd's Bootstrap: the initial members count before their entries are applied, or nobody
            // could stand for election.
            for peer in &config.peers {
                let change = ConfChange { node: peer.id, ..ConfChange::default() };
                if let Ok(new) = node.apply_conf_change(change) {
                    conf_state = new;
                }
            }
        }
        let committed_database = state.applied;
        let routes = Routes::new(&config.peers, &state.members);
        Member {
            id,
            cluster,
            node,
            disk,
            state,
            applied: start,
            conf_state,
            replayed,
            routes,
            contacts: Contacts::default(),
            joining: None,
            started_at: now,
            snapshot_index: start.index,
            committed_database,
            random: Stream::derive(config.seed, &name),
            numbers: RequestNumbers::new(config.index, now),
            ticks: 0,
            appends: VecDeque::new(),
            fsync_running: 0,
            fsyncs: 0,
            applies: VecDeque::new(),
            apply_scheduled: false,
            proposals: Vec::new(),
            forwarded: VecDeque::new(),
            waiting: BTreeMap::new(),
            reads: Reads::default(),
            unsent: BTreeSet::new(),
            transfers: Vec::new(),
            defrag: None,
            alarm_proposed: false,
            lessor: Lessor::default(),
            watchers: Watchers::default(),
            catch_up_scheduled: false,
            progress_scheduled: false,
            progress_asked: Vec::new(),
            ready: false,
            publish_again_at: SimTime::MAX,
            leaderless_ticks: 0,
            leader_elected_at: SimTime::ZERO,
            led_by: NodeId::NONE,
            snapshots_sent: BTreeMap::new(),
            failed,
            stopped,
            found_at_start,
            config,
        }
    }

    /// Handles one thing that happened.
    pub fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        for (template, what) in std::mem::take(&mut self.found_at_start) {
            context.note(template, [self.config.own().name, what]);
        }
        if self.failed.is_some() || self.stopped.is_some() {
            return;
        }
        if self.joining.is_some() {
            self.join(input, context);
            return;
        }
        match input {
            Input::Start => self.start(context),
            Input::Timer(token) => match token.kind {
                timer::TICK => self.tick(context),
                timer::FSYNC => self.fsynced(token.arg, context),
                timer::APPLY => self.apply(context),
                timer::CATCH_UP => self.catch_up(context),
                timer::PROGRESS => self.notify_progress(context),
                timer::STOP => self.stop("the member has been permanently removed from the cluster", context),
                timer::DEFRAG => self.defragmented(context),
                _ => {}
            },
            Input::Peer { from, message } => self.peer(from, &message, context),
            Input::Forward { from, forward } => self.forwarded(from, &forward, context),
            Input::Client { from, call, request } => self.call(from, call, request, context),
            Input::Campaign => self.campaign(),
            Input::Reconfigure { steps, transition } => self.reconfigure(&steps, transition),
            Input::ClientStalled { from } => self.watchers.stall(from),
            Input::ClientFlows { from } => self.client_flows(from, context),
            Input::ClientGone { from } => self.client_gone(from),
        }
        self.drive(context);
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.advance_election();
        // Members that start together don't tick together.
        let first = self.random.duration(std::time::Duration::ZERO..self.config.tick);
        context.timer(first, Token::new(timer::TICK, 0));
    }

    /// A Raft message. One for somebody who was here before, or from somebody who was removed, is not for Raft.
    fn peer(&mut self, from: u32, message: &raft::Message, context: &mut Context<'_>) {
        if message.to != self.id {
            return;
        }
        if self.state.members.was_removed(message.from) {
            let removed = Forward::Removed { member: message.from };
            context.send(Actor::Etcd(from), Message::Forward(Arc::new(removed)));
            return;
        }
        self.routes.met(message.from, from);
        self.contacts.heard(message.from, context.now, self.started_at);
        self.receive(message);
    }

    /// The machine loses power, or the process is killed: what was fsynced is left.
    pub fn crash(self) -> Disk {
        self.crash_torn(0)
    }

    /// Like [`Member::crash`], in the middle of writing back: of the log's sectors (512 bytes) that no fsync covered
    /// the first `sectors` made it to the disk.
    pub fn crash_torn(self, sectors: u64) -> Disk {
        let mut disk = self.disk;
        disk.crash_torn(sectors);
        disk
    }

    /// The disk, for faults that the user injects.
    pub fn disk_mut(&mut self) -> &mut Disk {
        &mut self.disk
    }

    /// A process that starts need not wait a whole election timeout for a leader that may not exist; a live one
    /// is heard within two ticks.
    fn advance_election(&mut self) {
        let known = if self.state.members.is_empty() { self.routes.len() } else { self.state.members.len() };
        let spare = match known {
            0 | 1 => 1,
            _ if self.config.initial_election_tick_advance => 2,
            _ => return,
        };
        for _ in spare..self.config.election_ticks {
            self.node.tick_quiesced();
        }
    }

    fn tick(&mut self, context: &mut Context<'_>) {
        context.timer(self.config.tick, Token::new(timer::TICK, 0));
        self.ticks += 1;
        self.node.tick();
        if self.ticks.is_multiple_of(COMMIT_TICKS) {
            self.commit_database();
        }
        self.expire_calls(context);
        self.retry_reads(context.now);
        if context.now >= self.publish_again_at {
            self.publish(context.now);
        }
        self.report_snapshots(context.now);
        self.watch_leader(context);
        self.check_contacts(context.now);
        self.check_transfers(context);
        self.send_unsent(context);
        // Every 500 ms, as etcd's lessor.
        if self.ticks.is_multiple_of(5) && self.lessor.is_primary() {
            self.revoke_expired(context.now);
        }
    }

    fn commit_database(&mut self) {
        if self.committed_database != self.state.applied {
            self.committed_database = self.state.applied;
            self.disk.commit_database(self.state.clone());
        }
    }

    fn fail(&mut self, why: impl Into<Str>, context: &mut Context<'_>) {
        let why = why.into();
        context.note("{0} can't go on: {1}", [self.config.own().name, why.clone()]);
        self.failed = Some(why);
    }

    /// The process ends, as it should.
    fn stop(&mut self, why: impl Into<Str>, context: &mut Context<'_>) {
        let why = why.into();
        context.note("{0} ends: {1}", [self.config.own().name, why.clone()]);
        self.stopped = Some(why);
    }

    fn name_of(&self, id: NodeId) -> Str {
        self.routes.name(id).unwrap_or_else(|| Str::from(member_text(id)))
    }

    fn actor_of(&self, id: NodeId) -> Option<Actor> {
        self.routes.index(id).map(Actor::Etcd)
    }

    fn lead(&self) -> NodeId {
        self.node.raft().lead()
    }

    fn is_leader(&self) -> bool {
        self.lead() == self.id
    }

    fn reply(&self, caller: &Caller, call: CallId, response: Response, context: &mut Context<'_>) {
        let response = Arc::new(response);
        match *caller {
            Caller::Client(client) => context.send(client, Message::Client { call, response }),
            Caller::Member(index, number) => {
                let forward = Forward::Response { number, response };
                context.send(Actor::Etcd(index), Message::Forward(Arc::new(forward)));
            }
        }
    }
}

/// Writes what a new member's disk begins with: the initial members as committed changes of the
/// configuration, the same on every member.
fn bootstrap(config: &MemberConfig, id: NodeId, disk: &mut Disk) {
    disk.format(id, config.cluster_id());
    let entries: Vec<Entry> = (1..)
        .zip(&config.peers)
        .map(|(index, peer)| {
            let member = MemberInfo {
                id: peer.id.0,
                name: peer.name.clone(),
                peer_urls: vec![address::peer_url(peer.index)],
                ..MemberInfo::default()
            };
            let context = Some(ChangeContext::of(&member).encode());
            let change = ConfChange { id: 0, kind: ConfChangeKind::AddNode, node: peer.id, context };
            Entry {
                term: Term(1),
                index: LogIndex(index),
                kind: EntryKind::ConfChange,
                data: change.encode(),
            }
        })
        .collect();
    let commit = LogIndex(entries.len() as u64);
    disk.write(&entries, Some(HardState { term: Term(1), vote: NodeId::NONE, commit }));
    disk.begin_fsync();
    disk.finish_fsync();
}

/// Stands in for the node of a member that could not start.
fn empty_node(config: Config, stream: Stream) -> RawNode<MemoryStorage> {
    let config = Config { applied: LogIndex::ZERO, ..config };
    let plain = Config { async_storage_writes: true, ..Config::new(NodeId(u64::MAX >> 1)) };
    RawNode::new(config, MemoryStorage::new(), stream.clone())
        .or_else(|_| RawNode::new(plain, MemoryStorage::new(), stream))
        .unwrap_or_else(|error| unreachable!("etcd's default configuration starts: {error}"))
}
