//! Scripts about majorities. Every result is also computed in other ways that must agree; where they don't,
//! that is printed.

use std::collections::BTreeMap;

use crate::quorum::{JointConfig, MajorityConfig, index_text};
use crate::script::parse::Directive;
use crate::{LogIndex, NodeId};

pub(super) fn handle(directive: &Directive) -> String {
    run(directive).unwrap_or_else(|error| error)
}

fn run(directive: &Directive) -> Result<String, String> {
    let incoming = ids(directive, "cfg")?;
    // An empty second half is written `cfgj=zero`: given at all, it asks for the joint computation.
    let joint = directive.arg("cfgj").is_some();
    let outgoing = match directive.arg("cfgj").map(|arg| &arg.values[..]) {
        Some([zero]) if zero == "zero" => Vec::new(),
        _ => ids(directive, "cfgj")?,
    };
    let mut order: Vec<NodeId> = Vec::new();
    for id in incoming.iter().chain(&outgoing) {
        if !order.contains(id) {
            order.push(*id);
        }
    }
    let single: MajorityConfig = incoming.into_iter().collect();
    let config = JointConfig { incoming: single.clone(), outgoing: outgoing.into_iter().collect() };
    match directive.verb.as_str() {
        "committed" => {
            let acked = answers(directive, "idx", &order, |word| {
                word.parse().map(LogIndex).map_err(|_| format!("idx: can't read {word:?}"))
            })?;
            Ok(committed(&single, &config, joint, &acked))
        }
        "vote" => {
            let votes = answers(directive, "votes", &order, |word| match word {
                "y" => Ok(true),
                "n" => Ok(false),
                _ => Err(format!("unknown vote: {word}")),
            })?;
            Ok(vote(&single, &config, joint, &votes))
        }
        other => Err(format!("unknown command: {other}")),
    }
}

fn ids(directive: &Directive, key: &str) -> Result<Vec<NodeId>, String> {
    let values = directive.arg(key).map(|arg| &arg.values[..]).unwrap_or_default();
    values
        .iter()
        .map(|word| word.parse().map(NodeId).map_err(|_| format!("{key}: can't read {word:?}")))
        .collect()
}

/// What each voter says; `_` says nothing.
fn answers<T>(
    directive: &Directive,
    key: &str,
    order: &[NodeId],
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<BTreeMap<NodeId, T>, String> {
    let values = directive.arg(key).map(|arg| &arg.values[..]).unwrap_or_default();
    if values.len() != order.len() {
        let voters: Vec<String> = order.iter().map(ToString::to_string).collect();
        return Err(format!(
            "error: mismatched input (explicit or _) for voters [{}]: [{}]",
            voters.join(" "),
            values.join(" ")
        ));
    }
    let mut said = BTreeMap::new();
    for (id, word) in order.iter().zip(values) {
        if word != "_" {
            said.insert(*id, read(word)?);
        }
    }
    Ok(said)
}

fn committed(
    single: &MajorityConfig,
    config: &JointConfig,
    joint: bool,
    acked: &BTreeMap<NodeId, LogIndex>,
) -> String {
    let look = |id: NodeId| acked.get(&id).copied();
    let mut text = config.describe(look);
    let index = if joint { config.committed_index(look) } else { single.committed_index(look) };
    let mut check = |way: &str, other: LogIndex| {
        if other != index {
            text.push_str(&format!("{} <-- via {way}\n", index_text(other)));
        }
    };
    if joint {
        let swapped = JointConfig { incoming: config.outgoing.clone(), outgoing: config.incoming.clone() };
        check("symmetry", swapped.committed_index(look));
    } else {
        check("alternative computation", by_counting(single, acked));
        let with = |outgoing| JointConfig { incoming: single.clone(), outgoing };
        check("zero-joint quorum", with(MajorityConfig::default()).committed_index(look));
        check("self-joint quorum", with(single.clone()).committed_index(look));
        // Who has less than what is committed could have nothing at all.
        for id in single.ids().iter().filter(|id| look(**id).is_some_and(|acked| acked < index)) {
            let lowered = |other: NodeId| if other == *id { None } else { look(other) };
            check("overlaying", single.committed_index(lowered));
        }
    }
    text + &index_text(index) + "\n"
}

/// The committed index by its definition: the highest that more than half have.
fn by_counting(config: &MajorityConfig, acked: &BTreeMap<NodeId, LogIndex>) -> LogIndex {
    if config.is_empty() {
        return crate::quorum::INFINITY;
    }
    let have = |index: LogIndex| {
        config.ids().iter().filter(|id| acked.get(id).is_some_and(|acked| *acked >= index)).count()
    };
    let candidates = config.ids().iter().filter_map(|id| acked.get(id)).copied();
    candidates.filter(|index| have(*index) > config.len() / 2).max().unwrap_or_default()
}

fn vote(
    single: &MajorityConfig,
    config: &JointConfig,
    joint: bool,
    votes: &BTreeMap<NodeId, bool>,
) -> String {
    let look = |id: NodeId| votes.get(&id).copied();
    if !joint {
        return format!("{}\n", single.vote_result(look));
    }
    let result = config.vote_result(look);
    let swapped = JointConfig { incoming: config.outgoing.clone(), outgoing: config.incoming.clone() };
    let mirrored = swapped.vote_result(look);
    let symmetry = if mirrored == result { String::new() } else { format!("{mirrored} <-- via symmetry\n") };
    format!("{symmetry}{result}\n")
}
