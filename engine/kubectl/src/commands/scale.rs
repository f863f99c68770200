//! `kubectl scale`.

use api::object;

use super::change::{Action, Change, Plan};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, value};
use crate::process::Io;
use crate::requests;
use crate::targets::{self, Rules};

/// Its flags, beside those of every change.
pub const FLAGS: &[Flag] =
    &[value("replicas"), value("current-replicas"), value("resource-version"), value("timeout")];

/// A new number of replicas.
#[derive(Clone, Debug, Hash)]
pub struct Scale {
    replicas: i64,
    only_from: Option<i64>,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let Some(replicas) = args.int("replicas")? else {
        return Err(Failure::error("required flag(s) \"replicas\" not set"));
    };
    if replicas < 0 {
        return Err(Failure::error(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let targets = if args.all("filename").is_empty() {
        targets::read("scale", &args.words, &args, setup, Rules { names_wanted: true })?
    } else {
        setup.file_targets(&args)?
    };
    let only_from = args.int("current-replicas")?.filter(|n| *n >= 0);
    Ok(Command::Scale(Box::new(Change::new(&targets, &args, Scale { replicas, only_from })?)))
}

impl Action for Scale {
    fn plan(&mut self, found: &Found, _io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let now = found.value.int_at(&["spec", "replicas"]).unwrap_or(1);
        if let Some(wanted) = self.only_from.filter(|n| *n != now) {
            return Err(Failure::error(format!("Expected replicas to be {wanted}, was {now}")));
        }
        let path = format!("{}/scale", found.path());
        let body = object! { "spec": { "replicas": self.replicas } };
        Ok(Plan::Send(requests::patch(path, requests::MERGE, "", body)))
    }

    fn none_found(&self, failures: Vec<Failure>) -> Vec<Failure> {
        let Some(all) = Failure::several(failures) else { return Vec::new() };
        // The server's own words, without what kubectl says in front of them.
        let why = all.text.split_once("): ").filter(|(from, _)| from.starts_with("Error from server"));
        let why = why.map_or(all.text.as_str(), |(_, why)| why);
        vec![Failure::error(format!("no objects passed to scale {why}"))]
    }

    fn done(&self, _found: &Found) -> String {
        "scaled".to_owned()
    }

    fn result(&self, found: &Found, _answer: &api::Value) -> Found {
        // The answer is a Scale; kubectl goes on naming what was scaled.
        found.clone()
    }
}
