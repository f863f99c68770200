//! Field selectors: `metadata.name=web,spec.nodeName!=node-1`.

use std::fmt;

use sim::Str;

use crate::Value;

/// A compiled field selector: all terms must hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FieldSelector {
    /// The terms.
    pub terms: Vec<FieldTerm>,
}

/// One comparison of a field's text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FieldTerm {
    /// The field: `spec.nodeName`.
    pub field: Str,
    /// The text.
    pub value: Str,
    /// True when the field must have the text, false when it must not.
    pub equal: bool,
}

impl FieldSelector {
    /// Reads a selector; `\,`, `\=` and `\\` stand for themselves in values.
    pub fn parse(text: &str) -> Result<FieldSelector, String> {
        let mut terms = Vec::new();
        for part in split(text).into_iter().filter(|part| !part.is_empty()) {
            let invalid = || format!("invalid selector: '{text}'; can't understand '{part}'");
            let at = part.find(['=', '!']).ok_or_else(invalid)?;
            let (field, rest) = part.split_at(at);
            let (equal, value) = match () {
                () if rest.starts_with("!=") => (false, &rest[2..]),
                () if rest.starts_with("==") => (true, &rest[2..]),
                () if rest.starts_with('=') => (true, &rest[1..]),
                () => return Err(invalid()),
            };
            terms.push(FieldTerm { field: Str::from(field), value: Str::from(unescape(value)), equal });
        }
        Ok(FieldSelector { terms })
    }

    /// True when every term holds. What is missing counts as the empty text.
    pub fn matches(&self, object: &Value) -> bool {
        self.terms.iter().all(|term| term.matches(object))
    }

    /// True without terms.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value that a field must have (`spec.nodeName=...`), for indexes.
    pub fn required(&self, field: &str) -> Option<&Str> {
        self.terms.iter().find(|t| t.equal && t.field == field).map(|t| &t.value)
    }

    /// Checks the fields against what a kind supports; the error is the API server's.
    pub fn check(&self, group: &str, kind: &str) -> Result<(), String> {
        for FieldTerm { field, .. } in &self.terms {
            if matches!(field.as_str(), "metadata.name" | "metadata.namespace") {
                continue;
            }
            let known: &[&str] = match (group, kind) {
                ("", "Pod") => &[
                    "spec.nodeName",
                    "spec.restartPolicy",
                    "spec.schedulerName",
                    "spec.serviceAccountName",
                    "spec.hostNetwork",
                    "status.phase",
                    "status.podIP",
                    "status.podIPs",
                    "status.nominatedNodeName",
                ],
                ("", "Node") => &["spec.unschedulable"],
                ("", "Namespace") => &["status.phase"],
                ("", "Service") => &["spec.clusterIP", "spec.type"],
                ("", "Secret") => &["type"],
                ("", "ReplicationController") | ("apps", "ReplicaSet") => &["status.replicas"],
                ("batch", "Job") => &["status.successful"],
                ("certificates.k8s.io", "CertificateSigningRequest") => &["spec.signerName"],
                ("" | "events.k8s.io", "Event") => &[
                    "involvedObject.kind",
                    "involvedObject.namespace",
                    "involvedObject.name",
                    "involvedObject.uid",
                    "involvedObject.apiVersion",
                    "involvedObject.resourceVersion",
                    "involvedObject.fieldPath",
                    "reason",
                    "reportingComponent",
                    "source",
                    "type",
                ],
                _ => &[],
            };
            if known.contains(&field.as_str()) {
                continue;
            }
            return Err(if known.is_empty() {
                format!(
                    "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            } else {
                format!("field label not supported: {field}")
            });
        }
        Ok(())
    }
}

impl FieldTerm {
    fn matches(&self, object: &Value) -> bool {
        // `source` of an event is its component, or who reported it.
        let found = match self.field.as_str() {
            "source" => object.at(&["source", "component"]).or_else(|| object.get("reportingComponent")),
            field => field.split('.').try_fold(object, |value, name| value.get(name)),
        };
        let same = match found {
            Some(Value::Str(s)) => *s == self.value,
            Some(Value::Int(i)) => i.to_string() == self.value,
            Some(Value::Bool(b)) => b.to_string() == self.value,
            // Absent booleans are false, absent texts empty.
            _ => self.value.is_empty() || (self.value == "false" && found.is_none()),
        };
        same == self.equal
    }
}

/// Splits at commas that no backslash stands before.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (i, c) in text.char_indices() {
        match c {
            ',' if !escaped => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            _ => {}
        }
        escaped = false;
    }
    parts.push(&text[start..]);
    parts
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    out
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let operator = if term.equal { "=" } else { "!=" };
            let value = term.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
            write!(f, "{comma}{}{operator}{value}", term.field)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn fields() {
        let pod = object!({"metadata": {"name": "web"}, "spec": {"nodeName": "node-1", "hostNetwork": true}});
        let table = [
            ("metadata.name=web", true),
            ("metadata.name==web,spec.nodeName!=node-2", true),
            ("spec.nodeName=", false),
            ("status.phase=", true),
            ("status.phase!=Running", true),
            ("spec.hostNetwork=true", true),
            ("", true),
        ];
        for (text, expected) in table {
            assert_eq!(FieldSelector::parse(text).unwrap().matches(&pod), expected, "{text}");
        }
        assert_eq!(FieldSelector::parse("a=x\\,y").unwrap().required("a").unwrap(), "x,y");
        assert!(FieldSelector::parse("nonsense").is_err());
        let spec = FieldSelector::parse("spec.image=x").unwrap();
        assert_eq!(spec.check("", "Pod"), Err("field label not supported: spec.image".to_owned()));
    }
}
