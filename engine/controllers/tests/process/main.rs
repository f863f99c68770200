//! The whole process against a small server: what a Deployment, a Service and a deletion lead to.

mod server;

use api::{Value, object};
use clusterlab_controllers::Config;
use server::Bench;
use sim::SimTime;

const DEPLOYMENTS: &str = "/apis/apps/v1/deployments";
const SETS: &str = "/apis/apps/v1/replicasets";
const PODS: &str = "/api/v1/pods";
const SLICES: &str = "/apis/discovery.k8s.io/v1/endpointslices";

fn deployment(replicas: i64) -> Value {
    object! {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "a" },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "c", "image": "nginx:1" }] },
            },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
    }
}

fn service() -> Value {
    object! {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": "web", "namespace": "a" },
        "spec": { "type": "ClusterIP", "clusterIP": "10.96.0.7", "selector": { "app": "web" }, "ports": [{ "port": 80 }] },
    }
}

fn cluster(replicas: i64) -> Bench {
    let mut bench = Bench::new();
    bench.create("/api/v1/namespaces", "", object! {
        "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "a" }, "spec": { "finalizers": ["kubernetes"] },
    });
    let ready = object! { "type": "Ready", "status": "True" };
    bench.create("/api/v1/nodes", "", object! {
        "apiVersion": "v1", "kind": "Node", "metadata": { "name": "n1" }, "status": { "conditions": [(ready)] },
    });
    bench.run(SimTime::from_secs(1));
    assert!(bench.manager.running());
    bench.create("/api/v1/services", "a", service());
    bench.create(DEPLOYMENTS, "a", deployment(replicas));
    bench
}

fn endpoints(bench: &Bench) -> usize {
    let ready = |e: &&Value| e.at(&["conditions", "ready"]).and_then(Value::as_bool) == Some(true);
    bench.all(SLICES).iter().map(|s| s.value().items_at(&["endpoints"]).iter().filter(ready).count()).sum()
}

fn available(bench: &Bench) -> Option<i64> {
    bench.objects[DEPLOYMENTS]["a/web"].value().int_at(&["status", "availableReplicas"])
}

#[test]
fn a_deployment_becomes_pods_and_endpoints() {
    let mut bench = cluster(5);
    bench.run(SimTime::from_secs(10));
    assert_eq!(bench.all(SETS).len(), 1);
    assert_eq!(bench.all(PODS).len(), 5);
    assert_eq!((available(&bench), endpoints(&bench)), (Some(5), 5));
    assert_eq!(bench.all("/api/v1/serviceaccounts").len(), 1);
    assert_eq!(
        bench.objects["/api/v1/nodes"]["/n1"].value().str_at(&["spec", "podCIDR"]).unwrap(),
        "10.244.0.0/24"
    );
    assert_eq!(
        bench.all("/api/v1/endpoints")[0].value().items_at(&["subsets"])[0].items_at(&["addresses"]).len(),
        5
    );
    let set = bench.all(SETS)[0].name().clone();
    assert!(bench.notes.contains(&format!("deployment a/web: create {set} and scale it up from 0 to 5")));
    assert!(bench.manager.is_quiet());
    let messages: Vec<String> = bench
        .all("/api/v1/events")
        .iter()
        .filter_map(|e| e.value().str_at(&["message"]))
        .map(ToString::to_string)
        .collect();
    assert!(messages.contains(&format!("Scaled up replica set {set} from 0 to 5")), "{messages:?}");
    assert_eq!(messages.iter().filter(|m| m.starts_with("Created pod: web-")).count(), 5);
}

#[test]
fn an_image_update_rolls_and_never_falls_below_its_minimum() {
    let mut bench = cluster(8);
    bench.run(SimTime::from_secs(10));
    let mut template = deployment(8).at(&["spec", "template"]).cloned().unwrap();
    template.set(&["spec", "containers"], object!([{ "name": "c", "image": "nginx:2" }]));
    bench.edit(DEPLOYMENTS, "a/web", &["spec", "template"], template);
    let (mut least, mut most) = (usize::MAX, 0);
    for millis in (10_000..30_000).step_by(5) {
        bench.run(SimTime::from_millis(millis));
        let ready = bench.all(PODS).iter().filter(|p| p.pod().is_some_and(|p| p.is_ready())).count();
        least = least.min(ready);
        most = most.max(bench.all(PODS).len());
    }
    assert!(least >= 6, "at most a quarter unavailable: {least}");
    assert!(most <= 10, "at most a quarter more: {most}");
    let sizes: Vec<i64> =
        bench.all(SETS).iter().filter_map(|s| s.value().int_at(&["spec", "replicas"])).collect();
    assert_eq!(sizes.iter().sum::<i64>(), 8);
    assert_eq!(sizes.iter().filter(|s| **s == 0).count(), 1);
    let image = |pod: &&api::Object| pod.pod().is_some_and(|p| p.spec.containers[0].image == "nginx:2");
    assert_eq!(bench.all(PODS).iter().filter(|p| image(p)).count(), 8);
    let revision =
        bench.objects[DEPLOYMENTS]["a/web"].annotation("deployment.kubernetes.io/revision").cloned();
    assert_eq!(revision.as_deref(), Some("2"));
    assert_eq!(endpoints(&bench), 8);
}

#[test]
fn what_belongs_to_a_deployment_goes_with_it() {
    let mut bench = cluster(3);
    bench.run(SimTime::from_secs(10));
    let known = bench.objects[DEPLOYMENTS]["a/web"].clone();
    bench.delete(DEPLOYMENTS, "a/web", &known);
    bench.run(SimTime::from_secs(12));
    assert_eq!(bench.all(SETS).len(), 0);
    assert_eq!(bench.all(PODS).len(), 0);
    assert_eq!(endpoints(&bench), 0);
    assert!(bench.manager.is_quiet());
}

#[test]
fn a_lost_pod_is_replaced_and_a_silent_node_noticed() {
    let mut bench = cluster(3);
    bench.run(SimTime::from_secs(10));
    let (key, pod) = bench.objects[PODS].iter().next().map(|(k, p)| (k.clone(), p.clone())).unwrap();
    bench.delete(PODS, &key, &pod);
    bench.run(SimTime::from_secs(12));
    assert_eq!(bench.all(PODS).len(), 3);
    assert!(!bench.objects[PODS].contains_key(&key));
    // Nobody renews the node's lease here.
    bench.run(SimTime::from_secs(70));
    let node = bench.objects["/api/v1/nodes"]["/n1"].clone();
    assert_eq!(
        node.node().and_then(|n| n.condition("Ready")).map(|c| c.status.to_string()).as_deref(),
        Some("Unknown")
    );
    let taints: Vec<String> =
        node.node().unwrap().spec.taints.iter().map(|t| format!("{}:{}", t.key, t.effect)).collect();
    assert_eq!(
        taints,
        ["node.kubernetes.io/unreachable:NoSchedule"],
        "all nodes are silent: nobody is evicted"
    );
    assert_eq!(bench.all(PODS).iter().filter(|p| p.pod().is_some_and(|p| p.is_ready())).count(), 0);
}

#[test]
fn a_thousand_pods_cost_few_events_and_requests() {
    let mut bench = cluster(1000);
    bench.run(SimTime::from_secs(30));
    assert_eq!((available(&bench), endpoints(&bench)), (Some(1000), 1000));
    let count = |what: &str| bench.requests.get(what).copied().unwrap_or(0);
    assert_eq!(count(&format!("POST {PODS}")), 1000);
    assert_eq!(
        count("POST /api/v1/events") + count("PATCH /api/v1/events"),
        27,
        "25 about the set, one about the Deployment, one about the node"
    );
    assert!(count(&format!("PUT {SLICES}")) < 200, "{:?}", bench.requests);
    assert!(bench.steps < 12_000, "{} events: {:?}", bench.steps, bench.requests);
}

#[test]
fn two_runs_are_one() {
    let hash = || {
        let mut bench = cluster(20);
        bench.run(SimTime::from_secs(20));
        sim::Digest::of(&bench.manager)
    };
    assert_eq!(hash(), hash());
}

#[test]
fn the_request_limit_holds() {
    let mut bench = Bench::with(Config { qps: 20, burst: 30, ..Config::default() });
    bench.create(DEPLOYMENTS, "a", deployment(100));
    bench.run(SimTime::from_secs(3));
    assert!((60..=90).contains(&bench.all(PODS).len()), "{}", bench.all(PODS).len());
    bench.run(SimTime::from_secs(20));
    assert_eq!(bench.all(PODS).len(), 100);
}
