//! A shared node with a digest that is computed once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim::Digest;

/// `T` behind a reference count, with its digest beside it. Changing a shared node copies it.
pub(super) struct Node<T>(Arc<Inner<T>>);

struct Inner<T> {
    content: T,
    /// The digest, or 0 while nobody asked for it. A cache: it never takes part in comparisons.
    digest: AtomicU64,
}

impl<T: Clone> Clone for Inner<T> {
    fn clone(&self) -> Self {
        Inner { content: self.content.clone(), digest: AtomicU64::new(self.digest.load(Ordering::Relaxed)) }
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        Node(self.0.clone())
    }
}

impl<T: Clone> Node<T> {
    pub(super) fn new(content: T) -> Self {
        Node(Arc::new(Inner { content, digest: AtomicU64::new(0) }))
    }

    pub(super) fn get(&self) -> &T {
        &self.0.content
    }

    pub(super) fn make_mut(&mut self) -> &mut T {
        let inner = Arc::make_mut(&mut self.0);
        *inner.digest.get_mut() = 0;
        &mut inner.content
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn digest(&self, compute: impl FnOnce(&T) -> Digest) -> Digest {
        let cached = self.0.digest.load(Ordering::Relaxed);
        if cached != 0 {
            return Digest(cached);
        }
        let digest = compute(&self.0.content);
        self.0.digest.store(digest.0, Ordering::Relaxed);
        digest
    }
}
