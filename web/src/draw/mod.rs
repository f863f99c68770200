//! Geometry and texts of pictures: pure functions, no browser, so that they can be tested.

pub mod format;
pub mod geometry;
pub mod glyph;
pub mod layout;
pub mod ring;
pub mod route;
pub mod slots;

pub use geometry::{Point, Rect};
