//! Where Raft's members stand, and the ways between them.
//!
//! Members stand on an ellipse, the first at the top. Each pair has two lanes, one a direction, so that questions and answers never
//! lie on each other. A message that is held waits at the roadside of its lane.

use std::f64::consts::TAU;

use super::Point;

/// Pixels between the two lanes of a link, from its middle.
const LANE: f64 = 5.5;
/// Pixels that a waiting message takes, along the lane and away from it.
const STAND: f64 = 17.0;
/// Rows of waiting messages beside a lane.
const ROWS_MAX: usize = 3;
/// Beside a lane that is shorter than this, in pixels, there is room for one row: further away, somebody else's words stand.
const SHORT_LANE: f64 = 110.0;
/// Below this width names are short.
const NARROW: f64 = 500.0;

/// The places of all members.
#[derive(Clone, PartialEq, Debug)]
pub struct Ring {
    /// Its middle.
    pub center: Point,
    /// Radius of a member's disc.
    pub disc: f64,
    /// The members' middles, in their order.
    pub places: Vec<Point>,
    /// True when there is room for short words only.
    pub narrow: bool,
    /// Of the whole drawing.
    pub size: (f64, f64),
}

/// Which side of its disc a member's words stand on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Side {
    Left,
    Right,
}

impl Ring {
    /// A ring of `count` members in a drawing of this size.
    pub fn new(width: f64, height: f64, count: usize) -> Ring {
        let narrow = width < NARROW;
        let disc = match (narrow, count) {
            (true, _) => 21.0,
            (false, 0..=5) => 27.0,
            (false, _) => 24.0,
        };
        // Words stand outside, left and right.
        let words = if narrow { 66.0 } else { 108.0 };
        let room_x = (width / 2.0 - disc - 14.0 - words).max(44.0);
        // Below the lowest disc stand its ticks.
        let room_y = (height / 2.0 - disc - 24.0).max(40.0);
        let (rx, ry) = (room_x.min(room_y * 1.45), room_y.min(room_x * 1.45));
        let center = Point::new(width / 2.0, height / 2.0 - 5.0 + if count == 3 { ry * 0.14 } else { 0.0 });
        let ry = if count == 3 { ry * 1.1 } else { ry };
        let places = (0..count)
            .map(|i| {
                let angle = TAU * i as f64 / count.max(1) as f64;
                if count == 1 {
                    return center;
                }
                Point::new(center.x + rx * angle.sin(), center.y - ry * angle.cos())
            })
            .collect();
        Ring { center, disc, places, narrow, size: (width, height) }
    }

    /// Where the words of a member stand.
    pub fn side(&self, place: Point) -> Side {
        if place.x < self.center.x - 1.0 { Side::Left } else { Side::Right }
    }

    /// The lane of messages from one member to another.
    pub fn lane(&self, from: usize, to: usize) -> Option<Lane> {
        let (a, b) = (*self.places.get(from)?, *self.places.get(to)?);
        let length = a.distance(b);
        if length < 1.0 {
            return None;
        }
        let along = Point::new((b.x - a.x) / length, (b.y - a.y) / length);
        // To the left of the way, as seen by who travels.
        let aside = Point::new(along.y, -along.x);
        let gap = (self.disc + 14.0).min(length / 2.2);
        let end = |p: Point, by: f64| {
            Point::new(p.x + along.x * by + aside.x * LANE, p.y + along.y * by + aside.y * LANE)
        };
        Some(Lane { from: end(a, gap), to: end(b, -gap), aside })
    }
}

/// One direction of a link.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lane {
    /// Where messages start.
    pub from: Point,
    /// Where they arrive.
    pub to: Point,
    /// A unit vector to the lane's own roadside.
    pub aside: Point,
}

impl Lane {
    /// Its length in pixels.
    pub fn length(&self) -> f64 {
        self.from.distance(self.to)
    }

    /// A place on the lane or beside it.
    pub fn at(&self, fraction: f64, aside: f64) -> Point {
        let on = self.from.towards(self.to, fraction);
        Point::new(on.x + self.aside.x * aside, on.y + self.aside.y * aside)
    }

    /// How far along the lane a point lies, in 0 to 1.
    pub fn fraction_of(&self, point: Point) -> f64 {
        let whole = self.length().max(1.0);
        let (dx, dy) = ((self.to.x - self.from.x) / whole, (self.to.y - self.from.y) / whole);
        (((point.x - self.from.x) * dx + (point.y - self.from.y) * dy) / whole).clamp(0.0, 1.0)
    }

    /// How many messages can wait side by side.
    fn per_row(&self) -> usize {
        ((self.length() * 0.84 / STAND).floor() as usize).max(2)
    }

    /// How many rows.
    fn rows(&self) -> usize {
        if self.length() < SHORT_LANE { 1 } else { ROWS_MAX }
    }

    /// How many waiting messages have places of their own.
    pub fn stands(&self) -> usize {
        self.per_row() * self.rows()
    }

    /// Where the number of those without a place stands.
    pub fn rest(&self) -> Point {
        self.at(0.5, 13.0 + self.rows() as f64 * STAND)
    }

    /// The place of the `index`th of `count` waiting messages: the first waits nearest to its destination, in the row next to the
    /// lane. `None` when there are more than have room.
    pub fn stand(&self, index: usize, count: usize) -> Option<Point> {
        let per_row = self.per_row();
        let (row, column) = (index / per_row, index % per_row);
        if row >= self.rows() {
            return None;
        }
        let in_row = (count - row * per_row).min(per_row);
        let middle = (in_row - 1) as f64 / 2.0;
        let along = (middle - column as f64) * STAND / self.length().max(1.0);
        Some(self.at(0.5 + along, 13.0 + row as f64 * STAND))
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn members_fit_and_keep_their_distance() {
        for (width, height) in [(540.0, 390.0), (366.0, 340.0), (900.0, 700.0), (480.0, 300.0)] {
            for count in 1..=7 {
                let ring = Ring::new(width, height, count);
                for (i, a) in ring.places.iter().enumerate() {
                    assert!(
                        a.x - ring.disc > 0.0 && a.x + ring.disc < width,
                        "{width}x{height} {count}: {a:?}"
                    );
                    assert!(
                        a.y - ring.disc > 0.0 && a.y + ring.disc < height,
                        "{width}x{height} {count}: {a:?}"
                    );
                    let apart = ring.places[i + 1..].iter().map(|b| a.distance(*b)).fold(f64::MAX, f64::min);
                    assert!(apart > 2.0 * ring.disc + 10.0, "{width}x{height} {count}: {apart}");
                }
            }
        }
    }

    #[test]
    fn two_lanes_never_meet() {
        let ring = Ring::new(540.0, 390.0, 3);
        let (there, back) = (ring.lane(0, 1).unwrap(), ring.lane(1, 0).unwrap());
        assert!(there.at(0.5, 0.0).distance(back.at(0.5, 0.0)) > 2.0 * LANE - 0.1);
        // Those that wait stand on different sides of the road.
        let (a, b) = (there.stand(0, 1).unwrap(), back.stand(0, 1).unwrap());
        assert!(a.distance(b) > 2.0 * (LANE + 12.0));
        assert_eq!(ring.lane(0, 0), None);
    }

    #[test]
    fn many_wait_side_by_side() {
        for count in [3, 7] {
            let ring = Ring::new(540.0, 390.0, count);
            let lane = ring.lane(0, 1).unwrap();
            let all: Vec<Point> = (0..40).filter_map(|i| lane.stand(i, 40)).collect();
            assert_eq!(all.len(), lane.stands().min(40));
            for (i, a) in all.iter().enumerate() {
                assert!(all[i + 1..].iter().all(|b| a.distance(*b) > STAND - 1.0), "{count}");
            }
        }
    }

    #[test]
    fn a_dragged_message_knows_how_far_it_is() {
        let lane =
            Lane { from: Point::new(0.0, 0.0), to: Point::new(100.0, 0.0), aside: Point::new(0.0, -1.0) };
        assert_eq!(lane.fraction_of(Point::new(25.0, 40.0)), 0.25);
        assert_eq!(lane.fraction_of(Point::new(-5.0, 0.0)), 0.0);
        assert_eq!(lane.fraction_of(Point::new(500.0, 0.0)), 1.0);
    }
}
