//! How long a lab runs before the commands.

use std::time::Duration;

use lab::{Action, Lab};
use sim::{SimTime, parse_duration};

/// Virtual time at the most while something is waited for.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// Idle: nothing but heartbeats for so long.
const QUIET: Duration = Duration::from_secs(10);
/// Events between two looks at a condition that costs something.
const SLICE: u64 = 256;
/// The terminal session of `--until 'kubectl ...'` and `-c`.
pub const SESSION: u32 = 2_000_000;

/// When to stop.
pub enum Until {
    /// At a time.
    Time(Duration),
    /// When the control plane is up, the journal is done and no object (leases and Events left out) has changed for 10 s.
    Idle,
    /// When a command line has ended.
    Command(String),
}

impl Until {
    pub fn parse(text: &str) -> Result<Until, String> {
        if text == "idle" {
            return Ok(Until::Idle);
        }
        if ["kubectl ", "etcdctl "].iter().any(|program| text.starts_with(program)) {
            return Ok(Until::Command(text.to_owned()));
        }
        let wrong =
            || format!("--until takes a duration (60s), idle, or a line of kubectl or etcdctl, not {text:?}");
        parse_duration(text).map(Until::Time).ok_or_else(wrong)
    }

    /// Runs the lab until then.
    pub fn reach(&self, lab: &mut Lab) -> Result<(), String> {
        match self {
            Until::Time(span) => {
                while !lab.run_until(SimTime::ZERO + *span, SLICE) {}
                Ok(())
            }
            Until::Idle => idle(lab),
            Until::Command(line) => {
                ready(lab)?;
                let ended = command(lab, line)?;
                eprint!("{}", ended.stderr);
                if ended.code == 0 {
                    Ok(())
                } else {
                    Err(format!("`{line}` ended with exit code {}", ended.code))
                }
            }
        }
    }
}

fn idle(lab: &mut Lab) -> Result<(), String> {
    let deadline = lab.now() + PATIENCE;
    let journal_end = lab.file().journal.iter().map(|entry| entry.at).max().unwrap_or(SimTime::ZERO);
    while lab.now() < deadline {
        let cluster = lab.cluster();
        let quiet_until = cluster.last_change().max(journal_end) + QUIET;
        if cluster.bootstrap().done && lab.now() >= quiet_until {
            return Ok(());
        }
        let step = if cluster.bootstrap().done { quiet_until } else { lab.now() + QUIET };
        lab.run_until(step, SLICE);
    }
    Err("the lab did not come to rest within an hour of its own time".to_owned())
}

/// Runs until the control plane answers and the file's manifests have been applied, well or badly.
pub fn ready(lab: &mut Lab) -> Result<(), String> {
    let deadline = lab.now() + PATIENCE;
    while !set_up(lab) {
        if lab.run_until(deadline, 1) {
            return Err("the control plane did not come up within an hour of its own time".to_owned());
        }
    }
    Ok(())
}

/// True when no manifest of the file is still on its way.
fn set_up(lab: &Lab) -> bool {
    let setup = lab.cluster().terminal().session(lab::cluster::SETUP);
    lab.cluster().bootstrap().done && setup.is_none_or(|session| session.finished().is_some())
}

/// A command that has ended.
pub struct Ended {
    pub stdout: String,
    pub stderr: String,
    pub code: u8,
}

/// Runs a command line in the lab's terminal until it ends; virtual time goes on meanwhile.
pub fn command(lab: &mut Lab, line: &str) -> Result<Ended, String> {
    let session = kubectl::SessionId(SESSION);
    // Nobody types into it: what a program reads there is at its end.
    let stdin = Some(String::new());
    lab.act(Action::Kubectl { session: SESSION, line: line.to_owned(), stdin });
    let deadline = lab.now() + PATIENCE;
    loop {
        if let Some(found) = lab.cluster().terminal().session(session)
            && let Some(code) = found.finished()
        {
            let text = |channel| found.output().text(channel);
            return Ok(Ended {
                stdout: text(kubectl::Channel::Stdout),
                stderr: text(kubectl::Channel::Stderr),
                code,
            });
        }
        if lab.run_until(deadline, 1) {
            return Err(format!("`{line}` did not end within an hour of the lab's time"));
        }
    }
}
