//! Amounts of resources, exact: `250m`, `1Gi`, `1.5`, `2e3`.
//!
//! Behaves as `k8s.io/apimachinery/pkg/api/resource`: at most nine decimal places (more are rounded up), and one
//! canonical text for every amount: no fraction, the largest suffix that needs none.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use crate::Value;
use crate::types::{Decode, DecodeError};

const NANO: i128 = 1_000_000_000;

/// How a quantity is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// `n u m "" k M G T P E`.
    #[default]
    DecimalSi,
    /// `Ki Mi Gi Ti Pi Ei`.
    BinarySi,
    /// `e3`, `e6`, ...
    DecimalExponent,
}

/// An amount, exact to a billionth. Equality and order look at the amount, not at how it was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    /// Billionths.
    nanos: i128,
    format: Format,
}

/// The text is no quantity; the message is Kubernetes'.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParseQuantityError;

/// The pattern that Kubernetes' message shows.
pub const QUANTITY_PATTERN: &str = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";

impl fmt::Display for ParseQuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "quantities must match the regular expression '{QUANTITY_PATTERN}'")
    }
}

impl std::error::Error for ParseQuantityError {}

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity { nanos: 0, format: Format::DecimalSi };

    /// Whole units.
    pub const fn from_units(units: i64) -> Quantity {
        Quantity { nanos: units as i128 * NANO, format: Format::DecimalSi }
    }

    /// Thousandths: of a CPU, usually.
    pub const fn from_milli(milli: i64) -> Quantity {
        Quantity { nanos: milli as i128 * 1_000_000, format: Format::DecimalSi }
    }

    /// Bytes, written with binary suffixes.
    pub const fn from_bytes(bytes: i64) -> Quantity {
        Quantity { nanos: bytes as i128 * NANO, format: Format::BinarySi }
    }

    /// Reads a quantity.
    pub fn parse(text: &str) -> Result<Quantity, ParseQuantityError> {
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let split = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let (number, suffix) = digits.split_at(split);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(ParseQuantityError);
        }
        let (base, exponent, format) = suffix_of(suffix)?;
        let nanos = scale(whole, fraction, base, exponent);
        Ok(Quantity { nanos: if negative { -nanos } else { nanos }, format })
    }

    /// Whole units, rounded up (away from zero), as `Quantity.Value()`.
    pub fn value(&self) -> i64 {
        self.scaled(NANO)
    }

    /// Thousandths, rounded up, as `Quantity.MilliValue()`.
    pub fn milli_value(&self) -> i64 {
        self.scaled(1_000_000)
    }

    fn scaled(&self, unit: i128) -> i64 {
        let up = (self.nanos.abs() + unit - 1) / unit;
        let up = i64::try_from(up).unwrap_or(i64::MAX);
        if self.nanos < 0 { -up } else { up }
    }

    /// True for nothing.
    pub fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        self.nanos.signum() as i32
    }

    /// True without fraction.
    pub fn is_whole(&self) -> bool {
        self.nanos % NANO == 0
    }

    /// Billionths.
    pub fn nano_value(&self) -> i128 {
        self.nanos
    }

    /// How it is written.
    pub fn format(&self) -> Format {
        self.format
    }
}

/// Base and exponent of a suffix.
fn suffix_of(suffix: &str) -> Result<(i128, i32, Format), ParseQuantityError> {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Ok((10, *exponent, Format::DecimalSi));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Ok((2, *exponent, Format::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E']).ok_or(ParseQuantityError)?;
    let exponent: i32 = exponent.parse().map_err(|_| ParseQuantityError)?;
    Ok((10, exponent, Format::DecimalExponent))
}

/// `whole.fraction * base^exponent` in billionths, rounded up, at most what an int64 of units can hold.
fn scale(whole: &str, fraction: &str, base: i128, exponent: i32) -> i128 {
    let cap = i128::from(i64::MAX) * NANO;
    // 18 significant digits of each side are beyond what the cap and the rounding leave over.
    let whole = whole.trim_start_matches('0');
    if whole.len() > 19 && exponent >= 0 {
        return cap;
    }
    let mut mantissa: i128 = 0;
    let mut places: i32 = 0;
    let mut rest = false;
    for (i, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        if mantissa > 10_i128.pow(26) {
            // Too many digits: remember only whether they round up.
            rest |= digit != b'0';
            if i < whole.len() {
                places -= 1;
            }
            continue;
        }
        mantissa = mantissa * 10 + i128::from(digit - b'0');
        if i >= whole.len() {
            places += 1;
        }
    }
    if mantissa == 0 {
        return i128::from(rest);
    }
    // nanos = mantissa * 10^(9 - places) * base^exponent
    let (binary, decimal) = if base == 2 { (exponent, 9 - places) } else { (0, 9 - places + exponent) };
    let mut value = mantissa;
    for _ in 0..binary {
        value = value.saturating_mul(2);
    }
    for _ in 0..decimal.clamp(0, 60) {
        value = value.saturating_mul(10);
    }
    for _ in 0..(-decimal).clamp(0, 60) {
        rest |= value % 10 != 0;
        value /= 10;
    }
    (value + i128::from(rest)).min(cap)
}

impl fmt::Display for Quantity {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.is_whole();
        let units = self.nanos / NANO;
        // Small or broken amounts are written in decimal: "this avoids rounding and hopefully confusion, too".
        if self.format == Format::BinarySi && whole && units.abs() >= 1024 {
            let mut mantissa = units;
            let mut power = 0;
            while mantissa % 1024 == 0 && power < 6 {
                mantissa /= 1024;
                power += 1;
            }
            return write!(f, "{mantissa}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]);
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let mut mantissa = self.nanos;
        let mut exponent = -9;
        while mantissa % 1000 == 0 && exponent < 18 {
            mantissa /= 1000;
            exponent += 3;
        }
        match (self.format, exponent) {
            (_, 0) => write!(f, "{mantissa}"),
            (Format::DecimalExponent, _) => write!(f, "{mantissa}e{exponent}"),
            _ => {
                let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][((exponent + 9) / 3) as usize];
                write!(f, "{mantissa}{suffix}")
            }
        }
    }
}

impl FromStr for Quantity {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Quantity::parse(text)
    }
}

impl Decode for Quantity {
    /// Numbers are taken as well as strings, as Kubernetes does.
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        let parsed = match value {
            Value::Str(s) => Quantity::parse(s.trim()),
            Value::Int(i) => Ok(Quantity::from_units(*i)),
            Value::Float(x) => Quantity::parse(&x.to_string()),
            _ => Err(ParseQuantityError),
        };
        parsed.map_err(|e| DecodeError::new(e.to_string()))
    }
}

impl From<Quantity> for Value {
    fn from(quantity: Quantity) -> Self {
        Value::from(quantity.to_string())
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos.hash(state);
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl AddAssign for Quantity {
    /// Nothing plus an amount is written as that amount was.
    fn add_assign(&mut self, other: Quantity) {
        if self.nanos == 0 {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

impl SubAssign for Quantity {
    fn sub_assign(&mut self, other: Quantity) {
        if self.nanos == 0 {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_sub(other.nanos);
    }
}

impl Add for Quantity {
    type Output = Quantity;

    fn add(mut self, other: Quantity) -> Quantity {
        self += other;
        self
    }
}

impl Sub for Quantity {
    type Output = Quantity;

    fn sub(mut self, other: Quantity) -> Quantity {
        self -= other;
        self
    }
}

impl Neg for Quantity {
    type Output = Quantity;

    fn neg(self) -> Quantity {
        Quantity { nanos: -self.nanos, format: self.format }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_text() {
        let table = [
            ("0", "0"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            (".5Gi", "512Mi"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000Ki", "1000Ki"),
            ("512", "512"),
            ("100Ki", "100Ki"),
            ("0.0000000001", "1n"),
            ("1e3", "1e3"),
            ("12e5", "1200e3"),
            ("1E3", "1e3"),
            ("1E", "1E"),
            ("1000000", "1M"),
            ("1234567", "1234567"),
            ("-5m", "-5m"),
            ("+1", "1"),
            ("0.1Ki", "102400m"),
            ("9223372036854775807", "9223372036854775807"),
            ("100E", "9223372036854775807"),
            ("3.", "3"),
        ];
        for (text, canonical) in table {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn no_quantities() {
        for text in ["", "-", "1K", "1 Gi", "1.2.3", "Gi", "0x10", "1ee3", "1gi", "1e"] {
            assert_eq!(Quantity::parse(text), Err(ParseQuantityError), "{text}");
        }
    }

    #[test]
    fn amounts() {
        let q = |text| Quantity::parse(text).unwrap();
        assert_eq!(q("100m").value(), 1);
        assert_eq!(q("100m").milli_value(), 100);
        assert_eq!(q("1u").milli_value(), 1);
        assert_eq!(q("-100m").value(), -1);
        assert_eq!((q("1Gi") + q("512Mi")).to_string(), "1536Mi");
        assert_eq!((Quantity::ZERO + q("1Gi")).to_string(), "1Gi");
        assert!(q("1Gi") > q("1G"));
        assert_eq!(q("1"), q("1000m"));
    }
}
