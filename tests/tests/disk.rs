//! What a whole cluster writes to its disks are real bytes: lengths that were counted without them are right, and they
//! read as what was meant.

use std::time::Duration;

use clusterlab_tests::{driver, samples};
use lab::LabFile;

#[test]
fn the_log_of_a_whole_cluster_reads_as_it_was_written() {
    let mut lab = driver::booted(LabFile::default());
    driver::apply(&mut lab, &samples::deployment(3));
    driver::run_for(&mut lab, Duration::from_secs(20));
    for index in 0..3 {
        let disk = lab.cluster().member(index).expect("it runs").disk();
        assert_eq!(disk.verify(), Ok(()), "etcd-{index}");
        let wal = disk.wal();
        assert!(wal.written_records() > 200 && wal.bytes() > 100_000, "{} bytes", wal.bytes());
        assert_eq!(wal.file(0).map(|file| file.len() as u64), Some(wal.segments()[0].bytes));
        // What is torn in the middle of objects is found.
        for sectors in 0..wal.dirty_sectors() {
            let mut crashed = disk.clone();
            crashed.crash_torn(sectors);
            assert!(crashed.open().is_ok());
            assert_eq!(crashed.verify(), Ok(()));
        }
    }
}
