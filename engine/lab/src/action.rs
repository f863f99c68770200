//! What a person can do to a lab, and the journal of it.

use serde::{Deserialize, Serialize};
use sim::{Actor, EventNumber, LinkRule, SimTime};

use crate::view::MessageId;

/// One thing the user did. A lab is its file and its journal of these (law 3).
///
/// Links carry it in a form without field names (postcard): every field is always written, none may be skipped.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A line typed into a terminal.
    Kubectl {
        /// Which terminal.
        session: u32,
        /// The line, as typed.
        line: String,
        /// What the command reads from its standard input.
        stdin: Option<String>,
    },
    /// Manifests applied from the editor: as `kubectl apply -f -` in the editor's own terminal.
    Apply {
        /// The text, of any number of documents.
        text: String,
    },
    /// Ctrl-C in a terminal.
    Interrupt {
        /// Which terminal.
        session: u32,
    },
    /// A fault, or its repair.
    Fault(Fault),
    /// An HTTP request from outside, to the API server.
    Request {
        /// The client's number for it.
        id: u64,
        /// `GET`, `POST`, ...
        method: String,
        /// Path and query, as in a URL.
        path: String,
        /// Headers, names in lower case.
        headers: Vec<(String, String)>,
        /// The body.
        body: Option<String>,
    },
    /// One HTTP request inside the simulated network, from the user's machine.
    Fetch {
        /// The client's number for it.
        id: u64,
        /// `http://node-1:31000/path`: the host is a machine, a service's or a pod's address.
        url: String,
    },
    /// The outside client hangs up.
    HangUp {
        /// Which request.
        id: u64,
    },
}

/// Something that goes wrong at the user's hand, or is put right again.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// Stops a process or a machine at once: `etcd-0`, `apiserver`, `scheduler`, `controller-manager`, `node-1`,
    /// `node-1/kubelet`. What was not on disk is gone.
    Crash(String),
    /// Starts it again, from its disk.
    Restart(String),
    /// Cuts a link.
    Cut(Ends),
    /// Mends a link: uncut, not held, usual latency.
    Heal(Ends),
    /// Mends all links.
    HealAll,
    /// Changes how a link behaves.
    Link {
        /// Between whom.
        ends: Ends,
        /// How.
        rule: LinkRule,
    },
    /// Stops one message on its way.
    Hold(MessageId),
    /// Lets a held message go, or one under way arrive at once.
    Deliver(MessageId),
    /// Throws a message away.
    Drop(MessageId),
    /// Makes a message later.
    Delay {
        /// Which.
        message: MessageId,
        /// By how much, in milliseconds.
        by_ms: u64,
    },
    // Links name faults by their place in this list: new ones go to the end.
    /// A second copy of a datagram, right behind the first.
    Duplicate(MessageId),
    /// Two datagrams change places.
    Reorder {
        /// One.
        first: MessageId,
        /// The other.
        second: MessageId,
    },
    /// Groups of processes and machines: links between groups are cut, those within a group are not. Who is in no group
    /// keeps all links.
    Partition(Vec<Vec<String>>),
    /// Stops an etcd member, if it runs, and empties its disk.
    Wipe(String),
    /// Stops an etcd member while its disk writes back what no fsync covered: the first sectors of it made it.
    CrashTorn {
        /// The member.
        target: String,
        /// Sectors of 512 bytes that made it.
        sectors: u64,
    },
    /// Flips a bit of a record in a member's write-ahead log.
    Corrupt {
        /// The member.
        target: String,
        /// Which record, counted back from the last, which is 0.
        record: u64,
    },
    /// Makes a member's disk say "durable" without writing, or honest again.
    DiskLies {
        /// The member.
        target: String,
        /// Whether it lies.
        lies: bool,
    },
    /// Changes how long a member's fsync takes.
    DiskLatency {
        /// The member.
        target: String,
        /// At least, in microseconds.
        min_us: u64,
        /// At most, in microseconds.
        max_us: u64,
    },
    /// Changes a member's clock; what is `None` stays.
    Tune {
        /// The member; empty or `all` for every member.
        target: String,
        /// A tick (`--heartbeat-interval`), in milliseconds.
        tick_ms: Option<u64>,
        /// Ticks from one heartbeat to the next.
        heartbeat_ticks: Option<u32>,
        /// Ticks without a leader until an election, at least.
        election_ticks: Option<u32>,
    },
    /// The election timers of these members run out now.
    Campaign(Vec<String>),
    /// Starts `etcd-N` on an empty disk with `--initial-cluster-state=existing`, on a new machine where it has none.
    Join(String),
    /// A change of the configuration, proposed to a member's Raft past etcd's own member calls, which change one member at a time.
    ProposeConfChange {
        /// The member.
        target: String,
        /// As in etcd's Raft scripts, with members by their numbers in the lab: `v3 v4` adds two voters, `l3` a learner, `r1` removes;
        /// several make a joint configuration.
        changes: String,
    },
}

impl Fault {
    /// True for those that break or change an etcd member's process, disk or clock.
    pub fn is_members(&self) -> bool {
        matches!(
            self,
            Fault::Wipe(_)
                | Fault::CrashTorn { .. }
                | Fault::Corrupt { .. }
                | Fault::DiskLies { .. }
                | Fault::DiskLatency { .. }
                | Fault::Tune { .. }
                | Fault::Campaign(_)
                | Fault::Join(_)
                | Fault::ProposeConfChange { .. }
        )
    }
}

/// The two ends of a link.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Ends {
    /// One end: an actor or a machine (`node-1`: all its processes).
    pub from: String,
    /// The other end.
    pub to: String,
    /// Only the direction from `from` to `to`.
    pub one_way: bool,
}

/// An action and its place in history.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The virtual time of it.
    pub at: SimTime,
    /// After how many events. Entries written by hand have none: they happen when their time comes.
    pub after: Option<EventNumber>,
    /// What was done.
    pub action: Action,
}

/// What a name in a [`Fault`] stands for: one process, or a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// A process.
    Process(Actor),
    /// A machine with all that runs on it.
    Machine(u32),
}
