//! Nobody gives others more than he has: checks of what roles and bindings grant.

use std::fmt::Write;

use api::{Object, Str, Value};

use super::rbac::{GROUP, RoleKey};
use super::rule::{has, url_fits};
use super::{Attributes, Rule, Target};
use crate::ApiServer;
use crate::authn::{MASTERS, User};
use crate::failure::{Failure, Result};
use crate::operation::Operation;
use crate::registry::{Resource, Special};

impl ApiServer {
    /// Whether the user may give away what a new state of a role or binding gives; nothing for other kinds.
    ///
    /// # Errors
    ///
    /// 403 with what would be given away and is not held, 404 for a binding to a role that does not exist.
    pub(crate) fn check_escalation(
        &self,
        op: &Operation,
        resource: &Resource,
        object: &Value,
        old: Option<&Object>,
    ) -> Result<()> {
        if resource.strategy.special != Special::Policy || op.user.is_in(MASTERS) {
            return Ok(());
        }
        let name = object.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        let same = |field: &str| old.is_some_and(|old| old.value().get(field) == object.get(field));
        let wanted = match resource.resource.as_str() {
            "roles" | "clusterroles" => {
                if same("rules") && same("aggregationRule") || self.may(op, "escalate", resource, &name) {
                    return Ok(());
                }
                let mut rules = Rule::all(object);
                // An aggregated role may come to hold anything.
                if object.get("aggregationRule").is_some_and(|rule| !rule.is_null())
                    && !same("aggregationRule")
                {
                    let all = || vec![api::literal!("*")];
                    rules = vec![
                        Rule { verbs: all(), groups: all(), resources: all(), ..Rule::default() },
                        Rule { verbs: all(), urls: all(), ..Rule::default() },
                    ];
                }
                rules
            }
            _ => {
                if same("roleRef") && same("subjects") {
                    return Ok(());
                }
                let role = RoleKey::of_binding(object, &op.namespace);
                if self.may_bind(op, &role) {
                    return Ok(());
                }
                match self.rbac.role(&role) {
                    Some(rules) => rules.to_vec(),
                    None => return Err(Failure::new(404, "NotFound", role.not_found())),
                }
            }
        };
        self.held(&op.user, &op.namespace, &wanted).map_err(|why| Failure::forbidden(resource, &name, &why))
    }

    fn may(&self, op: &Operation, verb: &str, resource: &Resource, name: &str) -> bool {
        let target = Target::Resource {
            group: GROUP,
            resource: &resource.resource,
            subresource: "",
            namespace: &op.namespace,
            name,
            fields: "",
        };
        self.judge(&Attributes { user: &op.user, verb, target }).is_allowed()
    }

    /// Whether the user has the verb `bind` for the role.
    fn may_bind(&self, op: &Operation, role: &RoleKey) -> bool {
        let target = Target::Resource {
            group: GROUP,
            resource: if role.namespace.is_empty() { "clusterroles" } else { "roles" },
            subresource: "",
            // A ClusterRole may be bound in a namespace by somebody who may bind it there.
            namespace: &op.namespace,
            name: &role.name,
            fields: "",
        };
        self.judge(&Attributes { user: &op.user, verb: "bind", target }).is_allowed()
    }

    /// Whether the user has all of these rights; if not, the message that says which he lacks.
    fn held(&self, user: &User, namespace: &str, wanted: &[Rule]) -> Result<(), String> {
        let (own, wrong) = self.rbac.rules_for(user, namespace);
        let pieces = wanted.iter().flat_map(Rule::pieces);
        let missing: Vec<Rule> = pieces.filter(|piece| !own.iter().any(|rule| rule.covers(piece))).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut texts: Vec<String> = compacted(missing).iter().map(Rule::compact).collect();
        texts.sort();
        texts.dedup();
        let mut message = format!(
            "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            user.name.as_str(),
            quoted(&user.groups),
            texts.join("\n")
        );
        if !wrong.is_empty() {
            let _ = write!(message, "; resolution errors: [{wrong}]");
        }
        Err(message)
    }
}

/// Puts pieces together that differ only in their verbs.
fn compacted(pieces: Vec<Rule>) -> Vec<Rule> {
    let mut all: Vec<Rule> = Vec::new();
    for piece in pieces {
        let alike = |rule: &&mut Rule| {
            (&rule.groups, &rule.resources, &rule.names, &rule.urls)
                == (&piece.groups, &piece.resources, &piece.names, &piece.urls)
        };
        match all.iter_mut().find(alike) {
            Some(rule) => {
                for verb in piece.verbs {
                    if !rule.verbs.contains(&verb) {
                        rule.verbs.push(verb);
                    }
                }
            }
            None => all.push(piece),
        }
    }
    all
}

impl Rule {
    /// The rule in pieces of one verb, one group, one resource, one name each: what is easy to look up.
    pub fn pieces(&self) -> Vec<Rule> {
        let mut pieces = Vec::new();
        let one = |text: &Str| vec![text.clone()];
        for verb in &self.verbs {
            for group in &self.groups {
                for resource in &self.resources {
                    let piece = Rule {
                        verbs: one(verb),
                        groups: one(group),
                        resources: one(resource),
                        ..Rule::default()
                    };
                    if self.names.is_empty() {
                        pieces.push(piece);
                        continue;
                    }
                    pieces.extend(self.names.iter().map(|name| Rule { names: one(name), ..piece.clone() }));
                }
            }
            let path = |url: &Str| Rule { verbs: one(verb), urls: one(url), ..Rule::default() };
            pieces.extend(self.urls.iter().map(path));
        }
        pieces
    }

    /// True when this rule allows all that a piece does.
    pub fn covers(&self, piece: &Rule) -> bool {
        let within = |mine: &[Str], theirs: &[Str]| theirs.iter().all(|text| has(mine, text));
        let resources = piece.resources.iter().all(|resource| {
            let (kind, part) = resource.split_once('/').unwrap_or((resource, ""));
            self.resources.iter().any(|known| known == resource)
                || if kind == "*" && !part.is_empty() {
                    self.resources.iter().any(|known| known == "*")
                } else {
                    self.names_resource(kind, part)
                }
        });
        let names = self.names.is_empty()
            || !piece.names.is_empty() && piece.names.iter().all(|name| self.names.contains(name));
        let urls = piece.urls.iter().all(|url| self.urls.iter().any(|known| url_fits(known, url)));
        within(&self.verbs, &piece.verbs) && within(&self.groups, &piece.groups) && resources && names && urls
    }

    /// In short, as the message about an escalation has it: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`.
    pub fn compact(&self) -> String {
        let mut text = String::from("{");
        for (name, list) in [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.urls),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ] {
            if list.is_empty() {
                continue;
            }
            if text.len() > 1 {
                text.push_str(", ");
            }
            let _ = write!(text, "{name}:{}", quoted(list));
        }
        text.push('}');
        text
    }
}

/// A list as Go's `%q` writes it: `["a" "b"]`.
pub(crate) fn quoted(list: &[Str]) -> String {
    let items: Vec<String> = list.iter().map(|item| format!("{:?}", item.as_str())).collect();
    format!("[{}]", items.join(" "))
}
