//! `log-level debug|info|warn|error|fatal|none`

use super::output::LEVELS;
use super::{Env, Outcome};
use crate::script::parse::Directive;

impl Env {
    pub(super) fn log_level(&mut self, directive: &Directive) -> Outcome {
        self.set_log_level(directive.words().next().unwrap_or_default())
    }

    pub(super) fn set_log_level(&mut self, name: &str) -> Outcome {
        let level = LEVELS.iter().position(|level| level.eq_ignore_ascii_case(name));
        self.out.level =
            level.ok_or_else(|| format!("log levels must be either of [{}]", LEVELS.join(" ")))?;
        Ok(())
    }
}
