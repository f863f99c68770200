//! Pods from binding to deletion, on a node with a real runtime.

mod bench;

use api::http::{Method, Request};
use api::{Value, object};
use bench::{Bench, summary};
use clusterlab_kubelet::Phase;

fn container(image: &str) -> Value {
    object! { "name": "c", "image": image, "imagePullPolicy": "IfNotPresent" }
}

fn script(text: &str) -> Value {
    let mut c = container("busybox:1.37");
    c.set(&["command"], object!(["sh", "-c", text]));
    c
}

fn with(container: Value) -> Value {
    object! { "containers": [container] }
}

#[test]
fn a_node_registers_and_becomes_ready() {
    let bench = Bench::new();
    let node = &bench.objects["/api/v1/nodes"]["/node-1"];
    let typed = node.node().unwrap();
    assert!(typed.is_ready());
    assert_eq!(typed.condition("Ready").unwrap().message, "kubelet is posting ready status");
    assert_eq!(typed.status.capacity["pods"].value(), 110);
    assert_eq!(typed.status.node_info.container_runtime_version, "containerd://2.2.0");
    assert_eq!(node.label("kubernetes.io/hostname").unwrap(), "node-1");
    let lease = &bench.objects["/apis/coordination.k8s.io/v1/leases"]["kube-node-lease/node-1"];
    assert_eq!(lease.lease().unwrap().spec.lease_duration_seconds, 40);
    assert!(bench.events("node-1").iter().any(|e| e == "NodeReady: Node node-1 status is now: NodeReady"));
}

#[test]
fn leases_often_status_rarely() {
    let mut bench = Bench::new();
    bench.requests.clear();
    bench.run_for(600);
    assert_eq!(bench.requests["PUT /apis/coordination.k8s.io/v1/leases"], 60);
    assert!((1..=2).contains(&bench.requests["PATCH /api/v1/nodes"]), "every five minutes");
}

#[test]
fn the_way_up() {
    let mut bench = Bench::new();
    bench.bind("web", with(container("nginx:1.29")));
    bench.run_for(10);
    assert_eq!(
        bench.told,
        ["Pending [ContainerCreating]", "Pending [ContainerCreating]", "Running [running ready]"]
    );
    let pod = bench.pod("web").unwrap().pod().unwrap().clone();
    assert_eq!(pod.status.pod_ip, "10.244.0.2");
    assert_eq!((pod.status.host_ip.as_str(), pod.status.qos_class.as_str()), ("172.18.0.11", "BestEffort"));
    assert!(pod.is_ready());
    let kinds: Vec<_> = pod.status.conditions.iter().map(|c| format!("{}={}", c.kind, c.status)).collect();
    assert_eq!(
        kinds,
        [
            "PodReadyToStartContainers=True",
            "Initialized=True",
            "Ready=True",
            "ContainersReady=True",
            "PodScheduled=True"
        ]
    );
    let ready = pod.condition("Ready").unwrap();
    assert_eq!(
        (ready.reason.as_str(), ready.message.as_str()),
        ("", ""),
        "what was said while it was not is gone"
    );
    let status = &pod.status.container_statuses[0];
    assert_eq!(status.image, "docker.io/library/nginx:1.29");
    assert!(status.container_id.starts_with("containerd://") && status.container_id.len() == 13 + 64);
    assert!(status.image_id.starts_with("docker.io/library/nginx@sha256:"));
    let events = bench.events("web");
    assert_eq!(events[0], "Pulling: Pulling image \"nginx:1.29\"");
    assert!(events[1].starts_with("Pulled: Successfully pulled image \"nginx:1.29\" in 1."), "{events:?}");
    assert!(events[1].contains("including waiting). Image size: 72"), "{events:?}");
    assert_eq!(events[2..], ["Created: Container created", "Started: Container started"]);
    assert_eq!(bench.kubelet.outstanding(), (0, 0));
}

#[test]
fn the_way_down() {
    for (spec, grace, seconds, code) in [
        (with(container("nginx")), 30, 2, 0),
        (with(script("sleep 3600")), 5, 7, 137),
        (with(script("trap 'exit 3' TERM; sleep 3600 & wait")), 30, 2, 3),
    ] {
        let mut bench = Bench::new();
        bench.bind("p", spec);
        bench.run_for(10);
        bench.told.clear();
        bench.delete("p", grace);
        bench.run_for(seconds);
        assert!(bench.pod("p").is_none(), "deleted");
        assert_eq!(bench.kubelet.workers().count(), 0);
        assert_eq!(bench.runtime.sandboxes().count(), 0);
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        assert_eq!(bench.told.last().unwrap(), &format!("{phase} [exit {code}]"));
        assert!(bench.events("p").contains(&"Killing: Stopping container c".to_owned()));
        assert_eq!(bench.kubelet.outstanding(), (0, 0));
    }
}

#[test]
fn a_hook_before_the_end() {
    let mut c = container("nginx");
    c.set(&["lifecycle", "preStop", "sleep", "seconds"], 5);
    let mut bench = Bench::new();
    bench.bind("p", with(c));
    bench.run_for(10);
    bench.delete("p", 30);
    bench.run_for(4);
    assert!(bench.pod("p").is_some());
    bench.run_for(3);
    assert!(bench.pod("p").is_none());
}

#[test]
fn init_containers_run_in_order() {
    let mut bench = Bench::new();
    let mut first = script("sleep 2");
    first.set(&["name"], "first");
    let mut second = script("echo second > /work/file");
    second.set(&["name"], "second");
    second.set(&["volumeMounts"], object!([{ "name": "work", "mountPath": "/work" }]));
    let mut main = script("cat /work/file; sleep 600");
    main.set(&["volumeMounts"], object!([{ "name": "work", "mountPath": "/work" }]));
    bench.bind("p", object! {
        "initContainers": [first, second], "containers": [main], "volumes": [{ "name": "work", "emptyDir": {} }],
    });
    bench.run_for(15);
    let mut seen = bench.told.clone();
    seen.dedup();
    assert_eq!(
        seen,
        [
            "Pending (PodInitializing, PodInitializing) [PodInitializing]",
            "Pending (running, PodInitializing) [PodInitializing]",
            "Pending (exit 0 ready, PodInitializing) [PodInitializing]",
            "Pending (exit 0 ready, running) [PodInitializing]",
            "Pending (exit 0 ready, exit 0 ready) [PodInitializing]",
            "Running (exit 0 ready, exit 0 ready) [running ready]",
        ]
    );
    bench.ask(Request::new(Method::Get, "/containerLogs/default/p/c"));
    bench.run_for(1);
    assert_eq!(bench.http, ["200 second\n"]);
}

#[test]
fn what_ends_by_itself() {
    for (policy, text, want) in [
        ("Never", "exit 0", "Succeeded [exit 0]"),
        ("Never", "exit 4", "Failed [exit 4]"),
        ("OnFailure", "exit 0", "Succeeded [exit 0]"),
        ("OnFailure", "exit 4", "Running [CrashLoopBackOff]"),
        ("Always", "exit 0", "Running [CrashLoopBackOff]"),
    ] {
        let mut bench = Bench::new();
        let mut spec = with(script(text));
        spec.set(&["restartPolicy"], policy);
        bench.bind("p", spec);
        bench.run_for(6);
        assert_eq!(summary(bench.pod("p").unwrap().value()), want, "{policy} {text}");
        let ended = !want.contains("Crash");
        assert_eq!(bench.worker("p").phase == Phase::Finished, ended);
        let ready = bench.pod("p").unwrap().pod().unwrap().condition("Ready").unwrap().reason.clone();
        let why = if want.starts_with("Succeeded") {
            "PodCompleted"
        } else if ended {
            "PodFailed"
        } else {
            "ContainersNotReady"
        };
        assert_eq!(ready, why);
        bench.delete("p", 30);
        bench.run_for(2);
        assert!(bench.pod("p").is_none());
    }
}

#[test]
fn crash_loops_wait_longer_each_time() {
    let mut bench = Bench::new();
    bench.bind("p", with(script("sleep 1; exit 1")));
    bench.run_for(200);
    let status = bench.pod("p").unwrap().pod().unwrap().status.container_statuses[0].clone();
    // Starts at about 1, 2, 13, 34, 76, 157 s.
    assert_eq!(status.restart_count, 5);
    let waiting = status.state.waiting.unwrap();
    assert_eq!(waiting.reason, "CrashLoopBackOff");
    assert!(
        waiting.message.starts_with("back-off 2m40s restarting failed container=c pod=p_default(uid-"),
        "{}",
        waiting.message
    );
    assert_eq!(status.last_state.terminated.unwrap().exit_code, 1);
    assert!(
        bench
            .events("p")
            .iter()
            .any(|e| e.starts_with("BackOff: Back-off restarting failed container c in pod p_default"))
    );
    assert!(bench.runtime.containers().count() <= 2, "the last but one is kept for its log");
}

#[test]
fn images_that_cannot_be_had() {
    let mut bench = Bench::new();
    bench.bind("p", with(container("nginx:does-not-exist")));
    bench.run_for(2);
    assert_eq!(summary(bench.pod("p").unwrap().value()), "Pending [ErrImagePull]");
    bench.run_for(4);
    let status = bench.pod("p").unwrap().pod().unwrap().status.container_statuses[0].clone();
    let waiting = status.state.waiting.unwrap();
    assert_eq!(waiting.reason, "ImagePullBackOff");
    assert!(waiting.message.starts_with(
        "Back-off pulling image \"nginx:does-not-exist\": ErrImagePull: rpc error: code = NotFound"
    ));
    let events = bench.events("p");
    for want in [
        "Failed: Error: ErrImagePull",
        "BackOff: Back-off pulling image \"nginx:does-not-exist\"",
        "Failed: Error: ImagePullBackOff",
    ] {
        assert!(events.iter().any(|e| e == want), "{want} is not in {events:?}");
    }
    bench.ask(Request::new(Method::Get, "/containerLogs/default/p/c"));
    bench.run_for(60);
    assert_eq!(
        bench.http[0],
        "400 container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image"
    );
    bench.bind("q", with(container("NGINX")));
    bench.run_for(2);
    assert_eq!(summary(bench.pod("q").unwrap().value()), "Pending [InvalidImageName]");
}

#[test]
fn config_maps_arrive_late() {
    let mut bench = Bench::new();
    let mut c = script("cat /etc/app/greeting; echo $WHO; sleep 600");
    c.set(&["volumeMounts"], object!([{ "name": "config", "mountPath": "/etc/app" }]));
    c.set(
        &["env"],
        object!([{ "name": "WHO", "valueFrom": { "secretKeyRef": { "name": "s", "key": "who" } } }]),
    );
    bench.bind(
        "p",
        object! { "containers": [c], "volumes": [{ "name": "config", "configMap": { "name": "app" } }] },
    );
    bench.run_for(3);
    assert_eq!(summary(bench.pod("p").unwrap().value()), "Pending [ContainerCreating]");
    let mount = "FailedMount: MountVolume.SetUp failed for volume \"config\" : configmap \"app\" not found";
    assert!(bench.events("p").iter().any(|e| e == mount));
    bench.create("/api/v1/configmaps", "app", object! { "data": { "greeting": "hello\n" } });
    bench.run_for(20);
    assert_eq!(summary(bench.pod("p").unwrap().value()), "Pending [CreateContainerConfigError]");
    bench.create("/api/v1/secrets", "s", object! { "data": { "who": "d29ybGQ=" } });
    bench.run_for(30);
    assert_eq!(summary(bench.pod("p").unwrap().value()), "Running [running ready]");
    bench.ask(Request::new(Method::Get, "/containerLogs/default/p/c"));
    bench.run_for(1);
    assert_eq!(bench.http, ["200 hello\nworld\n"]);
}

#[test]
fn probes_decide() {
    let mut bench = Bench::new();
    let mut c = script("sleep 5; touch /tmp/ok; sleep 20; rm /tmp/ok; sleep 600");
    c.set(&["readinessProbe"], object! { "exec": { "command": ["cat", "/tmp/ok"] }, "periodSeconds": 1 });
    bench.bind("ready", with(c));
    bench.run_for(4);
    assert_eq!(summary(bench.pod("ready").unwrap().value()), "Running [running]");
    bench.run_for(6);
    assert_eq!(summary(bench.pod("ready").unwrap().value()), "Running [running ready]");
    bench.run_for(25);
    assert_eq!(summary(bench.pod("ready").unwrap().value()), "Running [running]");

    let mut c = container("nginx");
    c.set(
        &["livenessProbe"],
        object! { "httpGet": { "path": "/gone", "port": 80 }, "periodSeconds": 2, "failureThreshold": 2 },
    );
    bench.bind("alive", with(c));
    bench.run_for(12);
    let pod = bench.pod("alive").unwrap().pod().unwrap().clone();
    assert!(pod.status.container_statuses[0].restart_count >= 1);
    let events = bench.events("alive");
    for want in [
        "Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404",
        "Killing: Container c failed liveness probe, will be restarted",
    ] {
        assert!(events.iter().any(|e| e == want), "{want} is not in {events:?}");
    }
}

#[test]
fn a_new_kubelet_finds_what_runs() {
    let mut bench = Bench::new();
    bench.bind("a", with(container("nginx")));
    bench.bind("b", with(script("sleep 3600")));
    bench.run_for(10);
    let before = bench.worker("a").records[0].id.unwrap();
    bench.restart_kubelet();
    let gone = bench.pod("b").unwrap().clone();
    bench.objects.get_mut("/api/v1/pods").unwrap().remove("default/b");
    bench.told.clear();
    bench.run_for(10);
    let after: Vec<_> = bench.runtime.containers().map(|c| c.id).collect();
    assert_eq!(after, [before], "a goes on, b ({}) is cleaned away", gone.name());
    assert_eq!(summary(bench.pod("a").unwrap().value()), "Running [running ready]");
    assert_eq!(bench.worker("a").phase, Phase::Running);
}

#[test]
fn after_a_power_cut_pods_start_again() {
    let mut bench = Bench::new();
    bench.bind("a", with(container("nginx")));
    let mut done = with(script("exit 0"));
    done.set(&["restartPolicy"], "Never");
    bench.bind("done", done);
    let mut init = script("echo again");
    init.set(&["name"], "init");
    bench.bind("b", object! { "initContainers": [init], "containers": [container("nginx")] });
    bench.run_for(10);
    let before = bench.worker("b").records[0].id;
    bench.reboot();
    bench.run_for(10);
    assert_eq!(summary(bench.pod("b").unwrap().value()), "Running (exit 0 ready) [running ready]");
    assert_ne!(bench.worker("b").records[0].id, before, "init containers run again in a new sandbox");
    let pod = bench.pod("a").unwrap().pod().unwrap().clone();
    assert_eq!(summary(bench.pod("a").unwrap().value()), "Running [running ready]");
    assert_eq!(pod.status.container_statuses[0].restart_count, 1);
    assert_eq!(pod.status.pod_ips.iter().map(|i| &i.ip).collect::<Vec<_>>(), [&pod.status.pod_ip]);
    assert!(bench.events("a").iter().any(|e| e.starts_with("SandboxChanged")));
    assert_eq!(summary(bench.pod("done").unwrap().value()), "Succeeded [exit 0]", "what was over stays over");
}

#[test]
fn logs_are_followed() {
    let mut bench = Bench::new();
    bench.bind(
        "p",
        object! {
            "restartPolicy": "Never",
            "containers": [script("echo one; sleep 10; echo two")],
        },
    );
    bench.run_for(5);
    bench.ask(Request::new(Method::Get, "/containerLogs/default/p/c").query("follow", "true"));
    bench.run_for(20);
    assert_eq!(bench.http, ["200 ", "one\n", "two\n", "END"]);
}

#[test]
fn a_full_node_says_so() {
    let mut bench = Bench::new();
    let mut c = container("nginx");
    c.set(&["resources", "requests", "cpu"], "3");
    bench.bind("a", with(c.clone()));
    bench.bind("b", with(c));
    bench.run_for(10);
    let pod = bench.pod("b").unwrap().pod().unwrap().clone();
    assert_eq!((pod.status.phase.as_str(), pod.status.reason.as_str()), ("Failed", "OutOfcpu"));
}

#[test]
fn a_hundred_pods_take_few_events() {
    let mut bench = Bench::new();
    let before = bench.steps;
    for i in 0..100 {
        bench.bind(&format!("p{i}"), with(container("nginx")));
    }
    bench.run_for(120);
    let ready = bench.objects["/api/v1/pods"].values().filter(|p| p.pod().unwrap().is_ready()).count();
    assert_eq!(ready, 100);
    assert!(bench.patches.values().all(|n| *n <= 3), "{:?}", bench.patches);
    let steps = (bench.steps - before) / 100;
    assert!(steps < 40, "{steps} events a pod");
}
