//! The commands, one file each, and the way from words to a command.

mod about;
mod acting;
mod apply;
mod auth;
mod change;
mod config;
mod create;
mod create_rbac;
mod delete;
mod describe;
mod drain;
mod explain;
mod expose;
mod get;
mod gone;
mod label;
mod last_applied;
mod logs;
mod node;
mod patch;
mod rollout;
mod rollout_history;
mod rollout_status;
mod scale;
mod send;
mod set_image;
mod wait;

use std::collections::BTreeMap;

use api::Str;
use api::http::{Body, Response};

use crate::failure::Failure;
use crate::flags::{Arguments, Flag};
use crate::help;
use crate::manifest::{self, Source};
use crate::process::{Event, Io, Step};
use crate::targets::{Target, Targets};

/// What a command line is read against.
pub struct Setup<'a> {
    /// The session's namespace.
    pub namespace: Str,
    /// Standard input.
    pub stdin: Option<Str>,
    /// The files.
    pub files: &'a BTreeMap<Str, Str>,
    /// The files that are snapshots of etcd.
    pub snapshots: &'a BTreeMap<Str, etcd::snapshot::SnapshotBlob>,
}

impl Setup<'_> {
    /// `-n`, or the session's namespace.
    pub fn namespace(&self, args: &Arguments) -> Str {
        match args.get("namespace") {
            Some(namespace) if !namespace.is_empty() => namespace.into(),
            _ => self.namespace.clone(),
        }
    }

    /// A file's text.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn file(&self, name: &str) -> Result<Str, Failure> {
        let name = name.strip_prefix("./").unwrap_or(name);
        self.files
            .get(name)
            .cloned()
            .ok_or_else(|| Failure::error(format!("the path {name:?} does not exist")))
    }

    /// The texts that `-f` names.
    ///
    /// # Errors
    /// When one is not there.
    pub fn sources(&self, args: &Arguments) -> Result<Vec<Source>, Failure> {
        let mut sources = Vec::new();
        for name in args.all("filename").iter().flat_map(|names| names.split(',')) {
            if name == "-" {
                sources.push(Source { name: "STDIN".into(), text: self.stdin.clone().unwrap_or_default() });
            } else if name.starts_with("http://") || name.starts_with("https://") {
                return Err(Failure::error(format!(
                    "unable to read URL {name:?}: the lab has no way out to the internet"
                )));
            } else if name == "." || name == "./" {
                let all = self
                    .files
                    .iter()
                    .filter(|(name, _)| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)));
                sources.extend(all.map(|(name, text)| Source { name: name.clone(), text: text.clone() }));
            } else {
                sources.push(Source { name: name.into(), text: self.file(name)? });
            }
        }
        Ok(sources)
    }

    /// The objects that the files name, as targets.
    ///
    /// # Errors
    /// When a file or a document can't be read.
    pub fn file_targets(&self, args: &Arguments) -> Result<Targets, Failure> {
        let namespace = self.namespace(args);
        let mut found = Targets::default();
        for source in self.sources(args)? {
            for document in manifest::read(&source) {
                let document = document.map_err(|broken| broken.failure)?;
                let resource = document.resource()?;
                let own = document.value.str_at(&["metadata", "namespace"]);
                let name = document.value.str_at(&["metadata", "name"]).cloned();
                let namespace = match own {
                    _ if !resource.namespaced => Str::new(),
                    Some(own) => own.clone(),
                    None => namespace.clone(),
                };
                found.targets.push(Target { resource, namespace, name });
            }
        }
        if found.targets.is_empty() {
            return Err(Failure::error("no objects passed"));
        }
        let first = found.targets[0].resource.clone();
        found.several_kinds = found.targets.iter().any(|t| t.resource != first);
        Ok(found)
    }
}

/// A command that runs.
#[derive(Clone, Debug, Hash)]
pub enum Command {
    /// Text alone.
    Say(Say),
    /// `get`.
    Get(Box<get::Get>),
    /// `describe`.
    Describe(Box<describe::Describe>),
    /// `apply`, `create -f`, `replace -f`.
    Apply(Box<apply::Apply>),
    /// `apply view-last-applied`, `apply set-last-applied`.
    LastApplied(Box<last_applied::LastApplied>),
    /// `delete`.
    Delete(Box<delete::Delete>),
    /// `scale`.
    Scale(Box<change::Change<scale::Scale>>),
    /// `label`, `annotate`.
    Label(Box<change::Change<label::Label>>),
    /// `patch`.
    Patch(Box<change::Change<patch::Patch>>),
    /// `set image`.
    SetImage(Box<change::Change<set_image::SetImage>>),
    /// `rollout restart|pause|resume`.
    Rollout(Box<change::Change<rollout::Rollout>>),
    /// `rollout status`.
    RolloutStatus(Box<rollout_status::RolloutStatus>),
    /// `rollout history|undo`.
    RolloutHistory(Box<rollout_history::RolloutHistory>),
    /// `cordon`, `uncordon`.
    Cordon(Box<change::Change<node::Cordon>>),
    /// `taint`.
    Taint(Box<change::Change<node::Taint>>),
    /// `drain`.
    Drain(Box<drain::Drain>),
    /// `expose`, `autoscale`.
    Expose(Box<change::Change<expose::Expose>>),
    /// `logs`.
    Logs(Box<logs::Logs>),
    /// `wait`.
    Wait(Box<wait::Wait>),
    /// `create deployment`, `run`, `version`, ...
    Send(Box<send::Send>),
    /// `auth can-i|whoami`, `create token`.
    Ask(Box<auth::Ask>),
    /// Any of them, in somebody's name.
    Acting(Box<acting::Acting>),
}

impl Command {
    fn step(&mut self) -> &mut dyn Step {
        match self {
            Command::Say(c) => c,
            Command::Get(c) => &mut **c,
            Command::Describe(c) => &mut **c,
            Command::Apply(c) => &mut **c,
            Command::LastApplied(c) => &mut **c,
            Command::Delete(c) => &mut **c,
            Command::Scale(c) => &mut **c,
            Command::Label(c) => &mut **c,
            Command::Patch(c) => &mut **c,
            Command::SetImage(c) => &mut **c,
            Command::Rollout(c) => &mut **c,
            Command::RolloutStatus(c) => &mut **c,
            Command::RolloutHistory(c) => &mut **c,
            Command::Cordon(c) => &mut **c,
            Command::Taint(c) => &mut **c,
            Command::Drain(c) => &mut **c,
            Command::Expose(c) => &mut **c,
            Command::Logs(c) => &mut **c,
            Command::Wait(c) => &mut **c,
            Command::Send(c) => &mut **c,
            Command::Ask(c) => &mut **c,
            Command::Acting(c) => &mut **c,
        }
    }
}

impl Step for Command {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        self.step().handle(event, io);
    }
}

impl From<send::Send> for Command {
    fn from(send: send::Send) -> Command {
        Command::Send(Box::new(send))
    }
}

/// A command that only prints, and perhaps changes the session's configuration.
#[derive(Clone, Debug, Hash, Default)]
pub struct Say {
    /// For standard output.
    pub text: String,
    /// The context's new namespace.
    pub namespace: Option<Str>,
}

impl Say {
    /// A command that prints `text`.
    pub fn command(text: impl Into<String>) -> Command {
        Command::Say(Say { text: text.into(), namespace: None })
    }
}

impl Step for Say {
    fn handle(&mut self, _event: Event, io: &mut Io<'_, '_>) {
        if let Some(namespace) = self.namespace.take() {
            io.session.settings.namespace = namespace;
        }
        io.out(std::mem::take(&mut self.text));
        io.finish(0);
    }
}

/// Commands with subcommands of their own.
const PARENTS: &[&str] =
    &["rollout", "set", "config", "auth", "create", "cluster-info", "top", "apply", "certificate", "plugin"];

/// Reads kubectl's arguments.
///
/// # Errors
/// In kubectl's words.
pub fn kubectl(words: &[String], setup: &Setup<'_>) -> Result<Command, Failure> {
    // Global flags may stand before the command: `kubectl -n web get pods`.
    let at = first_word(words);
    let Some(name) = at.and_then(|i| words.get(i)).map(String::as_str) else {
        if let Err(message) = Arguments::read(words, &[]) {
            return Err(Failure::error(format!("{message}\nSee 'kubectl --help' for usage.")));
        }
        return Ok(Say::command(help::kubectl()));
    };
    if !help::COMMANDS.iter().any(|c| c.name == name) {
        return Err(unknown(name));
    }
    let mut rest: Vec<String> = words.to_vec();
    rest.remove(at.unwrap_or(0));
    let subcommand = match first_word(&rest).filter(|_| PARENTS.contains(&name)) {
        // What follows these is no subcommand but a kind or a flag.
        Some(i) if !matches!(name, "create" | "apply" | "cluster-info") => Some(rest.remove(i)),
        _ => None,
    };
    let full_name = match &subcommand {
        Some(sub) => format!("{name} {sub}"),
        None => name.to_owned(),
    };
    let flags = flags_of(name, subcommand.as_deref());
    let args = Arguments::read(&rest, &flags).map_err(|message| Failure::usage(&full_name, &message))?;
    if args.on("help") {
        return Ok(Say::command(help::command(name)));
    }
    let command = parse(name, subcommand.as_deref().unwrap_or(""), args.clone(), setup)?;
    acting::Acting::wrap(&args, command)
}

/// The place of the first word that is no flag and no global flag's value.
fn first_word(words: &[String]) -> Option<usize> {
    let mut i = 0;
    while let Some(word) = words.get(i) {
        if !word.starts_with('-') {
            return Some(i);
        }
        let takes_next = matches!(
            word.as_str(),
            "-n" | "--namespace"
                | "-s"
                | "--server"
                | "--context"
                | "--kubeconfig"
                | "--request-timeout"
                | "--cluster"
                | "--user"
                | "-v"
                | "--v"
                | "--as"
                | "--as-group"
                | "--as-uid"
                | "--as-user-extra"
                | "--token"
        );
        i += if takes_next { 2 } else { 1 };
    }
    None
}

/// The flags that a command knows beside the global ones.
pub fn flags_of(name: &str, _subcommand: Option<&str>) -> Vec<Flag> {
    let changing = |own: &[Flag]| -> Vec<Flag> { own.iter().chain(change::FLAGS).copied().collect() };
    match name {
        "get" => get::FLAGS.to_vec(),
        "describe" => describe::FLAGS.to_vec(),
        "apply" | "replace" | "diff" => apply::FLAGS.to_vec(),
        "create" => create::FLAGS.to_vec(),
        "run" => create::RUN_FLAGS.to_vec(),
        "delete" => delete::FLAGS.to_vec(),
        "scale" => changing(scale::FLAGS),
        "label" | "annotate" => changing(label::FLAGS),
        "patch" => changing(patch::FLAGS),
        "set" | "cordon" | "uncordon" => changing(&[]),
        "rollout" => changing(rollout::FLAGS),
        "taint" => changing(node::TAINT_FLAGS),
        "expose" | "autoscale" => changing(expose::FLAGS),
        "drain" => drain::FLAGS.to_vec(),
        "logs" => logs::FLAGS.to_vec(),
        "wait" => wait::FLAGS.to_vec(),
        "api-resources" | "api-versions" | "version" | "cluster-info" => about::FLAGS.to_vec(),
        "explain" => explain::FLAGS.to_vec(),
        "config" => config::FLAGS.to_vec(),
        "auth" => auth::FLAGS.to_vec(),
        _ => help::NOT_SIMULATED_FLAGS.to_vec(),
    }
}

fn parse(name: &str, subcommand: &str, args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    match name {
        "get" => get::parse(args, setup),
        "describe" => describe::parse(args, setup),
        "apply" => apply::parse(apply::Mode::Apply, args, setup),
        "replace" => apply::parse(apply::Mode::Replace, args, setup),
        "diff" => apply::parse(apply::Mode::Diff, args, setup),
        "create" if !args.all("filename").is_empty() => apply::parse(apply::Mode::Create, args, setup),
        "create" => create::parse(args, setup),
        "run" => create::parse_run(args, setup),
        "delete" => delete::parse(args, setup),
        "scale" => scale::parse(args, setup),
        "label" => label::parse(label::What::Labels, args, setup),
        "annotate" => label::parse(label::What::Annotations, args, setup),
        "patch" => patch::parse(args, setup),
        "set" if subcommand == "image" => set_image::parse(args, setup),
        "rollout" if !subcommand.is_empty() => rollout::parse(subcommand, args, setup),
        "cordon" => node::parse_cordon(true, args, setup),
        "uncordon" => node::parse_cordon(false, args, setup),
        "taint" => node::parse_taint(args, setup),
        "drain" => drain::parse(args, setup),
        "expose" | "autoscale" => expose::parse(name, args, setup),
        "logs" => logs::parse(args, setup),
        "wait" => wait::parse(args, setup),
        "api-resources" => about::api_resources(&args),
        "api-versions" => Ok(about::api_versions()),
        "version" => about::version(&args),
        "cluster-info" => about::cluster_info(&args),
        "explain" => explain::parse(&args),
        "config" if !subcommand.is_empty() => config::parse(subcommand, &args, setup),
        "auth" if !subcommand.is_empty() => auth::parse(subcommand, &args, setup),
        "top" => Err(Failure::error("Metrics API not available")),
        "help" => Ok(Say::command(args.words.first().map_or_else(help::kubectl, |name| help::command(name)))),
        "options" => Ok(Say::command(help::global_flags())),
        "set" | "rollout" | "config" | "auth" if subcommand.is_empty() => {
            Ok(Say::command(help::command(name)))
        }
        _ => Err(help::not_simulated(name, subcommand)),
    }
}

/// `unknown command "gte" for "kubectl"`, with what may have been meant.
fn unknown(name: &str) -> Failure {
    let mut text = format!("unknown command {name:?} for \"kubectl\"");
    let meant: Vec<&str> = help::COMMANDS
        .iter()
        .map(|c| c.name)
        .filter(|known| help::distance(name, known) <= 2 || known.starts_with(&name.to_lowercase()))
        .collect();
    if !meant.is_empty() {
        text.push_str("\n\nDid you mean this?");
        for known in meant {
            text.push_str(&format!("\n\t{known}"));
        }
        text.push('\n');
    }
    Failure::error(text.trim_end_matches('\n'))
}

/// A response's body as text.
fn body_text(response: &Response) -> String {
    match &response.body {
        Body::Empty => String::new(),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::Tree(value) => format!("{}\n", api::json::write(value)),
        Body::Object(object) => format!("{}\n", api::json::write(object.value())),
    }
}

/// `a%3Db` is `a=b`.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = text.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[i], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                i += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
