//! The terminal itself, and commands about the cluster.

use clusterlab_kubectl::{Channel, SessionId};

use crate::cluster::S;
use crate::{cluster, pod};

#[test]
fn about() {
    let mut c = cluster();
    for (line, expected) in [
        ("kubectl version", "Client Version: v1.36.0\nKustomize Version: v5.8.0\nServer Version: v1.36.0\n"),
        ("kubectl auth can-i create pods", "yes\n"),
        ("kubectl config current-context", "lab\n"),
        (
            "kubectl config get-contexts",
            "CURRENT   NAME   CLUSTER   AUTHINFO           NAMESPACE\n*         lab    lab       kubernetes-admin   \n",
        ),
        (
            "kubectl cluster-info",
            "Kubernetes control plane is running at https://172.18.0.2:6443\n\nTo further debug and diagnose cluster problems, use \
             'kubectl cluster-info dump'.\n",
        ),
        ("", ""),
        ("# a comment", ""),
    ] {
        assert_eq!(c.ok(line), expected, "{line}");
    }
    let resources = c.ok("kubectl api-resources");
    assert!(resources.starts_with("NAME "), "{resources}");
    assert!(resources.lines().any(|l| l.split_whitespace().eq([
        "deployments",
        "deploy",
        "apps/v1",
        "true",
        "Deployment"
    ])));
    assert!(c.ok("kubectl api-versions").lines().any(|l| l == "apps/v1"));
    assert!(
        c.ok("kubectl explain pod.spec.containers").contains("FIELD: containers <[]Container> -required-\n")
    );
    assert!(c.ok("kubectl get --help").contains("--all-namespaces"));
    assert!(c.ok("kubectl").contains("rollout"));
}

#[test]
fn namespaces_belong_to_the_session() {
    let mut c = cluster();
    assert_eq!(c.ok("kubectl config set-context --current --namespace=web"), "Context \"lab\" modified.\n");
    assert_eq!(c.run("kubectl get pods").err, "No resources found in web namespace.\n");
    assert_eq!(c.terminal.session(S).unwrap().namespace(), "web");
    assert!(c.ok("kubectl config view").contains("    namespace: web\n"));
}

#[test]
fn a_server_that_is_down() {
    let mut c = cluster();
    c.server.down = true;
    for line in [
        "kubectl get pods",
        "kubectl delete pod a",
        "kubectl describe pod a",
        "kubectl scale deploy/web --replicas=1",
        "kubectl version",
    ] {
        assert_eq!(
            c.fails(line),
            "The connection to the server 172.18.0.2:6443 was refused - did you specify the right host or port?\n",
            "{line}"
        );
    }
}

#[test]
fn nonsense() {
    let mut c = cluster();
    for (line, code, part) in [
        ("kubectl get pods | grep x", 1, "`|' is not simulated"),
        ("kubectl 'get pods", 1, "unexpected end of the line"),
        ("rm -rf /", 127, "sh: rm: command not found"),
        ("crictl ps", 127, "crictl is not simulated yet"),
        ("kubectl", 0, ""),
        ("kubectl --foo", 1, "unknown flag: --foo"),
        ("kubectl rollout dance deploy/web", 1, "unknown command \"dance\" for \"kubectl rollout\""),
        ("kubectl get \u{0}", 1, "the server doesn't have a resource type"),
        ("kubectl get ///", 1, "more than one slash"),
        ("kubectl get pods/", 1, "more than one slash"),
        ("kubectl get", 1, "You must specify the type of resource to get."),
        ("kubectl exec a -- ls", 1, "can't be reached from the terminal yet"),
    ] {
        let printed = c.run(line);
        assert_eq!(printed.code, Some(code), "{line}: {}", printed.err);
        assert!(printed.err.contains(part), "{line}: {}", printed.err);
    }
}

#[test]
fn random_words_never_panic() {
    let words = [
        "kubectl",
        "get",
        "pods",
        "-o",
        "jsonpath={",
        "-l",
        "a=",
        "--",
        "-A",
        "apply",
        "-f",
        "-",
        "delete",
        "deploy/web",
        "{",
        "logs",
        "-w",
        "--for",
        "wait",
        "label",
        "x=y",
        "x-",
        "=",
        "--replicas=9999999999999999999",
        "scale",
        "rollout",
        "status",
        "\u{1F600}",
        "taint",
        "a:b:c",
        "set",
        "image",
        "*=",
        "--timeout=1h1",
        "explain",
        "pods.",
        "config",
        "create",
        "drain",
    ];
    let mut c = cluster();
    let mut random = sim::Stream::derive(1, "words");
    for _ in 0..3000 {
        let length = 1 + random.range(0..6);
        let mut line = String::from("kubectl");
        for _ in 0..length {
            line.push(' ');
            line.push_str(words[random.range(0..words.len() as u64) as usize]);
        }
        c.run_with(&line, "a: {b: [c\n");
        if c.printed().code.is_none() {
            c.interrupt();
        }
    }
    assert_eq!(c.server.watchers(), 0);
}

#[test]
fn what_is_typed_ahead_runs_afterwards() {
    let mut c = cluster();
    c.start("kubectl get pods -w", "");
    c.start("kubectl get nodes -o name", "");
    assert_eq!(c.printed().code, None);
    let session = c.terminal.session(S).unwrap();
    assert_eq!(session.running().unwrap(), "kubectl get pods -w");
    c.interrupt();
    assert_eq!(c.printed().code, Some(130), "Ctrl-C forgets what was typed ahead");
    let transcript = c.terminal.session(S).unwrap().transcript();
    assert!(transcript.text(Channel::Typed).ends_with("kubectl get pods -w\n^C\n"));
    assert!(c.terminal.session(SessionId(9)).is_none());
    c.server.put(pod("z", "web", ""));
}
