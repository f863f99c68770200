//! What all pod workers of a kubelet share: its connections to the runtime and to the API server.

use std::sync::Arc;
use std::time::Duration;

use api::http::Request;
use api::{Object, ObjectKey};
use client::resource::{CONFIG_MAPS, SECRETS};
use client::{Calls, EventRecorder, Informer, RequestId, Session};
use imbl::OrdMap;
use runtime::cri;
use sim::{Actor, SimTime, Str, Stream, Token};

use crate::config::Config;
use crate::images::ImageManager;
use crate::message::{Context, Message, as_client};
use crate::pod_worker::PodCall;

/// The kubelet's timers.
pub(crate) mod timer {
    pub const PODS: u16 = 1;
    pub const NODE: u16 = 2;
    pub const SERVICES: u16 = 3;
    pub const RECORDER: u16 = 4;
    pub const CALLS: u16 = 5;
    pub const HEARTBEAT: u16 = 6;
    pub const WORKER: u16 = 7;
    pub const REGISTER: u16 = 8;
}

/// What a kubelet's own timer is for, as a sentence with a place for its name.
pub const fn timer_says(token: Token) -> &'static str {
    match token.kind {
        timer::HEARTBEAT => "{0}: time for the heartbeat",
        timer::WORKER => "{0}: a pod's worker goes on",
        timer::REGISTER => "{0} registers its node",
        timer::CALLS => "{0}: a request has waited too long",
        timer::RECORDER => "{0} sends an Event again",
        _ => "{0} lists again after a failure",
    }
}

/// Calls to the runtime and requests to the API server number differently, so that a failure finds its own.
const FIRST_CRI_CALL: u64 = 1 << 40;
/// A ConfigMap or Secret that was fetched is good for this long: the kubelet's cache with time to live.
const OBJECT_FRESH: Duration = Duration::from_secs(60);
/// A request without an answer for this long has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What a request to the API server was for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ApiCall {
    RegisterNode,
    NodeStatus,
    GetLease,
    CreateLease,
    RenewLease,
    GetNode,
    PodStatus(u64),
    DeletePod(u64),
    Fetch(ObjectRef),
}

/// What a call to the runtime was for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum CriCall {
    Version,
    Configure,
    List,
    Pull,
    Pod(u64, PodCall),
    Log {
        request: RequestId,
        container: cri::ContainerId,
        follow: bool,
        since: SimTime,
        timestamps: bool,
    },
    /// Nobody waits for the answer.
    Forgotten,
}

/// A ConfigMap or a Secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ObjectRef {
    /// True for a Secret.
    pub secret: bool,
    pub key: ObjectKey,
}

#[derive(Clone, Hash, Debug)]
enum Fetched {
    Fetching(Vec<u64>),
    Present(Object, SimTime),
    Missing(SimTime),
}

/// What came of looking for an object.
pub(crate) enum Lookup {
    Found(Object),
    Missing,
    /// Asked for; the worker is called again.
    Wait,
}

/// The shared part of a kubelet.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Host {
    pub config: Config,
    pub session: Session,
    pub random: Stream,
    pub recorder: EventRecorder,
    pub calls: Calls<ApiCall>,
    pub cri_calls: OrdMap<cri::CallId, CriCall>,
    next_cri: u64,
    pub images: ImageManager,
    pub services: Informer,
    objects: OrdMap<ObjectRef, Fetched>,
}

impl Host {
    pub fn new(config: Config) -> Host {
        let agent = Str::from(format!("kubelet/{}", config.name));
        let random = Stream::derive(config.seed, &format!("kubelet/{}", config.number));
        let jitter = Stream::derive(config.seed, &format!("kubelet/{}/session", config.number));
        Host {
            session: Session::new(agent, jitter)
                .with_credential(api::http::Credential::Node(config.name.clone())),
            random,
            recorder: EventRecorder::new("kubelet", config.name.clone(), Token::new(timer::RECORDER, 0)),
            calls: Calls::new(REQUEST_TIMEOUT, Token::new(timer::CALLS, 0)),
            cri_calls: OrdMap::new(),
            next_cri: FIRST_CRI_CALL,
            images: ImageManager::default(),
            services: Informer::new(
                client::resource::SERVICES.clone(),
                client::Selection::default(),
                &[],
                Token::new(timer::SERVICES, 0),
            ),
            objects: OrdMap::new(),
            config,
        }
    }

    /// Calls the runtime.
    pub fn cri(&mut self, context: &mut Context<'_>, call: CriCall, request: cri::Request) -> cri::CallId {
        self.next_cri += 1;
        let id = cri::CallId(self.next_cri);
        self.cri_calls.insert(id, call);
        context.send(Actor::Runtime(self.config.number), Message::Cri { id, request: Arc::new(request) });
        id
    }

    /// Sends a request to the API server.
    pub fn api(&mut self, context: &mut Context<'_>, call: ApiCall, request: Request) {
        let (calls, session) = (&mut self.calls, &mut self.session);
        as_client(context, |c| calls.send(session, c, request, call));
    }

    /// A ConfigMap or Secret, from the cache or from the API server.
    pub fn object(&mut self, context: &mut Context<'_>, what: &ObjectRef, worker: u64) -> Lookup {
        match self.objects.get_mut(what) {
            Some(Fetched::Present(object, at)) if context.now.since(*at) < OBJECT_FRESH => {
                return Lookup::Found(object.clone());
            }
            // It has just turned out: whoever looks now was waiting for this answer.
            Some(Fetched::Missing(at)) if *at == context.now => return Lookup::Missing,
            Some(Fetched::Fetching(waiting)) => {
                if !waiting.contains(&worker) {
                    waiting.push(worker);
                }
                return Lookup::Wait;
            }
            _ => {}
        }
        self.objects.insert(what.clone(), Fetched::Fetching(vec![worker]));
        let resource = if what.secret { &SECRETS } else { &CONFIG_MAPS };
        let request = resource.get(&what.key.namespace, &what.key.name);
        self.api(context, ApiCall::Fetch(what.clone()), request);
        Lookup::Wait
    }

    /// An object arrived (or is not there): the workers that wait for it.
    pub fn fetched(&mut self, what: &ObjectRef, object: Option<Object>, now: SimTime) -> Vec<u64> {
        let found = match object {
            Some(object) => Fetched::Present(object, now),
            None => Fetched::Missing(now),
        };
        match self.objects.insert(what.clone(), found) {
            Some(Fetched::Fetching(waiting)) => waiting,
            _ => Vec::new(),
        }
    }

    /// True when a failed request's number is that of a call to the runtime.
    pub fn is_cri(id: u64) -> bool {
        id > FIRST_CRI_CALL
    }
}
