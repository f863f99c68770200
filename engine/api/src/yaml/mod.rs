//! The one door for YAML: many documents in, kubectl's style out.
//!
//! Read as kubectl reads it (go-yaml's YAML 1.1 scalars: `0644` is 420, `on` and `yes` are true), with the place of every
//! field. The events come from serde-saphyr's parser; composing them ourselves gives Kubernetes' meaning of
//! scalars, both places of a key given twice, and errors that cost one document and not the rest.

mod compose;
mod places;
mod scalar;
mod write;

use std::fmt;

pub use places::Place;

use crate::{Value, json};
use places::Places;

/// The longest text that is read: the API server's limit on a request's body.
pub const INPUT_BYTES_MAX: usize = json::INPUT_BYTES_MAX;

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// The content; never null.
    pub value: Value,
    /// Its number among the documents that are not empty, from 0.
    pub index: u32,
    /// The line on which it begins, from 1.
    pub line: u32,
    places: Places,
}

impl Document {
    /// The place of a field, by its path: `spec.template.spec.containers[0].image`. For a field that is not there, the
    /// place of the nearest part around it.
    pub fn place_of(&self, path: &str) -> Option<Place> {
        self.places.find(path)
    }
}

/// Why a document could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YamlError {
    /// The document's number, counted as in [`Document::index`] with the broken ones.
    pub document: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for YamlError {}

/// What a text has: the documents that could be read, and what is wrong with the others.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// The documents, in order. Empty ones are dropped.
    pub documents: Vec<Document>,
    /// The errors, in order.
    pub errors: Vec<YamlError>,
}

/// Reads all documents of a text: YAML, or JSON values one after the other.
pub fn read(text: &str) -> Documents {
    if text.len() > INPUT_BYTES_MAX {
        let message = format!("the text is too large: {} bytes, limit is {INPUT_BYTES_MAX}", text.len());
        let error = YamlError { document: 0, line: 1, column: 1, message };
        return Documents { documents: Vec::new(), errors: vec![error] };
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        // What begins like JSON may still be YAML in flow style: then it is read as YAML.
        if let Some(documents) = read_json(text) {
            return documents;
        }
    }
    compose::read(text)
}

/// Reads a text that should have one document.
pub fn read_one(text: &str) -> Result<Value, YamlError> {
    let mut read = read(text);
    if let Some(error) = read.errors.drain(..).next() {
        return Err(error);
    }
    let place = |line| YamlError { document: 0, line, column: 1, message: String::new() };
    match read.documents.len() {
        0 => Err(YamlError { message: "there is no document".to_owned(), ..place(1) }),
        1 => Ok(read.documents.remove(0).value),
        _ => Err(YamlError {
            message: "there is more than one document".to_owned(),
            ..place(read.documents[1].line)
        }),
    }
}

/// JSON values one after the other; `None` when it is no JSON.
fn read_json(text: &str) -> Option<Documents> {
    let mut result = Documents::default();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    // Lines are counted on the way: a text may have a document on each of its many lines.
    let (mut start, mut line) = (0, 0);
    while let Some(value) = stream.next() {
        let value = value.ok()?;
        let piece = &text[start..stream.byte_offset()];
        start += piece.len();
        // JSON allows tabs where YAML does not; a JSON string has none.
        let composed = compose::read(&piece.replace('\t', " ")).documents.into_iter().next();
        let mut places = composed.map(|document| document.places).unwrap_or_default();
        places.shift(line);
        let blank = piece.len() - piece.trim_start().len();
        let first = line + 1 + piece[..blank].matches('\n').count() as u32;
        line += piece.matches('\n').count() as u32;
        let index = result.documents.len() as u32;
        if !value.is_null() {
            result.documents.push(Document { value, index, line: first, places });
        }
    }
    Some(result)
}

/// Writes a value as `kubectl get -o yaml` does: keys sorted, lists not indented.
pub fn write(value: &Value) -> String {
    write::write(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    fn one(text: &str) -> Value {
        read_one(text).unwrap()
    }

    #[test]
    fn scalars_as_kubectl_reads_them() {
        let text = "a: 0644\nb: yes\nc: on\nd: 0x1F\ne: 1_000\nf: 1e3\ng: '5'\nh: ~\ni:\nj: 1.5\nk: 08\nl: 2026-01-01\nm: 12:30\nnn: !!str 5\no: 1.0\np: |\n  x\n  y\n80: q\nr: n\n";
        assert_eq!(
            one(text),
            object!({
                "a": 420, "b": true, "c": true, "d": 31, "e": 1000, "f": 1000, "g": "5", "h": null, "i": null, "j": 1.5,
                "k": 8, "l": "2026-01-01", "m": "12:30", "nn": "5", "o": 1, "p": "x\ny\n", "80": "q", "r": false,
            })
        );
    }

    #[test]
    fn many_documents_and_their_errors() {
        let text = "# only a comment\n---\na: 1\n---\n---\nb: [1, 2\nc: 3\n---\nd: 4\nd: 5\n---\ne: 6\n...\n";
        let read = read(text);
        let values: Vec<_> = read.documents.iter().map(|d| (d.index, d.line, d.value.clone())).collect();
        assert_eq!(values, [(0, 3, object!({"a": 1})), (3, 12, object!({"e": 6}))]);
        assert_eq!(read.errors.len(), 2);
        assert_eq!(read.errors[0].document, 1);
        assert_eq!(
            read.errors[1],
            YamlError {
                document: 2,
                line: 10,
                column: 1,
                message: "key \"d\" is given twice: here, and at line 9, column 1".to_owned(),
            }
        );
    }

    #[test]
    fn merges_and_aliases() {
        let text = "base: &b {x: 1, w: 2}\none:\n  <<: *b\n  w: 3\ntwo: *b\nthree:\n  <<: [*b, {z: 4}]\n";
        assert_eq!(
            one(text),
            object!({
                "base": {"x": 1, "w": 2}, "one": {"x": 1, "w": 3}, "two": {"x": 1, "w": 2}, "three": {"x": 1, "w": 2, "z": 4},
            })
        );
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..20 {
            let items = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb.push_str(&format!("a{i}: &a{i} [{items}]\n"));
        }
        assert_eq!(read(&bomb).errors[0].message, "document contains excessive aliasing");
    }

    #[test]
    fn places() {
        let text = "kind: Pod\nspec:\n  containers:\n  - name: web\n    imagee: nginx\nmetadata:\n  annotations:\n    a.b/c: x\n";
        let read = read(text);
        let document = &read.documents[0];
        let place = |path| document.place_of(path).map(|p| (p.line, p.column));
        assert_eq!(place("spec.containers[0].imagee"), Some((5, 5)));
        assert_eq!(place("spec.containers[0]"), Some((4, 5)));
        assert_eq!(place("metadata.annotations.a.b/c"), Some((8, 5)));
        assert_eq!(place("spec.containers[0].image"), Some((4, 5)), "missing: the part around it");
        assert_eq!(place("nothing"), Some((1, 1)));
    }

    #[test]
    fn json_documents() {
        let read = read("{\"a\":\t1,\n \"b\": \"\\u0041\"}\n{\"c\": {\"d\": []}}\n");
        let values: Vec<_> = read.documents.iter().map(|d| (d.line, d.value.clone())).collect();
        assert_eq!(values, [(1, object!({"a": 1, "b": "A"})), (3, object!({"c": {"d": []}}))]);
        assert_eq!(read.documents[1].place_of("c.d").unwrap(), Place { line: 3, column: 8 });
        assert_eq!(one("{a: 1, b: yes}"), object!({"a": 1, "b": true}));
        assert_eq!(super::read("{\"a\": }\n{").errors.len(), 1);
    }

    #[test]
    fn bounded() {
        assert!(read(&"a".repeat(INPUT_BYTES_MAX + 1)).errors[0].message.contains("too large"));
        assert_eq!(read(&"[".repeat(100_000)).errors.len(), 1);
        assert_eq!(read(&"- ".repeat(100_000)).errors.len(), 1);
        let many = "a: b\n---\n".repeat(20_000);
        assert_eq!(read(&many).documents.len(), 20_000);
        let many = read(&"{\"a\": 1}\n".repeat(50_000));
        assert_eq!(many.documents.last().map(|d| d.line), Some(50_000));
        assert_eq!(
            read("").documents.len() + read("# c\n").documents.len() + read("---\n---\n").documents.len(),
            0
        );
    }

    #[test]
    fn any_string_survives() {
        let texts = [
            "", " ", "a ", " a", "~", "null", "- a", "-", "--- a", "a: b", "a:", "a #b", "#", "a#b", "'",
            "it's", "\"q\"", "\\", "\t", "a\tb", "a\nb", "a\nb\n", "a\n\n", "\na", "  a\nb", "a \nb", "\n",
            "{", "[a", "*a", "&a", "!a", "%a", "@a", "`a", "1:30", "1_0", "0x", "0b2", "1e3", ".5", ".", "+",
            "<<", "=", "é", "\u{1}", "\r", "a\rb", "?", "? a", "|", ">", "y", "日本",
        ];
        for text in texts {
            let value = object!({"k": text, "l": [text, [text]], "m": {"n": {"o": text}}});
            let written = write(&value);
            assert_eq!(read_one(&written), Ok(value), "{written}");
            let mut keyed = Value::map();
            keyed.set(&[text], 1);
            let written = write(&keyed);
            assert_eq!(read_one(&written), Ok(keyed), "{written}");
        }
    }

    #[test]
    fn writing() {
        let value = object!({
            "spec": {"containers": [{"name": "web", "args": ["-c", "echo hi"]}], "on": "yes", "n": "0644", "empty": {}, "list": []},
            "metadata": {"name": "web", "text": "a\nb\n", "null": null, "number": "5", "colon": "a: b", "bool": "true"},
        });
        let text = write(&value);
        assert_eq!(one(&text), value, "{text}");
        let expected = concat!(
            "metadata:\n  bool: \"true\"\n  colon: 'a: b'\n  name: web\n  \"null\": null\n  number: \"5\"\n  text: |\n    a\n    b\n",
            "spec:\n  containers:\n  - args:\n    - -c\n    - echo hi\n    name: web\n  empty: {}\n  list: []\n  \"n\": \"0644\"\n  \"on\": \"yes\"\n",
        );
        assert_eq!(text, expected);
    }
}
