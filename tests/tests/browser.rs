//! What a person can do in the page, with real clicks and keys in a real Chromium.
fn main() {}
