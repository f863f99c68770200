//! Small builders that several controllers share.

use api::{Object, ObjectKey, Value, object};
use sim::{SimTime, Str};

use crate::world::{Kind, World};

/// The controlling owner reference to `owner`: `metav1.NewControllerRef`.
pub fn controller_reference(owner: &Object) -> Value {
    object! {
        "apiVersion": owner.api_version(),
        "kind": owner.kind(),
        "name": owner.name(),
        "uid": owner.uid().0,
        "controller": true,
        "blockOwnerDeletion": true,
    }
}

/// True when a namespace is being deleted: nothing can be created in it any more, so nothing is tried.
pub fn is_ending(namespace: &Str, world: &World) -> bool {
    let key = ObjectKey { namespace: Str::new(), name: namespace.clone() };
    world.get(Kind::Namespaces, &key).is_some_and(Object::is_terminating)
}

/// A status condition with both times.
pub fn condition(kind: &str, status: &str, reason: &str, message: &str, now: SimTime) -> Value {
    let at = now.rfc3339();
    object! {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": at.clone(),
        "lastTransitionTime": at,
    }
}

/// The condition of a type.
pub fn find_condition<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|c| is(c, "type", kind))
}

/// True when a field is this string.
pub fn is(value: &Value, field: &str, text: &str) -> bool {
    value.get(field).and_then(Value::as_str).is_some_and(|s| s == text)
}

/// The moment a condition's time field says.
pub fn time_of(condition: &Value, field: &str) -> Option<SimTime> {
    SimTime::parse_rfc3339(condition.get(field)?.as_str()?)
}
