//! RBAC: who may what by roles and bindings, indexed by subject so that a check looks only at the user's own bindings.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use api::{Object, Str, Value, literal};
use imbl::OrdMap;

use super::{Attributes, Rule, Target};
use crate::authn::User;

/// The group of roles and bindings.
pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";

/// A role: its namespace (empty for a ClusterRole) and its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct RoleKey {
    /// Empty for a ClusterRole.
    pub namespace: Str,
    /// The name.
    pub name: Str,
}

impl RoleKey {
    /// The role that a binding refers to; `namespace` is the binding's own.
    pub fn of_binding(binding: &Value, namespace: &Str) -> RoleKey {
        let text = |field| binding.str_at(&["roleRef", field]).cloned().unwrap_or_default();
        let cluster = text("kind") == "ClusterRole";
        RoleKey { namespace: if cluster { Str::new() } else { namespace.clone() }, name: text("name") }
    }

    fn kind(&self) -> &'static str {
        if self.namespace.is_empty() { "ClusterRole" } else { "Role" }
    }

    /// What is said of a role that does not exist.
    pub fn not_found(&self) -> String {
        format!("{}.{GROUP} {:?} not found", self.kind().to_lowercase(), self.name.as_str())
    }
}

/// A user or a group; service accounts are users with a long name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Subject {
    User(Str),
    Group(Str),
}

/// The place of a subject in a binding. The namespace is the binding's, empty for a ClusterRoleBinding.
type Place = (Subject, Str, Str);

/// A binding, seen from one of its subjects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Grant {
    binding: Str,
    namespace: Str,
    role: RoleKey,
    kind: Str,
    subject: Str,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { binding, namespace, role, kind, subject } = self;
        let (own, slash) =
            if namespace.is_empty() { ("ClusterRoleBinding", "") } else { ("RoleBinding", "/") };
        let (role_kind, role) = (role.kind(), role.name.as_str());
        write!(f, "{own} \"{binding}{slash}{namespace}\" of {role_kind} {role:?} to {kind} \"{subject}\"")
    }
}

/// All roles and bindings, as a check needs them. Derived from the caches, so no part of the state's hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rbac {
    roles: OrdMap<RoleKey, Arc<[Rule]>>,
    grants: OrdMap<Place, Arc<Grant>>,
}

impl Hash for Rbac {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Rbac {
    /// A role or binding is there, or is different. `old` is what it was.
    pub fn put(&mut self, resource: &str, object: &Object, old: Option<&Object>) {
        match resource {
            "roles" | "clusterroles" => {
                let key = RoleKey { namespace: object.namespace().clone(), name: object.name().clone() };
                self.roles.insert(key, Rule::all(object.value()).into());
            }
            _ => {
                if let Some(old) = old {
                    self.take(resource, old);
                }
                for (place, grant) in grants(object) {
                    self.grants.insert(place, Arc::new(grant));
                }
            }
        }
    }

    /// A role or binding is gone.
    pub fn take(&mut self, resource: &str, object: &Object) {
        match resource {
            "roles" | "clusterroles" => {
                let key = RoleKey { namespace: object.namespace().clone(), name: object.name().clone() };
                self.roles.remove(&key);
            }
            _ => {
                for (place, _) in grants(object) {
                    self.grants.remove(&place);
                }
            }
        }
    }

    /// Forgets all of one resource: its cache begins anew.
    pub fn clear(&mut self, resource: &str) {
        match resource {
            "roles" => self.roles = self.roles.iter().filter(|(k, _)| k.namespace.is_empty()).cloned_pairs(),
            "clusterroles" => {
                self.roles = self.roles.iter().filter(|(k, _)| !k.namespace.is_empty()).cloned_pairs();
            }
            "rolebindings" => {
                self.grants = self.grants.iter().filter(|(k, _)| k.1.is_empty()).cloned_pairs();
            }
            _ => self.grants = self.grants.iter().filter(|(k, _)| !k.1.is_empty()).cloned_pairs(),
        }
    }

    /// The rules of a role.
    pub fn role(&self, key: &RoleKey) -> Option<&Arc<[Rule]>> {
        self.roles.get(key)
    }

    /// The binding that allows this; otherwise what is wrong with the user's bindings, which is mostly nothing.
    pub fn judge(&self, attributes: &Attributes<'_>) -> Result<Grant, String> {
        let namespace = match attributes.target {
            Target::Resource { namespace, .. } => namespace,
            Target::Path(_) => "",
        };
        let mut missing: Vec<String> = Vec::new();
        let found = self.visit(attributes.user, namespace, |grant, rules| match rules {
            Some(rules) => rules.iter().any(|rule| rule.allows(attributes)),
            None => {
                let text = grant.role.not_found();
                if !missing.contains(&text) {
                    missing.push(text);
                }
                false
            }
        });
        found.ok_or_else(|| aggregate(&missing))
    }

    /// All rules that hold for a user in a namespace (empty: everywhere), and what is wrong with the bindings.
    pub fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, String) {
        let (mut all, mut missing) = (Vec::new(), Vec::new());
        self.visit(user, namespace, |grant, rules| {
            match rules {
                Some(rules) => all.extend(rules.iter().cloned()),
                None => missing.push(grant.role.not_found()),
            }
            false
        });
        (all, aggregate(&missing))
    }

    /// Goes through the bindings of a user and his groups until one will do: those of the cluster first.
    fn visit(
        &self,
        user: &User,
        namespace: &str,
        mut will_do: impl FnMut(&Grant, Option<&Arc<[Rule]>>) -> bool,
    ) -> Option<Grant> {
        let everywhere = literal!("");
        let here = Str::from(namespace);
        let places = if namespace.is_empty() { vec![&everywhere] } else { vec![&everywhere, &here] };
        for place in places {
            let subjects = std::iter::once(Subject::User(user.name.clone()))
                .chain(user.groups.iter().map(|group| Subject::Group(group.clone())));
            for subject in subjects {
                let start: Place = (subject, place.clone(), literal!(""));
                for ((whose, at, _), grant) in self.grants.range(start.clone()..) {
                    if *whose != start.0 || at != place {
                        break;
                    }
                    if will_do(grant, self.roles.get(&grant.role)) {
                        return Some(Grant::clone(grant));
                    }
                }
            }
        }
        None
    }
}

/// Pairs of references as a map of its own.
trait ClonedPairs<K, V> {
    fn cloned_pairs(self) -> OrdMap<K, V>;
}

impl<'a, K: Ord + Clone + 'a, V: Clone + 'a, I: Iterator<Item = (&'a K, &'a V)>> ClonedPairs<K, V> for I {
    fn cloned_pairs(self) -> OrdMap<K, V> {
        self.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// A binding as its subjects see it. A subject may stand in it twice; that changes nothing.
fn grants(object: &Object) -> Vec<(Place, Grant)> {
    let binding = object.value();
    let namespace = object.namespace();
    let role = RoleKey::of_binding(binding, namespace);
    let text = |subject: &Value, field: &str| subject.str_at(&[field]).cloned().unwrap_or_default();
    let each = |subject: &Value| {
        let (kind, name) = (text(subject, "kind"), text(subject, "name"));
        let (who, told) = match kind.as_str() {
            "User" => (Subject::User(name.clone()), name),
            "Group" => (Subject::Group(name.clone()), name),
            "ServiceAccount" => {
                let place = text(subject, "namespace");
                let place = if place.is_empty() { namespace.clone() } else { place };
                let user = Str::from(format!("system:serviceaccount:{place}:{name}"));
                (Subject::User(user), Str::from(format!("{name}/{place}")))
            }
            _ => return None,
        };
        let grant = Grant {
            binding: object.name().clone(),
            namespace: namespace.clone(),
            role: role.clone(),
            kind,
            subject: told,
        };
        Some(((who, namespace.clone(), object.name().clone()), grant))
    };
    binding.items_at(&["subjects"]).iter().filter_map(each).collect()
}

/// Several errors as Go's aggregates read: `[a, b]`.
fn aggregate(errors: &[String]) -> String {
    match errors {
        [] => String::new(),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;

    fn rbac() -> Rbac {
        let mut rbac = Rbac::default();
        let role = |namespace: &str, name: &str, rules: Value| {
            Object::new(object! { "metadata": { "namespace": namespace, "name": name }, "rules": (rules) })
        };
        let binding = |namespace: &str, name: &str, role: &str, kind: &str, subjects: Value| {
            Object::new(object! {
                "metadata": { "namespace": namespace, "name": name }, "subjects": (subjects),
                "roleRef": { "apiGroup": GROUP, "kind": kind, "name": role },
            })
        };
        let pods = object! { "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"] };
        let one = object! { "verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["c"] };
        let scale = object! { "verbs": ["update"], "apiGroups": ["*"], "resources": ["*/scale"] };
        let paths = object! { "verbs": ["get"], "nonResourceURLs": ["/metrics", "/logs/*"] };
        rbac.put("clusterroles", &role("", "reader", Value::from(vec![pods, one, scale, paths])), None);
        let secrets = object! { "verbs": ["*"], "apiGroups": [""], "resources": ["*"] };
        rbac.put("roles", &role("a", "owner", Value::from(vec![secrets])), None);
        let user = |name: &str| object! { "kind": "User", "name": name };
        let jane = Value::from(vec![user("jane")]);
        rbac.put("clusterrolebindings", &binding("", "everywhere", "reader", "ClusterRole", jane), None);
        let account = object! { "kind": "ServiceAccount", "name": "bot" };
        let both = Value::from(vec![account, object! { "kind": "Group", "name": "dev" }]);
        rbac.put("rolebindings", &binding("a", "here", "owner", "Role", both), None);
        let lost = Value::from(vec![user("lost")]);
        rbac.put("rolebindings", &binding("a", "nowhere", "gone", "Role", lost), None);
        rbac
    }

    fn ask(rbac: &Rbac, user: &User, verb: &str, what: &str) -> Result<String, String> {
        let parts: Vec<&str> = what.split(' ').collect();
        let target = match parts.as_slice() {
            [path] => Target::Path(path),
            [group, resource, namespace, name] => {
                let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                let dash = |text: &&str| if *text == "-" { String::new() } else { (*text).to_owned() };
                let (group, namespace, name) = (dash(group), dash(namespace), dash(name));
                let target = Target::Resource {
                    group: &group,
                    resource,
                    subresource,
                    namespace: &namespace,
                    name: &name,
                    fields: "",
                };
                return rbac.judge(&Attributes { user, verb, target }).map(|grant| grant.to_string());
            }
            other => panic!("{other:?}"),
        };
        rbac.judge(&Attributes { user, verb, target }).map(|grant| grant.to_string())
    }

    #[test]
    fn what_bindings_allow() {
        let rbac = rbac();
        let none: [Str; 0] = [];
        let jane = User::known("jane", none.clone());
        let dev = User::known("joe", [literal!("dev")]);
        let bot = User::account("a", "bot");
        let nobody = User::known("nobody", none);
        for (user, verb, what, want) in [
            (&jane, "get", "- pods - -", true),
            (&jane, "list", "- pods b -", true),
            (&jane, "delete", "- pods b x", false),
            (&jane, "get", "- pods/log b x", true),
            (&jane, "get", "- pods/exec b x", false),
            (&jane, "get", "apps pods b x", false),
            (&jane, "get", "- configmaps b c", true),
            (&jane, "get", "- configmaps b d", false),
            (&jane, "list", "- configmaps b -", false),
            (&jane, "update", "apps deployments/scale b web", true),
            (&jane, "update", "apps deployments b web", false),
            (&jane, "get", "/metrics", true),
            (&jane, "get", "/metrics/x", false),
            (&jane, "get", "/logs/a/b", true),
            (&jane, "post", "/logs/a", false),
            (&dev, "delete", "- secrets a x", true),
            (&dev, "delete", "- secrets b x", false),
            (&dev, "delete", "- secrets - -", false),
            (&dev, "create", "- pods/exec a x", true),
            (&bot, "create", "- secrets a -", true),
            (&bot, "create", "- secrets b -", false),
            (&nobody, "get", "- pods a -", false),
            (&nobody, "get", "/metrics", false),
        ] {
            assert_eq!(ask(&rbac, user, verb, what).is_ok(), want, "{} {verb} {what}", user.name);
        }
    }

    #[test]
    fn reasons() {
        let rbac = rbac();
        let none: [Str; 0] = [];
        let jane = User::known("jane", none.clone());
        assert_eq!(
            ask(&rbac, &jane, "get", "- pods - -").unwrap(),
            "ClusterRoleBinding \"everywhere\" of ClusterRole \"reader\" to User \"jane\""
        );
        assert_eq!(
            ask(&rbac, &User::account("a", "bot"), "get", "- pods a -").unwrap(),
            "RoleBinding \"here/a\" of Role \"owner\" to ServiceAccount \"bot/a\""
        );
        let lost = User::known("lost", none);
        let why = ask(&rbac, &lost, "get", "- pods a -").unwrap_err();
        assert_eq!(why, "role.rbac.authorization.k8s.io \"gone\" not found");
        assert_eq!(ask(&rbac, &lost, "get", "- pods b -"), Err(String::new()));
    }

    #[test]
    fn what_goes_no_longer_counts() {
        let mut rbac = rbac();
        let none: [Str; 0] = [];
        let jane = User::known("jane", none);
        rbac.clear("rolebindings");
        assert!(ask(&rbac, &jane, "get", "- pods - -").is_ok());
        rbac.clear("clusterroles");
        assert_eq!(
            ask(&rbac, &jane, "get", "- pods - -").unwrap_err(),
            "clusterrole.rbac.authorization.k8s.io \"reader\" not found"
        );
        rbac.clear("clusterrolebindings");
        assert_eq!(ask(&rbac, &jane, "get", "- pods - -"), Err(String::new()));
    }
}
