//! Bad input: each a clear error, and the lab goes on.

use std::time::Duration;

use clusterlab_tests::driver::{self, apply, kubectl};
use clusterlab_tests::samples;
use lab::{Lab, LabFile};

fn goes_on(lab: &mut Lab) {
    let printed = apply(lab, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: still-here}\n");
    assert!(printed.code == 0, "the lab does not go on: {printed:?}");
    assert_eq!(kubectl(lab, "kubectl get nodes -o name").stdout.lines().count(), 3);
}

fn refused(text: &str, wanted: &[&str]) {
    let mut lab = driver::booted(LabFile::default());
    let printed = apply(&mut lab, text);
    assert_ne!(printed.code, 0, "{printed:?}");
    let problems: Vec<String> = lab.problems().iter().map(ToString::to_string).collect();
    let said = format!("{}\n{}", printed.stderr, problems.join("\n"));
    for part in wanted {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    goes_on(&mut lab);
}

#[test]
fn unknown_kind() {
    refused("apiVersion: v1\nkind: Poddd\nmetadata: {name: x}\n", &["Poddd"]);
}

#[test]
fn unknown_field_has_its_place() {
    let text = samples::deployment(1).replace("image: nginx", "imagee: nginx");
    refused(&text, &["imagee", "document 1", "line 15"]);
}

#[test]
fn wrong_type_has_its_place() {
    let text = samples::deployment(1).replace("replicas: 1", "replicas: many");
    refused(&text, &["replicas", "line 6"]);
}

#[test]
fn a_name_that_is_no_label() {
    refused("apiVersion: v1\nkind: Namespace\nmetadata: {name: Not_A_Label}\n", &["RFC 1123"]);
}

#[test]
fn broken_yaml_has_its_place_and_loses_nothing_else() {
    let mut lab = driver::booted(LabFile::default());
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n---\na: [1\nb: 2\n";
    let printed = apply(&mut lab, text);
    assert_ne!(printed.code, 0);
    assert!(lab.problems().iter().any(|p| p.document == 2 && p.line >= 5), "{:?}", lab.problems());
    assert_eq!(kubectl(&mut lab, "kubectl get configmap good -o name").stdout, "configmap/good\n");
}

#[test]
fn alias_bomb() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let parts = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{parts}]\n"));
    }
    refused(&bomb, &[]);
}

#[test]
fn ten_megabytes_of_manifest() {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big}}\ndata:\n  x: {}\n",
        "y".repeat(10 << 20)
    );
    refused(&text, &[]);
}

#[test]
fn deep_nesting() {
    refused(&format!("a: {}{}", "[".repeat(20_000), "]".repeat(20_000)), &[]);
}

#[test]
fn nonsense_in_the_terminal() {
    let mut lab = driver::booted(LabFile::default());
    for line in [
        "kubectl",
        "kubectl gett pods",
        "kubectl get",
        "kubectl get poddds",
        "kubectl get pods --nope",
        "kubectl get pods -o yamll",
        "kubectl get pods nothing",
        "kubectl scale deployment web",
        "kubectl scale deployment web --replicas=-1",
        "kubectl delete",
        "kubectl logs",
        "kubectl apply -f nothing.yaml",
        "kubectl get pods -l 'a in (b'",
        "kubectl get pods 'unclosed",
        "rm -rf /",
        "kubectl describe pod ../../etc/passwd",
    ] {
        let printed = kubectl(&mut lab, line);
        let said = printed.stdout.clone() + &printed.stderr;
        assert!(!said.trim().is_empty(), "{line:?} says nothing");
        assert!(line == "kubectl" || printed.code != 0, "{line:?}: {printed:?}");
    }
    goes_on(&mut lab);
}

#[test]
fn requests_from_outside() {
    let mut lab = driver::booted(LabFile::default());
    for (method, path, body, status) in [
        ("GET", "/nothing/here", None, 404),
        ("GET", "/api/v1/namespaces/default/pods/x", None, 404),
        ("BREW", "/api/v1/pods", None, 405),
        ("POST", "/api/v1/namespaces/default/pods", Some("{"), 400),
        ("POST", "/api/v1/namespaces/default/pods", Some("{\"kind\": 7}"), 400),
        ("POST", "/api/v1/namespaces/nowhere/configmaps", Some("{\"metadata\": {\"name\": \"x\"}}"), 404),
        ("GET", "/api/v1/pods?labelSelector=a%20in%20(b", None, 400),
        ("GET", "/api/v1/pods?fieldSelector=what", None, 400),
        ("GET", "/api/v1/pods?limit=x", None, 400),
    ] {
        let (got, text) = driver::request(&mut lab, method, path, body);
        assert_eq!(got, status, "{method} {path}: {text}");
    }
    goes_on(&mut lab);
}

#[test]
fn lab_files_say_where_and_what_instead() {
    let head = "apiVersion: clusterlab.dev/v1\nkind: Lab\n";
    let fault = |fault: &str| format!("{head}spec: {{journal: [{{at: 1s, fault: {{{fault}}}}}]}}\n");
    for (text, wanted) in [
        (String::new(), "empty"),
        ("kind: Lab\n".to_owned(), "apiVersion"),
        (format!("{head}spec: {{node: 3}}\n"), "spec: unknown field \"node\""),
        (format!("{head}spec: {{nodes: 6000}}\n"), "spec.nodes"),
        (format!("{head}spec: {{nodes: [{{name: A_b}}]}}\n"), "spec.nodes[0].name"),
        (format!("{head}spec: {{nodes: [{{capacity: {{cpu: lots}}}}]}}\n"), "spec.nodes[0].capacity.cpu"),
        (format!("{head}spec: {{etcd: {{members: 0}}}}\n"), "spec.etcd.members"),
        (format!("{head}spec: {{journal: [{{kubectl: get}}]}}\n"), "spec.journal[0]"),
        (format!("{head}spec: {{journal: [{{at: soon, kubectl: get}}]}}\n"), "spec.journal[0].at"),
        (format!("{head}spec: {{journal: [{{at: 1s, fault: {{burn: x}}}}]}}\n"), "spec.journal[0].fault"),
        (format!("{head}---\n{head}"), "2 documents"),
        (format!("{head}spec: {{controlPlane: maybe}}\n"), "spec.controlPlane"),
        (format!("{head}spec: {{controlPlane: false, nodes: 2}}\n"), "spec.nodes"),
        (format!("{head}spec: {{etcd: {{members: 8}}}}\n"), "spec.etcd.members"),
        (format!("{head}spec: {{etcd: {{heartbeatIntervalMs: 300}}}}\n"), "should be at least as 5 times"),
        (format!("{head}spec: {{etcd: {{electionTimeoutMs: 60000}}}}\n"), "spec.etcd.electionTimeoutMs"),
        (format!("{head}spec: {{etcd: {{snapshotCount: 0}}}}\n"), "spec.etcd.snapshotCount"),
        (format!("{head}spec: {{etcd: {{fsyncMinUs: 9000}}}}\n"), "fsyncMinUs is more than fsyncMaxUs"),
        (format!("{head}spec: {{etcd: {{logs: [[2, 1]]}}}}\n"), "spec.etcd.logs[0][1]"),
        (format!("{head}spec: {{etcd: {{logs: [[], [], [], []]}}}}\n"), "has 4 items for 3 members"),
        (format!("{head}spec: {{etcd: {{logs: [[5]], terms: [4]}}}}\n"), "spec.etcd.terms[0]"),
        (fault("crashTorn: {target: etcd-0}"), "spec.journal[0].fault.crashTorn: needs \"sectors\""),
        (fault("diskLatency: {target: etcd-0, minUs: 5, maxUs: 4}"), "fault.diskLatency.maxUs"),
        (fault("reorder: {first: {atNanos: 1, sequence: 1}}"), "needs \"second\""),
        (fault("tune: {tickMs: 0}"), "fault.tune.tickMs"),
        (fault("partition: etcd-0"), "fault.partition"),
        (fault("join: [etcd-3]"), "fault.join"),
        (fault("campaign: 7"), "fault.campaign"),
        (fault("hold: {atNanos: 1, sequence: 1, more: 1}"), "fault.hold: unknown field"),
    ] {
        let error = LabFile::parse_yaml(&text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{wanted:?} is not in {error:?}");
    }
}

/// A lab file with one of each fault.
const EVERY_FAULT: &str = "\
apiVersion: clusterlab.dev/v1
kind: Lab
spec:
  seed: 9
  controlPlane: false
  etcd: {members: 5, preVote: false, quotaBytes: 100000, logs: [[1, 2]], terms: [3]}
  journal:
  - {at: 1s, fault: {crash: etcd-0}}
  - {at: 1s, fault: {restart: etcd-0}}
  - {at: 1s, fault: {cut: {from: etcd-0, to: all, oneWay: true}}}
  - {at: 1s, fault: {heal: {from: etcd-0, to: all}}}
  - {at: 1s, fault: healAll}
  - {at: 1s, fault: {link: {ends: {from: etcd-0, to: etcd-1}, rule: {lossPpm: 5}}}}
  - {at: 1s, fault: {hold: {atNanos: 1, sequence: 2}}}
  - {at: 1s, fault: {deliver: {atNanos: 1, sequence: 2}}}
  - {at: 1s, fault: {drop: {atNanos: 1, sequence: 2}}}
  - {at: 1s, fault: {delay: {message: {atNanos: 1, sequence: 2}, byMs: 3}}}
  - {at: 1s, fault: {duplicate: {atNanos: 1, sequence: 2}}}
  - {at: 1s, fault: {reorder: {first: {atNanos: 1, sequence: 2}, second: {atNanos: 1, sequence: 3}}}}
  - {at: 1s, fault: {partition: [[etcd-0, etcd-1], [etcd-2]]}}
  - {at: 1s, fault: {wipe: etcd-4}}
  - {at: 1s, fault: {crashTorn: {target: etcd-3, sectors: 1}}}
  - {at: 1s, fault: {corrupt: {target: etcd-3, record: 1}}}
  - {at: 1s, fault: {diskLies: {target: etcd-2, lies: true}}}
  - {at: 1s, fault: {diskLatency: {target: etcd-2, minUs: 1, maxUs: 2}}}
  - {at: 1s, fault: {tune: {target: all, tickMs: 50, heartbeatTicks: 2, electionTicks: 20}}}
  - {at: 1s, fault: {campaign: [etcd-1, etcd-2]}}
  - {at: 1s, fault: {join: etcd-5}}
  - {at: 1s, fault: {proposeConfChange: {target: etcd-1, changes: v5}}}
  - {at: 2s, etcdctl: put x 1}
  - {at: 2s, session: 2000007, etcdctl: get x}
  - {at: 2s, session: 8, line: timeout 2 etcdctl watch x}
";

#[test]
fn every_fault_goes_into_a_file_and_a_link_and_back() {
    let file = LabFile::parse_yaml(EVERY_FAULT).expect("a lab file");
    assert_eq!(LabFile::parse_yaml(&file.to_yaml()).expect("the same again"), file);
    let mut lab = Lab::new(file);
    driver::run_for(&mut lab, Duration::from_secs(6));
    let again = Lab::from_link(&lab.link()).expect("its link");
    assert_eq!(again.state_hash(), lab.state_hash());
    assert_eq!(again.file(), lab.file());
}

#[test]
fn a_fault_for_nothing_is_said() {
    let mut lab = driver::booted(LabFile::default());
    driver::fault(&mut lab, lab::Fault::Crash("etcd-9".into()));
    let said = lab.happened(lab.cursor()).unwrap();
    assert!(said.notes.iter().any(|n| n.to_string().contains("no etcd-9")), "{said:?}");
    driver::run_for(&mut lab, Duration::from_secs(1));
    goes_on(&mut lab);
}
