//! Containers, in pods and in templates.

use api::Value;

use super::text::{at, joined, long_time, number};
use crate::print::jsonpath::text_of;

/// Writes containers under `label`; `space` is what templates are indented by.
pub fn write(label: &str, containers: &[Value], statuses: &[Value], space: &str, out: &mut String) {
    if containers.is_empty() {
        out.push_str(&format!("{space}{label}: <none>\n"));
        return;
    }
    out.push_str(&format!("{space}{label}:\n"));
    for container in containers {
        let status = statuses.iter().find(|s| s.get("name") == container.get("name"));
        let indent = if space.is_empty() { "" } else { " " };
        out.push_str(&format!("  {indent}{}:\n", at(container, &["name"])));
        basics(container, status, out);
        words("Command", container.items_at(&["command"]), out);
        words("Args", container.items_at(&["args"]), out);
        if let Some(status) = status {
            state("State", status.get("state"), out);
            if let Some(last) = status.get("lastState").filter(|s| s.get("terminated").is_some()) {
                state("Last State", Some(last), out);
            }
            let ready = status.get("ready").and_then(Value::as_bool).unwrap_or(false);
            out.push_str(&format!("    Ready:\t{}\n", if ready { "True" } else { "False" }));
            out.push_str(&format!("    Restart Count:\t{}\n", number(status, &["restartCount"])));
        }
        resources(container, out);
        for (label, field) in
            [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
        {
            if let Some(found) = container.get(field) {
                out.push_str(&format!("    {label}:\t{}\n", probe(found)));
            }
        }
        environment_from(container, out);
        environment(container, out);
        mounts(container, out);
    }
}

fn basics(container: &Value, status: Option<&Value>, out: &mut String) {
    if let Some(status) = status {
        out.push_str(&format!("    Container ID:\t{}\n", at(status, &["containerID"])));
    }
    out.push_str(&format!("    Image:\t{}\n", at(container, &["image"])));
    if let Some(status) = status {
        out.push_str(&format!("    Image ID:\t{}\n", at(status, &["imageID"])));
    }
    let ports = container.items_at(&["ports"]);
    let protocol = |port: &Value| match at(port, &["protocol"]) {
        "" => "TCP".to_owned(),
        other => other.to_owned(),
    };
    let inner: Vec<Value> = ports
        .iter()
        .map(|p| {
            let name = at(p, &["name"]);
            let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
            Value::from(format!("{}/{}{name}", number(p, &["containerPort"]), protocol(p)))
        })
        .collect();
    let outer: Vec<Value> =
        ports.iter().map(|p| Value::from(format!("{}/{}", number(p, &["hostPort"]), protocol(p)))).collect();
    let plural = if ports.len() > 1 { "s" } else { "" };
    out.push_str(&format!("    Port{plural}:\t{}\n", joined(&inner, ", ")));
    out.push_str(&format!("    Host Port{plural}:\t{}\n", joined(&outer, ", ")));
}

fn words(label: &str, words: &[Value], out: &mut String) {
    if words.is_empty() {
        return;
    }
    out.push_str(&format!("    {label}:\n"));
    for word in words {
        for line in text_of(word).split('\n') {
            out.push_str(&format!("      {line}\n"));
        }
    }
}

fn state(label: &str, state: Option<&Value>, out: &mut String) {
    let part = |name: &str| state.and_then(|s| s.get(name));
    if let Some(running) = part("running") {
        out.push_str(&format!(
            "    {label}:\tRunning\n      Started:\t{}\n",
            long_time(at(running, &["startedAt"]))
        ));
    } else if let Some(ended) = part("terminated") {
        out.push_str(&format!("    {label}:\tTerminated\n"));
        for (label, field) in [("Reason", "reason"), ("Message", "message")] {
            if !at(ended, &[field]).is_empty() {
                out.push_str(&format!("      {label}:\t{}\n", at(ended, &[field])));
            }
        }
        out.push_str(&format!("      Exit Code:\t{}\n", number(ended, &["exitCode"])));
        if number(ended, &["signal"]) > 0 {
            out.push_str(&format!("      Signal:\t{}\n", number(ended, &["signal"])));
        }
        out.push_str(&format!("      Started:\t{}\n", long_time(at(ended, &["startedAt"]))));
        out.push_str(&format!("      Finished:\t{}\n", long_time(at(ended, &["finishedAt"]))));
    } else {
        out.push_str(&format!("    {label}:\tWaiting\n"));
        let reason = part("waiting").map_or("", |w| at(w, &["reason"]));
        if !reason.is_empty() {
            out.push_str(&format!("      Reason:\t{reason}\n"));
        }
    }
}

fn resources(container: &Value, out: &mut String) {
    for (label, field) in [("Limits", "limits"), ("Requests", "requests")] {
        let Some(map) = container.at(&["resources", field]).and_then(Value::as_map).filter(|m| !m.is_empty())
        else {
            continue;
        };
        out.push_str(&format!("    {label}:\n"));
        for (name, amount) in map.iter() {
            out.push_str(&format!("      {name}:\t{}\n", text_of(amount)));
        }
    }
}

/// A probe on one line.
pub fn probe(probe: &Value) -> String {
    let number = |field: &str, default: i64| probe.int_at(&[field]).unwrap_or(default);
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("successThreshold", 1),
        number("failureThreshold", 3)
    );
    let port = |part: &Value| part.get("port").map(text_of).unwrap_or_default();
    let how = if let Some(exec) = probe.get("exec") {
        let words: Vec<String> = exec.items_at(&["command"]).iter().map(text_of).collect();
        format!("exec [{}]", words.join(" "))
    } else if let Some(http) = probe.get("httpGet") {
        let scheme = match at(http, &["scheme"]) {
            "" => "http".to_owned(),
            scheme => scheme.to_lowercase(),
        };
        format!("http-get {scheme}://{}:{}{}", at(http, &["host"]), port(http), at(http, &["path"]))
    } else if let Some(tcp) = probe.get("tcpSocket") {
        format!("tcp-socket {}:{}", at(tcp, &["host"]), port(tcp))
    } else if let Some(grpc) = probe.get("grpc") {
        format!("grpc <pod>:{} {}", port(grpc), at(grpc, &["service"]))
    } else {
        "unknown".to_owned()
    };
    format!("{how} {attributes}")
}

fn environment_from(container: &Value, out: &mut String) {
    let sources = container.items_at(&["envFrom"]);
    if sources.is_empty() {
        return;
    }
    out.push_str("    Environment Variables from:\n");
    for source in sources {
        let (kind, part) = match (source.get("configMapRef"), source.get("secretRef")) {
            (Some(part), _) => ("ConfigMap", part),
            (_, Some(part)) => ("Secret", part),
            _ => continue,
        };
        let optional = part.get("optional").and_then(Value::as_bool).unwrap_or(false);
        let prefix = match at(source, &["prefix"]) {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        out.push_str(&format!("      {}\t{kind}{prefix}\tOptional: {optional}\n", at(part, &["name"])));
    }
}

fn environment(container: &Value, out: &mut String) {
    let variables = container.items_at(&["env"]);
    if variables.is_empty() {
        out.push_str("    Environment:\t<none>\n");
        return;
    }
    out.push_str("    Environment:\n");
    for variable in variables {
        let name = at(variable, &["name"]);
        let from = |path: &[&str]| variable.at(path).filter(|_| variable.get("valueFrom").is_some());
        let optional = |part: &Value| part.get("optional").and_then(Value::as_bool).unwrap_or(false);
        let value = if let Some(field) = from(&["valueFrom", "fieldRef"]) {
            format!(
                " ({}:{})",
                field.str_at(&["apiVersion"]).map_or("v1", |s| s.as_str()),
                at(field, &["fieldPath"])
            )
        } else if let Some(part) = from(&["valueFrom", "resourceFieldRef"]) {
            format!(" ({})", at(part, &["resource"]))
        } else if let Some(key) = from(&["valueFrom", "secretKeyRef"]) {
            format!(
                "<set to the key '{}' in secret '{}'>\tOptional: {}",
                at(key, &["key"]),
                at(key, &["name"]),
                optional(key)
            )
        } else if let Some(key) = from(&["valueFrom", "configMapKeyRef"]) {
            format!(
                "<set to the key '{}' of config map '{}'>\tOptional: {}",
                at(key, &["key"]),
                at(key, &["name"]),
                optional(key)
            )
        } else {
            at(variable, &["value"]).replace('\n', "\n      \t")
        };
        out.push_str(&format!("      {name}:\t{value}\n"));
    }
}

fn mounts(container: &Value, out: &mut String) {
    let mounts = container.items_at(&["volumeMounts"]);
    if mounts.is_empty() {
        out.push_str("    Mounts:\t<none>\n");
        return;
    }
    out.push_str("    Mounts:\n");
    let mut mounts: Vec<&Value> = mounts.iter().collect();
    mounts.sort_by_key(|m| at(m, &["mountPath"]));
    for mount in mounts {
        let read_only = mount.get("readOnly").and_then(Value::as_bool) == Some(true);
        let mut flags = String::from(if read_only { "ro" } else { "rw" });
        if !at(mount, &["subPath"]).is_empty() {
            flags.push_str(&format!(",path={:?}", at(mount, &["subPath"])));
        }
        out.push_str(&format!(
            "      {} from {} ({flags})\n",
            at(mount, &["mountPath"]),
            at(mount, &["name"])
        ));
    }
}
