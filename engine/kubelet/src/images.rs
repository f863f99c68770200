//! Images: what is on the node, and pulls one after another.
//!
//! A real kubelet asks the runtime (`ImageStatus`) before each container; this one remembers what it pulled and what
//! the runtime listed at its start, and finds out when a container can't be created.

use std::collections::VecDeque;

use imbl::OrdMap;
use runtime::cri::{ImageInfo, Request};
use runtime::images::ImageName;
use sim::{SimTime, Str};

use crate::host::{CriCall, Host};
use crate::message::Context;

/// A pull that is wanted, or under way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pull {
    /// For which worker.
    pub worker: u64,
    /// For which of its containers.
    pub container: u32,
    /// The image as the user wrote it.
    pub image: Str,
    /// When it was wanted.
    pub queued_at: SimTime,
    /// When it began.
    pub started_at: SimTime,
}

/// The image manager.
#[derive(Clone, Hash, Debug, Default)]
pub struct ImageManager {
    present: OrdMap<Str, ImageInfo>,
    queue: VecDeque<Pull>,
    current: Option<Pull>,
}

impl ImageManager {
    /// True when the image is on the node.
    pub fn is_present(&self, image: &str) -> bool {
        ImageName::parse(image).is_ok_and(|name| self.present.contains_key(&name.full()))
    }

    /// The images on the node, by name.
    pub fn present(&self) -> impl Iterator<Item = &ImageInfo> {
        self.present.values()
    }

    /// The pull under way.
    pub fn current(&self) -> Option<&Pull> {
        self.current.as_ref()
    }

    /// The pulls that wait for it.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = &Pull> {
        self.queue.iter()
    }

    pub(crate) fn know(&mut self, info: ImageInfo) {
        self.present.insert(info.name.clone(), info);
    }

    pub(crate) fn forget(&mut self, image: &str) {
        if let Ok(name) = ImageName::parse(image) {
            self.present.remove(&name.full());
        }
    }

    /// Takes the pull that has ended.
    pub(crate) fn finish(&mut self) -> Option<Pull> {
        self.current.take()
    }

    /// Forgets the pulls that a worker waits for. The one under way goes on, as a real one does.
    pub(crate) fn cancel(&mut self, worker: u64) {
        self.queue.retain(|pull| pull.worker != worker);
    }

    pub(crate) fn reset(&mut self) {
        self.queue.clear();
        self.current = None;
    }
}

impl Host {
    /// Wants an image pulled.
    pub(crate) fn pull(&mut self, context: &mut Context<'_>, worker: u64, container: u32, image: Str) {
        let now = context.now;
        self.images.queue.push_back(Pull { worker, container, image, queued_at: now, started_at: now });
        self.next_pull(context);
    }

    /// Begins the next pull, when none is under way.
    pub(crate) fn next_pull(&mut self, context: &mut Context<'_>) {
        if self.images.current.is_some() {
            return;
        }
        let Some(mut pull) = self.images.queue.pop_front() else { return };
        pull.started_at = context.now;
        let request = Request::PullImage { image: pull.image.clone() };
        self.images.current = Some(pull);
        self.cri(context, CriCall::Pull, request);
    }
}
