//! `kubectl create deployment|namespace|configmap|secret|service|...` and `kubectl run`: objects from flags.

use api::{Str, Value, object};

use super::change::{self, Report};
use super::create_rbac;
use super::send::{Send, Then};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag, optional, switch, value};
use crate::requests;
use crate::resource::Resource;
use crate::targets;

/// Flags of `create` and of what can be created.
pub const FLAGS: &[Flag] = &[
    value("filename").short('f'),
    optional("dry-run", "unchanged"),
    optional("validate", "strict"),
    value("output").short('o'),
    value("field-manager"),
    value("image"),
    value("replicas").short('r'),
    value("port"),
    value("from-literal"),
    value("from-file"),
    value("tcp"),
    value("clusterip"),
    value("node-port"),
    value("external-name"),
    value("type"),
    value("schedule"),
    value("hard"),
    value("selector").short('l'),
    value("verb"),
    value("resource"),
    value("resource-name"),
    value("non-resource-url"),
    value("aggregation-rule"),
    value("clusterrole"),
    value("role"),
    value("group"),
    value("serviceaccount"),
    value("duration"),
    value("audience"),
    value("bound-object-kind"),
    value("bound-object-name"),
    value("bound-object-uid"),
    switch("save-config"),
    switch("recursive").short('R'),
    switch("show-managed-fields"),
];

/// Flags of `run`.
pub const RUN_FLAGS: &[Flag] = &[
    value("image"),
    value("port"),
    value("labels").short('l'),
    value("env"),
    value("restart"),
    value("image-pull-policy"),
    value("overrides"),
    value("annotations"),
    optional("dry-run", "unchanged"),
    value("output").short('o'),
    value("field-manager"),
    switch("command"),
    switch("rm"),
    switch("stdin").short('i'),
    switch("tty").short('t'),
    switch("attach"),
    switch("expose"),
    switch("quiet").short('q'),
    switch("privileged"),
];

/// What can be created by flags, with the aliases behind the name.
const KINDS: [&[&str]; 8] = [
    &["deployment", "deploy", "dep"],
    &["namespace", "ns"],
    &["configmap", "cm"],
    &["secret"],
    &["service", "svc"],
    &["serviceaccount", "sa"],
    &["job"],
    &["cronjob", "cj"],
];

/// What a real kubectl creates by flags, and this one does not.
const LATER: [&str; 8] =
    ["ingress", "ing", "poddisruptionbudget", "pdb", "priorityclass", "pc", "quota", "resourcequota"];

/// Reads `create KIND NAME`.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let namespace = setup.namespace(&args);
    let (kind, rest) = match args.words.split_first() {
        Some((kind, rest)) => (kind.as_str(), rest),
        None => return Err(Failure::error("must specify one of -f and -k")),
    };
    if create_rbac::KINDS.contains(&kind) {
        return create_rbac::parse(kind, &args, setup);
    }
    let (variant, rest) = match (kind, rest.split_first()) {
        ("service" | "svc" | "secret", Some((variant, rest))) => (variant.as_str(), rest),
        _ => ("", rest),
    };
    let Some(kind) = KINDS.iter().find(|names| names.contains(&kind)).map(|names| names[0]) else {
        return Err(match LATER.contains(&kind) {
            true => Failure::error(format!("create {kind} is not simulated yet; kubectl create -f is")),
            false => Failure::help("create", &format!("Unexpected args: [{}]", args.words.join(" "))),
        });
    };
    let [name] = rest else {
        let what = if variant.is_empty() { kind.to_owned() } else { format!("{kind} {variant}") };
        return Err(Failure::help(
            &format!("create {what}"),
            &format!("exactly one NAME is required, got {}", rest.len()),
        ));
    };
    let (resource, body) = match kind {
        "deployment" => ("deployments", deployment(name, &args)?),
        "namespace" => ("namespaces", object! { "metadata": { "name": name.as_str() } }),
        "configmap" => ("configmaps", data(name, "data", &args, setup)?),
        "secret" => ("secrets", secret(name, variant, &args, setup)?),
        "service" => ("services", service(name, variant, &args)?),
        "serviceaccount" => ("serviceaccounts", object! { "metadata": { "name": name.as_str() } }),
        "job" => ("jobs", job(name, &args)?),
        _ => ("cronjobs", cron_job(name, &args)?),
    };
    let resource = targets::lookup_one(resource)?;
    let manager = change::manager(&args, "kubectl-create");
    let send = one(
        &resource,
        &namespace,
        body,
        "created",
        &manager,
        Report::read(&args)?,
        args.get("namespace").is_some(),
    );
    // Of all these, kubectl words only the namespace's failure as the server's.
    let doing = match (resource.kind.as_str(), variant) {
        ("Namespace", _) => return Ok(send.into()),
        ("Service", "nodeport") => "NodePort service",
        ("Service", "loadbalancer") => "LoadBalancer service",
        ("Service", "externalname") => "ExternalName service",
        ("Service", _) => "ClusterIP service",
        _ => resource.singular.as_str(),
    };
    Ok(send.doing(format!("failed to create {doing}: ")).into())
}

/// A POST of one object and the sentence about it. `named`: the namespace was given by a flag, so that a client's dry
/// run shows it.
pub(super) fn one(
    resource: &Resource,
    namespace: &str,
    mut body: Value,
    done: &'static str,
    manager: &str,
    report: Report,
    named: bool,
) -> Send {
    body.set(&["apiVersion"], resource.api_version.clone());
    body.set(&["kind"], resource.kind.clone());
    if resource.namespaced {
        body.set(&["metadata", "namespace"], namespace);
    }
    let request = requests::create(resource.collection(namespace), manager, body.clone());
    if !named {
        body.remove(&["metadata", "namespace"]);
    }
    Send::new(vec![(request, Then::Report { resource: resource.clone(), done, object: body })], report)
}

/// The command behind `--`, for a container.
fn command(args: &Arguments) -> Option<Value> {
    let words = args.after_dashes.as_ref().filter(|w| !w.is_empty())?;
    Some(Value::from(words.iter().map(|w| Value::from(w.as_str())).collect::<Vec<_>>()))
}

/// A container's name from its image: `registry/nginx:1.2` is `nginx`.
fn container_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last).replace(['_', '.'], "-").to_lowercase()
}

fn images(args: &Arguments) -> Result<Vec<&String>, Failure> {
    let images: Vec<&String> = args.all("image").iter().collect();
    if images.is_empty() { Err(Failure::error("required flag(s) \"image\" not set")) } else { Ok(images) }
}

fn deployment(name: &str, args: &Arguments) -> Result<Value, Failure> {
    let port = args.int("port")?.filter(|p| *p > 0);
    let containers: Vec<Value> = images(args)?
        .iter()
        .map(|image| {
            let mut container =
                object! { "name": container_name(image), "image": image.as_str(), "resources": {} };
            if let Some(port) = port {
                container.set(&["ports"], object!([{ "containerPort": port }]));
            }
            if let Some(command) = command(args) {
                container.set(&["command"], command);
            }
            container
        })
        .collect();
    let labels = object! { "app": name };
    Ok(object! {
        "metadata": { "name": name, "labels": labels.clone() },
        "spec": {
            "replicas": args.int("replicas")?.unwrap_or(1),
            "selector": { "matchLabels": labels.clone() },
            "strategy": {},
            "template": { "metadata": { "labels": labels }, "spec": { "containers": containers } }
        },
        "status": {}
    })
}

fn job(name: &str, args: &Arguments) -> Result<Value, Failure> {
    let image = images(args)?.remove(0);
    let mut container = object! { "name": name, "image": image.as_str(), "resources": {} };
    if let Some(command) = command(args) {
        container.set(&["command"], command);
    }
    Ok(object! {
        "metadata": { "name": name },
        "spec": { "template": { "metadata": {}, "spec": { "containers": [container], "restartPolicy": "Never" } } }
    })
}

fn cron_job(name: &str, args: &Arguments) -> Result<Value, Failure> {
    let Some(schedule) = args.get("schedule") else {
        return Err(Failure::error("required flag(s) \"schedule\" not set"));
    };
    let mut job = job(name, args)?;
    job.set(&["spec", "template", "spec", "restartPolicy"], args.get("restart").unwrap_or("OnFailure"));
    let template = object! { "metadata": { "name": name }, "spec": job.get("spec").cloned() };
    Ok(object! { "metadata": { "name": name }, "spec": { "schedule": schedule, "jobTemplate": template } })
}

/// A ConfigMap's or Secret's content from `--from-literal` and `--from-file`.
fn data(name: &str, field: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Value, Failure> {
    let mut object = object! { "metadata": { "name": name } };
    for literal in args.all("from-literal") {
        let Some((key, value)) = literal.split_once('=') else {
            return Err(Failure::error(format!("invalid literal source {literal}, expected key=value")));
        };
        object.set(&[field, key], value.trim_matches(['\'', '"']));
    }
    for file in args.all("from-file") {
        let (key, path) = file.split_once('=').unwrap_or((file.rsplit('/').next().unwrap_or(file), file));
        object.set(&[field, key], setup.file(path)?);
    }
    Ok(object)
}

fn secret(name: &str, variant: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Value, Failure> {
    if variant != "generic" {
        return Err(Failure::error(format!(
            "unknown command {variant:?} for \"kubectl create secret\": the terminal makes generic secrets"
        )));
    }
    let mut object = data(name, "stringData", args, setup)?;
    object.set(&["type"], args.get("type").unwrap_or("Opaque"));
    Ok(object)
}

fn service(name: &str, variant: &str, args: &Arguments) -> Result<Value, Failure> {
    let kind = match variant {
        "clusterip" => "ClusterIP",
        "nodeport" => "NodePort",
        "loadbalancer" => "LoadBalancer",
        "externalname" => "ExternalName",
        other => {
            return Err(Failure::error(format!("unknown command {other:?} for \"kubectl create service\"")));
        }
    };
    let mut ports: Vec<Value> = Vec::new();
    for text in args.all("tcp").iter().flat_map(|t| t.split(',')) {
        let (port, target) = text.split_once(':').unwrap_or((text, text));
        let Ok(number) = port.parse::<u16>() else {
            return Err(Failure::error(format!("invalid port specification: {text:?}")));
        };
        let target =
            target.parse::<u16>().map_or_else(|_| Value::from(target), |t| Value::from(u32::from(t)));
        let mut port = object! { "name": text.replace(':', "-"), "port": u32::from(number), "protocol": "TCP", "targetPort": target };
        if let Some(node_port) = args.int("node-port")?.filter(|p| *p > 0) {
            port.set(&["nodePort"], node_port);
        }
        ports.push(port);
    }
    if ports.is_empty() && args.text("clusterip") != "None" && kind != "ExternalName" {
        return Err(Failure::error("at least one tcp port specifier must be provided"));
    }
    let mut object = object! { "metadata": { "name": name, "labels": { "app": name } },
    "spec": { "type": kind, "selector": { "app": name } } };
    if !ports.is_empty() {
        object.set(&["spec", "ports"], ports);
    }
    if let Some(ip) = args.get("clusterip") {
        object.set(&["spec", "clusterIP"], ip);
    }
    if let Some(external) = args.get("external-name") {
        object.set(&["spec", "externalName"], external);
    }
    Ok(object)
}

/// Reads `run NAME --image=...`.
///
/// # Errors
/// As kubectl says them.
pub fn parse_run(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let Some((name, rest)) = args.words.split_first() else {
        return Err(Failure::error("NAME is required for run\nSee 'kubectl run -h' for help and examples"));
    };
    let image = images(&args)?.remove(0);
    if args.on("stdin") || args.on("tty") || args.on("attach") || args.on("rm") {
        return Err(Failure::error(
            "attaching to a container is not simulated yet: run without -i, -t, --attach and --rm",
        ));
    }
    let mut labels = Value::map();
    match args.get("labels") {
        None => labels.set(&["run"], name.as_str()),
        Some(pairs) => {
            for pair in pairs.split(',') {
                let Some((key, value)) = pair.split_once('=') else {
                    return Err(Failure::error(format!("unexpected label spec: {pair}")));
                };
                labels.set(&[key], value);
            }
        }
    }
    let mut container = object! { "name": name.as_str(), "image": image.as_str(), "resources": {} };
    if let Some(port) = args.int("port")? {
        container.set(&["ports"], object!([{ "containerPort": port }]));
    }
    if let Some(policy) = args.get("image-pull-policy") {
        container.set(&["imagePullPolicy"], policy);
    }
    let environment: Vec<Value> = args
        .all("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| object! { "name": name, "value": value })
        .collect();
    if !environment.is_empty() {
        container.set(&["env"], environment);
    }
    let words: Vec<Value> =
        args.after_dashes.iter().flatten().chain(rest).map(|w| Value::from(w.as_str())).collect();
    if !words.is_empty() {
        container.set(&[if args.on("command") { "command" } else { "args" }], words);
    }
    let restart = args.get("restart").unwrap_or("Always");
    if !["Always", "OnFailure", "Never"].contains(&restart) {
        return Err(Failure::error(format!("invalid restart policy: {restart}")));
    }
    let body = object! {
        "metadata": { "name": name.as_str(), "labels": labels },
        "spec": { "containers": [container], "restartPolicy": restart, "dnsPolicy": "ClusterFirst" },
        "status": {}
    };
    let pods = targets::lookup_one("pods")?;
    let manager = change::manager(&args, "kubectl-run");
    Ok(one(&pods, &setup.namespace(&args), body, "created", &manager, Report::read(&args)?, false).into())
}

/// The port behind `targetPort`: a number or a name.
pub(super) fn port(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::Str(Str::from(text)), Value::from)
}
