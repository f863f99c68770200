//! Recording core/v1 Events, with client-go's correlation: equal events count up, similar ones are combined, and an
//! object that talks too much is cut off.

use std::time::Duration;

use api::{Object, ObjectKey, Value, object};
use imbl::{OrdMap, OrdSet};
use sim::{SimTime, Str, Token, literal};

use crate::component::{Context, Input, RequestId};
use crate::requests::PatchType;
use crate::resource::EVENTS;
use crate::session::Session;

/// More than this many different messages of one reason within [`SIMILAR_WINDOW`] become one event.
const SIMILAR_MAX: usize = 10;
const SIMILAR_WINDOW: Duration = Duration::from_secs(600);
/// Each source may say this much about an object at once, then one thing every five minutes.
const SPAM_BURST: u32 = 25;
const SPAM_REFILL: Duration = Duration::from_secs(300);
/// client-go's caches hold this many entries; the broadcaster's queue is this long, and drops what comes on top.
const CACHE_MAX: usize = 4096;
const QUEUE_MAX: usize = 1000;
/// After a broken connection the sink tries again this much later, this often.
const RETRY: Duration = Duration::from_secs(10);
const TRIES_MAX: u32 = 12;

/// The type of an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventType {
    /// Things go their way.
    Normal,
    /// Something may go wrong.
    Warning,
}

impl EventType {
    /// As in the object.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// What makes two events similar: about whom, of which type, why.
type SimilarKey = (Str, EventType, Str);

#[derive(Clone, Debug, Hash)]
struct Similar {
    messages: OrdSet<Str>,
    last: SimTime,
}

/// An event that was sent before.
#[derive(Clone, Debug, Hash)]
struct Sent {
    key: ObjectKey,
    count: u32,
    last: SimTime,
}

#[derive(Clone, Debug, Hash)]
struct Bucket {
    tokens: u32,
    filled: SimTime,
}

/// What the sink has to do next.
#[derive(Clone, Debug, Hash)]
struct Job {
    /// The whole event.
    event: Value,
    /// It repeats an event that is already there: patch that one.
    patch: bool,
    /// Under what it is remembered.
    equal: (SimilarKey, Str),
    tries: u32,
}

/// Records events in the name of one component and sends them one after another, as client-go's sink does.
#[derive(Clone, Debug, Hash)]
pub struct EventRecorder {
    component: Str,
    /// The node the component runs on; empty for cluster components.
    host: Str,
    token: Token,
    similar: OrdMap<SimilarKey, Similar>,
    sent: OrdMap<(SimilarKey, Str), Sent>,
    spam: OrdMap<Str, Bucket>,
    /// Jobs by number; the first is under way when `request` is set.
    queue: OrdMap<u64, Job>,
    next: u64,
    request: Option<RequestId>,
    /// The number of events recorded, which also makes names unique within a nanosecond.
    recorded: u64,
    dropped: u64,
}

impl EventRecorder {
    /// A recorder for `component` (`deployment-controller`) on `host` (a node's name, or empty). The retry timer
    /// comes back as `token`.
    pub fn new(component: impl Into<Str>, host: impl Into<Str>, token: Token) -> EventRecorder {
        EventRecorder {
            component: component.into(),
            host: host.into(),
            token,
            similar: OrdMap::new(),
            sent: OrdMap::new(),
            spam: OrdMap::new(),
            queue: OrdMap::new(),
            next: 0,
            request: None,
            recorded: 0,
            dropped: 0,
        }
    }

    /// Events recorded, and events dropped as too many.
    pub fn counts(&self) -> (u64, u64) {
        (self.recorded, self.dropped)
    }

    /// Records that something happened to `about`.
    pub fn record(
        &mut self,
        session: &mut Session,
        context: &mut Context<'_>,
        about: &Object,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        let reference = object! {
            "kind": about.kind(),
            "namespace": about.namespace(),
            "name": about.name(),
            "uid": about.uid().0,
            "apiVersion": about.api_version(),
            "resourceVersion": about.value().str_at(&["metadata", "resourceVersion"]).cloned().unwrap_or_default(),
        };
        self.record_reference(session, context, reference, kind, reason, message);
    }

    /// Records that something happened to what an `ObjectReference` names (with a `fieldPath`, say).
    pub fn record_reference(
        &mut self,
        session: &mut Session,
        context: &mut Context<'_>,
        mut about: Value,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        about.make_map().retain(|_, value| !value.is_empty());
        let now = context.now;
        let part = |name: &str| about.str_at(&[name]).cloned().unwrap_or_default();
        let who =
            Str::from(format!("{}|{}|{}|{}", part("kind"), part("namespace"), part("name"), part("uid")));
        self.recorded += 1;
        let similar: SimilarKey = (format!("{who}|{}", part("fieldPath")).into(), kind, reason.into());
        let (message, counted_as) = self.combine(&similar, message, now);
        let equal = (similar, counted_as);
        if !self.admit(&who, now) {
            self.dropped += 1;
            return;
        }
        let namespace = match part("namespace") {
            empty if empty.is_empty() => literal!("default"),
            namespace => namespace,
        };
        let before = self.sent.get(&equal).cloned();
        let (key, count) = match &before {
            Some(sent) => (sent.key.clone(), sent.count + 1),
            None => {
                // client-go names events by the clock's nanoseconds; two of one moment need two names here.
                let stamp = now.unix_seconds() as u64 * 1_000_000_000
                    + now.as_nanos() % 1_000_000_000
                    + self.recorded;
                (ObjectKey::new(namespace.clone(), format!("{}.{stamp:016x}", part("name"))), 1)
            }
        };
        let first = before.as_ref().map_or(now, |sent| sent.last).rfc3339();
        self.remember(equal.clone(), Sent { key: key.clone(), count, last: now });
        let mut source = object! { "component": &self.component };
        if !self.host.is_empty() {
            source.set(&["host"], &self.host);
        }
        let event = object! {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "name": &key.name, "namespace": &key.namespace },
            "involvedObject": about,
            "reason": reason,
            "message": message,
            "source": source,
            "firstTimestamp": first,
            "lastTimestamp": now.rfc3339(),
            "count": count,
            "type": kind.as_str(),
            "eventTime": null,
            "reportingComponent": &self.component,
            "reportingInstance": &self.host,
        };
        if self.queue.len() >= QUEUE_MAX {
            self.dropped += 1;
            return;
        }
        self.queue.insert(self.next, Job { event, patch: before.is_some(), equal, tries: 0 });
        self.next += 1;
        self.send_next(session, context);
    }

    /// Handles an input of the process, if it is for this recorder.
    pub fn on_input(&mut self, input: &Input, session: &mut Session, context: &mut Context<'_>) -> bool {
        match input {
            Input::Response { id, response } if Some(*id) == self.request => {
                self.request = None;
                let first = self.queue.get_min().map(|(n, job)| (*n, job.clone()));
                if let Some((n, mut job)) = first {
                    if response.status == 404 && job.patch {
                        // The event to count up has expired: it is a new one.
                        job.patch = false;
                        self.queue.insert(n, job);
                    } else {
                        if !response.is_success() {
                            self.sent.remove(&job.equal);
                        }
                        self.queue.remove(&n);
                    }
                }
                self.send_next(session, context);
                true
            }
            Input::Failed { id, .. } if Some(*id) == self.request => {
                // `request` stays set until the timer rings, so that nothing overtakes.
                let first = self.queue.get_min().map(|(n, job)| (*n, job.clone()));
                if let Some((n, mut job)) = first {
                    job.tries += 1;
                    if job.tries >= TRIES_MAX {
                        self.queue.remove(&n);
                    } else {
                        self.queue.insert(n, job);
                    }
                }
                context.timer(RETRY, self.token);
                true
            }
            Input::Timer(token) if *token == self.token => {
                self.request = None;
                self.send_next(session, context);
                true
            }
            _ => false,
        }
    }

    fn send_next(&mut self, session: &mut Session, context: &mut Context<'_>) {
        if self.request.is_some() {
            return;
        }
        let Some((_, job)) = self.queue.get_min() else { return };
        let part = |name| job.event.str_at(&["metadata", name]).cloned().unwrap_or_default();
        let key = ObjectKey { namespace: part("namespace"), name: part("name") };
        let field = |name: &str| job.event.get(name).cloned().unwrap_or_default();
        let request = if job.patch {
            let patch = object! {
                "count": field("count"),
                "lastTimestamp": field("lastTimestamp"),
                "message": field("message"),
            };
            EVENTS.patch(&key, PatchType::Strategic, patch)
        } else {
            EVENTS.create(&key.namespace, job.event.clone())
        };
        self.request = Some(session.send(context, request));
    }

    /// The message to send, and the one under which it is counted: the own one twice, or, when there were too many
    /// similar ones, the latest of the combined event, which counts as one whatever it says.
    fn combine(&mut self, key: &SimilarKey, message: &str, now: SimTime) -> (Str, Str) {
        let fresh = || Similar { messages: OrdSet::new(), last: now };
        let mut similar = match self.similar.get(key) {
            Some(known) if now.since(known.last) <= SIMILAR_WINDOW => known.clone(),
            _ => fresh(),
        };
        let full = similar.messages.len() >= SIMILAR_MAX;
        let known = similar.messages.contains(message);
        if !full && !known {
            similar.messages.insert(message.into());
        }
        similar.last = now;
        self.similar.insert(key.clone(), similar);
        if self.similar.len() > CACHE_MAX {
            self.similar.shrink();
        }
        if full && !known {
            (
                format!("(combined from similar events): {message}").into(),
                literal!("(combined from similar events)"),
            )
        } else {
            (message.into(), message.into())
        }
    }

    /// Takes a token of the source's bucket for this object; false when it is empty.
    fn admit(&mut self, who: &Str, now: SimTime) -> bool {
        let full = Bucket { tokens: SPAM_BURST, filled: now };
        let mut bucket = self.spam.get(who).cloned().unwrap_or(full);
        let refills = now.since(bucket.filled).as_secs() / SPAM_REFILL.as_secs();
        if refills > 0 {
            bucket.tokens =
                SPAM_BURST.min(bucket.tokens.saturating_add(u32::try_from(refills).unwrap_or(u32::MAX)));
            bucket.filled = bucket.filled + SPAM_REFILL * u32::try_from(refills).unwrap_or(u32::MAX);
        }
        let admitted = bucket.tokens > 0;
        bucket.tokens = bucket.tokens.saturating_sub(1);
        self.spam.insert(who.clone(), bucket);
        if self.spam.len() > CACHE_MAX {
            self.spam.shrink();
        }
        admitted
    }

    fn remember(&mut self, equal: (SimilarKey, Str), sent: Sent) {
        self.sent.insert(equal, sent);
        if self.sent.len() > CACHE_MAX {
            self.sent.shrink();
        }
    }
}

/// Entries that know when they were last used.
trait Used {
    fn used(&self) -> SimTime;
}

impl Used for Similar {
    fn used(&self) -> SimTime {
        self.last
    }
}

impl Used for Sent {
    fn used(&self) -> SimTime {
        self.last
    }
}

impl Used for Bucket {
    fn used(&self) -> SimTime {
        self.filled
    }
}

/// A full cache drops its older half: the least recently used, as an LRU cache would, but all at once, so that the
/// cost an event stays constant.
trait Shrink {
    fn shrink(&mut self);
}

impl<K: Ord + Clone, V: Clone + Used> Shrink for OrdMap<K, V> {
    fn shrink(&mut self) {
        let mut ages: Vec<SimTime> = self.values().map(Used::used).collect();
        ages.sort_unstable();
        let middle = ages[ages.len() / 2];
        let mut surplus = self.len() - CACHE_MAX / 2;
        let old: Vec<K> = self.iter().filter(|(_, v)| v.used() <= middle).map(|(k, _)| k.clone()).collect();
        for key in old {
            if surplus == 0 {
                break;
            }
            self.remove(&key);
            surplus -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
