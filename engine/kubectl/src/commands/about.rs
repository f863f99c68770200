//! `kubectl version`, `cluster-info`, `api-resources`, `api-versions`.

use api::kinds;
use api::{Value, object};

use super::change::Report;
use super::send::{Send, Then};
use super::{Command, Say};
use crate::failure::{Failure, SERVER};
use crate::flags::{Arguments, Flag, switch, value};
use crate::print::{format, tabs};
use crate::process::{Io, VERSION};
use crate::requests::{self, Selectors};
use crate::targets;

/// Flags of all of them.
pub const FLAGS: &[Flag] = &[
    switch("client"),
    switch("no-headers"),
    switch("cached"),
    switch("namespaced"),
    value("output").short('o'),
    value("api-group"),
    value("verbs"),
    value("categories"),
    value("sort-by"),
];

/// The kustomize that kubectl of this version carries.
const KUSTOMIZE: &str = "v5.8.0";

fn client() -> Value {
    let version = VERSION.trim_start_matches('v');
    let mut numbers = version.split('.');
    object! { "major": numbers.next().unwrap_or(""), "minor": numbers.next().unwrap_or(""), "gitVersion": VERSION,
    "gitTreeState": "clean", "compiler": "gc", "platform": "linux/amd64" }
}

/// Reads `version`.
///
/// # Errors
/// As kubectl says them.
pub fn version(args: &Arguments) -> Result<Command, Failure> {
    let (json, yaml) = match args.text("output") {
        "" => (false, false),
        "json" => (true, false),
        "yaml" => (false, true),
        _ => return Err(Failure::error("--output must be 'yaml' or 'json'")),
    };
    if args.on("client") {
        return Ok(Say::command(version_text(None, json, yaml)));
    }
    let request = requests::get("/version").query("timeout", "32s");
    Ok(Send::new(vec![(request, Then::Version { json, yaml })], Report::read(&Arguments::default())?).into())
}

fn version_text(server: Option<&Value>, json: bool, yaml: bool) -> String {
    let mut tree = object! { "clientVersion": client(), "kustomizeVersion": KUSTOMIZE };
    if let Some(server) = server {
        tree.set(&["serverVersion"], server.clone());
    }
    if json {
        return format!("{}\n", api::json::pretty(&tree));
    }
    if yaml {
        return format::yaml(&tree);
    }
    let mut text = format!("Client Version: {VERSION}\nKustomize Version: {KUSTOMIZE}\n");
    if let Some(server) = server {
        let version = server.str_at(&["gitVersion"]).map_or("", |s| s.as_str());
        text.push_str(&format!("Server Version: {version}\n"));
    }
    text
}

/// Prints the answer of `/version`.
pub(super) fn print_version(server: &Value, json: bool, yaml: bool, io: &mut Io<'_, '_>) {
    io.out(version_text(Some(server), json, yaml));
}

/// Reads `cluster-info`.
///
/// # Errors
/// As kubectl says them.
pub fn cluster_info(args: &Arguments) -> Result<Command, Failure> {
    if args.words.first().is_some_and(|w| w == "dump") {
        return Err(Failure::error("cluster-info dump is not simulated: the page shows every object"));
    }
    let services = targets::lookup_one("services")?;
    let selectors = Selectors::labels("kubernetes.io/cluster-service=true");
    let request = requests::list(&services, "kube-system", &selectors, requests::JSON);
    Ok(Send::new(vec![(request, Then::ClusterInfo)], Report::read(&Arguments::default())?).into())
}

/// Prints the control plane's address and those of the cluster's own services.
pub(super) fn print_cluster_info(services: &Value, io: &mut Io<'_, '_>) {
    io.line(format!("Kubernetes control plane is running at https://{SERVER}"));
    for service in services.items_at(&["items"]) {
        let text = |path: &[&str]| service.str_at(path).map_or("", |s| s.as_str());
        let name = match text(&["metadata", "labels", "kubernetes.io/name"]) {
            "" => text(&["metadata", "name"]),
            name => name,
        };
        let port = service.items_at(&["spec", "ports"]).first();
        let port = port.and_then(|p| p.str_at(&["name"])).map(|p| format!(":{p}")).unwrap_or_default();
        io.line(format!(
            "{name} is running at https://{SERVER}/api/v1/namespaces/{}/services/{}{port}/proxy",
            text(&["metadata", "namespace"]),
            text(&["metadata", "name"])
        ));
    }
    io.line("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
}

/// `api-versions`.
pub fn api_versions() -> Command {
    let mut versions: Vec<&str> = kinds::all().iter().map(|k| k.api_version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    Say::command(versions.iter().map(|v| format!("{v}\n")).collect::<String>())
}

/// Reads `api-resources`.
///
/// # Errors
/// As kubectl says them.
pub fn api_resources(args: &Arguments) -> Result<Command, Failure> {
    let preferred =
        |k: &&kinds::KindInfo| kinds::resolve(&k.group_resource()).is_some_and(|p| p.version == k.version);
    let mut found: Vec<&kinds::KindInfo> = kinds::all()
        .iter()
        .filter(preferred)
        .filter(|k| args.get("namespaced").is_none() || k.namespaced == args.on("namespaced"))
        .filter(|k| args.get("api-group").is_none_or(|g| k.group == g))
        .filter(|k| args.get("verbs").is_none_or(|verbs| verbs.split(',').all(|v| k.has_verb(v))))
        .filter(|k| {
            args.get("categories")
                .is_none_or(|c| c.split(',').all(|c| k.categories.iter().any(|own| own == c)))
        })
        .collect();
    match args.text("sort-by") {
        "kind" => found.sort_by(|a, b| a.kind.cmp(&b.kind)),
        "name" => found.sort_by(|a, b| a.resource.cmp(&b.resource)),
        _ => found.sort_by(|a, b| (&a.group, &a.resource).cmp(&(&b.group, &b.resource))),
    }
    let wide = match args.text("output") {
        "" => false,
        "wide" => true,
        "name" => {
            return Ok(Say::command(
                found.iter().map(|k| format!("{}\n", k.group_resource())).collect::<String>(),
            ));
        }
        other => return Err(Failure::error(format!("--output {other} is not available"))),
    };
    let mut text = String::new();
    if !args.on("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND");
        text.push_str(if wide { "\tVERBS\tCATEGORIES\n" } else { "\n" });
    }
    for kind in found {
        let short = kind.short_names.join(",");
        text.push_str(&format!(
            "{}\t{short}\t{}\t{}\t{}",
            kind.resource, kind.api_version, kind.namespaced, kind.kind
        ));
        if wide {
            text.push_str(&format!("\t{}\t{}", kind.verbs.join(","), kind.categories.join(",")));
        }
        text.push('\n');
    }
    Ok(Say::command(tabs::align(&text, tabs::GET)))
}
