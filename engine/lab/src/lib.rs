//! A lab: one cluster put together, with its journal, checkpoints, rewind, forks and links.

pub mod view;
