//! `wait`, `rollout`, `drain`, `logs`.

use api::object;

use crate::{cluster, deployment, pod};

#[test]
fn waiting_for_a_condition() {
    let mut c = cluster();
    assert_eq!(c.ok("kubectl wait --for=condition=Ready pod/a --timeout=3s"), "pod/a condition met\n");
    assert_eq!(
        c.ok("kubectl wait --for=condition=ready pod --all"),
        "pod/a condition met\npod/b condition met\n"
    );
    assert_eq!(c.ok("kubectl wait --for=jsonpath='{.status.phase}'=Running pod/a"), "pod/a condition met\n");
    let mut pending = pod("p", "web", "");
    pending.set(&["status", "conditions"], object!([{ "type": "Ready", "status": "False" }]));
    c.server.put(pending);
    assert_eq!(
        c.fails("kubectl wait --for=condition=Ready pod/p --timeout=3s"),
        "error: timed out waiting for the condition on pods/p\n"
    );
    c.start("kubectl wait --for=condition=Ready pod/p", "");
    assert_eq!(c.server.watchers(), 1);
    let frames = c.server.put(pod("p", "web", ""));
    c.deliver(frames);
    assert_eq!(
        (c.printed().out.as_str(), c.printed().code, c.server.watchers()),
        ("pod/p condition met\n", Some(0), 0)
    );
    assert_eq!(
        c.fails("kubectl wait --for=condition=Ready pod/no"),
        "Error from server (NotFound): pods \"no\" not found\n"
    );
    assert_eq!(
        c.fails("kubectl wait --for=condition=Ready pod -l x=y"),
        "error: no matching resources found\n"
    );
    assert_eq!(c.fails("kubectl wait pod/a"), "error: unrecognized condition: \"\"\n");
}

#[test]
fn waiting_for_the_end_and_the_beginning() {
    let mut c = cluster();
    c.start("kubectl wait --for=delete pod/a", "");
    let frames = c.server.take("/api/v1/namespaces/default/pods/a");
    c.deliver(frames);
    assert_eq!((c.printed().out.as_str(), c.printed().code), ("pod/a condition met\n", Some(0)));
    assert_eq!(c.ok("kubectl wait --for=delete pod/a"), "");
    c.start("kubectl wait --for=create pod/a", "");
    let frames = c.server.put(pod("a", "web", "node-1"));
    c.deliver(frames);
    assert_eq!((c.printed().out.as_str(), c.printed().code), ("pod/a condition met\n", Some(0)));
}

#[test]
fn rollout_status_follows_the_deployment() {
    let mut c = cluster();
    assert_eq!(c.ok("kubectl rollout status deploy/web"), "deployment \"web\" successfully rolled out\n");
    let state = |updated: i64, total: i64, available: i64| {
        let mut d = deployment("web", 3);
        d.set(&["status", "updatedReplicas"], updated);
        d.set(&["status", "replicas"], total);
        d.set(&["status", "availableReplicas"], available);
        d
    };
    c.server.put(state(1, 4, 3));
    c.start("kubectl rollout status deployment web", "");
    for next in [state(3, 4, 3), state(3, 3, 2), state(3, 3, 3)] {
        let frames = c.server.put(next);
        c.deliver(frames);
    }
    assert_eq!(
        c.printed().out,
        "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been updated...\n\
         Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending termination...\n\
         Waiting for deployment \"web\" rollout to finish: 2 of 3 updated replicas are available...\n\
         deployment \"web\" successfully rolled out\n"
    );
    assert_eq!(c.printed().code, Some(0));
    let mut late = state(1, 1, 0);
    late.set(
        &["status", "conditions"],
        object!([{ "type": "Progressing", "reason": "ProgressDeadlineExceeded" }]),
    );
    c.server.put(late);
    assert_eq!(
        c.fails("kubectl rollout status deploy/web"),
        "error: deployment \"web\" exceeded its progress deadline\n"
    );
    c.server.put(state(1, 1, 0));
    assert_eq!(
        c.fails("kubectl rollout status deploy/web --timeout=1s"),
        "error: timed out waiting for the condition\n"
    );
}

#[test]
fn rollout_history_and_undo() {
    let mut c = cluster();
    assert_eq!(
        c.ok("kubectl rollout history deploy/web"),
        "deployment.apps/web \nNo rollout history found.\n"
    );
    assert_eq!(
        c.fails("kubectl rollout undo deploy/web"),
        "error: no rollout history found for deployment \"web\"\n"
    );
    let uid = c
        .server
        .get("/apis/apps/v1/namespaces/default/deployments/web")
        .unwrap()
        .str_at(&["metadata", "uid"])
        .cloned();
    for (revision, image) in [("1", "nginx:0"), ("2", "nginx:1")] {
        c.server.put(object! {
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": { "name": format!("web-{revision}"), "namespace": "default", "labels": { "app": "web" },
                "annotations": { "deployment.kubernetes.io/revision": revision },
                "ownerReferences": [{ "uid": uid.clone(), "controller": true }] },
            "spec": { "template": { "metadata": { "labels": { "app": "web", "pod-template-hash": revision } },
                "spec": { "containers": [{ "name": "c", "image": image }] } } }
        });
    }
    assert_eq!(
        c.ok("kubectl rollout history deploy/web"),
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    );
    assert!(
        c.ok("kubectl rollout history deploy/web --revision=1")
            .starts_with("deployment.apps/web with revision #1\nPod Template:\n  Labels:\tapp=web\n")
    );
    assert_eq!(c.ok("kubectl rollout undo deploy/web"), "deployment.apps/web rolled back\n");
    let web = c.server.get("/apis/apps/v1/namespaces/default/deployments/web").unwrap();
    assert_eq!(
        web.items_at(&["spec", "template", "spec", "containers"])[0].str_at(&["image"]).unwrap(),
        "nginx:0"
    );
    assert_eq!(web.at(&["spec", "template", "metadata", "labels", "pod-template-hash"]), None);
    assert_eq!(
        c.ok("kubectl rollout undo deploy/web --to-revision=1"),
        "deployment.apps/web skipped rollback (current template already matches revision 1)\n"
    );
}

#[test]
fn draining() {
    let mut c = cluster();
    assert_eq!(
        c.fails("kubectl drain node-1"),
        "error: unable to drain node \"node-1\" due to error: cannot delete cannot delete Pods that declare no controller (use --force to \
         override): default/a, default/b, continuing command...\nThere are pending nodes to be drained:\n node-1\n\
         cannot delete cannot delete Pods that declare no controller (use --force to override): default/a, default/b\n"
    );
    c.ok("kubectl uncordon node-1");
    let printed = c.run("kubectl drain node-1 --force");
    assert_eq!(
        printed.out,
        "node/node-1 cordoned\nevicting pod default/a\nevicting pod default/b\npod/a evicted\npod/b evicted\nnode/node-1 drained\n"
    );
    assert_eq!(printed.err, "Warning: deleting Pods that declare no controller: default/a, default/b\n");
    assert_eq!(c.ok("kubectl drain node-1"), "node/node-1 already cordoned\nnode/node-1 drained\n");
}

#[test]
fn logs() {
    let mut c = cluster();
    c.server.pod_log = "hello\nworld\n".to_owned();
    assert_eq!(c.ok("kubectl logs a"), "hello\nworld\n");
    assert_eq!(
        c.server.log,
        ["GET /api/v1/namespaces/default/pods/a", "GET /api/v1/namespaces/default/pods/a/log?container=c"]
    );
    c.ok("kubectl logs a -c c --tail=5 --since=1m -p");
    assert_eq!(
        c.server.log[1],
        "GET /api/v1/namespaces/default/pods/a/log?container=c&previous=true&tailLines=5&sinceSeconds=60"
    );
    assert_eq!(c.ok("kubectl logs -l app=db --prefix"), "[pod/b/c] hello\n[pod/b/c] world\n");
    assert_eq!(c.ok("kubectl logs deploy/web"), "hello\nworld\n");
    assert_eq!(
        c.fails("kubectl logs no"),
        "error: error from server (NotFound): pods \"no\" not found in namespace \"default\"\n"
    );
    assert_eq!(c.fails("kubectl logs a -c x"), "error: container x is not valid for pod a\n");
    assert!(
        c.fails("kubectl logs")
            .starts_with("error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n")
    );
}

#[test]
fn waiting_outlives_a_server_that_is_away() {
    let mut c = cluster();
    let mut busy = deployment("web", 3);
    busy.set(&["status", "availableReplicas"], 1);
    c.server.put(busy);
    for (line, last) in [
        ("kubectl rollout status deploy/web", "deployment \"web\" successfully rolled out\n"),
        (
            "kubectl wait --for=jsonpath={.status.availableReplicas}=3 deploy/web",
            "deployment.apps/web condition met\n",
        ),
    ] {
        let mut busy = deployment("web", 3);
        busy.set(&["status", "availableReplicas"], 1);
        c.server.put(busy);
        c.start(line, "");
        c.server.down = true;
        c.break_connections();
        c.ring();
        assert_eq!(c.printed().code, None, "{line}");
        c.server.down = false;
        c.server.put(deployment("web", 3));
        c.ring();
        assert_eq!(c.printed().code, Some(0), "{line}");
        assert!(c.printed().out.ends_with(last), "{line}: {}", c.printed().out);
    }
}
