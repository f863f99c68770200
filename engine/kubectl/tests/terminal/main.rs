//! Command lines against a tiny API server: what is asked, what is printed, exactly.

mod apply;
mod changes;
mod cluster;
mod describe;
mod get;
mod misc;
mod server;
mod waiting;

use api::{Value, object};
use cluster::Cluster;

/// A pod that runs on a node.
fn pod(name: &str, app: &str, node: &str) -> Value {
    object! {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": "default", "labels": { "app": app } },
        "spec": { "nodeName": node, "containers": [{ "name": "c", "image": "nginx" }] },
        "status": {
            "phase": "Running", "podIP": "10.244.0.2", "hostIP": "172.18.0.11",
            "conditions": [{ "type": "Ready", "status": "True" }],
            "containerStatuses": [{ "name": "c", "ready": true, "restartCount": 0, "image": "nginx",
                "imageID": "", "state": { "running": { "startedAt": "2026-01-01T00:00:05Z" } } }]
        }
    }
}

/// A Deployment with the given replicas, all updated and available.
fn deployment(name: &str, replicas: i32) -> Value {
    object! {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "namespace": "default", "generation": 1 },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": { "app": name } },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
            "template": { "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "c", "image": "nginx:1" }] } }
        },
        "status": { "observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas }
    }
}

fn node(name: &str) -> Value {
    object! {
        "apiVersion": "v1", "kind": "Node", "metadata": { "name": name },
        "status": { "conditions": [{ "type": "Ready", "status": "True" }], "nodeInfo": { "kubeletVersion": "v1.36.0" } }
    }
}

/// A cluster with two pods and a Deployment.
fn cluster() -> Cluster {
    let mut cluster = Cluster::default();
    for object in [pod("a", "web", "node-1"), pod("b", "db", "node-1"), deployment("web", 3), node("node-1")]
    {
        cluster.server.put(object);
    }
    cluster
}
