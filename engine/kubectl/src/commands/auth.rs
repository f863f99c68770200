//! `kubectl auth can-i`, `auth whoami`, and `create token`: questions about rights and identities.

use api::http::{Method, Request, Response};
use api::{Str, Value, json, object};

use super::{Command, Setup};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag, optional, switch, value};
use crate::print::format::{Format, yaml};
use crate::print::tabs;
use crate::process::{Event, Io, Step};
use crate::{requests, resource};

/// Their flags.
pub const FLAGS: &[Flag] = &[
    switch("all-namespaces").short('A'),
    switch("list"),
    switch("quiet").short('q'),
    switch("no-headers"),
    value("subresource"),
    value("output").short('o'),
    value("filename").short('f'),
    switch("recursive").short('R'),
    switch("remove-extra-permissions"),
    switch("remove-extra-subjects"),
    optional("dry-run", "unchanged"),
];

/// What is done with the answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Then {
    /// `yes` or `no`.
    Allowed { quiet: bool },
    /// The rights as a table.
    Rules { headers: bool },
    /// The user, as a table or an object.
    User { format: Str },
    /// The token, or the object with it.
    Token { format: Str },
}

/// One question to the server.
#[derive(Clone, Debug, Hash)]
pub struct Ask {
    request: Request,
    warnings: Vec<String>,
    then: Then,
}

/// Reads the command line behind `auth`.
///
/// # Errors
/// As kubectl says them.
pub fn parse(subcommand: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    match subcommand {
        "can-i" => can_i(args, setup),
        "whoami" => who_am_i(args),
        "reconcile" => Err(Failure::error(
            "auth reconcile is not simulated yet; kubectl apply -f changes roles and bindings",
        )),
        _ => Err(Failure::error(format!("unknown command {subcommand:?} for \"kubectl auth\""))),
    }
}

fn ask(path: String, body: Value, warnings: Vec<String>, then: Then) -> Command {
    let request = Request::new(Method::Post, path)
        .header("accept", requests::JSON)
        .header("content-type", requests::JSON)
        .body(body);
    Command::Ask(Box::new(Ask { request, warnings, then }))
}

fn can_i(args: &Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let namespace = if args.on("all-namespaces") { Str::new() } else { setup.namespace(args) };
    if args.on("list") {
        if !args.words.is_empty() {
            return Err(Failure::error("list option must be specified with no arguments"));
        }
        let body = object! { "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "metadata": {},
        "spec": { "namespace": namespace } };
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews".to_owned();
        return Ok(ask(path, body, Vec::new(), Then::Rules { headers: !args.on("no-headers") }));
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
    let mut warnings = Vec::new();
    let spec = if what.starts_with('/') {
        object! { "nonResourceAttributes": { "path": what.as_str(), "verb": verb.as_str() } }
    } else {
        if !VERBS.contains(&verb.as_str()) {
            warnings.push(format!("Warning: verb '{verb}' is not a known verb\n"));
        }
        let (kind, inline) = what.split_once('/').unwrap_or((what, ""));
        if !inline.is_empty() {
            name = inline;
        }
        let found = resource::find(kind);
        match &found {
            None if kind != "*" => {
                let (plural, group) = kind.split_once('.').unwrap_or((kind, ""));
                let place = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
                warnings
                    .push(format!("Warning: the server doesn't have a resource type '{plural}'{place}\n"));
            }
            Some(found) if !found.namespaced && !namespace.is_empty() => {
                let group = &found.group;
                let place = if group.is_empty() { String::new() } else { format!(" in group '{group}'") };
                let plural = &found.resource;
                warnings.push(format!("Warning: resource '{plural}' is not namespace scoped{place}\n"));
            }
            _ => {}
        }
        let (group, plural) = match found {
            Some(found) => (found.group.clone(), found.resource.clone()),
            None => {
                let (plural, group) = kind.split_once('.').unwrap_or((kind, ""));
                (Str::from(group), Str::from(plural))
            }
        };
        object! { "resourceAttributes": { "namespace": namespace, "verb": verb.as_str(), "group": group, "resource": plural,
        "subresource": args.text("subresource"), "name": name } }
    };
    let body = object! { "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {}, "spec": spec };
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews".to_owned();
    Ok(ask(path, body, warnings, Then::Allowed { quiet: args.on("quiet") }))
}

/// The verbs that kubectl knows.
const VERBS: [&str; 17] = [
    "*",
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "escalate",
    "proxy",
    "approve",
    "sign",
    "attest",
];

fn who_am_i(args: &Arguments) -> Result<Command, Failure> {
    Format::read(args)?;
    let body =
        object! { "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {} };
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews".to_owned();
    Ok(ask(path, body, Vec::new(), Then::User { format: args.text("output").into() }))
}

/// Reads `create token ACCOUNT`.
///
/// # Errors
/// As kubectl says them.
pub fn create_token(name: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let mut spec = Value::map();
    let audiences: Vec<Value> = args.all("audience").iter().map(|text| Value::from(text.as_str())).collect();
    if !audiences.is_empty() {
        spec.set(&["audiences"], audiences);
    }
    if let Some(duration) = args.duration("duration")? {
        spec.set(&["expirationSeconds"], i64::try_from(duration.as_secs()).unwrap_or(i64::MAX));
    }
    let (kind, bound) = (args.text("bound-object-kind"), args.text("bound-object-name"));
    match (kind, bound) {
        ("", "") => {}
        ("", _) => {
            return Err(Failure::error("--bound-object-kind is required if --bound-object-name is provided"));
        }
        (_, "") => {
            return Err(Failure::error("--bound-object-name is required if --bound-object-kind is provided"));
        }
        ("Pod" | "Secret" | "Node", _) => {
            let uid = args.text("bound-object-uid");
            let mut reference = object! { "kind": kind, "apiVersion": "v1", "name": bound };
            if !uid.is_empty() {
                reference.set(&["uid"], uid);
            }
            spec.set(&["boundObjectRef"], reference);
        }
        _ => {
            return Err(Failure::error(format!(
                "supported --bound-object-kind values are Node, Pod, Secret, not {kind}"
            )));
        }
    }
    let body = object! { "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": spec };
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/{name}/token", setup.namespace(args));
    Ok(ask(path, body, Vec::new(), Then::Token { format: args.text("output").into() }))
}

impl Ask {
    fn answer(&self, response: &Response, io: &mut Io<'_, '_>) {
        if !response.is_success() {
            if matches!(self.then, Then::Token { .. }) {
                let failure = Failure::error(format!("failed to create token: {}", response.message()));
                return io.fail(&failure);
            }
            return io.fail(&Failure::server(response));
        }
        let answer = response.value().cloned().unwrap_or_default();
        let code = match &self.then {
            Then::Allowed { quiet } => {
                let allowed = answer.at(&["status", "allowed"]).and_then(Value::as_bool) == Some(true);
                let mut line = String::from(if allowed { "yes" } else { "no" });
                for field in ["reason", "evaluationError"] {
                    if let Some(text) = answer.str_at(&["status", field]).filter(|_| !allowed) {
                        line.push_str(" - ");
                        line.push_str(text);
                    }
                }
                if !quiet {
                    io.line(line);
                }
                u8::from(!allowed)
            }
            Then::Rules { headers } => {
                let status = answer.get("status").cloned().unwrap_or_default();
                if status.at(&["incomplete"]).and_then(Value::as_bool) == Some(true) {
                    let why = status.str_at(&["evaluationError"]).cloned().unwrap_or_default();
                    io.err(format!("warning: the list may be incomplete: {why}"));
                }
                io.out(rules(&status, *headers));
                0
            }
            Then::User { format } => {
                print_or(format, &answer, io, user);
                0
            }
            Then::Token { format } => {
                print_or(format, &answer, io, |answer| {
                    format!("{}\n", answer.str_at(&["status", "token"]).map_or("", |token| token.as_str()))
                });
                0
            }
        };
        io.finish(code);
    }
}

fn print_or(format: &str, answer: &Value, io: &mut Io<'_, '_>, plain: impl Fn(&Value) -> String) {
    let text = match format {
        "json" => format!("{}\n", json::pretty(answer)),
        "yaml" => yaml(answer),
        _ => plain(answer),
    };
    io.out(text);
}

impl Step for Ask {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => {
                for warning in std::mem::take(&mut self.warnings) {
                    io.err(warning);
                }
                io.send(0, self.request.clone());
            }
            Event::Response { response, .. } => self.answer(&response, io),
            Event::Failed { reason, .. } => io.fail(&Failure::connection(&reason)),
            Event::Frame { .. } | Event::Timer { .. } => {}
        }
    }
}

/// The user as a table.
fn user(answer: &Value) -> String {
    let info = answer.at(&["status", "userInfo"]).cloned().unwrap_or_default();
    let text = |field: &str| info.str_at(&[field]).cloned().unwrap_or_default();
    let mut table = format!("ATTRIBUTE\tVALUE\nUsername\t{}\n", text("username"));
    if !text("uid").is_empty() {
        table.push_str(&format!("UID\t{}\n", text("uid")));
    }
    if let Some(groups) = info.get("groups") {
        table.push_str(&format!("Groups\t{}\n", bracketed(groups)));
    }
    for (key, values) in info.get("extra").and_then(Value::as_map).into_iter().flat_map(|extra| extra.iter())
    {
        table.push_str(&format!("Extra: {key}\t{}\n", bracketed(values)));
    }
    tabs::align(&table, tabs::GET)
}

/// A list as Go prints one: `[a b]`.
fn bracketed(list: &Value) -> String {
    let items: Vec<&str> = list.items().iter().filter_map(Value::as_str).map(Str::as_str).collect();
    format!("[{}]", items.join(" "))
}

/// A right of one group, resource and name, or of one path, with its verbs.
#[derive(Clone, PartialEq, Eq)]
struct Right {
    verbs: Vec<Str>,
    group: Option<Str>,
    resource: Option<Str>,
    name: Option<Str>,
    url: Option<Str>,
}

/// The rights as a table: broken down, rights to the same thing put together, sorted as kubectl sorts them.
fn rules(status: &Value, headers: bool) -> String {
    let texts = |rule: &Value, field: &str| -> Vec<Str> {
        rule.items_at(&[field]).iter().filter_map(Value::as_str).cloned().collect()
    };
    let or_none = |list: Vec<Str>| -> Vec<Option<Str>> {
        if list.is_empty() { vec![None] } else { list.into_iter().map(Some).collect() }
    };
    let mut rights: Vec<Right> = Vec::new();
    let mut add = |verb: &Str, group, resource, name, url| {
        let right = Right { verbs: Vec::new(), group, resource, name, url };
        let alike = |known: &&mut Right| {
            known.url.is_none()
                && (&known.group, &known.resource, &known.name, &known.url)
                    == (&right.group, &right.resource, &right.name, &right.url)
        };
        match rights.iter_mut().find(alike) {
            Some(known) if known.verbs.contains(verb) => {}
            Some(known) => known.verbs.push(verb.clone()),
            None => rights.push(Right { verbs: vec![verb.clone()], ..right }),
        }
    };
    for rule in status.items_at(&["resourceRules"]) {
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for name in or_none(texts(rule, "resourceNames")) {
                    for verb in texts(rule, "verbs") {
                        add(&verb, Some(group.clone()), Some(resource.clone()), name.clone(), None);
                    }
                }
            }
        }
    }
    for rule in status.items_at(&["nonResourceRules"]) {
        for url in texts(rule, "nonResourceURLs") {
            for verb in texts(rule, "verbs") {
                add(&verb, None, None, None, Some(url.clone()));
            }
        }
    }
    rights.sort_by_key(Right::sort_key);
    let mut table = String::new();
    if headers {
        table.push_str("Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
    }
    for right in rights {
        let one = |text: &Option<Str>| text.as_ref().map_or("[]".to_owned(), |text| format!("[{text}]"));
        let verbs: Vec<&str> = right.verbs.iter().map(Str::as_str).collect();
        let (url, name) = (one(&right.url), one(&right.name));
        table.push_str(&format!("{}\t{url}\t{name}\t[{}]\n", right.what(), verbs.join(" ")));
    }
    tabs::align(&table, tabs::GET)
}

impl Right {
    /// `deployments.apps/scale`.
    fn what(&self) -> String {
        let Some(resource) = &self.resource else { return String::new() };
        let (kind, part) = resource.split_once('/').map_or((resource.as_str(), None), |(k, p)| (k, Some(p)));
        let group = self.group.as_ref().filter(|group| !group.is_empty());
        let dot = group.map_or_else(String::new, |group| format!(".{group}"));
        let slash = part.map_or_else(String::new, |part| format!("/{part}"));
        format!("{kind}{dot}{slash}")
    }

    /// The rule as Go writes it: kubectl sorts by this text.
    fn sort_key(&self) -> String {
        let one = |text: &Option<Str>| text.as_ref().map_or_else(String::new, ToString::to_string);
        let verbs: Vec<&str> = self.verbs.iter().map(Str::as_str).collect();
        format!(
            "Verbs:[{}],APIGroups:[{}],Resources:[{}],ResourceNames:[{}],NonResourceURLs:[{}]",
            verbs.join(" "),
            one(&self.group),
            one(&self.resource),
            one(&self.name),
            one(&self.url)
        )
    }
}
