//! `serviceaccounts/NAME/token`: tokens for service accounts (TokenRequest).

use api::validate::FieldError;
use api::{Object, Str, Value, literal, object};
use etcd::rpc;

use super::range_of;
use crate::authn::{Bound, ISSUER, claims, sign};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation, Pending, Reply};
use crate::storage;
use crate::{ApiServer, Context, negotiate};

/// How long a token holds when nobody says.
const SECONDS: i64 = 3600;
/// The shortest and the longest that it may hold.
const SECONDS_MIN: i64 = 600;
const SECONDS_MAX: i64 = 1 << 32;

impl ApiServer {
    pub(super) fn create_token(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        self.start_token_caches(context);
        let wanted = negotiate::body(&op.request)?.unwrap_or_else(Value::map);
        if wanted.as_map().is_none() {
            return Err(Failure::bad_request("the TokenRequest is no object"));
        }
        op.pending = Pending::Token(wanted);
        Ok(Next::Etcd(self.read_key(op)))
    }

    /// Answers with a token for the account that etcd has.
    pub(super) fn make_token(
        &mut self,
        op: &mut Operation,
        mut wanted: Value,
        response: &rpc::Response,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let account = range_of(response)?.1.first().and_then(storage::read);
        let account = account.ok_or_else(|| Failure::not_found(&resource, &op.name))?;
        let mut audiences: Vec<Str> =
            wanted.items_at(&["spec", "audiences"]).iter().filter_map(Value::as_str).cloned().collect();
        if audiences.is_empty() {
            audiences.push(ISSUER);
        }
        let seconds = wanted.int_at(&["spec", "expirationSeconds"]).unwrap_or(SECONDS);
        let limit = match seconds {
            ..SECONDS_MIN => Some("may not specify a duration less than 10 minutes"),
            SECONDS_MIN..=SECONDS_MAX => None,
            _ => Some("may not specify a duration larger than 2^32 seconds"),
        };
        if let Some(why) = limit {
            let error = FieldError::invalid("spec.expirationSeconds", seconds, why);
            let errors = [error];
            let kind = api::kinds::all().iter().find(|kind| kind.kind == "TokenReview");
            let mut body = match kind {
                Some(kind) => api::status::invalid(kind, "", &errors),
                None => return Err(Failure::bad_request(why)),
            };
            let message = format!("TokenRequest.authentication.k8s.io \"\" is invalid: {}", errors[0]);
            body.set(&["message"], message);
            body.set(&["details", "kind"], literal!("TokenRequest"));
            return Err(Failure::from(body));
        }
        let bound = self.bound_object(&account, wanted.at(&["spec", "boundObjectRef"]))?;
        let bound = bound.as_ref().map(|(kind, object)| Bound { kind, object });
        let id = self.random.uuid();
        let claims = claims(&account, bound, &audiences, seconds, &id, context.now);
        let token = sign(&claims, &self.config.token_key());
        let end = context.now + std::time::Duration::from_secs(seconds.unsigned_abs());
        wanted.set(&["kind"], literal!("TokenRequest"));
        wanted.set(&["apiVersion"], literal!("authentication.k8s.io/v1"));
        wanted.set(&["metadata", "name"], &op.name);
        wanted.set(&["metadata", "namespace"], &op.namespace);
        wanted.set(&["metadata", "creationTimestamp"], context.now.rfc3339());
        wanted.set(&["spec", "audiences"], audiences.iter().map(Value::from).collect::<Vec<_>>());
        wanted.set(&["spec", "expirationSeconds"], seconds);
        let status = object! { "token": token, "expirationTimestamp": (end.rfc3339()) };
        wanted.set(&["status"], status);
        Ok(Next::Reply(Reply::Tree(201, wanted)))
    }

    /// What a token is to end with.
    fn bound_object(
        &self,
        account: &Object,
        reference: Option<&Value>,
    ) -> Result<Option<(&'static str, Object)>> {
        let Some(reference) = reference.filter(|reference| !reference.is_null()) else { return Ok(None) };
        let text = |field: &str| reference.str_at(&[field]).cloned().unwrap_or_default();
        let (kind, resource, namespace) = match (text("apiVersion").as_str(), text("kind").as_str()) {
            ("v1", "Pod") => ("pod", "pods", account.namespace().as_str()),
            ("v1", "Secret") => ("secret", "secrets", account.namespace().as_str()),
            ("v1", "Node") => ("node", "nodes", ""),
            (version, kind) => {
                let message = format!("cannot bind token to object of type {version}, Kind={kind}");
                return Err(Failure::bad_request(message));
            }
        };
        let id = self.resources.find_plural("", resource).ok_or_else(Failure::no_such_path)?;
        let name = text("name");
        let object = self.cached_object(id, namespace, &name).cloned();
        let object = object.ok_or_else(|| Failure::not_found(self.resources.get(id), &name))?;
        let (wanted, found) = (text("uid"), object.uid().0);
        if !wanted.is_empty() && wanted != found {
            let why = format!(
                "the UID in the bound object reference ({wanted}) does not match the UID in record. The object might have been deleted and then recreated"
            );
            return Err(Failure::conflict(self.resources.get(id), &name, &why));
        }
        let own = object.value().str_at(&["spec", "serviceAccountName"]);
        if kind == "pod" && own.is_none_or(|own| own != account.name()) {
            let name = account.name().as_str();
            return Err(Failure::bad_request(format!(
                "cannot bind token for serviceaccount {name:?} to pod running with different serviceaccount name."
            )));
        }
        Ok(Some((kind, object)))
    }
}
