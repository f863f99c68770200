//! Messages under way: a dot with its name; a ring when somebody holds it.

use lab::view::MessageView;
use sim::SimTime;
use yew::prelude::*;

use super::Board;
use super::press::pressable;
use crate::draw::geometry::along;
use crate::draw::route::route;
use crate::draw::{Point, format};
use crate::infra::i18n::Texts;
use crate::infra::ui::Selection;

/// Above this speed names would only flicker.
const NAMES_BELOW_SPEED: f64 = 0.3;
/// Names that are shown at the most; there are dots for the others.
const NAMES_MAX: usize = 10;
/// A name this near to another one (in lines of 14 pixels) is left out.
const NAME_WIDTH: f64 = 96.0;

/// All messages.
pub fn messages(board: &Board, t: &'static Texts) -> Html {
    let (now, named) = {
        let state = board.session.state();
        let clock = state.clock();
        (state.lab().now(), !clock.playing || clock.speed < NAMES_BELOW_SPEED)
    };
    let still = prefers_less_motion();
    let mut names: Vec<Point> = Vec::new();
    let dots = board.picture.messages.iter().filter_map(|message| {
        let path = route(&board.map, message.from, message.to)?;
        let fraction = if still || message.held { 0.5 } else { fraction(message, now) };
        let at = along(&path, fraction);
        let free = names.len() < NAMES_MAX
            && !names.iter().any(|n| (n.y - at.y).abs() < 14.0 && (n.x - at.x).abs() < NAME_WIDTH);
        let with_name = (named || message.held) && free;
        if with_name {
            names.push(at);
        }
        Some(dot(board, t, message, at, with_name))
    });
    html! { <g class="messages">{ for dots }</g> }
}

/// How far a message is on its way.
fn fraction(message: &MessageView, now: SimTime) -> f64 {
    let whole = message.arrives.since(message.sent).as_nanos() as f64;
    if whole > 0.0 { (now.since(message.sent).as_nanos() as f64 / whole).clamp(0.0, 1.0) } else { 1.0 }
}

fn dot(board: &Board, t: &'static Texts, message: &MessageView, at: Point, with_name: bool) -> Html {
    let (cx, cy) = (format!("{:.1}", at.x), format!("{:.1}", at.y));
    let name = if message.held { format!("{} · {}", message.label, t.held) } else { message.label.clone() };
    // Near the right edge the name stands on the left.
    let (x, anchor) = if at.x > board.map.width - 130.0 { (at.x - 11.0, "end") } else { (at.x + 11.0, "start") };
    let inside = html! {
        <>
            <circle class="hit" cx={cx.clone()} cy={cy.clone()} r="10" />
            <circle class="dot" cx={cx.clone()} cy={cy.clone()} r="5" />
            if message.held {
                <circle class="ring" cx={cx} cy={cy} r="9" />
            }
            if with_name {
                <text class="message-name mono" x={format!("{x:.1}")} y={format!("{:.1}", at.y - 7.0)} text-anchor={anchor}>
                    { format::shorten(&name, 34) }
                </text>
            }
        </>
    };
    let label = format!("{name}: {} → {}", message.from, message.to);
    let key = format!("{}-{}", message.id.at.as_nanos(), message.id.sequence);
    let class = classes!("message", message.raft.then_some("raft"), message.held.then_some("held"));
    pressable(&board.session, Selection::Message(message.id), class, label, key, inside)
}

fn prefers_less_motion() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok()).flatten();
    query.is_some_and(|q| q.matches())
}
