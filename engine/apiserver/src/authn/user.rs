//! Who somebody is, as authorization and audit see it.

use api::{Str, Value, literal, object};

/// Everybody who proved to be somebody is in it.
pub(crate) const AUTHENTICATED: Str = literal!("system:authenticated");
/// Everybody else.
pub(crate) const UNAUTHENTICATED: Str = literal!("system:unauthenticated");
/// The name of everybody else.
pub(crate) const ANONYMOUS: Str = literal!("system:anonymous");
/// May do everything, and can be neither bound nor unbound.
pub(crate) const MASTERS: &str = "system:masters";
/// Kubelets.
pub(crate) const NODES: &str = "system:nodes";
/// What the names of kubelets begin with.
pub(crate) const NODE_PREFIX: &str = "system:node:";
/// What the names of service accounts begin with.
pub(crate) const ACCOUNT_PREFIX: &str = "system:serviceaccount:";
/// All service accounts.
pub(crate) const ACCOUNTS: Str = literal!("system:serviceaccounts");

/// A user.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct User {
    /// `system:kube-scheduler`, `kubernetes-admin`.
    pub name: Str,
    /// For service accounts the object's UID; empty for most others.
    pub uid: Str,
    /// The groups.
    pub groups: Vec<Str>,
    /// What else the authenticator knows, by key.
    pub extra: Vec<(Str, Vec<Str>)>,
}

impl User {
    /// Somebody who proved to be it, in these groups and in `system:authenticated`.
    pub fn known(name: impl Into<Str>, groups: impl IntoIterator<Item = Str>) -> User {
        let mut groups: Vec<Str> = groups.into_iter().collect();
        groups.push(AUTHENTICATED);
        User { name: name.into(), groups, ..User::default() }
    }

    /// Somebody without credentials.
    pub fn anonymous() -> User {
        User { name: ANONYMOUS, groups: vec![UNAUTHENTICATED], ..User::default() }
    }

    /// The server itself, over its loopback connection.
    pub fn server() -> User {
        User::known(literal!("system:apiserver"), [literal!("system:masters")])
    }

    /// A service account.
    pub fn account(namespace: &str, name: &str) -> User {
        let of_namespace = Str::from(format!("system:serviceaccounts:{namespace}"));
        User::known(format!("{ACCOUNT_PREFIX}{namespace}:{name}"), [ACCOUNTS, of_namespace])
    }

    /// True for members of a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }

    /// The node whose kubelet this is; empty when it is a kubelet of no node. `None` for others.
    pub fn node(&self) -> Option<&str> {
        let node = self.name.strip_prefix(NODE_PREFIX)?;
        self.is_in(NODES).then_some(node)
    }

    /// `authentication.k8s.io/v1 UserInfo`.
    pub fn info(&self) -> Value {
        let mut info = object! { "username": &self.name };
        if !self.uid.is_empty() {
            info.set(&["uid"], &self.uid);
        }
        if !self.groups.is_empty() {
            info.set(&["groups"], self.groups.iter().map(Value::from).collect::<Vec<_>>());
        }
        for (key, values) in &self.extra {
            info.set(&["extra", key], values.iter().map(Value::from).collect::<Vec<_>>());
        }
        info
    }
}

/// Namespace and name behind a service account's user name.
pub(crate) fn account_of(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(ACCOUNT_PREFIX)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}
