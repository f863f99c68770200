//! A place for a process: running, or down.

use std::sync::Arc;

/// A process, shared between forks of history until one of them runs it.
#[derive(Clone, Debug, Hash)]
pub struct Slot<T>(Option<Arc<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot(None)
    }
}

impl<T: Clone> Slot<T> {
    /// A running process.
    pub fn running(process: T) -> Slot<T> {
        Slot(Some(Arc::new(process)))
    }

    /// The process, while it runs.
    pub fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// The process to change it, while it runs.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut().map(Arc::make_mut)
    }

    /// True while it runs.
    pub fn is_up(&self) -> bool {
        self.0.is_some()
    }

    /// Stops it and hands out what was in memory.
    pub fn take(&mut self) -> Option<T> {
        self.0.take().map(Arc::unwrap_or_clone)
    }
}
