//! Waiting until an object is gone: list it, then watch it.

use api::Str;
use api::http::{Frame, Response, WatchKind};

use crate::failure::Failure;
use crate::process::Io;
use crate::requests::{self, Selectors};
use crate::resource::Resource;

/// One object whose end is awaited.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Gone {
    /// Its kind.
    pub resource: Resource,
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Its identity: another object of the same name does not count. Empty when not known.
    pub uid: Str,
}

/// Where the wait stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// It is still there.
    Waiting,
    /// It is gone.
    Gone,
    /// It can't be known.
    Failed(Failure),
}

impl Gone {
    fn selectors(&self) -> Selectors {
        Selectors::fields(format!("metadata.name={}", self.name))
    }

    /// Begins to wait.
    pub(crate) fn begin(&self, tag: u32, io: &mut Io<'_, '_>) {
        io.send(tag, requests::list(&self.resource, &self.namespace, &self.selectors(), requests::JSON));
    }

    /// The list's or the watch's answer.
    pub(crate) fn answer(&self, response: &Response, tag: u32, io: &mut Io<'_, '_>) -> Progress {
        if !response.is_success() {
            return Progress::Failed(Failure::server(response));
        }
        let Some(list) = response.value().filter(|_| !response.streaming) else { return Progress::Waiting };
        let there = list.items_at(&["items"]).iter().any(|item| {
            item.str_at(&["metadata", "name"]) == Some(&self.name)
                && (self.uid.is_empty() || item.str_at(&["metadata", "uid"]) == Some(&self.uid))
        });
        if !there {
            return Progress::Gone;
        }
        let revision = list.str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default();
        io.send(
            tag,
            requests::watch(&self.resource, &self.namespace, &self.selectors(), requests::JSON, &revision),
        );
        Progress::Waiting
    }

    /// A piece of the watch.
    pub(crate) fn frame(&self, frame: &Frame, tag: u32, io: &mut Io<'_, '_>) -> Progress {
        match frame {
            Frame::Watch(events) => {
                for event in events.iter() {
                    match event.kind {
                        WatchKind::Deleted => {
                            io.cancel(tag);
                            return Progress::Gone;
                        }
                        // The watch is too old or broken: look again.
                        WatchKind::Error => {
                            io.cancel(tag);
                            self.begin(tag, io);
                            return Progress::Waiting;
                        }
                        _ => {}
                    }
                }
                Progress::Waiting
            }
            Frame::End => {
                self.begin(tag, io);
                Progress::Waiting
            }
            Frame::Tree(_) | Frame::Data(_) => Progress::Waiting,
        }
    }
}
