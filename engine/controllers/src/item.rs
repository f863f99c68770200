//! What a controller works on.

use std::fmt;

use api::{Object, ObjectKey};

use crate::world::Kind;

/// What sort of thing a work item names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// An object of a kind.
    Object(Kind),
    /// A periodic pass over everything; each controller names its own by a number.
    Pass(u8),
}

/// A key in a controller's work queue.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Item {
    /// What sort of thing.
    pub subject: Subject,
    /// Which one; empty for a pass over everything.
    pub key: ObjectKey,
}

impl Item {
    /// An object.
    pub fn new(kind: Kind, key: ObjectKey) -> Item {
        Item { subject: Subject::Object(kind), key }
    }

    /// This object.
    pub fn of(kind: Kind, object: &Object) -> Item {
        Item::new(kind, object.key().clone())
    }

    /// A periodic pass.
    pub fn pass(number: u8) -> Item {
        Item { subject: Subject::Pass(number), key: ObjectKey::default() }
    }

    /// The kind of object it names, if it names one.
    pub fn kind(&self) -> Option<Kind> {
        match self.subject {
            Subject::Object(kind) => Some(kind),
            Subject::Pass(_) => None,
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Object(kind) => write!(f, "{} {}", kind.resource().kind, self.key),
            Subject::Pass(_) if self.key.name.is_empty() => f.write_str("periodic pass"),
            Subject::Pass(_) => write!(f, "pass over {}", self.key),
        }
    }
}
