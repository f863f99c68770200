//! Pod templates.

use api::Value;

use super::text::{annotations, at, labels};
use super::{container, pod, volume};

/// Writes a template's parts; the line `Pod Template:` is the caller's.
pub fn pod_template(template: &Value, out: &mut String) {
    labels("  Labels", template.at(&["metadata", "labels"]), out);
    if template.at(&["metadata", "annotations"]).is_some_and(|a| !a.is_empty()) {
        annotations("  Annotations", template.at(&["metadata", "annotations"]), out);
    }
    if !at(template, &["spec", "serviceAccountName"]).is_empty() {
        out.push_str(&format!("  Service Account:\t{}\n", at(template, &["spec", "serviceAccountName"])));
    }
    let init = template.items_at(&["spec", "initContainers"]);
    if !init.is_empty() {
        container::write("Init Containers", init, &[], "  ", out);
    }
    container::write("Containers", template.items_at(&["spec", "containers"]), &[], "  ", out);
    volume::write(template.items_at(&["spec", "volumes"]), "  ", out);
    if !at(template, &["spec", "priorityClassName"]).is_empty() {
        out.push_str(&format!("  Priority Class Name:\t{}\n", at(template, &["spec", "priorityClassName"])));
    }
    labels("  Node-Selectors", template.at(&["spec", "nodeSelector"]), out);
    pod::tolerations("  Tolerations", template.items_at(&["spec", "tolerations"]), out);
}
