//! `kubectl rollout restart`, `pause` and `resume`, and the way to the other subcommands.

use api::object;

use super::change::{self, Action, Change, Plan};
use super::{Command, Setup, rollout_history, rollout_status};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, switch, value};
use crate::process::Io;
use crate::requests;
use crate::targets::{self, Rules};

/// Flags of all subcommands, beside those of every change.
pub const FLAGS: &[Flag] =
    &[switch("watch").short('w'), value("timeout"), value("revision"), value("to-revision")];

/// A change of a workload's template or of its rollout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rollout {
    /// New pods of the same template.
    Restart,
    /// Changes wait.
    Pause,
    /// Changes go on.
    Resume,
}

/// Reads the command line behind `rollout`.
///
/// # Errors
/// As kubectl says them.
pub fn parse(subcommand: &str, args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    if args.words.is_empty() && args.all("filename").is_empty() {
        return Err(Failure::error("required resource not specified"));
    }
    let targets = if args.all("filename").is_empty() {
        targets::read("rollout", &args.words, &args, setup, Rules { names_wanted: subcommand != "status" })?
    } else {
        setup.file_targets(&args)?
    };
    let action = match subcommand {
        "status" => return rollout_status::parse(&targets, &args),
        "history" => return rollout_history::parse(&targets, &args, rollout_history::Task::History),
        "undo" => return rollout_history::parse(&targets, &args, rollout_history::Task::Undo),
        "restart" => Rollout::Restart,
        "pause" => Rollout::Pause,
        "resume" => Rollout::Resume,
        other => {
            return Err(Failure::error(format!(
                "unknown command {other:?} for \"kubectl rollout\"\nSee 'kubectl rollout -h' for help and examples"
            )));
        }
    };
    Ok(Command::Rollout(Box::new(Change::new(&targets, &args, action)?)))
}

impl Action for Rollout {
    fn plan(&mut self, found: &Found, io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let name = || format!("{} {:?}", found.resource.group_resource(), found.name());
        let paused = found.value.at(&["spec", "paused"]).and_then(api::Value::as_bool).unwrap_or(false);
        let has_template = found.value.at(&["spec", "template"]).is_some();
        let is_deployment = found.resource.is("apps", "Deployment");
        let body = match self {
            Rollout::Restart if !has_template || found.resource.is("apps", "ReplicaSet") => {
                return Err(Failure::error(format!("{} restarting is not supported", name())));
            }
            Rollout::Restart if paused => {
                return Err(Failure::error(format!(
                    "{} can't restart paused deployment (run rollout resume first)",
                    name()
                )));
            }
            Rollout::Restart => {
                let at = io.now().rfc3339();
                object! { "spec": { "template": { "metadata": { "annotations": {
                "kubectl.kubernetes.io/restartedAt": at } } } } }
            }
            Rollout::Pause if !is_deployment => {
                return Err(Failure::error(format!("{} pausing is not supported", name())));
            }
            Rollout::Pause if paused => return Err(Failure::error(format!("{} is already paused", name()))),
            Rollout::Pause => object! { "spec": { "paused": true } },
            Rollout::Resume if !is_deployment => {
                return Err(Failure::error(format!("{} resuming is not supported", name())));
            }
            Rollout::Resume if !paused => return Err(Failure::error(format!("{} is not paused", name()))),
            Rollout::Resume => object! { "spec": { "paused": null } },
        };
        Ok(Plan::Send(requests::patch(found.path(), requests::STRATEGIC, "kubectl-rollout", body)))
    }

    fn done(&self, _found: &Found) -> String {
        match self {
            Rollout::Restart => "restarted",
            Rollout::Pause => "paused",
            Rollout::Resume => "resumed",
        }
        .to_owned()
    }
}

/// The field manager for changes of rollouts by other means than patches of this file.
pub(super) fn manager(args: &Arguments) -> api::Str {
    change::manager(args, "kubectl-rollout")
}
