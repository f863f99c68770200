//! What goes wrong, in etcd's words.

use std::fmt;

use sim::Str;

/// What goes wrong, in etcd's words (`Display` gives the gRPC status' description).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Error {
    Compacted,
    FutureRevision,
    NoLeader,
    NotCapable,
    Stopped,
    Timeout,
    TimeoutLeaderLost,
    TooManyRequests,
    RequestTooLarge,
    NoSpace,
    EmptyKey,
    KeyNotFound,
    ValueProvided,
    LeaseProvided,
    TooManyOps,
    DuplicateKey,
    LeaseNotFound,
    LeaseExists,
    LeaseTtlTooLarge,
    MemberNotFound,
    MemberExists,
    PeerUrlExists,
    NotEnoughStarted,
    BadMemberUrls,
    MemberNotLearner,
    LearnerNotReady,
    TooManyLearners,
    /// A member that a change of the membership would rest on is not connected.
    Unhealthy,
    /// An alarm says that the members' data differ.
    Corrupt,
    /// Learners answer little.
    NotSupportedForLearner,
    BadLeaderTransferee,
    NotLeader,
    TimeoutLeaderTransfer,
    /// Raft takes no proposals at the moment.
    ProposalDropped,
    /// The leader changed while the request waited.
    LeaderChanged,
    /// The leader could not be reached while the request waited.
    TimeoutConnectionLost,
    NotSupported(Str),
}

impl Error {
    /// The name of the gRPC status code that it travels with.
    pub const fn code(&self) -> &'static str {
        match self {
            Error::Compacted | Error::FutureRevision => "OutOfRange",
            Error::NoLeader
            | Error::NotCapable
            | Error::Stopped
            | Error::Timeout
            | Error::TimeoutLeaderLost
            | Error::TimeoutConnectionLost
            | Error::Unhealthy
            | Error::NotSupportedForLearner
            | Error::LeaderChanged => "Unavailable",
            Error::Corrupt => "DataLoss",
            Error::TooManyRequests | Error::NoSpace => "ResourceExhausted",
            Error::LeaseNotFound | Error::MemberNotFound => "NotFound",
            Error::LeaseExists
            | Error::MemberExists
            | Error::PeerUrlExists
            | Error::NotEnoughStarted
            | Error::MemberNotLearner
            | Error::LearnerNotReady
            | Error::TooManyLearners
            | Error::BadLeaderTransferee
            | Error::NotLeader => "FailedPrecondition",
            Error::LeaseTtlTooLarge => "OutOfRange",
            Error::TimeoutLeaderTransfer | Error::ProposalDropped => "Unknown",
            Error::NotSupported(_) => "Unimplemented",
            Error::RequestTooLarge
            | Error::BadMemberUrls
            | Error::EmptyKey
            | Error::KeyNotFound
            | Error::ValueProvided
            | Error::LeaseProvided
            | Error::TooManyOps
            | Error::DuplicateKey => "InvalidArgument",
        }
    }
}

impl fmt::Display for Error {
    /// The gRPC status' description, in etcd's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Compacted => "etcdserver: mvcc: required revision has been compacted",
            Error::FutureRevision => "etcdserver: mvcc: required revision is a future revision",
            Error::NoLeader => "etcdserver: no leader",
            Error::NotCapable => "etcdserver: not capable",
            Error::Stopped => "etcdserver: server stopped",
            Error::Timeout => "etcdserver: request timed out",
            Error::TimeoutLeaderLost => {
                "etcdserver: request timed out, possibly due to previous leader failure"
            }
            Error::TimeoutConnectionLost => "etcdserver: request timed out, possibly due to connection lost",
            Error::LeaderChanged => "etcdserver: leader changed",
            Error::TooManyRequests => "etcdserver: too many requests",
            Error::RequestTooLarge => "etcdserver: request is too large",
            Error::NoSpace => "etcdserver: mvcc: database space exceeded",
            Error::EmptyKey => "etcdserver: key is not provided",
            Error::KeyNotFound => "etcdserver: key not found",
            Error::ValueProvided => "etcdserver: value is provided",
            Error::LeaseProvided => "etcdserver: lease is provided",
            Error::TooManyOps => "etcdserver: too many operations in txn request",
            Error::DuplicateKey => "etcdserver: duplicate key given in txn request",
            Error::LeaseNotFound => "etcdserver: requested lease not found",
            Error::LeaseExists => "etcdserver: lease already exists",
            Error::LeaseTtlTooLarge => "etcdserver: too large lease TTL",
            Error::MemberNotFound => "etcdserver: member not found",
            Error::MemberExists => "etcdserver: member ID already exist",
            Error::PeerUrlExists => "etcdserver: Peer URLs already exists",
            Error::NotEnoughStarted => {
                "etcdserver: re-configuration failed due to not enough started members"
            }
            Error::BadMemberUrls => "etcdserver: given member URLs are invalid",
            Error::MemberNotLearner => "etcdserver: can only promote a learner member",
            Error::LearnerNotReady => {
                "etcdserver: can only promote a learner member which is in sync with leader"
            }
            Error::TooManyLearners => "etcdserver: too many learner members in cluster",
            Error::Unhealthy => "etcdserver: unhealthy cluster",
            Error::Corrupt => "etcdserver: corrupt cluster",
            Error::NotSupportedForLearner => "etcdserver: rpc not supported for learner",
            Error::BadLeaderTransferee => "etcdserver: bad leader transferee",
            Error::NotLeader => "etcdserver: not leader",
            Error::TimeoutLeaderTransfer => "etcdserver: request timed out, leader transfer took too long",
            Error::ProposalDropped => "raft proposal dropped",
            Error::NotSupported(what) => what,
        })
    }
}

impl std::error::Error for Error {}
