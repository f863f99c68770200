//! Reading a lab file: every error says where and what instead.

use std::fmt;

use api::Value;
use sim::{EventNumber, SimTime, parse_duration};

use super::faults::read_fault;
use super::{API_VERSION, LabFile, NODES_MAX, NodeSpec};
use crate::action::{Action, Entry};

/// What is wrong with a lab file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabFileError {
    /// The field, as `spec.nodes[1].capacity.cpu`; empty for the text as a whole.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for LabFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}

impl std::error::Error for LabFileError {}

pub(super) type Result<T> = std::result::Result<T, LabFileError>;

fn wrong<T>(field: impl Into<String>, message: impl Into<String>) -> Result<T> {
    Err(LabFileError { field: field.into(), message: message.into() })
}

pub(super) fn parse(text: &str) -> Result<LabFile> {
    let read = api::yaml::read(text);
    if let Some(error) = read.errors.first() {
        return wrong("", error.to_string());
    }
    match read.documents.as_slice() {
        [one] => from_value(&one.value),
        [] => wrong(
            "",
            "the file is empty; a lab file starts with \"apiVersion: clusterlab.dev/v1\" and \"kind: Lab\"",
        ),
        more => wrong("", format!("the file has {} documents; a lab file has one", more.len())),
    }
}

pub(super) fn from_value(value: &Value) -> Result<LabFile> {
    let top = Place { value, path: String::new() };
    top.only(&["apiVersion", "kind", "metadata", "spec"])?;
    match value.str_at(&["apiVersion"]).map(|s| s.as_str()) {
        Some(API_VERSION) => {}
        Some(other) => {
            return wrong("apiVersion", format!("is {other:?}; this version reads {API_VERSION:?}"));
        }
        None => return wrong("apiVersion", format!("is missing; write {API_VERSION:?}")),
    }
    if value.str_at(&["kind"]).map(|s| s.as_str()) != Some("Lab") {
        return wrong("kind", "must be \"Lab\"");
    }
    let mut file = LabFile::default();
    if let Some(metadata) = top.child("metadata") {
        metadata.only(&["name"])?;
        if let Some(name) = metadata.child("name") {
            file.name = name.text()?;
        }
    }
    if let Some(spec) = top.child("spec") {
        read_spec(&spec, &mut file)?;
    }
    Ok(file)
}

fn read_spec(spec: &Place<'_>, file: &mut LabFile) -> Result<()> {
    spec.only(&["seed", "etcd", "controlPlane", "nodes", "manifests", "journal"])?;
    if let Some(seed) = spec.child("seed") {
        file.seed = seed.whole(0, i64::MAX as u64)?;
    }
    if let Some(etcd) = spec.child("etcd") {
        super::etcd::read(&etcd, file)?;
    }
    if let Some(control_plane) = spec.child("controlPlane") {
        file.control_plane = control_plane.flag()?;
    }
    if !file.control_plane {
        // Nobody to run them for.
        file.nodes = Vec::new();
    }
    if let Some(nodes) = spec.child("nodes") {
        let listed = read_nodes(&nodes)?;
        if !file.control_plane && !listed.is_empty() {
            return nodes.wrong(
                "a lab without a control plane has no nodes; leave them out or set controlPlane: true",
            );
        }
        file.nodes = listed;
    }
    if let Some(manifests) = spec.child("manifests") {
        file.manifests = match manifests.value {
            Value::Str(text) => vec![text.to_string()],
            Value::List(_) => manifests.items()?.iter().map(Place::text).collect::<Result<_>>()?,
            _ => return manifests.wrong("must be a text or a list of texts"),
        };
    }
    if let Some(journal) = spec.child("journal") {
        file.journal = journal.items()?.iter().map(read_entry).collect::<Result<_>>()?;
    }
    Ok(())
}

fn read_nodes(nodes: &Place<'_>) -> Result<Vec<NodeSpec>> {
    if let Value::Int(_) = nodes.value {
        return Ok(NodeSpec::count(nodes.whole(0, NODES_MAX.into())? as u32));
    }
    let items = match nodes.items() {
        Ok(items) if items.len() <= NODES_MAX as usize => items,
        Ok(items) => return nodes.wrong(format!("has {} machines; at most {NODES_MAX}", items.len())),
        Err(_) => return nodes.wrong("must be a number or a list of {name, labels, capacity, taints}"),
    };
    let mut read: Vec<NodeSpec> = Vec::with_capacity(items.len());
    for item in &items {
        let node = read_node(item, read.len() + 1)?;
        if read.iter().any(|n| n.name == node.name) {
            return item.wrong(format!("the name {:?} is there twice", node.name));
        }
        read.push(node);
    }
    Ok(read)
}

fn read_node(item: &Place<'_>, number: usize) -> Result<NodeSpec> {
    item.only(&["name", "labels", "capacity", "taints"])?;
    let mut node = NodeSpec::usual(format!("node-{number}"));
    if let Some(name) = item.child("name") {
        node.name = name.text()?;
        if let Some(message) = api::names::dns1123_subdomain(&node.name).into_iter().next() {
            return name.wrong(message.to_string());
        }
    }
    if let Some(labels) = item.child("labels") {
        let Some(map) = labels.value.as_map() else { return labels.wrong("must be a map of texts") };
        for (key, _) in map.iter() {
            let value = labels.child(key).expect("a key of this map").text()?;
            node.labels.push((key.to_string(), value));
        }
    }
    if let Some(capacity) = item.child("capacity") {
        capacity.only(&["cpu", "memory", "pods"])?;
        if let Some(cpu) = capacity.child("cpu") {
            node.cpu = cpu.quantity()?;
        }
        if let Some(memory) = capacity.child("memory") {
            node.memory = memory.quantity()?;
        }
        if let Some(pods) = capacity.child("pods") {
            node.pods = pods.whole(0, 100_000)? as u32;
        }
    }
    if let Some(taints) = item.child("taints") {
        for taint in taints.items()? {
            taint.only(&["key", "value", "effect"])?;
            let part = |name: &str| taint.child(name).map_or(Ok(String::new()), |p| p.text());
            let effect = part("effect")?;
            if !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect.as_str()) {
                return taint.wrong("effect must be NoSchedule, PreferNoSchedule or NoExecute");
            }
            node.taints.push((part("key")?, part("value")?, effect));
        }
    }
    Ok(node)
}

fn read_entry(item: &Place<'_>) -> Result<Entry> {
    item.only(&[
        "at",
        "event",
        "session",
        "stdin",
        "kubectl",
        "etcdctl",
        "line",
        "apply",
        "interrupt",
        "fault",
        "request",
        "fetch",
        "hangUp",
    ])?;
    let Some(at) = item.child("at") else { return item.wrong("needs \"at\", a time such as 20s") };
    let Some(span) = parse_duration(&at.text()?) else {
        return at.wrong("must be a duration such as 20s or 1m30s");
    };
    let after = match item.child("event") {
        Some(event) => Some(EventNumber(event.whole(0, u64::MAX)?)),
        None => None,
    };
    let session = item.child("session").map_or(Ok(0), |s| s.whole(0, u32::MAX.into()))? as u32;
    let action = if let Some(line) = item.child("kubectl") {
        // Nothing is put in front of a line that says which program it is for.
        let line = line.text()?;
        let whole = ["kubectl", "etcdctl"].iter().any(|program| line.trim_start().starts_with(program));
        let line = if whole { line } else { format!("kubectl {line}") };
        let stdin = item.child("stdin").map(|s| s.text()).transpose()?;
        Action::Kubectl { session, line, stdin }
    } else if let Some(line) = item.child("line") {
        let stdin = item.child("stdin").map(|s| s.text()).transpose()?;
        Action::Kubectl { session, line: line.text()?, stdin }
    } else if let Some(line) = item.child("etcdctl") {
        let stdin = item.child("stdin").map(|s| s.text()).transpose()?;
        Action::Kubectl { session, line: format!("etcdctl {}", line.text()?), stdin }
    } else if let Some(text) = item.child("apply") {
        Action::Apply { text: text.text()? }
    } else if let Some(fault) = item.child("fault") {
        Action::Fault(read_fault(&fault)?)
    } else if let Some(session) = item.child("interrupt") {
        Action::Interrupt { session: session.whole(0, u32::MAX.into())? as u32 }
    } else if let Some(request) = item.child("request") {
        read_request(&request)?
    } else if let Some(fetch) = item.child("fetch") {
        fetch.only(&["id", "url"])?;
        let Some(url) = fetch.child("url") else { return fetch.wrong("needs \"url\"") };
        Action::Fetch { id: fetch.child("id").map_or(Ok(0), |p| p.whole(0, u64::MAX))?, url: url.text()? }
    } else if let Some(id) = item.child("hangUp") {
        Action::HangUp { id: id.whole(0, u64::MAX)? }
    } else {
        return item
            .wrong("needs one of kubectl, etcdctl, line, apply, fault, interrupt, request, fetch, hangUp");
    };
    Ok(Entry { at: SimTime::ZERO + span, after, action })
}

fn read_request(request: &Place<'_>) -> Result<Action> {
    request.only(&["id", "method", "path", "headers", "body"])?;
    let part = |name: &str| match request.child(name) {
        Some(place) => place.text(),
        None => request.wrong(format!("needs \"{name}\"")),
    };
    let mut headers = Vec::new();
    if let Some(place) = request.child("headers") {
        for (key, value) in place.value.as_map().into_iter().flat_map(|m| m.iter()) {
            headers.push((key.to_string(), value.as_str().map(ToString::to_string).unwrap_or_default()));
        }
    }
    Ok(Action::Request {
        id: request.child("id").map_or(Ok(0), |p| p.whole(0, u64::MAX))?,
        method: part("method")?,
        path: part("path")?,
        headers,
        body: request.child("body").map(|p| p.text()).transpose()?,
    })
}

/// A value and where it stands.
pub(super) struct Place<'a> {
    pub(super) value: &'a Value,
    path: String,
}

impl<'a> Place<'a> {
    pub(super) fn child(&self, name: &str) -> Option<Place<'a>> {
        let value = self.value.get(name).filter(|v| !v.is_null())?;
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Some(Place { value, path })
    }

    pub(super) fn items(&self) -> Result<Vec<Place<'a>>> {
        if self.value.as_list().is_none() {
            return self.wrong("must be a list");
        }
        let item = |(i, value)| Place { value, path: format!("{}[{i}]", self.path) };
        Ok(self.value.items().iter().enumerate().map(item).collect())
    }

    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        let Some(map) = self.value.as_map() else {
            return self.wrong(format!("must be a map with {}", known.join(", ")));
        };
        match map.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, _)) => {
                self.wrong(format!("unknown field {:?}; known are {}", key.as_str(), known.join(", ")))
            }
            None => Ok(()),
        }
    }

    pub(super) fn text(&self) -> Result<String> {
        match self.value {
            Value::Str(text) => Ok(text.to_string()),
            Value::Int(number) => Ok(number.to_string()),
            _ => self.wrong(format!("must be a text, is {}", self.value.type_name())),
        }
    }

    fn quantity(&self) -> Result<String> {
        let text = self.text()?;
        if api::quantity::Quantity::parse(&text).is_err() {
            return self.wrong(format!("{text:?} is no quantity; write 4, 500m, 8Gi"));
        }
        Ok(text)
    }

    pub(super) fn whole(&self, least: u64, most: u64) -> Result<u64> {
        let number = self.value.as_int().and_then(|i| u64::try_from(i).ok());
        match number.filter(|n| (least..=most).contains(n)) {
            Some(number) => Ok(number),
            None => self.wrong(format!("must be a whole number from {least} to {most}")),
        }
    }

    pub(super) fn flag(&self) -> Result<bool> {
        match self.value {
            Value::Bool(flag) => Ok(*flag),
            _ => self.wrong("must be true or false"),
        }
    }

    pub(super) fn wrong<T>(&self, message: impl Into<String>) -> Result<T> {
        wrong(self.path.clone(), message)
    }
}
