//! The share link: `#cl2.<payload>`, the lab in a text that fits in an address bar.
//!
//! The payload is the lab file (seed, configuration, journal), the place in its history and the state hash there,
//! in postcard's compact binary form, raw deflate with a built-in dictionary, base64url without padding.

mod deflate;
mod wire;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sim::{Digest, EventNumber, SimTime};

use crate::file::LabFile;

/// Codec and version of the links that this version writes.
const PREFIX: &str = "cl2.";
/// The version before, which is still read.
const PREFIX_1: &str = "cl1.";
/// A link's text at the most. Browsers take more; nobody can send it.
const TEXT_MAX: usize = 2 << 20;
/// What a link may inflate to at the most.
const INFLATED_MAX: usize = 8 << 20;

/// What a link holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Shared {
    /// Seed, configuration and journal.
    pub file: LabFile,
    /// How many events had been taken.
    pub cursor: EventNumber,
    /// The clock (it may be later than the last event).
    pub now: SimTime,
    /// The state hash there.
    pub hash: u64,
}

/// Why a text is no link to a lab.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum LinkError {
    /// There is no `#cl2.` in it.
    NotALink,
    /// A newer codec than this version knows.
    UnknownVersion(String),
    TooLong(usize),
    /// A character that base64url does not have, and where.
    BadCharacter(String),
    /// The compressed data is damaged or cut short.
    Damaged(String),
    /// It inflates to more than a lab can be.
    TooLarge,
    /// It inflates to something that is no lab.
    NoLab(String),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NotALink => write!(f, "this is no link to a lab: it has no \"#{PREFIX}\" part"),
            LinkError::UnknownVersion(version) => write!(
                f,
                "the link is of version {version:?}, which this page does not know; it reads {:?} and {:?}",
                PREFIX_1.trim_end_matches('.'),
                PREFIX.trim_end_matches('.')
            ),
            LinkError::TooLong(n) => write!(f, "the link has {n} characters; at most {TEXT_MAX} are read"),
            LinkError::BadCharacter(what) => write!(f, "the link is damaged: {what}; was it copied whole?"),
            LinkError::Damaged(what) => {
                write!(f, "the link is damaged or cut short ({what}); was it copied whole?")
            }
            LinkError::TooLarge => {
                write!(f, "the link holds more than {} MiB; labs are smaller", INFLATED_MAX >> 20)
            }
            LinkError::NoLab(what) => write!(f, "the link holds no lab that this version can read ({what})"),
        }
    }
}

impl std::error::Error for LinkError {}

/// Writes the fragment, with its `#`.
pub fn encode(shared: &Shared) -> String {
    let plain = postcard::to_allocvec(&wire::Wire::from(shared)).expect("plain data has an encoding");
    format!("#{PREFIX}{}", URL_SAFE_NO_PAD.encode(deflate::compress(&plain)))
}

/// Reads a fragment, or a whole URL with one. Memory is bounded whatever the text is.
pub fn decode(text: &str) -> Result<Shared, LinkError> {
    if text.len() > TEXT_MAX {
        return Err(LinkError::TooLong(text.len()));
    }
    let fragment = text.trim().rsplit_once('#').map_or(text.trim(), |(_, fragment)| fragment);
    let old = fragment.strip_prefix(PREFIX_1);
    let Some(payload) = old.or_else(|| fragment.strip_prefix(PREFIX)) else {
        return Err(match fragment.split_once('.') {
            Some((version, _)) if version.starts_with("cl") && version.len() < 8 => {
                LinkError::UnknownVersion(version.to_owned())
            }
            _ => LinkError::NotALink,
        });
    };
    let packed = URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|e| LinkError::BadCharacter(e.to_string().trim_end_matches('.').to_owned()))?;
    let plain = deflate::inflate(&packed, INFLATED_MAX)?;
    let shared = match old {
        Some(_) => whole::<wire::Wire1>(&plain)?.into_shared()?,
        None => whole::<wire::Wire>(&plain)?.into_shared()?,
    };
    check(&shared)?;
    Ok(shared)
}

fn whole<T: serde::de::DeserializeOwned>(plain: &[u8]) -> Result<T, LinkError> {
    let (wire, rest) = postcard::take_from_bytes(plain).map_err(|e| LinkError::NoLab(e.to_string()))?;
    if !rest.is_empty() {
        return Err(LinkError::NoLab(format!("{} bytes too many", rest.len())));
    }
    Ok(wire)
}

/// What the lab file's reader refuses must not come in through a link.
fn check(shared: &Shared) -> Result<(), LinkError> {
    let file = &shared.file;
    let text = file.to_yaml();
    LabFile::parse_yaml(&text).map_err(|e| LinkError::NoLab(e.to_string()))?;
    Ok(())
}

impl Shared {
    /// The state hash that the author saw.
    pub fn digest(&self) -> Digest {
        Digest(self.hash)
    }
}

#[cfg(test)]
mod tests;
