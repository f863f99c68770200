//! Authorization: whether the user may. The authorizers are asked in order (`--authorization-mode=Node,RBAC`); the
//! first that allows ends it. Members of `system:masters` are asked nothing.

mod bootstrap;
mod escalation;
mod node;
mod rbac;
mod rule;

pub(crate) use bootstrap::{Bootstrap, bootstrap_policy};
pub(crate) use node::NodePods;
pub(crate) use rbac::{GROUP, Grant, Rbac};
pub(crate) use rule::Rule;

use api::Str;
use api::http::Request;
use api::selector::FieldSelector;

use crate::ApiServer;
use crate::authn::{MASTERS, User};
use crate::failure::{Failure, Result};
use crate::operation::Operation;
use crate::registry::ResourceId;
use crate::request_info::{self, Verb};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes<'a> {
    /// Who.
    pub user: &'a User,
    /// `get`, `list`, `impersonate`, ...
    pub verb: &'a str,
    /// To what.
    pub target: Target<'a>,
}

/// What something is to be done to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// An object or a collection.
    Resource {
        /// The API group.
        group: &'a str,
        /// The plural.
        resource: &'a str,
        /// Empty for the object itself.
        subresource: &'a str,
        /// Empty for all namespaces and for what has none.
        namespace: &'a str,
        /// Empty for collections.
        name: &'a str,
        /// The field selector as it was sent.
        fields: &'a str,
    },
    /// Any other path.
    Path(&'a str),
}

/// What the authorizers say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Yes, because.
    Allowed(Why),
    /// No, because.
    Denied(String),
}

/// Why something is allowed. Made into a text only for those who ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    /// Membership in `system:masters`, or the node authorizer: they give no reason.
    Unsaid,
    /// A binding.
    Bound(Grant),
}

impl Verdict {
    /// True for yes.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Verdict::Allowed(_))
    }

    /// The reason, as an access review tells it.
    pub fn reason(&self) -> String {
        match self {
            Verdict::Allowed(Why::Unsaid) => String::new(),
            Verdict::Allowed(Why::Bound(grant)) => format!("RBAC: allowed by {grant}"),
            Verdict::Denied(why) => why.clone(),
        }
    }
}

impl ApiServer {
    /// Asks the authorizers.
    pub(crate) fn judge(&self, attributes: &Attributes<'_>) -> Verdict {
        if attributes.user.is_in(MASTERS) {
            return Verdict::Allowed(Why::Unsaid);
        }
        let mut reasons = String::new();
        if let Some(node) = attributes.user.node() {
            match self.judge_node(node, attributes) {
                Ok(()) => return Verdict::Allowed(Why::Unsaid),
                Err(why) => reasons = why,
            }
        }
        match self.rbac.judge(attributes) {
            Ok(grant) => Verdict::Allowed(Why::Bound(grant)),
            Err(missing) => {
                if !missing.is_empty() {
                    if !reasons.is_empty() {
                        reasons.push('\n');
                    }
                    reasons.push_str("RBAC: ");
                    reasons.push_str(&missing);
                }
                Verdict::Denied(reasons)
            }
        }
    }

    /// Lets a request go on, or not.
    ///
    /// # Errors
    ///
    /// 403 in Kubernetes' words.
    pub(crate) fn permit(&self, attributes: &Attributes<'_>) -> Result<()> {
        match self.judge(attributes) {
            Verdict::Allowed(_) => Ok(()),
            Verdict::Denied(why) => Err(forbidden(attributes, &why)),
        }
    }

    /// Whether a request to a path that is no resource's, or of a resource that is not served, may go on.
    pub(crate) fn authorize_path(&self, user: &User, request: &Request) -> Result<()> {
        if user.is_in(MASTERS) {
            return Ok(());
        }
        let verb = request_info::path_verb(request);
        let unknown = request_info::unknown(request);
        let target = match &unknown {
            Some(u) => Target::Resource {
                group: u.group,
                resource: u.resource,
                subresource: u.subresource,
                namespace: u.namespace,
                name: u.name,
                fields: "",
            },
            None => Target::Path(&request.path),
        };
        let verb = unknown.as_ref().map_or(verb, |u| u.verb);
        self.permit(&Attributes { user, verb, target })
    }

    /// Whether a request to a resource may go on.
    pub(crate) fn authorize(&self, op: &Operation) -> Result<()> {
        if op.user.is_in(MASTERS) {
            return Ok(());
        }
        let given = op.request.parameter("fieldSelector").map_or("", |text| text.as_str());
        let named = selected_name(op.verb, given);
        let name = named.as_ref().filter(|_| op.name.is_empty()).unwrap_or(&op.name);
        self.permit(&Attributes {
            user: &op.user,
            verb: op.verb.as_str(),
            target: self.target(op.resource, &op.namespace, name, &op.subresource, given),
        })
    }

    /// A resource as authorization names it.
    pub(crate) fn target<'a>(
        &'a self,
        resource: ResourceId,
        namespace: &'a str,
        name: &'a str,
        subresource: &'a str,
        fields: &'a str,
    ) -> Target<'a> {
        let info = self.resources.get(resource);
        // A namespace lies in itself, so that a role in it can let somebody see it.
        let namespace = if info.is_namespace() { name } else { namespace };
        // What follows a proxy's or a pod's subresource is a path of its own.
        let subresource = subresource.split('/').next().unwrap_or("");
        Target::Resource {
            group: &info.group,
            resource: &info.resource,
            subresource,
            namespace,
            name,
            fields,
        }
    }
}

/// The one name that a list or watch is about, when its field selector says so.
fn selected_name(verb: Verb, fields: &str) -> Option<Str> {
    let collection = matches!(verb, Verb::List | Verb::Watch | Verb::DeleteCollection);
    if !collection || !fields.contains("metadata.name") {
        return None;
    }
    FieldSelector::parse(fields).ok()?.required("metadata.name").cloned()
}

/// 403: who may not do what, and why not when that is known.
pub(crate) fn forbidden(attributes: &Attributes<'_>, why: &str) -> Failure {
    let (user, verb) = (attributes.user.name.as_str(), attributes.verb);
    let (head, mut text) = match attributes.target {
        Target::Path(path) => (String::new(), format!("User {user:?} cannot {verb} path {path:?}")),
        Target::Resource { group, resource, subresource, namespace, name, .. } => {
            let dot = if group.is_empty() { "" } else { "." };
            let quoted = if name.is_empty() { String::new() } else { format!(" {name:?}") };
            let slash = if subresource.is_empty() { "" } else { "/" };
            let place = if namespace.is_empty() {
                "at the cluster scope".to_owned()
            } else {
                format!("in the namespace {namespace:?}")
            };
            let what = format!("{resource}{slash}{subresource}");
            let text =
                format!("User {user:?} cannot {verb} resource {what:?} in API group {group:?} {place}");
            (format!("{resource}{dot}{group}{quoted} is "), text)
        }
    };
    if !why.is_empty() {
        text.push_str(": ");
        text.push_str(why);
    }
    let mut failure = Failure::new(403, "Forbidden", format!("{head}forbidden: {text}"));
    failure.body.set(&["details"], api::Value::map());
    if let Target::Resource { group, resource, name, .. } = attributes.target {
        for (field, text) in [("name", name), ("group", group), ("kind", resource)] {
            if !text.is_empty() {
                failure.body.set(&["details", field], text);
            }
        }
    }
    failure
}
