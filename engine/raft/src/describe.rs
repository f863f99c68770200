//! Messages, entries and Ready as etcd's library prints them.

use std::fmt::Write;

use crate::{
    AnyConfChange, ConfState, Entry, HardState, LOCAL_APPEND_THREAD, LOCAL_APPLY_THREAD, LogIndex, Message,
    NodeId, ReadState, Ready, Snapshot, SoftState,
};

/// `[1 2 3]`
fn ids(ids: &[NodeId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(" "))
}

/// `Voters:[1 2 3] VotersOutgoing:[] Learners:[] LearnersNext:[] AutoLeave:false`
pub fn conf_state(state: &ConfState) -> String {
    format!(
        "Voters:{} VotersOutgoing:{} Learners:{} LearnersNext:{} AutoLeave:{}",
        ids(&state.voters),
        ids(&state.voters_outgoing),
        ids(&state.learners),
        ids(&state.learners_next),
        state.auto_leave
    )
}

/// The same as Go prints the bare struct: `{[1 2 3] [] [] [] false}`.
pub(crate) fn conf_state_bare(state: &ConfState) -> String {
    format!(
        "{{{} {} {} {} {}}}",
        ids(&state.voters),
        ids(&state.learners),
        ids(&state.voters_outgoing),
        ids(&state.learners_next),
        state.auto_leave
    )
}

/// `Term:1 Vote:1 Commit:11`
pub fn hard_state(state: &HardState) -> String {
    let mut text = format!("Term:{}", state.term);
    if !state.vote.is_none() {
        // Writing to a string can't fail.
        let _ = write!(text, " Vote:{}", state.vote);
    }
    let _ = write!(text, " Commit:{}", state.commit);
    text
}

/// `Index:11 Term:1 ConfState:...`
pub fn snapshot(snapshot: &Snapshot) -> String {
    format!("Index:{} Term:{} ConfState:{}", snapshot.index, snapshot.term, conf_state(&snapshot.conf_state))
}

/// `1/12 EntryNormal "prop_1"`
pub fn entry(entry: &Entry) -> String {
    let data = match AnyConfChange::decode(entry.kind, &entry.data) {
        Ok(None) => quoted(&entry.data.bytes()),
        Ok(Some(change)) => {
            let steps: Vec<String> = change.into_v2().changes.iter().map(ToString::to_string).collect();
            steps.join(" ")
        }
        Err(error) => error.to_string(),
    };
    let space = if data.is_empty() { "" } else { " " };
    format!("{}/{} {}{space}{data}", entry.term, entry.index, entry.kind.name())
}

/// One line an entry.
pub fn entries(entries: &[Entry]) -> String {
    entries.iter().map(|one| entry(one) + "\n").collect()
}

/// Text in quotes with Go's escapes.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                    let _ = write!(text, "\\x{:02x}", c as u32);
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

/// A member, or one of its threads, as the receiver or sender of a message.
fn target(id: NodeId) -> String {
    match id {
        NodeId::NONE => "None".to_owned(),
        LOCAL_APPEND_THREAD => "AppendThread".to_owned(),
        LOCAL_APPLY_THREAD => "ApplyThread".to_owned(),
        // Numbers go in hexadecimal here, unlike elsewhere.
        id => format!("{id:x}"),
    }
}

/// `1->2 MsgApp Term:1 Log:1/11 Commit:11 Entries:[1/12 EntryNormal "prop_1"]`
pub fn message(message: &Message) -> String {
    let mut text = String::new();
    write_message(&mut text, "", message);
    text
}

fn write_message(text: &mut String, indent: &str, m: &Message) {
    let _ = write!(
        text,
        "{indent}{}->{} {} Term:{} Log:{}/{}",
        target(m.from),
        target(m.to),
        m.kind,
        m.term,
        m.log_term,
        m.index
    );
    if m.reject {
        let _ = write!(text, " Rejected (Hint: {})", m.reject_hint);
    }
    if m.commit != LogIndex::ZERO {
        let _ = write!(text, " Commit:{}", m.commit);
    }
    if !m.vote.is_none() {
        let _ = write!(text, " Vote:{}", m.vote);
    }
    match &m.entries[..] {
        [] => {}
        [one] => {
            let _ = write!(text, " Entries:[{}]", entry(one));
        }
        several => {
            text.push_str(" Entries:[");
            for one in several {
                let _ = write!(text, "\n{indent}  {}", entry(one));
            }
            let _ = write!(text, "\n{indent}]");
        }
    }
    if let Some(one) = m.snapshot.as_ref().filter(|one| !one.is_empty()) {
        let _ = write!(text, "\n{indent}  Snapshot: {}", snapshot(one));
    }
    if !m.responses.is_empty() {
        text.push_str(" Responses:[");
        let deeper = format!("{indent}  ");
        for response in &m.responses {
            text.push('\n');
            write_message(text, &deeper, response);
        }
        let _ = write!(text, "\n{indent}]");
    }
}

/// `Lead:1 State:StateLeader`
pub fn soft_state(state: &SoftState) -> String {
    format!("Lead:{} State:{}", state.lead, state.role)
}

/// `[{11 [97 98]}]`, as Go prints it.
fn read_states(states: &[ReadState]) -> String {
    let one = |state: &ReadState| {
        let bytes: Vec<String> = state.context.bytes().iter().map(u8::to_string).collect();
        format!("{{{} [{}]}}", state.index, bytes.join(" "))
    };
    format!("[{}]", states.iter().map(one).collect::<Vec<_>>().join(" "))
}

/// All there is to do, a line each, or `<empty Ready>`.
pub fn ready(ready: &Ready) -> String {
    let mut text = String::new();
    if let Some(state) = &ready.soft_state {
        text += &(soft_state(state) + "\n");
    }
    if let Some(state) = &ready.hard_state {
        text += &format!("HardState {}\n", hard_state(state));
    }
    if !ready.read_states.is_empty() {
        text += &format!("ReadStates {}\n", read_states(&ready.read_states));
    }
    if !ready.entries.is_empty() {
        text += &format!("Entries:\n{}", entries(&ready.entries));
    }
    if let Some(one) = &ready.snapshot {
        text += &format!("Snapshot {}\n", snapshot(one));
    }
    if !ready.committed_entries.is_empty() {
        text += &format!("CommittedEntries:\n{}", entries(&ready.committed_entries));
    }
    if !ready.messages.is_empty() {
        text += "Messages:\n";
        for one in &ready.messages {
            text += &(message(one) + "\n");
        }
    }
    if text.is_empty() {
        "<empty Ready>".to_owned()
    } else {
        format!("Ready MustSync={}:\n{text}", ready.must_sync)
    }
}
