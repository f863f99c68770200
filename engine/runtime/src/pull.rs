//! Images on the node, and getting them there.

use std::sync::Arc;
use std::time::Duration;

use sim::{SimTime, Str, Stream};

use crate::cri::{CallId, Code, Failure, ImageInfo, Response};
use crate::images::{self, ImageName, Missing};
use crate::runtime::{Context, Runtime, Work};

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

impl Runtime {
    pub(crate) fn pull(&mut self, call: CallId, image: &str, context: &mut Context<'_>) {
        let name = match ImageName::parse(image) {
            Ok(name) => Arc::new(name),
            Err(error) => {
                let message = format!("failed to parse image reference \"{image}\": {error}");
                return self.fail(call, Failure::new(Code::InvalidArgument, message), context);
            }
        };
        let same = |work: &&mut Work| matches!(work, Work::Pull { image, .. } if *image == name);
        let pulling: Option<u64> = self
            .work
            .iter()
            .find(|(_, w)| matches!(w, Work::Pull { image, .. } if *image == name))
            .map(|(n, _)| *n);
        if let Some(number) = pulling
            && let Some(Work::Pull { calls, .. }) = self.work.get_mut(&number).filter(same)
        {
            calls.push(call);
            return;
        }
        let present = self.images.contains_key(&name.full());
        let after = duration(&name, present, &mut self.random);
        self.after(Work::Pull { calls: vec![call], image: name }, after, context);
    }

    pub(crate) fn pulled(&mut self, calls: &[CallId], image: &Arc<ImageName>, context: &mut Context<'_>) {
        let response = match image.missing() {
            Some(missing) => Response::Failed(failure(image, missing)),
            None => {
                let stored =
                    StoredImage { name: image.clone(), size: images::size(image), pulled_at: context.now };
                let info = stored.info();
                self.images.insert(info.name.clone(), stored);
                Response::Image(Some(info))
            }
        };
        for call in calls {
            self.respond(*call, response.clone(), context);
        }
    }
}
