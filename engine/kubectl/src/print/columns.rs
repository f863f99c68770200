//! `-o custom-columns=NAME:.metadata.name,...`.

use api::Value;

use super::jsonpath::{self, Path};
use super::tabs;

/// Columns by path.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct Columns(Vec<(String, Path)>);

impl Columns {
    /// Reads a specification.
    ///
    /// # Errors
    /// In kubectl's words.
    pub fn parse(spec: &str) -> Result<Columns, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".to_owned());
        }
        let mut columns = Vec::new();
        for part in split_outside_brackets(spec) {
            let Some((header, path)) = part.split_once(':') else {
                return Err(format!(
                    "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
                ));
            };
            columns.push((header.to_owned(), Path::parse(path)?));
        }
        Ok(Columns(columns))
    }

    /// Prints objects, one a row.
    pub fn print<'v>(&self, objects: impl Iterator<Item = &'v Value>, headers: bool) -> String {
        let mut text = String::new();
        if headers {
            let names: Vec<&str> = self.0.iter().map(|(header, _)| header.as_str()).collect();
            text.push_str(&names.join("\t"));
            text.push('\n');
        }
        for object in objects {
            let cells: Vec<String> = self.0.iter().map(|(_, path)| cell(path, object)).collect();
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        tabs::align(&text, tabs::GET)
    }
}

fn cell(path: &Path, object: &Value) -> String {
    let found = path.find(object, true).unwrap_or_default();
    if found.is_empty() {
        return "<none>".to_owned();
    }
    let texts: Vec<String> = found
        .into_iter()
        .map(|v| if v.is_null() { "<none>".to_owned() } else { jsonpath::text_of(v) })
        .collect();
    texts.join(",")
}

/// Splits at commas that stand in no brackets (`[0,1]`).
fn split_outside_brackets(spec: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0u32, 0);
    for (i, c) in spec.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&spec[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&spec[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;

    #[test]
    fn columns_by_path() {
        let a = object! { "metadata": { "name": "a" }, "spec": { "containers": [{ "image": "x" }, { "image": "y" }] } };
        let columns =
            Columns::parse("NAME:.metadata.name,IMAGES:.spec.containers[*].image,NODE:{.spec.nodeName}")
                .unwrap();
        assert_eq!(columns.print([&a].into_iter(), true), "NAME   IMAGES   NODE\na      x,y      <none>\n");
        assert_eq!(
            Columns::parse("NAME"),
            Err("unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>".to_owned())
        );
    }
}
