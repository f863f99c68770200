//! Shared things in serialised form: blobs as bytes, shared runs and snapshots as what they hold.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Entries, Entry};

/// For a `Blob`.
pub(crate) mod blob {
    use super::*;
    use sim::Blob;

    pub(crate) fn serialize<S: Serializer>(blob: &Blob, to: S) -> Result<S::Ok, S::Error> {
        blob.bytes()[..].serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Blob, D::Error> {
        Vec::<u8>::deserialize(from).map(Blob::from)
    }
}

/// For an `Option<Blob>`.
pub(crate) mod maybe_blob {
    use super::*;
    use sim::Blob;

    pub(crate) fn serialize<S: Serializer>(blob: &Option<Blob>, to: S) -> Result<S::Ok, S::Error> {
        blob.as_ref().map(|blob| blob.bytes().to_vec()).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Blob>, D::Error> {
        Ok(Option::<Vec<u8>>::deserialize(from)?.map(Blob::from))
    }
}

/// For an `Option<Arc<Snapshot>>`.
pub(crate) mod maybe_snapshot {
    use std::sync::Arc;

    use super::*;
    use crate::Snapshot;

    pub(crate) fn serialize<S: Serializer>(
        snapshot: &Option<Arc<Snapshot>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        snapshot.as_deref().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Arc<Snapshot>>, D::Error> {
        Ok(Option::<Snapshot>::deserialize(from)?.map(Arc::new))
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<Entry>::deserialize(from).map(Entries::from)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::*;

    #[test]
    fn messages_round_trip() {
        let entry = Entry { term: Term(2), index: LogIndex(7), data: "data".into(), ..Entry::default() };
        let snapshot = Snapshot {
            index: LogIndex(6),
            term: Term(1),
            conf_state: ConfState::of_voters([NodeId(1), NodeId(2)]),
            data: "state".into(),
        };
        let m = Message {
            kind: MessageKind::StorageAppend,
            to: LOCAL_APPEND_THREAD,
            entries: Entries::one(entry),
            snapshot: Some(Arc::new(snapshot)),
            context: Some("context".into()),
            responses: vec![Message::default()],
            ..Message::default()
        };
        let text = serde_json::to_string(&m).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), m);
    }
}
