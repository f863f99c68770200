//! Label selectors, from objects (`matchLabels`, `matchExpressions`) and in their compiled form.

use std::collections::BTreeMap;
use std::fmt;

use sim::Str;

use crate::types::{Labels, lean};
use crate::{Map, Object, Value};

lean! {
    /// `metav1.LabelSelector`: all of its parts must hold; an empty one selects everything.
    pub struct LabelSelector {
        /// Labels that must be there with these values.
        match_labels: Labels = "matchLabels",
        /// Requirements that must hold.
        match_expressions: Vec<LabelSelectorRequirement> = "matchExpressions",
    }

    /// `metav1.LabelSelectorRequirement`: operators `In`, `NotIn`, `Exists`, `DoesNotExist`.
    pub struct LabelSelectorRequirement {
        /// The label's name.
        key: Str = "key",
        /// The operator.
        operator: Str = "operator",
        /// The values of `In` and `NotIn`.
        values: Vec<Str> = "values",
    }
}

impl LabelSelector {
    /// True when all labels and requirements hold. An operator that is none of the four matches nothing.
    pub fn matches(&self, labels: &(impl LabelSet + ?Sized)) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.label(key) == Some(value))
            && self.match_expressions.iter().all(|r| r.matches(labels))
    }

    /// True without any part: selects everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// The compiled form.
    pub fn to_selector(&self) -> Selector {
        let labels = self.match_labels.iter().map(|(key, value)| Requirement {
            key: key.clone(),
            operator: Operator::Equals,
            values: vec![value.clone()],
        });
        let expressions = self.match_expressions.iter().map(|r| {
            let mut values = r.values.clone();
            values.sort();
            let operator = match r.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                // Validation keeps these out; `In` nothing matches nothing.
                _ => return Requirement { key: r.key.clone(), operator: Operator::In, values: Vec::new() },
            };
            Requirement { key: r.key.clone(), operator, values }
        });
        let mut requirements: Vec<Requirement> = labels.chain(expressions).collect();
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Selector { requirements, nothing: false }
    }
}

impl LabelSelectorRequirement {
    fn matches(&self, labels: &(impl LabelSet + ?Sized)) -> bool {
        let value = labels.label(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.contains(v)),
            "NotIn" => value.is_none_or(|v| !self.values.contains(v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// Something with labels.
pub trait LabelSet {
    /// The label's value.
    fn label(&self, key: &str) -> Option<&Str>;
}

impl LabelSet for BTreeMap<Str, Str> {
    fn label(&self, key: &str) -> Option<&Str> {
        self.get(key)
    }
}

impl LabelSet for Map {
    fn label(&self, key: &str) -> Option<&Str> {
        self.get(key)?.as_str()
    }
}

impl LabelSet for Value {
    fn label(&self, key: &str) -> Option<&Str> {
        self.get(key)?.as_str()
    }
}

impl LabelSet for Object {
    fn label(&self, key: &str) -> Option<&Str> {
        Object::label(self, key)
    }
}

/// How a requirement compares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Operator {
    In,
    NotIn,
    Equals,
    NotEquals,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

/// One part of a compiled selector.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Requirement {
    /// The label's name.
    pub key: Str,
    /// The comparison.
    pub operator: Operator,
    /// What it is compared with, sorted.
    pub values: Vec<Str>,
}

impl Requirement {
    /// True when the labels fulfil the requirement.
    pub fn matches(&self, labels: &(impl LabelSet + ?Sized)) -> bool {
        let value = labels.label(&self.key);
        match self.operator {
            Operator::In | Operator::Equals => value.is_some_and(|v| self.values.contains(v)),
            Operator::NotIn | Operator::NotEquals => value.is_none_or(|v| !self.values.contains(v)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => self.compared(value, |label, limit| label > limit),
            Operator::LessThan => self.compared(value, |label, limit| label < limit),
        }
    }

    fn compared(&self, value: Option<&Str>, holds: fn(i64, i64) -> bool) -> bool {
        let label = value.and_then(|v| v.parse().ok());
        let limit = self.values.first().and_then(|v| v.parse().ok());
        matches!((label, limit), (Some(label), Some(limit)) if holds(label, limit))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.values.first().map_or("", |v| v.as_str());
        match self.operator {
            Operator::In => write!(f, "{} in ({})", self.key, self.values.join(",")),
            Operator::NotIn => write!(f, "{} notin ({})", self.key, self.values.join(",")),
            Operator::Equals => write!(f, "{}={first}", self.key),
            Operator::NotEquals => write!(f, "{}!={first}", self.key),
            Operator::Exists => f.write_str(&self.key),
            Operator::DoesNotExist => write!(f, "!{}", self.key),
            Operator::GreaterThan => write!(f, "{}>{first}", self.key),
            Operator::LessThan => write!(f, "{}<{first}", self.key),
        }
    }
}

/// A compiled label selector: all requirements must hold. `Display` gives the query string's form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Selector {
    /// The requirements.
    pub requirements: Vec<Requirement>,
    /// True for the selector that matches nothing (a missing `LabelSelector`).
    pub nothing: bool,
}

impl Selector {
    /// Selects everything.
    pub fn everything() -> Selector {
        Selector::default()
    }

    /// Selects nothing.
    pub fn nothing() -> Selector {
        Selector { requirements: Vec::new(), nothing: true }
    }

    /// Selects what has all these labels (a Service's or ReplicationController's selector).
    pub fn from_labels(labels: &Labels) -> Selector {
        LabelSelector { match_labels: labels.clone(), match_expressions: Vec::new() }.to_selector()
    }

    /// A missing label selector selects nothing, an empty one everything.
    pub fn from_optional(selector: Option<&LabelSelector>) -> Selector {
        selector.map_or_else(Selector::nothing, LabelSelector::to_selector)
    }

    /// Reads `a=b,c in (d,e),!f`; errors are kubectl's and the API server's.
    pub fn parse(text: &str) -> Result<Selector, String> {
        super::parse::parse(text)
    }

    /// True when the labels fulfil all requirements.
    pub fn matches(&self, labels: &(impl LabelSet + ?Sized)) -> bool {
        !self.nothing && self.requirements.iter().all(|r| r.matches(labels))
    }

    /// True for the selector of everything.
    pub fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, requirement) in self.requirements.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{object, types};

    #[test]
    fn label_selectors() {
        let s: LabelSelector = types::decode(&object!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["front", "back"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }))
        .unwrap();
        let both = |labels: Value| {
            let compiled = s.to_selector().matches(&labels);
            assert_eq!(s.matches(&labels), compiled);
            compiled
        };
        assert!(both(object!({"app": "web", "tier": "back"})));
        assert!(!both(object!({"app": "web"})));
        assert!(!both(object!({"app": "web", "tier": "back", "old": ""})));
        assert_eq!(s.to_selector().to_string(), "app=web,!old,tier in (back,front)");
        assert!(LabelSelector::default().matches(&object!({})));
        assert!(!Selector::from_optional(None).matches(&object!({})));
    }
}
