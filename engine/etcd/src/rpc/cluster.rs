//! Members, alarms and status: what the Cluster and Maintenance services speak of.

use std::fmt;

use sim::Str;

use super::Header;

/// The version that members say they are.
pub const VERSION: Str = arcstr::literal!("3.6.6");

/// The version of the layout of their databases.
pub const STORAGE_VERSION: Str = arcstr::literal!("3.6.0");

/// A member of the cluster.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MemberInfo {
    /// Its ID.
    pub id: u64,
    /// Its name, `etcd-0`; empty until it has started.
    pub name: Str,
    /// Where other members reach it: `http://172.18.0.3:2380`.
    pub peer_urls: Vec<Str>,
    /// Where clients reach it: `http://172.18.0.3:2379`; none until it has started.
    pub client_urls: Vec<Str>,
    /// True for a learner.
    pub is_learner: bool,
}

impl MemberInfo {
    /// True when it has started and told the others its name.
    pub fn is_started(&self) -> bool {
        !self.name.is_empty()
    }
}

/// What is wrong with a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum AlarmKind {
    /// In requests: any.
    #[default]
    None,
    /// Its database has outgrown its quota; the cluster takes no more writes that need space.
    NoSpace,
    /// Its data differs from that of the others; the cluster takes no more reads and writes.
    Corrupt,
}

impl AlarmKind {
    /// etcd's name: `NONE`, `NOSPACE`, `CORRUPT`.
    pub const fn name(self) -> &'static str {
        match self {
            AlarmKind::None => "NONE",
            AlarmKind::NoSpace => "NOSPACE",
            AlarmKind::Corrupt => "CORRUPT",
        }
    }
}

/// What to do with alarms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[allow(missing_docs)]
pub enum AlarmAction {
    #[default]
    Get,
    Activate,
    Deactivate,
}

/// An alarm of a member. `Display` gives etcd's line: `memberID:1 alarm:NOSPACE`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Alarm {
    /// Whose.
    pub member: u64,
    /// What.
    pub alarm: AlarmKind,
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memberID:{} alarm:{} ", self.member, self.alarm.name())
    }
}

/// A downgrade that is under way; the lab has none.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct DowngradeInfo {
    /// Whether there is one.
    pub enabled: bool,
    /// To which version.
    pub target_version: Str,
}

/// A member's view of itself (`etcdctl endpoint status`).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct MemberStatus {
    /// etcd's version.
    pub version: Str,
    /// The version of the database's layout.
    pub storage_version: Str,
    /// Bytes on disk.
    pub db_size: u64,
    /// Bytes in use.
    pub db_size_in_use: u64,
    /// Bytes that it may grow to.
    pub db_size_quota: u64,
    /// The leader's ID; 0 when it knows none.
    pub leader: u64,
    /// Raft's committed index.
    pub raft_index: u64,
    /// Raft's term.
    pub raft_term: u64,
    /// Raft's applied index.
    pub raft_applied_index: u64,
    /// True for a learner.
    pub is_learner: bool,
    /// What is wrong: no leader, alarms.
    pub errors: Vec<Str>,
    /// A downgrade under way.
    pub downgrade: DowngradeInfo,
}

/// Fills in who answers.
pub(crate) fn fill(header: &mut Header, cluster: u64, member: u64, raft_term: u64) {
    header.cluster = cluster;
    header.member = member;
    header.raft_term = raft_term;
}
