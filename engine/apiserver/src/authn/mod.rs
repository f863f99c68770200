//! Authentication: who sends a request.
//!
//! In this order: a bearer token (a service account's or a bootstrap token), or else what the connection says: each
//! process of the lab has the client certificate that kubeadm gives it, controllers have the tokens of their service
//! accounts. The terminal is kubeadm's `kubernetes-admin`, and so are clients from outside on the plain port that bring
//! no token, as if they came through `kubectl proxy`; on the port with TLS their certificate says who they are, and
//! nobody without one. Then impersonation.

mod bootstrap_token;
mod impersonation;
mod jwt;
mod service_account;
mod user;

pub(crate) use jwt::sign;
pub(crate) use service_account::{Bound, ISSUER, claims};
pub(crate) use user::{ACCOUNTS, ANONYMOUS, AUTHENTICATED, MASTERS, UNAUTHENTICATED, User, account_of};

use std::sync::Arc;

use api::http::{Credential, Request};
use api::{Str, literal};
use sim::{Actor, SimTime};

use crate::failure::{Failure, Result};
use crate::{ApiServer, Context};

impl ApiServer {
    /// The user behind a request.
    ///
    /// # Errors
    ///
    /// 401 for a token that is none, 403 for an impersonation that is not allowed.
    pub(crate) fn authenticate(&self, from: Actor, request: &Request, now: SimTime) -> Result<Arc<User>> {
        let user = match bearer(request) {
            Some(token) => {
                let known = self.token_user(token, &[ISSUER], now);
                known.map(|(user, _)| user).map_err(|_| Failure::unauthorized())?
            }
            None if from == Actor::Client => by_front_proxy(request),
            None => by_connection(from, &request.credential),
        };
        self.impersonated(user, request).map(Arc::new)
    }

    /// The user behind a token, and those of the audiences that it is for.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a token review tells it.
    pub(crate) fn token_user(
        &self,
        token: &str,
        audiences: &[Str],
        now: SimTime,
    ) -> std::result::Result<(User, Vec<Str>), String> {
        match self.account_user(token, audiences, now) {
            Some(Ok(known)) => Ok(known),
            Some(Err(why)) => Err(format!("[invalid bearer token, {why}]")),
            None => match self.bootstrap_user(token, now) {
                Some(user) if audiences.contains(&ISSUER) => Ok((user, vec![ISSUER])),
                _ => Err("invalid bearer token".to_owned()),
            },
        }
    }

    /// Makes sure that the caches are there that tokens are checked against.
    pub(crate) fn start_token_caches(&mut self, context: &mut Context<'_>) {
        for resource in ["serviceaccounts", "secrets"] {
            if let Some(id) = self.resources.find_plural("", resource) {
                self.start_cache(id, context);
            }
        }
    }
}

/// The token of an `Authorization: Bearer` header. Another scheme is no credential that the server knows.
fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header_value("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the edge says of a client from outside (`X-Remote-User`, as a front proxy does), which takes these headers from
/// nobody: the name and the organisations in the client's certificate. Without these headers it is the administrator.
fn by_front_proxy(request: &Request) -> User {
    let Some(name) = request.header_value("x-remote-user") else { return by_certificate(Actor::Client) };
    if *name == ANONYMOUS {
        return User::anonymous();
    }
    let groups = request.headers.iter().filter(|(header, _)| header == "x-remote-group");
    User::known(name.clone(), groups.map(|(_, group)| group.clone()))
}

/// What the client certificate of a process says, or the token that it has for a part of itself.
fn by_connection(actor: Actor, credential: &Credential) -> User {
    match (actor, credential) {
        (Actor::Kubelet(_), Credential::Node(name)) => {
            User::known(format!("system:node:{name}"), [literal!("system:nodes")])
        }
        (Actor::ControllerManager | Actor::CloudControllerManager, Credential::ServiceAccount(name)) => {
            User::account("kube-system", name)
        }
        _ => by_certificate(actor),
    }
}

fn by_certificate(actor: Actor) -> User {
    let none: [Str; 0] = [];
    match actor {
        Actor::Scheduler => User::known(literal!("system:kube-scheduler"), none),
        Actor::ControllerManager => User::known(literal!("system:kube-controller-manager"), none),
        Actor::CloudControllerManager => User::known(literal!("system:cloud-controller-manager"), none),
        Actor::KubeProxy(_) => User::known(literal!("system:kube-proxy"), none),
        // A kubelet without a name of its own: a node that cannot be told from others.
        Actor::Kubelet(_) => User::known(literal!("system:node:"), [literal!("system:nodes")]),
        Actor::User | Actor::Client => {
            User::known(literal!("kubernetes-admin"), [literal!("kubeadm:cluster-admins")])
        }
        Actor::ApiServer => User::server(),
        Actor::Etcd(_) | Actor::Runtime(_) => User::anonymous(),
    }
}
