use api::object;

use super::*;
use crate::testing::{Builder, at, body, pod, requests, run, tell, world};

fn service() -> Builder {
    Builder::new("v1", "Service", "a", "web").set(
        &["spec"],
        object! {
            "type": "ClusterIP", "clusterIP": "10.96.0.7", "selector": { "app": "web" },
            "ports": [{ "name": "http", "port": 80, "targetPort": "web", "protocol": "TCP" }],
        },
    )
}

fn member(name: &str, ip: &str) -> Builder {
    let container =
        object! { "name": "c", "ports": [{ "name": "web", "containerPort": 8080, "protocol": "TCP" }] };
    pod("a", name).label("app", "web").on("n1").ip(ip).set(&["spec", "containers"], vec![container])
}

#[test]
fn addresses_by_readiness_with_resolved_ports() {
    let world = world([
        service(),
        member("b", "10.244.0.9").ready(),
        member("a", "10.244.0.10"),
        member("going", "10.244.0.11").ready().terminating(),
        member("done", "10.244.0.12").set(&["status", "phase"], "Succeeded"),
        pod("a", "other").label("app", "db").ip("10.244.0.13").ready(),
    ]);
    let out = run(&mut EndpointsController::new(&Config::default()), Kind::Services, "a/web", &world, at(0));
    assert_eq!(requests(&out), ["POST /api/v1/namespaces/a/endpoints"]);
    let subset = &body(&out, 0).items_at(&["subsets"])[0].clone();
    let ips = |part: &str| -> Vec<String> {
        subset.items_at(&[part]).iter().map(|a| a.str_at(&["ip"]).unwrap().to_string()).collect()
    };
    assert_eq!(
        (ips("addresses"), ips("notReadyAddresses")),
        (vec!["10.244.0.9".into()], vec!["10.244.0.10".into()])
    );
    assert_eq!(subset.items_at(&["ports"]), [object! { "name": "http", "port": 8080, "protocol": "TCP" }]);
    assert_eq!(body(&out, 0).str_at(&["metadata", "labels", MANAGED_BY]).unwrap(), "endpoint-controller");
}

#[test]
fn equal_endpoints_are_left_alone_and_those_of_nobody_deleted() {
    let mut known = world([service(), member("b", "10.244.0.9").ready()]);
    let mut controller = EndpointsController::new(&Config::default());
    let written = body(&run(&mut controller, Kind::Services, "a/web", &known, at(0)), 0);
    known.put(Object::new(written));
    assert!(run(&mut controller, Kind::Services, "a/web", &known, at(0)).is_nothing());
    known.remove(Kind::Services, &ObjectKey::new("a", "web"));
    let out = run(&mut controller, Kind::Services, "a/web", &known, at(0));
    assert_eq!(requests(&out), ["DELETE /api/v1/namespaces/a/endpoints/web"]);
}

#[test]
fn only_changes_that_matter_count() {
    let mut known = world([service()]);
    let mut controller = EndpointsController::new(&Config::default());
    assert_eq!(tell(&mut controller, &mut known, member("b", "")), [""; 0]);
    assert_eq!(tell(&mut controller, &mut known, member("b", "10.244.0.9")), ["Service a/web"]);
    let same = member("b", "10.244.0.9").set(&["status", "hostIP"], "172.18.0.11");
    assert_eq!(tell(&mut controller, &mut known, same), [""; 0]);
    assert_eq!(tell(&mut controller, &mut known, member("b", "10.244.0.9").ready()), ["Service a/web"]);
}
