use api::object;

use super::*;
use crate::testing::{Builder, at, body, pod, requests, world};

fn node(name: &str, ready: &str) -> Builder {
    let condition = object! { "type": "Ready", "status": ready, "lastHeartbeatTime": "2026-01-01T00:00:00Z" };
    Builder::new("v1", "Node", "", name).set(&["status", "conditions"], vec![condition])
}

fn lease(name: &str, seconds: u64) -> Builder {
    Builder::new("coordination.k8s.io/v1", "Lease", "kube-node-lease", name)
        .set(&["spec", "renewTime"], at(seconds).rfc3339_micro())
        .set(&["metadata", "resourceVersion"], seconds.to_string())
}

fn monitor(controller: &mut NodeLifecycleController, world: &World, seconds: u64) -> Outcome {
    controller.reconcile(&Item::pass(MONITOR), world, at(seconds))
}

fn taint(controller: &mut NodeLifecycleController, node: &str, world: &World, seconds: u64) -> Outcome {
    let item = Item { subject: Subject::Pass(NO_EXECUTE), key: ObjectKey::new("", node) };
    controller.reconcile(&item, world, at(seconds))
}

#[test]
fn a_silent_node_becomes_unknown_after_fifty_seconds() {
    let mut known = world([
        node("n1", "True"),
        node("n2", "True"),
        lease("n1", 1),
        lease("n2", 1),
        pod("a", "p").on("n1").ready(),
        pod("a", "q").on("n2").ready(),
    ]);
    let mut controller = NodeLifecycleController::new(&Config::default());
    let first = monitor(&mut controller, &known, 2);
    assert_eq!(first.events.len(), 2, "both are registered");
    assert_eq!(first.requeue_after.unwrap().as_secs(), 5);
    for second in (7..=52).step_by(5) {
        known.put(lease("n2", second).build());
        assert_eq!(requests(&monitor(&mut controller, &known, second)), [""; 0], "at {second}");
    }
    let out = monitor(&mut controller, &known, 57);
    assert_eq!(requests(&out), ["PUT /api/v1/nodes/n1/status", "PUT /api/v1/namespaces/a/pods/p/status"]);
    let conditions = body(&out, 0).items_at(&["status", "conditions"]).to_vec();
    assert_eq!(conditions.len(), 4);
    assert_eq!(conditions[0].str_at(&["reason"]).unwrap(), "NodeStatusUnknown");
    assert_eq!(conditions[1].str_at(&["reason"]).unwrap(), "NodeStatusNeverUpdated");
    let reasons: Vec<_> = out.events.iter().map(|e| e.reason).collect();
    assert_eq!(reasons, ["NodeNotReady", "NodeNotReady"]);
    assert_eq!(out.events[0].message, "Node n1 status is now: NodeNotReady");
    assert_eq!(out.also_at, [], "the Node does not say so yet");
    known.put(node("n1", "Unknown").build());
    let out = monitor(&mut controller, &known, 62);
    assert_eq!(
        out.also_at,
        [(Item { subject: Subject::Pass(NO_EXECUTE), key: ObjectKey::new("", "n1") }, at(62))]
    );
}

#[test]
fn a_deleted_node_is_forgotten() {
    let mut known = world([node("n1", "True"), node("n2", "True")]);
    let mut controller = NodeLifecycleController::new(&Config::default());
    monitor(&mut controller, &known, 1);
    known.remove(Kind::Nodes, &ObjectKey::new("", "n1"));
    let out = monitor(&mut controller, &known, 6);
    assert_eq!(out.events.len(), 1);
    assert_eq!(out.events[0].message, "Node n1 event: Removing Node n1 from Controller");
}

#[test]
fn taints_follow_readiness() {
    let mut controller = NodeLifecycleController::new(&Config::default());
    let known = world([node("n1", "Unknown"), node("n2", "True")]);
    monitor(&mut controller, &known, 1);
    let out = taint(&mut controller, "n1", &known, 1);
    let taints = body(&out, 0).items_at(&["spec", "taints"]).to_vec();
    assert_eq!(taints.len(), 1);
    assert_eq!(taints[0].str_at(&["key"]).unwrap(), "node.kubernetes.io/unreachable");
    assert_eq!(taints[0].str_at(&["timeAdded"]).unwrap(), "2026-01-01T00:00:01Z");
    let out = crate::testing::run(&mut controller, Kind::Nodes, "n1", &known, at(1));
    assert_eq!(body(&out, 0).items_at(&["spec", "taints"])[0].str_at(&["effect"]).unwrap(), "NoSchedule");
    // Ready again: both go, somebody else's stays.
    let taints = vec![
        object! { "key": "node.kubernetes.io/unreachable", "effect": "NoExecute" },
        object! { "key": "dedicated", "effect": "NoSchedule" },
    ];
    let known = world([node("n1", "True").set(&["spec", "taints"], taints)]);
    let out = monitor(&mut controller, &known, 9);
    assert_eq!(out.also.len(), 1);
    let out = taint(&mut controller, "n1", &known, 9);
    assert_eq!(
        body(&out, 0).items_at(&["spec", "taints"]),
        [object! { "key": "dedicated", "effect": "NoSchedule" }]
    );
}

#[test]
fn zones_limit_how_fast_nodes_are_emptied() {
    let nodes = |dead: usize, alive: usize| {
        let name = |i: usize| format!("n{i}");
        (0..dead)
            .map(move |i| node(&name(i), "Unknown"))
            .chain((dead..dead + alive).map(move |i| node(&name(i), "True")))
    };
    let wait = |dead, alive| -> Vec<u64> {
        let mut controller = NodeLifecycleController::new(&Config::default());
        let out = monitor(&mut controller, &world(nodes(dead, alive)), 0);
        out.also_at.iter().map(|(_, at)| at.as_secs()).collect()
    };
    assert_eq!(wait(2, 5), [0, 10], "one node every ten seconds");
    assert_eq!(wait(3, 2), [0; 0], "most of a small zone is silent: nothing is done");
    assert_eq!(wait(2, 1), [0, 10], "two are never a disruption");
    assert_eq!(wait(3, 0), [0; 0], "all are silent: it is the network");
    assert_eq!(wait(60, 2)[..3], [0, 100, 200], "a large zone is emptied slowly");
}

#[test]
fn a_cordon_is_a_taint() {
    let known = world([node("n1", "True").set(&["spec", "unschedulable"], true)]);
    let mut controller = NodeLifecycleController::new(&Config::default());
    let out = crate::testing::run(&mut controller, Kind::Nodes, "n1", &known, at(1));
    let taints = body(&out, 0).items_at(&["spec", "taints"]).to_vec();
    assert_eq!(taints[0].str_at(&["key"]).unwrap(), "node.kubernetes.io/unschedulable");
}
