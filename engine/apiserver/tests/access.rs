//! Who may do what: users, roles, tokens, reviews, as a client sees them.

mod world;

use std::time::Duration;

use api::http::{Credential, Method, Request, Response};
use api::{Value, object};
use proptest::prelude::*;
use sim::Actor;
use std::sync::Arc;
use world::{World, refused};

const PODS: &str = "/api/v1/namespaces/default/pods";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1";

fn request(method: Method, path: &str) -> Request {
    match path.split_once('?') {
        None => Request::new(method, path),
        Some((path, query)) => query.split('&').fold(Request::new(method, path), |request, pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request.query(name, value)
        }),
    }
}

fn ask_as(world: &mut World, user: &str, method: Method, path: &str, body: Option<Value>) -> Arc<Response> {
    let mut wanted = request(method, path).header("impersonate-user", user);
    if let Some(body) = body {
        wanted = wanted.body(body);
    }
    world.ask(wanted)
}

/// A role in `default`, bound to a user.
fn grant(world: &mut World, user: &str, rule: Value) {
    let role = object! { "metadata": { "name": user }, "rules": [(rule)] };
    assert_eq!(world.post(&format!("{RBAC}/namespaces/default/roles"), role).status, 201);
    let binding = object! {
        "metadata": { "name": user }, "subjects": [{ "kind": "User", "name": user }],
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user },
    };
    assert_eq!(world.post(&format!("{RBAC}/namespaces/default/rolebindings"), binding).status, 201);
    world.run(Duration::from_millis(20));
}

fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Value {
    let list = |all: &[&str]| all.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    object! { "verbs": (list(verbs)), "apiGroups": [group], "resources": (list(resources)) }
}

#[test]
fn who_may_not_is_told_so_in_kubernetes_words() {
    let mut world = World::new();
    for (method, path, message) in [
        (
            Method::Get,
            PODS,
            "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"",
        ),
        (
            Method::Get,
            "/api/v1/pods?watch=true",
            "pods is forbidden: User \"jane\" cannot watch resource \"pods\" in API group \"\" at the cluster scope",
        ),
        (
            Method::Get,
            "/api/v1/nodes/n",
            "nodes \"n\" is forbidden: User \"jane\" cannot get resource \"nodes\" in API group \"\" at the cluster scope",
        ),
        (
            Method::Get,
            "/api/v1/namespaces/kube-system",
            "namespaces \"kube-system\" is forbidden: User \"jane\" cannot get resource \"namespaces\" in API group \"\" in the namespace \"kube-system\"",
        ),
        (
            Method::Delete,
            "/apis/apps/v1/namespaces/a/deployments/web",
            "deployments.apps \"web\" is forbidden: User \"jane\" cannot delete resource \"deployments\" in API group \"apps\" in the namespace \"a\"",
        ),
        (
            Method::Delete,
            "/apis/apps/v1/namespaces/a/deployments",
            "deployments.apps is forbidden: User \"jane\" cannot deletecollection resource \"deployments\" in API group \"apps\" in the namespace \"a\"",
        ),
        (
            Method::Get,
            "/api/v1/namespaces/a/pods/p/log",
            "pods \"p\" is forbidden: User \"jane\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"a\"",
        ),
        (
            Method::Get,
            "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name=x",
            "secrets \"x\" is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" in the namespace \"a\"",
        ),
        (
            Method::Get,
            "/apis/no.such/v1/namespaces/a/things",
            "things.no.such is forbidden: User \"jane\" cannot list resource \"things\" in API group \"no.such\" in the namespace \"a\"",
        ),
        (Method::Get, "/metrics", "forbidden: User \"jane\" cannot get path \"/metrics\""),
    ] {
        refused(&ask_as(&mut world, "jane", method, path, None), 403, message);
    }
    // Discovery and health are for everybody who is somebody.
    for path in ["/version", "/apis", "/api/v1", "/readyz"] {
        assert_eq!(ask_as(&mut world, "jane", Method::Get, path, None).status, 200, "{path}");
    }
    assert_eq!(ask_as(&mut world, "system:anonymous", Method::Get, "/version", None).status, 200);
    refused(
        &ask_as(&mut world, "system:anonymous", Method::Get, "/apis", None),
        403,
        "forbidden: User \"system:anonymous\" cannot get path \"/apis\"",
    );
}

#[test]
fn a_role_counts_as_soon_as_it_is_bound_and_no_longer() {
    let mut world = World::new();
    grant(&mut world, "jane", rule(&["get", "list"], "", &["pods"]));
    assert_eq!(ask_as(&mut world, "jane", Method::Get, PODS, None).status, 200);
    assert_eq!(
        ask_as(&mut world, "jane", Method::Get, "/api/v1/namespaces/kube-system/pods", None).status,
        403
    );
    assert_eq!(ask_as(&mut world, "joe", Method::Get, PODS, None).status, 403);
    world.delete(&format!("{RBAC}/namespaces/default/roles/jane"));
    world.run(Duration::from_millis(20));
    refused(
        &ask_as(&mut world, "jane", Method::Get, PODS, None),
        403,
        "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\": RBAC: role.rbac.authorization.k8s.io \"jane\" not found",
    );
    world.delete(&format!("{RBAC}/namespaces/default/rolebindings/jane"));
    world.run(Duration::from_millis(20));
    refused(
        &ask_as(&mut world, "jane", Method::Get, PODS, None),
        403,
        "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"",
    );
}

#[test]
fn impersonation_needs_its_own_right() {
    let mut world = World::new();
    grant(&mut world, "jane", rule(&["impersonate"], "", &["serviceaccounts"]));
    // Who the sender is comes from a front proxy; who he acts as, from the other headers.
    let mut act = |user: &str, headers: &[(&str, &str)]| {
        let mut wanted = request(Method::Get, PODS).header("x-remote-user", user);
        for (name, value) in headers {
            wanted = wanted.header(*name, *value);
        }
        let id = world.send_from(Actor::Client, wanted);
        world.run(Duration::from_millis(20));
        world.response_to(Actor::Client, id).unwrap()
    };
    refused(
        &act("jane", &[("impersonate-user", "joe")]),
        403,
        "users \"joe\" is forbidden: User \"jane\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
    );
    let bot = [("impersonate-user", "system:serviceaccount:default:bot")];
    refused(
        &act("jane", &bot),
        403,
        "pods is forbidden: User \"system:serviceaccount:default:bot\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"",
    );
    let group = [bot[0], ("impersonate-group", "g")];
    refused(
        &act("jane", &group),
        403,
        "groups \"g\" is forbidden: User \"jane\" cannot impersonate resource \"groups\" in API group \"\" at the cluster scope",
    );
    let extra = [bot[0], ("impersonate-extra-Scopes%2fx", "all")];
    assert_eq!(act("jane", &extra).status, 403);
    assert_eq!(act("jane", &[("impersonate-group", "g")]).status, 500);
    refused(
        &act("system:anonymous", &[]),
        403,
        "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"",
    );
}

#[test]
fn nobody_gives_more_than_he_has() {
    let mut world = World::new();
    grant(
        &mut world,
        "jane",
        rule(&["create", "get"], "rbac.authorization.k8s.io", &["roles", "rolebindings"]),
    );
    let roles = format!("{RBAC}/namespaces/default/roles");
    let role = |name: &str, rule: Value| object! { "metadata": { "name": name }, "rules": [(rule)] };
    let own = rule(&["get"], "rbac.authorization.k8s.io", &["roles"]);
    assert_eq!(ask_as(&mut world, "jane", Method::Post, &roles, Some(role("own", own))).status, 201);
    let more = rule(&["get", "list"], "", &["pods"]);
    refused(
        &ask_as(&mut world, "jane", Method::Post, &roles, Some(role("more", more.clone()))),
        403,
        "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}",
    );
    world.post(&roles, role("more", more));
    world.run(Duration::from_millis(20));
    let bind = |kind: &str, role: &str| {
        object! {
            "metadata": { "name": "b" }, "subjects": [{ "kind": "User", "name": "joe" }],
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role },
        }
    };
    let bindings = format!("{RBAC}/namespaces/default/rolebindings");
    let mut try_bind =
        |kind: &str, role: &str| ask_as(&mut world, "jane", Method::Post, &bindings, Some(bind(kind, role)));
    refused(
        &try_bind("Role", "more"),
        403,
        "rolebindings.rbac.authorization.k8s.io \"b\" is forbidden: user \"jane\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}",
    );
    refused(&try_bind("Role", "gone"), 404, "role.rbac.authorization.k8s.io \"gone\" not found");
    assert_eq!(try_bind("Role", "own").status, 201);
    // With the verb `bind` it goes all the same.
    let mut any = rule(&["bind"], "rbac.authorization.k8s.io", &["clusterroles"]);
    any.set(&["resourceNames"], vec![Value::from("view")]);
    world.post(&roles, role("binder", any));
    let mut binding = bind("Role", "binder");
    binding.set(&["metadata", "name"], "binder");
    binding.set(&["subjects"], vec![object! { "kind": "User", "name": "jane" }]);
    assert_eq!(world.post(&bindings, binding).status, 201);
    world.run(Duration::from_millis(20));
    let mut view = bind("ClusterRole", "view");
    view.set(&["metadata", "name"], "v");
    assert_eq!(ask_as(&mut world, "jane", Method::Post, &bindings, Some(view.clone())).status, 201);
    // What a binding refers to stays.
    view.set(&["roleRef", "name"], "edit");
    let changed = world.put(&format!("{bindings}/v"), view);
    assert_eq!(changed.status, 422);
    assert!(changed.message().ends_with("cannot change roleRef"), "{}", changed.message());
}

#[test]
fn reviews_say_what_requests_would_meet() {
    let mut world = World::new();
    grant(&mut world, "jane", rule(&["get", "list"], "", &["pods"]));
    let review = |verb: &str| {
        object! {
            "spec": { "user": "jane", "resourceAttributes": { "namespace": "default", "verb": verb, "resource": "pods" } },
        }
    };
    let path = format!("{REVIEWS}/subjectaccessreviews");
    let status = |response: &Response| response.value().unwrap().get("status").unwrap().clone();
    let reason = "RBAC: allowed by RoleBinding \"jane/default\" of Role \"jane\" to User \"jane\"";
    let yes = world.post(&path, review("get"));
    assert_eq!(yes.status, 201);
    assert_eq!(status(&yes), object! { "allowed": true, "reason": reason });
    assert_eq!(status(&world.post(&path, review("delete"))), object! { "allowed": false });
    let nobody = object! { "spec": { "nonResourceAttributes": { "path": "/x", "verb": "get" } } };
    assert_eq!(world.post(&path, nobody.clone()).status, 422);
    let own = world.post(&format!("{REVIEWS}/selfsubjectaccessreviews"), nobody);
    let admin = "RBAC: allowed by ClusterRoleBinding \"kubeadm:cluster-admins\" of ClusterRole \"cluster-admin\" to Group \"kubeadm:cluster-admins\"";
    assert_eq!(status(&own), object! { "allowed": true, "reason": admin });
    let local = format!("{REVIEWS}/namespaces/default/localsubjectaccessreviews");
    assert_eq!(status(&world.post(&local, review("list"))).get("allowed"), Some(&Value::from(true)));
    let other = format!("{REVIEWS}/namespaces/kube-system/localsubjectaccessreviews");
    assert_eq!(world.post(&other, review("list")).status, 422);
    let rules = object! { "spec": { "namespace": "default" } };
    let all =
        ask_as(&mut world, "jane", Method::Post, &format!("{REVIEWS}/selfsubjectrulesreviews"), Some(rules));
    let all = status(&all);
    assert!(
        all.items_at(&["resourceRules"])
            .contains(&object! { "verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"] })
    );
    assert_eq!(all.items_at(&["nonResourceRules"]).len(), 2);
    let me = ask_as(
        &mut world,
        "jane",
        Method::Post,
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        Some(Value::map()),
    );
    assert_eq!(
        status(&me),
        object! { "userInfo": { "username": "jane", "groups": ["system:authenticated"] } }
    );
}

#[test]
fn tokens_of_service_accounts() {
    let mut world = World::new();
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    world.post(accounts, object! { "metadata": { "name": "bot" } });
    let short = object! { "spec": { "expirationSeconds": 10 } };
    refused(
        &world.post(&format!("{accounts}/bot/token"), short),
        422,
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes",
    );
    assert_eq!(world.post(&format!("{accounts}/none/token"), Value::map()).status, 404);
    let made = world.post(&format!("{accounts}/bot/token"), object! { "spec": { "expirationSeconds": 600 } });
    assert_eq!(made.status, 201);
    world.run(Duration::from_millis(50));
    let token = made.value().unwrap().str_at(&["status", "token"]).unwrap().to_string();
    let with = |world: &mut World, token: &str| {
        world.ask(request(Method::Get, PODS).header("authorization", format!("Bearer {token}")))
    };
    let bot = "system:serviceaccount:default:bot";
    refused(
        &with(&mut world, &token),
        403,
        &format!(
            "pods is forbidden: User \"{bot}\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
        ),
    );
    grant(&mut world, bot, rule(&["list"], "", &["pods"]));
    assert_eq!(with(&mut world, &token).status, 200);
    refused(&with(&mut world, &format!("{token}x")), 401, "Unauthorized");
    refused(&with(&mut world, "nonsense"), 401, "Unauthorized");
    let reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
    let review = |token: &str| object! { "spec": { "token": token } };
    let good = world.post(reviews, review(&token));
    let status = good.value().unwrap().get("status").unwrap().clone();
    assert_eq!(status.str_at(&["user", "username"]).unwrap(), bot);
    assert_eq!(status.at(&["authenticated"]), Some(&Value::from(true)));
    let bad = world.post(reviews, review("nonsense"));
    assert_eq!(
        bad.value().unwrap().get("status").unwrap(),
        &object! { "user": {}, "error": "invalid bearer token" }
    );
    // It ends with its time, and with its account.
    world.run(Duration::from_secs(601));
    refused(&with(&mut world, &token), 401, "Unauthorized");
    let made = world.post(&format!("{accounts}/bot/token"), Value::map());
    let token = made.value().unwrap().str_at(&["status", "token"]).unwrap().to_string();
    assert_eq!(with(&mut world, &token).status, 200);
    world.delete(&format!("{accounts}/bot"));
    world.run(Duration::from_millis(50));
    refused(&with(&mut world, &token), 401, "Unauthorized");
}

#[test]
fn bootstrap_tokens() {
    let mut world = World::new();
    let secret = object! {
        "metadata": { "name": "bootstrap-token-abcdef" }, "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
        },
    };
    assert_eq!(world.post("/api/v1/namespaces/kube-system/secrets", secret).status, 201);
    world.get("/api/v1/secrets");
    world.run(Duration::from_millis(50));
    let mut with = |token: &str, path: &str| {
        world.ask(request(Method::Get, path).header("authorization", format!("Bearer {token}"))).status
    };
    assert_eq!(with("abcdef.0123456789abcdef", "/api/v1/nodes/node-1"), 404);
    assert_eq!(with("abcdef.0123456789abcdef", "/api/v1/nodes"), 403);
    for wrong in ["abcdef.0123456789abcdee", "abcdeg.0123456789abcdef", "abcdef.0123", "abcdef"] {
        assert_eq!(with(wrong, "/api/v1/nodes/node-1"), 401, "{wrong}");
    }
}

#[test]
fn a_kubelet_sees_what_its_pods_need() {
    let mut world = World::new();
    for name in ["node-1", "node-2"] {
        world.post("/api/v1/nodes", object! { "metadata": { "name": name } });
    }
    for name in ["used", "other"] {
        let maps = "/api/v1/namespaces/default/configmaps";
        assert_eq!(world.post(maps, object! { "metadata": { "name": name } }).status, 201);
    }
    world.post("/api/v1/namespaces/default/serviceaccounts", object! { "metadata": { "name": "default" } });
    let pod = object! {
        "metadata": { "name": "p" },
        "spec": {
            "nodeName": "node-1", "containers": [{ "name": "c", "image": "i" }],
            "volumes": [{ "name": "v", "configMap": { "name": "used" } }],
        },
    };
    assert_eq!(world.post(PODS, pod.clone()).status, 201);
    let mut other = pod;
    other.set(&["metadata", "name"], "q");
    other.set(&["spec", "nodeName"], "node-2");
    assert_eq!(world.post(PODS, other).status, 201);
    world.run(Duration::from_millis(50));
    let none = "no relationship found between node 'node-1' and this object";
    for (method, path, why) in [
        (Method::Get, "/api/v1/namespaces/default/configmaps/used", Ok(200)),
        (Method::Get, "/api/v1/namespaces/default/configmaps/other", Err(none)),
        (Method::Get, "/api/v1/namespaces/default/configmaps", Err("No Object name found")),
        (Method::Get, "/api/v1/configmaps", Err("can only read namespaced object of this type")),
        (Method::Get, "/api/v1/namespaces/default/secrets/x", Err(none)),
        (Method::Get, "/api/v1/nodes/node-1", Ok(200)),
        (
            Method::Get,
            "/api/v1/nodes/node-2",
            Err("node 'node-1' cannot read 'node-2', only its own Node object"),
        ),
        (Method::Get, "/api/v1/nodes", Err("node 'node-1' cannot read all nodes, only its own Node object")),
        (Method::Get, "/api/v1/pods?fieldSelector=spec.nodeName=node-1", Ok(200)),
        (Method::Get, "/api/v1/pods", Err("can only list/watch pods with spec.nodeName field selector")),
        (Method::Get, "/api/v1/namespaces/default/pods/p", Ok(200)),
        (Method::Get, "/api/v1/services", Ok(200)),
        (Method::Post, "/api/v1/namespaces/default/serviceaccounts/default/token", Ok(201)),
        (Method::Post, "/api/v1/namespaces/default/serviceaccounts/bot/token", Err(none)),
        (
            Method::Get,
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-2",
            Err("can only access node lease with the same name as the requesting node"),
        ),
        (Method::Get, "/apis/apps/v1/deployments", Err("")),
        (
            Method::Delete,
            "/api/v1/namespaces/default/pods/q",
            Err("node \"node-1\" can only delete pods with spec.nodeName set to itself"),
        ),
        (
            Method::Put,
            "/api/v1/namespaces/default/pods/q/status",
            Err("node \"node-1\" can only update pod status for pods with spec.nodeName set to itself"),
        ),
        (
            Method::Put,
            "/api/v1/nodes/node-2/status",
            Err("node \"node-1\" is not allowed to modify node \"node-2\""),
        ),
        (
            Method::Post,
            "/api/v1/namespaces/default/pods",
            Err(
                "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"node-1\" can only create mirror pods",
            ),
        ),
        (
            Method::Post,
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
            Err("can only access node lease with the same name as the requesting node"),
        ),
    ] {
        let mut wanted = request(method, path);
        if path.ends_with("/token") {
            wanted = wanted.body(
                object! { "spec": { "boundObjectRef": { "kind": "Pod", "apiVersion": "v1", "name": "p" } } },
            );
        } else if method == Method::Post {
            let spec = object! { "containers": [{ "name": "c", "image": "i" }] };
            wanted = wanted.body(object! { "metadata": { "name": "node-2" }, "spec": (spec) });
        }
        wanted.credential = Credential::Node("node-1".into());
        let id = world.send_from(Actor::Kubelet(1), wanted);
        world.run(Duration::from_millis(50));
        let answer = world.response_to(Actor::Kubelet(1), id).unwrap();
        match why {
            Ok(status) => assert_eq!(answer.status, status, "{path}: {}", answer.message()),
            Err(why) => {
                let end = if why.is_empty() { "at the cluster scope".to_owned() } else { format!(": {why}") };
                assert_eq!(answer.status, 403, "{path}");
                assert!(answer.message().ends_with(&end), "{path}: {}", answer.message());
            }
        }
    }
}

#[test]
fn without_a_quorum_the_server_is_neither_ready_nor_well() {
    let mut world = World::new();
    let text = |response: &Response| match &response.body {
        api::http::Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text(&world.get("/readyz")), "ok");
    assert!(text(&world.get("/livez?verbose")).ends_with("livez check passed\n"));
    assert_eq!(world.get("/readyz/etcd").status, 200);
    assert_eq!(world.get("/readyz/nothing").status, 404);
    world.silent = vec![0, 1, 2];
    for path in ["/readyz", "/livez", "/healthz", "/readyz/etcd", "/readyz/etcd-readiness"] {
        assert_eq!(world.get(path).status, 500, "{path}");
    }
    let why = text(&world.get("/readyz"));
    assert!(
        why.contains("[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld\n"),
        "{why}"
    );
    assert!(why.ends_with("readyz check failed\n"), "{why}");
    assert_eq!(world.get("/livez/ping").status, 200);
    assert!(text(&world.get("/livez?exclude=etcd&verbose")).contains("[+]etcd excluded: ok\n"));
    assert_eq!(world.get("/livez?exclude=etcd").status, 200);
    world.silent.clear();
    world.run(Duration::from_secs(10));
    assert_eq!(world.get("/readyz").status, 200);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Whatever stands in these headers: an answer, and never a right.
    #[test]
    fn hostile_credentials(token in ".{0,80}", user in ".{0,40}", extra in "[a-zA-Z%0-9-]{0,20}", groups in proptest::collection::vec(".{0,10}", 0..4)) {
        let mut world = World::new();
        let mut wanted = request(Method::Get, "/api/v1/secrets").header("authorization", format!("Bearer {token}"));
        prop_assert_eq!(world.ask(wanted.clone()).status, 401);
        wanted.headers.clear();
        wanted = wanted.header("impersonate-user", user.as_str()).header(format!("impersonate-extra-{extra}"), "x");
        for group in &groups {
            wanted = wanted.header("impersonate-group", group.as_str());
        }
        let status = world.ask(wanted).status;
        prop_assert!(status == 403 || status == 500, "{}", status);
    }
}
