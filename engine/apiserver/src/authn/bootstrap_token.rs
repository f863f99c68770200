//! Bootstrap tokens: secrets in kube-system that let a new machine in.

use api::{Str, Value, literal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sim::SimTime;

use super::User;
use super::jwt::same;
use crate::ApiServer;

impl ApiServer {
    /// The user behind `abcdef.0123456789abcdef`, if there is such a secret and it may be used to log in.
    pub(super) fn bootstrap_user(&self, token: &str, now: SimTime) -> Option<User> {
        let (id, secret) = token.split_once('.')?;
        if !is_part(id, 6) || !is_part(secret, 16) {
            return None;
        }
        let secrets = self.resources.find_plural("", "secrets")?;
        let object = self.cached_object(secrets, "kube-system", &format!("bootstrap-token-{id}"))?;
        let value = object.value();
        if object.is_terminating()
            || value.str_at(&["type"]).is_none_or(|kind| kind != "bootstrap.kubernetes.io/token")
        {
            return None;
        }
        let data = |field: &str| field_of(value, field);
        if !same(data("token-secret")?.as_bytes(), secret.as_bytes()) || data("token-id")? != id {
            return None;
        }
        if let Some(end) = data("expiration")
            && SimTime::parse_rfc3339(&end).is_none_or(|end| end <= now)
        {
            return None;
        }
        if data("usage-bootstrap-authentication")? != "true" {
            return None;
        }
        let mut groups = vec![literal!("system:bootstrappers")];
        for group in data("auth-extra-groups").unwrap_or_default().split(',').filter(|g| !g.is_empty()) {
            // A secret with any other group would let its maker be anybody.
            group.strip_prefix("system:bootstrappers:").filter(|rest| !rest.is_empty())?;
            groups.push(Str::from(group));
        }
        Some(User::known(format!("system:bootstrap:{id}"), groups))
    }
}

fn is_part(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// A field of a secret's data, decoded.
fn field_of(secret: &Value, field: &str) -> Option<String> {
    let text = secret.str_at(&["data", field])?;
    String::from_utf8(BASE64.decode(text.as_str()).ok()?).ok()
}
