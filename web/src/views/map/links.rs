//! The lines between components: quiet while all is well, red where one is cut.

use sim::Actor;
use yew::prelude::*;

use super::Board;
use super::press::pressable;
use crate::draw::geometry::{along, points};
use crate::draw::route::route;
use crate::infra::i18n::Texts;
use crate::infra::names;
use crate::infra::ui::Selection;

/// All the usual ways.
pub fn usual(board: &Board) -> Html {
    let mut pairs = vec![
        (Actor::ApiServer, Actor::User),
        (Actor::ApiServer, Actor::Scheduler),
        (Actor::ApiServer, Actor::ControllerManager),
    ];
    pairs.extend((0..board.picture.members.len() as u32).map(|i| (Actor::ApiServer, Actor::Etcd(i))));
    pairs.extend(board.map.nodes.iter().map(|n| (Actor::ApiServer, Actor::Kubelet(n.number))));
    let ring = board.map.ring;
    html! {
        <g class="links">
            if board.map.members.len() > 1 {
                <circle cx={format!("{:.1}", ring.x)} cy={format!("{:.1}", ring.y)} r={format!("{:.1}", board.map.ring_radius)} />
            }
            { for pairs.into_iter().filter_map(|(a, b)| Some(html! { <polyline points={points(&route(&board.map, a, b)?)} /> })) }
        </g>
    }
}

/// Those that are cut, slow, lossy or held: in red, to be pressed.
pub fn unusual(board: &Board, t: &'static Texts) -> Html {
    let all = &board.picture.links;
    // Both directions, and all processes of a machine, are usually changed together: one line says it.
    let links =
        all.iter().enumerate().filter(|(i, link)| !all[..*i].iter().any(|l| names::same_link(l, link)));
    links
        .filter_map(|(_, (a, b, rule))| {
            let path = route(&board.map, *a, *b)?;
            let middle = along(&path, 0.5);
            let inside = html! {
                <>
                    <polyline class="hit-line" points={points(&path)} />
                    <polyline class={if rule.cut { "cut-line" } else { "odd-line" }} points={points(&path)} />
                    if rule.cut {
                        <path class="cut-sign" d={format!("M{:.1} {:.1}l8 8m0 -8l-8 8", middle.x - 4.0, middle.y - 4.0)} />
                    }
                </>
            };
            let (from, to) = names::link_ends(&board.picture, *a, *b);
            let label = format!("{from} ↔ {to}: {}", if rule.cut { t.cut } else { t.held });
            let key = format!("{a}-{b}");
            Some(pressable(&board.session, Selection::Link(*a, *b), classes!("link"), label, key, inside))
        })
        .collect()
}
