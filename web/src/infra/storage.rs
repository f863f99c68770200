//! What stays in this browser: the autosaved lab and the settings.

use web_sys::Storage;

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Reads an entry. `None` also when the browser forbids storage.
pub fn read(key: &str) -> Option<String> {
    storage()?.get_item(&format!("clusterlab.{key}")).ok()?
}

/// Writes an entry; false when there is no room or no permission.
pub fn write(key: &str, value: &str) -> bool {
    storage().is_some_and(|s| s.set_item(&format!("clusterlab.{key}"), value).is_ok())
}

/// Takes an entry away.
pub fn remove(key: &str) {
    if let Some(storage) = storage() {
        // Only a browser without storage refuses, and that has no entry.
        let _ = storage.remove_item(&format!("clusterlab.{key}"));
    }
}

/// The lab link that was saved last.
pub const LAB: &str = "lab";
/// The fragment of the address that the saved lab came from: a reload with it continues the saved lab.
pub const ORIGIN: &str = "origin";
/// There when somebody did something in the saved lab.
pub const WORKED: &str = "worked";
/// `en` or `zh`.
pub const LANGUAGE: &str = "language";
/// `light` or `dark`; without it, as the system says.
pub const THEME: &str = "theme";
/// Sizes and folds of the panels.
pub const PANELS: &str = "panels";
/// The text of the manifests editor.
pub const MANIFESTS: &str = "manifests";
