//! The write-ahead log's bytes: they read as what was written, a torn write is found and cut off, a flipped bit
//! is found and said.

use std::sync::Arc;

use etcd::Disk;
use etcd::disk::{DiskError, SECTOR_BYTES, WalRecord, crc32c};
use raft::{ConfState, Entry, EntryKind, HardState, LogIndex, NodeId, Snapshot, Term};
use sim::{Blob, Stream};

/// Writes what a member might write, and does now and then what befalls a disk. Says which entries a crash
/// must not take.
fn history(seed: u64, steps: u64) -> (Disk, u64) {
    let mut random = Stream::derive(seed, "wal");
    let mut disk = Disk::default();
    disk.format(NodeId(0x8e9e_05c5_2164_694d), 0xcdf8_181b_9d3a_5c1f);
    let (mut last, mut term, mut safe) = (0, 1, 0);
    for _ in 0..steps {
        match random.range(0..10) {
            0 => term += 1,
            1 if last > 3 => last -= random.range(0..3).min(last - 3),
            2 if last > 0 && random.chance_ppm(200_000) => {
                let conf_state = ConfState {
                    learners: vec![NodeId(9)],
                    voters_outgoing: vec![NodeId(u64::MAX)],
                    auto_leave: random.chance_ppm(500_000),
                    ..ConfState::of_voters([NodeId(1), NodeId(2)])
                };
                let id = Snapshot { index: LogIndex(last), term: Term(term), conf_state, data: "s".into() };
                disk.write_snapshot(Arc::new(id));
            }
            3 | 4 => {
                disk.begin_fsync();
                disk.finish_fsync();
                safe = disk.wal().durable_records();
            }
            _ => {
                let count = random.range(0..4);
                let entries: Vec<Entry> = (1..=count)
                    .map(|i| {
                        let size = if random.chance_ppm(100_000) { 3_000 } else { 120 };
                        // Long runs of zeros must not be taken for what a torn write leaves.
                        let fill = if random.chance_ppm(200_000) { 0 } else { random.range(1..256) as u8 };
                        let data = vec![fill; random.range(0..size) as usize];
                        let kind = if random.chance_ppm(100_000) {
                            EntryKind::ConfChange
                        } else {
                            EntryKind::Normal
                        };
                        Entry { term: Term(term), index: LogIndex(last + i), kind, data: Blob::from(data) }
                    })
                    .collect();
                last += count;
                let state = HardState { term: Term(term), vote: NodeId(1), commit: LogIndex(last) };
                disk.write(&entries, Some(state));
            }
        }
    }
    (disk, safe)
}

fn records(disk: &Disk) -> Vec<WalRecord> {
    disk.wal().records().cloned().collect()
}

#[test]
fn bytes_read_as_the_records_that_were_written() {
    for seed in 0..40 {
        let (disk, _) = history(seed, 120);
        assert_eq!(disk.verify(), Ok(()), "seed {seed}");
        let wal = disk.wal();
        assert_eq!(wal.file(0).map(|file| file.len() as u64), Some(wal.segments()[0].bytes));
        // Places, lengths and checksums that the view says are those of the file.
        let (mut at, mut crc) = (0, 0);
        let file = wal.file(0).unwrap();
        for view in wal.view(0, usize::MAX) {
            assert_eq!((view.offset, view.offset % 8), (at, 0));
            let frame = &file[at as usize..(at + view.bytes) as usize];
            assert_eq!(Some(frame), wal.frame(view.number).as_deref());
            crc = crc32c(crc, &view.record.data().unwrap_or_default());
            assert_eq!(view.crc, crc);
            assert!(frame[frame.len() - view.padding as usize..].iter().all(|byte| *byte == 0));
            at += view.bytes;
        }
        // A page of the view is the same as that part of all of it.
        let all = wal.view(0, usize::MAX);
        let middle = all.len() / 2;
        assert_eq!(wal.view(middle as u64, 5), all[middle..middle + 5]);
    }
}

#[test]
fn the_first_frames_are_etcds() {
    let mut disk = Disk::default();
    disk.format(NodeId(1), 2);
    let hex: String = disk.wal().file(0).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    // crc, metadata (node 1, cluster 2), snapshot (index 0, term 0); checksums in five bytes each.
    let frames = [
        "0800000000000000".to_owned() + "0804108080808000",
        "0e00000000000082".to_owned() + "0801" + "10" + &crc(&[8, 1, 16, 2]) + "1a0408011002" + "0000",
        "0e00000000000082".to_owned()
            + "0805"
            + "10"
            + &crc(&[8, 1, 16, 2, 8, 0, 16, 0])
            + "1a0408001000"
            + "0000",
    ];
    assert_eq!(hex, frames.concat());
}

fn crc(data: &[u8]) -> String {
    let crc = crc32c(0, data);
    let bytes =
        (0..5).map(|i| (crc.checked_shr(7 * i).unwrap_or(0) & 0x7f) as u8 | if i < 4 { 0x80 } else { 0 });
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_torn_write_is_cut_off_and_nothing_durable_with_it() {
    let mut torn_records = 0;
    for seed in 0..60 {
        let (disk, safe) = history(seed, 80);
        let before = records(&disk);
        let sectors = disk.wal().dirty_sectors();
        let mut kept_before = 0;
        for written in 0..=sectors {
            let mut crashed = disk.clone();
            crashed.crash_torn(written);
            let harmed = crashed.wal().view(0, usize::MAX).into_iter().find(|view| view.damaged.is_some());
            let torn = harmed.map(|view| view.number as usize);
            torn_records += u64::from(torn.is_some());
            let found = crashed.open();
            assert!(found.is_ok(), "seed {seed}, {written} of {sectors} sectors: {found:?}");
            let after = records(&crashed);
            assert!(after.len() as u64 >= safe, "seed {seed}: durable records are lost");
            assert!(after.len() >= kept_before, "seed {seed}: more sectors, fewer records");
            assert_eq!(after, before[..after.len()], "seed {seed}");
            assert_eq!(crashed.verify(), Ok(()), "seed {seed}");
            // Where only zeros were missing, the record is whole.
            if torn == Some(after.len()) {
                let repaired = found.ok().and_then(|found| found.repaired).map(|error| error.to_string());
                let words = repaired.unwrap_or_default();
                assert!(
                    words.starts_with("unexpected EOF: in file '0000000000000000-0000000000000000.wal'"),
                    "{words}"
                );
            }
            kept_before = after.len();
        }
        assert_eq!(kept_before, before.len(), "all sectors, all records");
    }
    assert!(torn_records > 100, "{torn_records}");
}

#[test]
fn before_during_and_after_an_fsync_are_different_crashes() {
    let entry = |index| Entry {
        index: LogIndex(index),
        term: Term(1),
        data: vec![7; 600].into(),
        ..Entry::default()
    };
    let mut disk = Disk::default();
    disk.format(NodeId(1), 2);
    disk.begin_fsync();
    disk.finish_fsync();
    let left = |mut disk: Disk, sectors| {
        disk.crash_torn(sectors);
        disk.open().map(|found| found.entries.len())
    };
    disk.write(&[entry(1)], None);
    assert_eq!(left(disk.clone(), 0), Ok(0), "written, no fsync");
    disk.begin_fsync();
    assert_eq!(disk.wal().dirty_sectors(), 2);
    assert_eq!(
        [0, 1, 2].map(|sectors| left(disk.clone(), sectors)),
        [Ok(0), Ok(0), Ok(1)],
        "during the fsync"
    );
    disk.write(&[entry(2)], None);
    disk.finish_fsync();
    assert_eq!(left(disk, 0), Ok(1), "after it; what came too late for it is gone");
}

#[test]
fn a_flipped_bit_is_found_and_said() {
    let (mut clean, _) = history(3, 25);
    clean.begin_fsync();
    clean.finish_fsync();
    clean.crash();
    let before = records(&clean);
    let (mut silent, mut refused, mut cut) = (0, 0, 0);
    // Nothing checks the checksum of the first record, with which a decoder begins.
    for record in 1..before.len() as u64 {
        let bits = clean.wal().frame(record).map_or(0, |frame| frame.len() as u64 * 8);
        let step = if bits > 2_000 { 197 } else { 11 };
        for bit in (0..bits).step_by(step) {
            let mut disk = clean.clone();
            assert!(disk.flip_bit(record, bit));
            assert!(disk.wal().view(record, 1)[0].damaged.is_some());
            match disk.open() {
                Err(error) => {
                    let words = error.to_string();
                    let known = ["walpb: ", "wal: ", "proto: ", "unexpected "];
                    assert!(known.iter().any(|start| words.starts_with(start)), "{words}");
                    refused += 1;
                }
                // etcd takes it for a torn write, or for the log's end.
                Ok(_) if records(&disk).len() < before.len() => {
                    assert_eq!(records(&disk), before[..records(&disk).len()], "record {record}, bit {bit}");
                    cut += 1;
                }
                // Padding, or the type: checksums cover neither.
                Ok(_) => {
                    let frame = clean.wal().frame(record).unwrap_or_default();
                    let padding = clean.wal().view(record, 1)[0].padding;
                    let byte = bit / 8;
                    let covered = byte != 9 && byte < frame.len() as u64 - padding;
                    // The flag and the count of the padding, the spare bits of the checksum's last byte.
                    let spare = byte == 7 || byte == 15;
                    assert!(
                        !covered || spare,
                        "record {record}, bit {bit} of {} is not noticed",
                        frame.len() * 8
                    );
                    silent += 1;
                }
            }
        }
    }
    assert!(refused > 10 * silent && refused > 4 * cut, "{refused} refused, {cut} cut, {silent} unnoticed");
    // Twice is never.
    let mut disk = clean.clone();
    assert!(disk.flip_bit(4, 99) && disk.flip_bit(4, 99));
    assert_eq!(disk.verify(), Ok(()));
    assert!(!disk.flip_bit(4, 1 << 20) && !disk.flip_bit(1 << 20, 0));
}

#[test]
fn a_checksum_that_is_wrong_says_where() {
    let (mut disk, _) = history(3, 60);
    let view = disk.wal().view(10, 1).remove(0);
    // The last byte of the data.
    assert!(disk.flip_bit(10, (view.bytes - view.padding - 1) * 8));
    let error = disk.open().unwrap_err();
    let DiskError::Crc { expected, computed, .. } = error.clone() else { panic!("{error}") };
    assert_eq!(expected, view.crc);
    let words = format!(
        "walpb: crc mismatch: expected: {expected:x} computed: {computed:x}: in file '{}' at position: {}",
        view.segment, view.offset
    );
    assert_eq!(error.to_string(), words);
    assert_eq!(disk.verify(), Err(error));
}

#[test]
fn a_tear_before_a_bit_flip_is_still_a_flip() {
    // In the last sector of the last file zeros are a torn write; elsewhere they are corruption.
    let (mut disk, _) = history(5, 100);
    disk.begin_fsync();
    disk.finish_fsync();
    let sectors = disk.wal().bytes() / SECTOR_BYTES;
    assert!(sectors > 5);
    assert!(disk.flip_bit(8, 8 * 8));
    assert!(disk.open().is_err());
}

#[test]
fn a_broken_snapshot_file_is_put_aside() {
    let mut disk = Disk::default();
    disk.format(NodeId(1), 2);
    let entry = |index| Entry { index: LogIndex(index), term: Term(1), data: "x".into(), ..Entry::default() };
    for index in 1..=6 {
        disk.write(
            &[entry(index)],
            Some(HardState { term: Term(1), vote: NodeId(1), commit: LogIndex(index) }),
        );
        if index % 2 == 0 {
            let data = format!("as of {index}");
            let snapshot = Snapshot {
                index: LogIndex(index),
                term: Term(1),
                data: data.as_str().into(),
                ..Snapshot::default()
            };
            disk.write_snapshot(Arc::new(snapshot));
        }
        disk.begin_fsync();
        disk.finish_fsync();
    }
    let bits = disk.snapshots()[2].bytes().len() as u64 * 8;
    // The checksum's last byte has bits that no number uses.
    for bit in (0..bits).filter(|bit| !(44..47).contains(bit)) {
        let mut disk = disk.clone();
        assert!(disk.flip_snapshot_bit(2, bit));
        let found = disk.open().unwrap();
        assert_eq!(found.broken, ["0000000000000001-0000000000000006.snap"], "bit {bit}");
        assert_eq!(disk.snapshots()[2].name(), "0000000000000001-0000000000000006.snap.broken");
        assert_eq!(found.snapshot.map(|snapshot| snapshot.index), Some(LogIndex(4)));
        let indexes: Vec<u64> = found.entries.iter().map(|entry| entry.index.0).collect();
        assert_eq!(indexes, [5, 6], "the log goes on from the older one");
        // The next start has nothing new to say.
        assert!(disk.open().unwrap().broken.is_empty());
    }
    assert!(!disk.clone().flip_snapshot_bit(2, bits));
    let mut wiped = disk.clone();
    wiped.wipe();
    assert!(wiped.is_empty() && wiped.snapshots().is_empty());
}

#[test]
fn a_new_segment_is_there_when_its_header_is() {
    let mut disk = Disk::default();
    disk.format(NodeId(1), 7);
    disk.begin_fsync();
    disk.finish_fsync();
    let data = Blob::from(vec![3; 8 << 20]);
    let state = HardState { term: Term(1), vote: NodeId(1), commit: LogIndex(0) };
    for index in 1..=8 {
        disk.write(
            &[Entry { index: LogIndex(index), term: Term(1), data: data.clone(), ..Entry::default() }],
            Some(state),
        );
    }
    assert_eq!(disk.wal().segments().len(), 2);
    assert_eq!(disk.verify(), Ok(()), "checksums go on over the cut");
    let sectors = disk.wal().dirty_sectors();
    let mut crashed = disk.clone();
    crashed.crash_torn(sectors - 1);
    assert_eq!(crashed.wal().segments().len(), 1);
    assert_eq!(crashed.open().map(|found| found.entries.len()), Ok(8));
    disk.crash_torn(sectors);
    assert_eq!(disk.wal().segments().len(), 2);
    assert!(disk.flip_bit(3, 8 * 30));
    // Not in the last file: nothing is repaired.
    assert!(disk.open().is_err());
}

#[test]
fn a_long_log_is_summed_up_in_pieces() {
    let mut disk = Disk::default();
    disk.format(NodeId(1), 7);
    for index in 1..=3_000 {
        disk.write(
            &[Entry { term: Term(1), index: LogIndex(index), data: "x".into(), ..Entry::default() }],
            None,
        );
    }
    let whole = disk.clone();
    let mut pieces = 0;
    while !disk.wal().sum(512) {
        pieces += 1;
    }
    assert_eq!(pieces, 5);
    assert_eq!(disk.wal().view(2_990, 20), whole.wal().view(2_990, 20));
    assert!(whole.wal().sum(512));
}
