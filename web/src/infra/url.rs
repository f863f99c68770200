//! The address bar.

/// `#cl1....`, or empty.
pub fn fragment() -> String {
    web_sys::window().and_then(|w| w.location().hash().ok()).unwrap_or_default()
}

/// Puts a fragment into the address without a step in the browser's history and without a `hashchange`.
pub fn set_fragment(fragment: &str) {
    let Some(window) = web_sys::window() else { return };
    let Ok(path) = window.location().pathname() else { return };
    let search = window.location().search().unwrap_or_default();
    if let Ok(history) = window.history() {
        let address = format!("{path}{search}{fragment}");
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
    }
}

/// The whole address with `fragment`: what is copied.
pub fn with_fragment(fragment: &str) -> String {
    let href = web_sys::window().and_then(|w| w.location().href().ok()).unwrap_or_default();
    let base = href.split('#').next().unwrap_or_default();
    format!("{base}{fragment}")
}

/// Whether a text looks like a lab link (of any version), rather than like a lab file.
pub fn is_link(text: &str) -> bool {
    let text = text.trim();
    let fragment = text.rsplit_once('#').map_or(text, |(_, f)| f);
    fragment.starts_with("cl")
        && fragment
            .split_once('.')
            .is_some_and(|(v, _)| v[2..].chars().all(|c| c.is_ascii_digit()) && v.len() > 2)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::is_link;

    #[test]
    fn links_are_told_from_lab_files() {
        for link in ["#cl1.abc", "cl1.abc", "https://example.org/x/#cl12.a-_"] {
            assert!(is_link(link), "{link}");
        }
        for other in ["apiVersion: clusterlab.dev/v1", "#section", "", "cluster.x", "cl."] {
            assert!(!is_link(other), "{other}");
        }
    }
}
