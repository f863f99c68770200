//! The programs of the terminal: which one a line calls, and one that runs.

use std::time::Duration;

use api::Str;

use crate::commands::{self, Command, Say, Setup};
use crate::etcdctl::{self, Etcdctl};
use crate::failure::Failure;
use crate::help;
use crate::process::{EtcdEvent, Event, Io, Step};

/// A program that runs.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Program {
    Kubectl(Command),
    Etcdctl(Box<Etcdctl>),
}

impl Program {
    pub(crate) fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match self {
            Program::Kubectl(command) => command.handle(event, io),
            Program::Etcdctl(etcdctl) => etcdctl.handle(event, io),
        }
    }

    pub(crate) fn handle_etcd(&mut self, event: EtcdEvent, io: &mut Io<'_, '_>) {
        match self {
            Program::Kubectl(_) => {}
            Program::Etcdctl(etcdctl) => etcdctl.answer(event, io),
        }
    }

    /// True while it reads lines that are typed.
    pub(crate) fn reads(&self) -> bool {
        matches!(self, Program::Etcdctl(etcdctl) if etcdctl.reads())
    }

    /// A line was typed.
    pub(crate) fn line(&mut self, line: &str, io: &mut Io<'_, '_>) {
        if let Program::Etcdctl(etcdctl) = self {
            etcdctl.line(line, io);
        }
    }

    /// What became of a restored data directory.
    pub(crate) fn placed(&mut self, result: Result<(), Str>, io: &mut Io<'_, '_>) {
        if let Program::Etcdctl(etcdctl) = self {
            etcdctl.placed(result, io);
        }
    }

    /// Ctrl-C. True when the program goes on for a while to clean up.
    pub(crate) fn interrupt(&mut self, io: &mut Io<'_, '_>) -> bool {
        match self {
            Program::Kubectl(_) => false,
            Program::Etcdctl(etcdctl) => etcdctl.interrupt(io),
        }
    }
}

/// Programs of a control-plane machine that the terminal does not have (yet).
const NOT_SIMULATED: &[&str] =
    &["curl", "crictl", "dig", "nslookup", "ssh", "iptables-save", "ipvsadm", "helm"];

/// A command line that was read: what it runs, and for how long at the most.
pub(crate) struct Started {
    pub(crate) program: Program,
    pub(crate) limit: Option<Duration>,
}

/// Reads a command line; `timeout 10 ...` before it ends it after ten seconds.
///
/// # Errors
/// In the shell's or the program's words.
pub(crate) fn read(words: &[String], setup: &Setup<'_>) -> Result<Started, Failure> {
    if words.first().is_none_or(|word| word != "timeout") {
        return Ok(Started { program: read_program(words, setup)?, limit: None });
    }
    let wrong = |text: String| Failure { text: format!("timeout: {text}"), code: 125 };
    let [_, span, rest @ ..] = words else { return Err(wrong("missing operand".to_owned())) };
    if rest.is_empty() {
        return Err(wrong("missing operand".to_owned()));
    }
    let limit = match span.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => sim::parse_duration(span),
    };
    let limit = limit.ok_or_else(|| wrong(format!("invalid time interval '{span}'")))?;
    // As with the real one, no time at all is no limit.
    Ok(Started { program: read_program(rest, setup)?, limit: Some(limit).filter(|l| !l.is_zero()) })
}

fn read_program(words: &[String], setup: &Setup<'_>) -> Result<Program, Failure> {
    // Variables before a command are its environment.
    let assigned = words.iter().take_while(|word| is_assignment(word)).count();
    let (environment, words) = words.split_at(assigned);
    let (program, rest) = words.split_first().map_or(("", words), |(program, rest)| (program.as_str(), rest));
    match program {
        "etcdctl" => etcdctl::read(environment, rest, setup),
        "etcdutl" => etcdctl::read_etcdutl(rest, setup),
        _ => kubectl(program, words, rest, setup).map(Program::Kubectl),
    }
}

fn kubectl(program: &str, words: &[String], rest: &[String], setup: &Setup<'_>) -> Result<Command, Failure> {
    match program {
        "kubectl" | "k" => commands::kubectl(rest, setup),
        "help" => Ok(Say::command(help::terminal())),
        "" | "clear" | "true" => Ok(Say::command("")),
        "echo" => Ok(Say::command(format!("{}\n", rest.join(" ")))),
        known if NOT_SIMULATED.contains(&known) => {
            Err(Failure { text: format!("clusterlab: {known} is not simulated yet"), code: 127 })
        }
        // A verb without its program: people forget it.
        verb if help::COMMANDS.iter().any(|c| c.name == verb) => commands::kubectl(words, setup),
        other => Err(Failure { text: format!("sh: {other}: command not found"), code: 127 }),
    }
}

/// `ETCDCTL_API=3`.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
