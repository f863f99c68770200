//! Every scene shows what it promises, opens fast and fits in a link.

use lab::view::{LogCell, RaftMember, Role};
use lab::{Lab, Scene, scenes};
use sim::SimTime;

fn open(id: &str) -> Lab {
    scenes::find(id).expect("a scene of that name").open()
}

fn run_to(lab: &mut Lab, millis: u64) {
    while !lab.run_until(SimTime::from_millis(millis), 10_000) {}
    assert_eq!(lab.cluster().broken(), None);
}

fn member(lab: &Lab, index: u32) -> RaftMember {
    lab.raft_view().members.into_iter().find(|member| member.index == index).expect("a member")
}

/// The terms of a log's entries behind the initial configuration of `members`.
fn terms(lab: &Lab, index: u32, members: u64) -> Vec<u64> {
    log(lab, index, members).iter().map(|cell| cell.term).collect()
}

fn log(lab: &Lab, index: u32, members: u64) -> Vec<LogCell> {
    lab.raft_log(index, members + 1, u64::MAX)
}

fn value(lab: &Lab, index: u32, key: &str) -> Option<String> {
    lab.store_key(index, key).map(|key| key.value_yaml)
}

#[test]
fn all_open_where_they_say_and_fit_in_a_link() {
    for scene in scenes::all() {
        let Scene { id, title, says, view, .. } = *scene;
        let mut lab = scene.open();
        assert_eq!(lab.now(), scene.at(), "{id}");
        assert!(lab.cursor().0 < 20_000, "{id} takes {} events", lab.cursor());
        let link = scene.link();
        assert!(link.len() < 3_000, "{id}: {} characters", link.len());
        let again = Lab::from_link(&link).expect("its link");
        assert_eq!(again.state_hash(), lab.state_hash(), "{id}");
        assert!(!title.is_empty() && says.len() > 100 && ["raft", "store/wal"].contains(&view), "{id}");
        // And it goes on without a broken promise.
        let end = lab.now() + std::time::Duration::from_secs(10);
        run_to(&mut lab, end.as_nanos() / 1_000_000);
    }
}

#[test]
fn first_election() {
    let mut lab = open("first-election");
    assert!(lab.leader().is_none());
    assert!(lab.step_election(10_000), "somebody leads");
}

#[test]
fn split_vote() {
    let mut lab = open("split-vote");
    let term = member(&lab, 1).term;
    run_to(&mut lab, 2_530);
    for index in [1, 2] {
        let member = member(&lab, index);
        assert_eq!((member.role, member.term, member.vote), (Role::Candidate, term + 1, Some(index)));
        assert!(member.votes.contains(&(3 - index, false)), "{:?}", member.votes);
    }
    assert!(lab.step_election(100_000), "a later term has a leader");
    assert!(lab.leader().is_some_and(|(_, won)| won > term + 1));
}

#[test]
fn leader_crash() {
    let mut lab = open("leader-crash");
    let (crashed, other) = (member(&lab, 0), member(&lab, 1));
    assert!(!crashed.up && crashed.last_index > other.last_index, "it has an entry that nobody else has");
    let lost = log(&lab, 0, 3).pop().expect("an entry");
    run_to(&mut lab, 10_000);
    for index in 0..3 {
        assert_eq!(value(&lab, index, "x").as_deref(), Some("kept"));
    }
    let now = lab.raft_log(0, lost.index, lost.index).pop().expect("an entry in its place");
    assert_ne!((now.term, &now.text), (lost.term, &lost.text));
    let recovery = member(&lab, 0).recovery.expect("it has started again");
    assert_eq!(recovery.after.last_index, recovery.before.last_index, "the log was on the disk");
}

#[test]
fn minority_partition() {
    let mut lab = open("minority-partition");
    run_to(&mut lab, 7_900);
    let (old, new) = (member(&lab, 0), member(&lab, lab.leader().expect("a leader").0));
    assert_eq!(old.role, Role::Leader);
    assert!(new.term > old.term && [2, 3, 4].contains(&new.index));
    assert!(old.last_index >= old.commit + 2, "two entries are not committed");
    assert_eq!(value(&lab, 0, "x").as_deref(), Some("before"));
    run_to(&mut lab, 12_000);
    assert!((0..5).all(|index| value(&lab, index, "x").as_deref() == Some("kept")));
    assert_eq!(member(&lab, 0).role, Role::Follower);
}

#[test]
fn figure_7() {
    let mut lab = open("figure-7");
    assert_eq!(terms(&lab, 0, 7), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
    assert_eq!(terms(&lab, 6, 7), [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]);
    run_to(&mut lab, 3_000);
    assert_eq!(lab.leader(), Some((0, 8)));
    let leader = terms(&lab, 0, 7);
    assert_eq!(leader[..11], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8]);
    for index in 1..7 {
        assert_eq!(terms(&lab, index, 7), leader, "etcd-{index}");
    }
}

#[test]
fn figure_8() {
    let mut lab = open("figure-8");
    let logs = |lab: &Lab| [0, 1, 2, 3, 4].map(|index| terms(lab, index, 5));
    assert_eq!(logs(&lab), [vec![1, 2], vec![1, 2], vec![1], vec![1], vec![1]], "(a)");
    run_to(&mut lab, 350);
    // Behind a leader's first entry comes its announcement, as everywhere in etcd.
    assert_eq!(logs(&lab)[4], [1, 3, 3], "(b)");
    assert_eq!(logs(&lab)[3], [1], "(b)");
    run_to(&mut lab, 1_290);
    assert_eq!(lab.leader(), Some((0, 4)), "(c)");
    assert_eq!(logs(&lab)[2], [1, 2], "(c): the entry of term 2 is on a majority");
    assert!(logs(&lab)[1].starts_with(&[1, 2]));
    let place = 5 + 2;
    assert!((0..3).all(|index| member(&lab, index).commit < place), "(c): and is not committed");
    run_to(&mut lab, 5_000);
    assert_eq!(lab.leader(), Some((4, 5)), "(d)");
    for index in 0..5 {
        assert_eq!(terms(&lab, index, 5)[..4], [1, 3, 3, 5], "(d) etcd-{index}: the entry of term 2 is gone");
    }
}

#[test]
fn snapshot() {
    let mut lab = open("snapshot");
    let (leader, cut_off) = (member(&lab, 0), member(&lab, 2));
    assert!(leader.first_index > cut_off.last_index + 1, "the entries that it lacks are gone");
    let sent = (0..50_000).any(|_| {
        lab.step();
        lab.raft_view().messages.iter().any(|message| &*message.kind == "MsgSnap" && message.to == 2)
    });
    assert!(sent);
    run_to(&mut lab, 9_000);
    assert_eq!(value(&lab, 2, "key-23").as_deref(), Some("23"));
    assert!(member(&lab, 2).snapshot_index > cut_off.last_index);
}

#[test]
fn joint_change() {
    let mut lab = open("joint-change");
    let joint = (0..50_000).any(|_| {
        lab.step();
        let config = member(&lab, 0).config;
        config.outgoing == [0, 1, 2] && config.voters.len() + 2 >= 3 && config.auto_leave
    });
    assert!(joint, "for a while decisions need both majorities");
    run_to(&mut lab, 8_000);
    for index in 0..5 {
        let member = member(&lab, index);
        assert_eq!(
            (member.config.voters, member.config.outgoing),
            (vec![0, 1, 2, 3, 4], vec![]),
            "etcd-{index}"
        );
        assert!(member.up && member.joined);
        assert_eq!(member.commit, lab.raft_view().members[0].commit);
    }
}

#[test]
fn torn_write() {
    let mut lab = open("torn-write");
    let torn = lab.wal_view(1, 0, 500);
    assert!(torn.records.last().is_some_and(|record| record.damaged.is_some()), "{:?}", torn.records.last());
    run_to(&mut lab, 7_000);
    assert!(member(&lab, 1).up);
    assert!(lab.wal_view(1, 0, 500).records.iter().all(|record| record.damaged.is_none()));
    assert_eq!(value(&lab, 1, "long").map(|value| value.len()), Some(1_600));
}

#[test]
fn pre_vote() {
    let mut lab = open("pre-vote");
    let (_, term) = lab.leader().expect("a leader");
    run_to(&mut lab, 7_900);
    let alone = member(&lab, 2);
    assert_eq!(alone.term, term, "it has asked in vain and raised nothing");
    run_to(&mut lab, 12_000);
    assert_eq!(lab.leader(), Some((0, term)));
    assert_eq!(member(&lab, 2).leader, Some(0));
}

#[test]
fn views_of_nothing_are_empty() {
    let lab = open("first-election");
    assert!(lab.raft_log(9, 1, 100).is_empty() && lab.store_view(9).is_none());
    assert!(lab.store_children(9, "", 10).is_empty() && lab.key_history(9, "x").is_empty());
    assert!(lab.wal_view(9, 0, u64::MAX).records.is_empty() && lab.store_watchers(9).is_empty());
    assert!(lab.raft_log(0, u64::MAX, 0).is_empty());
}

#[test]
fn entries_are_said_in_words() {
    let lab = lab::scenes::find("leader-crash").expect("it is there").open();
    let texts: Vec<String> =
        (0..3).flat_map(|member| lab.raft_log(member, 1, 50)).map(|cell| cell.text).collect();
    assert!(texts.iter().any(|text| text.contains("put:<key:")), "{texts:?}");
    assert!(texts.iter().all(|text| !text.contains("\\x")), "{texts:?}");
}
