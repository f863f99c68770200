//! The commands of etcdctl and etcdutl: how they are called, what they do, which options they take.

use super::options::{GLOBAL, Opt};
use super::{Line, Read, kv};
use crate::failure::Failure;

/// A command.
pub struct Spec {
    /// Its words: `get`, or `lease grant`.
    pub words: &'static [&'static str],
    /// What follows them in the usage line.
    pub usage: &'static str,
    /// What it does.
    pub what: &'static str,
    /// More about it; may be empty.
    pub more: &'static str,
    /// Its own options.
    pub options: &'static [Opt],
    /// Reads its options and words.
    pub read: fn(Line<'_>) -> Result<Read, Failure>,
}

/// A program with commands.
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Its commands.
    pub commands: &'static [Spec],
    /// What its commands with subcommands are about.
    pub parents: &'static [(&'static str, &'static str)],
}

impl Tool {
    /// The command with these words.
    pub fn find(&self, words: &[String]) -> Option<&'static Spec> {
        self.commands.iter().find(|spec| spec.words == words)
    }

    /// True for commands that are nothing without a second word.
    pub fn has_children(&self, name: &str) -> bool {
        self.parents.iter().any(|(parent, _)| *parent == name)
    }
}

const fn spec(
    words: &'static [&'static str],
    usage: &'static str,
    what: &'static str,
    options: &'static [Opt],
    read: fn(Line<'_>) -> Result<Read, Failure>,
) -> Spec {
    Spec { words, usage, what, more: "", options, read }
}

impl Spec {
    const fn more(mut self, more: &'static str) -> Spec {
        self.more = more;
        self
    }
}

/// etcdctl.
pub const ETCDCTL: &Tool = &Tool {
    name: "etcdctl",
    what: "A simple command line client for etcd3.",
    commands: COMMANDS,
    parents: &[],
};

/// etcdutl.
pub const ETCDUTL: &Tool = &Tool {
    name: "etcdutl",
    what: "An administrative command line tool for etcd3.",
    commands: &[],
    parents: &[],
};

const COMMANDS: &[Spec] = &[
    spec(&["get"], "[options] <key> [range_end]", "Gets the key or a range of keys", kv::GET, kv::get).more(
        "Values of /registry are what the API server stored. Here they are JSON; a real cluster stores most kinds as protobuf, \
         with `k8s` in front.",
    ),
    spec(
        &["put"],
        "[options] <key> <value> (<value> can also be given from stdin)",
        "Puts the given key into the store",
        kv::PUT,
        kv::put,
    )
    .more("A value that begins with '-' looks like an option: put <key> -- <value>."),
    spec(
        &["del"],
        "[options] <key> [range_end]",
        "Removes the specified key or range of keys [key, range_end)",
        kv::DEL,
        kv::del,
    ),
];

/// What may stand at the place of `word` after these words of etcdctl's line.
pub fn complete(tool: &str, words: &[&str], word: &str) -> Vec<String> {
    let tool = if tool == "etcdutl" { ETCDUTL } else { ETCDCTL };
    let plain: Vec<&str> = words.iter().copied().filter(|w| !w.starts_with('-')).collect();
    if word.starts_with('-') {
        let own = tool.commands.iter().filter(|spec| plain.starts_with(spec.words)).flat_map(|s| s.options);
        return own
            .chain(GLOBAL)
            .map(|o| format!("--{}{}", o.flag.long, if o.takes_value() { "=" } else { "" }))
            .collect();
    }
    if matches!(words.last(), Some(&"-w" | &"--write-out")) {
        return ["simple", "json", "fields", "table"].map(str::to_owned).to_vec();
    }
    let next = tool.commands.iter().filter_map(|spec| {
        let (given, rest) = spec.words.split_at_checked(plain.len())?;
        if given == plain { rest.first() } else { None }
    });
    let mut names: Vec<String> = next.map(|name| (*name).to_owned()).collect();
    if plain.is_empty() {
        names.push("help".to_owned());
    }
    names
}
