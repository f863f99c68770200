//! Cluster Lab's page.
//!
//! Views read the lab and never change it. Every change - a step, a fault, a command - goes through
//! [`infra::Session`], which owns the lab and runs it in slices between frames, so that no task is long.
//!
//! Architecture invariant: nothing here knows how a cluster works; it knows `lab`'s public interface only.

mod app;
mod components;
mod draw;
mod hooks;
mod infra;
mod views;

fn main() {
    infra::panic::install();
    yew::Renderer::<app::App>::new().render();
}

// The page's tests run where the page runs: `#[test]` is the browser's there.
#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
