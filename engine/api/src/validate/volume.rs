//! Volumes of pods.

use std::collections::BTreeSet;

use super::{Errors, FieldError, Path, invalid, text};
use crate::{Value, names};

/// Checks the volumes and returns their names.
pub(super) fn volumes<'a>(volumes: &'a [Value], path: &Path<'_>, errors: &mut Errors) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    for (i, volume) in volumes.iter().enumerate() {
        let path = path.index(i);
        let name = text(volume, "name");
        if name.is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        } else {
            invalid(&path.child("name"), name, names::dns1123_label(name), errors);
            if !seen.insert(name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
        }
        let Some(map) = volume.as_map() else { continue };
        let sources = map.iter().filter(|(field, content)| *field != "name" && !content.is_null());
        for (i, (source, content)) in sources.enumerate() {
            let path = path.child(source);
            if i > 0 {
                errors.push(FieldError::forbidden(&path, "may not specify more than 1 volume type"));
                continue;
            }
            let required = match source.as_str() {
                "hostPath" => "path",
                "configMap" => "name",
                "secret" => "secretName",
                "persistentVolumeClaim" => "claimName",
                _ => continue,
            };
            if text(content, required).is_empty() {
                errors.push(FieldError::required(&path.child(required), ""));
            }
            if let Some(mode) = content.get("defaultMode").and_then(Value::as_int)
                && !(0..=0o777).contains(&mode)
            {
                let why = "must be a number between 0 and 0777 (octal), both inclusive";
                errors.push(FieldError::invalid(&path.child("defaultMode"), mode, why));
            }
            if source == "hostPath" && text(content, "path").split('/').any(|part| part == "..") {
                errors.push(FieldError::invalid(
                    &path.child("path"),
                    text(content, "path"),
                    "must not contain '..'",
                ));
            }
        }
    }
    seen
}
