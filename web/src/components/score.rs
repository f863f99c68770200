//! The score: one lane an actor, a tick an event, and the place where the lab stands. It is the scrubber too.

use sim::EventNumber;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, PointerEvent};
use yew::prelude::*;

use crate::draw::format;
use crate::hooks::{use_redraw, use_session, use_size, use_texts};
use crate::infra::i18n::fill;
use crate::infra::{Session, Topic};

/// CSS pixels of one lane, and of its line.
const LANE: f64 = 10.0;
const LINE: f64 = 5.0;
/// Above the lanes, for the marker's head.
const TOP: f64 = 6.0;
/// CSS variables of the lanes' colours, from top to bottom.
const COLOURS: [&str; 5] = ["--accent", "--second", "--message", "--care", "--good"];

/// The canvas with its names.
#[component]
pub fn Score() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Lab);
    let canvas = use_node_ref();
    let frame = use_node_ref();
    let (width, _) = use_size(&frame);
    {
        let (session, canvas) = (session.clone(), canvas.clone());
        use_effect(move || draw(&session, &canvas, width));
    }
    let seek_to = {
        let (session, frame) = (session.clone(), frame.clone());
        move |event: &PointerEvent| {
            let Some(element) = frame.cast::<HtmlElement>() else { return };
            let rect = element.get_bounding_client_rect();
            let fraction = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
            let last = session.state().lab().last().0;
            session.seek(EventNumber((fraction.clamp(0.0, 1.0) * last as f64).round() as u64));
        }
    };
    let dragging = use_mut_ref(|| false);
    let onpointerdown = {
        let (seek_to, dragging) = (seek_to.clone(), dragging.clone());
        move |event: PointerEvent| {
            if let Some(element) = event.target_dyn_into::<Element>() {
                // Without capture only the drag suffers.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            *dragging.borrow_mut() = true;
            seek_to(&event);
        }
    };
    let onpointermove = {
        let dragging = dragging.clone();
        move |event: PointerEvent| {
            if *dragging.borrow() {
                seek_to(&event);
            }
        }
    };
    let onpointerup = move |_: PointerEvent| *dragging.borrow_mut() = false;
    let onkeydown = {
        let session = session.clone();
        move |event: KeyboardEvent| {
            if let Some(target) = key_target(&session, &event.key()) {
                event.prevent_default();
                session.seek(target);
            }
        }
    };
    let state = session.state();
    let (cursor, last, now) = (state.lab().cursor().0, state.lab().last().0, state.lab().now());
    let says =
        fill(t.score_now, &[&format::thousands(cursor), &format::thousands(last), &format::clock(now)]);
    html! {
        <div class="score">
            <div class="lanes" aria-hidden="true">
                { for [t.lane_you, t.lane_api, t.lane_etcd, t.lane_loops, t.lane_nodes].map(|name| html! { <span>{ name }</span> }) }
            </div>
            <div ref={frame} class="score-frame" role="slider" tabindex="0" aria-label={t.score} title={t.score} aria-valuemin="0"
                aria-valuemax={last.to_string()} aria-valuenow={cursor.to_string()} aria-valuetext={says}
                {onpointerdown} {onpointermove} {onpointerup} {onkeydown}>
                <canvas ref={canvas} />
            </div>
        </div>
    }
}

/// Where a key leads.
fn key_target(session: &Session, key: &str) -> Option<EventNumber> {
    let state = session.state();
    let (cursor, last) = (state.lab().cursor().0, state.lab().last().0);
    let page = (last / 50).max(10);
    let target = match key {
        "ArrowLeft" | "ArrowDown" => cursor.saturating_sub(1),
        "ArrowRight" | "ArrowUp" => cursor + 1,
        "PageDown" => cursor.saturating_sub(page),
        "PageUp" => cursor + page,
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(EventNumber(target.min(last)))
}

fn draw(session: &Session, canvas: &NodeRef, width: f64) {
    let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { return };
    let Some(window) = web_sys::window() else { return };
    if width < 10.0 {
        return;
    }
    let ratio = window.device_pixel_ratio();
    let height = TOP + 5.0 * LANE;
    let (wide, high) = ((width * ratio) as u32, (height * ratio) as u32);
    if canvas.width() != wide || canvas.height() != high {
        canvas.set_width(wide);
        canvas.set_height(high);
    }
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok()) else { return };
    let style =
        window.document().and_then(|d| d.document_element()).and_then(|e| window.get_computed_style(&e).ok());
    let colour = |name: &str| {
        style
            .as_ref()
            .and_then(|s| s.as_ref()?.get_property_value(name).ok())
            .unwrap_or_else(|| "#888".into())
    };
    // Only an unusable canvas refuses to scale; then nothing is drawn anyway.
    let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    lanes(session, &context, width, &colour);
    marker(session, &context, width, height, &colour("--ink"));
}

fn lanes(session: &Session, context: &CanvasRenderingContext2d, width: f64, colour: &dyn Fn(&str) -> String) {
    let state = session.state();
    let last = state.lab().last();
    let buckets = (width / 2.0) as u32;
    let counts = if last.0 > 0 { state.lab().score(EventNumber(0), last, buckets) } else { Vec::new() };
    let step = width / f64::from(buckets.max(1));
    for (lane, name) in COLOURS.iter().enumerate() {
        let y = TOP + lane as f64 * LANE + (LANE - LINE) / 2.0;
        fill_style(context, &colour("--lane"));
        context.fill_rect(0.0, y, width, LINE);
        fill_style(context, &colour(name));
        for (i, counts) in counts.iter().enumerate() {
            let count = counts[lane];
            if count > 0 {
                // Denser places are darker; a single event is still seen.
                context.set_global_alpha((0.45 + 0.12 * f64::from(count)).min(1.0));
                context.fill_rect(i as f64 * step, y, (step - 0.4).max(1.2), LINE);
            }
        }
        context.set_global_alpha(1.0);
    }
}

fn marker(session: &Session, context: &CanvasRenderingContext2d, width: f64, height: f64, ink: &str) {
    let state = session.state();
    let (cursor, last) = (state.lab().cursor().0 as f64, state.lab().last().0.max(1) as f64);
    let x = (cursor / last * width).clamp(1.0, width - 1.0);
    fill_style(context, ink);
    context.fill_rect(x - 0.75, 0.0, 1.5, height);
    context.begin_path();
    context.move_to(x - 5.0, 0.0);
    context.line_to(x + 5.0, 0.0);
    context.line_to(x, 6.0);
    context.close_path();
    context.fill();
}

fn fill_style(context: &CanvasRenderingContext2d, colour: &str) {
    // Through `Reflect`: the typed setter's name differs between web-sys versions.
    let _ = js_sys::Reflect::set(context, &JsValue::from_str("fillStyle"), &JsValue::from_str(colour));
}
