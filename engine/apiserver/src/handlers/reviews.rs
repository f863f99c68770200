//! Reviews: questions about users and rights, answered and not stored.

use api::validate::FieldError;
use api::{Str, Value, object};

use crate::authn::{ISSUER, MASTERS, User};
use crate::authz::{Attributes, Rule, Target};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation, Reply};
use crate::registry::Resource;
use crate::{ApiServer, Context};

impl ApiServer {
    /// Answers a review of any kind.
    pub(super) fn review(
        &mut self,
        op: &Operation,
        mut review: Value,
        resource: &Resource,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let status = match resource.resource.as_str() {
            "selfsubjectaccessreviews" => self.access(resource, &op.user, &review)?,
            "subjectaccessreviews" => {
                let user = subject(resource, &review)?;
                self.access(resource, &user, &review)?
            }
            "localsubjectaccessreviews" => {
                let spec = ["spec", "resourceAttributes", "namespace"];
                if review.at(&["spec", "nonResourceAttributes"]).is_some() {
                    return Err(refuse(
                        resource,
                        "spec.nonResourceAttributes",
                        "disallowed on this kind of request",
                    ));
                }
                if review.str_at(&spec).is_none_or(|namespace| *namespace != op.namespace) {
                    let field = "spec.resourceAttributes.namespace";
                    return Err(refuse(resource, field, "must match metadata.namespace"));
                }
                let user = subject(resource, &review)?;
                self.access(resource, &user, &review)?
            }
            "selfsubjectrulesreviews" => self.rules_of(&op.user, &review)?,
            "tokenreviews" => self.token_status(&review, context)?,
            "selfsubjectreviews" => object! { "userInfo": (op.user.info()) },
            _ => {
                return Err(Failure::new(
                    501,
                    "NotImplemented",
                    "this part of the API is not in the lab yet",
                ));
            }
        };
        review.set(&["status"], status);
        if review.get("metadata").is_none() {
            review.set(&["metadata"], Value::map());
        }
        Ok(Next::Reply(Reply::Tree(201, review)))
    }

    /// The status of an access review.
    fn access(&self, resource: &Resource, user: &User, review: &Value) -> Result<Value> {
        let given = |part| review.at(&["spec", part]).filter(|value| !value.is_null());
        let (of_resource, of_path) = (given("resourceAttributes"), given("nonResourceAttributes"));
        let text = |value: &Value, field: &str| value.str_at(&[field]).cloned().unwrap_or_default();
        let verdict = match (of_resource, of_path) {
            (Some(what), None) => {
                let [verb, group, kind, part, namespace, name] =
                    ["verb", "group", "resource", "subresource", "namespace", "name"]
                        .map(|field| text(what, field));
                let fields = fields_of(what);
                let target = Target::Resource {
                    group: &group,
                    resource: &kind,
                    subresource: &part,
                    namespace: &namespace,
                    name: &name,
                    fields: &fields,
                };
                self.judge(&Attributes { user, verb: &verb, target })
            }
            (None, Some(what)) => {
                let (verb, path) = (text(what, "verb"), text(what, "path"));
                self.judge(&Attributes { user, verb: &verb, target: Target::Path(&path) })
            }
            (Some(_), Some(_)) => {
                let why = "cannot be specified in combination with resourceAttributes";
                return Err(refuse(resource, "spec.nonResourceAttributes", why));
            }
            (None, None) => {
                let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
                return Err(refuse(resource, "spec.resourceAttributes", why));
            }
        };
        let mut status = object! { "allowed": (verdict.is_allowed()) };
        let reason = verdict.reason();
        if !reason.is_empty() {
            status.set(&["reason"], reason);
        }
        Ok(status)
    }

    /// The status of a token review.
    fn token_status(&mut self, review: &Value, context: &mut Context<'_>) -> Result<Value> {
        let token = review.str_at(&["spec", "token"]).cloned().unwrap_or_default();
        if token.is_empty() {
            return Err(Failure::bad_request("token is required for TokenReview in authentication"));
        }
        self.start_token_caches(context);
        let wanted = review.items_at(&["spec", "audiences"]).iter().filter_map(Value::as_str);
        let mut wanted: Vec<Str> = wanted.cloned().collect();
        if wanted.is_empty() {
            wanted.push(ISSUER);
        }
        Ok(match self.token_user(&token, &wanted, context.now) {
            Ok((user, audiences)) => {
                let mut status = object! { "authenticated": true, "user": (user.info()) };
                status.set(&["audiences"], audiences.iter().map(Value::from).collect::<Vec<_>>());
                status
            }
            Err(why) => object! { "user": {}, "error": why },
        })
    }

    /// The status of a rules review: all that a user may in a namespace.
    fn rules_of(&self, user: &User, review: &Value) -> Result<Value> {
        let namespace = review.str_at(&["spec", "namespace"]).cloned().unwrap_or_default();
        if namespace.is_empty() {
            return Err(Failure::bad_request("no namespace on request"));
        }
        let (mut rules, mut wrong) = self.rbac.rules_for(user, &namespace);
        if user.is_in(MASTERS) {
            let all = || vec![api::literal!("*")];
            let everything =
                Rule { verbs: all(), groups: all(), resources: all(), urls: all(), ..Rule::default() };
            rules.insert(0, everything);
        }
        let node = user.node().is_some();
        if node {
            let and = if wrong.is_empty() { "" } else { ", " };
            wrong = format!("node authorizer does not support user rule resolution{and}{wrong}");
        }
        let of_resources = rules.iter().filter(|rule| !rule.resources.is_empty());
        let of_paths = rules.iter().filter(|rule| !rule.urls.is_empty());
        let mut status = object! { "incomplete": node };
        status.set(&["resourceRules"], of_resources.map(|rule| rule.value(false)).collect::<Vec<_>>());
        status.set(&["nonResourceRules"], of_paths.map(|rule| rule.value(true)).collect::<Vec<_>>());
        if !wrong.is_empty() {
            status.set(&["evaluationError"], wrong);
        }
        Ok(status)
    }
}

/// The user that a review asks about.
fn subject(resource: &Resource, review: &Value) -> Result<User> {
    let texts = |value: &Value| value.items().iter().filter_map(Value::as_str).cloned().collect::<Vec<Str>>();
    let spec = |field| review.at(&["spec", field]);
    let name = review.str_at(&["spec", "user"]).cloned().unwrap_or_default();
    let groups = spec("groups").map_or_else(Vec::new, texts);
    if name.is_empty() && groups.is_empty() {
        return Err(refuse(resource, "spec.user", "at least one of user or group must be specified"));
    }
    let extra = spec("extra").and_then(Value::as_map).into_iter().flat_map(|map| map.iter());
    Ok(User {
        name,
        uid: review.str_at(&["spec", "uid"]).cloned().unwrap_or_default(),
        groups,
        extra: extra.map(|(key, values)| (key.clone(), texts(values))).collect(),
    })
}

/// The field selector of an access review, as text.
fn fields_of(what: &Value) -> String {
    if let Some(raw) = what.str_at(&["fieldSelector", "rawSelector"]) {
        return raw.to_string();
    }
    let one = |item: &Value| {
        let key = item.str_at(&["key"])?;
        let values = item.items_at(&["values"]);
        let value = values.first().and_then(Value::as_str).filter(|_| values.len() == 1)?;
        let exact = item.str_at(&["operator"]).is_some_and(|operator| operator == "In");
        exact.then(|| format!("{key}={value}"))
    };
    let all = what.items_at(&["fieldSelector", "requirements"]).iter().filter_map(one);
    all.collect::<Vec<_>>().join(",")
}

fn refuse(resource: &Resource, field: &str, why: &str) -> Failure {
    let value = if field == "spec.user" { Value::from("") } else { Value::Null };
    Failure::field(resource, "", FieldError::invalid(field, value, why))
}
