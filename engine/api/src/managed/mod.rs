//! Managed fields and server-side apply: who manages which field of an object, and what an applied configuration does
//! to it.
//!
//! The rules are those of Kubernetes' page on server-side apply. Sets of fields are trees ([`FieldSet`]) that share what
//! they have in common, and a change of an object costs as much as what changed.

mod apply;
mod check;
mod compare;
mod element;
mod entries;
mod extract;
mod field_set;
mod merge;
mod shape;
mod update;

pub use apply::{Applied, ApplyError, Conflict, apply};
pub use check::go_text;
pub use entries::{Manager, Operation, manager_of};
pub use field_set::FieldSet;
pub use update::{same_but_times, update};

use sim::SimTime;

use crate::schema::Definition;

/// Who writes, what kind of object, when.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The kind's fields; `None` for a kind without schema.
    pub definition: Option<&'static Definition>,
    /// Who.
    pub manager: Manager,
    /// When.
    pub time: SimTime,
}

impl Writer {
    fn stamp(&self) -> sim::Str {
        sim::Str::from(self.time.rfc3339())
    }
}

/// Fields that nobody manages.
fn unmanaged() -> &'static FieldSet {
    static UNMANAGED: std::sync::LazyLock<FieldSet> = std::sync::LazyLock::new(|| {
        let metadata = [
            "f:name",
            "f:namespace",
            "f:creationTimestamp",
            "f:selfLink",
            "f:uid",
            "f:generation",
            "f:managedFields",
            "f:resourceVersion",
        ];
        let metadata = metadata.map(|field| ["f:metadata", field]);
        let mut paths: Vec<&[&str]> = vec![&["f:apiVersion"], &["f:kind"], &["f:metadata"]];
        paths.extend(metadata.iter().map(|path| path.as_slice()));
        FieldSet::of_paths(&paths)
    });
    &UNMANAGED
}
