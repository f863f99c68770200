//! One terminal session: what was typed, what runs, what came out.

use std::collections::VecDeque;

use api::Str;

use crate::problem::Problem;
use crate::process::Process;

/// A terminal session's number; whoever opens it chooses.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct SessionId(pub u32);

/// Where a piece of output went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// A line that was typed, as the terminal echoes it.
    Typed,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A piece of output.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Piece {
    /// Where it went.
    pub channel: Channel,
    /// The text; ends with a line end unless the command wrote none.
    pub text: Str,
}

/// The most bytes of output that a session keeps of one command, and of all commands together. What is beyond is
/// dropped at the old end.
pub const OUTPUT_BYTES_MAX: u64 = 4 << 20;

/// The exit code of a command that was interrupted: 128 + SIGINT.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Output, bounded. A clone is a pointer.
#[derive(Clone, Debug, Hash, Default)]
pub struct Screen {
    pieces: imbl::Vector<Piece>,
    bytes: u64,
    /// How many pieces were ever added: grows even when old ones are dropped.
    added: u64,
}

impl Screen {
    /// Adds a piece.
    pub fn push(&mut self, channel: Channel, text: impl Into<Str>) {
        let text = text.into();
        if text.is_empty() {
            return;
        }
        self.bytes += text.len() as u64;
        self.added += 1;
        self.pieces.push_back(Piece { channel, text });
        while self.bytes > OUTPUT_BYTES_MAX && self.pieces.len() > 1 {
            let dropped = self.pieces.pop_front().map_or(0, |p| p.text.len() as u64);
            self.bytes -= dropped;
        }
    }

    /// The pieces, oldest first.
    pub fn pieces(&self) -> impl DoubleEndedIterator<Item = &Piece> + ExactSizeIterator {
        self.pieces.iter()
    }

    /// How many pieces were ever added, those included that are dropped by now: tells whether something is new.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// All text of one channel.
    pub fn text(&self, channel: Channel) -> String {
        self.pieces.iter().filter(|p| p.channel == channel).map(|p| p.text.as_str()).collect()
    }
}

/// What outlives a command: kubectl's configuration.
#[derive(Clone, Debug, Hash)]
pub struct Settings {
    /// The current context's namespace.
    pub namespace: Str,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { namespace: api::literal!("default") }
    }
}

/// A terminal session.
#[derive(Clone, Debug, Hash, Default)]
pub struct Session {
    pub(crate) settings: Settings,
    pub(crate) running: Option<Process>,
    pub(crate) output: Screen,
    pub(crate) transcript: Screen,
    pub(crate) exit: Option<u8>,
    pub(crate) problems: Vec<Problem>,
    /// Headers for the requests of the command that acts now: in whose name they are.
    pub(crate) acting: Vec<(Str, Str)>,
    /// Lines typed while a command ran, with their standard input.
    pub(crate) typed_ahead: VecDeque<(Str, Option<Str>)>,
}

impl Session {
    /// The output of the current or last command, bounded by [`OUTPUT_BYTES_MAX`].
    pub fn output(&self) -> &Screen {
        &self.output
    }

    /// Everything typed and printed, bounded by [`OUTPUT_BYTES_MAX`].
    pub fn transcript(&self) -> &Screen {
        &self.transcript
    }

    /// The exit code of the last command, once it has ended; `None` while one runs and before the first.
    pub fn finished(&self) -> Option<u8> {
        self.exit
    }

    /// The line that runs.
    pub fn running(&self) -> Option<&Str> {
        self.running.as_ref().map(|p| p.line())
    }

    /// What is wrong with the manifests that the last command read, by place.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The namespace of the session's context.
    pub fn namespace(&self) -> &Str {
        &self.settings.namespace
    }

    pub(crate) fn print(&mut self, channel: Channel, text: impl Into<Str>) {
        let text = text.into();
        self.output.push(channel, text.clone());
        self.transcript.push(channel, text);
    }
}
