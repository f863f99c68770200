//! `kubectl auth can-i`.

use api::{Str, object};

use super::change::Report;
use super::send::{Send, Then};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag, switch, value};
use crate::requests;
use crate::resource;

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces").short('A'),
    switch("list"),
    switch("quiet").short('q'),
    switch("no-headers"),
    value("subresource"),
    value("output").short('o'),
];

/// Reads the command line behind `auth`.
///
/// # Errors
/// As kubectl says them.
pub fn parse(subcommand: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    if subcommand != "can-i" {
        return Err(Failure::error(format!("auth {subcommand} is not simulated yet")));
    }
    let (verb, what, mut name) = match args.words.as_slice() {
        [verb, what] => (verb, what, ""),
        [verb, what, name] => (verb, what, name.as_str()),
        _ => {
            return Err(Failure::error(
                "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
            ));
        }
    };
    let namespace = if args.on("all-namespaces") { Str::new() } else { setup.namespace(args) };
    let spec = if what.starts_with('/') {
        object! { "nonResourceAttributes": { "path": what.as_str(), "verb": verb.as_str() } }
    } else {
        let (kind, inline) = what.split_once('/').unwrap_or((what, ""));
        if !inline.is_empty() {
            name = inline;
        }
        let found = resource::find(kind);
        let (group, plural) =
            found.map_or((Str::new(), Str::from(kind)), |r| (r.group.clone(), r.resource.clone()));
        object! { "resourceAttributes": { "namespace": namespace, "verb": verb.as_str(), "group": group, "resource": plural,
        "subresource": args.text("subresource"), "name": name } }
    };
    let body = object! { "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {}, "spec": spec };
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let request = api::http::Request::new(api::http::Method::Post, path)
        .header("accept", requests::JSON)
        .header("content-type", requests::JSON)
        .body(body);
    Ok(Send::new(vec![(request, Then::Allowed)], Report::read(&Arguments::default())?).into())
}
