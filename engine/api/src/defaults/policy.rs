//! Who may do what, and what is asked before.

use super::tools::{default, default_text, each, text};
use crate::{Value, object};

const RBAC: &str = "rbac.authorization.k8s.io";

pub(super) fn binding(object: &mut Value) {
    default_text(object, &["roleRef", "apiGroup"], RBAC);
    each(object, &["subjects"], |subject| {
        if matches!(text(subject, &["kind"]), "User" | "Group") {
            default_text(subject, &["apiGroup"], RBAC);
        }
    });
}

pub(super) fn priority_class(object: &mut Value) {
    default_text(object, &["preemptionPolicy"], "PreemptLowerPriority");
}

pub(super) fn webhooks(object: &mut Value, mutating: bool) {
    each(object, &["webhooks"], |hook| {
        default_text(hook, &["failurePolicy"], "Fail");
        default_text(hook, &["matchPolicy"], "Equivalent");
        default(hook, &["namespaceSelector"], object!({}));
        default(hook, &["objectSelector"], object!({}));
        default(hook, &["timeoutSeconds"], 10);
        if mutating {
            default_text(hook, &["reinvocationPolicy"], "Never");
        }
        each(hook, &["rules"], |rule| default_text(rule, &["scope"], "*"));
        if hook.at(&["clientConfig", "service"]).is_some() {
            default(hook, &["clientConfig", "service", "port"], 443);
        }
    });
}

pub(super) fn admission_policy(object: &mut Value) {
    default_text(object, &["spec", "failurePolicy"], "Fail");
    if object.at(&["spec", "matchConstraints"]).is_some_and(|m| !m.is_null()) {
        default_text(object, &["spec", "matchConstraints", "matchPolicy"], "Equivalent");
        default(object, &["spec", "matchConstraints", "namespaceSelector"], object!({}));
        default(object, &["spec", "matchConstraints", "objectSelector"], object!({}));
        each(object, &["spec", "matchConstraints", "resourceRules"], |rule| {
            default_text(rule, &["scope"], "*")
        });
    }
}
