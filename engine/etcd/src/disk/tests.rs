use sim::{Blob, Digest};

use super::*;

fn entry(index: u64, term: u64) -> Entry {
    Entry { term: Term(term), index: LogIndex(index), data: Blob::from("x"), ..Entry::default() }
}

fn state(term: u64, commit: u64) -> HardState {
    HardState { term: Term(term), vote: NodeId(1), commit: LogIndex(commit) }
}

fn disk() -> Disk {
    let mut disk = Disk::default();
    disk.format(NodeId(1), 7);
    disk
}

fn fsync(disk: &mut Disk) {
    disk.begin_fsync();
    disk.finish_fsync();
}

fn ids(disk: &Disk) -> Vec<(u64, u64)> {
    let found = disk.read().unwrap_or_default();
    found.entries.iter().map(|entry| (entry.index.0, entry.term.0)).collect()
}

#[test]
fn only_what_an_fsync_covers_survives() {
    let mut disk = disk();
    disk.write(&[entry(1, 1), entry(2, 1)], Some(state(1, 0)));
    disk.begin_fsync();
    // Written while the fsync runs: not covered.
    disk.write(&[entry(3, 1)], Some(state(1, 2)));
    disk.finish_fsync();
    assert!(disk.is_dirty());
    let mut crashed = disk.clone();
    crashed.crash();
    assert_eq!(ids(&crashed), [(1, 1), (2, 1)]);
    assert_eq!(crashed.read().map(|found| found.hard_state), Ok(state(1, 0)));
    // Both records lie in the one sector that was written back.
    assert_eq!(disk.wal().dirty_sectors(), 1);
    let mut torn = disk.clone();
    torn.crash_torn(1);
    assert_eq!(ids(&torn), [(1, 1), (2, 1), (3, 1)]);
    assert_eq!(torn.read().map(|found| found.hard_state.commit), Ok(LogIndex(2)));
    fsync(&mut disk);
    disk.crash();
    assert_eq!(ids(&disk), [(1, 1), (2, 1), (3, 1)]);
}

#[test]
fn later_entries_replace_earlier_ones() {
    let mut disk = disk();
    disk.write(&[entry(1, 1), entry(2, 1), entry(3, 1)], None);
    disk.write(&[entry(2, 2)], Some(state(2, 1)));
    assert_eq!(ids(&disk), [(1, 1), (2, 2)]);
    assert_eq!(disk.durable_term(LogIndex(2)), None);
    let mut safe = disk.clone();
    fsync(&mut safe);
    assert_eq!(
        [1, 2, 3].map(|i| safe.durable_term(LogIndex(i)).map(|term| term.0)),
        [Some(1), Some(2), None]
    );
    // A snapshot in a place that was rewritten does not bring back what was cut off behind it.
    let mut cut = disk.clone();
    cut.write(&[entry(3, 2)], None);
    cut.write(&[entry(2, 3)], None);
    cut.write_snapshot(Arc::new(Snapshot { index: LogIndex(2), term: Term(3), ..Snapshot::default() }));
    assert_eq!(ids(&cut), []);
    disk.write(&[entry(4, 2)], None);
    assert!(matches!(disk.read(), Err(DiskError::Gap { .. })));
}

#[test]
fn a_lying_disk_loses_what_it_promised() {
    let mut disk = disk();
    fsync(&mut disk);
    disk.set_lies(true);
    disk.write(&[entry(1, 1)], None);
    fsync(&mut disk);
    disk.crash();
    assert_eq!(ids(&disk), []);
}

#[test]
fn snapshots_cut_the_log() {
    let mut disk = disk();
    disk.write(&[entry(1, 1), entry(2, 1), entry(3, 1)], Some(state(1, 3)));
    fsync(&mut disk);
    let snapshot = Snapshot { index: LogIndex(2), term: Term(1), ..Snapshot::default() };
    disk.write_snapshot(Arc::new(snapshot));
    let mut lost = disk.clone();
    lost.crash();
    assert_eq!(ids(&lost).len(), 3);
    assert!(lost.snapshots().is_empty());
    fsync(&mut disk);
    disk.crash();
    assert_eq!(ids(&disk), [(3, 1)]);
    assert_eq!(disk.snapshots()[0].name(), "0000000000000001-0000000000000002.snap");
}

#[test]
fn segments_of_64_mb_are_cut_and_given_back() {
    let mut disk = disk();
    let data = Blob::from(vec![0; 8 << 20]);
    for index in 1..=20 {
        disk.write(&[Entry { data: data.clone(), ..entry(index, 1) }], Some(state(1, index)));
        fsync(&mut disk);
    }
    let names = |disk: &Disk| disk.wal().segments().iter().map(Segment::name).collect::<Vec<_>>();
    let all = [
        "0000000000000000-0000000000000000.wal",
        "0000000000000001-0000000000000009.wal",
        "0000000000000002-0000000000000011.wal",
    ];
    assert_eq!(names(&disk), all);
    assert!(disk.wal().bytes() > 160 << 20);
    let mut snapshot = |index| {
        let snapshot = Snapshot { index: LogIndex(index), term: Term(1), ..Snapshot::default() };
        disk.write_snapshot(Arc::new(snapshot));
        fsync(&mut disk);
        names(&disk)
    };
    // The newest snapshot may turn out broken: what the one before it needs is kept.
    assert_eq!(snapshot(10), all);
    assert_eq!(snapshot(12), all[1..]);
    disk.write(&[entry(21, 1)], None);
    disk.crash();
    assert_eq!(ids(&disk).first(), Some(&(13, 1)));
    assert_eq!(ids(&disk).len(), 8);
    assert_eq!(disk.read().map(|found| found.hard_state), Ok(state(1, 20)));
    // A crash takes a segment that no fsync has covered.
    let mut other = Disk::default();
    other.format(NodeId(1), 7);
    fsync(&mut other);
    for index in 1..=9 {
        other.write(&[Entry { data: data.clone(), ..entry(index, 1) }], None);
    }
    assert_eq!(names(&other).len(), 2);
    other.crash();
    assert_eq!(names(&other), all[..1]);
    assert_eq!(ids(&other), []);
}

#[test]
fn the_hash_is_that_of_the_content() {
    let write = |disk: &mut Disk| {
        disk.write(&[entry(1, 1)], None);
        disk.begin_fsync();
        disk.write(&[entry(2, 1)], None);
        disk.finish_fsync();
    };
    let (mut a, mut b) = (disk(), disk());
    write(&mut a);
    write(&mut b);
    assert_eq!(Digest::of(&a), Digest::of(&b));
    b.crash();
    assert_ne!(Digest::of(&a), Digest::of(&b));
    a.crash();
    assert_eq!(Digest::of(&a), Digest::of(&b));
}
