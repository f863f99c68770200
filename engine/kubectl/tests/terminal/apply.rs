//! `kubectl apply` and `create -f`.

use crate::cluster::{Cluster, S};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: c
        image: nginx
";

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm1\ndata:\n  a: b\n";

#[test]
fn created_configured_unchanged() {
    let mut c = Cluster::default();
    assert_eq!(c.run_with("kubectl apply -f -", MAP).out, "configmap/cm1 created\n");
    let note = r#"{\"apiVersion\":\"v1\",\"data\":{\"a\":\"b\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{},\"name\":\"cm1\",\"namespace\":\"default\"}}\n"#;
    let body = format!(
        r#"{{"apiVersion":"v1","data":{{"a":"b"}},"kind":"ConfigMap","metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"{note}"}},"name":"cm1","namespace":"default"}}}}"#
    );
    let post = "POST /api/v1/namespaces/default/configmaps?fieldManager=kubectl-client-side-apply&fieldValidation=Strict";
    assert_eq!(
        c.server.log,
        ["GET /api/v1/namespaces/default/configmaps/cm1".to_owned(), format!("{post} {body}")]
    );

    assert_eq!(c.run_with("kubectl apply -f -", MAP).out, "configmap/cm1 unchanged\n");
    assert_eq!(c.server.log.len(), 1);

    let changed = MAP.replace("a: b", "a: c");
    assert_eq!(c.run_with("kubectl apply -f -", &changed).out, "configmap/cm1 configured\n");
    let patch = &c.server.log[1];
    assert!(patch.starts_with("PATCH /api/v1/namespaces/default/configmaps/cm1?fieldManager=kubectl-client-side-apply&fieldValidation=Strict {\"data\":{\"a\":\"c\"},\"metadata\":"), "{patch}");
}

#[test]
fn fields_that_are_gone_from_the_manifest_go() {
    let mut c = Cluster::default();
    c.run_with("kubectl apply -f -", WEB);
    c.ok("kubectl scale deploy/web --replicas=5");
    let without = WEB.replace("  replicas: 2\n", "");
    assert_eq!(c.run_with("kubectl apply -f -", &without).out, "deployment.apps/web configured\n");
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    assert_eq!(c.server.get(path).unwrap().at(&["spec", "replicas"]), None);
}

#[test]
fn one_bad_document_costs_no_other() {
    let mut c = Cluster::default();
    let text = format!(
        "{MAP}---\n{}---\na: [1\n---\nkind: Foo\napiVersion: v1\nmetadata: {{name: x}}\n---\n{}",
        WEB.replace("image:", "imagee:"),
        MAP.replace("cm1", "cm2")
    );
    let printed = c.run_with("kubectl apply -f -", &text);
    assert_eq!(printed.out, "configmap/cm1 created\nconfigmap/cm2 created\n");
    assert_eq!(printed.code, Some(1));
    for part in [
        "error: error parsing STDIN: error converting YAML to JSON: yaml: line ",
        "Error from server (BadRequest): error when creating \"STDIN\": Deployment in version \"v1\" cannot be handled as a \
         Deployment: strict decoding error: unknown field \"spec.template.spec.containers[0].imagee\"\n  in STDIN: document 2, \
         line 22, column 9, field spec.template.spec.containers[0].imagee (did you mean \"image\"?)\n",
        "error: resource mapping not found for name: \"x\" namespace: \"\" from \"STDIN\": no matches for kind \"Foo\" in version \
         \"v1\"\nensure CRDs are installed first\n",
    ] {
        assert!(printed.err.contains(part), "{part}\n---\n{}", printed.err);
    }
    let problems = c.terminal.session(S).unwrap().problems();
    let unknown = problems.iter().find(|p| p.document == 2).unwrap();
    assert_eq!((unknown.line, unknown.column, unknown.suggestion.as_deref()), (22, 9, Some("image")));
    assert_eq!(problems.iter().map(|p| p.document).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn a_servers_refusal_is_mapped_to_its_place() {
    let mut c = Cluster::default();
    let printed = c.run_with("kubectl apply -f -", &WEB.replace("replicas: 2", "replicas: 5000"));
    assert_eq!(
        printed.err,
        "The Deployment \"web\" is invalid: spec.replicas: Invalid value: too many\n  in STDIN: document 1, line 6, column 3, \
         field spec.replicas\n"
    );
    let problem = &c.terminal.session(S).unwrap().problems()[0];
    assert_eq!((problem.line, problem.column, problem.field.as_str()), (6, 3, "spec.replicas"));
}

#[test]
fn ways_to_apply() {
    let mut c = Cluster::default();
    for (line, out) in [
        ("kubectl apply -f - --dry-run=client", "configmap/cm1 created (dry run)\n"),
        ("kubectl apply -f - --dry-run=server", "configmap/cm1 created (server dry run)\n"),
        ("kubectl create -f - -o name", "configmap/cm1\n"),
        ("kubectl apply --server-side -f -", "configmap/cm1 serverside-applied\n"),
        ("kubectl replace -f -", "configmap/cm1 replaced\n"),
        ("kubectl delete -f -", "configmap \"cm1\" deleted from default namespace\n"),
        ("kubectl apply -f - -n other", "configmap/cm1 created\n"),
    ] {
        let printed = c.run_with(line, MAP);
        assert_eq!((printed.out.as_str(), printed.err.as_str()), (out, ""), "{line}");
    }
    assert!(c.server.get("/api/v1/namespaces/other/configmaps/cm1").is_some());
    let printed = c.run_with("kubectl create -f -", MAP);
    assert_eq!(printed.out, "configmap/cm1 created\n");
    let printed = c.run_with("kubectl create -f -", MAP);
    assert!(printed.err.starts_with("Error from server (AlreadyExists): error when creating \"STDIN\": configmaps \"cm1\" already exists\n"), "{}", printed.err);
}

#[test]
fn here_documents_files_and_lists() {
    let mut c = Cluster::default();
    assert_eq!(c.ok(&format!("kubectl apply -f - <<EOF\n{MAP}EOF\n")), "configmap/cm1 created\n");
    c.terminal.write_file("web.yaml", WEB);
    assert_eq!(c.ok("kubectl apply -f web.yaml"), "deployment.apps/web created\n");
    assert_eq!(c.fails("kubectl apply -f no.yaml"), "error: the path \"no.yaml\" does not exist\n");
    let list = "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"x\"}}]}";
    assert_eq!(c.run_with("kubectl apply -f -", list).out, "namespace/x created\n");
}

#[test]
fn bad_input_gets_a_clear_error() {
    let mut c = Cluster::default();
    for (text, part) in [
        ("", "error: no objects passed to apply\n"),
        ("# nothing\n---\n", "error: no objects passed to apply\n"),
        (
            "just words",
            "error: error validating \"STDIN\": error validating data: invalid object to validate",
        ),
        ("a: 1", "error validating data: [apiVersion not set, kind not set]; if you choose"),
        ("apiVersion: v1\nkind: Pod\n", "error: resource name may not be empty"),
        ("\u{0}\u{1}\u{ff}", "error: "),
        ("a: &a [*a]", "error: "),
    ] {
        let printed = c.run_with("kubectl apply -f -", text);
        assert_eq!((printed.out.as_str(), printed.code), ("", Some(1)), "{text:?}");
        assert!(printed.err.contains(part), "{text:?}: {}", printed.err);
    }
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..20 {
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", ")));
    }
    assert!(c.run_with("kubectl apply -f -", &bomb).err.contains("aliasing"));
    let large = format!("a: {}", "x".repeat(10 << 20));
    assert!(c.run_with("kubectl apply -f -", &large).err.contains("too large"));
    assert!(c.server.log.is_empty());
}

#[test]
fn conflicting_namespaces() {
    let mut c = Cluster::default();
    let printed =
        c.run_with("kubectl apply -f - -n b", &MAP.replace("name: cm1", "name: cm1\n  namespace: a"));
    assert!(printed.err.starts_with(
        "error: the namespace from the provided object \"a\" does not match the namespace \"b\"."
    ));
    assert_eq!(c.terminal.session(S).unwrap().problems()[0].line, 5);
}
