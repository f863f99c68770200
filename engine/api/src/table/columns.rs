//! Column definitions.

use crate::{Value, object};

/// A column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// The heading; kubectl prints it in capitals.
    pub name: &'static str,
    /// `string`, `integer`, `date`, ...
    pub kind: &'static str,
    /// `name` for the column with the name.
    pub format: &'static str,
    /// Zero, or more for columns of `-o wide`.
    pub priority: u32,
}

impl Column {
    /// As it stands in a table's `columnDefinitions`.
    pub fn definition(&self) -> Value {
        object!({
            "name": self.name, "type": self.kind, "format": self.format, "description": "", "priority": self.priority,
        })
    }
}

/// The column of the name.
pub(super) const NAME: Column = Column { name: "Name", kind: "string", format: "name", priority: 0 };
/// The column of the age.
pub(super) const AGE: Column = text("Age");
/// What kinds without columns of their own show.
pub(super) const PLAIN: &[Column] = &[NAME, AGE];

pub(super) const fn text(name: &'static str) -> Column {
    Column { name, kind: "string", format: "", priority: 0 }
}

pub(super) const fn number(name: &'static str) -> Column {
    Column { name, kind: "integer", format: "", priority: 0 }
}

pub(super) const fn wide(name: &'static str) -> Column {
    Column { name, kind: "string", format: "", priority: 1 }
}
