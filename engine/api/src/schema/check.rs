//! Strict field validation: what Go's decoders would say about a tree.

use std::fmt;

use super::{Definition, Type, definition_of};
use crate::Value;
use crate::quantity::{ParseQuantityError, Quantity};
use crate::types::push_field;

/// What is wrong with one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: `spec.template.spec.containers[0].imagee`.
    pub path: String,
    /// What.
    pub kind: ProblemKind,
}

/// A kind of problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProblemKind {
    /// The kind has no such field. Ignored unless the client asked for strict validation.
    Unknown {
        /// A field that may have been meant.
        suggestion: Option<&'static str>,
    },
    /// The value does not fit; the message is that of Go's decoders. Always an error.
    Type(String),
}

impl Problem {
    /// True for an unknown field.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, ProblemKind::Unknown { .. })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ProblemKind::Unknown { .. } => write!(f, "unknown field {:?}", self.path),
            ProblemKind::Type(message) => f.write_str(message),
        }
    }
}

/// Checks an object against its kind's definition. Empty when all is fine or the kind is not known.
pub fn check(object: &Value) -> Vec<Problem> {
    definition_of(object).map_or_else(Vec::new, |definition| check_as(definition, object))
}

/// Checks a value against a definition.
pub fn check_as(definition: &'static Definition, value: &Value) -> Vec<Problem> {
    check_changed(definition, value, None)
}

/// Checks what of a value is not shared with `trusted`, which was checked before.
pub fn check_changed(
    definition: &'static Definition,
    value: &Value,
    trusted: Option<&Value>,
) -> Vec<Problem> {
    let mut checker =
        Checker { path: String::new(), go_path: String::new(), owner: definition, problems: Vec::new() };
    checker.object(definition, value, trusted);
    checker.problems
}

/// What the API server says of an object with problems, as the message of its 400; `duplicates` are the paths of fields
/// that the text gave twice. Wrong types come first and alone. With `strict` unset, unknown fields are fine.
pub fn strict_error(
    object: &Value,
    problems: &[Problem],
    duplicates: &[String],
    strict: bool,
) -> Option<String> {
    let text = |name| object.str_at(&[name]).map_or("", |s| s.as_str());
    let kind = text("kind");
    let version = text("apiVersion").rsplit('/').next().unwrap_or_default();
    let intro = format!("{kind} in version {version:?} cannot be handled as a {kind}: ");
    if let Some(mistyped) = problems.iter().find(|p| !p.is_unknown()) {
        return Some(format!("{intro}{mistyped}"));
    }
    let mut parts: Vec<String> = duplicates.iter().map(|path| format!("duplicate field {path:?}")).collect();
    parts.extend(problems.iter().map(Problem::to_string));
    if !strict || parts.is_empty() {
        return None;
    }
    Some(format!("{intro}strict decoding error: {}", parts.join(", ")))
}

struct Checker {
    /// With indices and map keys, for people.
    path: String,
    /// Struct fields only, as Go's messages have it.
    go_path: String,
    owner: &'static Definition,
    problems: Vec<Problem>,
}

impl Checker {
    fn object(&mut self, definition: &'static Definition, value: &Value, trusted: Option<&Value>) {
        let Some(map) = value.as_map() else { return self.mismatch(value, definition.go_type()) };
        let outer = std::mem::replace(&mut self.owner, definition);
        let (length, go_length) = (self.path.len(), self.go_path.len());
        // A union without fields of its own takes anything.
        for (name, value) in map.iter() {
            let trusted = trusted.and_then(|trusted| trusted.get(name));
            if trusted.is_some_and(|trusted| trusted.same(value)) {
                continue;
            }
            push_field(&mut self.path, name);
            match definition.field(name) {
                Some(_) if value.is_null() => {}
                Some(field) => {
                    push_field(&mut self.go_path, name);
                    self.value(&field.value, value, trusted);
                    self.go_path.truncate(go_length);
                }
                None => {
                    let suggestion = suggest(definition, name);
                    self.problems
                        .push(Problem { path: self.path.clone(), kind: ProblemKind::Unknown { suggestion } });
                }
            }
            self.path.truncate(length);
        }
        self.owner = outer;
    }

    fn value(&mut self, expected: &Type, value: &Value, trusted: Option<&Value>) {
        match (expected, value) {
            (Type::Any, _)
            | (Type::String, Value::Str(_))
            | (Type::Int64, Value::Int(_))
            | (Type::Boolean, Value::Bool(_))
            | (Type::Number, Value::Int(_) | Value::Float(_))
            | (Type::Quantity, Value::Int(_) | Value::Float(_))
            | (Type::IntOrString, Value::Str(_)) => {}
            (Type::Int32 | Type::IntOrString, Value::Int(i)) if i32::try_from(*i).is_ok() => {}
            (Type::Quantity, Value::Str(s)) => {
                if Quantity::parse(s.trim()).is_err() {
                    self.problem(ParseQuantityError.to_string());
                }
            }
            (Type::Quantity, _) => self.problem(ParseQuantityError.to_string()),
            (Type::Bytes, Value::Str(s)) => {
                if let Some(place) = bad_base64(s) {
                    self.problem(format!("illegal base64 data at input byte {place}"));
                }
            }
            (Type::Time | Type::MicroTime, Value::Str(s)) => {
                if sim::SimTime::parse_rfc3339(s).is_none() {
                    let layout = if *expected == Type::Time { "" } else { ".000000" };
                    let layout = format!("2006-01-02T15:04:05{layout}Z07:00");
                    self.problem(format!(
                        "parsing time {:?} as {layout:?}: cannot parse {:?} as \"2006\"",
                        s.as_str(),
                        s.as_str()
                    ));
                }
            }
            (Type::IntOrString, _) => {
                self.problem(format!(
                    "json: cannot unmarshal {} into Go value of type int32",
                    go_value(value)
                ));
            }
            (Type::Object(_), _) => {
                if let Some(definition) = expected.definition() {
                    self.object(definition, value, trusted);
                }
            }
            (Type::List(item), Value::List(list)) => {
                let length = self.path.len();
                let trusted = trusted.map_or(&[][..], Value::items);
                for (i, value) in list.as_slice().iter().enumerate() {
                    let trusted = trusted.get(i);
                    if !value.is_null() && !trusted.is_some_and(|trusted| trusted.same(value)) {
                        self.path.push_str(&format!("[{i}]"));
                        self.value(item, value, trusted);
                        self.path.truncate(length);
                    }
                }
            }
            (Type::Map(item), Value::Map(map)) => {
                let length = self.path.len();
                for (key, value) in map.iter() {
                    if !value.is_null() {
                        push_field(&mut self.path, key);
                        self.value(item, value, trusted.and_then(|trusted| trusted.get(key)));
                        self.path.truncate(length);
                    }
                }
            }
            _ => self.mismatch(value, &go_type(expected)),
        }
    }

    fn mismatch(&mut self, value: &Value, go_type: &str) {
        let found = go_value(value);
        self.problem(if self.go_path.is_empty() {
            format!("json: cannot unmarshal {found} into Go value of type {go_type}")
        } else {
            let owner = self.owner.struct_name();
            format!(
                "json: cannot unmarshal {found} into Go struct field {owner}.{} of type {go_type}",
                self.go_path
            )
        });
    }

    fn problem(&mut self, message: String) {
        self.problems.push(Problem { path: self.path.clone(), kind: ProblemKind::Type(message) });
    }
}

/// How Go's decoder names what it found.
fn go_value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        // Only a number that does not fit is shown.
        Value::Int(i) if i32::try_from(*i).is_err() => format!("number {i}"),
        Value::Int(_) => "number".to_owned(),
        Value::Float(x) => format!("number {x}"),
        Value::Str(_) => "string".to_owned(),
        Value::List(_) => "array".to_owned(),
        Value::Map(_) => "object".to_owned(),
    }
}

fn go_type(expected: &Type) -> String {
    match expected {
        Type::String => "string".to_owned(),
        Type::Int32 => "int32".to_owned(),
        Type::Int64 => "int64".to_owned(),
        Type::Number => "float64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Bytes => "[]uint8".to_owned(),
        Type::Time | Type::MicroTime => "string".to_owned(),
        Type::Quantity => "resource.Quantity".to_owned(),
        Type::IntOrString => "intstr.IntOrString".to_owned(),
        Type::Any => "interface {}".to_owned(),
        Type::Object(_) => expected.definition().map_or("interface {}", Definition::go_type).to_owned(),
        Type::List(item) => format!("[]{}", go_type(item)),
        Type::Map(item) if **item == Type::Quantity => "v1.ResourceList".to_owned(),
        Type::Map(item) => format!("map[string]{}", go_type(item)),
    }
}

/// The first place that is no base64.
fn bad_base64(text: &str) -> Option<usize> {
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let body = bytes.iter().rposition(|b| *b != b'=').map_or(0, |i| i + 1);
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    if let Some(place) = bytes[..body].iter().position(|b| !letter(b)) {
        return Some(place);
    }
    (!bytes.len().is_multiple_of(4) || bytes.len() - body > 2).then_some(bytes.len())
}

/// The field whose name is nearest: at most a third of the letters differ.
fn suggest(definition: &'static Definition, name: &str) -> Option<&'static str> {
    let scored = definition
        .fields
        .iter()
        .map(|f| (distance(&f.name.to_ascii_lowercase(), &name.to_ascii_lowercase()), f.name));
    let (distance, best) = scored.min()?;
    (distance <= (name.len() / 3).max(1)).then_some(best)
}

/// How many letters must be added, removed or replaced.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    fn deployment(spec: Value) -> Value {
        object!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    }

    #[test]
    fn unknown_fields() {
        let object = deployment(object!({
            "replicas": 3,
            "template": {"spec": {"containers": [{"name": "web", "imagee": "nginx"}, {"name": "b", "xyzzy": 1}]}},
        }));
        let problems = check(&object);
        assert_eq!(problems[0].kind, ProblemKind::Unknown { suggestion: Some("image") });
        assert_eq!(problems[1].kind, ProblemKind::Unknown { suggestion: None });
        assert_eq!(
            strict_error(&object, &problems, &["spec.replicas".to_owned()], true).unwrap(),
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: duplicate field \"spec.replicas\", \
             unknown field \"spec.template.spec.containers[0].imagee\", unknown field \"spec.template.spec.containers[1].xyzzy\""
        );
        assert_eq!(strict_error(&object, &problems, &[], false), None);
    }

    #[test]
    fn wrong_types() {
        let table = [
            (
                object!({"replicas": "three"}),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                object!({"replicas": 1.5}),
                "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                object!({"template": []}),
                "json: cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
            ),
            (
                object!({"template": {"spec": {"containers": {}}}}),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
            (
                object!({"template": {"metadata": {"labels": {"a": 1}}}}),
                "json: cannot unmarshal number into Go struct field ObjectMeta.spec.template.metadata.labels of type string",
            ),
            (
                object!({"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "much"}}}]}}}),
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
        ];
        for (spec, message) in table {
            let problems = check(&deployment(spec));
            assert_eq!(problems.first().map(Problem::to_string).as_deref(), Some(message));
        }
        assert_eq!(
            check(&deployment(object!({"replicas": null, "template": {"spec": {"volumes": [null]}}}))),
            []
        );
    }

    #[test]
    fn base64() {
        assert_eq!(bad_base64("aGk="), None);
        assert_eq!(bad_base64("a*k="), Some(1));
        assert_eq!(bad_base64("aGk"), Some(3));
    }
}
