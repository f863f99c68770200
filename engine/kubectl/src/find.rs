//! Fetching the objects of a command, one request after the other.

use std::collections::VecDeque;

use api::http::Response;
use api::{Str, Value};

use crate::failure::Failure;
use crate::process::Io;
use crate::requests::{self, Selectors};
use crate::resource::Resource;
use crate::targets::{Target, Targets};

/// An object that was found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Found {
    /// Its kind.
    pub resource: Resource,
    /// The object.
    pub value: Value,
}

impl Found {
    /// Its name.
    pub fn name(&self) -> &str {
        self.value.str_at(&["metadata", "name"]).map_or("", |s| s.as_str())
    }

    /// Its namespace; empty when it has none.
    pub fn namespace(&self) -> &str {
        self.value.str_at(&["metadata", "namespace"]).map_or("", |s| s.as_str())
    }

    /// Its path.
    pub fn path(&self) -> Str {
        self.resource.path(self.namespace(), self.name())
    }

    /// As kubectl names it in its messages: `deployment.apps/web`.
    pub fn printed(&self) -> String {
        self.resource.printed(self.name())
    }
}

/// Fetches the objects of targets, target by target.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Finder {
    waiting: VecDeque<Target>,
    current: Option<Target>,
    selectors: Selectors,
    /// What went wrong so far.
    pub(crate) failures: Vec<Failure>,
    /// Missing objects are no failures.
    pub(crate) ignore_not_found: bool,
}

impl Finder {
    pub(crate) fn new(targets: &Targets) -> Finder {
        Finder {
            waiting: targets.targets.iter().cloned().collect(),
            selectors: targets.selectors.clone(),
            ..Finder::default()
        }
    }

    /// Asks for the next target's objects; false when there is none.
    pub(crate) fn ask(&mut self, tag: u32, io: &mut Io<'_, '_>) -> bool {
        let Some(target) = self.waiting.pop_front() else { return false };
        let request = match &target.name {
            Some(_) => requests::get(target.path()),
            None => requests::list(&target.resource, &target.namespace, &self.selectors, requests::JSON),
        };
        io.send(tag, request);
        self.current = Some(target);
        true
    }

    /// The target that was asked for last, while its answer is awaited.
    pub(crate) fn asked(&self) -> Option<&Target> {
        self.current.as_ref()
    }

    /// The objects of an answer. When the list goes on, the next chunk comes with the next [`Finder::ask`].
    pub(crate) fn take(&mut self, response: &Response, tag: u32, io: &mut Io<'_, '_>) -> Taken {
        let Some(target) = self.current.take() else { return Taken::Objects(Vec::new()) };
        if !response.is_success() {
            if !(self.ignore_not_found && response.status == 404) {
                self.failures.push(Failure::server(response));
            }
            return Taken::Objects(Vec::new());
        }
        let Some(value) = response.value() else { return Taken::Objects(Vec::new()) };
        if target.name.is_some() {
            return Taken::Objects(vec![Found { resource: target.resource, value: value.clone() }]);
        }
        let objects = list_items(&target.resource, value);
        if let Some(token) = value.str_at(&["metadata", "continue"]).filter(|t| !t.is_empty()) {
            let request =
                requests::list(&target.resource, &target.namespace, &self.selectors, requests::JSON)
                    .query("continue", token.clone());
            io.send(tag, request);
            self.current = Some(target);
            return Taken::More(objects);
        }
        Taken::Objects(objects)
    }
}

/// Objects of an answer.
pub(crate) enum Taken {
    /// All of this target.
    Objects(Vec<Found>),
    /// A part; the rest is already asked for.
    More(Vec<Found>),
}

/// The items of a list. Items of typed lists carry no kind of their own; kubectl's do.
pub fn list_items(resource: &Resource, list: &Value) -> Vec<Found> {
    list.items_at(&["items"])
        .iter()
        .map(|item| {
            let mut value = item.clone();
            if value.get("kind").is_none() {
                value.set(&["apiVersion"], resource.api_version.clone());
                value.set(&["kind"], resource.kind.clone());
            }
            Found { resource: resource.clone(), value }
        })
        .collect()
}
