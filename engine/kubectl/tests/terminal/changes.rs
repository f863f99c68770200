//! Commands that change single objects.

use crate::{cluster, pod};

#[test]
fn sentences() {
    let mut c = cluster();
    for (line, expected) in [
        ("kubectl scale deployment web --replicas=5", "deployment.apps/web scaled\n"),
        ("kubectl scale deploy/web --replicas=1 --dry-run=client", "deployment.apps/web scaled (dry run)\n"),
        ("kubectl label pod a x=y", "pod/a labeled\n"),
        ("kubectl label pod a x=y", "pod/a not labeled\n"),
        ("kubectl label pod a x=z --overwrite", "pod/a labeled\n"),
        ("kubectl label pod a x-", "pod/a unlabeled\n"),
        ("kubectl label pods --all tier=1", "pod/a labeled\npod/b labeled\n"),
        ("kubectl annotate pod a note='two words'", "pod/a annotated\n"),
        ("kubectl patch deploy web -p '{\"spec\":{\"paused\":true}}'", "deployment.apps/web patched\n"),
        (
            "kubectl patch deploy web --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/paused\"}]'",
            "deployment.apps/web patched\n",
        ),
        ("kubectl set image deploy/web c=nginx:2", "deployment.apps/web image updated\n"),
        ("kubectl set image deploy/web c=nginx:2", ""),
        ("kubectl rollout restart deploy/web", "deployment.apps/web restarted\n"),
        ("kubectl rollout pause deploy web", "deployment.apps/web paused\n"),
        ("kubectl rollout resume deploy/web", "deployment.apps/web resumed\n"),
        ("kubectl cordon node-1", "node/node-1 cordoned\n"),
        ("kubectl cordon node-1", "node/node-1 already cordoned\n"),
        ("kubectl uncordon node-1", "node/node-1 uncordoned\n"),
        ("kubectl taint node node-1 a=b:NoSchedule", "node/node-1 tainted\n"),
        ("kubectl taint node node-1 a-", "node/node-1 untainted\n"),
        ("kubectl expose deploy web --port=80 --target-port=8080", "service/web exposed\n"),
        ("kubectl create deployment d2 --image=nginx:1.2 --replicas=2", "deployment.apps/d2 created\n"),
        ("kubectl create ns x", "namespace/x created\n"),
        ("kubectl create configmap m --from-literal=a=b", "configmap/m created\n"),
        ("kubectl create service clusterip s --tcp=80:8080", "service/s created\n"),
        ("kubectl run t --image=busybox -- sleep 5", "pod/t created\n"),
        ("kubectl autoscale deploy web --max=3", "horizontalpodautoscaler.autoscaling/web autoscaled\n"),
    ] {
        assert_eq!(c.ok(line), expected, "{line}");
    }
    let web = c.server.get("/apis/apps/v1/namespaces/default/deployments/web").unwrap();
    let container = &web.items_at(&["spec", "template", "spec", "containers"])[0];
    assert_eq!(container.str_at(&["image"]).unwrap(), "nginx:2");
    let service = c.server.get("/api/v1/namespaces/default/services/web").unwrap();
    assert_eq!(service.items_at(&["spec", "ports"])[0].int_at(&["targetPort"]), Some(8080));
    let run = c.server.get("/api/v1/namespaces/default/pods/t").unwrap();
    assert_eq!(
        api::json::write(run.at(&["spec", "containers"]).unwrap()),
        r#"[{"args":["sleep","5"],"image":"busybox","name":"t","resources":{}}]"#
    );
}

#[test]
fn mistakes() {
    let mut c = cluster();
    for (line, expected) in [
        ("kubectl scale deploy/web", "error: required flag(s) \"replicas\" not set\n"),
        (
            "kubectl scale deploy/web --replicas=-1",
            "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n",
        ),
        (
            "kubectl scale deploy/web --replicas=2 --current-replicas=9",
            "error: Expected replicas to be 9, was 3\n",
        ),
        (
            "kubectl scale deploy/no --replicas=2",
            "error: no objects passed to scale deployments.apps \"no\" not found\n",
        ),
        ("kubectl cordon node-1 node-9", "Error from server (NotFound): nodes \"node-9\" not found\n"),
        ("kubectl label pod a app=x", "error: 'app' already has a value (web), and --overwrite is false\n"),
        ("kubectl label pod a", "error: at least one label update is required\n"),
        ("kubectl label pods x=y", "error: resource(s) were provided, but no name was specified\n"),
        ("kubectl set image deploy/web no=nginx", "error: unable to find container named \"no\"\n"),
        (
            "kubectl patch deploy web",
            "error: must specify --patch or --patch-file containing the contents of the patch\n",
        ),
        ("kubectl rollout resume deploy/web", "error: deployments.apps \"web\" is not paused\n"),
        (
            "kubectl taint node node-1 a=b:Never",
            "error: invalid taint effect: Never, unsupported taint effect\nSee 'kubectl taint -h' for help and examples\n",
        ),
        ("kubectl create deployment x", "error: required flag(s) \"image\" not set\n"),
        (
            "kubectl create ns",
            "error: exactly one NAME is required, got 0\nSee 'kubectl create namespace -h' for help and examples\n",
        ),
        (
            "kubectl create deployment web --image=x",
            "error: failed to create deployment: deployments.apps \"web\" already exists\n",
        ),
        ("kubectl run", "error: NAME is required for run\nSee 'kubectl run -h' for help and examples\n"),
        (
            "kubectl scale deploy/web --replicas=many",
            "error: invalid argument \"many\" for \"--replicas\" flag: strconv.ParseInt: parsing \"many\": invalid syntax\n",
        ),
        (
            "kubectl edit deploy web",
            "error: editing is not simulated: use kubectl apply, kubectl patch, or the manifest panel\n",
        ),
        ("kubectl top pods", "error: Metrics API not available\n"),
    ] {
        assert_eq!(c.fails(line), expected, "{line}");
    }
}

#[test]
fn requests_are_those_of_a_real_kubectl() {
    let mut c = cluster();
    for (line, last) in [
        (
            "kubectl scale deploy/web --replicas=4",
            "PATCH /apis/apps/v1/namespaces/default/deployments/web/scale {\"spec\":{\"replicas\":4}}",
        ),
        (
            "kubectl label pod a x=y",
            "PATCH /api/v1/namespaces/default/pods/a?fieldManager=kubectl-label {\"metadata\":{\"labels\":{\"x\":\"y\"}}}",
        ),
        ("kubectl cordon node-1", "PATCH /api/v1/nodes/node-1 {\"spec\":{\"unschedulable\":true}}"),
        (
            "kubectl taint node node-1 a=b:NoSchedule",
            "PATCH /api/v1/nodes/node-1?fieldManager=kubectl-taint&fieldValidation=Strict {\"spec\":{\"taints\":[{\"effect\":\"NoSchedule\",\"key\":\"a\",\"value\":\"b\"}]}}",
        ),
        (
            "kubectl patch pod a -p 'metadata: {labels: {x: y1}}'",
            "PATCH /api/v1/namespaces/default/pods/a?fieldManager=kubectl-patch {\"metadata\":{\"labels\":{\"x\":\"y1\"}}}",
        ),
        (
            "kubectl delete pod a --wait=false",
            "DELETE /api/v1/namespaces/default/pods/a {\"propagationPolicy\":\"Background\"}",
        ),
    ] {
        c.ok(line);
        assert_eq!(c.server.log.last().map(String::as_str), Some(last), "{line}");
    }
}

#[test]
fn deleting() {
    let mut c = cluster();
    assert_eq!(c.ok("kubectl delete pod a"), "pod \"a\" deleted from default namespace\n");
    assert_eq!(c.fails("kubectl delete pod a"), "Error from server (NotFound): pods \"a\" not found\n");
    assert_eq!(c.ok("kubectl delete pod a --ignore-not-found"), "");
    c.server.put(pod("a", "web", "node-1"));
    assert_eq!(
        c.ok("kubectl delete pods --all"),
        "pod \"a\" deleted from default namespace\npod \"b\" deleted from default namespace\n"
    );
    let printed = c.run("kubectl delete pods -l app=web");
    assert_eq!((printed.err.as_str(), printed.code), ("No resources found\n", Some(0)));
    assert_eq!(c.ok("kubectl delete node/node-1 deploy/web -o name"), "node/node-1\ndeployment.apps/web\n");
    assert_eq!(
        c.fails("kubectl delete pods"),
        "error: resource(s) were provided, but no name was specified\n"
    );
}

#[test]
fn forced_deletion_warns() {
    let mut c = cluster();
    let printed = c.run("kubectl delete pod a --force");
    assert_eq!(printed.out, "pod \"a\" force deleted from default namespace\n");
    assert!(printed.err.starts_with("Warning: Immediate deletion does not wait for confirmation"));
    assert_eq!(
        c.server.log,
        [
            "DELETE /api/v1/namespaces/default/pods/a {\"gracePeriodSeconds\":0,\"propagationPolicy\":\"Background\"}"
        ]
    );
}

#[test]
fn deletion_waits_for_the_end() {
    let mut c = cluster();
    c.server.slow_deletion = true;
    c.start("kubectl delete pod a b", "");
    assert_eq!(
        c.printed().out,
        "pod \"a\" deleted from default namespace\npod \"b\" deleted from default namespace\n"
    );
    assert_eq!((c.printed().code, c.server.watchers()), (None, 1));
    let frames = c.server.take("/api/v1/namespaces/default/pods/a");
    c.deliver(frames);
    assert_eq!((c.printed().code, c.server.watchers()), (None, 1));
    let frames = c.server.finish_deletions();
    c.deliver(frames);
    assert_eq!((c.printed().code, c.server.watchers()), (Some(0), 0));
    c.start("kubectl delete deploy web --timeout=5s", "");
    c.ring();
    assert_eq!(c.printed().err, "error: timed out waiting for the condition on deployments/web\n");
}

#[test]
fn patches_without_effect_and_with_unknown_fields() {
    let mut c = cluster();
    assert_eq!(
        c.ok("kubectl patch deploy web -p '{\"spec\":{\"replicas\":3}}'"),
        "deployment.apps/web patched (no change)\n"
    );
    let printed = c.run("kubectl patch deploy web -p '{\"spec\":{\"foo\":1}}'");
    assert_eq!(printed.out, "deployment.apps/web patched\n");
    assert_eq!(printed.err, "Warning: unknown field \"spec.foo\"\n");
}
