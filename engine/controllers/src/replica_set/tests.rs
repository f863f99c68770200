use api::object;

use super::*;
use crate::testing::{Builder, at, body, pod, requests, run, tell, world};

fn set(replicas: i64) -> Builder {
    Builder::new("apps/v1", "ReplicaSet", "a", "web")
        .set(&["metadata", "generation"], 1)
        .set(&["spec"], object! {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "c" }] } },
        })
}

fn mine(name: &str) -> Builder {
    pod("a", name).label("app", "web").owner("ReplicaSet", "web", "uid-web")
}

fn controller() -> ReplicaSetController {
    ReplicaSetController::new(&Config::default())
}

const CREATE: &str = "POST /api/v1/namespaces/a/pods";
const STATUS: &str = "PUT /apis/apps/v1/namespaces/a/replicasets/web/status";

#[test]
fn creates_in_growing_batches_then_tells_the_status() {
    let world = world([set(7)]);
    let mut controller = controller();
    let out = run(&mut controller, Kind::ReplicaSets, "a/web", &world, at(0));
    assert_eq!(out.batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 4, 1]);
    assert_eq!(requests(&out)[0], CREATE);
    assert_eq!(requests(&out)[7], STATUS);
    let pod = body(&out, 0);
    assert_eq!(pod.str_at(&["metadata", "generateName"]).unwrap(), "web-");
    assert_eq!(pod.items_at(&["metadata", "ownerReferences"])[0].str_at(&["uid"]).unwrap(), "uid-web");
    assert_eq!(out.note.unwrap().to_string(), "replicaset a/web: create 7 pods: 0 of 7 are there");
    // Until the pods are seen, it does not create again.
    let again = run(&mut controller, Kind::ReplicaSets, "a/web", &world, at(1));
    assert_eq!(requests(&again), [STATUS]);
}

#[test]
fn seen_and_failed_creations_settle_expectations() {
    let mut known = world([set(2)]);
    let mut controller = controller();
    run(&mut controller, Kind::ReplicaSets, "a/web", &known, at(0));
    assert_eq!(tell(&mut controller, &mut known, mine("web-1")), ["ReplicaSet a/web"]);
    let item = Item::new(Kind::ReplicaSets, ObjectKey::new("a", "web"));
    let refused = Str::from("pods \"web-\" is forbidden: exceeded quota");
    controller.on_answer(&item, &Purpose::CreatePod, Err(&refused), at(1), &mut WorkQueue::default());
    let out = run(&mut controller, Kind::ReplicaSets, "a/web", &known, at(1));
    assert_eq!(requests(&out), [STATUS, CREATE]);
    let condition = &body(&out, 0).items_at(&["status", "conditions"])[0].clone();
    assert_eq!(condition.str_at(&["type"]).unwrap(), "ReplicaFailure");
    assert_eq!(condition.str_at(&["reason"]).unwrap(), "FailedCreate");
}

#[test]
fn deletes_the_least_useful_first() {
    let world = world([
        set(1),
        mine("ready").on("n1").ready(),
        mine("ready-twin").on("n2").ready().set(&["metadata", "creationTimestamp"], "2026-01-01T00:01:00Z"),
        mine("unready").on("n3").set(&["status", "phase"], "Running"),
        mine("pending").on("n3"),
        mine("unassigned"),
        mine("dead").on("n1").set(&["status", "phase"], "Failed"),
    ]);
    let out = run(&mut controller(), Kind::ReplicaSets, "a/web", &world, at(100));
    let deleted: Vec<String> = requests(&out)
        .iter()
        .filter_map(|r| r.strip_prefix("DELETE /api/v1/namespaces/a/pods/").map(Into::into))
        .collect();
    assert_eq!(deleted, ["unassigned", "pending", "unready", "ready-twin"]);
    let status = body(&out, 4);
    assert_eq!(status.int_at(&["status", "replicas"]), Some(5), "a failed pod does not count");
    assert_eq!(status.int_at(&["status", "readyReplicas"]), Some(2));
}

#[test]
fn adopts_and_releases() {
    let world = world([
        set(1),
        pod("a", "orphan").label("app", "web"),
        pod("b", "elsewhere").label("app", "web"),
        mine("strayed").label("app", "other"),
    ]);
    let out = run(&mut controller(), Kind::ReplicaSets, "a/web", &world, at(0));
    assert_eq!(
        requests(&out),
        ["PATCH /api/v1/namespaces/a/pods/strayed", "PATCH /api/v1/namespaces/a/pods/orphan", STATUS]
    );
    assert_eq!(
        body(&out, 0).items_at(&["metadata", "ownerReferences"])[0].str_at(&["$patch"]).unwrap(),
        "delete"
    );
    assert_eq!(body(&out, 2).int_at(&["status", "replicas"]), Some(1));
}

#[test]
fn a_settled_set_is_left_alone() {
    let status = object! {
        "replicas": 1, "fullyLabeledReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        "observedGeneration": 1, "terminatingReplicas": 0,
    };
    let world = world([set(1).set(&["status"], status), mine("web-1").on("n1").ready()]);
    assert!(run(&mut controller(), Kind::ReplicaSets, "a/web", &world, at(0)).is_nothing());
    assert!(run(&mut controller(), Kind::ReplicaSets, "a/gone", &world, at(0)).is_nothing());
}

#[test]
fn min_ready_seconds_delays_availability() {
    let world = world([set(1).set(&["spec", "minReadySeconds"], 10), mine("web-1").on("n1").ready()]);
    let out = run(&mut controller(), Kind::ReplicaSets, "a/web", &world, at(4));
    assert_eq!(body(&out, 0).int_at(&["status", "availableReplicas"]), None);
    assert_eq!(out.requeue_after.unwrap().as_secs(), 6);
    let out = run(&mut controller(), Kind::ReplicaSets, "a/web", &world, at(10));
    assert_eq!(body(&out, 0).int_at(&["status", "availableReplicas"]), Some(1));
}

#[test]
fn changes_of_pods_name_their_set() {
    let mut known = world([set(1)]);
    let mut controller = controller();
    assert_eq!(tell(&mut controller, &mut known, mine("p")), ["ReplicaSet a/web"]);
    let unchanged = mine("p").set(&["status", "message"], "still the same");
    assert_eq!(tell(&mut controller, &mut known, unchanged), [""; 0]);
    assert_eq!(tell(&mut controller, &mut known, mine("p").ready()), ["ReplicaSet a/web"]);
    assert_eq!(tell(&mut controller, &mut known, pod("a", "q").label("app", "web")), ["ReplicaSet a/web"]);
    assert_eq!(tell(&mut controller, &mut known, pod("a", "r").label("app", "db")), [""; 0]);
}
