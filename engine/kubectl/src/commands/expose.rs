//! `kubectl expose` and `kubectl autoscale`: an object made from another one.

use api::http::{Body, Request};
use api::{Str, Value, object};

use super::change::{self, Action, Change, Plan};
use super::{Command, Setup, create};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, value};
use crate::process::Io;
use crate::requests;
use crate::resource::Resource;
use crate::targets::{self, Rules};

/// Flags of both, beside those of every change.
pub const FLAGS: &[Flag] = &[
    value("port"),
    value("target-port"),
    value("protocol"),
    value("name"),
    value("type"),
    value("labels"),
    value("cluster-ip"),
    value("external-ip"),
    value("session-affinity"),
    value("min"),
    value("max"),
    value("cpu-percent"),
    value("cpu"),
];

/// The object to be made.
#[derive(Clone, Debug, Hash)]
pub struct Expose {
    makes: Resource,
    args: Arguments,
    manager: Str,
}

/// Reads the command line of either.
///
/// # Errors
/// As kubectl says them.
pub fn parse(command: &str, args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let targets = if args.all("filename").is_empty() {
        targets::read(command, &args.words, &args, setup, Rules { names_wanted: true })?
    } else {
        setup.file_targets(&args)?
    };
    let makes =
        targets::lookup_one(if command == "expose" { "services" } else { "horizontalpodautoscalers" })?;
    if command == "autoscale" && args.int("max")?.unwrap_or(0) < 1 {
        return Err(Failure::error("--max=MAXPODS is required and must be at least 1, max: 0"));
    }
    let manager =
        change::manager(&args, if command == "expose" { "kubectl-expose" } else { "kubectl-autoscale" });
    let action = Expose { makes, args: args.clone(), manager };
    Ok(Command::Expose(Box::new(Change::new(&targets, &args, action)?)))
}

impl Expose {
    fn service(&self, found: &Found) -> Result<Value, Failure> {
        let kind = found.resource.kind.as_str();
        let selector = match kind {
            "Service" => found.value.at(&["spec", "selector"]),
            "Pod" => found.value.at(&["metadata", "labels"]),
            "ReplicationController" => found.value.at(&["spec", "selector"]),
            "Deployment" | "ReplicaSet" => found.value.at(&["spec", "selector", "matchLabels"]),
            _ => return Err(Failure::error(format!("cannot expose a {}", found.resource.group_kind()))),
        };
        let Some(selector) = selector.filter(|s| !s.is_empty()) else {
            return Err(Failure::error(format!(
                "couldn't retrieve selectors via --selector flag or introspection: the {kind} has no selector"
            )));
        };
        let containers = match kind {
            "Pod" => found.value.items_at(&["spec", "containers"]),
            _ => found.value.items_at(&["spec", "template", "spec", "containers"]),
        };
        let mut ports: Vec<(i64, String)> = Vec::new();
        match self.args.get("port") {
            Some(text) => {
                for port in text.split(',') {
                    let Ok(number) = port.parse::<u16>() else {
                        return Err(Failure::error(format!(
                            "couldn't find port via --port flag or introspection: invalid port {port:?}"
                        )));
                    };
                    ports.push((number.into(), self.args.get("protocol").unwrap_or("TCP").to_owned()));
                }
            }
            None => ports.extend(containers.iter().flat_map(|c| c.items_at(&["ports"])).filter_map(|p| {
                let protocol = p.str_at(&["protocol"]).map_or("TCP", |s| s.as_str()).to_owned();
                Some((p.int_at(&["containerPort"])?, protocol))
            })),
        }
        if ports.is_empty() && self.args.text("cluster-ip") != "None" {
            return Err(Failure::error("couldn't find port via --port flag or introspection"));
        }
        let many = ports.len() > 1;
        let ports: Vec<Value> = ports
            .into_iter()
            .enumerate()
            .map(|(i, (number, protocol))| {
                let target = self.args.get("target-port").map_or(Value::Int(number), create::port);
                let mut port = object! { "port": number, "protocol": protocol, "targetPort": target };
                if many {
                    port.set(&["name"], format!("port-{}", i + 1));
                }
                port
            })
            .collect();
        let mut spec = object! { "ports": ports, "selector": selector.clone() };
        for (flag, field) in
            [("type", "type"), ("cluster-ip", "clusterIP"), ("session-affinity", "sessionAffinity")]
        {
            if let Some(value) = self.args.get(flag) {
                spec.set(&[field], value);
            }
        }
        let mut service = object! { "spec": spec };
        if let Some(labels) = found.value.at(&["metadata", "labels"]).filter(|l| !l.is_empty()) {
            service.set(&["metadata", "labels"], labels.clone());
        }
        Ok(service)
    }

    fn autoscaler(&self, found: &Found) -> Result<Value, Failure> {
        let number = |flag| self.args.int(flag);
        let mut spec = object! {
            "scaleTargetRef": { "apiVersion": found.resource.api_version.clone(), "kind": found.resource.kind.clone(), "name": found.name() },
            "maxReplicas": number("max")?
        };
        if let Some(least) = number("min")?.filter(|n| *n > 0) {
            spec.set(&["minReplicas"], least);
        }
        let cpu = match self.args.get("cpu") {
            Some(text) => text.trim_end_matches('%').parse().ok(),
            None => number("cpu-percent")?,
        };
        if let Some(percent) = cpu.filter(|n: &i64| *n > 0) {
            spec.set(
                &["metrics"],
                object!([{ "type": "Resource", "resource": { "name": "cpu",
                "target": { "type": "Utilization", "averageUtilization": percent } } }]),
            );
        }
        Ok(object! { "spec": spec })
    }
}

impl Action for Expose {
    fn plan(&mut self, found: &Found, _io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let mut body =
            if self.makes.kind == "Service" { self.service(found)? } else { self.autoscaler(found)? };
        body.set(&["apiVersion"], self.makes.api_version.clone());
        body.set(&["kind"], self.makes.kind.clone());
        body.set(&["metadata", "name"], self.args.get("name").unwrap_or(found.name()));
        body.set(&["metadata", "namespace"], found.namespace());
        let path = self.makes.collection(found.namespace());
        Ok(Plan::Send(requests::create(path, &self.manager, body)))
    }

    fn done(&self, _found: &Found) -> String {
        if self.makes.kind == "Service" { "exposed" } else { "autoscaled" }.to_owned()
    }

    fn preview(&self, _found: &Found, request: &Request) -> Found {
        let mut value = match &request.body {
            Body::Tree(value) => value.clone(),
            _ => Value::map(),
        };
        value.remove(&["metadata", "namespace"]);
        if self.makes.kind == "Service" {
            value.set(&["status", "loadBalancer"], Value::map());
        }
        Found { resource: self.makes.clone(), value }
    }

    fn result(&self, _found: &Found, answer: &Value) -> Found {
        Found { resource: self.makes.clone(), value: answer.clone() }
    }
}
