//! What a person can do in the page, with real clicks and keys in a real Chromium.
//!
//! `window.clusterlab` is used beside them to read where the lab stands, and to let virtual time go by fast. Each test
//! leaves pictures in `target/screenshots/`.

mod browser {
    mod engine;
    mod faults;
    mod history;
    mod looks;
    mod manifests;
    mod open;
    mod raft;
    mod raft_messages;
    mod scenes;
    mod sharing;
    mod store;
    mod terminal;
    mod time;
}
