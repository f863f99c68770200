//! `kubectl get`.

use crate::{cluster, pod};

#[test]
fn tables() {
    let mut c = cluster();
    for (line, expected) in [
        (
            "kubectl get pods",
            "NAME   READY   STATUS    RESTARTS   AGE\na      1/1     Running   0          65s\nb      1/1     Running   0          65s\n",
        ),
        ("kubectl get po a --no-headers", "a     1/1   Running   0     65s\n"),
        (
            "k get pod -l app=db --show-labels",
            "NAME   READY   STATUS    RESTARTS   AGE   LABELS\nb      1/1     Running   0          65s   app=db\n",
        ),
        (
            "kubectl get pods -A -L app",
            "NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE   APP\n\
             default     a      1/1     Running   0          65s   web\n\
             default     b      1/1     Running   0          65s   db\n",
        ),
        (
            "kubectl get deploy,pods",
            "NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\n\
             deployment.apps/web   3/3     3            3           65s\n\n\
             NAME    READY   STATUS    RESTARTS   AGE\n\
             pod/a   1/1     Running   0          65s\n\
             pod/b   1/1     Running   0          65s\n",
        ),
        ("kubectl get pod/a deploy/web -o name", "pod/a\ndeployment.apps/web\n"),
        (
            "kubectl get pods -o custom-columns=N:.metadata.name,NODE:.spec.nodeName",
            "N     NODE\na     node-1\nb     node-1\n",
        ),
        ("kubectl get pods -o jsonpath='{.items[*].metadata.name}'", "a b"),
        ("kubectl get pods --sort-by=.metadata.labels.app -o name", "pod/b\npod/a\n"),
        (
            "kubectl get pods --sort-by=.metadata.labels.app --no-headers",
            "b     1/1   Running   0     65s\na     1/1   Running   0     65s\n",
        ),
        ("kubectl get deploy web -o jsonpath={.spec.replicas}", "3"),
        ("kubectl get pods --field-selector metadata.name=a -o name", "pod/a\n"),
        ("kubectl get --raw /version", "{\"gitVersion\":\"v1.36.0\"}\n"),
        ("kubectl get pod nope --ignore-not-found", ""),
    ] {
        assert_eq!(c.ok(line), expected, "{line}");
    }
}

#[test]
fn wide_tables_have_more_columns() {
    let out = cluster().ok("kubectl get pods a -o wide");
    assert_eq!(
        out,
        "NAME   READY   STATUS    RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES\n\
         a      1/1     Running   0          65s   10.244.0.2   node-1   <none>           <none>\n"
    );
}

#[test]
fn objects_as_yaml_and_json() {
    let mut c = cluster();
    let yaml = c.ok("kubectl get node node-1 -o yaml");
    assert!(yaml.starts_with("apiVersion: v1\nkind: Node\nmetadata:\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n  name: node-1\n"), "{yaml}");
    let json = c.ok("kubectl get pods -o json");
    assert!(json.starts_with("{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {\n            \"apiVersion\": \"v1\",\n"), "{json}");
    assert!(
        json.ends_with(
            "    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"
        ),
        "{json}"
    );
}

#[test]
fn what_is_not_there() {
    let mut c = cluster();
    for (line, out, err, code) in [
        ("kubectl get pods -n other", "", "No resources found in other namespace.\n", 0),
        ("kubectl get pods -A -l x=y", "", "No resources found\n", 0),
        ("kubectl get pv", "", "No resources found\n", 0),
        ("kubectl get pod x", "", "Error from server (NotFound): pods \"x\" not found\n", 1),
        (
            "kubectl get pod a x",
            "NAME   READY   STATUS    RESTARTS   AGE\na      1/1     Running   0          65s\n",
            "Error from server (NotFound): pods \"x\" not found\n",
            1,
        ),
        ("kubectl get foo", "", "error: the server doesn't have a resource type \"foo\"\n", 1),
        (
            "kubectl get pods x -A",
            "",
            "error: a resource cannot be retrieved by name across all namespaces\n",
            1,
        ),
        ("kubectl get pods x -l a=b", "", "error: name cannot be provided when a selector is specified\n", 1),
        (
            "kubectl get pods --foo",
            "",
            "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n",
            1,
        ),
        (
            "kubectl gte pods",
            "",
            "error: unknown command \"gte\" for \"kubectl\"\n\nDid you mean this?\n\tget\n",
            1,
        ),
        (
            "kubectl get pods -o go-template='{{.x}}'",
            "",
            "error: the output format \"go-template\" is not simulated; jsonpath and custom-columns are\n",
            1,
        ),
    ] {
        let printed = c.run(line);
        assert_eq!(
            (printed.out.as_str(), printed.err.as_str(), printed.code),
            (out, err, Some(code)),
            "{line}"
        );
    }
}

#[test]
fn requests_are_those_of_a_real_kubectl() {
    let mut c = cluster();
    c.ok("kubectl get pods");
    assert_eq!(c.server.log, ["GET /api/v1/namespaces/default/pods?limit=500"]);
    c.start("kubectl get pods -w", "");
    assert_eq!(
        c.server.log,
        [
            "GET /api/v1/namespaces/default/pods?limit=500",
            "GET /api/v1/namespaces/default/pods?resourceVersion=4&watch=true"
        ]
    );
}

#[test]
fn watches_print_rows_as_they_change() {
    let mut c = cluster();
    c.start("kubectl get pods -w -l app=web", "");
    let frames = c.server.put(pod("another", "web", "node-1"));
    c.deliver(frames);
    let frames = c.server.put(pod("unseen", "db", "node-1"));
    c.deliver(frames);
    let frames = c.server.take("/api/v1/namespaces/default/pods/a");
    c.deliver(frames);
    assert_eq!(
        c.printed().out,
        "NAME   READY   STATUS    RESTARTS   AGE\na      1/1     Running   0          65s\n\
         another   1/1     Running   0          65s\na         1/1     Running   0          65s\n"
    );
    assert_eq!((c.printed().code, c.server.watchers()), (None, 1));
    c.interrupt();
    assert_eq!((c.printed().code, c.server.watchers()), (Some(130), 0));
}

#[test]
fn a_watch_with_events_of_one_object() {
    let mut c = cluster();
    c.start("kubectl get pod a --watch-only --output-watch-events", "");
    let frames = c.server.take("/api/v1/namespaces/default/pods/a");
    c.deliver(frames);
    assert_eq!(
        c.printed().out,
        "EVENT     NAME   READY   STATUS    RESTARTS   AGE\nDELETED   a      1/1     Running   0          65s\n"
    );
}
