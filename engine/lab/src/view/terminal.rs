//! Terminals and the editor's problems.

use kubectl::{Channel, Problem, SessionId};

use crate::Lab;
use crate::cluster::EDITOR;

/// A terminal as the page shows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SessionView {
    /// What was typed and printed, oldest first.
    pub lines: Vec<TerminalLine>,
    /// True while a command runs.
    pub running: bool,
    /// The namespace of the terminal's context.
    pub namespace: String,
    /// The exit code of the last command.
    pub exit_code: Option<u8>,
}

/// A piece of a terminal's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TerminalLine {
    /// Typed, printed, or complained.
    pub channel: Channel,
    /// The text.
    pub text: sim::Str,
}

impl Lab {
    /// A terminal.
    pub fn session(&self, session: u32) -> SessionView {
        let Some(found) = self.cluster().terminal().session(SessionId(session)) else {
            return SessionView { namespace: "default".to_owned(), ..SessionView::default() };
        };
        let line = |piece: &kubectl::Piece| TerminalLine { channel: piece.channel, text: piece.text.clone() };
        SessionView {
            lines: found.transcript().pieces().map(line).collect(),
            running: found.running().is_some(),
            namespace: found.namespace().to_string(),
            exit_code: found.finished(),
        }
    }

    /// True while a command runs in a terminal; cheaper than looking at all that is on it.
    pub fn is_running(&self, session: u32) -> bool {
        self.cluster().terminal().session(SessionId(session)).is_some_and(|s| s.running().is_some())
    }

    /// How many pieces of text are on a terminal: tells whether something came.
    pub fn printed_pieces(&self, session: u32) -> u64 {
        self.cluster()
            .terminal()
            .session(SessionId(session))
            .map_or(0, |s| s.transcript().pieces().len() as u64)
    }

    /// What the current or last command of a terminal printed, and what it complained of.
    pub fn printed(&self, session: u32) -> (String, String) {
        let found = self.cluster().terminal().session(SessionId(session));
        let text = |channel| found.map(|s| s.output().text(channel)).unwrap_or_default();
        (text(Channel::Stdout), text(Channel::Stderr))
    }

    /// What is wrong with the manifests that were applied last.
    pub fn problems(&self) -> Vec<Problem> {
        self.cluster().terminal().session(EDITOR).map(|s| s.problems().to_vec()).unwrap_or_default()
    }
}
