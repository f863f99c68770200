//! What the page stands on: the session that owns the lab, and the browser's own things.

pub mod clipboard;
pub mod clock;
pub mod embed;
pub mod frame;
pub mod i18n;
pub mod names;
pub mod panic;
pub mod raft_search;
pub mod raft_ui;
pub mod scenes;
pub mod session;
pub mod share;
pub mod slow_motion;
pub mod start;
pub mod storage;
pub mod ui;
pub mod url;
pub mod work;

pub use session::{Moment, Session, Topic};
