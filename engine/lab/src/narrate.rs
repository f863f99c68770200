//! One sentence for every event, and a short label for every message.
//!
//! Sentences are templates with arguments ([`Note`]), so that the page can say them in another language.

use api::http::{Frame, Request};
use etcd::rpc;
use runtime::cri;
use sim::{Actor, Note, Str};

use crate::action::{Action, Fault};
use crate::event::{Envelope, Event, Message};
use crate::trace::{KeyChange, Record};
use crate::view::Lane;

impl Lane {
    /// Where an event belongs on the score: with the process that handles it.
    pub fn of(event: &Event) -> Lane {
        match handler(event) {
            Actor::User | Actor::Client => Lane::You,
            Actor::ApiServer => Lane::Api,
            Actor::Etcd(_) => Lane::Etcd,
            Actor::Scheduler | Actor::ControllerManager | Actor::CloudControllerManager => Lane::Loops,
            Actor::Kubelet(_) | Actor::Runtime(_) | Actor::KubeProxy(_) => Lane::Nodes,
        }
    }
}

impl Event {
    /// True for the arrival of one of Raft's messages.
    pub fn is_raft(&self) -> bool {
        matches!(self, Event::Deliver(envelope) if envelope.message.is_raft())
    }
}

impl KeyChange {
    /// True for objects that people care about: leases and Events change all the time.
    pub fn is_object(&self) -> bool {
        !["/registry/leases/", "/registry/events/", "/registry/masterleases/"]
            .iter()
            .any(|prefix| self.key.starts_with(prefix))
    }

    /// `pods/default/web-1`.
    pub fn what(&self) -> &str {
        self.key.strip_prefix("/registry/").unwrap_or(&self.key)
    }
}

/// Who handles an event.
pub fn handler(event: &Event) -> Actor {
    match event {
        Event::Start(actor) | Event::Timer(actor, _) => *actor,
        Event::Deliver(envelope) => envelope.to,
        Event::Failed { call, .. } => call.client,
        Event::Disconnected { server, .. } => *server,
        Event::ConnectionTimeout(a, _) => *a,
        Event::Action(_) | Event::Bootstrap => Actor::User,
    }
}

/// The sentence for an event: the process' own last word where it said something, what arrived where it did not.
pub fn sentence(record: &Record) -> Note {
    let event = &record.event;
    if let Some(note) = record.notes.first() {
        return note.clone();
    }
    match event {
        Event::Start(actor) => note("{0} starts", [name(*actor)]),
        Event::Timer(actor, token) => match actor {
            Actor::Etcd(_) => note(etcd::member::timer_says(*token), [name(*actor)]),
            Actor::Kubelet(_) => note(kubelet::timer_says(*token), [name(*actor)]),
            Actor::Runtime(_) => note("{0}: a piece of work is done, or a process wakes up", [name(*actor)]),
            Actor::ControllerManager => note("{0}: the next key in a work queue", [name(*actor)]),
            Actor::Scheduler => note("{0}: the next pod in the queue", [name(*actor)]),
            Actor::KubeProxy(_) => note("{0}: time to write the rules", [name(*actor)]),
            Actor::ApiServer => note("{0}: a deadline or a bookmark is due", [name(*actor)]),
            _ => note("{0}: a timer of its own runs out (kind {1})", [name(*actor), token.kind.to_string()]),
        },
        Event::Deliver(envelope) => {
            let Envelope { from, to, message, .. } = envelope;
            note("{0} → {1}: {2}", [name(*from), name(*to), label(message)])
        }
        Event::Failed { call, reason } => note(
            "{0} gets no answer from {1}: {2}",
            [name(call.client), name(call.server), reason.to_string()],
        ),
        Event::Disconnected { server, client } => {
            note("{0} sees that the connection of {1} is gone", [name(*server), name(*client)])
        }
        Event::ConnectionTimeout(a, b) => note(
            "{0} and {1} heard nothing of each other for 45 s and give the connection up",
            [name(*a), name(*b)],
        ),
        Event::Action(action) => action_note(action),
        Event::Bootstrap => note("the lab looks whether the control plane is ready", [""; 0]),
    }
}

fn action_note(action: &Action) -> Note {
    match action {
        Action::Kubectl { line, .. } => note("you: {0}", [line.clone()]),
        Action::Apply { text } => {
            note("you: apply {0} lines of manifests", [text.lines().count().to_string()])
        }
        Action::Interrupt { .. } => note("you: Ctrl-C", [""; 0]),
        Action::Fault(fault) => fault_note(fault),
        Action::Request { method, path, .. } => note("client: {0} {1}", [method.clone(), path.clone()]),
        Action::Fetch { url, .. } => note("client: fetch {0}", [url.clone()]),
        Action::HangUp { .. } => note("client: hangs up", [""; 0]),
    }
}

fn fault_note(fault: &Fault) -> Note {
    match fault {
        Fault::Crash(target) => note("you: kill {0}", [target.clone()]),
        Fault::Restart(target) => note("you: start {0}", [target.clone()]),
        Fault::Cut(ends) => note("you: cut the link {0} – {1}", [ends.from.clone(), ends.to.clone()]),
        Fault::Heal(ends) => note("you: mend the link {0} – {1}", [ends.from.clone(), ends.to.clone()]),
        Fault::HealAll => note("you: mend all links", [""; 0]),
        Fault::Link { ends, .. } => {
            note("you: change the link {0} – {1}", [ends.from.clone(), ends.to.clone()])
        }
        Fault::Hold(_) => note("you: hold a message", [""; 0]),
        Fault::Deliver(_) => note("you: let a message go", [""; 0]),
        Fault::Drop(_) => note("you: throw a message away", [""; 0]),
        Fault::Delay { by_ms, .. } => note("you: delay a message by {0} ms", [by_ms.to_string()]),
        Fault::Duplicate(_) => note("you: double a message", [""; 0]),
        Fault::Reorder { .. } => note("you: let two messages change places", [""; 0]),
        Fault::Partition(groups) => {
            let groups: Vec<String> = groups.iter().map(|names| names.join(", ")).collect();
            note("you: cut the network into {0}", [groups.join(" | ")])
        }
        Fault::Wipe(target) => note("you: empty the disk of {0}", [target.clone()]),
        Fault::CrashTorn { target, sectors } => note(
            "you: kill {0} in the middle of a write, {1} sectors made it",
            [target.clone(), sectors.to_string()],
        ),
        Fault::Corrupt { target, .. } => note("you: flip a bit in the log of {0}", [target.clone()]),
        Fault::DiskLies { target, lies: true } => {
            note("you: the disk of {0} lies about fsync", [target.clone()])
        }
        Fault::DiskLies { target, .. } => note("you: the disk of {0} is honest again", [target.clone()]),
        Fault::DiskLatency { target, min_us, max_us } => note(
            "you: an fsync of {0} takes {1} to {2} µs",
            [target.clone(), min_us.to_string(), max_us.to_string()],
        ),
        Fault::Tune { target, .. } if target.is_empty() => {
            note("you: change the clocks of all members", [""; 0])
        }
        Fault::Tune { target, .. } => note("you: change the clock of {0}", [target.clone()]),
        Fault::Campaign(members) => note("you: the election timer of {0} runs out", [members.join(", ")]),
        Fault::Join(target) => note("you: start {0} as a new member", [target.clone()]),
        Fault::ProposeConfChange { target, changes } => {
            note("you: propose {1} to {0}", [target.clone(), changes.clone()])
        }
    }
}

fn note<const N: usize>(template: &'static str, args: [impl Into<Str>; N]) -> Note {
    Note::new(template, args)
}

/// A process' name in a sentence.
pub fn name(actor: Actor) -> String {
    match actor {
        Actor::User => "kubectl".into(),
        Actor::Client => "client".into(),
        Actor::ApiServer => "API server".into(),
        Actor::ControllerManager => "controller manager".into(),
        other => other.to_string(),
    }
}

/// A message in a few words: `MsgApp 312`, `PATCH deployments/web`, `watch pods: 3 events`.
pub fn label(message: &Message) -> String {
    match message {
        Message::Raft(message) => raft_label(message),
        Message::Forward(_) => "forwarded call".to_owned(),
        Message::EtcdRequest(_, request) => etcd_request(request),
        Message::EtcdResponse(_, response) => etcd_response(response),
        Message::Request(_, request) => request_label(request),
        Message::Cancel(_) => "close".to_owned(),
        Message::Response(_, response) if response.streaming => format!("{} stream", response.status),
        Message::Response(_, response) => response.status.to_string(),
        Message::Frame(_, Frame::Watch(events)) => match events.first() {
            Some(first) if events.len() == 1 => {
                format!("{} {} {}", first.kind.as_str(), first.object.kind(), first.object.name())
            }
            Some(first) => format!("{} events of {}", events.len(), first.object.kind()),
            None => "no events".to_owned(),
        },
        Message::Frame(_, Frame::Tree(_)) => "table rows".to_owned(),
        Message::Frame(_, Frame::Data(bytes)) => format!("{} bytes", bytes.len()),
        Message::Frame(_, Frame::End) => "end of stream".to_owned(),
        Message::CriRequest(_, request) => cri_name(request).to_owned(),
        Message::CriResponse(_, response) => match &**response {
            cri::Response::Failed(failure) => failure.to_string(),
            _ => "done".to_owned(),
        },
        Message::CriEvent(_) => "container event".to_owned(),
    }
}

/// The call's name in the Container Runtime Interface.
fn cri_name(request: &cri::Request) -> &'static str {
    match request {
        cri::Request::Version => "Version",
        cri::Request::UpdateRuntimeConfig { .. } => "UpdateRuntimeConfig",
        cri::Request::RunPodSandbox(_) => "RunPodSandbox",
        cri::Request::StopPodSandbox(_) => "StopPodSandbox",
        cri::Request::RemovePodSandbox(_) => "RemovePodSandbox",
        cri::Request::PullImage { .. } => "PullImage",
        cri::Request::ImageStatus { .. } => "ImageStatus",
        cri::Request::ListImages => "ListImages",
        cri::Request::RemoveImage { .. } => "RemoveImage",
        cri::Request::CreateContainer { .. } => "CreateContainer",
        cri::Request::StartContainer(_) => "StartContainer",
        cri::Request::StopContainer { .. } => "StopContainer",
        cri::Request::RemoveContainer(_) => "RemoveContainer",
        cri::Request::ContainerStatus(_) => "ContainerStatus",
        cri::Request::List => "ListContainers",
        cri::Request::ExecSync { .. } => "ExecSync",
        // The rest is a kubelet's own work on its machine, not CRI's.
        cri::Request::ReadLog { .. } | cri::Request::UnfollowLog(_) => "read a log",
        cri::Request::Probe { .. } => "probe",
        cri::Request::WriteVolume { .. } => "write a volume",
        cri::Request::RemoveVolume { .. } => "remove a volume",
    }
}

fn raft_label(message: &raft::Message) -> String {
    let kind = message.kind.name();
    match message.entries.last() {
        Some(last) => format!("{kind} {}", last.index.0),
        None if message.index.0 > 0 => format!("{kind} {}", message.index.0),
        None => kind.to_owned(),
    }
}

/// `GET pods/default/web`, `watch pods`, `PATCH deployments/default/web`.
pub fn request_label(request: &Request) -> String {
    let mut parts: Vec<&str> = request.path.split('/').filter(|p| !p.is_empty()).collect();
    let group = if parts.first() == Some(&"apis") { 3 } else { 2 };
    if parts.len() > group && matches!(parts[0], "api" | "apis") {
        parts.drain(..group);
    }
    let mut what = String::new();
    if parts.len() > 2 && parts[0] == "namespaces" {
        // namespaces/NS/pods[/NAME] reads better as pods/NS[/NAME].
        what.push_str(parts[2]);
        what.push('/');
        what.push_str(parts[1]);
        for part in &parts[3..] {
            what.push('/');
            what.push_str(part);
        }
    } else {
        what.push_str(&parts.join("/"));
    }
    if request.is_watch() { format!("watch {what}") } else { format!("{} {what}", request.method) }
}

fn short(key: &str) -> &str {
    key.strip_prefix("/registry/").unwrap_or(key)
}

fn etcd_request(request: &rpc::Request) -> String {
    match request {
        rpc::Request::Range(range) if range.count_only => "revision?".to_owned(),
        rpc::Request::Range(range) => format!("range {}", short(&range.range.start)),
        rpc::Request::Put(put) => format!("put {}", short(&put.key)),
        rpc::Request::DeleteRange(delete) => format!("delete {}", short(&delete.range.start)),
        rpc::Request::Txn(txn) => match txn.then.first() {
            Some(rpc::Op::Put(put)) => format!("txn put {}", short(&put.key)),
            Some(rpc::Op::DeleteRange(delete)) => format!("txn delete {}", short(&delete.range.start)),
            _ => "txn".to_owned(),
        },
        rpc::Request::Compact { revision, .. } => format!("compact {}", revision.0),
        rpc::Request::Watch(watch) => format!("watch {}", short(&watch.range.start)),
        rpc::Request::WatchCancel { .. } => "cancel watch".to_owned(),
        rpc::Request::Cancel { .. } => "cancel".to_owned(),
        rpc::Request::WatchProgress => "progress?".to_owned(),
        rpc::Request::LeaseGrant { ttl_seconds, .. } => format!("lease grant {ttl_seconds}s"),
        rpc::Request::LeaseRevoke { .. } => "lease revoke".to_owned(),
        rpc::Request::LeaseKeepAlive { .. } => "lease keep-alive".to_owned(),
        rpc::Request::LeaseTimeToLive { .. } => "lease time-to-live".to_owned(),
        rpc::Request::LeaseLeases => "lease list".to_owned(),
        rpc::Request::Status => "endpoint status".to_owned(),
        rpc::Request::MemberList { .. } => "member list".to_owned(),
        rpc::Request::MemberAdd { .. } => "member add".to_owned(),
        rpc::Request::MemberRemove { .. } => "member remove".to_owned(),
        rpc::Request::MemberUpdate { .. } => "member update".to_owned(),
        rpc::Request::MemberPromote { .. } => "member promote".to_owned(),
        rpc::Request::MoveLeader { .. } => "move-leader".to_owned(),
        rpc::Request::Alarm { action: rpc::AlarmAction::Get, .. } => "alarm list".to_owned(),
        rpc::Request::Alarm { .. } => "alarm".to_owned(),
        rpc::Request::Defragment => "defrag".to_owned(),
        rpc::Request::Hash => "hash".to_owned(),
        rpc::Request::HashKv { .. } => "hashkv".to_owned(),
        rpc::Request::Snapshot => "snapshot".to_owned(),
    }
}

fn etcd_response(response: &rpc::Response) -> String {
    match response {
        rpc::Response::Op { header, response } => match response {
            rpc::OpResponse::Txn { succeeded: false, .. } => "txn refused".to_owned(),
            rpc::OpResponse::Range { count, .. } => format!("{count} keys at {}", header.revision.0),
            _ => format!("rev {}", header.revision.0),
        },
        rpc::Response::WatchEvents { header, events, .. } if events.is_empty() => {
            format!("progress {}", header.revision.0)
        }
        rpc::Response::WatchEvents { header, events, .. } => {
            format!("{} changes, rev {}", events.len(), header.revision.0)
        }
        rpc::Response::WatchCreated { .. } => "watch created".to_owned(),
        rpc::Response::WatchCanceled { .. } => "watch cancelled".to_owned(),
        rpc::Response::Error(error) => error.to_string(),
        _ => "ok".to_owned(),
    }
}
