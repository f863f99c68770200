//! What the Raft view remembers while another view is in the middle. None of it is in the lab.

use std::collections::BTreeMap;

use lab::view::MessageId;

/// What is picked up in the Raft view.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chosen {
    /// A member, by index.
    Member(u32),
    /// A message under way.
    Message(MessageId),
    /// The link between two members, the smaller index first.
    Link(u32, u32),
}

/// A small form above the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Form {
    Propose,
    AddMember,
}

/// The groups of a partition that is being drawn; they are named A, B and C.
pub const GROUPS: u8 = 3;

/// The state of the view.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RaftUi {
    /// Whose popover is open.
    pub chosen: Option<Chosen>,
    /// The message that is to change places with the one that is picked next.
    pub swapping: Option<MessageId>,
    /// While a partition is drawn: who is in which group.
    pub groups: Option<BTreeMap<u32, u8>>,
    /// The first index of the log's window; `None` follows the end.
    pub log_from: Option<u64>,
    /// Time slows down while something of Raft's is under way.
    pub slow: bool,
    /// The invariants are shown in full.
    pub invariants: bool,
    /// Which form is open.
    pub form: Option<Form>,
    /// The terminal of the last line that a button typed, and the line.
    pub typed: Option<(u32, String)>,
    /// The last search for an event of some kind found none.
    pub found_nothing: bool,
}

impl RaftUi {
    /// What stays when another lab comes: how the person likes to look.
    pub fn for_another_lab(&self) -> RaftUi {
        RaftUi { slow: self.slow, invariants: self.invariants, ..RaftUi::default() }
    }

    /// Leaves what is half done; true when something was.
    pub fn leave(&mut self) -> bool {
        let half_done = self.swapping.is_some() || self.groups.is_some() || self.form.is_some();
        self.swapping = None;
        self.groups = None;
        self.form = None;
        half_done
    }

    /// Puts a member into the next group, or out of all.
    pub fn next_group(&mut self, member: u32) {
        let Some(groups) = &mut self.groups else { return };
        match groups.get(&member).copied() {
            None => groups.insert(member, 0),
            Some(group) if group + 1 < GROUPS => groups.insert(member, group + 1),
            Some(_) => groups.remove(&member),
        };
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_member_goes_through_the_groups_and_out() {
        let mut ui = RaftUi { groups: Some(BTreeMap::new()), ..RaftUi::default() };
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(ui.groups.as_ref().and_then(|g| g.get(&1).copied()));
            ui.next_group(1);
        }
        assert_eq!(seen, [None, Some(0), Some(1), Some(2), None]);
    }
}
