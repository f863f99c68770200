//! A container's environment: its own variables, those from ConfigMaps, Secrets and fields, and the services'.

use std::collections::BTreeMap;

use api::types::{Container, EnvVar, Pod};
use api::{Object, ObjectKey};
use sim::Str;

use super::volumes::data;
use crate::config::Config;
use crate::host::{Host, Lookup, ObjectRef};
use crate::message::Context;

/// Why there is no environment (yet).
pub(super) enum Missing {
    /// Objects were asked for.
    Wait,
    /// It can't be: the message of `CreateContainerConfigError`.
    Failed(String),
}

/// Puts a container's environment together, in the order in which later ones win.
pub(super) fn environment(
    host: &mut Host,
    context: &mut Context<'_>,
    worker: u64,
    pod: &Object,
    container: &Container,
    ip: &str,
) -> Result<Vec<(Str, Str)>, Missing> {
    let Some(typed) = pod.pod() else { return Ok(Vec::new()) };
    let mut env: BTreeMap<Str, Str> = services(host, typed);
    for source in &container.env_from {
        let (secret, reference) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(reference), _) => (false, reference),
            (None, Some(reference)) => (true, reference),
            (None, None) => continue,
        };
        if let Some(object) = look(host, context, worker, pod, secret, &reference.name, reference.optional)? {
            for (key, value) in data(&object, secret) {
                env.insert(Str::from(format!("{}{key}", source.prefix)), value);
            }
        }
    }
    for variable in &container.env {
        let value = match &variable.value_from {
            None => expand(&variable.value, &env),
            Some(_) => match value_from(host, context, worker, pod, container, variable, ip)? {
                Some(value) => value,
                None => continue,
            },
        };
        env.insert(variable.name.clone(), value);
    }
    Ok(env.into_iter().collect())
}

fn value_from(
    host: &mut Host,
    context: &mut Context<'_>,
    worker: u64,
    pod: &Object,
    container: &Container,
    variable: &EnvVar,
    ip: &str,
) -> Result<Option<Str>, Missing> {
    let Some(source) = variable.value_from.as_deref() else { return Ok(None) };
    if let Some(selector) = &source.field_ref {
        if selector.field_path == "status.podIP" || selector.field_path == "status.podIPs" {
            return Ok(Some(ip.into()));
        }
        let value = field(pod, &selector.field_path, &host.config);
        return value
            .map(Some)
            .ok_or_else(|| Missing::Failed(format!("unsupported fieldPath: {}", selector.field_path)));
    }
    if let Some(selector) = &source.resource_field_ref {
        let (list, resource) = selector.resource.split_once('.').unwrap_or(("", &selector.resource));
        let amounts =
            if list == "limits" { &container.resources.limits } else { &container.resources.requests };
        let divisor = selector.divisor.filter(|d| !d.is_zero()).map_or(1_000_000_000, |d| d.nano_value());
        let amount = amounts.get(resource).map_or(0, |q| q.nano_value());
        return Ok(Some(((amount + divisor - 1) / divisor).to_string().into()));
    }
    let (secret, selector) = match (&source.config_map_key_ref, &source.secret_key_ref) {
        (Some(selector), _) => (false, selector),
        (None, Some(selector)) => (true, selector),
        (None, None) => return Ok(None),
    };
    let Some(object) = look(host, context, worker, pod, secret, &selector.name, selector.optional)? else {
        return Ok(None);
    };
    match data(&object, secret).into_iter().find(|(key, _)| *key == selector.key) {
        Some((_, value)) => Ok(Some(value)),
        None if selector.optional => Ok(None),
        None => {
            let kind = if secret { "Secret" } else { "ConfigMap" };
            let key = &selector.key;
            Err(Missing::Failed(format!(
                "couldn't find key {key} in {kind} {}/{}",
                pod.namespace(),
                selector.name
            )))
        }
    }
}

fn look(
    host: &mut Host,
    context: &mut Context<'_>,
    worker: u64,
    pod: &Object,
    secret: bool,
    name: &Str,
    optional: bool,
) -> Result<Option<Object>, Missing> {
    let what = ObjectRef { secret, key: ObjectKey::new(pod.namespace().clone(), name.clone()) };
    match host.object(context, &what, worker) {
        Lookup::Found(object) => Ok(Some(object)),
        Lookup::Wait => Err(Missing::Wait),
        Lookup::Missing if optional => Ok(None),
        Lookup::Missing => {
            let kind = if secret { "secret" } else { "configmap" };
            Err(Missing::Failed(format!("{kind} \"{name}\" not found")))
        }
    }
}

/// A field of the pod as text (the downward API). `None` when it is not one of those that can be had.
pub(super) fn field(pod: &Object, path: &str, config: &Config) -> Option<Str> {
    let spec = |name: &str| pod.value().str_at(&["spec", name]).cloned().unwrap_or_default();
    let keyed = |list: &str| {
        let inner = path.strip_prefix(&format!("metadata.{list}['"))?.strip_suffix("']")?;
        Some(pod.value().str_at(&["metadata", list, inner]).cloned().unwrap_or_default())
    };
    Some(match path {
        "metadata.name" => pod.name().clone(),
        "metadata.namespace" => pod.namespace().clone(),
        "metadata.uid" => pod.uid().0,
        "metadata.labels" | "metadata.annotations" => {
            let list = path.trim_start_matches("metadata.");
            let map = pod.value().at(&["metadata", list]).and_then(api::Value::as_map);
            let line =
                |(k, v): (&Str, &api::Value)| format!("{k}={:?}", v.as_str().map_or("", |s| s.as_str()));
            let lines: Vec<String> = map.into_iter().flat_map(|m| m.iter()).map(line).collect();
            lines.join("\n").into()
        }
        "spec.nodeName" => config.name.clone(),
        "spec.serviceAccountName" => spec("serviceAccountName"),
        "status.hostIP" | "status.hostIPs" => config.address.clone(),
        "status.podIP" | "status.podIPs" => {
            pod.value().str_at(&["status", "podIP"]).cloned().unwrap_or_default()
        }
        _ => keyed("labels").or_else(|| keyed("annotations"))?,
    })
}

/// `$(NAME)` becomes the variable's value where there is one, `$$` a dollar.
pub(super) fn expand(text: &Str, env: &BTreeMap<Str, Str>) -> Str {
    if !text.contains('$') {
        return text.clone();
    }
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
            match env.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out.into()
}

/// The variables about services that exist now: those of the pod's namespace, and the API server's.
fn services(host: &Host, pod: &Pod) -> BTreeMap<Str, Str> {
    let mut env = BTreeMap::new();
    let all = pod.spec.enable_service_links != Some(false);
    let store = host.services.store();
    let master = store.get(&ObjectKey::new("default", "kubernetes"));
    let own = store.in_namespace(&pod.metadata.namespace).filter(|_| all);
    for object in master.into_iter().chain(own) {
        let Some(service) = object.service() else { continue };
        let spec = &service.spec;
        if spec.cluster_ip.is_empty() || spec.cluster_ip == "None" || spec.ports.is_empty() {
            continue;
        }
        let prefix = object.name().to_uppercase().replace('-', "_");
        let ip = &spec.cluster_ip;
        let mut set = |name: String, value: String| env.insert(Str::from(name), Str::from(value));
        set(format!("{prefix}_SERVICE_HOST"), ip.to_string());
        set(format!("{prefix}_SERVICE_PORT"), spec.ports[0].port.to_string());
        set(format!("{prefix}_PORT"), url(ip, &spec.ports[0]));
        for port in &spec.ports {
            if !port.name.is_empty() {
                let name = port.name.to_uppercase().replace('-', "_");
                set(format!("{prefix}_SERVICE_PORT_{name}"), port.port.to_string());
            }
            let protocol = protocol(port);
            let base = format!("{prefix}_PORT_{}_{}", port.port, protocol.to_uppercase());
            set(base.clone(), url(ip, port));
            set(format!("{base}_PROTO"), protocol);
            set(format!("{base}_PORT"), port.port.to_string());
            set(format!("{base}_ADDR"), ip.to_string());
        }
    }
    env
}

fn protocol(port: &api::types::ServicePort) -> String {
    if port.protocol.is_empty() { "tcp".to_owned() } else { port.protocol.to_lowercase() }
}

fn url(ip: &str, port: &api::types::ServicePort) -> String {
    format!("{}://{ip}:{}", protocol(port), port.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let env: BTreeMap<Str, Str> = [("A".into(), "1".into())].into();
        for (text, want) in
            [("x$(A)y", "x1y"), ("$(B)", "$(B)"), ("$$(A)", "$(A)"), ("$A", "$A"), ("5$", "5$")]
        {
            assert_eq!(expand(&text.into(), &env), want);
        }
    }
}
