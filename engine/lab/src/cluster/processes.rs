//! A place for a process: running, or down.

use std::sync::Arc;

/// A process, shared between forks of history until one of them runs it.
#[derive(Clone, Debug, Default, Hash)]
pub enum Slot<T> {
    /// Nothing was ever started here, or what was there left nothing behind.
    #[default]
    Empty,
    /// It runs.
    Running(Arc<T>),
    /// It was stopped. Its memory is lost (it empties it itself when it starts), but its dice and its counters go on, so
    /// that a restarted process does not repeat itself.
    Stopped(Arc<T>),
}

impl<T: Clone> Slot<T> {
    /// A running process.
    pub fn running(process: T) -> Slot<T> {
        Slot::Running(Arc::new(process))
    }

    /// The process, while it runs.
    pub fn get(&self) -> Option<&T> {
        match self {
            Slot::Running(process) => Some(process),
            Slot::Empty | Slot::Stopped(_) => None,
        }
    }

    /// The process to change it, while it runs.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        match self {
            Slot::Running(process) => Some(Arc::make_mut(process)),
            Slot::Empty | Slot::Stopped(_) => None,
        }
    }

    /// True while it runs.
    pub fn is_up(&self) -> bool {
        matches!(self, Slot::Running(_))
    }

    /// Stops it.
    pub fn stop(&mut self) {
        if let Slot::Running(process) = std::mem::take(self) {
            *self = Slot::Stopped(process);
        }
    }

    /// Runs what was stopped here, or a new process.
    pub fn start(&mut self, new: impl FnOnce() -> T) {
        *self = match std::mem::take(self) {
            Slot::Stopped(process) | Slot::Running(process) => Slot::Running(process),
            Slot::Empty => Slot::running(new()),
        };
    }

    /// Stops it and hands out what was in memory.
    pub fn take(&mut self) -> Option<T> {
        match std::mem::take(self) {
            Slot::Running(process) => Some(Arc::unwrap_or_clone(process)),
            Slot::Empty | Slot::Stopped(_) => None,
        }
    }
}
