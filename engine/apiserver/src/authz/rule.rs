//! One rule of a role: which verbs on what.

use api::{Str, Value};

use super::{Attributes, Target};

/// `rbac.authorization.k8s.io/v1 PolicyRule`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Rule {
    /// `*` for all.
    pub verbs: Vec<Str>,
    /// `*` for all; empty for rules about paths.
    pub groups: Vec<Str>,
    /// `*`, `pods`, `pods/log`, `*/scale`.
    pub resources: Vec<Str>,
    /// Only these objects; empty for all.
    pub names: Vec<Str>,
    /// Paths that are no resources; a `*` may stand at the end.
    pub urls: Vec<Str>,
}

impl Rule {
    /// The rule in an object.
    pub fn read(value: &Value) -> Rule {
        let list = |name: &str| value.items_at(&[name]).iter().filter_map(Value::as_str).cloned().collect();
        Rule {
            verbs: list("verbs"),
            groups: list("apiGroups"),
            resources: list("resources"),
            names: list("resourceNames"),
            urls: list("nonResourceURLs"),
        }
    }

    /// The rules of a role.
    pub fn all(role: &Value) -> Vec<Rule> {
        role.items_at(&["rules"]).iter().map(Rule::read).collect()
    }

    /// As it stands in a rules review: the lists that are not empty.
    pub fn value(&self, path: bool) -> Value {
        let mut value = Value::map();
        let lists: &[(&str, &Vec<Str>)] = if path {
            &[("verbs", &self.verbs), ("nonResourceURLs", &self.urls)]
        } else {
            &[
                ("verbs", &self.verbs),
                ("apiGroups", &self.groups),
                ("resources", &self.resources),
                ("resourceNames", &self.names),
            ]
        };
        for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            value.set(&[name], list.iter().map(Value::from).collect::<Vec<_>>());
        }
        value
    }

    /// True when it allows this.
    pub fn allows(&self, attributes: &Attributes<'_>) -> bool {
        if !has(&self.verbs, attributes.verb) {
            return false;
        }
        match attributes.target {
            Target::Resource { group, resource, subresource, name, .. } => {
                has(&self.groups, group)
                    && self.names_resource(resource, subresource)
                    && (self.names.is_empty() || self.names.iter().any(|known| known == name))
            }
            Target::Path(path) => self.urls.iter().any(|url| url_fits(url, path)),
        }
    }

    pub(super) fn names_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|known| {
            if known == "*" {
                return true;
            }
            if subresource.is_empty() {
                return known == resource;
            }
            match known.split_once('/') {
                Some((kind, part)) => part == subresource && (kind == resource || kind == "*"),
                None => false,
            }
        })
    }
}

pub(super) fn has(list: &[Str], text: &str) -> bool {
    list.iter().any(|known| known == "*" || known == text)
}

pub(super) fn url_fits(url: &str, path: &str) -> bool {
    url == "*" || url == path || url.strip_suffix('*').is_some_and(|start| path.starts_with(start))
}
