//! Reading: one key or many, now or at a revision, sorted, limited, counted.

use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use sim::Blob;

use super::{Record, Store};
use crate::rpc::{Error, KeyRange, KeyValue, Range, Revision, SortTarget};

/// What a range request found.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Found {
    /// The keys, in the order that was asked for.
    pub kvs: Vec<KeyValue>,
    /// Whether the limit left some out.
    pub more: bool,
    /// How many there are, the limit aside.
    pub count: u64,
}

impl Store {
    /// Answers a range request.
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`].
    pub fn range(&self, request: &Range) -> Result<Found, Error> {
        self.check_revision(request.revision)?;
        // What sorts or filters has to see everything before the limit applies. The count is of all keys of the range: etcd counts
        // before it filters.
        let filter = Filter::of(request);
        let sort = request.sort.filter(|sort| *sort != (SortTarget::Key, false));
        let limit = if request.limit == 0 { u64::MAX } else { request.limit };
        let wanted = match (request.count_only, sort) {
            (true, _) => 0,
            (false, None) => limit,
            (false, Some(_)) => u64::MAX,
        };
        let wanted = if filter.is_some() && wanted > 0 { u64::MAX } else { wanted };

        let mut found: Vec<&Arc<Record>> = Vec::new();
        let mut count = 0;
        for latest in self.latest(&request.range) {
            let Some(record) = self.as_of(latest, request.revision) else { continue };
            if count < wanted && filter.as_ref().is_none_or(|filter| filter.passes(&record.kv)) {
                found.push(record);
            }
            count += 1;
        }
        let passed = if filter.is_some() { found.len() as u64 } else { count };
        if let Some((target, descending)) = sort {
            found.sort_by(|a, b| {
                let order = compare(&a.kv, &b.kv, target);
                if descending { order.reverse() } else { order }
            });
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let more = !request.count_only && passed > found.len() as u64;
        let kvs = found.into_iter().map(|record| shown(record, request.keys_only)).collect();
        Ok(Found { kvs, more, count })
    }

    /// The latest record of every key of a range, tombstones too.
    pub(super) fn latest<'a>(
        &'a self,
        range: &KeyRange,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<Record>> + use<'a> {
        // One key needs no iterator over the tree, an empty range must not reach it (it would panic).
        let one = if range.end.is_none() { self.keys.get(&*range.start) } else { None };
        let many = (range.end.is_some() && !range.is_empty()).then(|| {
            let end = match range.end.as_deref() {
                None | Some("\0") => Bound::Unbounded,
                Some(end) => Bound::Excluded(end),
            };
            self.keys.range::<_, str>((Bound::Included(&*range.start), end)).map(|(_, record)| record)
        });
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// What the key of `latest` was at `revision` (0: now); `None` when it did not exist then.
    fn as_of<'a>(&'a self, latest: &'a Arc<Record>, revision: Revision) -> Option<&'a Arc<Record>> {
        let mut record = latest;
        if revision.0 != 0 {
            while record.revision() > revision {
                record = self.previous(record)?;
            }
        }
        (!record.delete).then_some(record)
    }
}

/// The revisions that a request wants keys of.
struct Filter {
    modified: (u64, u64),
    created: (u64, u64),
}

impl Filter {
    /// `None` when all keys pass.
    fn of(request: &Range) -> Option<Filter> {
        let most = |revision: Revision| if revision.0 == 0 { u64::MAX } else { revision.0 };
        let filter = Filter {
            modified: (request.min_mod_revision.0, most(request.max_mod_revision)),
            created: (request.min_create_revision.0, most(request.max_create_revision)),
        };
        let all = (0, u64::MAX);
        (filter.modified != all || filter.created != all).then_some(filter)
    }

    fn passes(&self, kv: &KeyValue) -> bool {
        let within = |revision: Revision, (least, most)| (least..=most).contains(&revision.0);
        within(kv.mod_revision, self.modified) && within(kv.create_revision, self.created)
    }
}

fn shown(record: &Record, keys_only: bool) -> KeyValue {
    let kv = &record.kv;
    if !keys_only {
        return kv.clone();
    }
    KeyValue { key: kv.key.clone(), value: Blob::empty(), ..*kv }
}

fn compare(a: &KeyValue, b: &KeyValue, target: SortTarget) -> Ordering {
    match target {
        SortTarget::Key => a.key.cmp(&b.key),
        SortTarget::Version => a.version.cmp(&b.version),
        SortTarget::Create => a.create_revision.cmp(&b.create_revision),
        SortTarget::Mod => a.mod_revision.cmp(&b.mod_revision),
        SortTarget::Value => a.value.bytes().cmp(&b.value.bytes()),
    }
}
