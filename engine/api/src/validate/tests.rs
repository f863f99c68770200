//! Objects that are refused, and why.

use super::*;
use crate::{defaults, kinds, object};

fn errors(kind: &KindInfo, mut object: Value) -> Vec<String> {
    defaults::apply(kind, &mut object);
    create(kind, &object).iter().map(FieldError::to_string).collect()
}

fn web(change: impl FnOnce(&mut Value)) -> Value {
    let mut object = object!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "nginx"}]},
            },
        },
    });
    change(&mut object);
    object
}

fn pod(spec: Value) -> Value {
    object!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}, "spec": spec})
}

#[test]
fn deployments() {
    assert_eq!(errors(&kinds::DEPLOYMENTS, web(|_| ())), [""; 0]);
    let table: [(&[&str], Value, &[&str]); 7] = [
        (
            &["spec", "replicas"],
            object!(-1),
            &["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            &["spec", "selector", "matchLabels", "app"],
            object!("other"),
            &[
                "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`",
            ],
        ),
        (
            &["spec", "selector"],
            Value::Null,
            &[
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`",
            ],
        ),
        (
            &["spec", "strategy"],
            object!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}),
            &[
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0",
            ],
        ),
        (
            &["spec", "template", "spec", "restartPolicy"],
            object!("Never"),
            &["spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""],
        ),
        (
            &["spec", "template", "spec", "containers"],
            object!([]),
            &["spec.template.spec.containers: Required value"],
        ),
        (
            &["metadata", "name"],
            Value::Null,
            &["metadata.name: Required value: name or generateName is required"],
        ),
    ];
    for (path, value, expected) in table {
        assert_eq!(errors(&kinds::DEPLOYMENTS, web(|object| object.set(path, value))), expected);
    }
}

#[test]
fn immutable_selectors() {
    let mut new = web(|object| object.set(&["spec", "selector", "matchLabels", "x"], "y"));
    new.set(&["spec", "template", "metadata", "labels", "x"], "y");
    defaults::apply(&kinds::DEPLOYMENTS, &mut new);
    let mut old = web(|_| ());
    defaults::apply(&kinds::DEPLOYMENTS, &mut old);
    let found: Vec<String> =
        update(&kinds::DEPLOYMENTS, &new, &old).iter().map(FieldError::to_string).collect();
    assert_eq!(
        found,
        ["spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"web\",\"x\":\"y\"}}: field is immutable"]
    );
    assert!(update(&kinds::DEPLOYMENTS, &old, &old.clone()).is_empty());
}

#[test]
fn pods() {
    let table: [(Value, &[&str]); 8] = [
        (object!({"containers": [{"name": "a", "image": "b"}]}), &[]),
        (
            object!({"containers": [{"name": "A", "image": ""}, {"name": "b", "image": "x"}, {"name": "b", "image": "y"}]}),
            &[
                "spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
                "spec.containers[0].image: Required value",
                "spec.containers[2].name: Duplicate value: \"b\"",
            ],
        ),
        (
            object!({"containers": [{"name": "a", "image": "b", "ports": [{"containerPort": 70000}, {"containerPort": 80, "protocol": "tcp"}]}]}),
            &[
                "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
                "spec.containers[0].ports[1].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ],
        ),
        (
            object!({"containers": [{"name": "a", "image": "b", "resources": {"requests": {"cpu": "2", "gpu": "1"}, "limits": {"cpu": "1"}}}]}),
            &[
                "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified",
                "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource for containers",
                "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
            ],
        ),
        (
            object!({"containers": [{"name": "a", "image": "b", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}]}),
            &["spec.containers[0].volumeMounts[0].name: Not found: \"data\""],
        ),
        (
            object!({"containers": [{"name": "a", "image": "b", "livenessProbe": {"periodSeconds": -1, "successThreshold": 2}}]}),
            &[
                "spec.containers[0].livenessProbe: Required value: must specify a handler type",
                "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
                "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ],
        ),
        (
            object!({"containers": [{"name": "a", "image": "b"}], "tolerations": [{"operator": "Equal"}]}),
            &[
                "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            ],
        ),
        (
            object!({"containers": [{"name": "a", "image": "b"}], "initContainers": [{"name": "i", "image": "b", "readinessProbe": {"exec": {"command": ["x"]}}}]}),
            &[
                "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ],
        ),
    ];
    for (spec, expected) in table {
        assert_eq!(errors(&kinds::PODS, pod(spec)), expected);
    }
}

#[test]
fn pod_updates() {
    let mut old = pod(object!({"containers": [{"name": "a", "image": "b"}]}));
    defaults::apply(&kinds::PODS, &mut old);
    let changed = |path: &[&str], value: Value| {
        let mut new = old.clone();
        new.set(path, value);
        update(&kinds::PODS, &new, &old).iter().map(FieldError::to_string).collect::<Vec<_>>()
    };
    assert_eq!(changed(&["metadata", "labels", "x"], object!("y")), [""; 0]);
    assert_eq!(changed(&["spec", "tolerations"], object!([{"operator": "Exists"}])), [""; 0]);
    assert!(
        changed(&["spec", "nodeName"], object!("n"))[0]
            .starts_with("spec: Forbidden: pod updates may not change")
    );
    assert_eq!(
        changed(&["spec", "containers"], object!([])),
        ["spec.containers: Forbidden: pod updates may not add or remove containers"]
    );
    assert_eq!(
        changed(&["metadata", "uid"], object!("u")),
        ["metadata.uid: Invalid value: \"u\": field is immutable"]
    );
    let mut image = old.clone();
    let mut container = old.items_at(&["spec", "containers"])[0].clone();
    container.set(&["image"], "c");
    image.set(&["spec", "containers"], vec![container]);
    assert!(update(&kinds::PODS, &image, &old).is_empty());
}

#[test]
fn services() {
    let service = |spec: Value| {
        let meta = object!({"name": "web", "namespace": "default"});
        errors(
            &kinds::SERVICES,
            object!({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}),
        )
    };
    assert_eq!(service(object!({"ports": [{"port": 80}]})), [""; 0]);
    assert_eq!(service(object!({})), ["spec.ports: Required value"]);
    assert_eq!(service(object!({"clusterIP": "None"})), [""; 0]);
    assert_eq!(
        service(object!({"ports": [{"port": 80}, {"port": 80, "name": "x"}]})),
        [
            "spec.ports[0].name: Required value",
            "spec.ports[1]: Duplicate value: {\"name\":\"x\",\"port\":80,\"protocol\":\"TCP\",\"targetPort\":80}",
        ]
    );
    assert_eq!(
        service(object!({"ports": [{"port": 80, "nodePort": 30000}]})),
        ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]
    );
    let unsupported = service(object!({"type": "Magic", "ports": [{"port": 80}]}));
    assert_eq!(
        unsupported,
        [
            "spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""
        ]
    );
}

#[test]
fn other_kinds() {
    let map = |data: Value| object!({"metadata": {"name": "c", "namespace": "d"}, "data": data});
    assert!(
        errors(&kinds::CONFIG_MAPS, map(object!({"a b": "x"})))[0]
            .starts_with("data[a b]: Invalid value: \"a b\": a valid config key")
    );
    let namespace = |name: &str| object!({"metadata": {"name": name}});
    assert_eq!(errors(&kinds::NAMESPACES, namespace("team-a")), [""; 0]);
    assert_eq!(
        errors(&kinds::NAMESPACES, namespace("a.b")),
        ["metadata.name: Invalid value: \"a.b\": must not contain dots"]
    );
    let job = |policy: &str| {
        object!({"metadata": {"name": "j", "namespace": "d"}, "spec": {"template": {"spec": {
            "restartPolicy": policy, "containers": [{"name": "a", "image": "b"}],
        }}}})
    };
    assert_eq!(errors(&kinds::JOBS, job("Never")), [""; 0]);
    assert_eq!(
        errors(&kinds::JOBS, job("")),
        ["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""]
    );
    let immutable = object!({"metadata": {"name": "c"}, "immutable": true, "data": {"a": "1"}});
    let mut changed = immutable.clone();
    changed.set(&["data", "a"], "2");
    let found = update(&kinds::CONFIG_MAPS, &changed, &immutable);
    assert_eq!(found[0].to_string(), "data: Forbidden: field is immutable when `immutable` is set");
}
