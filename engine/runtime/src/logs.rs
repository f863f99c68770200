//! Container logs, bounded, as the kubelet reads them from `/var/log/pods`.

use std::collections::VecDeque;
use std::sync::Arc;

use sim::{SimTime, Str};

/// How many lines are kept of each container; older ones are rotated away (a real kubelet rotates at 10 MiB).
pub const LINES_KEPT: usize = 1_000;

/// One line of a log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// True for standard error.
    pub stderr: bool,
    /// The line, without its end.
    pub text: Str,
}

/// A container's log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Log {
    lines: Arc<VecDeque<LogLine>>,
    /// How many lines were rotated away.
    rotated: u64,
}

impl Log {
    /// Adds a line.
    pub fn push(&mut self, at: SimTime, stderr: bool, text: impl Into<Str>) {
        let lines = Arc::make_mut(&mut self.lines);
        lines.push_back(LogLine { at, stderr, text: text.into() });
        if lines.len() > LINES_KEPT {
            lines.pop_front();
            self.rotated += 1;
        }
    }

    /// The lines that are kept, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> + ExactSizeIterator {
        self.lines.iter()
    }

    /// How many lines were ever written.
    pub fn written(&self) -> u64 {
        self.rotated + self.lines.len() as u64
    }

    /// The last `tail` lines (all of them for `None`).
    pub fn tail(&self, tail: Option<u32>) -> Vec<LogLine> {
        let keep = tail.map_or(self.lines.len(), |n| self.lines.len().min(n as usize));
        self.lines.range(self.lines.len() - keep..).cloned().collect()
    }

    /// The lines from number `from` (counted since the container's start) on.
    pub fn since(&self, from: u64) -> Vec<LogLine> {
        let skip = (from.saturating_sub(self.rotated) as usize).min(self.lines.len());
        self.lines.range(skip..).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_and_readable_from_anywhere() {
        let mut log = Log::default();
        for i in 0..1_500u64 {
            log.push(SimTime::from_secs(i), false, i.to_string());
        }
        assert_eq!(log.lines().len(), LINES_KEPT);
        assert_eq!(log.written(), 1_500);
        let tail: Vec<_> = log.tail(Some(2)).into_iter().map(|l| l.text.to_string()).collect();
        assert_eq!(tail, ["1498", "1499"]);
        assert_eq!(log.since(1_499).len(), 1);
        assert_eq!(log.since(0).len(), LINES_KEPT);
        assert_eq!(log.since(9_999).len(), 0);
    }
}
