//! Where everything on the map stands. Depends on sizes and counts only, so nothing moves while time runs.

use std::f64::consts::TAU;

use super::{Point, Rect};

/// Below this width things stand under each other.
const NARROW: f64 = 640.0;
/// More machines than this are drawn small.
const NODES_WIDE_MAX: usize = 8;
/// Machines that are drawn at the most; the others are counted.
pub const NODES_DRAWN_MAX: usize = 96;

/// How a pod is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tile {
    /// Shape and name.
    Full,
    /// Shape in a small frame.
    Small,
    /// Shape only.
    Dot,
}

impl Tile {
    /// Width and height, with the gap.
    pub const fn pitch(self) -> (f64, f64) {
        match self {
            Tile::Full => (55.0, 56.0),
            Tile::Small => (30.0, 30.0),
            Tile::Dot => (15.0, 15.0),
        }
    }

    /// The tile that lets so many pods be seen.
    const fn for_count(pods: usize) -> Tile {
        match pods {
            0..=8 => Tile::Full,
            9..=24 => Tile::Small,
            _ => Tile::Dot,
        }
    }
}

/// A machine's place.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeBox {
    /// Its number.
    pub number: u32,
    /// The whole card.
    pub card: Rect,
    /// Its processes; all the card's top when it is drawn small.
    pub kubelet: Rect,
    /// containerd.
    pub runtime: Rect,
    /// kube-proxy.
    pub proxy: Rect,
    /// Where pods stand.
    pub pods: Rect,
    /// How they are drawn.
    pub tile: Tile,
    /// Pods in a row.
    pub columns: usize,
    /// The row of cards that it stands in.
    pub row: usize,
}

impl NodeBox {
    /// The upper left corner of the tile at `slot`.
    pub fn slot(&self, slot: usize) -> Point {
        let (w, h) = self.tile.pitch();
        let (row, column) = (slot / self.columns, slot % self.columns);
        Point::new(self.pods.x + column as f64 * w, self.pods.y + row as f64 * h)
    }
}

/// The map.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    pub narrow: bool,
    pub user: Point,
    pub control: Rect,
    pub api: Rect,
    pub scheduler: Rect,
    pub manager: Rect,
    pub ring: Point,
    pub ring_radius: f64,
    pub members: Vec<Point>,
    pub member_radius: f64,
    pub nodes_area: Rect,
    pub nodes: Vec<NodeBox>,
    /// Machines are drawn small.
    pub dense: bool,
    /// Machines that are not drawn.
    pub hidden: usize,
    /// Where pods without a node wait.
    pub pending: Rect,
    /// The line under the API server that all nodes hang on.
    pub trunk_x: f64,
    pub bus_y: f64,
}

/// Lays the map out: the space there is, the number of members, the machines with their numbers and pods.
pub fn layout(width: f64, height: f64, members: usize, nodes: &[(u32, usize)]) -> Layout {
    let narrow = width < NARROW;
    let width = width.max(320.0);
    let mut map = if narrow { control_narrow(width) } else { control_wide(width, height) };
    map.members = ring(map.ring, map.ring_radius, members);
    map.dense = nodes.len() > NODES_WIDE_MAX;
    map.hidden = nodes.len().saturating_sub(NODES_DRAWN_MAX);
    let drawn = &nodes[..nodes.len().min(NODES_DRAWN_MAX)];
    let top = map.nodes_area.y + 30.0;
    let left = map.nodes_area.x + 14.0;
    let inner = map.nodes_area.w - 28.0;
    let bottom = place_nodes(&mut map, drawn, Rect::new(left, top, inner, (height - top - 12.0).max(0.0)));
    map.nodes_area.h = (bottom + 12.0 - map.nodes_area.y).max(60.0);
    map.height = height.max(map.nodes_area.bottom() + 2.0);
    map
}

fn control_wide(width: f64, height: f64) -> Layout {
    let left = (width * 0.13).clamp(104.0, 150.0);
    // A low panel gets a flatter control plane, so that the nodes stay in sight.
    let tall = (height - 244.0).clamp(184.0, 232.0);
    let control = Rect::new(left, 2.0, width - left - 2.0, tall);
    let api = Rect::new(left + (control.w * 0.135).max(64.0), 62.0_f64.min(tall * 0.26), 172.0, 70.0);
    let below = (tall - 54.0).min(api.bottom() + 26.0);
    let scheduler = Rect::new(api.x - 112.0_f64.min(api.x - left - 12.0), below, 168.0, 44.0);
    let manager = Rect::new(scheduler.right() + 18.0, below, 186.0, 44.0);
    let bus_y = control.bottom() + 10.0;
    let ring_radius = tall * 0.28;
    Layout {
        width,
        height,
        narrow: false,
        user: Point::new(left / 2.0, api.center().y),
        control,
        api,
        scheduler,
        manager,
        ring: Point::new((control.x + control.w * 0.74).max(manager.right() + 90.0), control.y + tall * 0.56),
        ring_radius,
        members: Vec::new(),
        member_radius: 20.0,
        nodes_area: Rect::new(left, control.bottom() + 20.0, control.w, 0.0),
        nodes: Vec::new(),
        dense: false,
        hidden: 0,
        pending: Rect::new(6.0, control.bottom() + 50.0, left - 12.0, 0.0),
        trunk_x: scheduler.right() + 9.0,
        bus_y,
    }
}

fn control_narrow(width: f64) -> Layout {
    let control = Rect::new(2.0, 64.0, width - 4.0, 262.0);
    let api = Rect::new(14.0, 102.0, 164.0, 66.0);
    let scheduler = Rect::new(14.0, 196.0, 164.0, 44.0);
    let manager = Rect::new(14.0, 262.0, 164.0, 44.0);
    Layout {
        width,
        height: 0.0,
        narrow: true,
        user: Point::new(34.0, 26.0),
        control,
        api,
        scheduler,
        manager,
        ring: Point::new(width - 92.0, 218.0),
        ring_radius: 46.0,
        members: Vec::new(),
        member_radius: 18.0,
        nodes_area: Rect::new(2.0, control.bottom() + 20.0, width - 4.0, 0.0),
        nodes: Vec::new(),
        dense: false,
        hidden: 0,
        pending: Rect::new(150.0, 4.0, width - 160.0, 0.0),
        trunk_x: 188.0,
        bus_y: control.bottom() + 10.0,
    }
}

/// Members stand on a circle, the first at the top.
fn ring(center: Point, radius: f64, members: usize) -> Vec<Point> {
    if members == 1 {
        return vec![center];
    }
    (0..members)
        .map(|i| {
            let angle = TAU * i as f64 / members as f64;
            Point::new(center.x + radius * angle.sin(), center.y - radius * angle.cos())
        })
        .collect()
}

/// Puts the cards into `area`; returns the lower end.
fn place_nodes(map: &mut Layout, nodes: &[(u32, usize)], area: Rect) -> f64 {
    let gap = if map.dense { 8.0 } else { 16.0 };
    let least = if map.dense { 124.0 } else { 236.0 };
    let fit = (((area.w + gap) / (least + gap)).floor() as usize).max(1);
    let columns = fit.min(nodes.len().max(1));
    let width = (area.w - gap * (columns - 1) as f64) / columns as f64;
    let mut top = area.y;
    for (row, chunk) in nodes.chunks(columns).enumerate() {
        let boxes: Vec<NodeBox> = chunk
            .iter()
            .enumerate()
            .map(|(i, (number, pods))| {
                let x = area.x + i as f64 * (width + gap);
                node_box(*number, *pods, Rect::new(x, top, width, 0.0), map.dense, row)
            })
            .collect();
        let height = boxes.iter().map(|b| b.card.h).fold(0.0, f64::max);
        map.nodes.extend(boxes.into_iter().map(|mut b| {
            b.card.h = height;
            b
        }));
        top += height + gap;
    }
    top - gap
}

fn node_box(number: u32, pods: usize, at: Rect, dense: bool, row: usize) -> NodeBox {
    let tile = if dense { Tile::Dot } else { Tile::for_count(pods) };
    let inner = at.w - 24.0;
    let columns = ((inner + 6.0) / tile.pitch().0).floor().max(1.0) as usize;
    let head = if dense { 28.0 } else { 62.0 };
    // Room for one row even without pods: the card does not jump when the first one comes.
    let rows = pods.div_ceil(columns).max(1) as f64;
    let foot = if dense { 6.0 } else { 26.0 };
    let card = Rect { h: head + rows * tile.pitch().1 + foot, ..at };
    let chip = |x: f64, w: f64| Rect::new(x, at.y + 32.0, w, 22.0);
    let third = (inner - 16.0) / 3.0;
    let small = Rect::new(at.x, at.y, at.w, 24.0);
    NodeBox {
        number,
        card,
        kubelet: if dense { small } else { chip(at.x + 12.0, third) },
        runtime: if dense { small } else { chip(at.x + 20.0 + third, third) },
        proxy: if dense { small } else { chip(at.x + 28.0 + 2.0 * third, third) },
        pods: Rect::new(at.x + 12.0, at.y + head, inner, rows * tile.pitch().1),
        tile,
        columns,
        row,
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn overlaps(a: Rect, b: Rect) -> bool {
        a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
    }

    #[test]
    fn nothing_overlaps() {
        for (width, height) in [(1015.0, 430.0), (700.0, 300.0), (366.0, 500.0), (1600.0, 800.0)] {
            for count in [1, 3, 8, 9, 60] {
                let nodes: Vec<(u32, usize)> = (1..=count).map(|n| (n, (n as usize * 7) % 30)).collect();
                let map = layout(width, height, 3, &nodes);
                for (i, a) in map.nodes.iter().enumerate() {
                    assert!(a.card.right() <= map.width && a.card.bottom() <= map.height, "{width} {count}");
                    assert!(!overlaps(a.card, map.control));
                    assert!(map.nodes[i + 1..].iter().all(|b| !overlaps(a.card, b.card)), "{width} {count}");
                    let last = a.slot((nodes[i].1).max(1) - 1);
                    assert!(last.y + a.tile.pitch().1 <= a.card.bottom() + 0.1);
                }
                for (a, b) in [(map.api, map.scheduler), (map.api, map.manager), (map.scheduler, map.manager)]
                {
                    assert!(!overlaps(a, b), "{width}x{height}");
                }
                for member in &map.members {
                    let r = map.member_radius;
                    let disc = Rect::new(member.x - r, member.y - r, 2.0 * r, 2.0 * r);
                    assert!(!overlaps(disc, map.api) && !overlaps(disc, map.manager), "{width}x{height}");
                    assert!(
                        disc.y >= map.control.y && disc.bottom() <= map.control.bottom(),
                        "{width}x{height}"
                    );
                }
            }
        }
    }

    #[test]
    fn thousands_of_nodes_are_counted_not_drawn() {
        let nodes: Vec<(u32, usize)> = (1..=5000).map(|n| (n, 30)).collect();
        let map = layout(1000.0, 500.0, 5, &nodes);
        assert_eq!((map.nodes.len(), map.hidden), (NODES_DRAWN_MAX, 5000 - NODES_DRAWN_MAX));
    }

    #[test]
    fn time_moves_nothing() {
        let before = layout(1000.0, 450.0, 3, &[(1, 2), (2, 3)]);
        let after = layout(1000.0, 450.0, 3, &[(1, 3), (2, 1)]);
        assert_eq!(before.nodes[1].card.x, after.nodes[1].card.x);
        assert_eq!(before.api, after.api);
    }
}
