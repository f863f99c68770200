//! The default roles and bindings, read from `data/rbac.txt` (which says how it is written).

use api::{Str, Value, literal, object};

use super::Rule;
use super::rbac::GROUP;

const TABLE: &str = include_str!("../../data/rbac.txt");

/// An object of the default policy.
#[derive(Clone, Debug)]
pub(crate) struct Bootstrap {
    /// `clusterroles`, `rolebindings`, ...
    pub resource: &'static str,
    /// Empty for cluster-scoped ones.
    pub namespace: Str,
    /// The object, without what a creation adds.
    pub value: Value,
    /// A part of these aggregated roles.
    to: Str,
    /// Made of the roles with `to` this.
    from: Str,
}

impl Bootstrap {
    /// Its name.
    pub fn name(&self) -> &str {
        self.value.str_at(&["metadata", "name"]).map_or("", |name| name.as_str())
    }
}

/// All of them; aggregated roles have their rules already, as the controller for them would fill them in.
pub(crate) fn bootstrap_policy() -> Vec<Bootstrap> {
    let mut reader = Reader::default();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        reader.line(line);
    }
    let mut all = reader.all;
    // From the smallest aggregate to the largest: each is a part of the next.
    for aggregate in ["view", "edit", "admin"] {
        let parts = all.iter().filter(|object| object.to == aggregate);
        let mut rules: Vec<Value> = Vec::new();
        for rule in parts.flat_map(|part| part.value.items_at(&["rules"])) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
        if let Some(role) = all.iter_mut().find(|object| object.from == aggregate) {
            role.value.set(&["rules"], rules);
        }
    }
    all
}

#[derive(Default)]
struct Reader {
    all: Vec<Bootstrap>,
    namespace: Str,
    kubeadm: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(rule) = line.strip_prefix("  ") {
            if let Some(role) = self.all.last_mut() {
                role.value.entry(&["rules"]).make_list().push(rule_of(rule));
            }
            return;
        }
        let mut words = line.split(' ');
        match words.next() {
            Some("in") => self.namespace = words.next().unwrap_or("").into(),
            Some("kubeadm") => self.kubeadm = true,
            Some("role") => {
                let name = words.next().unwrap_or("");
                let words: Vec<&str> = words.collect();
                let tag = |key: &str| words.iter().find_map(|w| w.strip_prefix(key)).unwrap_or("").into();
                self.role(name, tag("to="), tag("from="));
                if words.contains(&"sa") {
                    let account = name.rsplit(':').next().unwrap_or("");
                    let subject = format!("s:kube-system/{account}");
                    // Before the role, so that the rules that follow are the role's.
                    let role = self.all.pop();
                    self.binding(name, name, &[&subject]);
                    self.all.extend(role);
                }
            }
            Some("bind") => {
                let name = words.next().unwrap_or("");
                let (name, role) = name.split_once('=').unwrap_or((name, name));
                self.binding(name, role, &words.collect::<Vec<_>>());
            }
            _ => {}
        }
    }

    fn metadata(&self, name: &str) -> Value {
        let mut metadata = object! { "name": name };
        if !self.namespace.is_empty() {
            metadata.set(&["namespace"], &self.namespace);
        }
        if !self.kubeadm {
            metadata.set(&["labels", "kubernetes.io/bootstrapping"], literal!("rbac-defaults"));
            let updated = "rbac.authorization.kubernetes.io/autoupdate";
            metadata.set(&["annotations", updated], literal!("true"));
        }
        metadata
    }

    fn push(&mut self, cluster: (&'static str, &str), own: (&'static str, &str), mut value: Value) {
        let (resource, kind) = if self.namespace.is_empty() { cluster } else { own };
        value.set(&["apiVersion"], format!("{GROUP}/v1"));
        value.set(&["kind"], kind);
        let (to, from) = (Str::new(), Str::new());
        self.all.push(Bootstrap { resource, namespace: self.namespace.clone(), value, to, from });
    }

    fn role(&mut self, name: &str, to: Str, from: Str) {
        let label = |role: &Str| format!("rbac.authorization.k8s.io/aggregate-to-{role}");
        let mut value = object! { "metadata": (self.metadata(name)), "rules": [] };
        if !to.is_empty() {
            value.set(&["metadata", "labels", &label(&to)], literal!("true"));
        }
        if !from.is_empty() {
            let mut selector = Value::map();
            selector.set(&["matchLabels", &label(&from)], literal!("true"));
            value.set(&["aggregationRule", "clusterRoleSelectors"], vec![selector]);
        }
        self.push(("clusterroles", "ClusterRole"), ("roles", "Role"), value);
        if let Some(role) = self.all.last_mut() {
            (role.to, role.from) = (to, from);
        }
    }

    fn binding(&mut self, name: &str, role: &str, subjects: &[&str]) {
        let kind = if self.namespace.is_empty() { "ClusterRole" } else { "Role" };
        let mut value = object! {
            "metadata": (self.metadata(name)),
            "roleRef": { "apiGroup": GROUP, "kind": kind, "name": role },
        };
        let subjects: Vec<Value> = subjects.iter().filter_map(|subject| subject_of(subject)).collect();
        if !subjects.is_empty() {
            value.set(&["subjects"], subjects);
        }
        self.push(("clusterrolebindings", "ClusterRoleBinding"), ("rolebindings", "RoleBinding"), value);
    }
}

fn subject_of(text: &str) -> Option<Value> {
    let (kind, name) = text.split_once(':')?;
    Some(match kind {
        "u" => object! { "apiGroup": GROUP, "kind": "User", "name": name },
        "g" => object! { "apiGroup": GROUP, "kind": "Group", "name": name },
        _ => {
            let (namespace, name) = name.split_once('/')?;
            object! { "kind": "ServiceAccount", "name": name, "namespace": namespace }
        }
    })
}

fn rule_of(line: &str) -> Value {
    if line == "events" {
        return rule_of("create,patch,update -,events.k8s.io events");
    }
    let mut words = line.split(' ');
    let mut list = || -> Vec<Str> {
        let words = words.next().unwrap_or("").split(',').filter(|word| !word.is_empty());
        words.map(|word| if word == "-" { Str::new() } else { Str::from(word) }).collect()
    };
    let (verbs, groups, third, names) = (list(), list(), list(), list());
    let mut all: Vec<Str> = Vec::new();
    for verb in verbs {
        let known: &[&str] = match verb.as_str() {
            "r" => &["get", "list", "watch"],
            "w" => &["create", "delete", "deletecollection", "patch", "update"],
            other => &[other],
        };
        all.extend(known.iter().map(|verb| Str::from(*verb)));
    }
    all.sort();
    if groups.first().is_some_and(|group| group == "url") {
        return Rule { verbs: all, urls: third, ..Rule::default() }.value(true);
    }
    Rule { verbs: all, groups, resources: third, names, urls: Vec::new() }.value(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_makes_the_objects_that_a_real_server_has() {
        let all = bootstrap_policy();
        let count = |resource| all.iter().filter(|object| object.resource == resource).count();
        assert_eq!(
            (count("clusterroles"), count("clusterrolebindings"), count("roles"), count("rolebindings")),
            (69, 54, 7, 7)
        );
        let find = |resource, name: &str| {
            let found = all.iter().find(|object| object.resource == resource && object.name() == name);
            found.unwrap_or_else(|| panic!("{resource} {name}")).value.clone()
        };
        for object in &all {
            if let Some(role) = object.value.str_at(&["roleRef", "name"]) {
                let kind = if object.namespace.is_empty() { "clusterroles" } else { "roles" };
                find(kind, role);
            } else {
                assert!(!object.value.items_at(&["rules"]).is_empty(), "{} has no rules", object.name());
            }
        }
        let own = find("clusterrolebindings", "system:controller:job-controller");
        assert_eq!(own.items_at(&["subjects"])[0].str_at(&["name"]).unwrap(), "job-controller");
        let scheduler = find("clusterroles", "system:kube-scheduler");
        assert_eq!(
            scheduler.items_at(&["rules"])[0],
            object! { "verbs": ["create", "patch", "update"], "apiGroups": ["", "events.k8s.io"], "resources": ["events"] }
        );
        let admin = Rule::all(&find("clusterroles", "admin"));
        let view = Rule::all(&find("clusterroles", "view"));
        assert!(view.iter().all(|rule| admin.contains(rule)));
        assert!(admin.len() > view.len());
    }
}
