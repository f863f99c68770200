//! The database file: how large bbolt's would be.
//!
//! The records fill pages of 4 KiB to nine tenths, as etcd has bbolt do for keys that only grow. A write never changes a page
//! in place: it takes free pages, or lets the file grow. Compaction frees pages; the file stays as large as it
//! was, until it is defragmented. What bbolt's tree needs above its leaves, and pages that old readers hold on to, are left
//! out.

use super::Store;

/// bbolt's page, in bytes.
const PAGE_BYTES: u64 = 4096;

/// Two meta pages, the list of free pages, and the root with the small buckets.
const FIXED_PAGES: u64 = 4;

/// At least one page is free: the copy that the next change is written to.
const SPARE_PAGES: u64 = 1;

/// The pages of a file in which there is nothing yet.
pub(super) const fn of_new_file() -> u64 {
    FIXED_PAGES + SPARE_PAGES
}

/// The pages that so many bytes of records take.
const fn pages_for(data_bytes: u64) -> u64 {
    FIXED_PAGES + (data_bytes * 10 / 9).div_ceil(PAGE_BYTES)
}

impl Store {
    /// The database file's size in bytes.
    pub const fn bytes(&self) -> u64 {
        self.file_pages * PAGE_BYTES
    }

    /// Bytes of its pages that hold something.
    pub const fn bytes_in_use(&self) -> u64 {
        pages_for(self.data_bytes) * PAGE_BYTES
    }

    /// Records were added.
    pub(super) fn grow_file(&mut self) {
        self.file_pages = self.file_pages.max(pages_for(self.data_bytes) + SPARE_PAGES);
    }

    /// Copies what is in use to a new file and takes that (`etcdctl defrag`).
    pub fn defragment(&mut self) {
        self.file_pages = pages_for(self.data_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{LeaseId, Revision};

    #[test]
    fn files_grow_and_only_defragmentation_gives_back() {
        let mut store = Store::default();
        assert_eq!((store.bytes(), store.bytes_in_use()), (20_480, 16_384));
        for i in 0..1000 {
            store.write().put("a".into(), i.to_string().repeat(200).as_str().into(), LeaseId(0));
        }
        let full = store.bytes();
        assert!(full > 600_000 && store.bytes_in_use() + PAGE_BYTES == full, "{full}");
        assert_eq!(store.compact(Revision(1001)), Ok(()));
        assert_eq!(store.bytes(), full);
        assert_eq!(store.bytes_in_use(), 20_480);
        // Freed pages are used before the file grows again.
        for i in 0..500 {
            store.write().put("a".into(), i.to_string().repeat(200).as_str().into(), LeaseId(0));
        }
        assert_eq!(store.bytes(), full);
        assert_eq!(store.compact(Revision(1501)), Ok(()));
        store.defragment();
        assert_eq!((store.bytes(), store.bytes_in_use()), (20_480, 20_480));
        assert_eq!(store.check(), Ok(()));
    }
}
