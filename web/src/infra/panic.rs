//! What happens when the program itself breaks: the page says so and keeps the work.

use wasm_bindgen::{JsCast, JsValue};

/// Hands panics to `clusterlabBroke` of static/boot.js. That is plain JavaScript because after a panic nothing in
/// here may run again; the autosaved lab is in the browser's storage already.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let report = info.to_string();
        if let Some(window) = web_sys::window()
            && let Ok(broke) = js_sys::Reflect::get(&window, &JsValue::from_str("clusterlabBroke"))
            && let Some(broke) = broke.dyn_ref::<js_sys::Function>()
        {
            let _ = broke.call1(&JsValue::NULL, &JsValue::from_str(&report));
        }
    }));
}
