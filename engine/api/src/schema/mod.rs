//! What fields each kind has: a table (`data/schema.txt`) generated from the API's OpenAPI description.
//!
//! The table is read when first asked for and never changes.

mod check;
mod normalize;
mod read;

use std::sync::LazyLock;

use sim::Str;

pub use check::{Problem, ProblemKind, check, check_as, check_changed, strict_error};
pub use normalize::{normalize, normalize_as};

use crate::Value;

/// The fields of one kind of object, or of a part of one.
#[derive(Debug)]
pub struct Definition {
    /// The name in the OpenAPI description: `core.v1.PodSpec`.
    pub name: &'static str,
    /// Group, version and kind, for what has them.
    pub kind: Option<(&'static str, &'static str, &'static str)>,
    /// Server-side apply takes it as one value (`structType=atomic`).
    pub atomic: bool,
    /// The fields by name.
    pub fields: Vec<Field>,
}

impl Definition {
    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|f| f.name.cmp(name)).ok().map(|i| &self.fields[i])
    }

    /// The Go struct's name: `PodSpec`.
    pub fn struct_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// The Go type's name: `v1.PodSpec`.
    pub fn go_type(&self) -> &'static str {
        match self.name.match_indices('.').rev().nth(1) {
            Some((i, _)) => &self.name[i + 1..],
            None => self.name,
        }
    }
}

/// A field of a definition.
#[derive(Debug)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// The type of its values.
    pub value: Type,
    /// True when it must be there.
    pub required: bool,
    /// How lists (and objects marked atomic) merge in server-side apply.
    pub topology: Topology,
    /// How strategic merge patches treat it.
    pub patch: PatchStrategy,
    /// The field by which a strategic merge patch tells list items apart.
    pub merge_key: Option<&'static str>,
    /// A struct, not a pointer, in Go: it is there (and empty) when nobody wrote it.
    pub there: bool,
    /// What a missing value stands for where it tells list items apart.
    pub default: Option<&'static str>,
    /// The name in sets of managed fields: `f:` and the name.
    pub managed: Str,
}

/// How parts of a value are told apart in server-side apply.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Topology {
    /// Lists are replaced as a whole, objects and maps merged by field.
    #[default]
    Plain,
    /// A map or object that is replaced as a whole.
    Atomic,
    /// A list of distinct scalars.
    Set,
    /// A list of objects told apart by these fields.
    Keys(Vec<&'static str>),
}

/// A field's `patchStrategy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PatchStrategy {
    /// Lists merge by key (or as sets) instead of being replaced.
    pub merge: bool,
    /// The object is replaced instead of merged.
    pub replace: bool,
    /// Fields that the patch does not name in `$retainKeys` go.
    pub retain_keys: bool,
}

/// The type of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Type {
    String,
    Int32,
    Int64,
    Number,
    Boolean,
    /// Base64 text.
    Bytes,
    /// RFC 3339, whole seconds.
    Time,
    /// RFC 3339, six digits.
    MicroTime,
    Quantity,
    IntOrString,
    /// Anything at all.
    Any,
    /// An object; see [`Type::definition`].
    Object(DefinitionId),
    List(Box<Type>),
    /// An object with free keys.
    Map(Box<Type>),
}

/// A definition's place in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DefinitionId(u32);

impl Type {
    /// The definition behind an object, or behind the items of a list or map.
    pub fn definition(&self) -> Option<&'static Definition> {
        match self {
            Type::Object(id) => SCHEMA.definitions.get(id.0 as usize),
            Type::List(item) | Type::Map(item) => item.definition(),
            _ => None,
        }
    }

    /// As `kubectl explain` writes it: `<[]Container>`, without the brackets around.
    pub fn explain(&self) -> String {
        match self {
            Type::String | Type::Bytes | Type::Time | Type::MicroTime => "string".to_owned(),
            Type::Int32 | Type::Int64 => "integer".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Boolean => "boolean".to_owned(),
            Type::Quantity => "Quantity".to_owned(),
            Type::IntOrString => "IntOrString".to_owned(),
            Type::Any => "Object".to_owned(),
            Type::Object(_) => self.definition().map_or("Object", Definition::struct_name).to_owned(),
            Type::List(item) => format!("[]{}", item.explain()),
            Type::Map(item) => format!("map[string]{}", item.explain()),
        }
    }
}

struct Schema {
    /// By name.
    definitions: Vec<Definition>,
    /// Those with a kind, by group, version and kind.
    kinds: Vec<(&'static str, &'static str, &'static str, DefinitionId)>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read::read(include_str!("../../data/schema.txt")));

/// The definition of a kind.
pub fn definition(group: &str, version: &str, kind: &str) -> Option<&'static Definition> {
    let kinds = &SCHEMA.kinds;
    let found = kinds.binary_search_by(|(g, v, k, _)| (*g, *v, *k).cmp(&(group, version, kind))).ok()?;
    SCHEMA.definitions.get(kinds[found].3.0 as usize)
}

/// The definition of an object by its `apiVersion` and `kind`.
pub fn definition_of(object: &Value) -> Option<&'static Definition> {
    let api_version = object.str_at(&["apiVersion"])?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    definition(group, version, object.str_at(&["kind"])?)
}

/// A definition by its name: `core.v1.PodSpec`.
pub fn named(name: &str) -> Option<&'static Definition> {
    let found = SCHEMA.definitions.binary_search_by(|d| d.name.cmp(name)).ok()?;
    Some(&SCHEMA.definitions[found])
}

/// The field at a dotted path below a definition: `spec.template.spec.containers`. Lists and maps of free keys are
/// walked through.
pub fn field_at(definition: &'static Definition, path: &str) -> Option<&'static Field> {
    let mut current = Some(definition);
    let mut found = None;
    for name in path.split('.') {
        let field = current?.field(name)?;
        current = field.value.definition();
        found = Some(field);
    }
    found
}

/// The names of all fields of all kinds, sorted.
pub fn field_names() -> Vec<Str> {
    let mut names: Vec<&str> =
        SCHEMA.definitions.iter().flat_map(|d| d.fields.iter().map(|f| f.name)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(Str::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads() {
        let deployment = definition("apps", "v1", "Deployment").unwrap();
        let containers = field_at(deployment, "spec.template.spec.containers").unwrap();
        assert!(containers.required && containers.patch.merge);
        assert_eq!(containers.merge_key, Some("name"));
        assert_eq!(containers.topology, Topology::Keys(vec!["name"]));
        assert_eq!(containers.value.explain(), "[]Container");
        let limits = field_at(deployment, "spec.template.spec.containers.resources.limits").unwrap();
        assert_eq!(limits.value, Type::Map(Box::new(Type::Quantity)));
        assert!(field_at(deployment, "spec.strategy").unwrap().patch.retain_keys);
        assert_eq!(named("core.v1.PodSpec").unwrap().go_type(), "v1.PodSpec");
        assert_eq!(field_at(deployment, "spec.nothing").map(|f| f.name), None);
        assert!(field_names().len() > 700);
    }
}
