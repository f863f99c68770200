use super::*;
use crate::testing::{Builder, at, body, pod, requests, run, tell, world};

fn set(name: &str) -> Builder {
    Builder::new("apps/v1", "ReplicaSet", "a", name)
}

fn collector() -> GarbageCollector {
    GarbageCollector::new(&Config::default())
}

fn finalizing(builder: Builder, finalizer: &str) -> Builder {
    builder.terminating().set(&["metadata", "finalizers"], vec![Value::from(finalizer)])
}

#[test]
fn dependents_of_a_deleted_owner_go_in_the_background() {
    let mut known = world([
        set("web").owner("Deployment", "web", "uid-d"),
        pod("a", "p").owner("ReplicaSet", "web", "uid-web"),
        pod("a", "stranger"),
    ]);
    let mut collector = collector();
    let delta = known.remove(Kind::ReplicaSets, &ObjectKey::new("a", "web")).unwrap();
    let mut queue = WorkQueue::default();
    collector.on_delta(Kind::ReplicaSets, &delta, &known, at(0), &mut queue);
    assert_eq!(queue.waiting().map(Item::to_string).collect::<Vec<_>>(), ["Pod a/p"]);
    let out = run(&mut collector, Kind::Pods, "a/p", &known, at(0));
    assert_eq!(requests(&out), ["DELETE /api/v1/namespaces/a/pods/p"]);
    assert_eq!(body(&out, 0).str_at(&["propagationPolicy"]).unwrap(), "Background");
    assert_eq!(body(&out, 0).str_at(&["preconditions", "uid"]).unwrap(), "uid-p");
    assert!(run(&mut collector, Kind::Pods, "a/stranger", &known, at(0)).is_nothing());
}

#[test]
fn an_owner_never_seen_is_asked_for_before_anything_is_deleted() {
    let mut known = world([]);
    let mut collector = collector();
    let orphaned = pod("a", "p").owner("ReplicaSet", "web", "uid-web");
    assert_eq!(tell(&mut collector, &mut known, orphaned), ["Pod a/p"]);
    let out = run(&mut collector, Kind::Pods, "a/p", &known, at(0));
    assert_eq!(requests(&out), ["GET /apis/apps/v1/namespaces/a/replicasets/web"]);
    let purpose = out.calls().next().unwrap().purpose.clone();
    let item = Item::new(Kind::Pods, ObjectKey::new("a", "p"));
    let mut queue = WorkQueue::default();
    // It is there: only the informer is behind.
    let there = Response::tree(200, set("web").build().value().clone());
    collector.on_answer(&item, &purpose, Ok(&there), at(0), &mut queue);
    assert_eq!(queue.depth(), 0);
    collector.on_answer(&item, &purpose, Ok(&Response::tree(404, Value::Null)), at(0), &mut queue);
    assert_eq!(queue.depth(), 1);
    let out = run(&mut collector, Kind::Pods, "a/p", &known, at(0));
    assert_eq!(requests(&out), ["DELETE /api/v1/namespaces/a/pods/p"]);
}

#[test]
fn one_of_two_owners_gone_is_forgotten() {
    let mut known = world([set("kept"), set("lost")]);
    let two = vec![
        object! { "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "kept", "uid": "uid-kept" },
        object! { "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "lost", "uid": "uid-lost" },
    ];
    known.put(pod("a", "p").set(&["metadata", "ownerReferences"], two).build());
    let mut collector = collector();
    assert!(run(&mut collector, Kind::Pods, "a/p", &known, at(0)).is_nothing());
    let delta = known.remove(Kind::ReplicaSets, &ObjectKey::new("a", "lost")).unwrap();
    collector.on_delta(Kind::ReplicaSets, &delta, &known, at(0), &mut WorkQueue::default());
    let out = run(&mut collector, Kind::Pods, "a/p", &known, at(0));
    assert_eq!(requests(&out), ["PATCH /api/v1/namespaces/a/pods/p"]);
    let patch = object! { "$patch": "delete", "uid": "uid-lost" };
    assert_eq!(body(&out, 0).items_at(&["metadata", "ownerReferences"]), [patch]);
}

#[test]
fn foreground_deletion_waits_for_dependents() {
    let mut known = world([set("web"), pod("a", "p").owner("ReplicaSet", "web", "uid-web")]);
    let mut collector = collector();
    assert_eq!(tell(&mut collector, &mut known, finalizing(set("web"), FOREGROUND)), ["ReplicaSet a/web"]);
    let out = run(&mut collector, Kind::ReplicaSets, "a/web", &known, at(0));
    assert_eq!(out.also.iter().map(Item::to_string).collect::<Vec<_>>(), ["Pod a/p"]);
    let out = run(&mut collector, Kind::Pods, "a/p", &known, at(0));
    assert_eq!(requests(&out), ["DELETE /api/v1/namespaces/a/pods/p"]);
    let delta = known.remove(Kind::Pods, &ObjectKey::new("a", "p")).unwrap();
    let mut queue = WorkQueue::default();
    collector.on_delta(Kind::Pods, &delta, &known, at(1), &mut queue);
    assert_eq!(queue.waiting().map(Item::to_string).collect::<Vec<_>>(), ["ReplicaSet a/web"]);
    let out = run(&mut collector, Kind::ReplicaSets, "a/web", &known, at(1));
    assert_eq!(requests(&out), ["PATCH /apis/apps/v1/namespaces/a/replicasets/web"]);
    assert!(body(&out, 0).items_at(&["metadata", "finalizers"]).is_empty());
}

#[test]
fn orphaning_leaves_dependents_alone() {
    let known = world([finalizing(set("web"), ORPHAN), pod("a", "p").owner("ReplicaSet", "web", "uid-web")]);
    let out = run(&mut collector(), Kind::ReplicaSets, "a/web", &known, at(0));
    assert_eq!(
        requests(&out),
        ["PATCH /api/v1/namespaces/a/pods/p", "PATCH /apis/apps/v1/namespaces/a/replicasets/web"]
    );
    assert_eq!(out.batches.len(), 2, "the owner goes last");
}
