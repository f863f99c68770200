//! The upper half: the person, the API server, the scheduler and the controllers.

use lab::view::Target;
use sim::Actor;
use yew::prelude::*;

use super::Board;
use super::press::pressable;
use crate::draw::{Rect, format};
use crate::infra::i18n::{Texts, fill};
use crate::infra::ui::Selection;

/// Squares of the API server's meter.
const SQUARES: u32 = 8;

/// A rectangle with rounded corners.
pub fn plate(class: &'static str, r: Rect, radius: f64) -> Html {
    html! {
        <rect {class} x={format!("{:.1}", r.x)} y={format!("{:.1}", r.y)} width={format!("{:.1}", r.w)} height={format!("{:.1}", r.h)}
            rx={radius.to_string()} />
    }
}

/// A line of text.
pub fn label(class: &'static str, x: f64, y: f64, text: impl Into<AttrValue>) -> Html {
    let text: AttrValue = text.into();
    html! { <text {class} x={format!("{x:.1}")} y={format!("{y:.1}")}>{ text }</text> }
}

/// The area behind.
pub fn ground(board: &Board, t: &'static Texts) -> Html {
    let control = board.map.control;
    html! {
        <>
            { plate("area", control, 8.0) }
            { label("caps", control.x + 16.0, control.y + 22.0, t.control_plane) }
        </>
    }
}

/// The boxes.
pub fn boxes(board: &Board, t: &'static Texts) -> Html {
    html! { <>{ user(board, t) }{ api_server(board, t) }{ scheduler(board, t) }{ controllers(board, t) }</> }
}

fn process(board: &Board, actor: Actor, up: bool, name: &'static str, words: String, inside: Html) -> Html {
    let class = classes!("process", (!up).then_some("is-down"));
    let selection = Selection::Target(Target::Process(actor));
    pressable(&board.session, selection, class, format!("{name}: {words}"), actor.to_string(), inside)
}

fn user(board: &Board, t: &'static Texts) -> Html {
    let at = board.map.user;
    let (x, y) = (at.x, at.y);
    let side = if board.map.narrow { (x + 30.0, y - 2.0, "start") } else { (x, y + 38.0, "middle") };
    html! {
        <g class="user">
            <circle class="face" cx={x.to_string()} cy={y.to_string()} r="18" />
            <circle class="ink-fill" cx={x.to_string()} cy={(y - 4.0).to_string()} r="5.2" />
            <path class="ink-fill" d={format!("M{:.1} {:.1}a8.6 8.6 0 0 1 17.2 0z", x - 8.6, y + 11.0)} />
            <text class="user-name" x={side.0.to_string()} y={side.1.to_string()} text-anchor={side.2}>{ t.you }</text>
            <text class="user-tool mono" x={side.0.to_string()} y={(side.1 + 15.0).to_string()} text-anchor={side.2}>{ "kubectl" }</text>
        </g>
    }
}

fn api_server(board: &Board, t: &'static Texts) -> Html {
    let (r, view) = (board.map.api, &board.picture.api_server);
    let words = if !view.up {
        t.down.to_owned()
    } else if !view.ready {
        t.starting.to_owned()
    } else {
        fill(t.api_facts, &[&view.revision.to_string(), &view.watches.to_string()])
    };
    let squares = (0..SQUARES).map(|i| {
        let class = if i < view.in_flight.min(SQUARES) { "square on" } else { "square" };
        html! { <rect {class} x={format!("{:.1}", r.x + 12.0 + f64::from(i) * 9.0)} y={format!("{:.1}", r.bottom() - 15.0)} width="6" height="6" rx="1.5" /> }
    });
    let inside = html! {
        <>
            { plate("box main", r, 6.0) }
            { label("name", r.x + 12.0, r.y + 21.0, t.api_server) }
            { label("facts-line", r.x + 12.0, r.y + 39.0, words.clone()) }
            { for squares }
        </>
    };
    process(board, Actor::ApiServer, view.up, t.api_server, words, inside)
}

fn scheduler(board: &Board, t: &'static Texts) -> Html {
    let (r, view) = (board.map.scheduler, &board.picture.scheduler);
    let words = if view.up {
        let stuck = match view.unschedulable {
            0 => String::new(),
            n => fill(t.scheduler_stuck, &[&n.to_string()]),
        };
        fill(t.scheduler_facts, &[&view.active.to_string(), &view.backoff.to_string(), &stuck])
    } else {
        t.down.to_owned()
    };
    process(board, Actor::Scheduler, view.up, t.scheduler, words.clone(), small_box(r, t.scheduler, words))
}

fn controllers(board: &Board, t: &'static Texts) -> Html {
    let r = board.map.manager;
    let up = board.picture.controller_manager_up;
    let busiest = board.picture.controllers.iter().max_by_key(|c| c.depth).filter(|c| c.depth > 0);
    let words = match busiest {
        _ if !up => t.down.to_owned(),
        Some(c) => fill(t.controllers_busy, &[&c.name, &c.depth.to_string()]),
        None => t.controllers_idle.to_owned(),
    };
    let inside = small_box(r, t.controller_manager, words.clone());
    process(board, Actor::ControllerManager, up, t.controller_manager, words, inside)
}

fn small_box(r: Rect, name: &'static str, words: String) -> Html {
    let words = format::shorten(&words, (r.w / 6.4) as usize);
    html! {
        <>
            { plate("box", r, 6.0) }
            { label("name", r.x + 12.0, r.y + 19.0, name) }
            { label("facts-line", r.x + 12.0, r.y + 35.0, words) }
        </>
    }
}
