//! Containers from image to end, driven as a kubelet drives them.

use std::sync::Arc;
use std::time::Duration;

use api::http::{Method, Request as HttpRequest};
use clusterlab_runtime::cri::*;
use clusterlab_runtime::{ContainerState, Input, Message, Runtime};
use sim::{Actor, Context, Effect, EventQueue, SimTime};

/// A runtime with its own little event queue.
struct Bench {
    runtime: Runtime,
    now: SimTime,
    queue: EventQueue<Input>,
    heard: Vec<Message>,
    calls: u64,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench {
            runtime: Runtime::new(1, 7),
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            heard: Vec::new(),
            calls: 0,
        };
        bench.feed(Input::Start);
        bench.ask(Request::UpdateRuntimeConfig { pod_cidr: "10.244.0.0/24".into() });
        bench
    }

    fn feed(&mut self, input: Input) {
        let mut effects = Vec::new();
        self.runtime.handle(input, &mut Context::new(self.now, Actor::Runtime(1), &mut effects));
        for effect in effects {
            match effect {
                Effect::Send { message, .. } => self.heard.push(message),
                Effect::Timer { after, token } => {
                    self.queue.push(self.now + after, Input::Timer(token));
                }
                Effect::Note(_) => {}
            }
        }
    }

    fn run_until(&mut self, until: SimTime) {
        while self.queue.next_time().is_some_and(|at| at <= until) {
            let (at, _, input) = self.queue.pop().unwrap();
            self.now = at;
            self.feed(input);
        }
        self.now = until;
    }

    /// Calls and runs until the answer is there.
    fn ask(&mut self, request: Request) -> Response {
        self.calls += 1;
        let id = CallId(self.calls);
        self.feed(Input::Cri { id, request: Arc::new(request) });
        for _ in 0..10_000 {
            let found =
                self.heard.iter().position(|m| matches!(m, Message::Response { id: i, .. } if *i == id));
            if let Some(at) = found {
                let Message::Response { response, .. } = self.heard.remove(at) else { unreachable!() };
                return Response::clone(&response);
            }
            let (at, _, input) = self.queue.pop().expect("an answer");
            self.now = at;
            self.feed(input);
        }
        panic!("no answer to call {id:?}")
    }

    fn sandbox(&mut self, name: &str) -> (SandboxId, std::net::Ipv4Addr) {
        let config = SandboxConfig {
            namespace: "default".into(),
            name: name.into(),
            uid: "u".into(),
            attempt: 0,
            host_ip: None,
        };
        match self.ask(Request::RunPodSandbox(Arc::new(config))) {
            Response::Sandbox { id, ip } => (id, ip),
            other => panic!("{other:?}"),
        }
    }

    fn start(&mut self, sandbox: SandboxId, config: ContainerConfig) -> ContainerId {
        let pulled = self.ask(Request::PullImage { image: config.image.clone() });
        assert!(matches!(pulled, Response::Image(Some(_))), "{pulled:?}");
        let Response::Container(id) =
            self.ask(Request::CreateContainer { sandbox, config: Arc::new(config) })
        else {
            panic!("not created")
        };
        assert_eq!(self.ask(Request::StartContainer(id)), Response::Done);
        id
    }

    fn state(&mut self, id: ContainerId) -> ContainerState {
        match self.ask(Request::ContainerStatus(id)) {
            Response::Status(status) => status.state,
            other => panic!("{other:?}"),
        }
    }

    fn log(&mut self, id: ContainerId) -> Vec<String> {
        match self.ask(Request::ReadLog { container: id, tail: None, follow: false }) {
            Response::Log(lines) => lines.into_iter().map(|l| l.text.to_string()).collect(),
            other => panic!("{other:?}"),
        }
    }
}

fn shell(image: &str, script: &str) -> ContainerConfig {
    ContainerConfig {
        name: "c".into(),
        image: image.into(),
        command: vec!["sh".into(), "-c".into(), script.into()],
        termination_message_path: "/dev/termination-log".into(),
        ..ContainerConfig::default()
    }
}

#[test]
fn two_containers_share_a_volume() {
    let mut bench = Bench::new();
    let (sandbox, ip) = bench.sandbox("web");
    assert_eq!(ip.to_string(), "10.244.0.2");
    bench.ask(Request::WriteVolume { path: "/pods/u/html".into(), files: Vec::new() });
    let mount = |path: &str| Mount {
        container_path: path.into(),
        host_path: "/pods/u/html".into(),
        read_only: false,
    };
    let nginx = ContainerConfig {
        name: "nginx".into(),
        image: "nginx".into(),
        mounts: vec![mount("/usr/share/nginx/html")],
        ..ContainerConfig::default()
    };
    let nginx = bench.start(sandbox, nginx);
    let get = |path: &str| HttpRequest::new(Method::Get, path);
    let now = bench.now;
    assert_eq!(bench.runtime.http(now, ip, 80, &get("/")).unwrap().status, 404);
    let mut writer = shell("busybox", "echo hello from $HOSTNAME > /data/index.html && sleep 600");
    writer.mounts = vec![mount("/data")];
    bench.start(sandbox, writer);
    let answer = bench.runtime.http(now, ip, 80, &get("/")).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, api::http::Body::Bytes(b"hello from web\n".as_slice().into()));
    assert!(bench.runtime.http(now, ip, 81, &get("/")).is_err());
    let log = bench.log(nginx);
    assert!(log.last().unwrap().contains("\"GET / HTTP/1.1\" 200 15"), "{log:?}");
    let probe = Request::Probe { sandbox, port: 80, path: Some("/".into()) };
    assert_eq!(bench.ask(probe), Response::Probed { status: 200 });
}

#[test]
fn endings() {
    for (script, signal, want) in [
        ("exit 3", false, Some(3)),
        ("sleep 5; exit 4", false, Some(4)),
        ("sleep 600", false, None),
        // Process 1 without a handler does not hear SIGTERM.
        ("sleep 600", true, Some(137)),
        ("trap 'exit 0' TERM; sleep 600 & wait", true, Some(0)),
        ("trap 'exit 7' TERM; while true; do sleep 1; done", true, Some(7)),
        ("exec nginx", false, Some(127)),
        ("echo 'out of luck' > /dev/termination-log; false", false, Some(1)),
    ] {
        let mut bench = Bench::new();
        let (sandbox, _) = bench.sandbox("p");
        let id = bench.start(sandbox, shell("busybox", script));
        let started = bench.now;
        bench.run_until(started + Duration::from_secs(10));
        if signal {
            bench.ask(Request::StopContainer { container: id, grace: Duration::from_secs(30) });
        }
        let code = match bench.state(id) {
            ContainerState::Exited { code, reason, message, .. } => {
                assert_eq!(reason, if code == 0 { "Completed" } else { "Error" });
                assert_eq!(message.is_empty(), !script.contains("luck"));
                Some(code)
            }
            _ => None,
        };
        assert_eq!(code, want, "{script}");
    }
}

#[test]
fn scripts() {
    for (script, want) in [
        ("echo a; echo b", "a\nb"),
        ("true && echo yes || echo no", "yes"),
        ("false && echo yes || echo no", "no"),
        ("! true; echo $?", "1"),
        ("X='a  b'; echo $X; echo \"$X\"", "a b\na  b"),
        ("for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo n$i; done", "n1\nn3"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3"),
        ("until false; do break; done; echo out", "out"),
        ("echo one two | tee /tmp/f | wc -l; cat /tmp/f", "1\none two"),
        ("mkdir -p /d; cd /d; echo x > f; echo y >> f; cat < f; ls", "x\ny\nf"),
        ("echo \"$(echo nested)\" ${UNSET:-default} ${HOME:+set}", "nested default set"),
        ("set -e; echo a; false; echo b", "a"),
        ("set -e; if false; then :; fi; false || echo c", "c"),
        ("echo err >&2; ls /nope 2>/dev/null; echo $?", "err\n1"),
        ("{ echo a; echo b; } > /tmp/g; cat /tmp/g", "a\nb"),
        ("printf '%s-%03d\\n' x 7", "x-007"),
        ("date +%FT%T", "2026-01-01T00:00:0"),
        ("nope", "sh: nope: not found"),
        ("echo $((1/0))", "sh: divide by zero"),
        ("if true; then echo", "sh: syntax error: unexpected end of file (expecting \"fi\")"),
        ("sh -c 'echo $0 $1' zero one", "zero one"),
        ("env | grep HOSTNAME; hostname", "HOSTNAME=p\np"),
        ("seq 3 | tail -n 1; # comment", "3"),
    ] {
        let mut bench = Bench::new();
        let (sandbox, _) = bench.sandbox("p");
        let id = bench.start(sandbox, shell("alpine:3.22", script));
        let started = bench.now;
        bench.run_until(started + Duration::from_secs(1));
        let log = bench.log(id).join("\n");
        assert!(
            if script.starts_with("date") { log.starts_with(want) } else { log == want },
            "{script}: {log}"
        );
    }
}

#[test]
fn a_busy_loop_lets_time_pass() {
    let mut bench = Bench::new();
    let (sandbox, _) = bench.sandbox("p");
    let id = bench.start(sandbox, shell("busybox", "while true; do :; done"));
    let started = bench.now;
    bench.run_until(started + Duration::from_secs(1));
    assert!(matches!(bench.state(id), ContainerState::Running { .. }));
}

#[test]
fn what_cannot_be() {
    let mut bench = Bench::new();
    for (image, want) in [
        (
            "nginx:does-not-exist",
            "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/nginx:does-not-exist\"",
        ),
        ("registry.invalid/x", "no such host"),
        ("team/nonexistent", "pull access denied"),
        ("NGINX", "invalid reference format"),
    ] {
        let Response::Failed(failure) = bench.ask(Request::PullImage { image: image.into() }) else {
            panic!()
        };
        assert!(failure.to_string().contains(want), "{failure}");
    }
    let (sandbox, _) = bench.sandbox("p");
    let config = ContainerConfig { image: "nginx".into(), ..ContainerConfig::default() };
    let create = |config: ContainerConfig| Request::CreateContainer { sandbox, config: Arc::new(config) };
    assert!(matches!(bench.ask(create(config)), Response::Failed(_)), "not pulled yet");
    bench.ask(Request::PullImage { image: "nginx".into() });
    let config =
        ContainerConfig { image: "nginx".into(), command: vec!["nope".into()], ..ContainerConfig::default() };
    let Response::Container(id) = bench.ask(create(config)) else { panic!() };
    let Response::Failed(failure) = bench.ask(Request::StartContainer(id)) else { panic!() };
    assert!(failure.message.contains("exec: \"nope\": executable file not found in $PATH"));
    assert!(matches!(bench.state(id), ContainerState::Exited { code: 128, .. }));
}

#[test]
fn exec_and_power_off() {
    let mut bench = Bench::new();
    let (sandbox, ip) = bench.sandbox("p");
    let id = bench.start(sandbox, shell("busybox", "echo x > /tmp/x; sleep 600"));
    let exec = |words: &[&str], seconds| Request::ExecSync {
        container: id,
        command: words.iter().map(|w| (*w).into()).collect(),
        timeout: Duration::from_secs(seconds),
    };
    assert_eq!(
        bench.ask(exec(&["cat", "/tmp/x"], 1)),
        Response::Exec { code: 0, stdout: "x\n".into(), stderr: "".into() }
    );
    let slow = bench.ask(exec(&["sh", "-c", "sleep 2; echo done; exit 5"], 10));
    assert_eq!(slow, Response::Exec { code: 5, stdout: "done\n".into(), stderr: "".into() });
    assert!(matches!(bench.ask(exec(&["sleep", "9"], 1)), Response::Failed(_)));
    let now = bench.now;
    bench.runtime.power_off(now);
    bench.feed(Input::Start);
    assert!(matches!(bench.state(id), ContainerState::Exited { code: 255, .. }));
    assert!(bench.runtime.http(now, ip, 80, &HttpRequest::new(Method::Get, "/")).is_err());
    assert_eq!(bench.ask(Request::RemovePodSandbox(sandbox)), Response::Done);
    assert_eq!(bench.runtime.containers().count(), 0);
    let (_, next) = bench.sandbox("q");
    assert_eq!(next.to_string(), "10.244.0.3", "addresses are reused late");
}
