//! Images on the node, and getting them there.

use std::sync::Arc;
use std::time::Duration;

use sim::{SimTime, Str, Stream};

use crate::cri::{Code, Failure, ImageInfo};
use crate::images::{self, ImageName, Missing};

/// How fast a registry sends, in bytes a second.
const BYTES_PER_SECOND: u64 = 60_000_000;

/// An image on the node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StoredImage {
    /// Its name.
    pub name: Arc<ImageName>,
    /// Its compressed size in bytes.
    pub size: u64,
    /// When it was pulled (last).
    pub pulled_at: SimTime,
}

impl StoredImage {
    /// As the kubelet gets to know it.
    pub fn info(&self) -> ImageInfo {
        ImageInfo { name: self.name.full(), reference: self.name.reference(), size: self.size }
    }
}

/// How long a pull takes: asking the registry, and the bytes when they are not on the node yet.
pub(crate) fn duration(image: &ImageName, present: bool, random: &mut Stream) -> Duration {
    let asking = random.duration(Duration::from_millis(300)..Duration::from_millis(700));
    if present || image.missing().is_some() {
        return asking;
    }
    let bytes = Duration::from_nanos(images::size(image).saturating_mul(1_000_000_000) / BYTES_PER_SECOND);
    asking + bytes
}

/// What containerd says of an image that its registry does not give.
pub(crate) fn failure(image: &ImageName, missing: Missing) -> Failure {
    let full = image.full();
    let (code, why) = match missing {
        Missing::Tag => (Code::NotFound, format!("{full}: not found")),
        Missing::Repository => (
            Code::Unknown,
            "pull access denied, repository does not exist or may require authorization: server message: \
             insufficient_scope: authorization failed"
                .to_owned(),
        ),
        Missing::Registry => {
            let host = image.registry.split(':').next().unwrap_or_default();
            (
                Code::Unknown,
                format!(
                    "failed to do request: Head \"https://{}/v2/{}/manifests/{}\": dial tcp: lookup {host}: no such \
                     host",
                    image.registry, image.repository, image.tag
                ),
            )
        }
    };
    let message =
        format!("failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": {why}");
    Failure::new(code, Str::from(message))
}
