//! The plain values that views are made of.

use api::Value;
use sim::{Actor, EventNumber, LinkRule, Note, SimTime, Str};

/// Everything on the home picture.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Picture {
    /// kube-apiserver.
    pub api_server: ApiServerView,
    /// The etcd members, by index.
    pub members: Vec<MemberView>,
    /// kube-scheduler.
    pub scheduler: SchedulerView,
    /// kube-controller-manager, a line a controller.
    pub controllers: Vec<ControllerView>,
    /// True while kube-controller-manager runs.
    pub controller_manager_up: bool,
    /// The machines.
    pub nodes: Vec<NodeView>,
    /// Pods without a node.
    pub pending_pods: Vec<PodView>,
    /// Messages under way, at most [`Picture::MESSAGES_MAX`] of them, those that arrive first (held ones always).
    pub messages: Vec<MessageView>,
    /// Links that are not as usual.
    pub links: Vec<(Actor, Actor, LinkRule)>,
    /// Counts for the chips in the header.
    pub pods_total: u32,
    /// Pods that are Ready.
    pub pods_ready: u32,
}

impl Picture {
    /// How many messages a picture shows at the most.
    pub const MESSAGES_MAX: u32 = 64;
}

/// kube-apiserver at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ApiServerView {
    /// False while the process is down.
    pub up: bool,
    /// True when `/readyz` says ok.
    pub ready: bool,
    /// The newest revision its caches have seen.
    pub revision: u64,
    /// Open watches.
    pub watches: u32,
    /// Requests waiting for etcd.
    pub in_flight: u32,
}

/// A member's role in Raft.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub enum Role {
    #[default]
    Follower,
    PreCandidate,
    Candidate,
    Leader,
    Learner,
}

/// An etcd member at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MemberView {
    /// Its place: `Actor::Etcd(index)`.
    pub index: u32,
    /// `etcd-0`.
    pub name: Str,
    /// False while it is down.
    pub up: bool,
    /// Its role.
    pub role: Role,
    /// Its term.
    pub term: u64,
    /// Whom it voted for in this term, by index.
    pub vote: Option<u32>,
    /// Whom it takes for the leader, by index.
    pub leader: Option<u32>,
    /// The last index in its log.
    pub last_index: u64,
    /// Its commit index.
    pub commit: u64,
    /// The last index it applied.
    pub applied: u64,
    /// The store's revision on this member.
    pub revision: u64,
    /// How much of its election timer has run, in thousandths.
    pub timer_permille: u32,
    /// For the leader: what it knows of the others (index, match, next, state).
    pub progress: Vec<ProgressView>,
    /// Bytes on disk.
    pub db_bytes: u64,
}

/// What a leader knows of one follower.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ProgressView {
    /// The follower's index.
    pub index: u32,
    /// The last entry known to be there.
    pub matched: u64,
    /// The next entry to send.
    pub next: u64,
    /// `StateProbe`, `StateReplicate`, `StateSnapshot`.
    pub state: Str,
    /// Appends under way to it.
    pub inflight: u64,
    /// Payload bytes under way.
    pub inflight_bytes: u64,
    /// Appends under way at the most.
    pub inflight_max: u64,
    /// Whether sending waits for an answer.
    pub paused: bool,
    /// Whether it was heard from since the last look at the quorum.
    pub active: bool,
    /// In state Snapshot: the snapshot's index.
    pub pending_snapshot: u64,
    /// Whether it has no vote.
    pub learner: bool,
}

/// kube-scheduler at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SchedulerView {
    /// False while it is down.
    pub up: bool,
    /// Pods to try next.
    pub active: u32,
    /// Pods that wait before another try.
    pub backoff: u32,
    /// Pods that nothing could be found for.
    pub unschedulable: u32,
    /// The latest decisions, newest first.
    pub decisions: Vec<Decision>,
}

/// One decision of the scheduler.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Decision {
    /// When.
    pub at: SimTime,
    /// `namespace/name` of the pod.
    pub pod: Str,
    /// The node, or nothing.
    pub node: Option<Str>,
    /// Per node: filtered by (plugin, reason), or its scores by plugin and in total.
    pub nodes: Vec<NodeVerdict>,
}

/// What a decision says of one node.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NodeVerdict {
    /// The node.
    pub node: Str,
    /// The plugin that ruled it out, and why.
    pub filtered: Option<(Str, Str)>,
    /// Scores by plugin (weighted).
    pub scores: Vec<(Str, i64)>,
    /// Their sum.
    pub total: i64,
}

/// A controller at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ControllerView {
    /// `deployment`, `replicaset`, ...
    pub name: Str,
    /// Keys in its queue.
    pub depth: u32,
    /// Failures that wait for another try.
    pub retries: u32,
    /// The latest reconciles, newest first: time, key, what it did.
    pub recent: Vec<(SimTime, Str, Str)>,
}

/// A machine at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NodeView {
    /// Its number: `Actor::Kubelet(number)`.
    pub number: u32,
    /// Its name.
    pub name: Str,
    /// False while the machine is off.
    pub up: bool,
    /// The `Ready` condition in the API: `True`, `False`, `Unknown`, or empty before registration.
    pub ready: Str,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// `topology.kubernetes.io/zone`, if any.
    pub zone: Str,
    /// The pod network of the node.
    pub pod_cidr: Str,
    /// CPU requested of what can be allocated, in percent.
    pub cpu_percent: u32,
    /// The same for memory.
    pub memory_percent: u32,
    /// Its taints, as `key=value:Effect`.
    pub taints: Vec<Str>,
    /// Its pods by name.
    pub pods: Vec<PodView>,
    /// Images on the node.
    pub images: Vec<Str>,
    /// Services that its kube-proxy knows.
    pub services: u32,
}

/// What a pod's tile shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PodShape {
    /// No node yet, or nothing started.
    #[default]
    Pending,
    /// The kubelet works on it: sandbox, images, containers.
    Starting,
    /// An image is on its way.
    Pulling,
    /// Containers run; not Ready.
    Running,
    /// Ready.
    Ready,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Waits before another start (`CrashLoopBackOff`, `ImagePullBackOff`).
    BackOff,
    /// Being deleted.
    Leaving,
}

/// A pod at a glance.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PodView {
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// A short name for the tile: the controller's or its own.
    pub label: Str,
    /// What to draw.
    pub shape: PodShape,
    /// kubectl's STATUS column.
    pub status: Str,
    /// Containers that are ready, of how many.
    pub ready: (u32, u32),
    /// Restarts of all containers.
    pub restarts: u32,
    /// Its address; empty before it has one.
    pub ip: Str,
    /// The steps of its life that are done: name and when (Created, Scheduled, Sandbox, Pulled, ...).
    pub steps: Vec<(Str, SimTime)>,
}

/// A message on a link.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageView {
    /// Names the message for holding, dropping, delivering: when it is due and its sequence number.
    pub id: MessageId,
    /// From whom.
    pub from: Actor,
    /// To whom.
    pub to: Actor,
    /// A short label: `PATCH deployments/web`, `MsgApp 312`, `watch pods`.
    pub label: String,
    /// When it was sent.
    pub sent: SimTime,
    /// When it arrives.
    pub arrives: SimTime,
    /// True when it waits for the user's hand.
    pub held: bool,
    /// True for Raft's messages.
    pub raft: bool,
}

/// A pending message's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct MessageId {
    /// When it is due.
    pub at: SimTime,
    /// Its sequence number in the queue.
    pub sequence: u64,
}

/// A lane of the score at the bottom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lane {
    /// The person.
    You,
    /// The API server.
    Api,
    /// The store.
    Etcd,
    /// Controllers and scheduler.
    Loops,
    /// Kubelets, runtimes, proxies.
    Nodes,
}

/// One event that was taken: for the right panel, the causes and the score.
#[derive(Clone, PartialEq, Debug)]
pub struct Happened {
    /// Its number.
    pub number: EventNumber,
    /// When.
    pub at: SimTime,
    /// Where it belongs on the score.
    pub lane: Lane,
    /// Who handled it.
    pub actor: Actor,
    /// One sentence: what happened, in English.
    pub sentence: String,
    /// What the component said about it, with arguments, for translation.
    pub notes: Vec<Note>,
    /// The event that caused it; `None` for the first ones and the user's own.
    pub cause: Option<EventNumber>,
    /// True for Raft messages.
    pub raft: bool,
    /// Objects that changed: `deployments/default/web`, before and after.
    pub changed: Vec<Change>,
}

/// An object's change.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// `pods/default/web-1`.
    pub what: String,
    /// Lines that went and came: (`'-'` or `'+'`, path and value).
    pub lines: Vec<(char, String)>,
    /// The whole object after (null when deleted).
    pub after: Value,
}

/// What a component's panel shows when it is clicked: titled groups of name and value, and tables.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Detail {
    /// `etcd-0`, `node-1`, `default/web-x`.
    pub title: String,
    /// What it is, in a few words.
    pub subtitle: String,
    /// Groups of facts.
    pub groups: Vec<(String, Vec<(String, String)>)>,
    /// Tables: title, columns, rows.
    pub tables: Vec<DetailTable>,
}

/// A table in a detail panel.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DetailTable {
    /// Its title.
    pub title: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows of cells.
    pub rows: Vec<Vec<String>>,
}

/// What can be clicked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// A process.
    Process(Actor),
    /// A machine.
    Node(u32),
    /// A pod: namespace and name.
    Pod(Str, Str),
}

/// A check that is made after every event.
#[derive(Clone, PartialEq, Debug)]
pub struct Invariant {
    /// `election safety`.
    pub name: &'static str,
    /// What it says, with its source.
    pub says: &'static str,
    /// How it was broken, if it was.
    pub broken: Option<String>,
}
