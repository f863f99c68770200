//! What fields each kind has: a table generated from the API's OpenAPI description.

use sim::Str;

/// The names of all fields of all kinds, sorted.
pub fn field_names() -> Vec<Str> {
    let mut names: Vec<Str> = ["apiVersion", "kind", "metadata"].map(Str::from).to_vec();
    names.sort();
    names
}
