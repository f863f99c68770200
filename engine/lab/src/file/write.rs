//! Writing a lab file.

use api::{Map, Value, object};
use sim::{SimTime, format_duration};

use super::faults::fault;
use super::{API_VERSION, LabFile, NodeSpec};
use crate::action::{Action, Entry};

pub(super) fn to_yaml(file: &LabFile) -> String {
    api::yaml::write(&tree(file))
}

fn tree(file: &LabFile) -> Value {
    let mut lab = object! {
        "apiVersion": API_VERSION,
        "kind": "Lab",
        "spec": { "seed": file.seed as i64, "etcd": super::etcd::write(file) }
    };
    if file.control_plane {
        lab.set(&["spec", "nodes"], nodes(&file.nodes));
    } else {
        lab.set(&["spec", "controlPlane"], false);
    }
    if !file.name.is_empty() {
        lab.set(&["metadata", "name"], file.name.as_str());
    }
    if !file.manifests.is_empty() {
        lab.set(&["spec", "manifests"], texts(&file.manifests));
    }
    if !file.journal.is_empty() {
        lab.set(&["spec", "journal"], file.journal.iter().map(entry).collect::<Vec<_>>());
    }
    lab
}

fn texts(texts: &[String]) -> Value {
    texts.iter().map(|t| Value::from(t.as_str())).collect::<Vec<_>>().into()
}

fn nodes(nodes: &[NodeSpec]) -> Value {
    if nodes == NodeSpec::count(nodes.len() as u32) {
        return Value::Int(nodes.len() as i64);
    }
    nodes.iter().map(node).collect::<Vec<_>>().into()
}

fn node(node: &NodeSpec) -> Value {
    let mut tree = object! {
        "name": node.name.as_str(),
        "capacity": { "cpu": node.cpu.as_str(), "memory": node.memory.as_str(), "pods": node.pods }
    };
    if !node.labels.is_empty() {
        let labels: Map = node.labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        tree.set(&["labels"], labels);
    }
    if !node.taints.is_empty() {
        let taint = |(key, value, effect): &(String, String, String)| object!({ "key": key.as_str(), "value": value.as_str(), "effect": effect.as_str() });
        tree.set(&["taints"], node.taints.iter().map(taint).collect::<Vec<_>>());
    }
    tree
}

fn entry(entry: &Entry) -> Value {
    let mut tree = object! { "at": format_duration(entry.at.since(SimTime::ZERO)) };
    if let Some(after) = entry.after {
        tree.set(&["event"], after.0 as i64);
    }
    match &entry.action {
        Action::Kubectl { session, line, stdin } => {
            // As it was typed, whatever program it was for.
            match line.strip_prefix("etcdctl ") {
                Some(rest) => tree.set(&["etcdctl"], rest),
                None if line.starts_with("kubectl") => tree.set(&["kubectl"], line.as_str()),
                None => tree.set(&["line"], line.as_str()),
            };
            if *session != 0 {
                tree.set(&["session"], *session);
            }
            if let Some(stdin) = stdin {
                tree.set(&["stdin"], stdin.as_str());
            }
        }
        Action::Apply { text } => tree.set(&["apply"], text.as_str()),
        Action::Interrupt { session } => tree.set(&["interrupt"], *session),
        Action::Fault(what) => tree.set(&["fault"], fault(what)),
        Action::Fetch { id, url } => tree.set(&["fetch"], object!({ "id": *id as i64, "url": url.as_str() })),
        Action::HangUp { id } => tree.set(&["hangUp"], *id as i64),
        Action::Request { id, method, path, headers, body } => {
            let mut request = object! { "id": *id as i64, "method": method.as_str(), "path": path.as_str() };
            if !headers.is_empty() {
                let headers: Map = headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                request.set(&["headers"], headers);
            }
            if let Some(body) = body {
                request.set(&["body"], body.as_str());
            }
            tree.set(&["request"], request);
        }
    }
    tree
}
