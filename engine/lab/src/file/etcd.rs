//! How the lab's etcd members are started.

use std::time::Duration;

use ::etcd::MemberConfig;
use api::{Value, object};
use serde::{Deserialize, Serialize};

use super::read::{Place, Result};
use super::{LabFile, MEMBERS_MAX};

/// etcd's command line, the speed of the disks, and what is in the logs before the first event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct EtcdSpec {
    /// `--heartbeat-interval`: a tick, in milliseconds.
    pub heartbeat_interval_ms: u64,
    /// `--election-timeout`, in milliseconds. A member waits for this long at least and for twice as long at most.
    pub election_timeout_ms: u64,
    /// `--pre-vote`.
    pub pre_vote: bool,
    /// Whether a leader that hears from no quorum steps down, as every etcd's does.
    pub check_quorum: bool,
    /// `--snapshot-count`.
    pub snapshot_count: u64,
    /// `--experimental-snapshot-catchup-entries`.
    pub catch_up_entries: u64,
    /// `--quota-backend-bytes`.
    pub quota_bytes: u64,
    /// Payload bytes of one of Raft's appends at the most, which etcd has fixed at 512 KiB; an entry that is longer goes alone.
    pub max_message_bytes: u64,
    /// The shortest fsync, in microseconds.
    pub fsync_min_us: u64,
    /// The longest fsync, in microseconds.
    pub fsync_max_us: u64,
    /// By member: the terms of the entries that its log holds behind those of the initial configuration.
    pub logs: Vec<Vec<u64>>,
    /// By member: the term on its disk, where it is not that of its last entry.
    pub terms: Vec<u64>,
}

impl Default for EtcdSpec {
    fn default() -> Self {
        EtcdSpec {
            heartbeat_interval_ms: 100,
            election_timeout_ms: 1_000,
            pre_vote: true,
            check_quorum: true,
            snapshot_count: 10_000,
            catch_up_entries: 5_000,
            quota_bytes: 2 << 30,
            max_message_bytes: 512 << 10,
            fsync_min_us: 1_000,
            fsync_max_us: 3_000,
            logs: Vec::new(),
            terms: Vec::new(),
        }
    }
}

impl EtcdSpec {
    /// Entries that a log may begin with, at most.
    pub const LOG_MAX: u64 = 1_000;

    /// Ticks without a leader until an election, at least.
    pub fn election_ticks(&self) -> u32 {
        (self.election_timeout_ms / self.heartbeat_interval_ms.max(1)).try_into().unwrap_or(u32::MAX)
    }

    /// The configuration of member `index` of `members`.
    pub fn member(&self, seed: u64, index: u32, members: u32) -> MemberConfig {
        MemberConfig {
            tick: Duration::from_millis(self.heartbeat_interval_ms),
            election_ticks: self.election_ticks(),
            pre_vote: self.pre_vote,
            check_quorum: self.check_quorum,
            snapshot_count: self.snapshot_count,
            catch_up_entries: self.catch_up_entries,
            quota_bytes: self.quota_bytes,
            max_message_bytes: self.max_message_bytes,
            fsync_min: Duration::from_micros(self.fsync_min_us),
            fsync_max: Duration::from_micros(self.fsync_max_us.max(self.fsync_min_us + 1)),
            ..MemberConfig::new(seed, index, members)
        }
    }
}

/// Reads `spec.etcd`, with etcd's own rules for what goes together.
pub(super) fn read(place: &Place<'_>, file: &mut LabFile) -> Result<()> {
    const FIELDS: [&str; 13] = [
        "members",
        "heartbeatIntervalMs",
        "electionTimeoutMs",
        "preVote",
        "checkQuorum",
        "snapshotCount",
        "catchUpEntries",
        "quotaBytes",
        "maxMessageBytes",
        "fsyncMinUs",
        "fsyncMaxUs",
        "logs",
        "terms",
    ];
    place.only(&FIELDS)?;
    if let Some(members) = place.child("members") {
        file.etcd_members = members.whole(1, MEMBERS_MAX.into())? as u32;
    }
    let spec = &mut file.etcd;
    let numbers: [(&str, &mut u64, u64, u64); 8] = [
        ("heartbeatIntervalMs", &mut spec.heartbeat_interval_ms, 1, 10_000),
        ("electionTimeoutMs", &mut spec.election_timeout_ms, 5, 50_000),
        ("snapshotCount", &mut spec.snapshot_count, 1, 1_000_000),
        ("catchUpEntries", &mut spec.catch_up_entries, 0, 1_000_000),
        ("quotaBytes", &mut spec.quota_bytes, 1, 8 << 30),
        ("maxMessageBytes", &mut spec.max_message_bytes, 1, 512 << 10),
        ("fsyncMinUs", &mut spec.fsync_min_us, 0, FSYNC_MAX_US),
        ("fsyncMaxUs", &mut spec.fsync_max_us, 1, FSYNC_MAX_US),
    ];
    for (name, field, least, most) in numbers {
        if let Some(given) = place.child(name) {
            *field = given.whole(least, most)?;
        }
    }
    for (name, field) in [("preVote", &mut spec.pre_vote), ("checkQuorum", &mut spec.check_quorum)] {
        if let Some(given) = place.child(name) {
            *field = given.flag()?;
        }
    }
    if spec.election_timeout_ms < 5 * spec.heartbeat_interval_ms {
        return place.wrong(format!(
            "--election-timeout[{}ms] should be at least as 5 times as --heartbeat-interval[{}ms]",
            spec.election_timeout_ms, spec.heartbeat_interval_ms
        ));
    }
    if spec.fsync_min_us > spec.fsync_max_us {
        return place.wrong("fsyncMinUs is more than fsyncMaxUs");
    }
    if let Some(logs) = place.child("logs") {
        let mut all = Vec::new();
        for log in members(&logs, file.etcd_members)? {
            all.push(read_log(&log)?);
        }
        file.etcd.logs = all;
    }
    if let Some(terms) = place.child("terms") {
        let mut all = Vec::new();
        for (i, term) in members(&terms, file.etcd_members)?.iter().enumerate() {
            let last = file.etcd.logs.get(i).and_then(|log| log.last()).copied().unwrap_or(1);
            all.push(term.whole(last, TERM_MAX)?);
        }
        file.etcd.terms = all;
    }
    Ok(())
}

/// An fsync at the most: a disk that takes longer is broken.
pub(super) const FSYNC_MAX_US: u64 = 60_000_000;
/// Terms at the most; nobody can count further.
const TERM_MAX: u64 = 1_000_000;

fn members<'a>(list: &Place<'a>, members: u32) -> Result<Vec<Place<'a>>> {
    let items = list.items()?;
    if items.len() > members as usize {
        return list.wrong(format!("has {} items for {members} members", items.len()));
    }
    Ok(items)
}

fn read_log(log: &Place<'_>) -> Result<Vec<u64>> {
    let items = log.items()?;
    if items.len() as u64 > EtcdSpec::LOG_MAX {
        return log.wrong(format!("has {} entries; at most {}", items.len(), EtcdSpec::LOG_MAX));
    }
    let mut terms: Vec<u64> = Vec::with_capacity(items.len());
    for item in &items {
        // Terms in a log never decrease.
        terms.push(item.whole(terms.last().copied().unwrap_or(1), TERM_MAX)?);
    }
    Ok(terms)
}

/// Writes `spec.etcd`: the members, and what is not as usual.
pub(super) fn write(file: &LabFile) -> Value {
    let mut tree = object! { "members": file.etcd_members };
    let (spec, usual) = (&file.etcd, EtcdSpec::default());
    for (name, value, usual) in [
        ("heartbeatIntervalMs", spec.heartbeat_interval_ms, usual.heartbeat_interval_ms),
        ("electionTimeoutMs", spec.election_timeout_ms, usual.election_timeout_ms),
        ("snapshotCount", spec.snapshot_count, usual.snapshot_count),
        ("catchUpEntries", spec.catch_up_entries, usual.catch_up_entries),
        ("quotaBytes", spec.quota_bytes, usual.quota_bytes),
        ("maxMessageBytes", spec.max_message_bytes, usual.max_message_bytes),
        ("fsyncMinUs", spec.fsync_min_us, usual.fsync_min_us),
        ("fsyncMaxUs", spec.fsync_max_us, usual.fsync_max_us),
    ] {
        if value != usual {
            tree.set(&[name], value as i64);
        }
    }
    for (name, value, usual) in
        [("preVote", spec.pre_vote, usual.pre_vote), ("checkQuorum", spec.check_quorum, usual.check_quorum)]
    {
        if value != usual {
            tree.set(&[name], value);
        }
    }
    let list = |terms: &[u64]| terms.iter().map(|term| Value::Int(*term as i64)).collect::<Vec<_>>();
    if !spec.logs.is_empty() {
        tree.set(&["logs"], spec.logs.iter().map(|log| Value::from(list(log))).collect::<Vec<_>>());
    }
    if !spec.terms.is_empty() {
        tree.set(&["terms"], list(&spec.terms));
    }
    tree
}
