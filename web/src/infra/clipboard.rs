//! Copying.

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

/// Copies `text` and then says whether that worked.
pub fn copy(text: &str, then: impl FnOnce(bool) + 'static) {
    let Some(navigator) = web_sys::window().map(|w| w.navigator()) else { return then(false) };
    // Pages on plain http have no clipboard: asking for it would throw.
    let there =
        js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|c| !c.is_undefined());
    if !there {
        return then(false);
    }
    let then = std::rc::Rc::new(std::cell::Cell::new(Some(then)));
    let also = then.clone();
    let good = Closure::once_into_js(move |_: JsValue| {
        if let Some(then) = then.take() {
            then(true);
        }
    });
    let bad = Closure::once_into_js(move |_: JsValue| {
        if let Some(then) = also.take() {
            then(false);
        }
    });
    let promise: JsValue = navigator.clipboard().write_text(text).into();
    // Through `Reflect`, because the typed `then2` wants closures that somebody keeps alive.
    if let Ok(function) = js_sys::Reflect::get(&promise, &JsValue::from_str("then")) {
        let function: js_sys::Function = function.into();
        let _ = function.call2(&promise, &good, &bad);
    }
}
