//! A small POSIX shell: enough that a container's `sh -c "..."` does what it says.
//!
//! Scripts are read into [`code::Op`]s, a flat list with jumps, so that a running [`Machine`] is plain data that
//! can stop at a `sleep` and go on later: lists, `&&`, `||`, `!`, pipes of simple commands, `if`, `while`,
//! `until`, `for`, groups, redirections, quotes, variables with their `${name:-word}` forms, `$(...)`, `$((...))`,
//! `trap`, `set -e`, `exec`, `&` and `wait` for simple commands. What is not there is refused with a message.

pub mod arithmetic;
pub mod code;
pub(crate) mod commands;
mod expand;
pub mod machine;
mod parse;
pub(crate) mod text_tools;

pub use machine::Machine;
pub(crate) use parse::command;
pub use parse::parse;
