//! Volumes.

use api::Value;

use super::text::at;
use crate::print::jsonpath::text_of;

/// Writes the volumes of a pod or template.
pub fn write(volumes: &[Value], space: &str, out: &mut String) {
    if volumes.is_empty() {
        out.push_str(&format!("{space}Volumes:\t<none>\n"));
        return;
    }
    out.push_str(&format!("{space}Volumes:\n"));
    for volume in volumes {
        let indent = if space.is_empty() { "" } else { " " };
        out.push_str(&format!("  {indent}{}:\n", at(volume, &["name"])));
        for (label, text) in lines(volume) {
            out.push_str(&format!("    {label}:\t{text}\n"));
        }
    }
}

fn flag(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_bool).unwrap_or(false).to_string()
}

fn lines(volume: &Value) -> Vec<(&'static str, String)> {
    let text = |part: &Value, field: &str| at(part, &[field]).to_owned();
    if let Some(part) = volume.get("emptyDir") {
        let limit = part.get("sizeLimit").map_or_else(|| "<unset>".to_owned(), text_of);
        return vec![
            ("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)".to_owned()),
            ("Medium", text(part, "medium")),
            ("SizeLimit", limit),
        ];
    }
    if let Some(part) = volume.get("hostPath") {
        return vec![
            ("Type", "HostPath (bare host directory volume)".to_owned()),
            ("Path", text(part, "path")),
            ("HostPathType", text(part, "type")),
        ];
    }
    if let Some(part) = volume.get("configMap") {
        return vec![
            ("Type", "ConfigMap (a volume populated by a ConfigMap)".to_owned()),
            ("Name", text(part, "name")),
            ("Optional", flag(part, "optional")),
        ];
    }
    if let Some(part) = volume.get("secret") {
        return vec![
            ("Type", "Secret (a volume populated by a Secret)".to_owned()),
            ("SecretName", text(part, "secretName")),
            ("Optional", flag(part, "optional")),
        ];
    }
    if let Some(part) = volume.get("persistentVolumeClaim") {
        let kind = "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)";
        return vec![
            ("Type", kind.to_owned()),
            ("ClaimName", text(part, "claimName")),
            ("ReadOnly", flag(part, "readOnly")),
        ];
    }
    if let Some(part) = volume.get("projected") {
        return projected(part);
    }
    if volume.get("downwardAPI").is_some() {
        return vec![("Type", "DownwardAPI (a volume populated by information about the pod)".to_owned())];
    }
    vec![("Type", "<unknown>".to_owned())]
}

fn projected(part: &Value) -> Vec<(&'static str, String)> {
    let mut lines =
        vec![("Type", "Projected (a volume that contains injected data from multiple sources)".to_owned())];
    for source in part.items_at(&["sources"]) {
        if let Some(token) = source.get("serviceAccountToken") {
            let seconds = token.int_at(&["expirationSeconds"]).unwrap_or(3600);
            lines.push(("TokenExpirationSeconds", seconds.to_string()));
        } else if let Some(map) = source.get("configMap") {
            lines.push(("ConfigMapName", at(map, &["name"]).to_owned()));
            lines.push(("Optional", flag(map, "optional")));
        } else if let Some(secret) = source.get("secret") {
            lines.push(("SecretName", at(secret, &["name"]).to_owned()));
            lines.push(("Optional", flag(secret, "optional")));
        } else if source.get("downwardAPI").is_some() {
            lines.push(("DownwardAPI", "true".to_owned()));
        }
    }
    lines
}
