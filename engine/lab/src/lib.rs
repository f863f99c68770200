//! (room in place)
