//! The way of a message on the map.

use sim::Actor;

use super::layout::{Layout, NodeBox};
use super::{Point, Rect};

/// The line that messages from `from` to `to` travel on; `None` when one end is not on the map.
pub fn route(map: &Layout, from: Actor, to: Actor) -> Option<Vec<Point>> {
    if rank(from) > rank(to) {
        let mut path = route(map, to, from)?;
        path.reverse();
        return Some(path);
    }
    Some(match (from, to) {
        (Actor::ApiServer, Actor::User | Actor::Client) => vec![api_side(map), map.user],
        (Actor::ApiServer, Actor::Etcd(i)) => {
            let member = *map.members.get(i as usize)?;
            let start = Point::new(map.api.right(), map.api.center().y);
            vec![start, rim(member, start, map.member_radius)]
        }
        (Actor::Etcd(a), Actor::Etcd(b)) => {
            let (a, b) = (*map.members.get(a as usize)?, *map.members.get(b as usize)?);
            vec![rim(a, b, map.member_radius), rim(b, a, map.member_radius)]
        }
        (Actor::ApiServer, Actor::Scheduler) => hanging(map, map.scheduler),
        (Actor::ApiServer, Actor::ControllerManager | Actor::CloudControllerManager) => {
            hanging(map, map.manager)
        }
        (Actor::ApiServer, Actor::Kubelet(_) | Actor::KubeProxy(_) | Actor::Runtime(_)) => {
            let node = node_of(map, to)?;
            over_the_bus(map, node, chip(node, to))
        }
        (Actor::Kubelet(_), Actor::Runtime(_)) => {
            let node = node_of(map, to)?;
            let (a, b) = (node.kubelet, node.runtime);
            let low = a.bottom() + 5.0;
            vec![
                Point::new(a.center().x, a.bottom()),
                Point::new(a.center().x, low),
                Point::new(b.center().x, low),
                Point::new(b.center().x, b.bottom()),
            ]
        }
        _ => vec![place(map, from)?, place(map, to)?],
    })
}

/// Where a process stands.
pub fn place(map: &Layout, actor: Actor) -> Option<Point> {
    Some(match actor {
        Actor::User | Actor::Client => map.user,
        Actor::ApiServer => map.api.center(),
        Actor::Etcd(i) => *map.members.get(i as usize)?,
        Actor::Scheduler => map.scheduler.center(),
        Actor::ControllerManager | Actor::CloudControllerManager => map.manager.center(),
        Actor::Kubelet(_) | Actor::Runtime(_) | Actor::KubeProxy(_) => {
            chip(node_of(map, actor)?, actor).center()
        }
    })
}

/// So that each pair of actors is described once.
const fn rank(actor: Actor) -> (u8, u32) {
    match actor {
        Actor::ApiServer => (0, 0),
        Actor::Etcd(n) => (1, n),
        Actor::Scheduler => (2, 0),
        Actor::ControllerManager => (3, 0),
        Actor::CloudControllerManager => (4, 0),
        Actor::Kubelet(n) => (5, n),
        Actor::Runtime(n) => (6, n),
        Actor::KubeProxy(n) => (7, n),
        Actor::User => (8, 0),
        Actor::Client => (9, 0),
    }
}

fn node_of(map: &Layout, actor: Actor) -> Option<&NodeBox> {
    let number = actor.node()?;
    map.nodes.iter().find(|n| n.number == number)
}

fn chip(node: &NodeBox, actor: Actor) -> Rect {
    match actor {
        Actor::Runtime(_) => node.runtime,
        Actor::KubeProxy(_) => node.proxy,
        _ => node.kubelet,
    }
}

fn api_side(map: &Layout) -> Point {
    if map.narrow {
        Point::new(map.api.x + 20.0, map.api.y)
    } else {
        Point::new(map.api.x, map.api.center().y)
    }
}

/// From the rim of a member's disc towards another point.
fn rim(member: Point, other: Point, radius: f64) -> Point {
    let distance = member.distance(other);
    if distance > 0.0 { member.towards(other, radius / distance) } else { member }
}

/// From the API server down to a box below it.
fn hanging(map: &Layout, below: Rect) -> Vec<Point> {
    let low = map.api.x.max(below.x) + 12.0;
    let high = map.api.right().min(below.right()) - 12.0;
    // Clear of the trunk that leads to the nodes.
    let x = if map.narrow { 30.0 } else { (low + high) / 2.0 };
    if map.narrow && below == map.manager {
        // Around the scheduler, on its left.
        let left = 8.0;
        let y = map.api.center().y;
        return vec![
            Point::new(map.api.x, y),
            Point::new(left, y),
            Point::new(left, below.center().y),
            Point::new(below.x, below.center().y),
        ];
    }
    vec![Point::new(x, map.api.bottom()), Point::new(x, below.y)]
}

fn over_the_bus(map: &Layout, node: &NodeBox, chip: Rect) -> Vec<Point> {
    let x = chip.center().x;
    let mut path = vec![Point::new(map.trunk_x, map.api.bottom()), Point::new(map.trunk_x, map.bus_y)];
    if node.row > 0 {
        // Along the left edge of the nodes' area, then between the rows.
        let edge = map.nodes_area.x + 6.0;
        let between = node.card.y - 4.0;
        path.push(Point::new(edge, map.bus_y));
        path.push(Point::new(edge, between));
        path.push(Point::new(x, between));
    } else {
        path.push(Point::new(x, map.bus_y));
    }
    path.push(Point::new(x, chip.y));
    path
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::draw::layout::layout;

    #[test]
    fn ways_there_and_back_are_the_same() {
        let map = layout(1000.0, 450.0, 3, &[(1, 2), (2, 2), (3, 2)]);
        let actors = [
            Actor::User,
            Actor::ApiServer,
            Actor::Etcd(0),
            Actor::Etcd(2),
            Actor::Scheduler,
            Actor::ControllerManager,
            Actor::Kubelet(1),
            Actor::Runtime(1),
            Actor::KubeProxy(3),
        ];
        for a in actors {
            for b in actors.into_iter().filter(|b| *b != a) {
                let there = route(&map, a, b).expect("both are on the map");
                let mut back = route(&map, b, a).expect("both are on the map");
                back.reverse();
                assert_eq!(there, back, "{a} {b}");
                assert!(there.iter().all(|p| p.x >= 0.0 && p.x <= map.width && p.y <= map.height), "{a} {b}");
            }
        }
        assert_eq!(route(&map, Actor::ApiServer, Actor::Kubelet(9)), None);
    }
}
