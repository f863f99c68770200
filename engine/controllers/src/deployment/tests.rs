use api::object;

use super::revisions::{DESIRED, HISTORY, MAX, REVISION};
use super::*;
use crate::template::pod_template_hash;
use crate::testing::{Builder, at, body, requests, world};

const SETS: &str = "/apis/apps/v1/namespaces/a/replicasets";
const STATUS: &str = "PUT /apis/apps/v1/namespaces/a/deployments/web/status";

fn template(image: &str) -> Value {
    object! {
        "metadata": { "labels": { "app": "web" } },
        "spec": { "containers": [{ "name": "c", "image": image }] },
    }
}

fn deployment(replicas: i64, image: &str) -> Builder {
    Builder::new("apps/v1", "Deployment", "a", "web").set(&["metadata", "generation"], 1).set(&["spec"], object! {
        "replicas": replicas,
        "selector": { "matchLabels": { "app": "web" } },
        "template": (template(image)),
        "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": 600,
    })
}

/// A ReplicaSet of the deployment: image, size, available pods, revision, the Deployment's size when it was sized.
fn set(image: &str, replicas: i64, available: i64, revision: i64, desired: i64) -> Builder {
    let hash = pod_template_hash(&template(image), None);
    let mut template = template(image);
    template.set(&["metadata", "labels", "pod-template-hash"], hash.as_str());
    let max = desired + (desired + 3) / 4;
    Builder::new("apps/v1", "ReplicaSet", "a", &format!("web-{hash}"))
        .owner("Deployment", "web", "uid-web")
        .label("app", "web")
        .label("pod-template-hash", &hash)
        .set(&["metadata", "creationTimestamp"], at(revision.unsigned_abs()).rfc3339())
        .set(&["metadata", "annotations", REVISION], revision.to_string())
        .set(&["metadata", "annotations", DESIRED], desired.to_string())
        .set(&["metadata", "annotations", MAX], max.to_string())
        .set(&["spec"], object! { "replicas": replicas, "template": template })
        .set(
            &["status"],
            object! { "replicas": replicas, "readyReplicas": available, "availableReplicas": available },
        )
}

fn name(image: &str) -> String {
    format!("web-{}", pod_template_hash(&template(image), None))
}

fn sync(objects: impl IntoIterator<Item = Builder>, seconds: u64) -> Outcome {
    crate::testing::run(&mut DeploymentController, Kind::Deployments, "a/web", &world(objects), at(seconds))
}

/// The sizes that an outcome gives to ReplicaSets.
fn sizes(out: &Outcome) -> Vec<(String, i64)> {
    let of = |i: usize| {
        let value = body(out, i);
        let name = value.str_at(&["metadata", "name"])?.to_string();
        (value.str_at(&["kind"])? == "ReplicaSet").then_some((name, value.int_at(&["spec", "replicas"])?))
    };
    (0..out.calls().count()).filter_map(of).collect()
}

fn condition(value: &Value, kind: &str) -> String {
    let conditions = value.items_at(&["status", "conditions"]);
    let found = crate::objects::find_condition(conditions, kind).expect("condition");
    format!("{} {}", found.str_at(&["status"]).unwrap(), found.str_at(&["reason"]).unwrap())
}

#[test]
fn the_first_look_creates_revision_one() {
    let annotated = deployment(3, "nginx:1").set(&["metadata", "annotations", "team"], "red");
    let out = sync([annotated], 0);
    assert_eq!(requests(&out), [format!("POST {SETS}"), STATUS.to_owned()]);
    let created = body(&out, 0);
    assert_eq!(sizes(&out), [(name("nginx:1"), 3)]);
    let annotations = created.at(&["metadata", "annotations"]).unwrap();
    for (key, value) in [(REVISION, "1"), (DESIRED, "3"), (MAX, "4"), ("team", "red")] {
        assert_eq!(annotations.str_at(&[key]).unwrap(), value, "{key}");
    }
    let hash = pod_template_hash(&template("nginx:1"), None);
    for path in [
        ["metadata", "labels"].as_slice(),
        &["spec", "selector", "matchLabels"],
        &["spec", "template", "metadata", "labels"],
    ] {
        assert_eq!(created.at(path).unwrap().str_at(&["pod-template-hash"]).unwrap(), &hash);
    }
    let event = out.calls().next().unwrap().on_success.clone().unwrap();
    assert_eq!(event.message, format!("Scaled up replica set {} from 0 to 3", name("nginx:1")));
    let status = body(&out, 1);
    assert_eq!(status.str_at(&["metadata", "annotations", REVISION]).unwrap(), "1");
    assert_eq!(condition(&status, "Progressing"), "True NewReplicaSetCreated");
}

#[test]
fn a_rolling_update_goes_step_by_step() {
    // (old size, old available, new size, new available) -> the sizes decided
    let (old, new) = (name("nginx:1"), name("nginx:2"));
    type Case<'a> = (&'a str, (i64, i64), (i64, i64), Vec<(&'a str, i64)>);
    let cases: &[Case<'_>] = &[
        ("surge first", (10, 10), (0, 0), vec![(&new, 3)]),
        ("then give up what may be missing", (10, 10), (3, 0), vec![(&old, 8)]),
        ("fill the surge again", (8, 8), (3, 0), vec![(&new, 5)]),
        ("wait for the new ones", (8, 8), (5, 0), vec![]),
        ("one came: one goes", (8, 8), (5, 1), vec![(&old, 7)]),
        ("unhealthy ones go first", (8, 5), (5, 3), vec![(&old, 5)]),
        ("the last one", (1, 1), (10, 10), vec![(&old, 0)]),
        ("done", (0, 0), (10, 10), vec![]),
    ];
    for (what, (old_size, old_available), (new_size, new_available), expected) in cases {
        let out = sync(
            [
                deployment(10, "nginx:2"),
                set("nginx:1", *old_size, *old_available, 1, 10),
                set("nginx:2", *new_size, *new_available, 2, 10),
            ],
            0,
        );
        let expected: Vec<(String, i64)> = expected.iter().map(|(n, s)| ((*n).to_owned(), *s)).collect();
        assert_eq!(sizes(&out), expected, "{what}");
    }
}

#[test]
fn a_new_revision_starts_within_the_surge() {
    let out = sync([deployment(10, "nginx:2"), set("nginx:1", 10, 10, 1, 10)], 0);
    assert_eq!(sizes(&out), [(name("nginx:2"), 3)]);
    assert_eq!(body(&out, 0).str_at(&["metadata", "annotations", REVISION]).unwrap(), "2");
}

#[test]
fn a_rollback_renumbers_the_old_replica_set() {
    let out = sync([deployment(3, "nginx:1"), set("nginx:1", 0, 0, 1, 3), set("nginx:2", 3, 3, 2, 3)], 0);
    assert_eq!(requests(&out)[0], format!("PUT {SETS}/{}", name("nginx:1")));
    let annotations = body(&out, 0).at(&["metadata", "annotations"]).unwrap().clone();
    assert_eq!(annotations.str_at(&[REVISION]).unwrap(), "3");
    assert_eq!(annotations.str_at(&[HISTORY]).unwrap(), "1");
    let status = out.calls().count() - 1;
    assert_eq!(body(&out, status).str_at(&["metadata", "annotations", REVISION]).unwrap(), "3");
}

#[test]
fn scaling_is_direct_or_in_proportion() {
    let out = sync([deployment(5, "nginx:1"), set("nginx:1", 3, 3, 1, 3)], 0);
    assert_eq!(sizes(&out), [(name("nginx:1"), 5)]);
    assert_eq!(body(&out, 0).str_at(&["metadata", "annotations", DESIRED]).unwrap(), "5");
    // In the middle of a rollout of 10 (8 old, 5 new), scaled to 15: 19 in all, in proportion.
    let out = sync([deployment(15, "nginx:2"), set("nginx:1", 8, 8, 1, 10), set("nginx:2", 5, 0, 2, 10)], 0);
    assert_eq!(sizes(&out), [(name("nginx:1"), 12), (name("nginx:2"), 7)]);
}

#[test]
fn status_tells_availability_and_completion() {
    let out = sync([deployment(3, "nginx:1"), set("nginx:1", 3, 1, 1, 3)], 0);
    let status = body(&out, 0);
    assert_eq!(requests(&out), [STATUS]);
    assert_eq!(condition(&status, "Available"), "False MinimumReplicasUnavailable");
    assert_eq!(condition(&status, "Progressing"), "True ReplicaSetUpdated");
    assert_eq!(status.int_at(&["status", "unavailableReplicas"]), Some(2));
    let out = sync([deployment(3, "nginx:1"), set("nginx:1", 3, 3, 1, 3)], 0);
    let status = body(&out, 0);
    assert_eq!(condition(&status, "Available"), "True MinimumReplicasAvailable");
    assert_eq!(condition(&status, "Progressing"), "True NewReplicaSetAvailable");
    assert_eq!(status.int_at(&["status", "unavailableReplicas"]), None);
    // What was written is what is wanted: nothing more to do.
    let settled = world([set("nginx:1", 3, 3, 1, 3)]);
    let mut settled = settled;
    settled.put(Object::new(status));
    let again = crate::testing::run(&mut DeploymentController, Kind::Deployments, "a/web", &settled, at(9));
    assert!(again.is_nothing(), "{again:?}");
}

#[test]
fn no_progress_before_the_deadline_is_told() {
    let first = sync([deployment(3, "nginx:1"), set("nginx:1", 3, 0, 1, 3)], 0);
    let mut known = world([set("nginx:1", 3, 0, 1, 3)]);
    known.put(Object::new(body(&first, 0)));
    let look = |seconds| {
        crate::testing::run(&mut DeploymentController, Kind::Deployments, "a/web", &known, at(seconds))
    };
    assert_eq!(look(100).requeue_after.unwrap().as_secs(), 501);
    assert_eq!(condition(&body(&look(601), 0), "Progressing"), "False ProgressDeadlineExceeded");
}

#[test]
fn recreate_ends_the_old_before_the_new() {
    let recreate = || deployment(2, "nginx:2").set(&["spec", "strategy"], object! { "type": "Recreate" });
    let old = |size| set("nginx:1", size, size, 1, 2);
    let out = sync([recreate(), old(2)], 0);
    assert_eq!(sizes(&out), [(name("nginx:1"), 0)]);
    let uid = format!("uid-{}", name("nginx:1"));
    let last = crate::testing::pod("a", "p").owner("ReplicaSet", &name("nginx:1"), &uid).terminating();
    assert_eq!(sizes(&sync([recreate(), old(0), last], 0)), []);
    assert_eq!(sizes(&sync([recreate(), old(0)], 0)), [(name("nginx:2"), 2)]);
}

#[test]
fn old_revisions_beyond_the_limit_are_deleted_when_done() {
    let complete =
        object! { "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3, "observedGeneration": 1 };
    let objects = || {
        let old = (1..=4).map(|i| set(&format!("nginx:{i}"), 0, 0, i, 3));
        old.chain([set("nginx:9", 3, 3, 9, 3), deployment(3, "nginx:9").set(&["status"], complete.clone())])
    };
    let out = sync(objects(), 0);
    let deleted: Vec<String> = requests(&out).into_iter().filter(|r| r.starts_with("DELETE")).collect();
    assert_eq!(
        deleted,
        [format!("DELETE {SETS}/{}", name("nginx:1")), format!("DELETE {SETS}/{}", name("nginx:2"))]
    );
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let paused = |deployment: Builder| deployment.set(&["spec", "paused"], true);
    let out = sync([paused(deployment(3, "nginx:2")), set("nginx:1", 3, 3, 1, 3)], 0);
    assert_eq!(condition(&body(&out, 0), "Progressing"), "Unknown DeploymentPaused");
    let mut known = world([set("nginx:1", 3, 3, 1, 3)]);
    let mut value = body(&out, 0);
    value.set(&["spec", "replicas"], 4);
    known.put(Object::new(value));
    let out = crate::testing::run(&mut DeploymentController, Kind::Deployments, "a/web", &known, at(1));
    assert_eq!(sizes(&out), [(name("nginx:1"), 4)]);
}

#[test]
fn a_taken_name_is_a_collision() {
    let taken = Builder::new("apps/v1", "ReplicaSet", "a", &name("nginx:1"));
    let out = sync([deployment(3, "nginx:1"), taken], 0);
    assert_eq!(requests(&out), [STATUS]);
    assert_eq!(body(&out, 0).int_at(&["status", "collisionCount"]), Some(1));
}
