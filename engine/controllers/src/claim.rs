//! Adopting and releasing: how a controller's selector and its owner references are kept in agreement.

use api::selector::LabelSelector;
use api::{Object, Value, object};
use client::{IndexBy, PatchType};

use crate::objects::controller_reference;
use crate::outcome::Call;
use crate::world::{Kind, World};

/// What an owner controls, and what has to be sent so that it does.
pub struct Claim<'a> {
    /// Its objects: controlled and selected, or adopted now.
    pub mine: Vec<&'a Object>,
    /// The patches that adopt and release.
    pub patches: Vec<Call>,
}

/// Goes through what `owner` controls and what nobody controls in its namespace.
pub fn claim<'a>(owner: &Object, selector: &LabelSelector, kind: Kind, world: &'a World) -> Claim<'a> {
    let store = world.store(kind);
    let mut claim = Claim { mine: Vec::new(), patches: Vec::new() };
    for object in store.by(IndexBy::Controller, &owner.uid().0) {
        if selector.matches(object) {
            claim.mine.push(object);
        } else if !owner.is_terminating() {
            claim.patches.push(release(owner, object, kind));
        }
    }
    let (adopted, patches) = adopt_orphans(owner, selector, kind, world);
    claim.mine.extend(adopted);
    claim.patches.extend(patches);
    claim
}

/// The objects that nobody controls and `selector` selects, with the patches that make them `owner`'s.
pub fn adopt_orphans<'a>(
    owner: &Object,
    selector: &LabelSelector,
    kind: Kind,
    world: &'a World,
) -> (Vec<&'a Object>, Vec<Call>) {
    if owner.is_terminating() || selector.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let namespace = owner.namespace().clone();
    let orphans = world.store(kind).by_in_namespace(IndexBy::Controller, "", &namespace);
    let adopted: Vec<&Object> = orphans.filter(|o| !o.is_terminating() && selector.matches(*o)).collect();
    let patches = adopted.iter().map(|object| adopt(owner, object, kind)).collect();
    (adopted, patches)
}

fn adopt(owner: &Object, object: &Object, kind: Kind) -> Call {
    let references = Value::from(vec![controller_reference(owner)]);
    patch(object, kind, references)
}

/// The patch that takes `owner` out of an object's owners.
pub fn release(owner: &Object, object: &Object, kind: Kind) -> Call {
    let reference = object! { "$patch": "delete", "uid": owner.uid().0 };
    patch(object, kind, vec![reference].into())
}

fn patch(object: &Object, kind: Kind, references: Value) -> Call {
    let body = object! { "metadata": { "uid": object.uid().0, "ownerReferences": references } };
    // 404: it is gone, and with it the question; 422: the name has a new incarnation.
    Call::new(kind.resource().patch(object.key(), PatchType::Strategic, body)).tolerate(&[404, 422])
}
