//! `clusterlab serve`, spoken to by HTTP/1.1 over a socket.

mod http;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::{Answer, Connection};

/// A lab that is served for as long as the test runs, ten times as fast as real time.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start() -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clusterlab"))
            .args(["serve", "--listen", "127.0.0.1:0", "--nodes", "2", "--speed", "10"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it was asked for"))
            .read_line(&mut line)
            .expect("it says where");
        let address = line.trim().rsplit_once("http://").expect("an address in the first line").1.to_owned();
        Served { child, address }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        Connection::open(&self.address).send(method, path, headers, body).whole()
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        self.ask("POST", path, &[("content-type", content_type)], body)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PODS: &str = "/api/v1/namespaces/default/pods";
const JSON: &str = "application/json";
const YAML: &str = "application/yaml";

#[test]
fn discovery_and_lists() {
    let served = Served::start();
    let version = served.get("/version");
    assert_eq!(version.status, 200);
    assert_eq!(version.header("content-type"), "application/json");
    assert!(version.body.contains("\"gitVersion\":\"v1.36.0\""), "{}", version.body);
    assert!(served.get("/api").body.contains("\"versions\":[\"v1\"]"));
    assert!(served.get("/apis").body.contains("\"groupVersion\":\"apps/v1\""));
    let nodes = served.get("/api/v1/nodes");
    assert!(
        nodes.body.contains("\"kind\":\"NodeList\"") && nodes.body.contains("\"name\":\"node-2\""),
        "{}",
        nodes.body
    );
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let table = served.ask("GET", "/api/v1/nodes?includeObject=None", &[("accept", accept)], "");
    assert!(
        table.body.contains("\"kind\":\"Table\"") && table.body.contains("\"columnDefinitions\""),
        "{}",
        table.body
    );
    assert!(served.get("/readyz").body.contains("ok"));
}

#[test]
fn objects_come_and_go() {
    let served = Served::start();
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"nginx"}]}}"#;
    let created = served.post(PODS, JSON, pod);
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(created.body.contains("\"uid\":"), "{}", created.body);
    let yaml =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec:\n  containers:\n  - {name: c, image: nginx}\n";
    assert_eq!(served.post(PODS, YAML, yaml).status, 201);
    let again = served.post(PODS, YAML, yaml);
    assert_eq!(again.status, 409);
    assert!(again.body.contains("\"reason\":\"AlreadyExists\""), "{}", again.body);

    let merge = [("content-type", "application/merge-patch+json")];
    let labelled = served.ask("PATCH", &format!("{PODS}/a"), &merge, r#"{"metadata":{"labels":{"x":"y"}}}"#);
    assert_eq!(labelled.status, 200, "{}", labelled.body);
    let found = served.get(&format!("{PODS}?labelSelector=x%3Dy"));
    assert!(
        found.body.contains("\"name\":\"a\"") && !found.body.contains("\"name\":\"b\""),
        "{}",
        found.body
    );

    let deleted = served.ask("DELETE", &format!("{PODS}/a?gracePeriodSeconds=0"), &[], "");
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let gone = served.get(&format!("{PODS}/a"));
    assert_eq!(gone.status, 404);
    let says = r#""message":"pods \"a\" not found""#;
    assert!(gone.body.contains("\"kind\":\"Status\"") && gone.body.contains(says), "{}", gone.body);
    assert_eq!(served.get("/api/v1/pots").status, 404);
}

#[test]
fn what_is_refused() {
    let served = Served::start();
    let bad = served.post(PODS, JSON, "{");
    assert_eq!(bad.status, 400, "{}", bad.body);
    assert!(bad.body.contains("\"kind\":\"Status\""), "{}", bad.body);
    assert_eq!(served.post(PODS, "text/plain", "hello").status, 415);
    assert_eq!(served.ask("BREW", "/api/v1/pods", &[], "").status, 405);
    for size in [3 << 20, 20 << 20] {
        let large = format!("{{\"data\":\"{}\"}}", "x".repeat(size));
        let answer = served.post("/api/v1/namespaces/default/configmaps", JSON, &large);
        assert_eq!(answer.status, 413);
        assert!(answer.body.contains("\"reason\":\"RequestEntityTooLarge\""), "{}", answer.body);
    }
    // It lives on.
    assert_eq!(served.get("/version").status, 200);
}

#[test]
fn a_watch_streams() {
    let served = Served::start();
    let maps = "/api/v1/namespaces/default/configmaps";
    let mut watch = Connection::open(&served.address).send("GET", &format!("{maps}?watch=true"), &[], "");
    // The head comes though nothing happens.
    let head = watch.head();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("transfer-encoding"), "chunked");
    let map = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"k":"v"}}"#;
    assert_eq!(served.post(maps, JSON, map).status, 201);
    let event = watch.line();
    assert!(event.starts_with(r#"{"type":"ADDED","object":"#) && event.contains("\"name\":\"m\""), "{event}");
    assert_eq!(served.ask("DELETE", &format!("{maps}/m"), &[], "").status, 200);
    let event = watch.line();
    assert!(event.starts_with(r#"{"type":"DELETED","object":"#), "{event}");
}

#[test]
fn a_watch_ends_when_its_time_is_over() {
    let served = Served::start();
    let path = "/api/v1/nodes?watch=true&timeoutSeconds=1&allowWatchBookmarks=true";
    let answer = served.get(path);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("\"type\":\"ADDED\"") && answer.body.contains("node-1"), "{}", answer.body);
}

#[test]
fn pods_answer_through_a_node_port() {
    let served = Served::start();
    let fetch = "/lab/v1/fetch?url=http://node-1:31000/";
    let nobody = served.get(fetch);
    assert_eq!(nobody.status, 502);
    assert_eq!(nobody.body, "dial tcp 172.18.0.11:31000: connect: connection refused");
    let deployment = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx, ports: [{containerPort: 80}]}
";
    let service = "apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 31000}]}
";
    assert_eq!(served.post("/apis/apps/v1/namespaces/default/deployments", YAML, deployment).status, 201);
    assert_eq!(served.post("/api/v1/namespaces/default/services", YAML, service).status, 201);
    let mut answer = served.get(fetch);
    for _ in 0..300 {
        if answer.status == 200 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        answer = served.get(fetch);
    }
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Welcome to nginx!"), "{}", answer.body);
    let unknown = served.get("/lab/v1/fetch?url=http%3A%2F%2Fnode-9%3A31000%2F");
    assert_eq!((unknown.status, unknown.body.as_str()), (502, "lookup node-9: no such host"));
    assert_eq!(served.get("/lab/v1/fetch").status, 404);
    let scale = "/apis/apps/v1/namespaces/default/deployments/web/scale";
    assert!(served.get(scale).body.contains("\"kind\":\"Scale\""));
    // A log is text.
    let pods = served.get(&format!("{PODS}?labelSelector=app%3Dweb")).body;
    let name = pods.split("\"name\":\"web-").nth(1).and_then(|rest| rest.split('"').next()).expect("a pod");
    let log = served.get(&format!("{PODS}/web-{name}/log"));
    assert_eq!((log.status, log.header("content-type")), (200, "text/plain"), "{}", log.body);
    assert!(log.body.contains("start worker processes"), "{}", log.body);
}

#[test]
fn one_connection_carries_many_requests() {
    let served = Served::start();
    let mut connection = Connection::open(&served.address);
    for _ in 0..3 {
        connection = connection.send("GET", "/version", &[], "");
        assert_eq!(connection.next().status, 200);
    }
    assert_eq!(connection.send("HEAD", "/version", &[], "").head().status, 200);
}
