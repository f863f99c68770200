//! Requests to change the configuration, and their encoding (etcd's, so that sizes agree and a dumped log
//! reads the same).

use std::fmt;

use sim::Blob;

use crate::wire::{Field, Fields, Out};
use crate::{EntryKind, NodeId};

/// What to do with one member.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub enum ConfChangeKind {
    /// Make it a voter.
    #[default]
    AddNode,
    /// Take it out.
    RemoveNode,
    /// Nothing to Raft; the application changes something about it.
    UpdateNode,
    /// Make it a learner.
    AddLearnerNode,
}

impl ConfChangeKind {
    const ALL: [ConfChangeKind; 4] = [
        ConfChangeKind::AddNode,
        ConfChangeKind::RemoveNode,
        ConfChangeKind::UpdateNode,
        ConfChangeKind::AddLearnerNode,
    ];

    /// etcd's name: `ConfChangeAddNode`, ...
    pub const fn name(self) -> &'static str {
        match self {
            ConfChangeKind::AddNode => "ConfChangeAddNode",
            ConfChangeKind::RemoveNode => "ConfChangeRemoveNode",
            ConfChangeKind::UpdateNode => "ConfChangeUpdateNode",
            ConfChangeKind::AddLearnerNode => "ConfChangeAddLearnerNode",
        }
    }

    const fn letter(self) -> char {
        match self {
            ConfChangeKind::AddNode => 'v',
            ConfChangeKind::RemoveNode => 'r',
            ConfChangeKind::UpdateNode => 'u',
            ConfChangeKind::AddLearnerNode => 'l',
        }
    }
}

/// One step of a change. `Display` gives the scripts' notation: `v2`, `l3`, `r1`, `u4`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ConfChangeSingle {
    /// What to do.
    pub kind: ConfChangeKind,
    /// With whom. Zero makes the step do nothing.
    pub node: NodeId,
}

impl fmt::Display for ConfChangeSingle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind.letter(), self.node)
    }
}

/// Reads steps in the scripts' notation: `v2 l3 r1`.
///
/// # Errors
/// Says which word is none.
pub fn parse_changes(text: &str) -> Result<Vec<ConfChangeSingle>, String> {
    text.split_whitespace()
        .map(|word| {
            let mut chars = word.chars();
            let (Some(letter), rest) = (chars.next(), chars.as_str()) else {
                return Err(format!("unknown token {word}"));
            };
            if rest.is_empty() {
                return Err(format!("unknown token {word}"));
            }
            let kind = ConfChangeKind::ALL.into_iter().find(|kind| kind.letter() == letter);
            let kind = kind.ok_or_else(|| format!("unknown input: {word}"))?;
            let node =
                rest.parse().map_err(|_| format!("strconv.ParseUint: parsing {rest:?}: invalid syntax"))?;
            Ok(ConfChangeSingle { kind, node: NodeId(node) })
        })
        .collect()
}

/// How the group gets from the old configuration to the new one.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
pub enum Transition {
    /// At once when one voter changes, else through a joint configuration that is left automatically.
    #[default]
    Auto,
    /// Through a joint configuration that is left automatically.
    JointImplicit,
    /// Through a joint configuration that stays until an empty change is proposed.
    JointExplicit,
}

impl Transition {
    /// etcd's name.
    pub const fn name(self) -> &'static str {
        match self {
            Transition::Auto => "ConfChangeTransitionAuto",
            Transition::JointImplicit => "ConfChangeTransitionJointImplicit",
            Transition::JointExplicit => "ConfChangeTransitionJointExplicit",
        }
    }
}

/// A change of one member, as all versions of etcd understand it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ConfChange {
    /// The application's number for the request.
    pub id: u64,
    /// What to do.
    pub kind: ConfChangeKind,
    /// With whom.
    pub node: NodeId,
    /// The application's data.
    pub context: Option<Blob>,
}

/// A change of any number of members.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ConfChangeV2 {
    /// By which way.
    pub transition: Transition,
    /// The steps, in order. None, and no transition, leaves a joint configuration.
    pub changes: Vec<ConfChangeSingle>,
    /// The application's data.
    pub context: Option<Blob>,
}

/// The bytes are no configuration change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DecodeError;

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("proto: the entry's data is no configuration change")
    }
}

impl std::error::Error for DecodeError {}

impl ConfChange {
    /// The bytes.
    pub fn encode(&self) -> Blob {
        let mut out = Vec::new();
        out.varint(1, self.id);
        out.varint(2, self.kind as u64);
        out.varint(3, self.node.0);
        if let Some(context) = &self.context {
            out.blob(4, context);
        }
        out.into()
    }

    /// Reads the bytes.
    ///
    /// # Errors
    /// When they are no such message.
    pub fn decode(data: &Blob) -> Result<ConfChange, DecodeError> {
        let mut change = ConfChange::default();
        for field in Fields(&data.bytes()) {
            match field.ok_or(DecodeError)? {
                (1, Field::Varint(n)) => change.id = n,
                (2, Field::Varint(n)) => change.kind = kind(n)?,
                (3, Field::Varint(n)) => change.node = NodeId(n),
                (4, Field::Bytes(bytes)) => change.context = Some(bytes.to_vec().into()),
                _ => {}
            }
        }
        Ok(change)
    }
}

impl ConfChangeV2 {
    /// The bytes.
    pub fn encode(&self) -> Blob {
        let mut out = Vec::new();
        out.varint(1, self.transition as u64);
        for change in &self.changes {
            let mut step = Vec::new();
            step.varint(1, change.kind as u64);
            step.varint(2, change.node.0);
            out.bytes(2, &step);
        }
        if let Some(context) = &self.context {
            out.blob(3, context);
        }
        out.into()
    }

    /// Reads the bytes; none give the empty change.
    ///
    /// # Errors
    /// When they are no such message.
    pub fn decode(data: &Blob) -> Result<ConfChangeV2, DecodeError> {
        let mut change = ConfChangeV2::default();
        for field in Fields(&data.bytes()) {
            match field.ok_or(DecodeError)? {
                (1, Field::Varint(0)) => change.transition = Transition::Auto,
                (1, Field::Varint(1)) => change.transition = Transition::JointImplicit,
                (1, Field::Varint(2)) => change.transition = Transition::JointExplicit,
                (1, Field::Varint(_)) => return Err(DecodeError),
                (2, Field::Bytes(bytes)) => change.changes.push(step(bytes)?),
                (3, Field::Bytes(bytes)) => change.context = Some(bytes.to_vec().into()),
                _ => {}
            }
        }
        Ok(change)
    }

    /// Whether this change goes through a joint configuration, and if so, whether that is left
    /// automatically. The simple way is taken where it is allowed and nobody asked for the other.
    pub fn enter_joint(&self) -> Option<bool> {
        match self.transition {
            Transition::Auto if self.changes.len() <= 1 => None,
            Transition::Auto | Transition::JointImplicit => Some(true),
            Transition::JointExplicit => Some(false),
        }
    }

    /// Whether this is the empty change, which leaves a joint configuration.
    pub fn leave_joint(&self) -> bool {
        self.transition == Transition::Auto && self.changes.is_empty()
    }
}

fn kind(n: u64) -> Result<ConfChangeKind, DecodeError> {
    usize::try_from(n).ok().and_then(|n| ConfChangeKind::ALL.get(n)).copied().ok_or(DecodeError)
}

fn step(bytes: &[u8]) -> Result<ConfChangeSingle, DecodeError> {
    let mut single = ConfChangeSingle::default();
    for field in Fields(bytes) {
        match field.ok_or(DecodeError)? {
            (1, Field::Varint(n)) => single.kind = kind(n)?,
            (2, Field::Varint(n)) => single.node = NodeId(n),
            _ => {}
        }
    }
    Ok(single)
}

/// A change in either form.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AnyConfChange {
    /// The old form.
    V1(ConfChange),
    /// The new form.
    V2(ConfChangeV2),
}

impl AnyConfChange {
    /// The entry kind and data that carry it.
    pub fn encode(&self) -> (EntryKind, Blob) {
        match self {
            AnyConfChange::V1(change) => (EntryKind::ConfChange, change.encode()),
            AnyConfChange::V2(change) => (EntryKind::ConfChangeV2, change.encode()),
        }
    }

    /// Reads an entry's data; `None` when the entry is no configuration change.
    ///
    /// # Errors
    /// When it should be one and isn't.
    pub fn decode(kind: EntryKind, data: &Blob) -> Result<Option<AnyConfChange>, DecodeError> {
        Ok(match kind {
            EntryKind::Normal => None,
            EntryKind::ConfChange => Some(AnyConfChange::V1(ConfChange::decode(data)?)),
            EntryKind::ConfChangeV2 => Some(AnyConfChange::V2(ConfChangeV2::decode(data)?)),
        })
    }

    /// The new form of it.
    pub fn into_v2(self) -> ConfChangeV2 {
        match self {
            AnyConfChange::V2(change) => change,
            AnyConfChange::V1(change) => ConfChangeV2 {
                transition: Transition::Auto,
                changes: vec![ConfChangeSingle { kind: change.kind, node: change.node }],
                context: change.context,
            },
        }
    }

    /// The application's data.
    pub fn context(&self) -> Option<&Blob> {
        match self {
            AnyConfChange::V1(change) => change.context.as_ref(),
            AnyConfChange::V2(change) => change.context.as_ref(),
        }
    }
}

impl From<ConfChange> for AnyConfChange {
    fn from(change: ConfChange) -> Self {
        AnyConfChange::V1(change)
    }
}

impl From<ConfChangeV2> for AnyConfChange {
    fn from(change: ConfChangeV2) -> Self {
        AnyConfChange::V2(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_round_trip() {
        let v1 = ConfChange {
            id: 300,
            kind: ConfChangeKind::AddLearnerNode,
            node: NodeId(7),
            context: Some("x".into()),
        };
        assert_eq!(ConfChange::decode(&v1.encode()), Ok(v1));
        let changes = parse_changes(" v1 l2  r3 u4 ").unwrap_or_default();
        assert_eq!(changes.len(), 4);
        let v2 = ConfChangeV2 { transition: Transition::JointExplicit, changes, context: None };
        assert_eq!(ConfChangeV2::decode(&v2.encode()), Ok(v2));
        assert_eq!(ConfChangeV2::decode(&Blob::empty()), Ok(ConfChangeV2::default()));
        assert_eq!(ConfChangeV2::decode(&Blob::from("nonsense")), Err(DecodeError));
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(parse_changes("v"), Err("unknown token v".into()));
        assert_eq!(parse_changes("x1"), Err("unknown input: x1".into()));
        assert_eq!(parse_changes("v1x"), Err("strconv.ParseUint: parsing \"1x\": invalid syntax".into()));
        assert_eq!(parse_changes(""), Ok(vec![]));
    }

    #[test]
    fn the_way_through() {
        let change = |transition, text| ConfChangeV2 {
            transition,
            changes: parse_changes(text).unwrap_or_default(),
            context: None,
        };
        assert_eq!(change(Transition::Auto, "v1").enter_joint(), None);
        assert_eq!(change(Transition::Auto, "v1 v2").enter_joint(), Some(true));
        assert_eq!(change(Transition::JointExplicit, "v1").enter_joint(), Some(false));
        assert!(change(Transition::Auto, "").leave_joint());
        assert!(!change(Transition::JointExplicit, "").leave_joint());
    }
}
