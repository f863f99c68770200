//! What faults and links call processes and machines. Machines may have names of their own.

use lab::view::{Picture, Target};
use sim::Actor;

/// `etcd-0`, `node-1/kubelet`, `big-machine/kubelet`.
pub fn process(picture: &Picture, actor: Actor) -> String {
    let machine = actor.node().and_then(|number| picture.nodes.iter().find(|n| n.number == number));
    let name = actor.to_string();
    match (machine, name.split_once('/')) {
        (Some(machine), Some((_, process))) => format!("{}/{process}", machine.name),
        _ => name,
    }
}

/// The name of what can be killed and cut off; nothing else has one.
pub fn target(picture: &Picture, target: &Target) -> Option<String> {
    match target {
        Target::Process(Actor::User | Actor::Client) | Target::Pod(..) => None,
        Target::Process(actor) => Some(process(picture, *actor)),
        Target::Node(number) => {
            picture.nodes.iter().find(|n| n.number == *number).map(|n| n.name.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use lab::view::NodeView;
    use sim::literal;

    use super::*;

    #[test]
    fn machines_keep_their_own_names() {
        let node = NodeView { number: 2, name: literal!("big"), ..NodeView::default() };
        let picture = Picture { nodes: vec![node], ..Picture::default() };
        assert_eq!(process(&picture, Actor::Kubelet(2)), "big/kubelet");
        assert_eq!(process(&picture, Actor::Etcd(2)), "etcd-2");
        assert_eq!(target(&picture, &Target::Node(2)).as_deref(), Some("big"));
        assert_eq!(target(&picture, &Target::Process(Actor::User)), None);
    }
}
