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

impl Problem {
    /// The place in words: `document 2, line 7, column 5, field spec.replicas`.
    pub fn place(&self) -> String {
        let mut text = format!("document {}, line {}, column {}", self.document, self.line, self.column);
        if !self.field.is_empty() {
            text.push_str(&format!(", field {}", self.field));
        }
        text
    }

    /// ` (did you mean "image"?)`, or nothing.
    pub fn question(&self) -> String {
        self.suggestion
            .as_ref()
            .map_or_else(String::new, |meant| format!(" (did you mean {:?}?)", meant.as_str()))
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}{}", self.place(), self.message, self.question())
    }
}
