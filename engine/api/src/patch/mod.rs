//! Patches: JSON patch, merge patch, strategic merge patch; applying them and working them out.

mod create;
mod diff;
mod json_patch;
mod merge;
mod order;
mod strategic;

pub use create::{create_strategic, three_way_strategic};
pub use diff::changed_paths;
pub use json_patch::{JsonPatchError, json};
pub use merge::{create_merge, merge, three_way_merge};
pub use strategic::{BAD_ORDER, BAD_RETAIN_KEYS, NO_LISTS_OF_LISTS, strategic};

use crate::schema;
use crate::{Value, object};

/// The `Content-Type` of a JSON patch.
pub const JSON_PATCH: &str = "application/json-patch+json";
/// The `Content-Type` of a merge patch.
pub const MERGE_PATCH: &str = "application/merge-patch+json";
/// The `Content-Type` of a strategic merge patch.
pub const STRATEGIC_MERGE_PATCH: &str = "application/strategic-merge-patch+json";
/// The `Content-Type` of server-side apply.
pub const APPLY_PATCH: &str = "application/apply-patch+yaml";
/// The annotation in which client-side apply keeps what it applied last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What `kubectl apply` sends: a patch from what was applied last (`original`, null on the first time), what is to be
/// applied (`modified`) and what is there (`current`). Strategic where the kind is in the schema, else a merge patch;
/// the `Content-Type` comes first. The patch is `{}` when there is nothing to do.
pub fn three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
) -> Result<(&'static str, Value), String> {
    match schema::definition_of(modified) {
        Some(definition) => {
            Ok((STRATEGIC_MERGE_PATCH, three_way_strategic(definition, original, modified, current)?))
        }
        None => Ok((MERGE_PATCH, three_way_merge(original, modified, current))),
    }
}

/// An empty patch.
pub(crate) fn nothing() -> Value {
    object!({})
}
