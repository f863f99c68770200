use api::{Value, object};

use super::*;
use crate::testing::{Builder, at, body, pod, requests, run, world};

const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/a/endpointslices";

fn service() -> Builder {
    Builder::new("v1", "Service", "a", "web").label("team", "red").set(
        &["spec"],
        object! {
            "type": "ClusterIP", "clusterIP": "10.96.0.7", "selector": { "app": "web" },
            "ports": [{ "port": 80, "targetPort": 8080, "protocol": "TCP" }],
        },
    )
}

fn member(i: u32) -> Builder {
    pod("a", &format!("web-{i:04}")).label("app", "web").on("n1").ip(&format!(
        "10.244.{}.{}",
        i / 250,
        i % 250
    ))
}

fn controller() -> EndpointSliceController {
    EndpointSliceController::new(&Config::default())
}

/// Puts what an outcome wrote into the world, as the API server would.
fn apply(out: &Outcome, world: &mut World, version: u64) {
    for (i, call) in out.calls().enumerate() {
        let api::http::Body::Tree(mut value) = call.request.body.clone() else { continue };
        if value.at(&["metadata", "name"]).is_none() {
            value.set(&["metadata", "name"], format!("web-slice-{version}-{i}"));
        }
        value.set(&["metadata", "resourceVersion"], (version + i as u64).to_string());
        world.put(Object::new(value));
    }
}

#[test]
fn a_hundred_endpoints_a_slice_and_small_writes_after() {
    let objects = std::iter::once(service()).chain((0..250).map(member));
    let mut known = world(objects);
    let mut controller = controller();
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(0));
    assert_eq!(requests(&out), vec![format!("POST {SLICES}"); 3]);
    let sizes: Vec<usize> = (0..3).map(|i| body(&out, i).items_at(&["endpoints"]).len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    let slice = body(&out, 0);
    assert_eq!(slice.str_at(&["metadata", "labels", "team"]).unwrap(), "red");
    assert_eq!(slice.str_at(&["metadata", "labels", SERVICE_NAME_LABEL]).unwrap(), "web");
    assert_eq!(slice.items_at(&["ports"]), [object! { "port": 8080, "protocol": "TCP" }]);
    apply(&out, &mut known, 10);
    assert!(run(&mut controller, Kind::Services, "a/web", &known, at(0)).is_nothing());
    // One pod becomes ready: one slice is written, and shares its other endpoints with its old version.
    known.put(member(7).ready().build());
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(1));
    assert_eq!(requests(&out).len(), 1);
    let written = body(&out, 0);
    let name = written.str_at(&["metadata", "name"]).unwrap().clone();
    let before = known.get(Kind::EndpointSlices, &ObjectKey::new("a", name)).unwrap().value().clone();
    let shared = |a: &Value, b: &Value| {
        a.items_at(&["endpoints"]).iter().zip(b.items_at(&["endpoints"])).filter(|(a, b)| a.same(b)).count()
    };
    assert_eq!(shared(&written, &before), written.items_at(&["endpoints"]).len() - 1);
}

#[test]
fn conditions_tell_ready_serving_terminating() {
    let known = world([service(), member(1).ready().terminating()]);
    let out = run(&mut controller(), Kind::Services, "a/web", &known, at(0));
    let endpoint = body(&out, 0).items_at(&["endpoints"])[0].clone();
    let conditions = object! { "ready": false, "serving": true, "terminating": true };
    assert_eq!(endpoint.get("conditions"), Some(&conditions));
    assert_eq!(endpoint.str_at(&["targetRef", "name"]).unwrap(), "web-0001");
}

#[test]
fn a_service_without_pods_keeps_one_empty_slice() {
    let mut known = world([service()]);
    let mut controller = controller();
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(0));
    assert_eq!(requests(&out), [format!("POST {SLICES}")]);
    assert!(body(&out, 0).items_at(&["endpoints"]).is_empty());
    apply(&out, &mut known, 10);
    assert!(run(&mut controller, Kind::Services, "a/web", &known, at(0)).is_nothing());
    // With the first pod a slice with ports replaces it.
    known.put(member(1).ready().build());
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(0));
    assert_eq!(requests(&out), [format!("POST {SLICES}"), format!("DELETE {SLICES}/web-slice-10-0")]);
}

#[test]
fn waits_until_its_own_writes_are_known() {
    let mut known = world([service(), member(1).ready()]);
    let mut controller = controller();
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(0));
    let mut slice = body(&out, 0);
    slice.set(&["metadata", "name"], "web-x");
    slice.set(&["metadata", "resourceVersion"], "50");
    let item = Item::new(Kind::Services, ObjectKey::new("a", "web"));
    let response = Response::tree(201, slice.clone());
    controller.on_answer(&item, &Purpose::Write, Ok(&response), at(0), &mut WorkQueue::default());
    known.put(member(2).ready().build());
    assert!(run(&mut controller, Kind::Services, "a/web", &known, at(0)).is_nothing(), "out of date");
    let (kind, delta) = known.put(Object::new(slice)).unwrap();
    let mut queue = WorkQueue::default();
    controller.on_delta(kind, &delta, &known, at(0), &mut queue);
    assert_eq!(queue.depth(), 1, "the echo wakes who waited for it");
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(0));
    assert_eq!(requests(&out), [format!("PUT {SLICES}/web-x")]);
}
