//! `metadata.managedFields`: who manages which fields, read and written.

use std::cmp::Ordering;

use sim::{Str, literal};

use super::field_set::FieldSet;
use crate::{Map, Value, object};

/// As many managers by `Update` an object has at most; the oldest are put together beyond that.
const UPDATE_MANAGERS_MAX: usize = 10;
/// Who has what the oldest managers had.
const ANCIENT: Str = literal!("ancient-changes");
/// As many bytes a manager's name has at most.
const MANAGER_BYTES_MAX: usize = 128;

/// How a manager came to its fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Operation {
    Apply,
    Update,
}

impl Operation {
    const fn as_str(self) -> Str {
        match self {
            Operation::Apply => literal!("Apply"),
            Operation::Update => literal!("Update"),
        }
    }
}

/// A manager: who, how, in which version, through which subresource. An applier is the same in all versions.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Manager {
    /// The name: the `fieldManager` of the request, or the client's program.
    pub name: Str,
    /// How.
    pub operation: Operation,
    /// The version in which the fields are named: `apps/v1`.
    pub api_version: Str,
    /// `status`, `scale`; empty for the object itself.
    pub subresource: Str,
}

impl Manager {
    /// True when both are one manager.
    pub fn is(&self, other: &Manager) -> bool {
        self.name == other.name
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// As messages about conflicts show it: `"kubectl" with subresource "scale" using apps/v1`.
    pub(super) fn show(&self) -> String {
        let mut text = format!("{:?}", self.name.as_str());
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {:?}", self.subresource.as_str()));
        }
        if self.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.api_version));
        }
        text
    }
}

/// The manager's name of a client that gives none: what stands before the first slash of its `User-Agent`.
pub fn manager_of(user_agent: &str) -> Str {
    let program = user_agent.split('/').next().unwrap_or_default();
    let mut name = String::new();
    for c in program.chars().filter(|c| !c.is_control()) {
        if name.len() + c.len_utf8() > MANAGER_BYTES_MAX {
            break;
        }
        name.push(c);
    }
    if name.is_empty() { literal!("unknown") } else { Str::from(name) }
}

/// One manager and its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub manager: Manager,
    /// RFC 3339; an applier that only joined others has none.
    pub time: Option<Str>,
    pub fields: FieldSet,
    /// The entry as it was read; kept while nothing changes.
    source: Option<Value>,
}

/// All managers of an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Managed {
    pub entries: Vec<Entry>,
}

impl Managed {
    /// Reads `metadata.managedFields`; `None` when one of them is none.
    pub fn read(list: &[Value]) -> Option<Managed> {
        let entries: Option<Vec<Entry>> = list.iter().map(Entry::read).collect();
        Some(Managed { entries: entries? })
    }

    /// The managers of an object as it is stored; none when somebody wrote nonsense.
    pub fn of(object: &Value) -> Managed {
        Managed::read(object.items_at(&["metadata", "managedFields"])).unwrap_or_default()
    }

    /// The list as it is stored. New entries go through `share`.
    pub fn write(mut self, share: &mut dyn FnMut(Value) -> Value) -> Option<Value> {
        if self.entries.is_empty() {
            return None;
        }
        self.cap();
        self.entries.sort_by(Entry::order);
        Some(Value::from(self.entries.into_iter().map(|entry| entry.write(share)).collect::<Vec<Value>>()))
    }

    pub fn find(&self, manager: &Manager) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.manager.is(manager))
    }

    /// Gives a manager exactly these fields; without fields it goes.
    pub fn set(&mut self, manager: &Manager, fields: FieldSet, time: Option<Str>) {
        let found = self.entries.iter().position(|entry| entry.manager.is(manager));
        if fields.is_empty() {
            if let Some(i) = found {
                self.entries.remove(i);
            }
            return;
        }
        let entry = Entry { manager: manager.clone(), time, fields, source: None };
        match found {
            // What is the same keeps its tree.
            Some(i) if self.entries[i].says(&entry) => {}
            Some(i) => self.entries[i] = entry,
            None => self.entries.push(entry),
        }
    }

    /// Takes fields from all managers but one.
    pub fn take(&mut self, fields: &FieldSet, except: Option<&Manager>) {
        if fields.is_empty() {
            return;
        }
        for entry in &mut self.entries {
            if except.is_some_and(|manager| entry.manager.is(manager)) {
                continue;
            }
            let left = entry.fields.difference(fields);
            if !left.same(&entry.fields) {
                entry.fields = left;
                entry.source = None;
            }
        }
        self.entries.retain(|entry| !entry.fields.is_empty());
    }

    /// All fields that anybody manages.
    pub fn all(&self) -> FieldSet {
        self.entries.iter().fold(FieldSet::default(), |all, entry| all.union(&entry.fields))
    }

    /// Puts the oldest managers by update together until there are few enough.
    fn cap(&mut self) {
        let is_update = |entry: &Entry| entry.manager.operation == Operation::Update;
        let mut updaters: Vec<Entry> = self.entries.iter().filter(|e| is_update(e)).cloned().collect();
        let mut count = updaters.len();
        if count <= UPDATE_MANAGERS_MAX {
            return;
        }
        self.entries.retain(|entry| !is_update(entry));
        updaters.sort_by(Entry::order);
        let mut kept: Vec<Entry> = Vec::new();
        for entry in updaters {
            let version = entry.manager.api_version.clone();
            let older = kept.iter().position(|old| old.manager.api_version == version);
            match older {
                Some(i) if count > UPDATE_MANAGERS_MAX => {
                    let fields = kept[i].fields.union(&entry.fields);
                    let manager = Manager {
                        name: ANCIENT,
                        operation: Operation::Update,
                        api_version: version,
                        subresource: Str::default(),
                    };
                    kept[i] = Entry { manager, time: entry.time, fields, source: None };
                    count -= 1;
                }
                _ => kept.push(entry),
            }
        }
        self.entries.extend(kept);
    }

    /// True when both say the same, whenever it was.
    pub fn says(&self, other: &Managed) -> bool {
        self.entries.len() == other.entries.len()
            && self
                .entries
                .iter()
                .all(|entry| other.find(&entry.manager).is_some_and(|there| there.fields == entry.fields))
    }
}

impl Entry {
    fn read(value: &Value) -> Option<Entry> {
        let text = |name| value.str_at(&[name]).cloned().unwrap_or_default();
        let operation = match text("operation").as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        if !matches!(text("fieldsType").as_str(), "FieldsV1" | "") {
            return None;
        }
        let manager = Manager {
            name: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
        };
        let fields = match value.get("fieldsV1") {
            Some(tree) => FieldSet::parse(tree)?,
            None => FieldSet::default(),
        };
        Some(Entry { manager, time: value.str_at(&["time"]).cloned(), fields, source: Some(value.clone()) })
    }

    fn write(self, share: &mut dyn FnMut(Value) -> Value) -> Value {
        if let Some(source) = self.source {
            return source;
        }
        let mut fields: Vec<(Str, Value)> = vec![
            (literal!("apiVersion"), Value::from(self.manager.api_version)),
            (literal!("fieldsType"), Value::from(literal!("FieldsV1"))),
            (literal!("fieldsV1"), self.fields.tree()),
            (literal!("manager"), Value::from(self.manager.name)),
            (literal!("operation"), Value::from(self.manager.operation.as_str())),
        ];
        if !self.manager.subresource.is_empty() {
            fields.push((literal!("subresource"), Value::from(self.manager.subresource)));
        }
        if let Some(time) = self.time {
            fields.push((literal!("time"), Value::from(time)));
        }
        share(Value::Map(fields.into_iter().collect::<Map>()))
    }

    fn says(&self, other: &Entry) -> bool {
        self.manager == other.manager && self.time == other.time && self.fields == other.fields
    }

    /// Appliers first, then by age, then by name.
    fn order(&self, other: &Entry) -> Ordering {
        let key = |entry: &Entry| {
            let (manager, time) = (&entry.manager, entry.time.clone());
            (
                manager.operation,
                time,
                manager.name.clone(),
                manager.api_version.clone(),
                manager.subresource.clone(),
            )
        };
        key(self).cmp(&key(other))
    }
}

/// The one entry by which a client says that all managers are to be forgotten: `managedFields: [{}]`.
pub(super) fn is_reset(list: &[Value]) -> bool {
    list == [object!({})]
}
