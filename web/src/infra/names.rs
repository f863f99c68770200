//! What faults and links call processes and machines. Machines may have names of their own.

use lab::view::{Picture, Target};
use sim::{Actor, LinkRule};

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

/// True when two processes stand in one place: they are the same, or on one machine.
fn same_place(a: Actor, b: Actor) -> bool {
    a == b || (a.node().is_some() && a.node() == b.node())
}

/// Whether two links look like one on the map: between the same places, changed in the same way.
pub fn same_link(one: &(Actor, Actor, LinkRule), other: &(Actor, Actor, LinkRule)) -> bool {
    let (a, b, rule) = one;
    let (c, d, other_rule) = other;
    let ends = (same_place(*a, *c) && same_place(*b, *d)) || (same_place(*a, *d) && same_place(*b, *c));
    ends && rule.cut == other_rule.cut
}

/// What to call the ends of an unusual link: a machine when several of its processes have lost the same peer.
pub fn link_ends(picture: &Picture, a: Actor, b: Actor) -> (String, String) {
    let Some(link) = picture.links.iter().find(|(x, y, _)| (*x, *y) == (a, b) || (*y, *x) == (a, b)) else {
        return (process(picture, a), process(picture, b));
    };
    let alike: Vec<_> = picture.links.iter().filter(|other| same_link(link, other)).collect();
    let end = |actor: Actor| {
        let several = alike.iter().flat_map(|(x, y, _)| [*x, *y]).any(|x| x != actor && same_place(x, actor));
        let machine = picture.nodes.iter().find(|n| several && Some(n.number) == actor.node());
        machine.map_or_else(|| process(picture, actor), |machine| machine.name.to_string())
    };
    (end(a), end(b))
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

    #[test]
    fn links_of_one_machine_are_one() {
        let node = NodeView { number: 2, name: literal!("big"), ..NodeView::default() };
        let cut = LinkRule { cut: true, ..LinkRule::default() };
        let link = |other| (Actor::ApiServer, other, cut);
        let mut picture =
            Picture { nodes: vec![node], links: vec![link(Actor::Kubelet(2))], ..Picture::default() };
        let ends = |picture: &Picture| link_ends(picture, Actor::ApiServer, Actor::Kubelet(2)).1;
        assert_eq!(ends(&picture), "big/kubelet");
        picture.links.push(link(Actor::KubeProxy(2)));
        assert_eq!(ends(&picture), "big");
        assert!(same_link(&picture.links[0], &picture.links[1]));
        assert!(!same_link(&link(Actor::Kubelet(1)), &link(Actor::Kubelet(2))));
    }
}
