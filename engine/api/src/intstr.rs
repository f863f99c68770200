//! A number or a string: `80`, `"http"`, `"25%"`.

use std::fmt;

use sim::Str;

use crate::Value;
use crate::types::{Decode, DecodeError};

/// `intstr.IntOrString`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A string: a port's name, or a percentage.
    Str(Str),
}

impl Default for IntOrString {
    fn default() -> Self {
        IntOrString::Int(0)
    }
}

impl IntOrString {
    /// True for 0 and the empty string.
    pub fn is_empty(&self) -> bool {
        matches!(self, IntOrString::Int(0)) || matches!(self, IntOrString::Str(s) if s.is_empty())
    }

    /// The number, or the string's percentage of `total`, rounded up or down, as
    /// `intstr.GetScaledValueFromIntOrPercent`. `None` for a string that is no percentage.
    pub fn scaled(&self, total: i64, round_up: bool) -> Option<i64> {
        match self {
            IntOrString::Int(i) => Some(i64::from(*i)),
            IntOrString::Str(_) => {
                let product = self.percent()? * total;
                Some(if round_up { -(-product).div_euclid(100) } else { product.div_euclid(100) })
            }
        }
    }

    /// The percentage, for `"25%"`.
    pub fn percent(&self) -> Option<i64> {
        match self {
            IntOrString::Int(_) => None,
            IntOrString::Str(s) => s.strip_suffix('%')?.parse::<i32>().ok().map(i64::from),
        }
    }
}

impl Decode for IntOrString {
    fn decode(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Str(s) => Ok(IntOrString::Str(s.clone())),
            other => i32::decode(other).map(IntOrString::Int),
        }
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(i) => i.fmt(f),
            IntOrString::Str(s) => f.write_str(s),
        }
    }
}

impl From<i32> for IntOrString {
    fn from(i: i32) -> Self {
        IntOrString::Int(i)
    }
}

impl From<&str> for IntOrString {
    fn from(s: &str) -> Self {
        IntOrString::Str(s.into())
    }
}

impl From<&IntOrString> for Value {
    fn from(value: &IntOrString) -> Self {
        match value {
            IntOrString::Int(i) => Value::from(*i),
            IntOrString::Str(s) => Value::from(s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages() {
        let quarter = IntOrString::from("25%");
        assert_eq!(quarter.scaled(10, true), Some(3));
        assert_eq!(quarter.scaled(10, false), Some(2));
        assert_eq!(quarter.scaled(0, true), Some(0));
        assert_eq!(IntOrString::from(7).scaled(10, false), Some(7));
        assert_eq!(IntOrString::from("http").scaled(10, false), None);
    }
}
