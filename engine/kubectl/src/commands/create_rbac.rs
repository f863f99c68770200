//! `kubectl create role|clusterrole|rolebinding|clusterrolebinding`.

use api::{Str, Value, object};

use super::auth;
use super::change::{self, Report};
use super::create::one;
use super::{Command, Setup};
use crate::failure::Failure;
use crate::flags::Arguments;
use crate::targets;

const GROUP: &str = "rbac.authorization.k8s.io";

/// The kinds that are created here.
pub const KINDS: [&str; 5] = ["role", "clusterrole", "rolebinding", "clusterrolebinding", "token"];

/// Reads `create KIND NAME`.
///
/// # Errors
/// As kubectl says them.
pub fn parse(kind: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let [_, name] = args.words.as_slice() else {
        return Err(Failure::help(
            &format!("create {kind}"),
            &format!("exactly one NAME is required, got {}", args.words.len().saturating_sub(1)),
        ));
    };
    let (plural, body) = match kind {
        "token" => return auth::create_token(name, args, setup),
        "role" | "clusterrole" => (format!("{kind}s"), role(kind, name, args)?),
        _ => (format!("{kind}s"), binding(kind, name, args)?),
    };
    let resource = targets::lookup_one(&plural)?;
    let manager = change::manager(args, "kubectl-create");
    let named = args.get("namespace").is_some();
    let send = one(&resource, &setup.namespace(args), body, "created", &manager, Report::read(args)?, named);
    Ok(send.doing(format!("failed to create {kind}: ")).into())
}

/// The words of a flag that takes lists and may be repeated, each once.
fn list(args: &Arguments, flag: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in args.all(flag).iter().flat_map(|text| text.split(',')).map(str::trim) {
        if !word.is_empty() && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

fn values(words: &[String]) -> Vec<Value> {
    words.iter().map(|word| Value::from(word.as_str())).collect()
}

fn role(kind: &str, name: &str, args: &Arguments) -> Result<Value, Failure> {
    let mut role = object! { "metadata": { "name": name } };
    let (verbs, urls) = (list(args, "verb"), list(args, "non-resource-url"));
    let aggregated = list(args, "aggregation-rule");
    if !aggregated.is_empty() && kind == "clusterrole" {
        let mut selector = Value::map();
        for pair in &aggregated {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Failure::error(format!(
                    "invalid argument {pair:?} for \"--aggregation-rule\" flag: {pair} must be formatted as key=value"
                )));
            };
            selector.set(&["matchLabels", key], value);
        }
        role.set(&["aggregationRule", "clusterRoleSelectors"], vec![selector]);
        role.set(&["rules"], Value::list());
        return Ok(role);
    }
    if verbs.is_empty() {
        return Err(Failure::error("at least one verb must be specified"));
    }
    let resources = list(args, "resource");
    if resources.is_empty() && (kind == "role" || urls.is_empty()) {
        return Err(Failure::error(if kind == "role" {
            "at least one resource must be specified"
        } else {
            "one of resource or nonResourceURL must be specified"
        }));
    }
    let mut by_group: Vec<(Str, Vec<Value>)> = Vec::new();
    for text in &resources {
        let (kind, part) = text.split_once('/').map_or((text.as_str(), None), |(k, p)| (k, Some(p)));
        let (group, plural) = match kind {
            "*" => (Str::new(), Str::from("*")),
            _ => {
                let found = targets::lookup_one(kind)?;
                (found.group.clone(), found.resource.clone())
            }
        };
        let what = part.map_or_else(|| plural.to_string(), |part| format!("{plural}/{part}"));
        match by_group.iter_mut().find(|(known, _)| *known == group) {
            Some((_, list)) => list.push(Value::from(what)),
            None => by_group.push((group, vec![Value::from(what)])),
        }
    }
    let names = list(args, "resource-name");
    let mut rules: Vec<Value> = Vec::new();
    for (group, resources) in by_group {
        let mut rule = object! { "apiGroups": [(group)] };
        rule.set(&["resources"], resources);
        if !names.is_empty() {
            rule.set(&["resourceNames"], values(&names));
        }
        rule.set(&["verbs"], values(&verbs));
        rules.push(rule);
    }
    if !urls.is_empty() {
        let mut rule = Value::map();
        rule.set(&["nonResourceURLs"], values(&urls));
        rule.set(&["verbs"], values(&verbs));
        rules.push(rule);
    }
    role.set(&["rules"], rules);
    Ok(role)
}

fn binding(kind: &str, name: &str, args: &Arguments) -> Result<Value, Failure> {
    let (cluster_role, role) = (args.text("clusterrole"), args.text("role"));
    let reference = match (kind, cluster_role, role) {
        ("clusterrolebinding", "", _) => {
            return Err(Failure::error("required flag(s) \"clusterrole\" not set"));
        }
        ("rolebinding", "", "") => {
            return Err(Failure::error("exactly one of clusterrole or role must be specified"));
        }
        ("rolebinding", a, b) if !a.is_empty() && !b.is_empty() => {
            return Err(Failure::error("exactly one of clusterrole or role must be specified"));
        }
        (_, "", role) => object! { "apiGroup": GROUP, "kind": "Role", "name": role },
        (_, cluster_role, _) => object! { "apiGroup": GROUP, "kind": "ClusterRole", "name": cluster_role },
    };
    let subject =
        |kind: &str, name: &String| object! { "apiGroup": GROUP, "kind": kind, "name": name.as_str() };
    let mut subjects: Vec<Value> = args.all("user").iter().map(|name| subject("User", name)).collect();
    subjects.extend(args.all("group").iter().map(|name| subject("Group", name)));
    for account in args.all("serviceaccount") {
        let Some((namespace, name)) = account.split_once(':').filter(|(a, b)| !a.is_empty() && !b.is_empty())
        else {
            return Err(Failure::error("serviceaccount must be <namespace>:<name>"));
        };
        subjects.push(object! { "kind": "ServiceAccount", "name": name, "namespace": namespace });
    }
    let mut binding = object! { "metadata": { "name": name }, "roleRef": (reference) };
    binding.set(&["subjects"], subjects);
    Ok(binding)
}
