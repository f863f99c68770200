//! How objects are printed.

pub mod columns;
pub mod diff;
pub mod format;
pub mod jsonpath;
pub mod sort;
pub mod table;
pub mod tabs;
