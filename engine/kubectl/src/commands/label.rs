//! `kubectl label` and `kubectl annotate`.

use api::{Str, Value};

use super::change::{self, Action, Change, Plan};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, switch, value};
use crate::process::Io;
use crate::requests;
use crate::targets::{self, Rules};

/// Their flags, beside those of every change.
pub const FLAGS: &[Flag] = &[switch("overwrite"), switch("list"), value("resource-version")];

/// Labels or annotations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// `metadata.labels`.
    Labels,
    /// `metadata.annotations`.
    Annotations,
}

/// Setting and removing labels or annotations.
#[derive(Clone, Debug, Hash)]
pub struct Label {
    what: What,
    set: Vec<(Str, Str)>,
    remove: Vec<Str>,
    overwrite: bool,
    list: bool,
    manager: Str,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(what: What, args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let (command, noun) = match what {
        What::Labels => ("label", "label"),
        What::Annotations => ("annotate", "annotation"),
    };
    let is_change = |word: &String| word.contains('=') || word.ends_with('-');
    let first = args.words.iter().position(is_change).unwrap_or(args.words.len());
    let (resources, changes) = args.words.split_at(first);
    let list = args.on("list");
    if changes.is_empty() && !list {
        return Err(Failure::error(format!("at least one {noun} update is required")));
    }
    let (mut set, mut remove): (Vec<(Str, Str)>, Vec<Str>) = (Vec::new(), Vec::new());
    for change in changes {
        match change.split_once('=') {
            Some((key, value)) if !key.is_empty() => set.push((key.into(), value.into())),
            None if change.len() > 1 && change.ends_with('-') => {
                remove.push(change[..change.len() - 1].into())
            }
            None => {
                return Err(Failure::error(format!(
                    "all resources must be specified before {noun} changes: {change}"
                )));
            }
            Some(_) => return Err(Failure::error(format!("invalid {noun} spec: {change}"))),
        }
    }
    if let Some(key) = remove.iter().find(|key| set.iter().any(|(k, _)| k == *key)) {
        return Err(Failure::error(format!(
            "can not both modify and remove a {noun} in the same command: {key}"
        )));
    }
    let targets = if args.all("filename").is_empty() {
        targets::read(command, resources, &args, setup, Rules { names_wanted: true })?
    } else {
        setup.file_targets(&args)?
    };
    let manager =
        change::manager(&args, if what == What::Labels { "kubectl-label" } else { "kubectl-annotate" });
    let action = Label { what, set, remove, overwrite: args.on("overwrite"), list, manager };
    Ok(Command::Label(Box::new(Change::new(&targets, &args, action)?)))
}

impl Label {
    fn field(&self) -> &'static str {
        match self.what {
            What::Labels => "labels",
            What::Annotations => "annotations",
        }
    }
}

impl Action for Label {
    fn plan(&mut self, found: &Found, io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let current = |key: &str| found.value.str_at(&["metadata", self.field(), key]);
        if self.list {
            if let Some(map) = found.value.at(&["metadata", self.field()]).and_then(Value::as_map) {
                for (key, value) in map.iter() {
                    io.line(format!("{key}={}", value.as_str().map_or("", |s| s.as_str())));
                }
            }
            return Ok(Plan::Nothing);
        }
        if !self.overwrite
            && let Some((key, value)) = self
                .set
                .iter()
                .find_map(|(key, new)| current(key).filter(|old| *old != new).map(|old| (key, old)))
        {
            let value = value.as_str();
            return Err(Failure::error(match self.what {
                What::Labels => format!("'{key}' already has a value ({value}), and --overwrite is false"),
                What::Annotations => format!(
                    "--overwrite is false but found the following declared annotation(s): '{key}' already has a value ({value})"
                ),
            }));
        }
        let mut changes = Value::map();
        for (key, value) in &self.set {
            if current(key) != Some(value) {
                changes.set(&[key], value.clone());
            }
        }
        for key in &self.remove {
            match current(key) {
                Some(_) => changes.set(&[key], Value::Null),
                None if self.what == What::Labels => io.line(format!("label {key:?} not found.")),
                None => {}
            }
        }
        if changes.is_empty() {
            return Ok(match self.what {
                What::Labels => Plan::Say("not labeled"),
                What::Annotations => Plan::Say("annotated"),
            });
        }
        let mut body = Value::map();
        body.set(&["metadata", self.field()], changes);
        Ok(Plan::Send(requests::patch(found.path(), requests::MERGE, &self.manager, body)))
    }

    fn done(&self, found: &Found) -> String {
        let sets = self
            .set
            .iter()
            .any(|(key, value)| found.value.str_at(&["metadata", self.field(), key]) != Some(value));
        match self.what {
            What::Labels if sets => "labeled",
            What::Labels => "unlabeled",
            What::Annotations => "annotated",
        }
        .to_owned()
    }
}
