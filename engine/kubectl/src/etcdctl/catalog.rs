//! The commands of etcdctl and etcdutl: how they are called, what they do, which options they take.

use super::failure::{Exit, error};
use super::options::{GLOBAL, Opt};
use super::{Line, Read, each, kv, lease, lock, maintenance, member, perf, snapshot, txn, watch};
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
    parents: &[
        ("lease", "Lease related commands"),
        ("member", "Membership related commands"),
        ("endpoint", "Endpoint related commands"),
        ("alarm", "Alarm related commands"),
        ("snapshot", "Manages etcd node snapshots"),
        ("check", "commands for checking properties of the etcd cluster"),
    ],
};

/// etcdutl.
pub const ETCDUTL: &Tool = &Tool {
    name: "etcdutl",
    what: "An administrative command line tool for etcd3.",
    commands: ETCDUTL_COMMANDS,
    parents: &[("snapshot", "Manages etcd node snapshots")],
};

const COMMANDS: &[Spec] = &[
    spec(&["get"], "[options] <key> [range_end]", "Gets the key or a range of keys", kv::GET, kv::get).more(
        "Values under /registry are what the API server stored. Here they are JSON; a real cluster stores most kinds as\n\
         protobuf, which begins with `k8s`.",
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
    spec(&["txn"], "[options]", "Txn processes all the requests in one transaction", txn::OPTIONS, txn::read).more(
        "Reads three lists from standard input, an empty line after each: conditions, what to do when all of them hold, and\n\
         what to do otherwise.\n\
         \n\
         mod(\"key1\") > \"0\"\n\
         \n\
         put key1 \"overwrote-key1\"\n\
         \n\
         put key1 \"created-key1\"\n\
         \n\
         Conditions are about version, create, mod, value or lease, with =, !=, < or >.",
    ),
    spec(
        &["watch"],
        "[options] [key or prefix] [range_end]",
        "Watches events stream on keys or prefixes",
        watch::OPTIONS,
        watch::read,
    )
    .more("It goes on until Ctrl-C; `timeout 10 etcdctl watch KEY` ends it after ten seconds."),
    spec(&["lease", "grant"], "<ttl>", "Creates leases", &[], lease::grant),
    spec(&["lease", "revoke"], "<leaseID>", "Revokes leases", &[], lease::revoke),
    spec(
        &["lease", "timetolive"],
        "<leaseID> [options]",
        "Get lease information",
        lease::TIME_TO_LIVE,
        lease::time_to_live,
    ),
    spec(&["lease", "list"], "", "List all active leases", &[], lease::list),
    spec(
        &["lease", "keep-alive"],
        "[options] <leaseID>",
        "Keeps leases alive (renew)",
        lease::KEEP_ALIVE,
        lease::keep_alive,
    ),
    spec(&["member", "list"], "", "Lists all members in the cluster", member::LIST, member::list),
    spec(
        &["member", "add"],
        "<memberName> [options]",
        "Adds a member into the cluster",
        member::ADD,
        member::add,
    )
    .more("The new member is then started with an empty disk: Join in the page, or etcd with the variables that are printed."),
    spec(&["member", "remove"], "<memberID>", "Removes a member from the cluster", &[], member::remove),
    spec(
        &["member", "update"],
        "<memberID> [options]",
        "Updates a member in the cluster",
        member::UPDATE,
        member::update,
    ),
    spec(
        &["member", "promote"],
        "<memberID>",
        "Promotes a non-voting member in the cluster",
        &[],
        member::promote,
    ),
    spec(
        &["endpoint", "status"],
        "",
        "Prints out the status of endpoints specified in `--endpoints` flag",
        each::OPTIONS,
        each::status,
    ),
    spec(
        &["endpoint", "health"],
        "",
        "Checks the healthiness of endpoints specified in `--endpoints` flag",
        each::OPTIONS,
        each::health,
    ),
    spec(
        &["endpoint", "hashkv"],
        "",
        "Prints the KV history hash for each endpoint in --endpoints",
        each::HASH,
        each::hash,
    ),
    spec(&["alarm", "list"], "", "Lists all alarms", &[], maintenance::alarms),
    spec(&["alarm", "disarm"], "", "Disarms all alarms", &[], maintenance::disarm),
    spec(
        &["compaction"],
        "[options] <revision>",
        "Compacts the event history in etcd",
        maintenance::COMPACTION,
        maintenance::compaction,
    ),
    spec(
        &["defrag"],
        "",
        "Defragments the storage of the etcd members with given endpoints",
        each::OPTIONS,
        each::defrag,
    ),
    spec(
        &["move-leader"],
        "<transferee-member-id>",
        "Transfers leadership to another etcd cluster member.",
        &[],
        maintenance::move_leader,
    ),
    spec(
        &["snapshot", "save"],
        "<filename>",
        "Stores an etcd node backend snapshot to a given file",
        &[],
        snapshot::save,
    ),
    spec(
        &["snapshot", "status"],
        "<filename>",
        "[deprecated] Gets backend snapshot status of a given file",
        &[],
        snapshot::old_status,
    ),
    spec(&["elect"], "<election-name> [proposal]", "Observes and participates in leader election", lock::ELECT, lock::elect),
    spec(&["lock"], "<lockname>", "Acquires a named lock", lock::LOCK, lock::lock),
    spec(
        &["check", "perf"],
        "[options]",
        "Check the performance of the etcd cluster",
        perf::OPTIONS,
        perf::read,
    )
    .more("Virtual time: what it measures is the lab's disks and links, not this computer."),
    spec(&["version"], "", "Prints the version of etcdctl", &[], version),
    spec(&["auth"], "", "Enables or disables authentication (not simulated)", &[], not_simulated),
    spec(&["user"], "", "User related commands (not simulated)", &[], not_simulated),
    spec(&["role"], "", "Role related commands (not simulated)", &[], not_simulated),
    spec(&["make-mirror"], "", "Makes a mirror at the destination etcd cluster (not simulated)", &[], not_simulated),
    spec(&["downgrade"], "", "Downgrade related commands (not simulated)", &[], not_simulated),
    spec(&["completion"], "", "Generates shell completion (not simulated)", &[], not_simulated),
];

const ETCDUTL_COMMANDS: &[Spec] = &[
    spec(
        &["snapshot", "status"],
        "<filename>",
        "Gets backend snapshot status of a given file",
        &[],
        snapshot::status,
    ),
    spec(
        &["snapshot", "restore"],
        "<filename> [options]",
        "Restores an etcd member snapshot to an etcd directory",
        snapshot::RESTORE,
        snapshot::restore,
    )
    .more(
        "The member must be stopped. It starts from the restored directory, whichever that is; only /var/lib/etcd itself has\n\
         to be empty before. Without options: a cluster of etcd-0 alone.",
    ),
    spec(&["version"], "", "Prints the version of etcdutl", &[], version),
    spec(&["defrag"], "", "Defragments the storage of a stopped member (not simulated)", &[], not_simulated),
    spec(&["hashkv"], "", "Prints the KV history hash of a given file (not simulated)", &[], not_simulated),
    spec(&["migrate"], "", "Migrates schema of etcd data dir files (not simulated)", &[], not_simulated),
];

fn version(line: Line<'_>) -> Result<Read, Failure> {
    let tool = line.tool;
    Ok(Read::Say(format!("{tool} version: {}\nAPI version: 3.6\n", super::VERSION)))
}

fn not_simulated(line: Line<'_>) -> Result<Read, Failure> {
    Err(error(Exit::Error, format!("{} {} is not simulated", line.tool, line.command)))
}

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
