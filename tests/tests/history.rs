//! The same journal gives the same bytes; the past can be visited; links carry all of it.

use std::time::Duration;

use clusterlab_tests::{driver, samples};
use lab::{Action, Fault, Lab, LabFile, Opening};
use sim::EventNumber;

fn busy() -> Lab {
    let file = LabFile { manifests: vec![samples::deployment(3)], seed: 20_261_120, ..LabFile::default() };
    let mut lab = driver::booted(file);
    driver::run_for(&mut lab, Duration::from_secs(5));
    driver::kubectl(&mut lab, "kubectl scale deployment web --replicas=5");
    driver::fault(&mut lab, Fault::Crash("etcd-1".into()));
    driver::run_for(&mut lab, Duration::from_secs(10));
    driver::fault(&mut lab, Fault::Restart("etcd-1".into()));
    driver::run_for(&mut lab, Duration::from_secs(10));
    lab
}

#[test]
fn twice_is_the_same() {
    let (a, b) = (busy(), busy());
    assert!(a.cursor().0 > 1_000, "{} events: nothing happened", a.cursor());
    assert_eq!((a.cursor(), a.state_hash()), (b.cursor(), b.state_hash()));
}

#[test]
fn another_seed_is_another_history() {
    let run = |seed| {
        let mut lab = driver::booted(LabFile { seed, ..LabFile::default() });
        driver::run_for(&mut lab, Duration::from_secs(5));
        lab.state_hash()
    };
    assert_ne!(run(1), run(2));
}

#[test]
fn every_moment_can_be_visited_again() {
    let mut lab = busy();
    let last = lab.cursor();
    let end = lab.state_hash();
    for part in [0, 1, 3, 7, 9] {
        let target = EventNumber(last.0 * part / 10);
        lab.seek(target);
        let first = lab.state_hash();
        lab.seek(last);
        assert_eq!(lab.state_hash(), end, "forward from {target}");
        lab.seek(target);
        assert_eq!((lab.cursor(), lab.state_hash()), (target, first));
    }
}

#[test]
fn one_step_back_and_forth() {
    let mut lab = busy();
    let here = lab.cursor();
    for _ in 0..20 {
        let hash = lab.state_hash();
        lab.seek(EventNumber(lab.cursor().0 - 1));
        lab.step();
        assert_eq!(lab.state_hash(), hash);
        lab.seek(EventNumber(lab.cursor().0 - 1));
    }
    assert_eq!(lab.last(), here, "looking back forgets nothing");
}

#[test]
fn a_link_is_the_lab() {
    let lab = busy();
    let link = lab.link();
    assert!(link.len() < 1_500, "{} characters", link.len());
    let mut opening = Opening::new(&link).unwrap();
    while !opening.advance(1_000).is_done() {}
    let opened = opening.finish();
    assert!(opened.is_same(), "author {}, here {}", opened.expected, opened.actual);
    assert_eq!((opened.cursor, opened.lab.now()), (lab.cursor(), lab.now()));
    // And on from there, both stay the same.
    let (mut a, mut b) = (lab, opened.lab);
    driver::run_for(&mut a, Duration::from_secs(5));
    driver::run_for(&mut b, Duration::from_secs(5));
    assert_eq!((a.cursor(), a.state_hash()), (b.cursor(), b.state_hash()));
}

#[test]
fn a_lab_file_with_its_journal_is_the_lab() {
    let lab = busy();
    let mut again = Lab::new(LabFile::parse_yaml(&lab.to_yaml()).unwrap());
    again.seek(lab.cursor());
    again.advance_clock(lab.now());
    assert_eq!(again.state_hash(), lab.state_hash());
}

#[test]
fn an_action_in_the_past_starts_a_branch_and_loses_nothing() {
    let mut lab = busy();
    let (last, end) = (lab.cursor(), lab.state_hash());
    lab.seek(EventNumber(last.0 / 2));
    lab.act(Action::Kubectl { session: 0, line: "kubectl get nodes".into(), stdin: None });
    driver::run_for(&mut lab, Duration::from_secs(30));
    assert_eq!(lab.branches().len(), 1);
    assert_ne!(lab.state_hash(), end);
    lab.switch_branch(0);
    assert_eq!((lab.cursor(), lab.state_hash()), (last, end));
}

#[test]
fn a_fork_goes_its_own_way() {
    let mut lab = busy();
    let hash = lab.state_hash();
    let mut fork = lab.fork();
    driver::kubectl(&mut fork, "kubectl delete deployment web");
    assert_eq!(lab.state_hash(), hash);
    driver::run_for(&mut lab, Duration::from_secs(5));
    assert_ne!(lab.state_hash(), fork.state_hash());
}
