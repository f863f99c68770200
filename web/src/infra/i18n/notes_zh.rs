//! The components' notes in Chinese, by their English template. What is missing is said in English.

/// The translation of a template.
pub fn translate(template: &str) -> Option<&'static str> {
    NOTES.iter().find(|(english, _)| *english == template).map(|(_, chinese)| *chinese)
}

/// English template and translation.
const NOTES: &[(&str, &str)] = &[];
