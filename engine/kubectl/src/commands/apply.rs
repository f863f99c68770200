//! `kubectl apply`, `create -f` and `replace -f`: one object after the other; what is wrong with one costs no other.

use std::collections::{BTreeMap, VecDeque};

use api::http::{Method, Request, Response};
use api::patch::LAST_APPLIED;
use api::{Str, Value, literal};

use super::change::{self, DryRun, Report};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, optional, switch, value};
use crate::manifest::{self, Broken, Document};
use crate::problem::Problem;
use crate::process::{Event, Io, Step};
use crate::requests;
use crate::resource::Resource;

/// Flags of `apply` and `replace`.
pub const FLAGS: &[Flag] = &[
    value("filename").short('f'),
    value("kustomize").short('k'),
    value("output").short('o'),
    value("selector").short('l'),
    value("field-manager"),
    value("grace-period"),
    value("timeout"),
    optional("dry-run", "unchanged"),
    optional("validate", "strict"),
    optional("cascade", "background"),
    switch("server-side"),
    switch("force-conflicts"),
    switch("force"),
    switch("overwrite"),
    switch("prune"),
    switch("all"),
    switch("wait"),
    switch("recursive").short('R'),
    switch("openapi-patch"),
    switch("show-managed-fields"),
    switch("save-config"),
    switch("create-annotation"),
];

/// How often a patch is worked out anew when somebody else was faster.
const CONFLICTS_MAX: u32 = 5;

const GET: u32 = 0;
const WRITE: u32 = 1;

/// What is done with each object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// `apply`.
    Apply,
    /// `create -f`.
    Create,
    /// `replace -f`.
    Replace,
    /// `diff -f`.
    Diff,
}

/// The object at hand.
#[derive(Clone, Debug, Hash)]
struct Current {
    document: Document,
    resource: Resource,
    namespace: Str,
    name: Str,
    /// The object as it is to be, with its namespace.
    modified: Value,
    /// The object as it is, for `diff`.
    live: Option<Value>,
    /// What is said when the server agrees.
    done: &'static str,
    /// What stands before the server's message when it does not.
    doing: String,
    conflicts: u32,
}

impl Current {
    fn found(&self, value: &Value) -> Found {
        let mut value = value.clone();
        if value.str_at(&["metadata", "name"]).is_none() {
            value.set(&["metadata", "name"], self.name.clone());
        }
        Found { resource: self.resource.clone(), value }
    }

    /// How kubectl names the object in the middle of an error.
    fn described(&self) -> String {
        let (resource, kind) = (&self.resource, &self.resource.kind);
        let version = &resource.api_version;
        // Go prints the core group as an empty name before the slash.
        let version = if resource.group.is_empty() { format!("/{version}") } else { version.to_string() };
        format!(
            "Resource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={kind}\"\nName: {:?}, Namespace: {:?}\n",
            resource.resource,
            self.name.as_str(),
            self.namespace.as_str()
        )
    }
}

/// The commands while they run.
#[derive(Clone, Debug, Hash)]
pub struct Apply {
    mode: Mode,
    server_side: bool,
    force_conflicts: bool,
    save_config: bool,
    validation: &'static str,
    manager: Str,
    namespace: Str,
    namespace_given: bool,
    waiting: VecDeque<Result<Document, Broken>>,
    current: Option<Current>,
    failures: Vec<Failure>,
    report: Report,
    managed_fields: bool,
    /// What `diff` found, by the names of its files.
    differences: BTreeMap<String, String>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(mode: Mode, args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    if args.get("kustomize").is_some() {
        return Err(Failure::error("kustomizations are not simulated: give the manifest itself with -f"));
    }
    let word = args.words.first().map_or("", String::as_str);
    if mode == Mode::Apply && matches!(word, "view-last-applied" | "set-last-applied" | "edit-last-applied") {
        return super::last_applied::parse(args, setup);
    }
    if args.all("filename").is_empty() {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    if let Some(word) = args.words.first() {
        return Err(Failure::error(format!(
            "Unexpected args: [{word}]\nSee 'kubectl apply -h' for help and examples"
        )));
    }
    if args.on("prune") {
        return Err(Failure::error("--prune is not simulated"));
    }
    let validation = match args.text("validate") {
        "" | "true" | "strict" => "Strict",
        "warn" => "Warn",
        "false" | "ignore" => "Ignore",
        other => {
            return Err(Failure::error(format!(
                "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
            )));
        }
    };
    let server_side = args.on("server-side");
    if args.on("force-conflicts") && !server_side {
        return Err(Failure::error("--force-conflicts only works with --server-side"));
    }
    let default_manager = match mode {
        Mode::Apply | Mode::Diff if server_side => "kubectl",
        Mode::Apply | Mode::Diff => "kubectl-client-side-apply",
        Mode::Create => "kubectl-create",
        Mode::Replace => "kubectl-replace",
    };
    let mut apply = Apply {
        mode,
        server_side,
        force_conflicts: args.on("force-conflicts"),
        save_config: args.on("save-config"),
        validation,
        manager: change::manager(&args, default_manager),
        namespace: setup.namespace(&args),
        namespace_given: args.get("namespace").is_some(),
        waiting: VecDeque::new(),
        current: None,
        failures: Vec::new(),
        report: Report::read(&args)?,
        managed_fields: args.on("show-managed-fields"),
        differences: BTreeMap::new(),
    };
    if mode == Mode::Diff {
        apply.report.dry_run = DryRun::Server;
    }
    if apply.report.dry_run == DryRun::Client && server_side {
        return Err(Failure::error(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ));
    }
    for source in setup.sources(&args)? {
        apply.waiting.extend(manifest::read(&source));
    }
    if apply.waiting.is_empty() {
        let verb = match mode {
            Mode::Apply => "apply",
            Mode::Create => "create",
            Mode::Replace => "replace",
            Mode::Diff => "diff",
        };
        return Err(Failure::error(format!("no objects passed to {verb}")));
    }
    Ok(Command::Apply(Box::new(apply)))
}

impl Apply {
    fn next(&mut self, io: &mut Io<'_, '_>) {
        while let Some(document) = self.waiting.pop_front() {
            match document {
                Ok(document) => {
                    if let Some(current) = self.prepare(document, io) {
                        return self.begin(current, io);
                    }
                }
                Err(broken) => {
                    self.failures.push(broken.failure);
                    io.problem(broken.problem);
                }
            }
        }
        let differs = !self.differences.is_empty();
        for text in std::mem::take(&mut self.differences).into_values() {
            io.out(text);
        }
        if differs && self.failures.is_empty() {
            return io.finish(1);
        }
        io.finish_with(std::mem::take(&mut self.failures));
    }

    /// Finds out what kind of object it is and where it goes.
    fn prepare(&mut self, document: Document, io: &mut Io<'_, '_>) -> Option<Current> {
        let resource = match document.resource() {
            Ok(resource) => resource,
            Err(failure) => {
                let problem = document.kind_problem();
                self.refuse(&document, failure, vec![problem], io);
                return None;
            }
        };
        let mut modified = document.value.clone();
        let own = modified.str_at(&["metadata", "namespace"]).cloned().unwrap_or_default();
        let namespace = match (resource.namespaced, own.is_empty()) {
            (false, _) => Str::new(),
            (true, true) => self.namespace.clone(),
            (true, false) if self.namespace_given && own != self.namespace => {
                let message = format!(
                    "the namespace from the provided object {:?} does not match the namespace {:?}. You must pass \
                     '--namespace={own}' to perform this operation.",
                    own.as_str(),
                    self.namespace.as_str()
                );
                let problem = document.problem("metadata.namespace", &message, None);
                self.refuse(&document, Failure::error(message), vec![problem], io);
                return None;
            }
            (true, false) => own,
        };
        if resource.namespaced {
            modified.set(&["metadata", "namespace"], namespace.clone());
        }
        let name = document.value.at(&["metadata", "name"]).filter(|v| !v.is_null() && v.as_str().is_none());
        if let Some(name) = name {
            // YAML reads an unquoted y, on, 1 or 1.5 as something else than a text.
            let message = format!(
                "unable to decode {:?}: json: cannot unmarshal {} into Go struct field ObjectMeta.metadata.name of type string",
                document.source.as_str(),
                go_kind(name)
            );
            let problem = document.problem("metadata.name", &message, None);
            self.refuse(&document, Failure::error(message), vec![problem], io);
            return None;
        }
        let text = |name| document.value.str_at(&["metadata", name]).cloned().unwrap_or_default();
        let (name, generate) = (text("name"), text("generateName"));
        if name.is_empty() && self.mode != Mode::Create {
            let message = match generate.as_str() {
                "" => "resource name may not be empty".to_owned(),
                prefix => format!("from {prefix}: cannot use generate name with apply"),
            };
            let problem = document.problem("metadata.name", &message, None);
            self.refuse(&document, Failure::error(message), vec![problem], io);
            return None;
        }
        let doing = format!("error when creating {:?}: ", document.source.as_str());
        Some(Current {
            document,
            resource,
            namespace,
            name,
            modified,
            live: None,
            done: "created",
            doing,
            conflicts: 0,
        })
    }

    fn begin(&mut self, mut current: Current, io: &mut Io<'_, '_>) {
        let path = current.resource.path(&current.namespace, &current.name);
        match self.mode {
            Mode::Apply if self.server_side => self.apply_on_server(current, io),
            Mode::Apply | Mode::Diff => {
                io.send(GET, requests::get(path));
                self.current = Some(current);
            }
            Mode::Create => self.create(current, io),
            Mode::Replace => {
                current.done = "replaced";
                current.doing = format!("error when replacing {:?}: ", current.document.source.as_str());
                let request = requests::replace(path, &self.manager, current.modified.clone());
                self.write(current, request, io);
            }
        }
    }

    fn apply_on_server(&mut self, mut current: Current, io: &mut Io<'_, '_>) {
        current.done = "serverside-applied";
        current.doing = String::new();
        let force = if self.force_conflicts { literal!("true") } else { literal!("false") };
        let path = current.resource.path(&current.namespace, &current.name);
        let request = requests::patch(path, requests::APPLY, &self.manager, current.modified.clone())
            .query("fieldValidation", self.validation)
            .query("force", force);
        self.write(current, request, io);
    }

    fn create(&mut self, mut current: Current, io: &mut Io<'_, '_>) {
        current.done = "created";
        let source = current.document.source.as_str();
        current.doing = format!("error when creating {source:?}: ");
        let mut body = current.modified.clone();
        if self.mode == Mode::Apply || self.save_config {
            annotate(&mut body);
        }
        let request = Request::new(Method::Post, current.resource.collection(&current.namespace))
            .header("accept", requests::JSON)
            .header("content-type", requests::JSON)
            .query("fieldManager", self.manager.clone())
            .query("fieldValidation", self.validation)
            .body(body);
        self.write(current, request, io);
    }

    fn write(&mut self, current: Current, request: Request, io: &mut Io<'_, '_>) {
        if self.report.dry_run == DryRun::Client {
            self.report.say(&current.found(&current.modified), current.done, io);
            return self.next(io);
        }
        io.send(WRITE, self.report.dry_run.on(request));
        self.current = Some(current);
    }

    /// The live object is there, or is not.
    fn live(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(mut current) = self.current.take() else { return };
        if response.status == 404 && response.reason() != "" {
            if self.server_side {
                return self.apply_on_server(current, io);
            }
            return self.create(current, io);
        }
        let Some(live) = response.value().filter(|_| response.is_success()) else {
            let source = current.document.source.as_str();
            let doing = format!(
                "error when retrieving current configuration of:\n{}from server for: {source:?}: ",
                current.described()
            );
            let failure = Failure::server_doing(response, &doing);
            let problems = current.document.refusal_problems(response.value(), &response.message());
            self.refuse(&current.document, failure, problems, io);
            return self.next(io);
        };
        if self.mode == Mode::Diff {
            current.live = Some(live.clone());
            if self.server_side {
                return self.apply_on_server(current, io);
            }
        }
        let last = live.str_at(&["metadata", "annotations", LAST_APPLIED]);
        if last.is_none() && self.mode == Mode::Apply {
            io.err(format!(
                "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. \
                 kubectl apply should only be used on resources created declaratively by either kubectl create \
                 --save-config or kubectl apply. The missing annotation will be patched automatically.",
                current.resource.resource, current.name
            ));
        }
        let last = last.and_then(|text| api::json::parse(text.as_str()).ok()).unwrap_or_default();
        let mut modified = current.modified.clone();
        annotate(&mut modified);
        if self.mode == Mode::Diff {
            // The note itself is not compared.
            modified.remove(&["metadata", "annotations", LAST_APPLIED]);
        }
        let (content_type, patch) = match api::patch::three_way(&last, &modified, live) {
            Ok(found) => found,
            Err(message) => {
                let failure = Failure::error(format!("creating patch with:\n{message}"));
                let problem = current.document.problem("", &message, None);
                self.refuse(&current.document, failure, vec![problem], io);
                return self.next(io);
            }
        };
        if patch.is_empty() && self.mode == Mode::Diff {
            return self.next(io);
        }
        if patch.is_empty() {
            self.report.say(&current.found(live), "unchanged", io);
            return self.next(io);
        }
        current.done = "configured";
        let source = current.document.source.as_str();
        current.doing = format!(
            "error when applying patch:\n{}\nto:\n{}for: {source:?}: error when patching {source:?}: ",
            api::json::write(&patch),
            current.described()
        );
        let path = current.resource.path(&current.namespace, &current.name);
        let request = requests::patch(path, content_type.into(), &self.manager, patch)
            .query("fieldValidation", self.validation);
        self.write(current, request, io);
    }

    fn written(&mut self, response: &Response, io: &mut Io<'_, '_>) {
        let Some(mut current) = self.current.take() else { return };
        if response.is_success() {
            let answer = response.value().cloned().unwrap_or_default();
            if self.mode == Mode::Diff {
                self.compare(&current, &answer, io);
                return self.next(io);
            }
            self.report.say(&current.found(&answer), current.done, io);
            return self.next(io);
        }
        let patching = self.mode == Mode::Apply && !self.server_side && current.done == "configured";
        if response.status == 409 && patching && current.conflicts < CONFLICTS_MAX {
            current.conflicts += 1;
            return self.begin(current, io);
        }
        let failure = if self.server_side && response.status == 409 {
            conflict(response)
        } else {
            Failure::server_doing(response, &current.doing)
        };
        let problems = current.document.refusal_problems(response.value(), &response.message());
        self.refuse(&current.document, failure, problems, io);
        self.next(io);
    }

    /// What `diff -u` prints of two folders, for this object's files.
    fn compare(&mut self, current: &Current, merged: &Value, io: &Io<'_, '_>) {
        let (mut old, mut new) = (current.live.clone(), merged.clone());
        if !self.managed_fields {
            for value in old.iter_mut().chain([&mut new]) {
                value.remove(&["metadata", "managedFields"]);
            }
        }
        if current.resource.kind == "Secret" {
            mask(old.as_mut(), &mut new);
        }
        let text = old.map_or_else(String::new, |old| crate::print::format::yaml(&old));
        let hunks = crate::print::diff::unified(&text, &crate::print::format::yaml(&new));
        if hunks.is_empty() {
            return;
        }
        let resource = &current.resource;
        let version = resource.api_version.replace('/', ".");
        let file = format!("{version}.{}.{}.{}", resource.kind, current.namespace, current.name);
        let time = io.now().rfc3339().replace('T', " ").replace('Z', ".000000000 +0000");
        let (live, wanted) = (format!("/tmp/LIVE-1/{file}"), format!("/tmp/MERGED-2/{file}"));
        let text = format!("diff -u -N {live} {wanted}\n--- {live}\t{time}\n+++ {wanted}\t{time}\n{hunks}");
        self.differences.insert(file, text);
    }

    /// Remembers why an object was not applied, and where the reason stands in the text.
    fn refuse(
        &mut self,
        document: &Document,
        mut failure: Failure,
        problems: Vec<Problem>,
        io: &mut Io<'_, '_>,
    ) {
        let said = failure.text.clone();
        for problem in problems {
            failure.text.push_str(&manifest::place_line(&document.source, &problem, &said));
            io.problem(problem);
        }
        self.failures.push(failure);
    }
}

impl Step for Apply {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.next(io),
            Event::Response { tag: GET, response } => self.live(&response, io),
            Event::Response { response, .. } => self.written(&response, io),
            Event::Failed { reason, .. } => {
                let mut failures = std::mem::take(&mut self.failures);
                failures.push(Failure::connection(&reason));
                io.finish_with(failures);
            }
            Event::Frame { .. } | Event::Timer { .. } => {}
        }
    }
}

/// What is secret is not shown, only whether it changed.
fn mask(old: Option<&mut Value>, new: &mut Value) {
    let data = |value: &Value| value.get("data").and_then(Value::as_map).cloned().unwrap_or_default();
    let before = old.as_deref().map(data).unwrap_or_default();
    let after = data(new);
    for (name, value) in after.iter() {
        let same = before.get(name).is_none_or(|old| old == value);
        new.set(&["data", name], if same { "***" } else { "*** (after)" });
    }
    if let Some(old) = old {
        for (name, value) in before.iter() {
            let same = after.get(name).is_none_or(|new| new == value);
            old.set(&["data", name], if same { "***" } else { "*** (before)" });
        }
    }
}

/// Notes in the object itself what is applied.
pub(super) fn annotate(object: &mut Value) {
    // The note does not contain itself, but it does contain its place.
    object.remove(&["metadata", "annotations", LAST_APPLIED]);
    if object.at(&["metadata", "annotations"]).is_none_or(Value::is_null) {
        object.set(&["metadata", "annotations"], Value::map());
    }
    let note = format!("{}\n", api::json::write(object));
    object.set(&["metadata", "annotations", LAST_APPLIED], note);
}

/// Who else owns the fields, and what can be done about it.
/// What Go's JSON decoder calls a value.
fn go_kind(value: &Value) -> String {
    match value {
        Value::Bool(_) => "bool".to_owned(),
        Value::Int(number) => format!("number {number}"),
        Value::Float(_) => "number".to_owned(),
        other => other.type_name().to_owned(),
    }
}

fn conflict(response: &Response) -> Failure {
    Failure::error(format!(
        "{}\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this \
         warning:\n* If you intend to manage all of these fields, please re-run the apply\n  command with the \
         `--force-conflicts` flag.\n* If you do not intend to manage all of the fields, please edit your\n  manifest to \
         remove references to the fields that should keep their\n  current managers.\n* You may co-own fields by updating \
         your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  \
         stop managing the field (remove it from their configuration).\nSee \
         https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",
        response.message()
    ))
}
