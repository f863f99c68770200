//! Ready-made scenes: labs that show one thing, with a sentence on what to look at.

use sim::SimTime;

use crate::file::LabFile;
use crate::history::{Lab, Opening};

/// A scene.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scene {
    /// `figure-8`: names it on the command line and in addresses.
    pub id: &'static str,
    /// `Figure 8: only entries of the present term are counted`.
    pub title: &'static str,
    /// Two or three sentences: what to look at, what to press.
    pub says: &'static str,
    /// The view to open it in: `raft`, or a part of the store's: `store/wal`.
    pub view: &'static str,
    /// The lab file.
    yaml: &'static str,
    /// Where it opens, in milliseconds of the lab's time.
    at_ms: u64,
}

/// All scenes, in the order in which they teach.
pub fn all() -> &'static [Scene] {
    SCENES
}

/// The scene of a name.
pub fn find(id: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.id == id)
}

impl Scene {
    /// The scene's lab file.
    pub fn file(&self) -> LabFile {
        LabFile::parse_yaml(self.yaml)
            .unwrap_or_else(|error| unreachable!("the tests read all scenes; {}: {error}", self.id))
    }

    /// When it opens.
    pub fn at(&self) -> SimTime {
        SimTime::from_millis(self.at_ms)
    }

    /// The scene, to be run in slices to where it opens.
    pub fn opening(&self) -> Opening {
        Opening::at(self.file(), self.at())
    }

    /// The lab where the scene opens.
    pub fn open(&self) -> Lab {
        let mut opening = self.opening();
        while !opening.advance(u64::MAX).is_done() {}
        opening.finish().lab
    }

    /// The scene as a link's fragment.
    pub fn link(&self) -> String {
        self.open().link()
    }
}

/// The scenes' texts stand here, side by side, so that one can see what each teaches.
const SCENES: &[Scene] = &[
    Scene {
        id: "first-election",
        title: "The first election",
        says: "Three members have just started and nobody leads. Watch the arcs: the first timer to run out asks the others whether \
               it would win (MsgPreVote), then for their votes (MsgVote). Press r to go from message to message.",
        view: "raft",
        yaml: include_str!("first-election.yaml"),
        at_ms: 50,
    },
    Scene {
        id: "split-vote",
        title: "A split vote",
        says: "The leader etcd-0 is down, and in a moment the timers of both others run out at once. Each votes for itself and \
               refuses the other, so nobody wins this term. Press r until the next, differently long timeouts settle it.",
        view: "raft",
        yaml: include_str!("split-vote.yaml"),
        at_ms: 2_490,
    },
    Scene {
        id: "leader-crash",
        title: "A leader crashes with an uncommitted entry",
        says: "etcd-0 wrote \"x = lost\" into its own log, reached nobody with it, and crashed. Press play: the others elect a \
               leader and write \"x = kept\" in its place. When etcd-0 is back after 7 s, see its log cell change colour.",
        view: "raft",
        yaml: include_str!("leader-crash.yaml"),
        at_ms: 2_250,
    },
    Scene {
        id: "minority-partition",
        title: "The leader on the wrong side of a partition",
        says: "etcd-0 still leads, but only etcd-1 hears it: what it accepts stays above the commit mark, while the three others \
               elect a leader of their own (check-quorum is off here, or it would step down after a second). After 8 s the \
               network heals, and the entries that were never committed are overwritten.",
        view: "raft",
        yaml: include_str!("minority-partition.yaml"),
        at_ms: 2_050,
    },
    Scene {
        id: "figure-7",
        title: "Figure 7: six ways in which a follower's log can differ",
        says: "etcd-0 is about to lead term 8; etcd-1 to etcd-6 are the followers (a) to (f) of the Raft paper, behind seven entries \
               of configuration. Press r and watch how MsgApp is refused with a hint, tried further back, and overwrites.",
        view: "raft",
        yaml: include_str!("figure-7.yaml"),
        at_ms: 99,
    },
    Scene {
        id: "figure-8",
        title: "Figure 8: why only entries of the present term are counted",
        says: "etcd-0 to etcd-4 are S1 to S5 of the Raft paper. At 1.2 s S1 leads term 4 and has the entry of term 2 on a majority, \
               yet does not commit it: at 2.2 s S5 wins and overwrites it. Rewind to 1.2 s, drop the cut, and it is committed with \
               the entry of term 4 instead.",
        view: "raft",
        yaml: include_str!("figure-8.yaml"),
        at_ms: 90,
    },
    Scene {
        id: "snapshot",
        title: "A follower that is caught up by a snapshot",
        says: "etcd-2 was cut off while the others wrote on, took snapshots and forgot their old entries. After 6 s it is back: the \
               entries it lacks are gone, so the leader's progress for it turns to StateSnapshot and MsgSnap travels.",
        view: "raft",
        yaml: include_str!("snapshot.yaml"),
        at_ms: 5_950,
    },
    Scene {
        id: "joint-change",
        title: "From three to five members at once",
        says: "One entry adds two voters. Until the second one, which the leader adds by itself, every decision needs a majority of \
               the three old and of the five new members. etcd's own commands add one member at a time; its Raft can do this.",
        view: "raft",
        yaml: include_str!("joint-change.yaml"),
        at_ms: 1_990,
    },
    Scene {
        id: "torn-write",
        title: "A torn write in the log",
        says: "The power of etcd-1 failed while its disk wrote: two sectors of a longer record made it. Look at the end of its \
               write-ahead log. When it starts again at 4 s it cuts the torn record off, and the leader sends the entry again.",
        view: "store/wal",
        yaml: include_str!("torn-write.yaml"),
        at_ms: 2_100,
    },
    Scene {
        id: "pre-vote",
        title: "Pre-vote saves a stable leader",
        says: "etcd-2 hears nobody. Its timer runs out again and again, but with pre-vote it asks first and never raises its term, \
               so when it is back after 8 s nobody is disturbed. Set preVote: false in the lab file to see the difference.",
        view: "raft",
        yaml: include_str!("pre-vote.yaml"),
        at_ms: 3_000,
    },
];
