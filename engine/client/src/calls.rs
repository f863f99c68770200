//! Requests under way, and what their sender wanted them for.

use std::time::Duration;

use imbl::OrdMap;
use sim::{SimTime, Token};

use crate::component::{Context, RequestId};
use crate::session::Session;
use api::http::Request;

/// Outstanding requests with a tag `T` each, and one timeout for all.
///
/// Hashing: the tags count, so `T` must hash what matters.
#[derive(Clone, Debug, Hash)]
pub struct Calls<T> {
    pending: OrdMap<RequestId, (T, SimTime)>,
    timeout: Duration,
    token: Token,
    /// A timer is set for this moment.
    timer: Option<SimTime>,
}

impl<T: Clone> Calls<T> {
    /// No calls yet. After `timeout` without an answer a call is given up ([`Calls::expired`]); the timer that
    /// tells so comes back as `token`.
    pub fn new(timeout: Duration, token: Token) -> Calls<T> {
        Calls { pending: OrdMap::new(), timeout, token, timer: None }
    }

    /// Sends a request and remembers what for.
    pub fn send(
        &mut self,
        session: &mut Session,
        context: &mut Context<'_>,
        request: Request,
        tag: T,
    ) -> RequestId {
        let id = session.send(context, request);
        self.track(id, tag, context);
        id
    }

    /// Remembers what a request was sent for.
    pub fn track(&mut self, id: RequestId, tag: T, context: &mut Context<'_>) {
        let deadline = context.now + self.timeout;
        self.pending.insert(id, (tag, deadline));
        self.arm(context);
    }

    /// One timer serves all calls: requests are numbered in the order they are sent, so the first is the oldest.
    fn arm(&mut self, context: &mut Context<'_>) {
        if self.timer.is_some() {
            return;
        }
        if let Some((_, (_, deadline))) = self.pending.get_min() {
            self.timer = Some(*deadline);
            context.timer_at(*deadline, self.token);
        }
    }

    /// What the request was for; forgets it. `None`: not one of these calls.
    pub fn take(&mut self, id: RequestId) -> Option<T> {
        if !self.pending.contains_key(&id) {
            return None;
        }
        self.pending.remove(&id).map(|(tag, _)| tag)
    }

    /// What the request was for, which stays outstanding (its response streams).
    pub fn get(&self, id: RequestId) -> Option<&T> {
        self.pending.get(&id).map(|(tag, _)| tag)
    }

    /// To be called when the timer `token` rings: the calls that waited too long, cancelled and forgotten.
    pub fn expired(&mut self, session: &Session, context: &mut Context<'_>) -> Vec<(RequestId, T)> {
        self.timer = None;
        let mut expired = Vec::new();
        while let Some((id, (tag, deadline))) = self.pending.get_min() {
            if *deadline > context.now {
                break;
            }
            let (id, tag) = (*id, tag.clone());
            session.cancel(context, id);
            self.pending.remove(&id);
            expired.push((id, tag));
        }
        self.arm(context);
        expired
    }

    /// The number of outstanding requests.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// True when nothing is outstanding.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// All outstanding requests, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (RequestId, &T)> {
        self.pending.iter().map(|(id, (tag, _))| (*id, tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::PODS;
    use sim::{Actor, Effect, Stream};

    #[test]
    fn answers_find_their_tag_and_silence_expires() {
        let token = Token::new(9, 0);
        let mut session = Session::new("test", Stream::derive(1, "test"));
        let mut calls: Calls<&str> = Calls::new(Duration::from_secs(30), token);
        let mut effects = Vec::new();
        let mut context = Context::new(SimTime::ZERO, Actor::Scheduler, &mut effects);
        let a = calls.send(&mut session, &mut context, PODS.list(""), "a");
        let b = calls.send(&mut session, &mut context, PODS.list(""), "b");
        assert_eq!(calls.take(a), Some("a"));
        assert_eq!(calls.take(a), None);
        let timers = effects.iter().filter(|e| matches!(e, Effect::Timer { .. })).count();
        assert_eq!(timers, 1, "one timer for all calls");
        let mut effects = Vec::new();
        let mut context = Context::new(SimTime::from_secs(30), Actor::Scheduler, &mut effects);
        assert_eq!(calls.expired(&session, &mut context), vec![(b, "b")]);
        assert!(calls.is_empty());
    }
}
