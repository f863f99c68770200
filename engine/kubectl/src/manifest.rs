//! Manifests: texts of many documents, each object with the places of its fields.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use api::schema::{self, ProblemKind};
use api::yaml::{self, YamlError};
use api::{Str, Value};

use crate::failure::Failure;
use crate::problem::Problem;
use crate::resource::{self, Resource};

/// A text, and the name it goes by in messages.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Source {
    /// `STDIN`, or the file's name.
    pub name: Str,
    /// The text.
    pub text: Str,
}

/// One object of a manifest.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it came from.
    pub source: Str,
    /// The object.
    pub value: Value,
    /// The document that it stands in; follows from the text, takes no part in hashes.
    document: Arc<yaml::Document>,
    /// The path of the object in the document: empty, or `items[2].` in a List.
    prefix: String,
}

impl Hash for Document {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
        self.value.hash(state);
        self.document.index.hash(state);
        self.prefix.hash(state);
    }
}

/// A document that can't be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Broken {
    /// What kubectl says.
    pub failure: Failure,
    /// The place.
    pub problem: Problem,
}

/// Reads the objects of a text. What is wrong with one document costs no other.
pub fn read(source: &Source) -> Vec<Result<Document, Broken>> {
    let read = yaml::read(&source.text);
    let mut found: Vec<(u32, Result<Document, Broken>)> = Vec::new();
    for error in read.errors {
        found.push((error.document, Err(unreadable(source, &error))));
    }
    for document in read.documents {
        let index = document.index;
        let (document, value) = (Arc::new(document.clone()), document.value);
        let is_list = value.str_at(&["kind"]).is_some_and(|k| k == "List") && value.get("items").is_some();
        if !is_list {
            let one = Document { source: source.name.clone(), value, document, prefix: String::new() };
            found.push((index, Ok(one)));
            continue;
        }
        for (i, item) in value.items_at(&["items"]).iter().enumerate() {
            let one = Document {
                source: source.name.clone(),
                value: item.clone(),
                document: document.clone(),
                prefix: format!("items[{i}]."),
            };
            found.push((index, Ok(one)));
        }
    }
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, document)| document).collect()
}

/// One value from YAML or JSON text, as `kubectl patch -p` takes it.
///
/// # Errors
/// What is wrong with the text.
pub fn one_value(text: &str) -> Result<Value, YamlError> {
    yaml::read_one(text)
}

fn unreadable(source: &Source, error: &YamlError) -> Broken {
    let problem = Problem {
        document: error.document + 1,
        line: error.line,
        column: error.column,
        field: Str::new(),
        message: error.message.as_str().into(),
        suggestion: None,
    };
    let mut failure = Failure::error(format!(
        "error parsing {}: error converting YAML to JSON: yaml: line {}: {}",
        source.name, error.line, error.message
    ));
    let place = place_line(&source.name, &problem, &failure.text);
    failure.text.push_str(&place);
    Broken { failure, problem }
}

/// What the terminal adds to kubectl's message `said`: where it is. What was said already is not repeated.
pub fn place_line(source: &str, problem: &Problem, said: &str) -> String {
    if said.contains(problem.message.as_str()) {
        return format!("\n  in {source}: {}{}", problem.place(), problem.question());
    }
    format!("\n  in {source}: {problem}")
}

impl Document {
    /// The kind.
    ///
    /// # Errors
    /// When `apiVersion` or `kind` is missing, or no server has such a kind.
    pub fn resource(&self) -> Result<Resource, Failure> {
        let source = &self.source;
        let text = |name| self.value.str_at(&[name]).map_or("", |s| s.as_str());
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let missing = match (self.value.as_map().is_some(), api_version.is_empty(), kind.is_empty()) {
            (false, _, _) => "invalid object to validate",
            (_, true, true) => "[apiVersion not set, kind not set]",
            (_, true, false) => "apiVersion not set",
            (_, false, true) => "kind not set",
            _ => "",
        };
        if !missing.is_empty() {
            return Err(Failure::error(format!(
                "error validating {:?}: error validating data: {missing}; if you choose to ignore these errors, turn \
                 validation off with --validate=false",
                source.as_str()
            )));
        }
        resource::of(api_version, kind).ok_or_else(|| {
            let part = |name| self.value.str_at(&["metadata", name]).map_or("", |s| s.as_str());
            Failure::error(format!(
                "resource mapping not found for name: {:?} namespace: {:?} from {:?}: no matches for kind {kind:?} in \
                 version {api_version:?}\nensure CRDs are installed first",
                part("name"),
                part("namespace"),
                source.as_str()
            ))
        })
    }

    /// A problem with the field at `path`.
    pub fn problem(&self, path: &str, message: &str, suggestion: Option<&str>) -> Problem {
        let full = format!("{}{path}", self.prefix);
        let full = full.trim_end_matches('.');
        let place = self.document.place_of(full);
        Problem {
            document: self.document.index + 1,
            line: place.map_or(self.document.line, |p| p.line),
            column: place.map_or(1, |p| p.column),
            field: path.into(),
            message: message.into(),
            suggestion: suggestion.map(Str::from),
        }
    }

    /// What the schema says about the object.
    pub fn schema_problems(&self) -> Vec<Problem> {
        schema::check(&self.value)
            .iter()
            .map(|problem| match &problem.kind {
                ProblemKind::Unknown { suggestion } => {
                    self.problem(&problem.path, &format!("unknown field {:?}", problem.path), *suggestion)
                }
                ProblemKind::Type(message) => self.problem(&problem.path, message, None),
            })
            .collect()
    }

    /// What is wrong, from a server's refusal: its causes by field, else what the schema says, else the message itself.
    pub fn refusal_problems(&self, status: Option<&Value>, message: &str) -> Vec<Problem> {
        let text =
            |value: &Value, name: &str| value.str_at(&[name]).map_or_else(String::new, ToString::to_string);
        let causes = status.map_or(&[][..], |s| s.items_at(&["details", "causes"]));
        let mut problems: Vec<Problem> = causes
            .iter()
            .map(|cause| self.problem(&text(cause, "field"), &text(cause, "message"), None))
            .collect();
        if problems.is_empty() {
            problems = self.schema_problems();
        }
        if problems.is_empty() {
            problems.push(self.problem("", message, None));
        }
        problems
    }

    /// The problem of an object whose kind is not known.
    pub fn kind_problem(&self) -> Problem {
        let text = |name| self.value.str_at(&[name]).map_or("", |s| s.as_str());
        match (text("apiVersion"), text("kind")) {
            ("", _) => self.problem("apiVersion", "apiVersion not set", None),
            (_, "") => self.problem("kind", "kind not set", None),
            (version, kind) => {
                let known = api::kinds::all();
                // The right kind under another version, or the kind that is spelled most alike.
                let other = known.iter().find(|k| k.kind == kind).map(|k| ("apiVersion", &k.api_version));
                let alike = || {
                    let near = |k: &&api::kinds::KindInfo| {
                        crate::help::distance(&k.kind, kind) <= (kind.len() as u32 / 4).min(2)
                    };
                    known.iter().find(near).map(|k| ("kind", &k.kind))
                };
                let (field, meant) =
                    other.or_else(alike).map_or(("kind", None), |(f, m)| (f, Some(m.as_str())));
                self.problem(field, &format!("no matches for kind {kind:?} in version {version:?}"), meant)
            }
        }
    }
}
