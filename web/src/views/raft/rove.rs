//! One stop of the Tab key for a group of many; the arrow keys go from one to the next.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// Moves the focus within the group that a key was pressed in. `true` when it did.
///
/// A group is an element with `data-group`; its parts have `data-part`.
pub fn arrow(event: &KeyboardEvent) -> bool {
    let step: i32 = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => 1,
        "ArrowLeft" | "ArrowUp" => -1,
        "Home" => i32::MIN,
        "End" => i32::MAX,
        _ => return false,
    };
    let Some(here) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return false };
    let Ok(Some(group)) = here.closest("[data-group]") else { return false };
    let parts = parts(&group);
    let Some(now) = parts.iter().position(|p| *p == here) else { return false };
    let count = parts.len() as i32;
    let next = match step {
        i32::MIN => 0,
        i32::MAX => count - 1,
        _ => (now as i32 + step).rem_euclid(count),
    };
    event.prevent_default();
    event.stop_propagation();
    parts.get(next as usize).is_some_and(focus)
}

fn parts(group: &Element) -> Vec<Element> {
    let Ok(list) = group.query_selector_all("[data-part]") else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.item(i)?.dyn_into().ok()).collect()
}

/// Gives an element the focus; works for SVG too.
pub fn focus(element: &Element) -> bool {
    // `focus` is the same method on HTML and SVG elements.
    element.unchecked_ref::<HtmlElement>().focus().is_ok()
}

/// True when the focus was lost with the element that had it.
pub fn nothing_has_focus() -> bool {
    let active = web_sys::window().and_then(|w| w.document()).and_then(|d| d.active_element());
    active.is_none_or(|element| element.tag_name() == "BODY")
}

/// Gives the focus to the first element of a selector, if there is one.
pub fn focus_first(selector: &str) -> bool {
    let found =
        web_sys::window().and_then(|w| w.document()).and_then(|d| d.query_selector(selector).ok()).flatten();
    found.as_ref().is_some_and(focus)
}
