//! A person's watch on an etcd member, and a link that takes nothing any more.

use std::time::Duration;

use clusterlab_tests::driver;
use lab::view::WatcherState;
use lab::{Action, Ends, Fault, Lab, LabFile};

/// The terminal in which the watch runs.
const WATCHING: u32 = 70;

fn standing(lab: &Lab) -> Vec<WatcherState> {
    lab.store_watchers(0).into_iter().map(|view| view.state).collect()
}

#[test]
fn a_watch_behind_a_cut_link_becomes_a_victim_and_misses_nothing() {
    let file = LabFile { control_plane: false, ..LabFile::default() };
    let mut lab = Lab::new(file);
    driver::run_for(&mut lab, Duration::from_secs(5));
    let line = "etcdctl --endpoints=http://172.18.0.3:2379 watch a".to_owned();
    lab.act(Action::Kubectl { session: WATCHING, line, stdin: None });
    driver::run_for(&mut lab, Duration::from_secs(1));
    let ends = || Ends { from: "etcd-0".into(), to: "user".into(), one_way: true };
    driver::fault(&mut lab, Fault::Cut(ends()));
    for i in 0..140 {
        driver::kubectl(&mut lab, &format!("etcdctl --endpoints=http://172.18.0.4:2379 put a {i}"));
    }
    assert_eq!(standing(&lab), [WatcherState::Victim]);
    driver::fault(&mut lab, Fault::Heal(ends()));
    driver::run_for(&mut lab, Duration::from_secs(1));
    assert_eq!(standing(&lab), [WatcherState::Synced]);
    let seen = driver::screen(&mut lab, WATCHING, true);
    assert_eq!(seen.lines().filter(|line| *line == "PUT").count(), 140);
}
