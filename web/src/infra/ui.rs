//! What the page itself remembers: the view, what is selected, which panels are open. None of it is in the lab.

use std::collections::BTreeSet;

use lab::scenes::Scene;
use lab::view::{MessageId, Target};
use sim::Actor;

use super::i18n::Language;
use super::raft_ui::RaftUi;
use super::storage;

/// The views of the rail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum View {
    Map,
    Raft,
    Store,
    PodLife,
    Schedule,
    Loops,
    Objects,
    Trace,
}

impl View {
    /// All, in the order of the rail.
    pub const ALL: [View; 8] = [
        View::Map,
        View::Raft,
        View::Store,
        View::PodLife,
        View::Schedule,
        View::Loops,
        View::Objects,
        View::Trace,
    ];
}

/// The parts of the store view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub enum StorePart {
    #[default]
    Keys,
    Watchers,
    Wal,
    Database,
}

/// Where the store view stands.
#[derive(Clone, PartialEq, Debug)]
pub struct StorePlace {
    /// Whose store: the member's index.
    pub member: u32,
    /// Which part of it.
    pub part: StorePart,
    /// The key that was picked.
    pub key: Option<String>,
    /// The path of the tree's row that the arrows move from.
    pub row: Option<String>,
    /// The branches of the tree that are open, by path.
    pub open: BTreeSet<String>,
    /// What the keys shown must contain.
    pub filter: String,
}

impl Default for StorePlace {
    fn default() -> Self {
        let open = ["/", "/registry/"].map(String::from).into();
        StorePlace { member: 0, part: StorePart::Keys, key: None, row: None, open, filter: String::new() }
    }
}

/// What was clicked.
#[derive(Clone, PartialEq, Debug)]
pub enum Selection {
    /// A component, machine or pod.
    Target(Target),
    /// A message under way.
    Message(MessageId),
    /// A link that is not as usual.
    Link(Actor, Actor),
}

/// On a phone, what lies over the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Sheet {
    Picture,
    Why,
    Terminal,
    Manifests,
}

impl Sheet {
    /// The name that the stylesheet knows.
    pub const fn name(self) -> &'static str {
        match self {
            Sheet::Picture => "picture",
            Sheet::Why => "why",
            Sheet::Terminal => "terminal",
            Sheet::Manifests => "manifests",
        }
    }
}

/// A line across the top that says something and offers something.
#[derive(Clone, PartialEq, Debug)]
pub enum Banner {
    /// A link was opened and replayed; the author's hash was the same or not.
    Opened {
        /// Where it stands.
        event: u64,
        /// The state hash here.
        hash: String,
        /// The author's.
        expected: String,
        /// True while the person's own lab waits in the storage.
        guest: bool,
    },
    /// The saved lab came back.
    Restored {
        /// Where it stands.
        event: u64,
    },
    /// A scene is on the page while the person's own lab waits in the storage.
    Guest,
    /// A link or lab file could not be read.
    Broken(String),
    /// An invariant was violated.
    Violated(String),
    /// The link is in the clipboard and in the address bar; how long it is, in characters.
    Copied(usize),
    /// The link is in the address bar only: the browser gave no clipboard.
    InAddress(usize),
}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// Sizes and folds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Panels {
    /// Width of the right panel, in CSS pixels.
    pub right_px: f64,
    /// Height of the lower panels.
    pub lower_px: f64,
    /// How much of the width the terminal takes, in percent.
    pub terminal_percent: f64,
    /// The right panel is folded away.
    pub right_folded: bool,
    /// The lower panels are folded away.
    pub lower_folded: bool,
}

impl Default for Panels {
    fn default() -> Self {
        Panels {
            right_px: 312.0,
            lower_px: 200.0,
            terminal_percent: 51.0,
            right_folded: false,
            lower_folded: false,
        }
    }
}

impl Panels {
    /// Within what a screen can show.
    pub fn clamped(self) -> Panels {
        Panels {
            right_px: self.right_px.clamp(220.0, 640.0),
            lower_px: self.lower_px.clamp(110.0, 700.0),
            terminal_percent: self.terminal_percent.clamp(20.0, 80.0),
            ..self
        }
    }

    fn load() -> Panels {
        let Some(text) = storage::read(storage::PANELS) else { return Panels::default() };
        let n: Vec<f64> = text.split(' ').filter_map(|n| n.parse().ok()).collect();
        match n[..] {
            [right_px, lower_px, terminal_percent, right, lower] => Panels {
                right_px,
                lower_px,
                terminal_percent,
                right_folded: right != 0.0,
                lower_folded: lower != 0.0,
            }
            .clamped(),
            _ => Panels::default(),
        }
    }

    /// Remembers them in this browser.
    pub fn save(self) {
        let text = format!(
            "{} {} {} {} {}",
            self.right_px,
            self.lower_px,
            self.terminal_percent,
            u8::from(self.right_folded),
            u8::from(self.lower_folded)
        );
        storage::write(storage::PANELS, &text);
    }
}

/// The state of the page.
#[derive(Clone, PartialEq, Debug)]
pub struct Ui {
    /// Which view is in the middle.
    pub view: View,
    /// Where the store view stands.
    pub store: StorePlace,
    /// What the right panel shows besides what just happened.
    pub selected: Option<Selection>,
    /// The first end of a link that is to be cut, while the second is asked for.
    pub picking: Option<String>,
    /// On a phone, what lies over the picture.
    pub sheet: Sheet,
    /// Across the top.
    pub banner: Option<Banner>,
    /// The gallery of scenes is open.
    pub scenes: bool,
    /// The scene whose words are shown.
    pub scene: Option<&'static Scene>,
    /// The help overlay is open.
    pub help: bool,
    /// The language.
    pub language: Language,
    /// The theme.
    pub theme: Theme,
    /// The panels.
    pub panels: Panels,
    /// Which terminal is in front.
    pub terminal: u32,
    /// How many terminals there are.
    pub terminals: u32,
    /// The link that was copied last, and its length.
    pub copied: Option<usize>,
    /// What the Raft view remembers.
    pub raft: RaftUi,
}

impl Ui {
    /// As the browser remembers it.
    pub fn load() -> Ui {
        let theme = match storage::read(storage::THEME).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        Ui {
            view: View::Map,
            store: StorePlace::default(),
            selected: None,
            picking: None,
            sheet: Sheet::Picture,
            banner: None,
            scenes: false,
            scene: None,
            help: false,
            language: Language::load(),
            theme,
            panels: Panels::load(),
            terminal: 0,
            terminals: 1,
            copied: None,
            raft: RaftUi::default(),
        }
    }
}
