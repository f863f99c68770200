//! `clusterlab run`, `link`, `unlink`, `raft-script`, as a shell sees them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A lab with a Deployment, a scaling in its journal and a machine that is lost.
const LAB: &str = "apiVersion: clusterlab.dev/v1
kind: Lab
metadata:
  name: two machines
spec:
  seed: 5
  nodes: 2
  manifests: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - {name: web, image: nginx}
  journal:
  - {at: 20s, kubectl: scale deployment web --replicas=3}
  - {at: 25s, fault: {crash: node-2}}
";

fn clusterlab(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clusterlab"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments does not read: its answer counts, not this write.
    let _ = child.stdin.take().expect("it was asked for").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs and wants success; the standard output.
fn good(arguments: &[&str], input: &str) -> String {
    let output = clusterlab(arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// Runs and wants failure; the standard error.
fn bad(arguments: &[&str], input: &str) -> String {
    let output = clusterlab(arguments, input);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", stdout(&output));
    stderr(&output)
}

#[test]
fn the_same_lab_runs_the_same_way() {
    let line = ["run", "-", "--until", "90s", "--hash"];
    let first = good(&line, LAB);
    assert_eq!(first, good(&line, LAB));
    let words: Vec<&str> = first.split_whitespace().collect();
    let ["events", events, "hash", hash] = words[..] else { panic!("{first}") };
    assert!(events.parse::<u64>().unwrap() > 1_000, "{first}");
    assert_eq!(hash.len(), 16, "{first}");
    let other = good(&["run", "-", "--until", "90s", "--hash", "--seed", "6"], LAB);
    assert_ne!(first, other, "another seed is another history");
}

#[test]
fn until_a_time() {
    let printed = good(&["run", "-", "--until", "22s", "-c", "kubectl get deployment web"], LAB);
    assert!(printed.contains("web    2/3") || printed.contains("web    3/3"), "{printed}");
    // Before the control plane is up there is nobody to ask: the command waits until it is.
    let printed = good(&["run", "-", "--until", "0s", "-c", "kubectl get deployment web"], LAB);
    assert!(printed.contains("web    0/2"), "{printed}");
}

#[test]
fn until_idle() {
    let printed = good(&["run", "-", "--until", "idle", "-c", "kubectl get nodes"], LAB);
    assert!(printed.contains("node-1   Ready"), "{printed}");
    // The journal ends at 25 s; idle is not before.
    assert_eq!(
        printed,
        good(&["run", "-", "-c", "kubectl get nodes"], LAB),
        "idle is what happens by itself"
    );
}

#[test]
fn until_a_command_ends() {
    let status = "kubectl rollout status deployment web";
    let output = clusterlab(&["run", "-", "--until", status, "-c", "kubectl get deployment web"], LAB);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("web    2/2"), "{}", stdout(&output));
    let error = bad(&["run", "-", "--until", "kubectl rollout status deployment none"], LAB);
    assert!(error.contains("deployments.apps \"none\" not found"), "{error}");
    assert!(error.contains("ended with exit code 1"), "{error}");
}

#[test]
fn commands_run_in_order_and_the_last_failure_counts() {
    let output = clusterlab(
        &[
            "run",
            "-",
            "--until",
            "15s",
            "-c",
            "kubectl create configmap a --from-literal=k=v",
            "-c",
            "kubectl get configmap a -o name",
            "-c",
            "kubectl get pod nobody",
            "-c",
            "kubectl delete configmap a",
        ],
        LAB,
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output),
        "configmap/a created\nconfigmap/a\nconfigmap \"a\" deleted from default namespace\n"
    );
    assert!(stderr(&output).contains("Error from server (NotFound): pods \"nobody\" not found"));
}

#[test]
fn manifests_that_are_wrong_are_reported() {
    let lab = LAB.replace("replicas: 2", "replica: 2");
    let output = clusterlab(&["run", "-", "--until", "15s"], &lab);
    assert!(stderr(&output).contains("unknown field \"spec.replica\""), "{}", stderr(&output));
}

#[test]
fn bad_lab_files() {
    for (text, says) in [
        ("", "the file is empty"),
        ("kind: Lab", "apiVersion: is missing"),
        ("apiVersion: clusterlab.dev/v9\nkind: Lab", "this version reads \"clusterlab.dev/v1\""),
        ("apiVersion: clusterlab.dev/v1\nkind: Pod", "kind: must be \"Lab\""),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {node: 3}",
            "unknown field \"node\"; known are seed",
        ),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {nodes: -1}",
            "spec.nodes: must be a whole number from 0",
        ),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {nodes: 1000000}",
            "spec.nodes: must be a whole number",
        ),
        ("apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {etcd: {members: 0}}", "spec.etcd.members"),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {nodes: [{name: a}, {name: a}]}",
            "spec.nodes[1]: the name \"a\" is there twice",
        ),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {nodes: [{capacity: {cpu: lots}}]}",
            "spec.nodes[0].capacity.cpu: \"lots\" is no quantity",
        ),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {journal: [{kubectl: get pods}]}",
            "spec.journal[0]: needs \"at\"",
        ),
        (
            "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {journal: [{at: 1s, fault: {explode: x}}]}",
            "spec.journal[0].fault: must be one of crash",
        ),
        ("a: [1", "line "),
        ("a: &a [*a]", ""),
    ] {
        let error = bad(&["run", "-", "--until", "1s"], text);
        assert!(error.contains(says), "{text:?}: {error}");
        assert!(!error.contains("panicked"), "{text:?}: {error}");
    }
    assert!(bad(&["run", "/nowhere/lab.yaml"], "").contains("/nowhere/lab.yaml: No such file"));
}

#[test]
fn bad_command_lines() {
    for (line, says) in [
        (&["dance"][..], "unknown command \"dance\""),
        (&["run"], "run needs a lab file"),
        (
            &["run", "-", "--until", "soon"],
            "--until takes a duration (60s), idle, or a line of kubectl or etcdctl",
        ),
        (&["run", "-", "--seed", "x"], "--seed takes a whole number"),
        (&["run", "-", "--fast"], "--fast"),
        (&["serve", "--speed", "0"], "--speed takes a whole number or max"),
        (&["serve", "--nodes", "100000"], "--nodes takes at most"),
        (&["serve", "--listen", "0.0.0.0:0"], "is no loopback address"),
        (&["serve", "--listen", "here"], "--listen takes ADDRESS:PORT"),
        (&["link"], "needs a lab file"),
        (&["raft-script", "poetry"], "unknown family \"poetry\""),
    ] {
        let error = bad(line, "");
        assert!(error.contains(says), "{line:?}: {error}");
    }
    assert!(good(&["--help"], "").contains("clusterlab serve"));
    assert!(good(&["--version"], "").starts_with("clusterlab "));
}

#[test]
fn a_link_holds_the_lab() {
    let link = good(&["link", "-"], LAB);
    let link = link.trim_end();
    assert!(link.starts_with("#cl2."), "{link}");
    assert!(link.len() < 1_000, "{} characters", link.len());
    let yaml = good(&["unlink", link], "");
    assert!(yaml.contains("seed: 5") && yaml.contains("name: two machines"), "{yaml}");
    // The same lab: the same history, and the same link.
    let line = ["run", "-", "--until", "30s", "--hash"];
    assert_eq!(good(&line, &yaml), good(&line, LAB));
    assert_eq!(good(&["link", "-"], &yaml).trim_end(), link);
    assert_eq!(good(&["unlink", &format!("https://example.com/lab/?x=1{link}")], ""), yaml);
}

#[test]
fn scenes_are_listed_and_linked() {
    let listed = good(&["scenes"], "");
    assert!(listed.lines().count() >= 10 && listed.contains("figure-8  "), "{listed}");
    let link = good(&["scenes", "figure-8"], "");
    let yaml = good(&["unlink", link.trim_end()], "");
    assert!(yaml.contains("controlPlane: false") && yaml.contains("maxMessageBytes: 1"), "{yaml}");
    assert!(bad(&["scenes", "figure-9"], "").contains("there is no scene \"figure-9\""));
}

#[test]
fn a_lab_of_etcd_alone() {
    let lab = "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec: {seed: 3, controlPlane: false, etcd: {members: 3}}\n";
    let line = ["run", "-", "--until", "idle", "-c", "etcdctl put x 1", "-c", "etcdctl get x"];
    assert_eq!(good(&line, lab), "OK\nx\n1\n");
    assert!(bad(&["serve", "--lab", "/dev/stdin"], lab).contains("no control plane"));
}

#[test]
fn broken_links() {
    let link = good(&["link", "-"], LAB);
    let link = link.trim_end();
    for cut in [link.len() - 1, link.len() / 2, 20, 6] {
        let error = bad(&["unlink", &link[..cut]], "");
        assert!(error.contains("link"), "{cut}: {error}");
        assert!(!error.contains("panicked"), "{cut}: {error}");
    }
    assert!(bad(&["unlink", "https://example.com/"], "").contains("this is no link to a lab"));
    assert!(bad(&["unlink", "#cl9.AAAA"], "").contains("the link is of version"));
    assert!(bad(&["unlink", "#cl1.A?A"], "").contains("was it copied whole?"));
}

#[test]
fn raft_scripts() {
    let script = "# Two of three have voted for it.\nvote cfg=(1,2,3) votes=(y,y,_)\n----\nVoteWon\n";
    assert_eq!(good(&["raft-script", "quorum"], script), script);
    let wrong = script.replace("VoteWon", "VoteLost");
    assert_eq!(good(&["raft-script", "quorum"], &wrong), script, "the actual output takes its place");
    let script = "simple\nv1\n----\n";
    let printed = good(&["raft-script", "confchange"], script);
    assert!(printed.contains("voters=(1)"), "{printed}");
    let script = "add-nodes 3 voters=(1,2,3) index=2\n----\n\ncampaign 1\n----\n\nstabilize\n----\n\nraft-state\n----\n";
    let printed = good(&["raft-script", "interaction"], script);
    assert!(printed.contains("1: StateLeader (Voter) Term:1"), "{printed}");
}

#[test]
fn a_lab_file_by_its_path() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("by-its-path.yaml");
    std::fs::write(&path, LAB).unwrap();
    let printed =
        good(&["run", path.to_str().unwrap(), "--until", "12s", "-c", "kubectl get nodes -o name"], "");
    assert_eq!(printed, "node/node-1\nnode/node-2\n");
}
