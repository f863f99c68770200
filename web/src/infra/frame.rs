//! Calls back before each frame, and only while there is something to do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// One callback that can be asked for again and again.
#[derive(Clone)]
pub struct FrameLoop(Rc<Inner>);

struct Inner {
    callback: RefCell<Option<Closure<dyn FnMut()>>>,
    asked: Cell<bool>,
}

impl FrameLoop {
    /// A loop that calls `each` for every frame that was asked for.
    pub fn new(each: impl Fn() + 'static) -> FrameLoop {
        let inner = Rc::new(Inner { callback: RefCell::new(None), asked: Cell::new(false) });
        let weak = Rc::downgrade(&inner);
        let closure = Closure::wrap(Box::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.asked.set(false);
            }
            each();
        }) as Box<dyn FnMut()>);
        *inner.callback.borrow_mut() = Some(closure);
        FrameLoop(inner)
    }

    /// Asks for one call. A hidden tab gets no frames, so there a timer stands in.
    pub fn ask(&self) {
        if self.0.asked.replace(true) {
            return;
        }
        let (Some(window), callback) = (web_sys::window(), self.0.callback.borrow()) else { return };
        let Some(function) = callback.as_ref().map(|c| c.as_ref().unchecked_ref()) else { return };
        let hidden = window.document().is_some_and(|d| d.hidden());
        let asked = if hidden {
            window.set_timeout_with_callback_and_timeout_and_arguments_0(function, 16)
        } else {
            window.request_animation_frame(function)
        };
        // Without a callback nothing would ever run again; let the next ask try.
        self.0.asked.set(asked.is_ok());
    }
}

/// Calls once, after a while.
pub fn after(wall_ms: i32, call: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window() else { return };
    let function = Closure::once_into_js(call);
    // A browser without timers shows the message longer, nothing else.
    let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(function.unchecked_ref(), wall_ms);
}

/// Wall time in milliseconds since the page was opened: for budgets, never for the lab.
pub fn now_ms() -> f64 {
    web_sys::window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}

/// True when the person asked the system for less motion.
pub fn prefers_less_motion() -> bool {
    let query =
        web_sys::window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok()).flatten();
    query.is_some_and(|q| q.matches())
}
