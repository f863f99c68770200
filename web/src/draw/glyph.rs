//! The shapes of Raft's messages: one a family, hollow for answers.

use super::Point;

/// What a message is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// MsgVote: give me your vote.
    Vote,
    /// MsgPreVote: would you?
    PreVote,
    /// MsgApp: entries, or where the logs part.
    Append,
    /// MsgHeartbeat: I lead, so much is committed.
    Heartbeat,
    /// MsgSnap: everything up to here.
    Snapshot,
    /// MsgReadIndex: how far must I be to answer a read?
    Read,
    /// MsgTimeoutNow, MsgTransferLeader: take over.
    Transfer,
    /// MsgProp and what else is sent on.
    Proposal,
}

impl Family {
    /// All, as the legend shows them.
    pub const ALL: [Family; 8] = [
        Family::PreVote,
        Family::Vote,
        Family::Append,
        Family::Heartbeat,
        Family::Snapshot,
        Family::Read,
        Family::Transfer,
        Family::Proposal,
    ];

    /// The family of a message by etcd's name for its type, and whether it is an answer.
    pub fn of(kind: &str) -> (Family, bool) {
        let (stem, answer) = match kind.strip_suffix("Resp") {
            Some(stem) => (stem, true),
            None => (kind, false),
        };
        let family = match stem {
            "MsgVote" => Family::Vote,
            "MsgPreVote" => Family::PreVote,
            "MsgApp" => Family::Append,
            "MsgHeartbeat" => Family::Heartbeat,
            "MsgSnap" => Family::Snapshot,
            "MsgReadIndex" => Family::Read,
            "MsgTimeoutNow" | "MsgTransferLeader" | "MsgForgetLeader" => Family::Transfer,
            _ => Family::Proposal,
        };
        (family, answer)
    }

    /// The class that the stylesheet colours.
    pub const fn class(self) -> &'static str {
        match self {
            Family::Vote => "vote",
            Family::PreVote => "prevote",
            Family::Append => "append",
            Family::Heartbeat => "heartbeat",
            Family::Snapshot => "snapshot",
            Family::Read => "read",
            Family::Transfer => "transfer",
            Family::Proposal => "proposal",
        }
    }

    /// The `d` of its outline around a point.
    pub fn outline(self, at: Point) -> String {
        let Point { x, y } = at;
        match self {
            Family::Vote | Family::PreVote => {
                format!("M{:.1} {:.1}l6.5 6.5l-6.5 6.5l-6.5 -6.5z", x, y - 6.5)
            }
            Family::Append => format!("M{:.1} {:.1}h10v10h-10z", x - 5.0, y - 5.0),
            Family::Heartbeat => circle(at, 4.0),
            Family::Snapshot => format!("M{:.1} {:.1}h10v3h3v10h-10v-3h-3z", x - 6.5, y - 6.5),
            Family::Read => format!("M{:.1} {:.1}l6 11h-12z", x, y - 6.5),
            Family::Transfer => format!("M{:.1} {:.1}l7 6l-7 6v-4h-6v-4h6z", x - 0.5, y - 6.0),
            Family::Proposal => format!("M{:.1} {:.1}h4v4h4v4h-4v4h-4v-4h-4v-4h4z", x - 2.0, y - 6.0),
        }
    }
}

fn circle(at: Point, r: f64) -> String {
    format!("M{:.1} {:.1}a{r} {r} 0 1 0 {:.1} 0a{r} {r} 0 1 0 -{:.1} 0z", at.x - r, at.y, 2.0 * r, 2.0 * r)
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn every_message_has_a_family() {
        let cases = [
            ("MsgApp", Family::Append, false),
            ("MsgAppResp", Family::Append, true),
            ("MsgPreVoteResp", Family::PreVote, true),
            ("MsgVote", Family::Vote, false),
            ("MsgHeartbeatResp", Family::Heartbeat, true),
            ("MsgSnap", Family::Snapshot, false),
            ("MsgReadIndexResp", Family::Read, true),
            ("MsgTimeoutNow", Family::Transfer, false),
            ("MsgProp", Family::Proposal, false),
        ];
        for (kind, family, answer) in cases {
            assert_eq!(Family::of(kind), (family, answer), "{kind}");
        }
    }
}
