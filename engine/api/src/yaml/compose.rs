//! From the parser's events to trees.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_saphyr::granit_parser::{BorrowedInput, Event, Parser, ScalarStyle, Span, Tag};
use sim::Str;

use super::places::{Parts, Place, Places};
use super::{Document, Documents, YamlError, scalar};
use crate::{Map, Value, json};

/// As many nodes may aliases add to a text. Values are shared, so they cost no memory here, but whoever walks them later
/// meets each.
const ALIASED_NODES_MAX: u64 = 200_000;

/// As deep as the parser's own limits go for blocks and flows each.
const DEPTH_MAX: u32 = 256;

/// Reads all documents.
pub(super) fn read(text: &str) -> Documents {
    let mut result = Documents::default();
    let mut parser = Parser::new_from_str(text);
    let mut index = 0;
    loop {
        let mut composer = Composer { parser: &mut parser, anchors: BTreeMap::new(), aliased: 0, depth: 0 };
        match composer.document() {
            Ok(Some((value, places))) if value.is_null() => {
                // Empty: not even counted.
                let _ = places;
            }
            Ok(Some((value, places))) => {
                let line = places.at.line;
                result.documents.push(Document { value, index, line, places });
                index += 1;
            }
            Ok(None) => return result,
            Err((place, message)) => {
                result.errors.push(YamlError {
                    document: index,
                    line: place.line,
                    column: place.column,
                    message,
                });
                index += 1;
                match parser.proceed_next_document() {
                    Ok(true) => {}
                    _ => return result,
                }
            }
        }
    }
}

type Error = (Place, String);
type Node = (Value, Places);

struct Anchor {
    value: Value,
    /// How many nodes a walk through it meets.
    nodes: u64,
}

struct Composer<'p, 'text, T: BorrowedInput<'text>> {
    parser: &'p mut Parser<'text, T>,
    anchors: BTreeMap<usize, Anchor>,
    aliased: u64,
    depth: u32,
}

fn start(span: &Span) -> Place {
    Place { line: span.start.line() as u32, column: span.start.col() as u32 + 1 }
}

impl<'text, T: BorrowedInput<'text>> Composer<'_, 'text, T> {
    fn next(&mut self) -> Result<Option<(Event<'text>, Span)>, Error> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => {
                let marker = error.marker();
                Err((Place { line: marker.line() as u32, column: marker.col() as u32 + 1 }, error.info()))
            }
        }
    }

    /// The next document; `None` at the end.
    fn document(&mut self) -> Result<Option<Node>, Error> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamEnd => return Ok(None),
                Event::DocumentEnd => return Ok(Some(root.unwrap_or_default())),
                event if event.is_node() => root = Some(self.node(event, &span, start(&span))?.0),
                _ => {}
            }
        }
        Ok(None)
    }

    /// A node, with the number of nodes in it. `at` is the place it goes by: its key's, or its own.
    fn node(&mut self, event: Event<'text>, span: &Span, at: Place) -> Result<(Node, u64), Error> {
        let anchor = event.anchor_id();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err((start(span), format!("the document is nested deeper than {DEPTH_MAX} levels")));
        }
        let (value, parts, nodes) = match event {
            Event::Scalar(text, style, _, tag) => {
                let value = scalar_value(text, style, tag.as_deref()).map_err(|e| (start(span), e))?;
                (value, Parts::None, 1)
            }
            Event::SequenceStart(..) => self.sequence()?,
            Event::MappingStart(..) => self.mapping()?,
            Event::Alias(id) => {
                let anchor = self.anchors.get(&id);
                let anchor =
                    anchor.ok_or_else(|| (start(span), "an anchor's value contains itself".to_owned()))?;
                self.aliased = self.aliased.saturating_add(anchor.nodes);
                if self.aliased > ALIASED_NODES_MAX {
                    return Err((start(span), "document contains excessive aliasing".to_owned()));
                }
                (anchor.value.clone(), Parts::None, anchor.nodes)
            }
            other => return Err((start(span), format!("unexpected {other:?}"))),
        };
        self.depth -= 1;
        if let Some(id) = anchor {
            self.anchors.insert(id, Anchor { value: value.clone(), nodes });
        }
        Ok(((value, Places { at, parts }), nodes))
    }

    /// The next event of a collection; `None` at its end.
    fn part(&mut self) -> Result<Option<(Event<'text>, Span)>, Error> {
        loop {
            match self.next()? {
                None | Some((Event::SequenceEnd | Event::MappingEnd, _)) => return Ok(None),
                Some((event, span)) if event.is_node() => return Ok(Some((event, span))),
                // Comments and the like.
                Some(_) => {}
            }
        }
    }

    fn sequence(&mut self) -> Result<(Value, Parts, u64), Error> {
        let (mut values, mut parts, mut nodes) = (Vec::new(), Vec::new(), 1);
        while let Some((event, span)) = self.part()? {
            let ((value, places), inner) = self.node(event, &span, start(&span))?;
            values.push(value);
            parts.push(places);
            nodes += inner;
        }
        Ok((Value::from(values), Parts::Items(parts), nodes))
    }

    fn mapping(&mut self) -> Result<(Value, Parts, u64), Error> {
        let mut fields: BTreeMap<Str, Value> = BTreeMap::new();
        let mut parts: Vec<(Str, Places)> = Vec::new();
        let mut places: BTreeMap<Str, Place> = BTreeMap::new();
        let mut merged: Vec<(Value, Place)> = Vec::new();
        let mut nodes = 1;
        while let Some((key, key_span)) = self.part()? {
            let at = start(&key_span);
            let merge = matches!(&key, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let ((key, _), inner) = self.node(key, &key_span, at)?;
            nodes += inner;
            let name = key_name(&key).ok_or_else(|| (at, format!("invalid map key: {key:?}")))?;
            let Some((value, span)) = self.part()? else { return Err((at, "a key has no value".to_owned())) };
            let ((value, mut value_places), inner) = self.node(value, &span, at)?;
            nodes += inner;
            if merge {
                merged.push((value, at));
                continue;
            }
            if let Some(first) = places.get(&name) {
                let Place { line, column } = first;
                return Err((
                    at,
                    format!(
                        "key {:?} is given twice: here, and at line {line}, column {column}",
                        name.as_str()
                    ),
                ));
            }
            value_places.at = at;
            places.insert(name.clone(), at);
            parts.push((name.clone(), value_places));
            fields.insert(name, value);
        }
        for (value, at) in merged {
            merge_into(&mut fields, &value)
                .ok_or((at, "map merge requires map or sequence of maps as the value".to_owned()))?;
        }
        Ok((Value::Map(fields.into_iter().collect::<Map>()), Parts::Fields(parts), nodes))
    }
}

/// Fields of the merged objects go where there are none yet; earlier objects win.
fn merge_into(fields: &mut BTreeMap<Str, Value>, value: &Value) -> Option<()> {
    match value {
        Value::Map(map) => {
            for (name, value) in map.iter() {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            Some(())
        }
        Value::List(list) => list.as_slice().iter().try_for_each(|item| match item {
            Value::Map(_) => merge_into(fields, item),
            _ => None,
        }),
        _ => None,
    }
}

fn key_name(key: &Value) -> Option<Str> {
    match key {
        Value::Str(s) => Some(s.clone()),
        Value::Int(i) => Some(Str::from(i.to_string())),
        Value::Bool(b) => Some(Str::from(b.to_string())),
        Value::Float(x) => Some(Str::from(x.to_string())),
        _ => None,
    }
    .map(|name| json::field_name(&name))
}

fn scalar_value(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    match tag.and_then(Tag::core_suffix) {
        Some("str" | "binary" | "timestamp") => Ok(Value::from(text.as_ref())),
        Some("null") => Ok(Value::Null),
        Some(kind @ ("int" | "bool" | "float")) => {
            let value = scalar::resolve(&text)?;
            let fits = match kind {
                "int" => value.as_int().is_some(),
                "bool" => value.as_bool().is_some(),
                _ => matches!(value, Value::Int(_) | Value::Float(_)),
            };
            if fits { Ok(value) } else { Err(format!("cannot decode {text:?} as a !!{kind}")) }
        }
        // `!` and tags of one's own: the text stands for itself unless it is plain.
        _ if style == ScalarStyle::Plain => scalar::resolve(&text),
        _ => Ok(Value::from(text.as_ref())),
    }
}
