//! `kubectl set image`.

use api::{Str, Value, object};

use super::change::{self, Action, Change, Plan};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::Arguments;
use crate::process::Io;
use crate::requests;
use crate::targets::{self, Rules};

/// New images by container; `*` is every container.
#[derive(Clone, Debug, Hash)]
pub struct SetImage {
    images: Vec<(Str, Str)>,
    manager: Str,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let first = args.words.iter().position(|w| w.contains('=')).unwrap_or(args.words.len());
    let (resources, pairs) = args.words.split_at(first);
    if pairs.is_empty() {
        return Err(Failure::error("at least one image update is required"));
    }
    let mut images = Vec::new();
    for pair in pairs {
        match pair.split_once('=') {
            Some((container, image)) if !container.is_empty() && !image.is_empty() => {
                images.push((container.into(), image.into()));
            }
            _ => return Err(Failure::error(format!("invalid image spec: {pair}"))),
        }
    }
    let targets = if args.all("filename").is_empty() {
        targets::read("set image", resources, &args, setup, Rules { names_wanted: true })?
    } else {
        setup.file_targets(&args)?
    };
    let action = SetImage { images, manager: change::manager(&args, "kubectl-set") };
    Ok(Command::SetImage(Box::new(Change::new(&targets, &args, action)?)))
}

/// Where a kind keeps its pod template's spec.
pub fn pod_spec_path(kind: &str) -> &'static [&'static str] {
    match kind {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    }
}

impl Action for SetImage {
    fn plan(&mut self, found: &Found, _io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let path = pod_spec_path(&found.resource.kind);
        let Some(spec) = found.value.at(path) else {
            return Err(Failure::error(format!(
                "{} does not have a pod template whose image could be set",
                found.printed()
            )));
        };
        let mut change = Value::map();
        for (container, _) in self.images.iter().filter(|(name, _)| name != "*") {
            let known =
                |field: &str| spec.items_at(&[field]).iter().any(|c| c.str_at(&["name"]) == Some(container));
            if !known("containers") && !known("initContainers") {
                return Err(Failure::error(format!(
                    "unable to find container named {:?}",
                    container.as_str()
                )));
            }
        }
        for field in ["containers", "initContainers"] {
            let mut changed = Vec::new();
            for container in spec.items_at(&[field]) {
                let Some(name) = container.str_at(&["name"]) else { continue };
                let new = self.images.iter().rev().find(|(wanted, _)| wanted == "*" || wanted == name);
                if let Some((_, image)) = new.filter(|(_, image)| container.str_at(&["image"]) != Some(image))
                {
                    changed.push(object! { "name": name, "image": image.clone() });
                }
            }
            if !changed.is_empty() {
                let order: Vec<Value> = spec
                    .items_at(&[field])
                    .iter()
                    .filter_map(|c| c.get("name"))
                    .map(|n| object! { "name": n.clone() })
                    .collect();
                change.set(&[&format!("$setElementOrder/{field}")], order);
                change.set(&[field], changed);
            }
        }
        if change.is_empty() {
            return Ok(Plan::Nothing);
        }
        let mut body = Value::map();
        body.set(path, change);
        Ok(Plan::Send(requests::patch(found.path(), requests::STRATEGIC, &self.manager, body)))
    }

    fn done(&self, _found: &Found) -> String {
        "image updated".to_owned()
    }
}
