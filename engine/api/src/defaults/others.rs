//! Kinds that define kinds.

use super::tools::{default_text, text, within};
use crate::Value;

pub(super) fn custom_resource_definition(object: &mut Value) {
    within(object, &["spec"], |spec| {
        let kind = text(spec, &["names", "kind"]).to_owned();
        if !kind.is_empty() {
            default_text(spec, &["names", "singular"], kind.to_lowercase());
            default_text(spec, &["names", "listKind"], format!("{kind}List"));
        }
        default_text(spec, &["conversion", "strategy"], "None");
    });
}
