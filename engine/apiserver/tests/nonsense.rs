//! Requests that make no sense, in great numbers: each gets an answer, and the server's books stay in order.

mod world;

use std::time::Duration;

use api::http::{Body, Method, Request};
use api::{Value, object};
use clusterlab_apiserver::Input;
use sim::Stream;
use world::{CLIENT, World};

fn pick<'a, T>(random: &mut Stream, from: &'a [T]) -> &'a T {
    &from[random.range(0..from.len() as u64) as usize]
}

const PARTS: [&str; 30] = [
    "api",
    "apis",
    "v1",
    "apps",
    "v2",
    "namespaces",
    "default",
    "kube-system",
    "pods",
    "deployments",
    "services",
    "nodes",
    "configmaps",
    "events",
    "a",
    "b",
    "status",
    "scale",
    "binding",
    "eviction",
    "log",
    "finalize",
    "watch",
    "",
    "..",
    "%",
    "bindings",
    "selfsubjectaccessreviews",
    "leases",
    "coordination.k8s.io",
];

const QUERIES: [(&str, &[&str]); 12] = [
    ("watch", &["true", "1", "x"]),
    ("resourceVersion", &["0", "1", "7", "99999999999999999999", "-1", "x", ""]),
    ("resourceVersionMatch", &["Exact", "NotOlderThan", "x"]),
    ("labelSelector", &["a=b", "a in (b,c)", "!a", "((", "a==", ",,,"]),
    ("fieldSelector", &["metadata.name=a", "spec.nodeName=", "status.phase!=Running", "x=y", "=", "a"]),
    ("limit", &["0", "1", "2", "-1", "x"]),
    ("continue", &["", "zz", "31", "3120", "ffff"]),
    ("timeoutSeconds", &["0", "1", "5", "x", "18446744073709551615"]),
    ("sendInitialEvents", &["true", "false", "x"]),
    ("allowWatchBookmarks", &["true", "x"]),
    ("dryRun", &["All", "x", ""]),
    ("fieldValidation", &["Strict", "Warn", "Ignore", "x"]),
];

fn value(random: &mut Stream, depth: u32) -> Value {
    match random.range(0..if depth > 3 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => Value::Int(random.range(0..5) as i64 - 2),
        3 => Value::Int(i64::MIN),
        4 => Value::from(*pick(
            random,
            &["", "a", "default", "v1", "Pod", "10.96.0.1", "2026-01-01T00:00:00Z", "1e9999", "\u{0}"],
        )),
        5 => Value::Float(0.5),
        6 => (0..random.range(0..3)).map(|_| value(random, depth + 1)).collect::<Vec<_>>().into(),
        _ => {
            let names = [
                "kind",
                "apiVersion",
                "metadata",
                "name",
                "namespace",
                "spec",
                "status",
                "containers",
                "replicas",
                "ports",
                "op",
                "path",
                "value",
                "finalizers",
                "generateName",
                "resourceVersion",
                "clusterIP",
                "type",
                "target",
                "uid",
                "deletionTimestamp",
                "labels",
                "selector",
                "tolerations",
                "$patch",
                "taints",
            ];
            let mut map = Value::map();
            for _ in 0..random.range(0..5) {
                map.set(&[*pick(random, &names)], value(random, depth + 1));
            }
            map
        }
    }
}

fn request(random: &mut Stream) -> Request {
    let methods =
        [Method::Get, Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Options];
    let mut path = if random.chance_ppm(700_000) {
        pick(
            random,
            &[
                "/api/v1/namespaces/default/pods",
                "/api/v1/namespaces/default/configmaps",
                "/api/v1/nodes",
                "/api/v1/namespaces/default/services",
                "/apis/apps/v1/namespaces/default/deployments",
                "/api/v1/namespaces",
                "/api/v1/pods",
                "/api/v1/namespaces/default/events",
                "/apis/coordination.k8s.io/v1/namespaces/default/leases",
            ],
        )
        .to_string()
    } else {
        String::new()
    };
    for _ in 0..random.range(0..4) {
        path += "/";
        let part: &&str = pick(random, &PARTS);
        path.push_str(part);
    }
    let mut request = Request::new(*pick(random, &methods), path);
    for _ in 0..random.range(0..3) {
        let (name, values) = pick(random, &QUERIES);
        request = request.query(*name, *pick(random, values));
    }
    let kinds = [
        "application/json",
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/yaml",
        "x/y",
    ];
    request = request.header("content-type", *pick(random, &kinds));
    if random.chance_ppm(200_000) {
        request = request.header(
            "accept",
            *pick(random, &["application/json;as=Table;g=meta.k8s.io;v=v1", "x", ";;,", ""]),
        );
    }
    request.body = match random.range(0..4) {
        0 => Body::Empty,
        1 => Body::Bytes(
            pick(
                random,
                &[&b"{"[..], b"{}", b"[]", b"\xff\xfe", b"a: &a [*a]", b"{\"metadata\":{\"name\":\"a\"}}"],
            )
            .to_vec()
            .into(),
        ),
        2 => {
            // Sensible but for one place.
            let mut pod = object! {
                "metadata": { "name": (*pick(random, &["a", "b"])), "labels": { "a": "b" } },
                "spec": { "containers": [{ "name": "c", "image": "nginx" }] },
            };
            let place = *pick(random, &["metadata", "spec", "status", "data", "kind"]);
            if random.chance_ppm(500_000) {
                pod.set(&[place], value(random, 1));
            }
            Body::Tree(pod)
        }
        _ => Body::Tree(value(random, 0)),
    };
    request
}

#[test]
fn nothing_shakes_the_server() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    for seed in 0..seeds {
        let mut random = Stream::derive(seed, "nonsense");
        let mut world = World::new();
        let mut sent = Vec::new();
        for n in 0..1500 {
            let request = request(&mut random);
            let id = world.send(request.clone());
            if random.chance_ppm(50_000) {
                world.input(Input::Cancel { from: CLIENT, id });
            } else {
                sent.push((id, request));
            }
            if random.chance_ppm(5_000) {
                world.down = vec![random.range(0..3) as u32];
            }
            if random.chance_ppm(300_000) {
                world.run(Duration::from_millis(random.range(0..3)));
            }
            if n % 500 == 499 {
                world.input(Input::Disconnected { from: CLIENT });
                world.run(Duration::from_secs(10));
                sent.clear();
            }
            if random.chance_ppm(20_000) {
                world.down.clear();
            }
        }
        world.down.clear();
        for _ in 0..200 {
            let request = request(&mut random);
            sent.push((world.send(request.clone()), request));
        }
        world.run(Duration::from_secs(60));
        for (id, request) in sent {
            assert!(world.response(id).is_some(), "seed {seed}: no answer to {request:?}");
        }
        assert_eq!(world.server.in_flight().count(), 0);
    }
}
