//! Short help, and what the terminal says about commands that it has not.

use crate::failure::Failure;
use crate::flags::{self, Flag, Takes, optional, switch, value};

/// A command's name and what it does.
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// One line.
    pub what: &'static str,
    /// How it is used.
    pub usage: &'static str,
}

const fn entry(name: &'static str, what: &'static str, usage: &'static str) -> Entry {
    Entry { name, what, usage }
}

/// All commands of kubectl, those that are not simulated included.
pub const COMMANDS: &[Entry] = &[
    entry("create", "Create a resource from a file or from flags", "create (-f FILE | KIND NAME [flags])"),
    entry(
        "expose",
        "Make a service for a workload or pod",
        "expose TYPE NAME --port=PORT [--target-port=PORT] [--type=TYPE]",
    ),
    entry("run", "Run an image in a pod", "run NAME --image=IMAGE [--port=PORT] [-- COMMAND...]"),
    entry("set", "Set an image", "set image TYPE/NAME CONTAINER=IMAGE..."),
    entry("explain", "Show the fields of a kind", "explain TYPE[.FIELD...]"),
    entry(
        "get",
        "Show one or many resources",
        "get TYPE[,TYPE] [NAME...] [-n NAMESPACE | -A] [-l SELECTOR] [-o FORMAT] [-w]",
    ),
    entry("edit", "Edit a resource (not simulated)", "edit TYPE/NAME"),
    entry(
        "delete",
        "Delete resources by file, name or selector",
        "delete (-f FILE | TYPE NAME... | TYPE -l SELECTOR | TYPE --all)",
    ),
    entry(
        "rollout",
        "Manage the rollout of a workload",
        "rollout status|history|undo|restart|pause|resume TYPE/NAME",
    ),
    entry("scale", "Set the number of replicas", "scale TYPE/NAME --replicas=N"),
    entry(
        "autoscale",
        "Make a HorizontalPodAutoscaler",
        "autoscale TYPE/NAME --max=N [--min=N] [--cpu=PERCENT]",
    ),
    entry("certificate", "Approve certificate requests (not simulated)", "certificate approve NAME"),
    entry("cluster-info", "Show where the cluster's services are", "cluster-info"),
    entry("top", "Show resource usage", "top pods|nodes"),
    entry("cordon", "Mark a node as unschedulable", "cordon NODE"),
    entry("uncordon", "Mark a node as schedulable", "uncordon NODE"),
    entry("drain", "Empty a node", "drain NODE [--ignore-daemonsets] [--force] [--delete-emptydir-data]"),
    entry("taint", "Change the taints of nodes", "taint nodes NAME KEY=VALUE:EFFECT | KEY[:EFFECT]-"),
    entry("describe", "Show details of resources", "describe TYPE [NAME...] [-l SELECTOR]"),
    entry(
        "logs",
        "Print the logs of a container",
        "logs (POD | TYPE/NAME) [-c CONTAINER] [-f] [-p] [--tail=N]",
    ),
    entry("attach", "Attach to a container (not simulated)", "attach POD"),
    entry("exec", "Run a command in a container (not simulated)", "exec POD -- COMMAND"),
    entry("port-forward", "Forward ports to a pod (not simulated)", "port-forward POD PORT"),
    entry("proxy", "Run a proxy to the API server (not simulated)", "proxy"),
    entry("cp", "Copy files (not simulated)", "cp POD:FILE FILE"),
    entry("auth", "Inspect authorization", "auth can-i VERB TYPE | auth whoami"),
    entry("debug", "Debug a pod or node (not simulated)", "debug POD"),
    entry("events", "List events (use get events)", "events"),
    entry("diff", "Compare a manifest with what is", "diff -f FILE [--server-side]"),
    entry("apply", "Apply a manifest", "apply -f FILE [--server-side] [--dry-run=client|server]"),
    entry("patch", "Change fields of a resource", "patch TYPE NAME -p PATCH [--type=strategic|merge|json]"),
    entry("replace", "Replace a resource by file", "replace -f FILE"),
    entry(
        "wait",
        "Wait for a condition",
        "wait --for=(delete | create | condition=NAME[=VALUE] | jsonpath=PATH[=VALUE]) TYPE/NAME [--timeout=30s]",
    ),
    entry("kustomize", "Build a kustomization (not simulated)", "kustomize DIR"),
    entry("label", "Change labels", "label TYPE NAME KEY=VALUE... | KEY-"),
    entry("annotate", "Change annotations", "annotate TYPE NAME KEY=VALUE... | KEY-"),
    entry("completion", "Shell completion (not simulated)", "completion SHELL"),
    entry("api-resources", "Show the kinds that the server has", "api-resources [-o wide|name]"),
    entry("api-versions", "Show the API versions that the server has", "api-versions"),
    entry(
        "config",
        "Show the context, or change its namespace",
        "config view|current-context|get-contexts|set-context --current --namespace=NAME",
    ),
    entry("plugin", "Plugins (not simulated)", "plugin list"),
    entry("version", "Show client and server version", "version [--client]"),
    entry("options", "Show the flags that every command has", "options"),
    entry("help", "Show help for a command", "help [COMMAND]"),
];

/// What commands that are not simulated take, so that the message is theirs and not about a flag.
pub const NOT_SIMULATED_FLAGS: &[Flag] = &[
    value("filename").short('f'),
    value("container").short('c'),
    value("output").short('o'),
    value("selector").short('l'),
    value("image"),
    optional("dry-run", "unchanged"),
    switch("stdin").short('i'),
    switch("tty").short('t'),
    switch("all-namespaces").short('A'),
    switch("watch").short('w'),
    switch("containers"),
    switch("no-headers"),
];

/// What to say about a command that is not simulated.
pub fn not_simulated(name: &str, subcommand: &str) -> Failure {
    let text = match name {
        "edit" => "editing is not simulated: use kubectl apply, kubectl patch, or the manifest panel",
        "exec" | "attach" | "cp" | "debug" => {
            "what runs in containers can't be reached from the terminal yet; kubectl logs shows what they print"
        }
        "port-forward" | "proxy" => "ports of this machine are outside of the lab",
        "events" => "use kubectl get events",
        _ if subcommand.is_empty() => return Failure::error(format!("kubectl {name} is not simulated")),
        _ => return Failure::error(format!("kubectl {name} {subcommand} is not simulated")),
    };
    Failure::error(text)
}

/// `help`: the programs that the terminal has, then kubectl's commands.
pub fn terminal() -> String {
    format!(
        "{}\nPrograms beside kubectl:\n  etcdctl         Talks to the etcd members: etcdctl get /registry/pods --prefix --keys-only, etcdctl --help\n  \
         etcdutl         Reads and restores etcd's snapshots\n",
        kubectl()
    )
}

/// `kubectl --help`.
pub fn kubectl() -> String {
    let mut text = String::from("kubectl controls the Kubernetes cluster manager.\n\nCommands:\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<15} {}\n", command.name, command.what));
    }
    text.push_str(
        "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n\
         Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
    );
    text
}

/// `kubectl COMMAND --help`.
pub fn command(name: &str) -> String {
    let Some(command) = COMMANDS.iter().find(|c| c.name == name) else { return kubectl() };
    let mut text = format!("{}.\n\nUsage:\n  kubectl {}\n", command.what, command.usage);
    let flags = crate::commands::flags_of(name, None);
    if !flags.is_empty() {
        text.push_str("\nOptions:\n");
        text.push_str(&list(&flags));
    }
    text
}

/// `kubectl options`.
pub fn global_flags() -> String {
    format!("The following options can be passed to any command:\n\n{}", list(flags::GLOBAL))
}

fn list(flags: &[Flag]) -> String {
    let mut lines: Vec<String> = flags
        .iter()
        .map(|flag| {
            let short = flag.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
            let takes = match flag.takes {
                Takes::Switch => "",
                Takes::Value | Takes::Optional(_) => "=VALUE",
            };
            format!("    {short}--{}{takes}\n", flag.long)
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// How many letters differ (Levenshtein).
pub fn distance(a: &str, b: &str) -> u32 {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<u32> = (0..=b.len() as u32).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i as u32 + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + u32::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
