//! The terminal: kubectl as a client process of the simulated cluster.
//!
//! A [`Terminal`] takes command lines and answers with text, as the real programs do. Each command is a small state
//! machine of plain data under `commands/`; it knows the cluster only through the API server's answers.

mod commands;
mod complete;
mod describe;
mod etcdctl;
mod failure;
mod find;
mod flags;
mod help;
mod manifest;
mod print;
mod problem;
mod process;
mod program;
mod requests;
mod resource;
mod session;
mod targets;
mod terminal;
mod wire;
mod words;

pub use complete::{Completion, complete};
pub use problem::Problem;
pub use process::{Process, VERSION};
pub use session::{Channel, EXIT_INTERRUPTED, OUTPUT_BYTES_MAX, Piece, Screen, Session, SessionId, Settings};
pub use terminal::Terminal;
pub use wire::{Context, Input, Message};
