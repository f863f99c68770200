//! What is wrong with a manifest, and where.

use api::Str;

/// One mistake in a manifest, with its place, so that an editor can underline it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Problem {
    /// Which document of the text, counted from 1.
    pub document: u32,
    /// The line in the whole text, counted from 1; 0 when the place is not known.
    pub line: u32,
    /// The column, counted from 1; 0 when the place is not known.
    pub column: u32,
    /// The path of the field (`spec.template.spec.containers[0].image`); empty when it is no field's.
    pub field: Str,
    /// What is wrong.
    pub message: Str,
    /// What was probably meant.
    pub suggestion: Option<Str>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "document {}, line {}, column {}", self.document, self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, ", field {}", self.field)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(meant) = &self.suggestion {
            write!(f, " (did you mean {meant:?}?)")?;
        }
        Ok(())
    }
}
