//! Scripts about configurations: the changes of `confchange`, on a tracker.

use crate::confchange::Changer;
use crate::script::parse::Directive;
use crate::tracker::{ProgressTracker, progress_text};
use crate::{LogIndex, parse_changes};

pub(super) struct Env {
    tracker: ProgressTracker,
    /// One more after each command, to see when members were added.
    last_index: LogIndex,
}

impl Default for Env {
    fn default() -> Self {
        Env { tracker: ProgressTracker::new(10, crate::NO_LIMIT), last_index: LogIndex::ZERO }
    }
}

impl Env {
    pub(super) fn handle(&mut self, directive: &Directive) -> String {
        let text = self.run(directive).unwrap_or_else(|error| error);
        self.last_index = self.last_index.next();
        text
    }

    fn run(&mut self, directive: &Directive) -> Result<String, String> {
        let changes = parse_changes(&directive.input)?;
        let changer = Changer { tracker: &self.tracker, last_index: self.last_index };
        let outcome = match directive.verb.as_str() {
            "simple" => changer.simple(&changes),
            "enter-joint" => changer.enter_joint(directive.value("autoleave")?.unwrap_or_default(), &changes),
            "leave-joint" if changes.is_empty() => changer.leave_joint(),
            "leave-joint" => return Err("this command takes no input".to_owned()),
            _ => return Err("unknown command".to_owned()),
        };
        let (config, progress) = outcome.map_err(|error| error.to_string())?;
        let text = format!("{config}\n{}", progress_text(&progress));
        (self.tracker.config, self.tracker.progress) = (config, progress);
        Ok(text)
    }
}
