//! `kubectl cordon`, `uncordon` and `taint`.

use api::{Str, Value, object};

use super::change::{self, Action, Change, Plan};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, switch};
use crate::process::Io;
use crate::requests;
use crate::targets::{self, Rules, Target, Targets};

/// Flags of `taint`, beside those of every change.
pub const TAINT_FLAGS: &[Flag] = &[switch("overwrite")];

/// Marking a node (un)schedulable.
#[derive(Clone, Debug, Hash)]
pub struct Cordon {
    on: bool,
}

/// Reads `cordon` and `uncordon`.
///
/// # Errors
/// As kubectl says them.
pub fn parse_cordon(on: bool, args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let command = if on { "cordon" } else { "uncordon" };
    let targets = nodes(command, &args, setup)?;
    Ok(Command::Cordon(Box::new(Change::new(&targets, &args, Cordon { on })?)))
}

/// The nodes that the words of `cordon`, `uncordon` and `drain` name.
///
/// # Errors
/// As kubectl says them.
pub fn nodes(command: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Targets, Failure> {
    let resource = targets::lookup_one("nodes")?;
    if args.words.is_empty() {
        if args.get("selector").is_none() {
            return Err(Failure::help(command, &format!("USAGE: {command} NODE [flags]")));
        }
        return targets::read(command, &["nodes".to_owned()], args, setup, Rules::default());
    }
    let name = |word: &String| word.rsplit('/').next().unwrap_or(word).into();
    let target = |word| Target { resource: resource.clone(), namespace: Str::new(), name: Some(name(word)) };
    Ok(Targets { targets: args.words.iter().map(target).collect(), ..Targets::default() })
}

/// The patch that (un)cordons.
pub fn cordon_request(found: &Found, on: bool) -> api::http::Request {
    let flag = if on { Value::Bool(true) } else { Value::Null };
    requests::patch(found.path(), requests::STRATEGIC, "", object! { "spec": { "unschedulable": flag } })
}

/// True when the node is unschedulable.
pub fn is_cordoned(node: &Value) -> bool {
    node.at(&["spec", "unschedulable"]).and_then(Value::as_bool).unwrap_or(false)
}

impl Action for Cordon {
    fn plan(&mut self, found: &Found, _io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        Ok(match (is_cordoned(&found.value), self.on) {
            (true, true) => Plan::Say("already cordoned"),
            (false, false) => Plan::Say("already uncordoned"),
            _ => Plan::Send(cordon_request(found, self.on)),
        })
    }

    fn all_or_nothing(&self) -> bool {
        true
    }

    fn done(&self, _found: &Found) -> String {
        if self.on { "cordoned" } else { "uncordoned" }.to_owned()
    }
}

/// Setting and removing taints.
#[derive(Clone, Debug, Hash)]
pub struct Taint {
    add: Vec<(Str, Option<Str>, Str)>,
    /// Key, and the effect when only that one is meant.
    remove: Vec<(Str, Option<Str>)>,
    overwrite: bool,
    manager: Str,
}

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Reads `taint`.
///
/// # Errors
/// As kubectl says them.
pub fn parse_taint(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let is_taint = |word: &String| word.contains('=') || word.contains(':') || word.ends_with('-');
    let first = args.words.iter().position(is_taint).unwrap_or(args.words.len());
    let (resources, specs) = args.words.split_at(first);
    if specs.is_empty() {
        return Err(Failure::error("at least one taint update is required"));
    }
    let mut taint = Taint {
        add: Vec::new(),
        remove: Vec::new(),
        overwrite: args.on("overwrite"),
        manager: change::manager(&args, "kubectl-taint"),
    };
    for spec in specs {
        taint.read(spec)?;
    }
    let targets = targets::read("taint", resources, &args, setup, Rules { names_wanted: true })?;
    if targets.targets.iter().any(|t| t.resource.kind != "Node") {
        return Err(Failure::error("only nodes can be tainted"));
    }
    Ok(Command::Taint(Box::new(Change::new(&targets, &args, taint)?)))
}

impl Taint {
    fn read(&mut self, spec: &str) -> Result<(), Failure> {
        let bad_effect = |effect: &str| {
            Failure::help("taint", &format!("invalid taint effect: {effect}, unsupported taint effect"))
        };
        if let Some(spec) = spec.strip_suffix('-') {
            let (pair, effect) =
                spec.split_once(':').map_or((spec, None), |(pair, effect)| (pair, Some(effect)));
            let key = pair.split('=').next().unwrap_or(pair);
            if let Some(effect) = effect.filter(|e| !EFFECTS.contains(e)) {
                return Err(bad_effect(effect));
            }
            self.remove.push((key.into(), effect.map(Str::from)));
            return Ok(());
        }
        let Some((pair, effect)) = spec.split_once(':') else {
            return Err(Failure::help("taint", &format!("invalid taint spec: {spec}")));
        };
        if !EFFECTS.contains(&effect) {
            return Err(bad_effect(effect));
        }
        let (key, value) = pair.split_once('=').map_or((pair, None), |(key, value)| (key, Some(value)));
        self.add.push((key.into(), value.map(Str::from), effect.into()));
        Ok(())
    }

    fn removes(&self, taint: &Value) -> bool {
        let text = |name: &str| taint.str_at(&[name]).map_or("", |s| s.as_str());
        self.remove
            .iter()
            .any(|(key, effect)| key == text("key") && effect.as_ref().is_none_or(|e| e == text("effect")))
    }
}

impl Action for Taint {
    fn plan(&mut self, found: &Found, _io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let old = found.value.items_at(&["spec", "taints"]);
        if let Some((key, effect)) = self.remove.iter().find(|(key, effect)| {
            !old.iter().any(|t| {
                t.str_at(&["key"]) == Some(key)
                    && effect.as_ref().is_none_or(|e| t.str_at(&["effect"]) == Some(e))
            })
        }) {
            let effect = effect.as_ref().map(|e| format!(":{e}")).unwrap_or_default();
            return Err(Failure::error(format!("taint \"{key}{effect}\" not found")));
        }
        let mut taints: Vec<Value> = Vec::new();
        for (key, value, effect) in &self.add {
            let same =
                old.iter().any(|t| t.str_at(&["key"]) == Some(key) && t.str_at(&["effect"]) == Some(effect));
            if same && !self.overwrite {
                return Err(Failure::error(format!(
                    "node {} already has {key} taint(s) with same effect(s) and --overwrite is false",
                    found.name()
                )));
            }
            let mut taint = object! { "key": key.clone(), "effect": effect.clone() };
            if let Some(value) = value.as_ref().filter(|v| !v.is_empty()) {
                taint.set(&["value"], value.clone());
            }
            taints.push(taint);
        }
        let added = |t: &Value| {
            self.add.iter().any(|(key, _, effect)| {
                t.str_at(&["key"]) == Some(key) && t.str_at(&["effect"]) == Some(effect)
            })
        };
        taints.extend(old.iter().filter(|t| !added(t) && !self.removes(t)).cloned());
        let taints = if taints.is_empty() { Value::Null } else { Value::from(taints) };
        let request = requests::patch(
            found.path(),
            requests::STRATEGIC,
            &self.manager,
            object! { "spec": { "taints": taints } },
        );
        Ok(Plan::Send(request.query("fieldValidation", "Strict")))
    }

    fn done(&self, _found: &Found) -> String {
        match (self.add.is_empty(), self.remove.is_empty()) {
            _ if self.overwrite => "modified",
            (false, true) => "tainted",
            (true, _) => "untainted",
            (false, false) => "modified",
        }
        .to_owned()
    }
}
