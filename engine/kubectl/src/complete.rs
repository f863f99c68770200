//! Completion of what is being typed.

use crate::commands;
use crate::etcdctl;
use crate::flags::{GLOBAL, Takes};
use crate::help::COMMANDS;

/// What may stand at the cursor.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Where the word begins that is replaced: a byte offset in the line.
    pub start: u32,
    /// What may replace it, sorted.
    pub candidates: Vec<String>,
}

/// Commands whose first word is a kind.
const OF_KINDS: &[&str] = &[
    "get",
    "describe",
    "delete",
    "scale",
    "label",
    "annotate",
    "patch",
    "expose",
    "autoscale",
    "wait",
    "explain",
    "taint",
];

/// Completes the word before the cursor (a byte offset): programs, commands, subcommands, flags, kinds; `names` gives the
/// names of objects of a kind, as far as the caller knows them.
pub fn complete(line: &str, cursor: u32, names: &dyn Fn(&str) -> Vec<String>) -> Completion {
    let before = line.get(..cursor as usize).unwrap_or(line);
    let start = before.rfind([' ', '\t']).map_or(0, |i| i + 1);
    let word = &before[start..];
    let mut words: Vec<&str> = before[..start].split_whitespace().collect();
    let mut candidates: Vec<String> = Vec::new();
    let program = words.first().copied();
    if program.is_some_and(|p| p == "kubectl" || p == "k") {
        words.remove(0);
        candidates = of_kubectl(&words, word, names);
    } else if let Some(tool @ ("etcdctl" | "etcdutl")) = program {
        candidates = etcdctl::complete(tool, &words[1..], word);
    } else if program.is_none() {
        candidates.extend(["kubectl", "etcdctl", "etcdutl"].map(str::to_owned));
    }
    candidates.retain(|c| c.starts_with(word));
    candidates.sort();
    candidates.dedup();
    Completion { start: start as u32, candidates }
}

fn of_kubectl(words: &[&str], word: &str, names: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let plain: Vec<&str> = words.iter().copied().filter(|w| !w.starts_with('-')).collect();
    let Some(command) = plain.first().copied() else {
        return COMMANDS.iter().map(|c| c.name.to_owned()).collect();
    };
    if word.starts_with('-') {
        let own = commands::flags_of(command, None);
        return own
            .iter()
            .chain(GLOBAL)
            .map(|f| format!("--{}{}", f.long, if f.takes == Takes::Value { "=" } else { "" }))
            .collect();
    }
    match words.last().copied() {
        Some("-n" | "--namespace") => return names("namespaces"),
        Some("-o" | "--output") => {
            return ["wide", "yaml", "json", "name", "jsonpath=", "custom-columns="]
                .map(str::to_owned)
                .to_vec();
        }
        _ => {}
    }
    let subcommands: &[&str] = match command {
        "rollout" => &["status", "history", "undo", "restart", "pause", "resume"],
        "set" => &["image"],
        "config" => &["view", "current-context", "get-contexts", "set-context", "use-context"],
        "auth" => &["can-i"],
        "create" => {
            &["deployment", "namespace", "configmap", "secret", "service", "serviceaccount", "job", "cronjob"]
        }
        "top" => &["pods", "nodes"],
        _ => &[],
    };
    if !subcommands.is_empty() && plain.len() == 1 {
        return subcommands.iter().map(|s| (*s).to_owned()).collect();
    }
    let of_kinds = OF_KINDS.contains(&command) || matches!(command, "rollout" | "set");
    let first = if matches!(command, "rollout" | "set") { 2 } else { 1 };
    if matches!(command, "logs" | "exec") && !word.contains('/') {
        return names("pods");
    }
    if matches!(command, "cordon" | "uncordon" | "drain") {
        return names("nodes");
    }
    if let Some((kind, _)) = word.split_once('/') {
        return names(kind).into_iter().map(|name| format!("{kind}/{name}")).collect();
    }
    match plain.get(first) {
        None if of_kinds => kinds(),
        Some(kind) if of_kinds => names(kind),
        _ => Vec::new(),
    }
}

fn kinds() -> Vec<String> {
    let listed = |k: &&api::kinds::KindInfo| k.has_verb("list") || k.has_verb("get");
    api::kinds::all().iter().filter(listed).map(|k| k.resource.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_end(line: &str) -> Vec<String> {
        let names =
            |kind: &str| if kind == "pods" { vec!["web-1".to_owned(), "db".to_owned()] } else { Vec::new() };
        complete(line, line.len() as u32, &names).candidates
    }

    #[test]
    fn words_flags_kinds_and_names() {
        assert_eq!(at_end("ku"), ["kubectl"]);
        assert_eq!(at_end("kubectl des"), ["describe"]);
        assert_eq!(at_end("kubectl get deploy"), ["deployments"]);
        assert_eq!(at_end("kubectl get pods we"), ["web-1"]);
        assert_eq!(at_end("kubectl delete pods/"), ["pods/db", "pods/web-1"]);
        assert_eq!(at_end("kubectl rollout un"), ["undo"]);
        assert_eq!(at_end("kubectl get pods --all-n"), ["--all-namespaces"]);
        assert_eq!(at_end("kubectl get pods -o js"), ["json", "jsonpath="]);
        assert_eq!(at_end("etc"), ["etcdctl", "etcdutl"]);
        assert_eq!(at_end("etcdctl ge"), ["get"]);
        assert_eq!(at_end("etcdctl get --pref"), ["--prefix"]);
        assert_eq!(at_end("etcdctl get / -w f"), ["fields"]);
    }
}
