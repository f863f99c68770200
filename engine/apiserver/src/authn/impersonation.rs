//! Impersonation: `Impersonate-User` and the headers beside it, each of which needs its own permission.

use api::Str;
use api::http::Request;

use super::{ACCOUNTS, AUTHENTICATED, UNAUTHENTICATED, User, account_of};
use crate::ApiServer;
use crate::authz::{Attributes, Target};
use crate::failure::{Failure, Result};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
/// The group of the kinds that are not users, groups and service accounts.
const AUTHENTICATION: &str = "authentication.k8s.io";

impl ApiServer {
    /// The user that a request acts as.
    ///
    /// # Errors
    ///
    /// 403 when the sender may not act as this user, with these groups or this extra; 500 for groups without a user.
    pub(super) fn impersonated(&self, user: User, request: &Request) -> Result<User> {
        let mut headers = request.headers.iter().filter(|(name, _)| name.starts_with("impersonate-"));
        if headers.next().is_none() {
            return Ok(user);
        }
        let name = request.header_value(USER).cloned().unwrap_or_default();
        let mut wanted = User { name: name.clone(), ..User::default() };
        for (header, value) in &request.headers {
            match header.as_str() {
                GROUP => wanted.groups.push(value.clone()),
                UID => wanted.uid = value.clone(),
                _ => {
                    let Some(key) = header.strip_prefix(EXTRA) else { continue };
                    let key = Str::from(unescape(key).to_lowercase());
                    match wanted.extra.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, values)) => values.push(value.clone()),
                        None => wanted.extra.push((key, vec![value.clone()])),
                    }
                }
            }
        }
        if name.is_empty() {
            if wanted == User::default() {
                return Ok(user);
            }
            return Err(Failure::internal("requested impersonation without impersonating a user"));
        }
        self.may_impersonate(&user, &wanted)?;
        if wanted.groups.is_empty()
            && let Some((namespace, _)) = account_of(&name)
        {
            wanted.groups.push(ACCOUNTS);
            wanted.groups.push(Str::from(format!("system:serviceaccounts:{namespace}")));
        }
        if !wanted.is_in(&AUTHENTICATED) && !wanted.is_in(&UNAUTHENTICATED) {
            let anonymous = name == "system:anonymous";
            wanted.groups.push(if anonymous { UNAUTHENTICATED } else { AUTHENTICATED });
        }
        Ok(wanted)
    }

    fn may_impersonate(&self, user: &User, wanted: &User) -> Result<()> {
        let may = |group: &str, resource: &str, subresource: &str, namespace: &str, name: &str| {
            let target = Target::Resource { group, resource, subresource, namespace, name, fields: "" };
            self.permit(&Attributes { user, verb: "impersonate", target })
        };
        match account_of(&wanted.name) {
            Some((namespace, name)) => may("", "serviceaccounts", "", namespace, name)?,
            None => may("", "users", "", "", &wanted.name)?,
        }
        for group in &wanted.groups {
            may("", "groups", "", "", group)?;
        }
        for (key, values) in &wanted.extra {
            for value in values {
                may(AUTHENTICATION, "userextras", key, "", value)?;
            }
        }
        if !wanted.uid.is_empty() {
            may(AUTHENTICATION, "uids", "", "", &wanted.uid)?;
        }
        Ok(())
    }
}

/// Keys of extra are percent-encoded in header names.
fn unescape(key: &str) -> String {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match (first, tail) {
            (b'%', [a, b, ..]) => hex(*a).zip(hex(*b)).map(|(a, b)| a * 16 + b),
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}
