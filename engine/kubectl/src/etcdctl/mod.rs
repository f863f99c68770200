//! etcdctl, and the part of etcdutl that people use: clients of the etcd members themselves.
//!
//! A line is read by the table of commands in [`catalog`]; what runs is a [`Verb`], which talks through a [`client`] and
//! prints through [`print`]. Where the tool writes its library's log lines (`{"level":"warn",...}`) to standard error,
//! this one writes nothing.

mod catalog;
mod client;
mod ctl;
mod each;
mod endpoint;
mod failure;
mod help;
mod kv;
mod lease;
mod lock;
mod maintenance;
mod member;
mod one;
mod options;
mod perf;
mod print;
mod session;
mod snapshot;
mod txn;
mod watch;

pub use catalog::complete;

use self::catalog::Spec;
use self::client::{Client, Outcome, Ring};
use self::ctl::Ctl;
use self::failure::{Exit, error};
use self::options::{GLOBAL, Globals};
use crate::commands::{Say, Setup};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag};
use crate::process::{EtcdEvent, Event, Io};
use crate::program::Program;

/// etcdctl's version: that of the members.
pub const VERSION: api::Str = etcd::rpc::VERSION;

/// etcdctl while it runs.
#[derive(Clone, Debug, Hash)]
pub struct Etcdctl {
    client: Client,
    globals: Globals,
    verb: Running,
}

/// A command as a state machine.
pub(crate) trait Verb {
    /// Begins.
    fn start(&mut self, ctl: &mut Ctl<'_, '_, '_>);
    /// A call came to something.
    fn answer(&mut self, tag: u32, outcome: Outcome, ctl: &mut Ctl<'_, '_, '_>);
    /// A timer of its own rings.
    fn timer(&mut self, _tag: u32, _ctl: &mut Ctl<'_, '_, '_>) {}
    /// True while it reads lines that are typed.
    fn reads(&self) -> bool {
        false
    }
    /// A line was typed.
    fn line(&mut self, _line: &str, _ctl: &mut Ctl<'_, '_, '_>) {}
    /// Ctrl-C. True when it goes on for a while to clean up.
    fn interrupt(&mut self, _ctl: &mut Ctl<'_, '_, '_>) -> bool {
        false
    }
}

/// The commands that run.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Running {
    /// One request, one answer.
    One(Box<one::One>),
    /// `del` of a range that was not meant with `--range`.
    DelRange(Box<kv::DelRange>),
    /// `txn`.
    Txn(Box<txn::Txn>),
    /// `watch`.
    Watch(Box<watch::Watch>),
    /// `lease keep-alive`.
    KeepAlive(Box<lease::KeepAlive>),
    /// `endpoint status`, `health`, `hashkv`; `defrag`.
    Each(Box<each::Each>),
    /// `alarm disarm`.
    Disarm(Box<maintenance::Disarm>),
    /// `move-leader`.
    MoveLeader(Box<maintenance::MoveLeader>),
    /// `snapshot save`.
    Save(Box<snapshot::Save>),
    /// `snapshot restore`.
    Restore(Box<snapshot::Restore>),
    /// Says something on both channels.
    Told(Box<snapshot::Told>),
    /// `lock`, and `elect` with a proposal.
    Turn(Box<lock::Turn>),
    /// `elect --listen`.
    Observe(Box<lock::Observe>),
    /// `check perf`.
    Perf(Box<perf::Perf>),
}

impl Running {
    fn verb(&mut self) -> &mut dyn Verb {
        match self {
            Running::One(verb) => &mut **verb,
            Running::DelRange(verb) => &mut **verb,
            Running::Txn(verb) => &mut **verb,
            Running::Watch(verb) => &mut **verb,
            Running::KeepAlive(verb) => &mut **verb,
            Running::Each(verb) => &mut **verb,
            Running::Disarm(verb) => &mut **verb,
            Running::MoveLeader(verb) => &mut **verb,
            Running::Save(verb) => &mut **verb,
            Running::Restore(verb) => &mut **verb,
            Running::Told(verb) => &mut **verb,
            Running::Turn(verb) => &mut **verb,
            Running::Observe(verb) => &mut **verb,
            Running::Perf(verb) => &mut **verb,
        }
    }
}

impl Etcdctl {
    fn with(&mut self, io: &mut Io<'_, '_>, act: impl FnOnce(&mut dyn Verb, &mut Ctl<'_, '_, '_>)) {
        let mut ctl = Ctl { io, client: &mut self.client, globals: &self.globals };
        act(self.verb.verb(), &mut ctl);
    }

    /// Handles what happens to it, etcd's answers left out.
    pub(crate) fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        match event {
            Event::Start => self.with(io, |verb, ctl| verb.start(ctl)),
            Event::Timer { tag } => match Ring::of(tag) {
                Ring::Own(tag) => self.with(io, |verb, ctl| verb.timer(tag, ctl)),
                ring => {
                    let came = self.client.ring(ring, io);
                    self.came(came, io);
                }
            },
            Event::Response { .. } | Event::Frame { .. } | Event::Failed { .. } => {}
        }
    }

    /// Handles an answer of a member, or the lack of one.
    pub(crate) fn answer(&mut self, event: EtcdEvent, io: &mut Io<'_, '_>) {
        let came = match event {
            EtcdEvent::Response { tag, response } => self.client.answered(tag, response, io),
            EtcdEvent::Failed { tag, reason } => self.client.failed(tag, &reason, io),
        };
        self.came(came, io);
    }

    fn came(&mut self, came: Option<(u32, Outcome)>, io: &mut Io<'_, '_>) {
        if let Some((tag, outcome)) = came {
            self.with(io, |verb, ctl| verb.answer(tag, outcome, ctl));
        }
    }

    /// True while it reads lines that are typed.
    pub(crate) fn reads(&self) -> bool {
        matches!(&self.verb, Running::Txn(txn) if txn.reads())
    }

    /// A line was typed.
    pub(crate) fn line(&mut self, line: &str, io: &mut Io<'_, '_>) {
        self.with(io, |verb, ctl| verb.line(line, ctl));
    }

    /// The lab has put a restored directory in place, or not.
    pub(crate) fn placed(&mut self, result: Result<(), api::Str>, io: &mut Io<'_, '_>) {
        let mut ctl = Ctl { io, client: &mut self.client, globals: &self.globals };
        if let Running::Restore(restore) = &self.verb {
            restore.placed(result, &mut ctl);
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&mut self, io: &mut Io<'_, '_>) -> bool {
        let mut goes_on = false;
        self.with(io, |verb, ctl| goes_on = verb.interrupt(ctl));
        goes_on
    }
}

/// What a command's options and words are read into: something that runs, or text alone.
pub(crate) enum Read {
    /// Talks to members.
    Run(Running),
    /// Says something.
    Say(String),
}

/// What a command line is read against.
pub(crate) struct Line<'a> {
    /// `etcdctl` or `etcdutl`.
    pub tool: &'static str,
    /// The command's words.
    pub command: String,
    /// The options and words.
    pub args: &'a Arguments,
    /// All words, those after `--` among them.
    pub words: Vec<String>,
    /// What the global options say.
    pub globals: &'a mut Globals,
    /// Standard input and files.
    pub setup: &'a Setup<'a>,
}

/// Reads a line of etcdctl.
///
/// # Errors
/// In the tool's words.
pub(crate) fn read(environment: &[String], words: &[String], setup: &Setup<'_>) -> Result<Program, Failure> {
    if let Some(version) = environment.iter().rev().find_map(|word| word.strip_prefix("ETCDCTL_API="))
        && !matches!(version, "" | "3")
    {
        return Err(Failure::bare(format!("unsupported API version: {version}")));
    }
    read_by(catalog::ETCDCTL, environment, words, setup)
}

/// Reads a line of etcdutl.
///
/// # Errors
/// In the tool's words.
pub(crate) fn read_etcdutl(words: &[String], setup: &Setup<'_>) -> Result<Program, Failure> {
    read_by(catalog::ETCDUTL, &[], words, setup)
}

fn read_by(
    tool: &'static catalog::Tool,
    environment: &[String],
    words: &[String],
    setup: &Setup<'_>,
) -> Result<Program, Failure> {
    let say = |text: String| Ok(Program::Kubectl(Say::command(text)));
    let (command, rest) = command(tool, words);
    let Some(spec) = tool.find(&command) else {
        if let Some(parent) = command.first().filter(|name| tool.has_children(name)) {
            return say(help::parent(tool, parent));
        }
        if let Some(name) = command.first().filter(|_| command != ["help"]) {
            return Err(unknown(tool, name));
        }
        let wanted: Vec<String> = rest.iter().filter(|word| !word.starts_with('-')).cloned().collect();
        return say(help::topic(tool, &wanted));
    };
    let flags: Vec<Flag> = spec.options.iter().chain(GLOBAL).map(|option| option.flag).collect();
    let args = Arguments::read_by(&rest, &flags)
        .map_err(|why| Failure::bare(format!("Error: {why}\n{}", help::command(tool, spec).trim_end())))?;
    if args.on("help") {
        return say(help::command(tool, spec));
    }
    let mut globals = Globals::read(&args, environment)?;
    let mut all = args.words.clone();
    all.extend(args.after_dashes.iter().flatten().cloned());
    let line = Line {
        tool: tool.name,
        command: command.join(" "),
        args: &args,
        words: all,
        globals: &mut globals,
        setup,
    };
    match (spec.read)(line)? {
        Read::Say(text) => say(text),
        Read::Run(verb) => {
            let client = Client::new(globals.endpoints.clone());
            Ok(Program::Etcdctl(Box::new(Etcdctl { client, globals, verb })))
        }
    }
}

/// Splits a line into the command's one or two words and everything else, options before it included.
fn command(tool: &catalog::Tool, words: &[String]) -> (Vec<String>, Vec<String>) {
    let mut rest = words.to_vec();
    let mut command: Vec<String> = Vec::new();
    let mut i = 0;
    while let Some(word) = rest.get(i) {
        if word == "--" {
            break;
        }
        if word.starts_with('-') && word.len() > 1 {
            i += if takes_next(tool, word) { 2 } else { 1 };
            continue;
        }
        let more = command.first().is_none_or(|parent| tool.has_children(parent)) && command.len() < 2;
        if !more {
            break;
        }
        command.push(rest.remove(i));
    }
    (command, rest)
}

/// True for an option whose value is the next word.
fn takes_next(tool: &catalog::Tool, word: &str) -> bool {
    let options = || tool.commands.iter().flat_map(|spec: &Spec| spec.options).chain(GLOBAL);
    match word.strip_prefix("--") {
        Some(long) => options().any(|option| option.flag.long == long && option.takes_value()),
        None => {
            let mut letters = word.chars().skip(1);
            let (letter, alone) = (letters.next(), letters.next().is_none());
            alone && options().any(|option| option.flag.short == letter && option.takes_value())
        }
    }
}

fn unknown(tool: &catalog::Tool, name: &str) -> Failure {
    let mut text = format!("unknown command {name:?} for {:?}", tool.name);
    let mut names: Vec<&str> = tool.commands.iter().map(|spec| spec.words[0]).collect();
    names.dedup();
    names.retain(|known| crate::help::distance(name, known) <= 2 || known.starts_with(&name.to_lowercase()));
    if !names.is_empty() {
        text.push_str("\n\nDid you mean this?");
        names.iter().for_each(|known| text.push_str(&format!("\n\t{known}")));
        text.push('\n');
    }
    text.push_str(&format!("\nRun '{} --help' for usage.", tool.name));
    error(Exit::Error, text)
}

/// Runs with one request and one answer.
fn run(one: one::One) -> Result<Read, Failure> {
    Ok(Read::Run(Running::One(Box::new(one))))
}
