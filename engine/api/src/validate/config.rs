//! Config maps and secrets.

use super::{Errors, FieldError, Path, has, invalid, text, unchanged};
use crate::{Value, names};

/// All values together.
const BYTES_MAX: usize = 1024 * 1024;

pub(super) fn config_map(object: &Value, errors: &mut Errors) {
    keys(object, &["data", "binaryData"], errors);
    let (Some(data), Some(binary)) =
        (object.get("data").and_then(Value::as_map), object.get("binaryData").and_then(Value::as_map))
    else {
        return;
    };
    let path = Path::root("data");
    for (key, _) in data.iter().filter(|(key, _)| binary.contains(key)) {
        errors.push(FieldError::invalid(&path.key(key), key, "duplicate of key present in binaryData"));
    }
}

pub(super) fn secret(object: &Value, errors: &mut Errors) {
    keys(object, &["data"], errors);
    let path = Path::root("data");
    let required: &[&str] = match text(object, "type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    for key in required {
        if object.at(&["data", key]).is_none() {
            errors.push(FieldError::required(&path.key(key), ""));
        }
    }
    if text(object, "type") == "kubernetes.io/basic-auth"
        && !["username", "password"].iter().any(|key| object.at(&["data", key]).is_some())
    {
        errors.push(FieldError::required(&path.key("username"), ""));
        errors.push(FieldError::required(&path.key("password"), ""));
    }
    if text(object, "type") == "kubernetes.io/service-account-token"
        && object.at(&["metadata", "annotations", "kubernetes.io/service-account.name"]).is_none()
    {
        errors.push(FieldError::required("metadata.annotations[kubernetes.io/service-account.name]", ""));
    }
}

fn keys(object: &Value, fields: &[&str], errors: &mut Errors) {
    let mut size = 0;
    for field in fields {
        let path = Path::root(field);
        let Some(map) = object.get(field).and_then(Value::as_map) else { continue };
        for (key, value) in map.iter() {
            invalid(&path.key(key), key, names::config_map_key(key), errors);
            let length = value.as_str().map_or(0, |v| v.len());
            // Base64 is a third longer than what it stands for.
            size += if *field == "data" && fields.len() == 2 { length } else { length / 4 * 3 };
        }
    }
    if size > BYTES_MAX {
        errors.push(FieldError::too_long("", BYTES_MAX));
    }
}

pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    if has(old, "type") {
        unchanged(new, old, &["type"], errors);
    }
    if old.get("immutable").and_then(Value::as_bool) != Some(true) {
        return;
    }
    let why = "field is immutable when `immutable` is set";
    for field in ["immutable", "data", "binaryData"] {
        if new.get(field) != old.get(field) {
            errors.push(FieldError::forbidden(field, why));
        }
    }
}
