//! Objects come, change and go.

mod world;

use std::time::Duration;

use api::http::{Method, Request};
use api::{Value, object};
use world::{World, names, object, refused};

const PODS: &str = "/api/v1/namespaces/default/pods";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn pod(name: &str) -> Value {
    object! {
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": { "app": name } },
        "spec": { "containers": [{ "name": "c", "image": "nginx" }] },
    }
}

fn config_map(name: &str) -> Value {
    object! { "metadata": { "name": name }, "data": { "a": "1" } }
}

#[test]
fn a_server_makes_its_own_objects() {
    let mut world = World::new();
    let namespaces = world.get("/api/v1/namespaces");
    assert_eq!(names(&namespaces), ["default", "kube-node-lease", "kube-public", "kube-system"]);
    let service = object(&world.get("/api/v1/namespaces/default/services/kubernetes"));
    assert_eq!(service.value().str_at(&["spec", "clusterIP"]).unwrap(), "10.96.0.1");
    assert_eq!(world.get("/readyz").status, 200);
    assert_eq!(world.get("/version").value().unwrap().str_at(&["gitVersion"]).unwrap(), "v1.36.0");
    let before = world.etcd.revision;
    // A second start finds everything.
    world.start();
    world.run(Duration::from_secs(2));
    assert!(world.server.is_ready());
    assert_eq!(world.etcd.revision, before);
}

#[test]
fn create_get_and_refuse_a_second() {
    let mut world = World::new();
    let response = world.post(PODS, pod("web"));
    assert_eq!(response.status, 201, "{response:?}");
    let created = object(&response);
    assert_eq!(created.uid().0.len(), 36);
    assert!(created.revision().0 > 0);
    let value = created.value();
    assert_eq!(value.str_at(&["status", "phase"]).unwrap(), "Pending");
    assert_eq!(value.str_at(&["status", "qosClass"]).unwrap(), "BestEffort");
    assert_eq!(value.str_at(&["spec", "serviceAccountName"]).unwrap(), "default");
    assert_eq!(value.items_at(&["spec", "tolerations"]).len(), 2);
    assert_eq!(value.int_at(&["spec", "priority"]), Some(0));
    assert_eq!(value.int_at(&["metadata", "generation"]), Some(1));
    assert_eq!(object(&world.get(&format!("{PODS}/web"))), created);
    refused(&world.post(PODS, pod("web")), 409, "pods \"web\" already exists");
    refused(&world.get(&format!("{PODS}/gone")), 404, "pods \"gone\" not found");
    let text = world.etcd.text("/registry/pods/default/web").unwrap();
    assert!(text.contains("\"phase\":\"Pending\"") && !text.contains("resourceVersion"), "{text}");
    let steps: Vec<_> =
        world.server.audit().entries().flat_map(|entry| entry.steps.clone()).map(|s| s.plugin).collect();
    assert!(steps.contains(&"DefaultTolerationSeconds") && steps.contains(&"ServiceAccount"));
}

#[test]
fn names_are_made_up() {
    let mut world = World::new();
    let mut template = pod("");
    template.remove(&["metadata", "name"]);
    template.set(&["metadata", "generateName"], "web-");
    let a = object(&world.post(PODS, template.clone()));
    let b = object(&world.post(PODS, template));
    assert!(a.name().starts_with("web-") && a.name().len() == 9 && a.name() != b.name());
    let response = world.post(PODS, object! { "metadata": {}, "spec": {} });
    assert_eq!(response.status, 422);
}

#[test]
fn namespaces_have_to_be_there() {
    let mut world = World::new();
    refused(&world.post("/api/v1/namespaces/nope/pods", pod("web")), 404, "namespaces \"nope\" not found");
    // Brand-new: the cache does not know it yet.
    let id = world.send(
        Request::new(Method::Post, "/api/v1/namespaces").body(object! { "metadata": { "name": "new" } }),
    );
    let made =
        world.ask(Request::new(Method::Post, "/api/v1/namespaces/new/configmaps").body(config_map("a")));
    assert!(world.response(id).is_some());
    assert_eq!(made.status, 201, "{made:?}");

    let gone = object(&world.delete("/api/v1/namespaces/new"));
    assert_eq!(gone.value().str_at(&["status", "phase"]).unwrap(), "Terminating");
    world.run(Duration::from_millis(10));
    let refusal = world.post("/api/v1/namespaces/new/configmaps", config_map("b"));
    refused(
        &refusal,
        403,
        "configmaps \"b\" is forbidden: unable to create new content in namespace new because it is being terminated",
    );
    let mut finalized = gone.value().clone();
    finalized.set(&["spec", "finalizers"], Value::list());
    let done = world.put("/api/v1/namespaces/new/finalize", finalized);
    assert_eq!(done.status, 200);
    assert_eq!(world.get("/api/v1/namespaces/new").status, 404);
    refused(
        &world.delete("/api/v1/namespaces/default"),
        403,
        "namespaces \"default\" is forbidden: this namespace may not be deleted",
    );
}

#[test]
fn updates_conflict_and_count_generations() {
    let mut world = World::new();
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    let web = object! {
        "metadata": { "name": "web" },
        "spec": {
            "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "c", "image": "nginx" }] } },
        },
    };
    let first = object(&world.post(deployments, web));
    assert_eq!(first.value().int_at(&["metadata", "generation"]), Some(1));
    let path = format!("{deployments}/web");

    let mut more = first.value().clone();
    more.set(&["spec", "replicas"], 3);
    more.set(&["status", "replicas"], 9);
    more.set(&["metadata", "generation"], 77);
    let second = object(&world.put(&path, more.clone()));
    assert_eq!(second.value().int_at(&["spec", "replicas"]), Some(3));
    assert_eq!(second.value().int_at(&["metadata", "generation"]), Some(2));
    assert_eq!(second.value().at(&["status", "replicas"]), None, "the status is not the client's");
    assert_eq!(second.uid(), first.uid());

    refused(
        &world.put(&path, more.clone()),
        409,
        "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes to the latest version and try again",
    );

    let mut status = second.value().clone();
    status.set(&["status", "replicas"], 3);
    status.set(&["spec", "replicas"], 100);
    let third = object(&world.put(&format!("{path}/status"), status));
    assert_eq!(third.value().int_at(&["status", "replicas"]), Some(3));
    assert_eq!(third.value().int_at(&["spec", "replicas"]), Some(3), "the spec is not the status writer's");
    assert_eq!(third.value().int_at(&["metadata", "generation"]), Some(2));

    // Nothing new: no write.
    let before = world.etcd.revision;
    let same = object(&world.put(&path, third.value().clone()));
    assert_eq!(same.revision(), third.revision());
    assert_eq!(world.etcd.revision, before);

    let mut other = third.value().clone();
    other.set(&["metadata", "uid"], "6f2c");
    assert_eq!(world.put(&path, other).status, 409);

    let scale = world.get(&format!("{path}/scale"));
    let scale = scale.value().unwrap().clone();
    assert_eq!(scale.int_at(&["spec", "replicas"]), Some(3));
    assert_eq!(scale.str_at(&["status", "selector"]).unwrap(), "app=web");
    let patched = world.patch(&format!("{path}/scale"), "merge-patch", object! { "spec": { "replicas": 5 } });
    assert_eq!(patched.value().unwrap().int_at(&["spec", "replicas"]), Some(5));
    let now = object(&world.get(&path));
    assert_eq!(now.value().int_at(&["spec", "replicas"]), Some(5));
    assert_eq!(now.value().int_at(&["metadata", "generation"]), Some(3));
}

#[test]
fn patches_of_each_kind() {
    let mut world = World::new();
    world.post(PODS, pod("web"));
    let path = format!("{PODS}/web");
    let table: [(&str, Value, &[&str], Value); 4] = [
        (
            "merge-patch",
            object! { "metadata": { "labels": { "a": "b" } } },
            &["metadata", "labels", "a"],
            "b".into(),
        ),
        (
            "json-patch",
            object!([{ "op": "replace", "path": "/metadata/labels/a", "value": "c" }]),
            &["metadata", "labels", "a"],
            "c".into(),
        ),
        (
            "strategic-merge-patch",
            object! { "metadata": { "annotations": { "x": "y" } } },
            &["metadata", "annotations", "x"],
            "y".into(),
        ),
        (
            "merge-patch",
            object! { "metadata": { "labels": { "a": null } } },
            &["metadata", "labels", "app"],
            "web".into(),
        ),
    ];
    for (kind, patch, at, want) in table {
        let response = world.patch(&path, kind, patch);
        assert_eq!(response.status, 200, "{kind}: {response:?}");
        assert_eq!(object(&response).value().at(at), Some(&want), "{kind}");
    }
    let strategic = object! { "spec": { "containers": [{ "name": "c", "image": "nginx:1.27" }] } };
    let patched = object(&world.patch(&path, "strategic-merge-patch", strategic));
    assert_eq!(patched.value().items_at(&["spec", "containers"]).len(), 1);
    assert_eq!(world.patch(&path, "apply-patch", Value::map()).status, 415);
    assert_eq!(
        world.patch(&path, "json-patch", object!([{ "op": "remove", "path": "/no/such" }])).status,
        422
    );
    assert_eq!(world.patch(&format!("{PODS}/gone"), "merge-patch", Value::map()).status, 404);
    let stale = object! { "metadata": { "resourceVersion": "1", "labels": { "q": "r" } } };
    assert_eq!(world.patch(&path, "merge-patch", stale).status, 409);
}

#[test]
fn a_patch_wins_against_a_stale_cache() {
    let mut world = World::new();
    world.post(CONFIG_MAPS, config_map("a"));
    world.run(Duration::from_millis(50));
    let path = format!("{CONFIG_MAPS}/a");
    // Two at once: the second's first try is against what the cache had.
    let send = |world: &mut World, field: &str| {
        let mut patch = Value::map();
        patch.set(&["data", field], "x");
        world.send(
            Request::new(Method::Patch, path.as_str())
                .header("content-type", "application/merge-patch+json")
                .body(patch),
        )
    };
    let (one, two) = (send(&mut world, "one"), send(&mut world, "two"));
    world.run(Duration::from_millis(50));
    assert_eq!(world.response(one).unwrap().status, 200);
    assert_eq!(world.response(two).unwrap().status, 200);
    let data = object(&world.get(&path)).value().get("data").cloned().unwrap();
    assert_eq!(data, object! { "a": "1", "one": "x", "two": "x" });
    assert!(world.notes.iter().any(|note| note.contains("was changed by somebody else")));
}

#[test]
fn pods_go_after_their_grace() {
    let mut world = World::new();
    let path = format!("{PODS}/web");
    world.post(PODS, pod("web"));
    // Nothing runs: gone at once.
    let last = world.delete(&path);
    assert_eq!((last.status, object(&last).name().as_str()), (200, "web"));
    assert_eq!(world.get(&path).status, 404);

    let mut web = pod("web");
    web.set(&["spec", "terminationGracePeriodSeconds"], 30);
    world.post(PODS, web);
    let binding = object! { "metadata": { "name": "web" }, "target": { "kind": "Node", "name": "node-1" } };
    let bound = world.post(&format!("{path}/binding"), binding.clone());
    assert_eq!(
        (bound.status, bound.value().unwrap().str_at(&["status"]).unwrap().as_str()),
        (201, "Success")
    );
    refused(
        &world.post(&format!("{path}/binding"), binding),
        409,
        "Operation cannot be fulfilled on pods/binding \"web\": pod web is already assigned to node \"node-1\"",
    );
    let now = object(&world.get(&path));
    assert_eq!(now.value().str_at(&["spec", "nodeName"]).unwrap(), "node-1");
    assert_eq!(now.value().items_at(&["status", "conditions"])[0].str_at(&["type"]).unwrap(), "PodScheduled");

    let going = object(&world.delete(&path));
    assert!(going.is_terminating());
    assert_eq!(going.value().int_at(&["metadata", "deletionGracePeriodSeconds"]), Some(30));
    // Again: no longer, no shorter.
    let again = object(&world.delete(&path));
    assert_eq!(again.revision(), going.revision());
    let wrong = object! { "preconditions": { "uid": "other" }, "gracePeriodSeconds": 0 };
    let refusal = world.ask(Request::new(Method::Delete, path.as_str()).body(wrong));
    assert_eq!(refusal.status, 409);
    // The kubelet's last word.
    let end = object! { "gracePeriodSeconds": 0, "preconditions": { "uid": (going.uid().0) } };
    assert_eq!(world.ask(Request::new(Method::Delete, path.as_str()).body(end)).status, 200);
    assert_eq!(world.get(&path).status, 404);
}

#[test]
fn finalizers_hold_objects() {
    let mut world = World::new();
    let mut held = config_map("held");
    held.set(&["metadata", "finalizers"], object!(["example.com/wait"]));
    world.post(CONFIG_MAPS, held);
    let path = format!("{CONFIG_MAPS}/held");
    let going = object(&world.delete(&path));
    assert!(going.is_terminating());
    let freed = world.patch(&path, "merge-patch", object! { "metadata": { "finalizers": null } });
    assert_eq!(freed.status, 200);
    assert_eq!(world.get(&path).status, 404);

    world.post(CONFIG_MAPS, config_map("owner"));
    let path = format!("{CONFIG_MAPS}/owner");
    let options = object! { "propagationPolicy": "Foreground" };
    let going = object(&world.ask(Request::new(Method::Delete, path.as_str()).body(options)));
    assert_eq!(going.value().items_at(&["metadata", "finalizers"]), [Value::from("foregroundDeletion")]);

    world.post(CONFIG_MAPS, config_map("plain"));
    let gone = world.delete(&format!("{CONFIG_MAPS}/plain"));
    let status = gone.value().unwrap();
    assert_eq!(status.str_at(&["status"]).unwrap(), "Success");
    assert_eq!(status.str_at(&["details", "kind"]).unwrap(), "configmaps");
    let wrong = object! { "propagationPolicy": "Sideways" };
    assert_eq!(world.ask(Request::new(Method::Delete, path.as_str()).body(wrong)).status, 422);
}

#[test]
fn collections_go_at_once() {
    let mut world = World::new();
    for name in ["a", "b", "c"] {
        let mut map = config_map(name);
        map.set(&["metadata", "labels", "keep"], if name == "b" { "yes" } else { "no" });
        world.post(CONFIG_MAPS, map);
    }
    let request = Request::new(Method::Delete, CONFIG_MAPS).query("labelSelector", "keep=no");
    let response = world.ask(request);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(names(&world.get(CONFIG_MAPS)), ["b"]);
    assert_eq!(world.ask(Request::new(Method::Delete, "/api/v1/configmaps")).status, 405);
}

#[test]
fn dry_runs_leave_no_trace() {
    let mut world = World::new();
    let before = world.etcd.revision;
    let dry = Request::new(Method::Post, CONFIG_MAPS).query("dryRun", "All").body(config_map("a"));
    assert_eq!(world.ask(dry.clone()).status, 201);
    assert_eq!(world.etcd.revision, before);
    world.post(CONFIG_MAPS, config_map("a"));
    refused(&world.ask(dry), 409, "configmaps \"a\" already exists");
    let before = world.etcd.revision;
    let path = format!("{CONFIG_MAPS}/a");
    assert_eq!(world.ask(Request::new(Method::Delete, path.as_str()).query("dryRun", "All")).status, 200);
    assert_eq!(world.get(&path).status, 200);
    assert_eq!(world.etcd.revision, before);
    assert_eq!(world.ask(Request::new(Method::Delete, path.as_str()).query("dryRun", "Some")).status, 422);
}

#[test]
fn fields_are_checked_as_asked() {
    let mut world = World::new();
    let ask = |world: &mut World, validation: &str, name: &str| {
        let mut pod = pod(name);
        pod.set(&["spec", "hostNam"], "typo");
        world.ask(Request::new(Method::Post, PODS).query("fieldValidation", validation).body(pod))
    };
    let strict = ask(&mut world, "Strict", "a");
    assert_eq!(strict.status, 400);
    assert!(strict.message().contains("unknown field \"spec.hostNam\""), "{}", strict.message());
    let warned = ask(&mut world, "Warn", "b");
    assert_eq!(warned.status, 201);
    let warning = warned.headers.iter().find(|(name, _)| name == "warning").map(|(_, text)| text.as_str());
    assert_eq!(warning, Some("299 - \"unknown field \\\"spec.hostNam\\\"\""));
    let ignored = ask(&mut world, "Ignore", "c");
    assert_eq!(ignored.status, 201);
    assert!(ignored.headers.iter().all(|(name, _)| name != "warning"));
}

#[test]
fn services_get_addresses_and_ports() {
    let mut world = World::new();
    let services = "/api/v1/namespaces/default/services";
    let service = |name: &str, kind: &str, node_port: i64| {
        let mut service = object! {
            "metadata": { "name": name },
            "spec": { "type": kind, "selector": { "app": "web" }, "ports": [{ "port": 80, "protocol": "TCP", "targetPort": 80 }] },
        };
        if node_port > 0 {
            service.entry(&["spec", "ports"]).make_list().as_mut()[0].set(&["nodePort"], node_port);
        }
        service
    };
    let a = object(&world.post(services, service("a", "ClusterIP", 0)));
    let ip = a.value().str_at(&["spec", "clusterIP"]).unwrap().clone();
    assert!(ip.starts_with("10."), "{ip}");
    assert_eq!(a.value().items_at(&["spec", "clusterIPs"]), [Value::from(&ip)]);

    let b = object(&world.post(services, service("b", "NodePort", 0)));
    let port = b.value().items_at(&["spec", "ports"])[0].int_at(&["nodePort"]).unwrap();
    assert!((30000..=32767).contains(&port));
    refused(
        &world.post(services, service("c", "NodePort", port)),
        422,
        &format!(
            "Service \"c\" is invalid: spec.ports[0].nodePort: Invalid value: {port}: provided port is already allocated"
        ),
    );
    refused(
        &world.post(services, service("c", "NodePort", 80)),
        422,
        "Service \"c\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
    );
    let mut taken = service("c", "ClusterIP", 0);
    taken.set(&["spec", "clusterIP"], &ip);
    refused(
        &world.post(services, taken),
        422,
        &format!(
            "Service \"c\" is invalid: spec.clusterIPs: Invalid value: [\"{ip}\"]: failed to allocate IP {ip}: provided IP is already allocated"
        ),
    );
    // An update that does not mention them keeps them; a delete frees them.
    let mut again = service("b", "NodePort", 0);
    again.set(&["spec", "selector", "app"], "other");
    let kept = object(&world.put(&format!("{services}/b"), again));
    assert_eq!(kept.value().items_at(&["spec", "ports"])[0].int_at(&["nodePort"]), Some(port));
    assert_eq!(kept.value().at(&["spec", "clusterIP"]), b.value().at(&["spec", "clusterIP"]));
    world.delete(&format!("{services}/b"));
    world.run(Duration::from_millis(20));
    assert_eq!(world.post(services, service("c", "NodePort", port)).status, 201);
    let mut headless = service("h", "ClusterIP", 0);
    headless.set(&["spec", "clusterIP"], "None");
    let headless = object(&world.post(services, headless));
    assert_eq!(headless.value().str_at(&["spec", "clusterIP"]).unwrap(), "None");
}

#[test]
fn nodes_begin_tainted_and_unready() {
    let mut world = World::new();
    let node = object! { "metadata": { "name": "node-1" }, "status": { "capacity": { "cpu": "4" } } };
    let node = object(&world.post("/api/v1/nodes", node));
    assert_eq!(
        node.value().items_at(&["spec", "taints"])[0].str_at(&["key"]).unwrap(),
        "node.kubernetes.io/not-ready"
    );
    assert_eq!(node.value().str_at(&["status", "capacity", "cpu"]).unwrap(), "4");
}

#[test]
fn nonsense_is_refused_clearly() {
    let mut world = World::new();
    let table = [
        (Method::Get, "/api/v1/nonsense", 404),
        (Method::Get, "/apis/nope/v1/pods", 404),
        (Method::Get, "/nowhere", 404),
        (Method::Post, "/api/v1/pods", 405),
        (Method::Put, PODS, 405),
        (Method::Post, "/api/v1/namespaces/default/pods/web", 405),
        (Method::Get, "/api/v1/namespaces/default/pods/web/nothing", 404),
        (Method::Get, "/api/v1/namespaces/default/nodes", 404),
        (Method::Post, PODS, 400),
    ];
    for (method, path, status) in table {
        let response = world.ask(Request::new(method, path));
        assert_eq!(response.status, status, "{method} {path}: {response:?}");
    }
    refused(&world.get("/api/v1/nonsense"), 404, "the server could not find the requested resource");
    let mut request = Request::new(Method::Post, PODS).header("content-type", "application/json");
    request.body = api::http::Body::Bytes(b"{\"kind\":".as_slice().into());
    assert_eq!(world.ask(request.clone()).status, 400);
    request.body = api::http::Body::Bytes(vec![b' '; 4 << 20].into());
    assert_eq!(world.ask(request.clone()).status, 413);
    request.headers = vec![("content-type".into(), "application/vnd.kubernetes.protobuf".into())];
    request.body = api::http::Body::Bytes(b"k8s\0".as_slice().into());
    assert_eq!(world.ask(request).status, 415);
    let mut wrong = pod("web");
    wrong.set(&["kind"], "Service");
    assert_eq!(world.post(PODS, wrong).status, 400);
    let mut elsewhere = pod("web");
    elsewhere.set(&["metadata", "namespace"], "kube-system");
    assert_eq!(world.post(PODS, elsewhere).status, 400);
}

#[test]
fn events_end_with_a_shared_lease() {
    let mut world = World::new();
    let path = "/api/v1/namespaces/default/events";
    let event = |name: &str| {
        object! {
            "metadata": { "name": name }, "involvedObject": { "kind": "Pod", "name": "web", "namespace": "default" },
            "reason": "Pulled", "type": "Normal",
        }
    };
    let ids: Vec<_> = ["a", "b", "c"]
        .map(|name| world.send(Request::new(Method::Post, path).body(event(name))))
        .into_iter()
        .collect();
    world.run(Duration::from_millis(20));
    for id in ids {
        assert_eq!(world.response(id).unwrap().status, 201);
    }
    let lease = |world: &World, name: &str| {
        world.etcd.keys[format!("/registry/events/default/{name}").as_str()].lease.0
    };
    assert_eq!((world.etcd.leases, lease(&world, "a"), lease(&world, "c")), (1, 1, 1));
    world.run(Duration::from_secs(59));
    assert_eq!(world.patch(&format!("{path}/a"), "merge-patch", object! { "count": 2 }).status, 200);
    assert_eq!(lease(&world, "a"), 1);
    world.run(Duration::from_secs(2));
    world.post(path, event("d"));
    assert_eq!(lease(&world, "d"), 2);
}

#[test]
fn admission_of_pods() {
    let mut world = World::new();
    let classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    let class = object! { "metadata": { "name": "high" }, "value": 1000, "preemptionPolicy": "Never" };
    assert_eq!(world.post(classes, class).status, 201);
    world.run(Duration::from_millis(10));
    let mut high = pod("high");
    high.set(&["spec", "priorityClassName"], "high");
    high.set(&["spec", "serviceAccountName"], "robot");
    high.set(&["spec", "tolerations"], object!([{ "operator": "Exists" }]));
    let high = object(&world.post(PODS, high));
    let spec = high.value().get("spec").unwrap();
    assert_eq!(spec.int_at(&["priority"]), Some(1000));
    assert_eq!(spec.str_at(&["preemptionPolicy"]).unwrap(), "Never");
    assert_eq!(spec.str_at(&["serviceAccountName"]).unwrap(), "robot");
    assert_eq!(spec.items_at(&["tolerations"]).len(), 1);
    let mut critical = pod("critical");
    critical.set(&["spec", "priorityClassName"], "system-node-critical");
    assert_eq!(
        object(&world.post(PODS, critical)).value().int_at(&["spec", "priority"]),
        Some(2_000_001_000)
    );
    let mut unknown = pod("unknown");
    unknown.set(&["spec", "priorityClassName"], "nope");
    refused(
        &world.post(PODS, unknown),
        403,
        "pods \"unknown\" is forbidden: no PriorityClass with name nope was found",
    );
    let names: Vec<_> = clusterlab_apiserver::ApiServer::admission_plugins().collect();
    assert_eq!((names.len(), names[0]), (8, "NamespaceLifecycle"));
}

#[test]
fn invalid_objects_name_their_fields() {
    let mut world = World::new();
    let mut wrong = pod("Web");
    wrong.set(&["spec", "restartPolicy"], "Sometimes");
    let refusal = world.post(PODS, wrong);
    assert_eq!((refusal.status, refusal.reason()), (422, "Invalid"));
    let causes = refusal.value().unwrap().items_at(&["details", "causes"]);
    let fields: Vec<_> = causes.iter().map(|cause| cause.str_at(&["field"]).unwrap().as_str()).collect();
    assert!(fields.contains(&"metadata.name") && fields.contains(&"spec.restartPolicy"), "{fields:?}");
    let created = object(&world.post(PODS, pod("web")));
    assert_eq!(created.value().str_at(&["spec", "restartPolicy"]).unwrap(), "Always", "defaulted");
    let patch = object! { "spec": { "restartPolicy": "Never" } };
    assert_eq!(world.patch(&format!("{PODS}/web"), "merge-patch", patch).status, 422, "immutable");
    // A body in YAML, as curl would send it.
    let text = b"kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: modes\ndata:\n  mode: \"0644\"\n";
    let mut request = Request::new(Method::Post, CONFIG_MAPS).header("content-type", "application/yaml");
    request.body = api::http::Body::Bytes(text.as_slice().into());
    let made = world.ask(request);
    assert_eq!(made.status, 201, "{made:?}");
}

#[test]
fn evictions_heed_budgets() {
    let mut world = World::new();
    world.post(PODS, pod("web"));
    world.post(&format!("{PODS}/web/binding"), object! { "target": { "kind": "Node", "name": "node-1" } });
    world.patch(&format!("{PODS}/web/status"), "merge-patch", object! { "status": { "phase": "Running" } });
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget = object! {
        "metadata": { "name": "keep" }, "spec": { "minAvailable": 1, "selector": { "matchLabels": { "app": "web" } } },
    };
    assert_eq!(world.post(budgets, budget).status, 201);
    world.get(budgets);
    let eviction = object! { "kind": "Eviction", "apiVersion": "policy/v1", "metadata": { "name": "web" } };
    let path = format!("{PODS}/web/eviction");
    refused(
        &world.post(&path, eviction.clone()),
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    let allowed = object! { "status": { "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2 } };
    assert_eq!(world.patch(&format!("{budgets}/keep/status"), "merge-patch", allowed).status, 200);
    world.run(Duration::from_millis(10));
    assert_eq!(world.post(&path, eviction).status, 201);
    assert!(object(&world.get(&format!("{PODS}/web"))).is_terminating());
}
