//! Lists and watches, and what becomes of them when etcd is in trouble.

mod world;

use std::sync::Arc;
use std::time::Duration;

use api::http::{Frame, Method, Request, WatchKind};
use api::{Value, object};
use clusterlab_apiserver::Input;
use sim::Actor;
use world::{CLIENT, World, names, object, refused};

const PODS: &str = "/api/v1/namespaces/default/pods";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn pod(name: &str, app: &str) -> Value {
    object! {
        "metadata": { "name": name, "labels": { "app": app } },
        "spec": { "containers": [{ "name": "c", "image": "nginx" }] },
    }
}

fn map(name: &str) -> Value {
    object! { "metadata": { "name": name }, "data": { "n": "0" } }
}

fn list_revision(world: &mut World, path: &str) -> String {
    world.get(path).value().unwrap().str_at(&["metadata", "resourceVersion"]).unwrap().to_string()
}

#[test]
fn a_watch_goes_on_where_a_list_ended() {
    let mut world = World::new();
    world.post(PODS, pod("a", "x"));
    let revision = list_revision(&mut world, PODS);
    world.post(PODS, pod("b", "x"));
    let watch = world.watch(&format!("{PODS}?resourceVersion={revision}"));
    assert_eq!(world.said(watch), ["ADDED b"]);
    world.patch(&format!("{PODS}/a"), "merge-patch", object! { "metadata": { "labels": { "q": "r" } } });
    world.delete(&format!("{PODS}/b"));
    let events = world.events(watch);
    assert_eq!(events.iter().map(|e| e.kind).collect::<Vec<_>>(), [WatchKind::Modified, WatchKind::Deleted]);
    assert!(events[1].object.revision() > events[0].object.revision(), "a delete has a revision of its own");
    // Without a revision: the state first.
    let watch = world.watch(PODS);
    assert_eq!(world.said(watch), ["ADDED a"]);
    // Gone is gone.
    world.input(Input::Cancel { from: CLIENT, id: watch });
    world.post(PODS, pod("c", "x"));
    assert!(world.said(watch).is_empty());
}

#[test]
fn objects_come_into_and_go_out_of_selections() {
    let mut world = World::new();
    let by_label = world.watch(&format!("{PODS}?labelSelector=app=x"));
    let by_node = world.watch("/api/v1/pods?fieldSelector=spec.nodeName=node-1");
    let by_name = world.watch(&format!("{PODS}?fieldSelector=metadata.name=a"));
    let elsewhere = world.watch("/api/v1/namespaces/kube-system/pods");
    world.post(PODS, pod("a", "x"));
    world.post(PODS, pod("b", "y"));
    assert_eq!(world.said(by_label), ["ADDED a"]);
    assert!(world.said(by_node).is_empty());
    for name in ["a", "b"] {
        let binding =
            object! { "target": { "kind": "Node", "name": (if name == "a" { "node-1" } else { "node-2" }) } };
        world.post(&format!("{PODS}/{name}/binding"), binding);
    }
    assert_eq!(world.said(by_node), ["ADDED a"]);
    world.patch(&format!("{PODS}/a"), "merge-patch", object! { "metadata": { "labels": { "app": "y" } } });
    let gone = world.events(by_label);
    assert_eq!(gone.last().unwrap().kind, WatchKind::Deleted);
    assert_eq!(gone.last().unwrap().object.label("app").unwrap(), "x", "as it was before");
    world.patch(&format!("{PODS}/b"), "merge-patch", object! { "metadata": { "labels": { "app": "x" } } });
    assert_eq!(world.said(by_label), ["ADDED b"]);
    assert_eq!(world.said(by_node), ["MODIFIED a"]);
    assert_eq!(world.said(by_name), ["ADDED a", "MODIFIED a", "MODIFIED a"]);
    assert!(world.said(elsewhere).is_empty());
    let wrong = world.get(&format!("{PODS}?fieldSelector=spec.nope=1"));
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert_eq!(world.get(&format!("{PODS}?labelSelector=((")).status, 400);
}

#[test]
fn watchers_of_the_same_share_their_events() {
    let mut world = World::new();
    let watches: Vec<_> = [Actor::User, Actor::ControllerManager, Actor::Client]
        .map(|client| (client, world.watch_from(client, "/api/v1/configmaps?resourceVersion=0")))
        .into();
    world.post(CONFIG_MAPS, map("a"));
    world.run(Duration::from_millis(20));
    let frames: Vec<_> = watches.iter().flat_map(|(from, id)| world.frames_of(*from, *id)).collect();
    let [Frame::Watch(a), Frame::Watch(b), Frame::Watch(c)] = frames.as_slice() else { panic!("{frames:?}") };
    assert!(Arc::ptr_eq(a, b) && Arc::ptr_eq(b, c));
    world.input(Input::Disconnected { from: Actor::ControllerManager });
    world.post(CONFIG_MAPS, map("b"));
    world.run(Duration::from_millis(20));
    let heard: Vec<_> = watches.iter().map(|(from, id)| world.frames_of(*from, *id).len()).collect();
    assert_eq!(heard, [1, 0, 1]);
}

#[test]
fn lists_are_as_new_as_asked() {
    let mut world = World::new();
    // Some other resource moves the store on: the cache of config maps hears of it only when it asks.
    world.post(CONFIG_MAPS, map("a"));
    world.get(CONFIG_MAPS);
    world.post(PODS, pod("p", "x"));
    let store = world.etcd.revision.to_string();
    assert_eq!(list_revision(&mut world, CONFIG_MAPS), store);
    assert_eq!(names(&world.get(&format!("{CONFIG_MAPS}?resourceVersion=0"))), ["a"]);
    let future = world.get(&format!("{CONFIG_MAPS}?resourceVersion=100000"));
    assert_eq!((future.status, future.reason()), (504, "Timeout"));
    assert!(future.message().contains("Too large resource version: 100000"), "{}", future.message());
    assert_eq!(world.get(&format!("{CONFIG_MAPS}?resourceVersion=x")).status, 400);
}

#[test]
fn lists_in_pages_are_of_one_moment() {
    let mut world = World::new();
    for name in ["a", "b", "c", "d", "e"] {
        world.post(CONFIG_MAPS, map(name));
    }
    let first = world.get(&format!("{CONFIG_MAPS}?limit=2"));
    assert_eq!(names(&first), ["a", "b"]);
    let metadata = first.value().unwrap().get("metadata").unwrap().clone();
    assert_eq!(metadata.int_at(&["remainingItemCount"]), Some(3));
    world.delete(&format!("{CONFIG_MAPS}/c"));
    world.post(CONFIG_MAPS, map("f"));
    let token = metadata.str_at(&["continue"]).unwrap();
    let second = world.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}"));
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second.value().unwrap().at(&["metadata", "resourceVersion"]), metadata.get("resourceVersion"));
    let token = second.value().unwrap().str_at(&["metadata", "continue"]).unwrap().clone();
    assert_eq!(names(&world.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}"))), ["e"]);
    assert_eq!(world.get(&format!("{CONFIG_MAPS}?continue=zz")).status, 400);
    // The same state from etcd's own history.
    let revision = metadata.str_at(&["resourceVersion"]).unwrap();
    let exact = world.get(&format!("{CONFIG_MAPS}?resourceVersion={revision}&resourceVersionMatch=Exact"));
    assert_eq!(names(&exact), ["a", "b", "c", "d", "e"]);
    for name in ["g", "h"] {
        world.post(CONFIG_MAPS, map(name));
    }
    let old = world.get(&format!("{CONFIG_MAPS}?resourceVersion=3&resourceVersionMatch=Exact"));
    assert_eq!(names(&old).len(), 0);
    world.etcd.compact();
    assert_eq!(world.get(&format!("{CONFIG_MAPS}?resourceVersion=3&resourceVersionMatch=Exact")).status, 410);
}

#[test]
fn streaming_lists_end_with_a_bookmark() {
    let mut world = World::new();
    world.post(CONFIG_MAPS, map("a"));
    let path = format!("{CONFIG_MAPS}?sendInitialEvents=true&allowWatchBookmarks=true");
    assert_eq!(world.get(&format!("{path}&watch=true")).status, 400);
    let watch = world.watch(&format!("{path}&resourceVersionMatch=NotOlderThan"));
    let events = world.events(watch);
    assert_eq!(events.iter().map(|e| e.kind).collect::<Vec<_>>(), [WatchKind::Added, WatchKind::Bookmark]);
    assert_eq!(events[1].object.annotation("k8s.io/initial-events-end").unwrap(), "true");
    assert_eq!(events[1].object.kind(), "ConfigMap");
    world.post(CONFIG_MAPS, map("b"));
    assert_eq!(world.said(watch), ["ADDED b"]);
}

#[test]
fn bookmarks_and_timeouts() {
    let mut world = World::new();
    let marked =
        world.watch("/api/v1/configmaps?resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=300");
    let plain = world.watch("/api/v1/configmaps?resourceVersion=0&timeoutSeconds=100");
    world.post(PODS, pod("a", "x"));
    let revision = world.etcd.revision;
    world.run(Duration::from_secs(130));
    let events = world.events(marked);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((events[0].kind, events[0].object.revision().0), (WatchKind::Bookmark, revision));
    assert_eq!(world.frames(plain), [Frame::End]);
    let before = world.events;
    world.run(Duration::from_secs(60));
    assert!(world.events - before < 30, "an idle minute costs {} events", world.events - before);
    world.run(Duration::from_secs(120));
    assert_eq!(world.frames(marked).last(), Some(&Frame::End));
}

#[test]
fn what_is_too_old_is_said() {
    let mut world = World::new();
    for n in 0..5 {
        world.post(CONFIG_MAPS, map(&format!("m{n}")));
    }
    // The cache begins here; what was before, it does not know.
    world.start();
    world.run(Duration::from_secs(1));
    let watch = world.watch(&format!("{CONFIG_MAPS}?resourceVersion=2"));
    let frames = world.frames(watch);
    let [Frame::Watch(events), Frame::End] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(events[0].kind, WatchKind::Error);
    assert_eq!(events[0].object.value().int_at(&["code"]), Some(410));
    assert_eq!(events[0].object.value().str_at(&["reason"]).unwrap(), "Expired");
}

#[test]
fn a_member_that_goes_down_is_left() {
    let mut world = World::new();
    let watch = world.watch("/api/v1/configmaps?resourceVersion=0");
    let member = world.server.etcd_endpoint();
    world.down.push(member);
    world.etcd.forget_watches(member);
    let made = world.post(CONFIG_MAPS, map("a"));
    assert_eq!(made.status, 201, "nothing was sent to the dead one, so the write may be repeated: {made:?}");
    assert_ne!(world.server.etcd_endpoint(), member);
    world.run(Duration::from_millis(50));
    assert_eq!(world.said(watch), ["ADDED a"]);
}

#[test]
fn a_write_whose_answer_is_lost_is_not_repeated() {
    let mut world = World::new();
    let member = world.server.etcd_endpoint();
    world.silent.push(member);
    let id = world.send(Request::new(Method::Post, CONFIG_MAPS).body(map("a")));
    world.run(Duration::from_secs(4));
    assert!(world.response(id).is_none());
    world.run(Duration::from_secs(2));
    refused(&world.response(id).unwrap(), 500, "etcdserver: request timed out");
    // The next ones go elsewhere; reads are repeated on their own.
    assert_eq!(world.post(CONFIG_MAPS, map("b")).status, 201);
    world.silent.push(world.server.etcd_endpoint());
    assert_eq!(world.get(&format!("{CONFIG_MAPS}/b")).status, 200);
    world.silent.clear();
    world.etcd.fail_txns = 1;
    refused(&world.post(CONFIG_MAPS, map("c")), 500, "etcdserver: request timed out");
}

#[test]
fn without_etcd_the_server_waits_and_comes_back() {
    let mut world = World::stopped();
    world.down = vec![0, 1, 2];
    world.start();
    world.run(Duration::from_secs(30));
    assert_eq!(world.get("/readyz").status, 500);
    assert_eq!(world.get("/livez/ping").status, 200);
    assert!(world.events < 2000, "{} events while waiting", world.events);
    let refusal = world.get(CONFIG_MAPS);
    assert_eq!(refusal.status, 500, "{refusal:?}");
    world.down.clear();
    world.run(Duration::from_secs(5));
    assert_eq!(world.get("/readyz").status, 200);
    assert_eq!(names(&world.get("/api/v1/namespaces")).len(), 4);
}

#[test]
fn compaction_makes_everybody_list_again() {
    let mut world = World::new();
    let watch = world.watch("/api/v1/configmaps?resourceVersion=0");
    let member = world.server.etcd_endpoint();
    world.etcd.forget_watches(member);
    // Somebody else writes meanwhile, and history goes.
    let text = r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"default"}}"#;
    let put = etcd::rpc::Put::new("/registry/configmaps/default/a", text);
    world.etcd.handle(99, etcd::rpc::CallId(1), &etcd::rpc::Request::Put(put));
    world.etcd.handle(
        99,
        etcd::rpc::CallId(1),
        &etcd::rpc::Request::Put(etcd::rpc::Put::new("/registry/configmaps/default/b", "no object")),
    );
    world.etcd.compact();
    world.down.push(member);
    world.get(&format!("{CONFIG_MAPS}/a"));
    world.run(Duration::from_secs(1));
    assert_eq!(world.frames(watch).last(), Some(&Frame::End));
    assert_eq!(names(&world.get(CONFIG_MAPS)), ["a"], "bytes that somebody put are read as JSON");
    let read = object(&world.get(&format!("{CONFIG_MAPS}/a")));
    assert!(read.revision().0 > 0);
}

#[test]
fn logs_come_from_the_kubelet() {
    let mut world = World::new();
    world.post(PODS, pod("web", "x"));
    let path = format!("{PODS}/web/log");
    refused(&world.get(&path), 400, "pod web does not have a host assigned");
    let node = object! {
        "metadata": { "name": "node-3" },
        "status": { "addresses": [{ "type": "InternalIP", "address": "172.18.0.13" }] },
    };
    world.post("/api/v1/nodes", node);
    world.post(&format!("{PODS}/web/binding"), object! { "target": { "name": "node-3" } });
    world.run(Duration::from_millis(10));
    refused(&world.get(&format!("{path}?container=other")), 400, "container other is not valid for pod web");
    let id = world.send(Request::new(Method::Get, path.as_str()).query("follow", "true"));
    world.run(Duration::from_millis(10));
    let (to, message) = world.kubelet.pop().unwrap();
    assert_eq!(to, Actor::Kubelet(3));
    let clusterlab_apiserver::Message::Kubelet { id: proxy, request } = message else {
        panic!("{message:?}")
    };
    assert_eq!(request.path, "/containerLogs/default/web/c");
    let mut head = api::http::Response::text(200, "");
    head.streaming = true;
    world.input(Input::Kubelet { node: 3, id: proxy, response: Arc::new(head) });
    let line = Frame::Data(b"hello\n".as_slice().into());
    world.input(Input::KubeletFrame { node: 3, id: proxy, frame: line.clone() });
    world.input(Input::KubeletFrame { node: 3, id: proxy, frame: Frame::End });
    assert_eq!(world.frames(id), [line, Frame::End]);
    let id = world.send(Request::new(Method::Get, path.as_str()));
    world.run(Duration::from_millis(10));
    let (_, clusterlab_apiserver::Message::Kubelet { id: proxy, .. }) = world.kubelet.pop().unwrap() else {
        panic!()
    };
    let reason = sim::literal!("dial tcp 172.18.0.13:10250: connect: connection refused");
    world.input(Input::KubeletFailed { node: 3, id: proxy, reason });
    world.run(Duration::from_millis(10));
    assert_eq!(world.response(id).unwrap().status, 500);
}

#[test]
fn discovery_in_both_forms() {
    let mut world = World::new();
    let core = world.get("/api/v1");
    let resources = core.value().unwrap().items_at(&["resources"]).to_vec();
    let find =
        |name: &str| resources.iter().find(|r| r.str_at(&["name"]).is_some_and(|n| n == name)).cloned();
    assert_eq!(find("pods").unwrap().str_at(&["kind"]).unwrap(), "Pod");
    assert_eq!(find("pods/eviction").unwrap().str_at(&["group"]).unwrap(), "policy");
    assert_eq!(world.get("/apis/apps/v1").status, 200);
    assert_eq!(
        world.get("/apis/apps").value().unwrap().str_at(&["preferredVersion", "version"]).unwrap(),
        "v1"
    );
    assert_eq!(world.get("/apis/apps/v9").status, 404);
    assert_eq!(world.get("/openapi/v3").status, 404);
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    for (path, least) in [("/api", 1), ("/apis", 10)] {
        let list = world.ask(Request::new(Method::Get, path).header("accept", accept));
        assert_eq!(list.value().unwrap().str_at(&["kind"]).unwrap(), "APIGroupDiscoveryList");
        assert!(list.value().unwrap().items_at(&["items"]).len() >= least);
    }
}

#[test]
fn the_same_inputs_give_the_same_state() {
    let run = || {
        let mut world = World::new();
        for n in 0..20 {
            let mut template = pod("", "x");
            template.remove(&["metadata", "name"]);
            template.set(&["metadata", "generateName"], format!("p{}-", n % 3));
            world.post(PODS, template);
        }
        world.watch("/api/v1/pods");
        sim::Digest::of(&world.server)
    };
    assert_eq!(run(), run());
}

#[test]
fn tables_for_people() {
    let mut world = World::new();
    world.post(PODS, pod("a", "x"));
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let table = world.ask(Request::new(Method::Get, PODS).header("accept", accept));
    let table = table.value().unwrap().clone();
    assert_eq!(table.str_at(&["kind"]).unwrap(), "Table");
    assert!(table.str_at(&["metadata", "resourceVersion"]).is_some());
    let row = &table.items_at(&["rows"])[0];
    assert_eq!(row.items_at(&["cells"])[0], Value::from("a"));
    assert_eq!(row.str_at(&["object", "metadata", "name"]).unwrap(), "a");
    let one = world.ask(Request::new(Method::Get, format!("{PODS}/a")).header("accept", accept));
    assert_eq!(one.value().unwrap().items_at(&["rows"]).len(), 1);
    let watch = world.send(Request::new(Method::Get, PODS).query("watch", "1").header("accept", accept));
    world.post(PODS, pod("b", "x"));
    let frames = world.frames(watch);
    let rows: Vec<_> = frames
        .iter()
        .map(|frame| match frame {
            Frame::Tree(tree) => (
                tree.str_at(&["type"]).unwrap().to_string(),
                tree.items_at(&["object", "columnDefinitions"]).is_empty(),
            ),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(rows, [("ADDED".to_owned(), false), ("ADDED".to_owned(), true)]);
    let partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = world.ask(Request::new(Method::Get, PODS).header("accept", partial));
    assert_eq!(list.value().unwrap().str_at(&["kind"]).unwrap(), "PartialObjectMetadataList");
    assert_eq!(list.value().unwrap().items_at(&["items"])[0].get("spec"), None);
    let refused =
        world.ask(Request::new(Method::Get, PODS).header("accept", "application/vnd.kubernetes.protobuf"));
    assert_eq!(refused.status, 406);
}
