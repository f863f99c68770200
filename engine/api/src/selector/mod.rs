//! Choosing objects by labels and by fields.

mod field;
mod label;
mod parse;

pub use field::{FieldSelector, FieldTerm};
pub use label::{LabelSelector, LabelSelectorRequirement, LabelSet, Operator, Requirement, Selector};
