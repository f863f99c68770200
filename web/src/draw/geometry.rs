//! Points, rectangles, and what SVG wants to know of them.

/// A point in CSS pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[allow(missing_docs)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    /// A point.
    pub const fn new(x: f64, y: f64) -> Point {
        Point { x, y }
    }

    /// How far away.
    pub fn distance(self, other: Point) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point `fraction` of the way to `other`.
    pub fn towards(self, other: Point, fraction: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * fraction, self.y + (other.y - self.y) * fraction)
    }
}

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[allow(missing_docs)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

#[allow(missing_docs)]
impl Rect {
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Rect {
        Rect { x, y, w, h }
    }

    pub fn right(self) -> f64 {
        self.x + self.w
    }

    pub fn bottom(self) -> f64 {
        self.y + self.h
    }

    pub fn center(self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

/// The point at `fraction` of the length of a polyline.
pub fn along(path: &[Point], fraction: f64) -> Point {
    let whole: f64 = path.windows(2).map(|w| w[0].distance(w[1])).sum();
    let mut left = whole * fraction.clamp(0.0, 1.0);
    for pair in path.windows(2) {
        let length = pair[0].distance(pair[1]);
        if left <= length && length > 0.0 {
            return pair[0].towards(pair[1], left / length);
        }
        left -= length;
    }
    path.last().copied().unwrap_or_default()
}

/// `points` of an SVG polyline.
pub fn points(path: &[Point]) -> String {
    path.iter().map(|p| format!("{:.1},{:.1}", p.x, p.y)).collect::<Vec<_>>().join(" ")
}

/// The `d` of an arc around `center` that starts at the top and covers `fraction` of the circle, clockwise. Never quite
/// a whole circle: SVG leaves arcs out whose ends are the same.
pub fn arc(center: Point, radius: f64, fraction: f64) -> String {
    let fraction = fraction.clamp(0.0, 0.994);
    let angle = fraction * std::f64::consts::TAU;
    let end = Point::new(center.x + radius * angle.sin(), center.y - radius * angle.cos());
    let large = u8::from(fraction > 0.5);
    format!(
        "M{:.1} {:.1}A{radius:.1} {radius:.1} 0 {large} 1 {:.1} {:.1}",
        center.x,
        center.y - radius,
        end.x,
        end.y
    )
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn along_a_corner() {
        let path = [Point::new(0.0, 0.0), Point::new(10.0, 0.0), Point::new(10.0, 30.0)];
        assert_eq!(along(&path, 0.0), Point::new(0.0, 0.0));
        assert_eq!(along(&path, 0.25), Point::new(10.0, 0.0));
        assert_eq!(along(&path, 0.5), Point::new(10.0, 10.0));
        assert_eq!(along(&path, 7.0), Point::new(10.0, 30.0));
        assert_eq!(along(&[], 0.5), Point::default());
    }

    #[test]
    fn arcs() {
        assert_eq!(arc(Point::new(0.0, 0.0), 10.0, 0.25), "M0.0 -10.0A10.0 10.0 0 0 1 10.0 -0.0");
        assert!(arc(Point::new(0.0, 0.0), 10.0, 1.0).contains(" 1 1 "));
    }
}
