//! `window.clusterlab`: the lab for pages around it, and for tests. `static/embed.md` documents it.
//!
//! Built from plain closures: nothing here needs generated glue of its own. Everything that may take long is a
//! promise over the same sliced work that the page's buttons use.

use js_sys::{Array, Function, Object, Promise, Reflect};
use lab::{Action, Lab, LabFile};
use sim::{EventNumber, SimTime};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CustomEvent, Window};

use super::session::{Session, State};
use super::work::{EDITOR_SESSION, EMBED_SESSION, End, Job, Then};
use super::{clock, url};

/// Virtual time that a command may take before it is interrupted.
const COMMAND_LIMIT: SimTime = SimTime::from_secs(3600);
/// First words that the lab's terminal knows by themselves; other lines are kubectl's arguments.
const COMMANDS: [&str; 9] = ["kubectl", "etcdctl", "crictl", "ssh", "curl", "dig", "helm", "echo", "cat"];

type Call = dyn FnMut(JsValue, JsValue, JsValue) -> JsValue;

/// Puts `clusterlab` on the window and says `clusterlab-ready` when the first lab is there.
pub fn install(session: &Session) {
    let Some(window) = web_sys::window() else { return };
    let object = Object::new();
    let add = |name: &str, call: fn(&Session, [JsValue; 3]) -> JsValue| {
        let session = session.clone();
        let closure = Closure::wrap(Box::new(move |a, b, c| call(&session, [a, b, c])) as Box<Call>);
        set(&object, name, &closure.into_js_value());
    };
    add("kubectl", |session, [line, ..]| command(session, &text(&line)));
    add("apply", |session, [manifests, ..]| apply(session, text(&manifests)));
    add("step", |session, [n, ..]| {
        session.set_playing(false);
        let count = n.as_f64().map_or(1, |n| n.max(0.0) as u64);
        promise_of(session, Job::Step(count), |state, _| event_count(state))
    });
    add("play", |session, [speed, ..]| {
        if let Some(speed) = speed.as_f64() {
            session.set_speed(speed);
        }
        session.set_playing(true);
        JsValue::UNDEFINED
    });
    add("pause", |session, _| {
        session.set_playing(false);
        JsValue::UNDEFINED
    });
    add("runUntil", |session, [until, ..]| run_until(session, &until));
    add("stateHash", |session, _| session.state().lab().state_hash().to_string().into());
    add("eventCount", |session, _| event_count(&session.state()));
    add("now", |session, _| session.state().lab().now().as_secs_f64().into());
    add("seek", |session, [event, ..]| {
        session.set_playing(false);
        let last = session.state().lab().last().0;
        let event = event.as_f64().map_or(0, |n| n.max(0.0) as u64).min(last);
        promise_of(session, Job::Seek(EventNumber(event)), |state, _| event_count(state))
    });
    add("link", |session, _| url::with_fragment(&session.state().lab().link()).into());
    add("load", |session, [what, ..]| load(session, &text(&what)));
    add("request", |session, [method, path, body]| {
        request(session, text(&method), text(&path), body.as_string())
    });
    let ready = ready_promise(session, &window);
    set(&object, "ready", &ready);
    set(&window, "clusterlab", &object);
}

/// Resolves when the queue of the start is done.
fn ready_promise(session: &Session, window: &Window) -> JsValue {
    let window = window.clone();
    promise(move |resolve, _| {
        let then: Then = Box::new(move |session, _, _| {
            let _ = resolve.call1(&JsValue::NULL, &JsValue::UNDEFINED);
            if let Ok(event) = CustomEvent::new("clusterlab-ready") {
                let _ = window.dispatch_event(&event);
            }
            drop(session.clone());
        });
        session.work_then(Job::Step(0), Some(then));
    })
}

fn run_until(session: &Session, until: &JsValue) -> JsValue {
    let wish = until.as_f64().map(|n| n.to_string()).or_else(|| until.as_string()).unwrap_or_default();
    let Some(span) = clock::parse_duration(&wish) else {
        return rejected(&format!(
            "runUntil: {wish:?} is no duration; write \"60s\", \"1m30s\" or \"500ms\""
        ));
    };
    session.set_playing(false);
    promise_of(session, Job::RunUntil(SimTime::ZERO + span), |state, _| event_count(state))
}

fn command(session: &Session, line: &str) -> JsValue {
    let line = line.trim();
    let first = line.split_whitespace().next().unwrap_or_default();
    let line = if COMMANDS.contains(&first) { line.to_owned() } else { format!("kubectl {line}") };
    let action = Action::Kubectl { session: EMBED_SESSION, line, stdin: None };
    promise_of(session, waiting(EMBED_SESSION, action), command_result)
}

fn apply(session: &Session, manifests: String) -> JsValue {
    promise_of(session, waiting(EDITOR_SESSION, Action::Apply { text: manifests }), command_result)
}

fn waiting(session: u32, action: Action) -> Job {
    Job::Command { session, action: Some(action), limit: COMMAND_LIMIT }
}

/// `{stdout, stderr, code}`, and for manifests `problems`.
fn command_result(state: &State, job: &Job) -> JsValue {
    let Job::Command { session, .. } = job else { return JsValue::UNDEFINED };
    let (stdout, stderr) = state.lab().printed(*session);
    let result = Object::new();
    set(&result, "stdout", &stdout.into());
    set(&result, "stderr", &stderr.into());
    let code = state.lab().session(*session).exit_code;
    set(&result, "code", &code.map_or(JsValue::NULL, JsValue::from));
    if *session == EDITOR_SESSION {
        let problems = Array::new();
        for problem in state.lab().problems() {
            let entry = Object::new();
            set(&entry, "document", &problem.document.into());
            set(&entry, "line", &problem.line.into());
            set(&entry, "column", &problem.column.into());
            set(&entry, "field", &problem.field.as_str().into());
            set(&entry, "message", &problem.message.as_str().into());
            problems.push(&entry);
        }
        set(&result, "problems", &problems);
    }
    result.into()
}

fn request(session: &Session, method: String, path: String, body: Option<String>) -> JsValue {
    let action = Action::Request { id: 0, method, path, headers: Vec::new(), body };
    let job = Job::Request { action: Some(action), ticket: 0, answer: None, limit: SimTime::from_secs(120) };
    promise_of(session, job, |_, job| {
        // 502 as a proxy would say it: the connection failed.
        let (status, body) = match job {
            Job::Request { answer: Some(Ok((status, body))), .. } => (*status, body.as_str()),
            Job::Request { answer: Some(Err(reason)), .. } => (502, reason.as_str()),
            _ => (504, ""),
        };
        let result = Object::new();
        set(&result, "status", &status.into());
        set(&result, "body", &body.into());
        result.into()
    })
}

fn load(session: &Session, what: &str) -> JsValue {
    if url::is_link(what) {
        let broken = lab::Opening::new(what).err().map(|e| e.to_string());
        if let Some(error) = broken {
            return rejected(&error);
        }
        session.open_link(what);
    } else {
        match LabFile::parse_yaml(what) {
            Err(error) => return rejected(&error.to_string()),
            // Standing still at its first moment: who embeds it says how far it shall run.
            Ok(file) => {
                session.cancel();
                session.set_playing(false);
                session.replace(Lab::new(file));
            }
        }
    }
    promise_of(session, Job::Step(0), |state, _| {
        let result = Object::new();
        set(&result, "event", &event_count(state));
        set(&result, "hash", &state.lab().state_hash().to_string().into());
        result.into()
    })
}

/// Queues a job and gives a promise of what `result` makes of its end; it is rejected when somebody cancels it.
fn promise_of(session: &Session, job: Job, result: fn(&State, &Job) -> JsValue) -> JsValue {
    promise(|resolve, reject| {
        let then: Then = Box::new(move |session, job, end| {
            let answer = match end {
                End::Done => resolve.call1(&JsValue::NULL, &result(&session.state(), &job)),
                End::Cancelled => reject.call1(&JsValue::NULL, &js_sys::Error::new("stopped").into()),
            };
            // What the page around us does with the answer is its own affair.
            drop(answer);
        });
        session.work_then(job, Some(then));
    })
}

fn promise(start: impl FnOnce(Function, Function)) -> JsValue {
    let mut start = Some(start);
    Promise::new(&mut |resolve, reject| {
        if let Some(start) = start.take() {
            start(resolve.unchecked_into(), reject.unchecked_into());
        }
    })
    .into()
}

fn rejected(message: &str) -> JsValue {
    Promise::reject(&js_sys::Error::new(message)).into()
}

fn event_count(state: &State) -> JsValue {
    (state.lab().cursor().0 as f64).into()
}

fn text(value: &JsValue) -> String {
    value.as_string().unwrap_or_default()
}

fn set(object: &JsValue, key: &str, value: &JsValue) {
    // Only frozen objects refuse, and these are ours.
    let _ = Reflect::set(object, &JsValue::from_str(key), value);
}
