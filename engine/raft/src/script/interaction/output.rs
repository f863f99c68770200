//! What a command prints.

use crate::Level;

/// The names of the levels; the last prints nothing at all.
pub(super) const LEVELS: [&str; 6] = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"];
const NONE: usize = LEVELS.len() - 1;

/// Collects text, and log lines from a level on.
#[derive(Default)]
pub(super) struct Output {
    pub(super) text: String,
    /// Into [`LEVELS`].
    pub(super) level: usize,
}

impl Output {
    /// Whether nothing is printed, which keeps preparations short.
    pub(super) fn is_quiet(&self) -> bool {
        self.level == NONE
    }

    pub(super) fn print(&mut self, text: &str) {
        if !self.is_quiet() {
            self.text.push_str(text);
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.print(text);
        self.print("\n");
    }

    pub(super) fn log(&mut self, level: Level, text: &str) {
        if level as usize >= self.level {
            self.line(&format!("{level} {text}"));
        }
    }
}
