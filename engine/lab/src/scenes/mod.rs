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
    /// The view to open it in: `raft` or `store`.
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

const SCENES: &[Scene] = &[Scene {
    id: "first-election",
    title: "The first election",
    says: "Three members have just started and nobody leads. Watch the arcs: the first timer to run out asks the others whether it \
           would win (MsgPreVote), then for their votes (MsgVote). Press r to go from message to message.",
    view: "raft",
    yaml: include_str!("first-election.yaml"),
    at_ms: 0,
}];
