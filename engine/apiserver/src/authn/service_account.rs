//! Tokens of service accounts: what stands in them, and whether it still holds.

use api::{Object, Str, Value, literal, object};
use sim::SimTime;

use super::{User, account_of, jwt};
use crate::ApiServer;

/// Who signs, and whom a token is for when nobody says otherwise (`--service-account-issuer`, `--api-audiences`).
pub(crate) const ISSUER: Str = literal!("https://kubernetes.default.svc.cluster.local");

/// What is extra of a token's user begins with it.
const EXTRA: &str = "authentication.kubernetes.io/";

/// A token that goes only as long as something else is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bound<'a> {
    /// `pod`, `secret`, `node`.
    pub kind: &'static str,
    /// To what.
    pub object: &'a Object,
}

/// The claims of a token.
pub(crate) fn claims(
    account: &Object,
    bound: Option<Bound<'_>>,
    audiences: &[Str],
    seconds: i64,
    id: &str,
    now: SimTime,
) -> Value {
    let issued = now.unix_seconds();
    let (namespace, name) = (account.namespace(), account.name());
    let mut own = object! { "namespace": namespace, "serviceaccount": (reference(account)) };
    if let Some(Bound { kind, object }) = bound {
        own.set(&[kind], reference(object));
        if kind == "pod"
            && let Some(node) = object.value().str_at(&["spec", "nodeName"]).filter(|node| !node.is_empty())
        {
            own.set(&["node", "name"], node);
        }
    }
    object! {
        "aud": (audiences.iter().map(Value::from).collect::<Vec<_>>()),
        "exp": (issued.saturating_add(seconds)), "iat": issued, "nbf": issued,
        "iss": (ISSUER), "jti": id, "kubernetes.io": (own),
        "sub": format!("system:serviceaccount:{namespace}:{name}"),
    }
}

fn reference(object: &Object) -> Value {
    object! { "name": (object.name()), "uid": &object.uid().0 }
}

impl ApiServer {
    /// The user behind a token, and which of the audiences the token is for.
    ///
    /// # Errors
    ///
    /// What is wrong with a token that this server signed; `None` for a text that is no such token.
    pub(super) fn account_user(
        &self,
        token: &str,
        audiences: &[Str],
        now: SimTime,
    ) -> Option<Result<(User, Vec<Str>), &'static str>> {
        let claims = jwt::verify(token, &self.config.token_key())?;
        Some(self.account_of_claims(&claims, audiences, now))
    }

    fn account_of_claims(
        &self,
        claims: &Value,
        audiences: &[Str],
        now: SimTime,
    ) -> Result<(User, Vec<Str>), &'static str> {
        let now = now.unix_seconds();
        if claims.str_at(&["iss"]).is_none_or(|issuer| *issuer != ISSUER) {
            return Err("invalid issuer");
        }
        if claims.int_at(&["exp"]).is_none_or(|end| end <= now) {
            return Err("service account token has expired");
        }
        if claims.int_at(&["nbf"]).is_some_and(|start| start > now) {
            return Err("service account token is not valid yet");
        }
        let given = claims.items_at(&["aud"]).iter().filter_map(Value::as_str);
        let agreed: Vec<Str> = given.filter(|audience| audiences.contains(audience)).cloned().collect();
        if agreed.is_empty() {
            return Err("token audiences do not fit");
        }
        let subject = claims.str_at(&["sub"]).cloned().unwrap_or_default();
        let (namespace, name) = account_of(&subject).ok_or("invalid subject")?;
        let uid = self.same("serviceaccounts", namespace, claims.at(&["kubernetes.io", "serviceaccount"]));
        let uid = uid.ok_or("service account token has been invalidated")?;
        let mut user = User::account(namespace, name);
        user.uid = uid;
        if let Some(id) = claims.str_at(&["jti"]) {
            let id = Str::from(format!("JTI={id}"));
            user.extra.push((Str::from(format!("{EXTRA}credential-id")), vec![id]));
        }
        let bound = [("node", "nodes", ""), ("pod", "pods", namespace), ("secret", "secrets", namespace)];
        for (kind, resource, namespace) in bound {
            let Some(reference) = claims.at(&["kubernetes.io", kind]) else { continue };
            // The node of a pod is told, but the token does not end with it.
            let only_told = kind == "node" && reference.get("uid").is_none();
            if !only_told && self.same(resource, namespace, Some(reference)).is_none() {
                return Err("service account token has been invalidated");
            }
            for (field, end) in [("name", "name"), ("uid", "uid")] {
                if let Some(text) = reference.str_at(&[field]).filter(|_| kind != "secret") {
                    user.extra.push((Str::from(format!("{EXTRA}{kind}-{end}")), vec![text.clone()]));
                }
            }
        }
        user.extra.sort();
        Ok((user, agreed))
    }

    /// The UID of an object that is still the one that a token names.
    fn same(&self, resource: &str, namespace: &str, reference: Option<&Value>) -> Option<Str> {
        let reference = reference?;
        let id = self.resources.find_plural("", resource)?;
        let object = self.cached_object(id, namespace, reference.str_at(&["name"])?)?;
        let uid = object.uid().0;
        (reference.str_at(&["uid"])? == uid.as_str()).then_some(uid)
    }
}
