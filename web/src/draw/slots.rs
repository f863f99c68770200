//! Places that are remembered: what stays keeps its place, what comes takes the first free one.

use std::collections::BTreeMap;

/// For each owner (a node), who sits where.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    places: BTreeMap<u32, Vec<Option<String>>>,
}

impl Slots {
    /// Seats `names` with `owner` and returns the place of each, in their order.
    pub fn seat(&mut self, owner: u32, names: &[&str]) -> Vec<usize> {
        let places = self.places.entry(owner).or_default();
        for place in places.iter_mut() {
            if place.as_deref().is_some_and(|name| !names.contains(&name)) {
                *place = None;
            }
        }
        while places.last().is_some_and(Option::is_none) {
            places.pop();
        }
        let mut seats = Vec::with_capacity(names.len());
        for name in names {
            let known = places.iter().position(|p| p.as_deref() == Some(name));
            let seat = known.unwrap_or_else(|| {
                let free = places.iter().position(Option::is_none).unwrap_or(places.len());
                if free == places.len() {
                    places.push(None);
                }
                places[free] = Some((*name).to_owned());
                free
            });
            seats.push(seat);
        }
        seats
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn who_stays_keeps_the_place() {
        let mut slots = Slots::default();
        assert_eq!(slots.seat(1, &["a", "b", "c"]), [0, 1, 2]);
        assert_eq!(slots.seat(1, &["b", "c"]), [1, 2]);
        assert_eq!(slots.seat(1, &["b", "c", "d", "e"]), [1, 2, 0, 3]);
        assert_eq!(slots.seat(2, &["x"]), [0]);
        assert_eq!(slots.seat(1, &[]), Vec::<usize>::new());
        assert_eq!(slots.seat(1, &["z"]), [0]);
    }
}
