//! The store view: one member's database, index, watchers and write-ahead log. Every look is bounded.

use std::sync::Arc;

use api::Value;
use etcd::Store;
use etcd::member::{TimerKind, timer_kind};
use etcd::mvcc::Record;
use etcd::rpc::{Key, KeyRange};
use etcd::watch::Standing;
use sim::{Actor, Blob, Str};

use super::happened::differences;
use super::store_types::*;
use crate::Lab;
use crate::cluster::{Cluster, object};
use crate::event::Event;
use crate::narrate::name;

/// Keys that one look at the tree counts at the most.
const COUNTED_MAX: u64 = 5_000;
/// Characters of a value at the most.
const VALUE_MAX: usize = 200_000;
/// Characters of a record's text at the most.
const TEXT_MAX: usize = 200;
/// Versions of a key at the most.
const VERSIONS_MAX: usize = 200;

impl Lab {
    /// A member's store at a glance; `None` when the lab has no such member.
    pub fn store_view(&self, member: u32) -> Option<StoreView> {
        let cluster = self.cluster();
        if !cluster.has_member(member) {
            return None;
        }
        let snapshots = cluster.member_disk(member).map(snapshots).unwrap_or_default();
        let Some(state) = state(cluster, member) else {
            return Some(StoreView { member, snapshots, ..StoreView::default() });
        };
        let store = &state.store;
        let running = cluster.member(member);
        let leases = state.leases.iter().take(StoreView::LEASES_MAX);
        let watchers = running
            .map_or((0, 0), |m| (m.watchers().len() - m.watchers().unsynced(), m.watchers().unsynced()));
        Some(StoreView {
            member,
            up: running.is_some(),
            revision: store.revision().0,
            compact_revision: store.compact_revision().0,
            keys: store.key_count(),
            index_entries: store.record_count(),
            generations: store.index_count(),
            tombstones: store.index_count() - store.key_count(),
            db_bytes: store.bytes(),
            db_in_use: store.bytes_in_use(),
            quota: running.map_or(cluster.file().etcd.quota_bytes, |m| m.config().quota_bytes),
            alarms: state.alarms.iter().map(|alarm| Str::from(alarm.to_string())).collect(),
            leases: leases
                .map(|(id, lease)| LeaseView {
                    id: id.0,
                    ttl: lease.ttl_seconds,
                    keys: lease.keys.len() as u64,
                    some_keys: lease.keys.iter().take(20).cloned().collect(),
                })
                .collect(),
            lease_count: state.leases.len(),
            snapshots,
            watchers,
        })
    }

    /// What stands below a prefix in the tree that `/` makes of the keys, in key order: inner nodes with the number of keys
    /// below them, and keys. At most `limit` nodes.
    pub fn store_children(&self, member: u32, prefix: &str, limit: usize) -> Vec<StoreNode> {
        let Some(state) = state(self.cluster(), member) else { return Vec::new() };
        children(&state.store, prefix, limit)
    }

    /// A key as it is now on a member.
    pub fn store_key(&self, member: u32, key: &str) -> Option<StoreKey> {
        let record = state(self.cluster(), member)?.store.get(key)?;
        let kv = &record.kv;
        Some(StoreKey {
            key: kv.key.clone(),
            value_yaml: text(&kv.value),
            bytes: kv.value.size(),
            create_revision: kv.create_revision.0,
            mod_revision: kv.mod_revision.0,
            version: kv.version,
            lease: kv.lease.0,
        })
    }

    /// A key's versions on a member, the oldest that compaction has left first; the last 200 of them.
    pub fn key_history(&self, member: u32, key: &str) -> Vec<KeyVersion> {
        let Some(state) = state(self.cluster(), member) else { return Vec::new() };
        let mut records: Vec<&Arc<Record>> = state.store.history(key).take(VERSIONS_MAX).collect();
        records.reverse();
        let mut before = Value::Null;
        let mut versions = Vec::with_capacity(records.len());
        for record in records {
            let after = if record.delete { Value::Null } else { tree(&record.kv.value) };
            let mut lines = Vec::new();
            differences("", &before, &after, &mut lines);
            versions.push(KeyVersion {
                revision: (record.kv.mod_revision.0, record.sub.into()),
                version: record.kv.version,
                deleted: record.delete,
                value_yaml: if record.delete { String::new() } else { text(&record.kv.value) },
                lines,
            });
            before = after;
        }
        versions
    }

    /// The watchers on a member, oldest first.
    pub fn store_watchers(&self, member: u32) -> Vec<WatcherView> {
        let Some(running) = self.cluster().member(member) else { return Vec::new() };
        let store = running.store();
        running.watchers().views(store.revision()).map(|watcher| watcher_view(store, &watcher)).collect()
    }

    /// Works out the checksums of a member's log, some records at a time; true when [`Lab::wal_view`] will be quick.
    pub fn wal_sum(&self, member: u32, most: u64) -> bool {
        self.cluster().member_disk(member).is_none_or(|disk| disk.wal().sum(most))
    }

    /// The records of a member's write-ahead log from number `offset` on, at most `limit` of them.
    pub fn wal_view(&self, member: u32, offset: u64, limit: u64) -> WalView {
        let cluster = self.cluster();
        let Some(disk) = cluster.member_disk(member) else { return WalView::default() };
        let wal = disk.wal();
        let limit = limit.min(WalView::RECORDS_MAX) as usize;
        let records = wal.view(offset, limit).into_iter().map(|record| WalRecordView {
            number: record.number,
            text: cut(record.text(), TEXT_MAX),
            segment: record.segment,
            offset: record.offset,
            bytes: record.bytes,
            padding: record.padding,
            kind: Str::from(record.record.kind()),
            crc: record.crc,
            durable: record.durable,
            damaged: record.damaged,
        });
        let records = records.collect();
        let fsync = |event: &Event| {
            matches!(event, Event::Timer(Actor::Etcd(m), token)
                if *m == member && timer_kind(*token) == TimerKind::Fsync)
        };
        let fsync_done = cluster.queue().iter().find(|(_, _, q)| fsync(&q.event)).map(|(at, _, _)| at);
        WalView {
            segments: wal.segments().iter().map(|segment| (segment.name(), segment.bytes)).collect(),
            records,
            total_records: wal.written_records(),
            first_record: wal.first_record(),
            durable_records: wal.durable_records(),
            fsync_done,
        }
    }
}

fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// A running member's state, or that on the disk of one that is down.
fn state(cluster: &Cluster, member: u32) -> Option<&etcd::state::State> {
    match cluster.member(member) {
        Some(running) => Some(running.state()),
        None => cluster.member_disk(member)?.database(),
    }
}

fn snapshots(disk: &etcd::Disk) -> Vec<SnapshotView> {
    disk.snapshots()
        .iter()
        .map(|file| SnapshotView {
            name: file.name(),
            index: file.snapshot.index.0,
            term: file.snapshot.term.0,
            bytes: file
                .snapshot
                .data
                .downcast::<etcd::state::Image>()
                .map_or(file.snapshot.data.size(), |image| image.0.store.bytes()),
            durable: file.durable,
        })
        .collect()
}

fn children(store: &Store, prefix: &str, limit: usize) -> Vec<StoreNode> {
    let mut nodes: Vec<StoreNode> = Vec::new();
    let mut from = prefix.to_owned();
    let end = KeyRange::prefix(prefix).end;
    let mut counted = 0;
    'nodes: while nodes.len() < limit {
        let range = KeyRange { start: Key::from(from.as_str()), end: end.clone() };
        let mut open: Option<StoreNode> = None;
        for record in store.iter(&range) {
            let key = &*record.kv.key;
            let Some(rest) = key.strip_prefix(prefix) else { break 'nodes };
            let bytes = key.len() as u64 + record.kv.value.size();
            // Registry keys begin with a slash: it belongs to the name.
            let skip = usize::from(rest.starts_with('/'));
            let Some(slash) = rest[skip..].find('/').map(|i| i + skip + 1) else {
                if open.is_some() {
                    break;
                }
                nodes.push(StoreNode {
                    name: rest.to_owned(),
                    path: key.to_owned(),
                    keys: 1,
                    more: false,
                    bytes,
                    leaf: true,
                });
                if nodes.len() >= limit {
                    break 'nodes;
                }
                continue;
            };
            let path = &key[..prefix.len() + slash];
            match &mut open {
                None => {
                    open = Some(StoreNode {
                        name: rest[..slash].trim_end_matches('/').to_owned(),
                        path: path.to_owned(),
                        keys: 1,
                        more: false,
                        bytes,
                        leaf: false,
                    });
                }
                Some(node) if node.path == path => {
                    node.keys += 1;
                    node.bytes += bytes;
                }
                Some(_) => break,
            }
            counted += 1;
            if counted >= COUNTED_MAX {
                if let Some(node) = &mut open {
                    node.more = true;
                }
                break;
            }
        }
        let Some(node) = open else { break };
        // On behind this node, without walking over what is left of it.
        let Some(after) = KeyRange::prefix(&*node.path).end else { break };
        from = after.to_string();
        counted = counted.min(COUNTED_MAX - 1);
        nodes.push(node);
        if end.as_deref().is_some_and(|end| end != "\0" && from.as_str() >= end) {
            break;
        }
    }
    nodes
}

fn watcher_view(store: &Store, watcher: &etcd::watch::WatcherView) -> WatcherView {
    let next = watcher.next.0;
    let range = &watcher.wants.range;
    WatcherView {
        client: watcher.client,
        name: client_name(watcher.client),
        call: watcher.call.0,
        range: match &range.end {
            None => range.start.to_string(),
            Some(end) if *end == "\0" => format!("{} and all behind it", range.start),
            Some(_) if *range == KeyRange::prefix(&*range.start) => format!("{}*", range.start),
            Some(end) => format!("{} to {end}", range.start),
        },
        next_revision: next,
        state: match watcher.standing {
            Standing::Synced => WatcherState::Synced,
            Standing::Unsynced => WatcherState::Unsynced,
            Standing::Future => WatcherState::Future,
            Standing::Victim => WatcherState::Victim,
        },
        events: watcher.events,
        behind: (store.revision().0 + 1).saturating_sub(next),
        prev_kv: watcher.wants.prev_kv,
        progress_notify: watcher.wants.progress_notify,
    }
}

fn client_name(client: Actor) -> String {
    match client {
        Actor::User => "etcdctl".to_owned(),
        other => name(other),
    }
}

/// A value as a tree, where it is an object; as a text otherwise.
fn tree(value: &Blob) -> Value {
    match object(value).filter(|o| o.value().as_map().is_some()) {
        Some(object) => object.value().clone(),
        None => Value::from(text(value).as_str()),
    }
}

/// A value for people.
fn text(value: &Blob) -> String {
    // A number is JSON, too, and says more as it stands.
    if let Some(object) = object(value).filter(|o| o.value().as_map().is_some()) {
        return cut(api::yaml::write(object.value()), VALUE_MAX);
    }
    let bytes = value.bytes();
    match std::str::from_utf8(&bytes) {
        Ok(text) => cut(text.to_owned(), VALUE_MAX),
        Err(_) => {
            let hex: String = bytes.iter().take(VALUE_MAX / 2).map(|byte| format!("{byte:02x}")).collect();
            format!("0x{hex}")
        }
    }
}
