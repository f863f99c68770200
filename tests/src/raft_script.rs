//! What golden scripts say about Raft: members, logs, and messages by kind and ends.

use std::fmt::Write;

use lab::view::{EntryShape, MessageId, RaftMember, RaftMessage};
use lab::{Action, Fault, Lab};

/// Events at the most that a message is waited for.
const EVENTS_MAX: u64 = 200_000;

/// Carries a command out, if it is one of these.
pub fn command(lab: &mut Lab, word: &str, rest: &str) -> Option<String> {
    Some(match word {
        "members" => members(lab),
        "logs" => logs(lab),
        "messages" => messages(lab),
        "election" => said(lab.step_election(EVENTS_MAX), || leader(lab)),
        "step" => match rest {
            "raft" => said(lab.step_raft(EVENTS_MAX), || happened(lab)),
            "commit" => said(lab.step_commit(EVENTS_MAX), || happened(lab)),
            _ => "error: step raft, or step commit".to_owned(),
        },
        "wait" => match find(rest) {
            Some(wanted) => wait(lab, &wanted),
            None => "error: wait KIND FROM TO".to_owned(),
        },
        "hold" | "deliver" | "drop" | "duplicate" | "delay" => {
            match find(rest).and_then(|w| Some((id(lab, &w)?, w))) {
                Some((id, wanted)) => act(lab, fault(word, id, wanted.number)),
                None => format!("error: no such message\n{}", messages(lab)),
            }
        }
        "reorder" => {
            let mut ends = rest.split(" with ").map(|text| find(text).and_then(|wanted| id(lab, &wanted)));
            match (ends.next().flatten(), ends.next().flatten()) {
                (Some(first), Some(second)) => act(lab, Fault::Reorder { first, second }),
                _ => format!("error: no such messages\n{}", messages(lab)),
            }
        }
        _ => return None,
    })
}

fn fault(word: &str, id: MessageId, number: u64) -> Fault {
    match word {
        "hold" => Fault::Hold(id),
        "deliver" => Fault::Deliver(id),
        "drop" => Fault::Drop(id),
        "duplicate" => Fault::Duplicate(id),
        _ => Fault::Delay { message: id, by_ms: number },
    }
}

/// Does it and gives back what was said.
fn act(lab: &mut Lab, fault: Fault) -> String {
    lab.act(Action::Fault(fault));
    happened(lab)
}

fn happened(lab: &Lab) -> String {
    lab.happened(lab.cursor()).map_or_else(|| "nothing".to_owned(), |happened| happened.sentence)
}

fn said(done: bool, says: impl FnOnce() -> String) -> String {
    if done { says() } else { format!("error: not in {EVENTS_MAX} events") }
}

fn leader(lab: &Lab) -> String {
    lab.leader().map_or_else(
        || "nobody leads".to_owned(),
        |(index, term)| format!("etcd-{index} leads in term {term}"),
    )
}

/// `MsgApp etcd-0 etcd-1 20`.
struct Wanted {
    kind: String,
    from: String,
    to: String,
    number: u64,
}

fn find(text: &str) -> Option<Wanted> {
    let mut words = text.split_whitespace();
    Some(Wanted {
        kind: words.next()?.to_owned(),
        from: words.next()?.to_owned(),
        to: words.next()?.to_owned(),
        number: words.next().map_or(Some(0), |word| word.parse().ok())?,
    })
}

fn is(message: &RaftMessage, wanted: &Wanted) -> bool {
    *message.kind == *wanted.kind
        && format!("etcd-{}", message.from) == wanted.from
        && format!("etcd-{}", message.to) == wanted.to
}

fn id(lab: &Lab, wanted: &Wanted) -> Option<MessageId> {
    lab.raft_view().messages.iter().find(|message| is(message, wanted)).map(|message| message.id)
}

fn wait(lab: &mut Lab, wanted: &Wanted) -> String {
    for _ in 0..EVENTS_MAX {
        if let Some(message) = lab.raft_view().messages.iter().find(|message| is(message, wanted)) {
            return line(message);
        }
        lab.step();
    }
    "error: no such message came".to_owned()
}

/// etcd's own words, with names in place of IDs.
fn line(message: &RaftMessage) -> String {
    let held = if message.held { " (held)" } else { "" };
    let entries: Vec<String> =
        message.entries.iter().map(|(index, term)| format!("{term}/{index}")).collect();
    let mut text =
        format!("etcd-{}->etcd-{} {} Term:{}", message.from, message.to, message.kind, message.term);
    let _ = write!(text, " Log:{}/{}", message.log_term, message.index);
    if message.reject {
        text.push_str(" Rejected");
    }
    if !entries.is_empty() {
        let _ = write!(text, " Entries:[{}]", entries.join(" "));
    }
    text + held
}

fn messages(lab: &Lab) -> String {
    let view = lab.raft_view();
    if view.messages.is_empty() {
        return "no messages".to_owned();
    }
    view.messages.iter().map(|message| line(message) + "\n").collect()
}

fn members(lab: &Lab) -> String {
    let name = |index: Option<u32>| index.map_or("-".to_owned(), |index| format!("etcd-{index}"));
    let row = |m: &RaftMember| {
        if !m.up {
            let why = m.failed.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            return format!(
                "{} down, term {}, vote {}, last {}{why}\n",
                m.name,
                m.term,
                name(m.vote),
                m.last_index
            );
        }
        format!(
            "{} {:?}, term {}, vote {}, leader {}, last {}, commit {}, applied {}, revision {}\n",
            m.name,
            m.role,
            m.term,
            name(m.vote),
            name(m.leader),
            m.last_index,
            m.commit,
            m.applied,
            m.revision
        )
    };
    lab.raft_view().members.iter().map(row).collect()
}

/// The terms in each log; configuration changes in parentheses, `|` behind what is committed.
fn logs(lab: &Lab) -> String {
    let view = lab.raft_view();
    let mut text = String::new();
    for member in &view.members {
        let _ = write!(text, "{}", member.name);
        for cell in lab.raft_log(member.index, member.first_index, member.last_index) {
            let _ = match cell.kind {
                EntryShape::ConfChange => write!(text, " ({})", cell.term),
                EntryShape::Empty => write!(text, " {}e", cell.term),
                EntryShape::Normal => write!(text, " {}", cell.term),
            };
            if cell.index == member.commit {
                text.push_str(" |");
            }
        }
        text.push('\n');
    }
    text
}
