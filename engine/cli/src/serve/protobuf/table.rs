//! Which field of an object a number on the wire means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The numbers of one message.
#[derive(Debug, Default)]
pub struct Table {
    places: BTreeMap<u32, Place>,
}

/// What stands under a number.
#[derive(Debug)]
pub enum Place {
    /// A field.
    Field {
        /// Its name in JSON.
        name: &'static str,
        /// True when Go has a pointer there, so that a zero is a value.
        pointer: bool,
    },
    /// A message whose fields stand among those of this one.
    Inline(&'static Table),
}

static LINES: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut messages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut current = "";
    for line in include_str!("../../../data/protobuf.txt").lines() {
        match line.strip_prefix(' ') {
            None => current = line,
            Some(field) => messages.entry(current).or_default().push(field),
        }
    }
    messages
});

static TABLES: LazyLock<BTreeMap<&'static str, &'static Table>> = LazyLock::new(|| {
    let mut tables = BTreeMap::new();
    for name in LINES.keys() {
        make(name, &mut tables);
    }
    tables
});

fn make(name: &'static str, tables: &mut BTreeMap<&'static str, &'static Table>) -> &'static Table {
    if let Some(table) = tables.get(name) {
        return table;
    }
    let mut table = Table::default();
    for line in LINES.get(name).into_iter().flatten() {
        let Some((tag, field)) = line.split_once(' ') else { continue };
        let Ok(tag) = tag.parse() else { continue };
        let place = match (field.strip_prefix('>'), field.strip_suffix('*')) {
            (Some(inline), _) => Place::Inline(make(inline, tables)),
            (None, Some(name)) => Place::Field { name, pointer: true },
            (None, None) => Place::Field { name: field, pointer: false },
        };
        table.places.insert(tag, place);
    }
    // Made once and kept as long as the program runs.
    let table: &'static Table = Box::leak(Box::new(table));
    tables.insert(name, table);
    table
}

impl Table {
    /// The table of a definition: `core.v1.PodSpec`.
    pub fn of(name: &str) -> Option<&'static Table> {
        static EMPTY: Table = Table { places: BTreeMap::new() };
        // A message without fields has no lines.
        TABLES.get(name).copied().or_else(|| NAMES.contains(name).then_some(&EMPTY))
    }

    /// What a number means.
    pub fn place(&self, tag: u32) -> Option<&Place> {
        self.places.get(&tag)
    }
}

static NAMES: LazyLock<std::collections::BTreeSet<&'static str>> = LazyLock::new(|| {
    include_str!("../../../data/protobuf.txt").lines().filter(|line| !line.starts_with(' ')).collect()
});
