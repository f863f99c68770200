//! Pods, and pod specs wherever they are.

use super::tools::{default, default_text, each, has, text, within};
use crate::{Value, object};

pub(super) fn pod(pod: &mut Value) {
    within(pod, &["spec"], |spec| {
        pod_spec(spec);
        default(spec, &["enableServiceLinks"], true);
        let host_network = spec.get("hostNetwork").and_then(Value::as_bool) == Some(true);
        for list in ["initContainers", "containers"] {
            each(spec, &[list], |container| {
                requests_from_limits(container);
                if host_network {
                    each(container, &["ports"], |port| {
                        let own = port.get("containerPort").cloned();
                        if port.int_at(&["hostPort"]).unwrap_or(0) == 0 {
                            port.set(&["hostPort"], own);
                        }
                    });
                }
            });
        }
    });
}

/// What a container may use and does not request, it requests.
fn requests_from_limits(container: &mut Value) {
    let Some(limits) = container.at(&["resources", "limits"]).and_then(Value::as_map).cloned() else {
        return;
    };
    for (name, amount) in limits.iter() {
        default(container, &["resources", "requests", name], amount);
    }
}

/// A pod's spec, or a template's.
pub fn pod_spec(spec: &mut Value) {
    default_text(spec, &["dnsPolicy"], "ClusterFirst");
    default_text(spec, &["restartPolicy"], "Always");
    default(spec, &["securityContext"], object!({}));
    default(spec, &["terminationGracePeriodSeconds"], 30);
    default_text(spec, &["schedulerName"], "default-scheduler");
    // The old name of the field is kept equal to the new one.
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).cloned();
    if let Some(account) = account.filter(|a| !a.is_empty()) {
        if spec.get("serviceAccount") != Some(&account) {
            spec.set(&["serviceAccount"], &account);
        }
        default_text(spec, &["serviceAccountName"], account);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, &[list], container);
    }
    each(spec, &["volumes"], volume);
}

fn container(container: &mut Value) {
    if text(container, &["imagePullPolicy"]).is_empty() {
        let policy = pull_policy(text(container, &["image"]));
        container.set(&["imagePullPolicy"], policy);
    }
    default_text(container, &["terminationMessagePath"], "/dev/termination-log");
    default_text(container, &["terminationMessagePolicy"], "File");
    default(container, &["resources"], object!({}));
    each(container, &["ports"], |port| default_text(port, &["protocol"], "TCP"));
    each(container, &["env"], |variable| {
        within(variable, &["valueFrom", "fieldRef"], |reference| {
            default_text(reference, &["apiVersion"], "v1")
        });
        within(variable, &["valueFrom", "resourceFieldRef"], |reference| {
            default(reference, &["divisor"], "0")
        });
    });
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, &[probe], |probe| {
            default_number(probe, "timeoutSeconds", 1);
            default_number(probe, "periodSeconds", 10);
            default_number(probe, "successThreshold", 1);
            default_number(probe, "failureThreshold", 3);
            within(probe, &["httpGet"], http_get);
            within(probe, &["grpc"], |grpc| default(grpc, &["service"], ""));
        });
    }
    for hook in ["postStart", "preStop"] {
        within(container, &["lifecycle", hook, "httpGet"], http_get);
    }
}

/// Numbers that are no pointers in Go: zero counts as missing.
fn default_number(probe: &mut Value, field: &str, value: i64) {
    if probe.int_at(&[field]).unwrap_or(0) == 0 {
        probe.set(&[field], value);
    }
}

fn http_get(action: &mut Value) {
    default_text(action, &["path"], "/");
    default_text(action, &["scheme"], "HTTP");
}

/// `Always` for the tag `latest`, given or implied, else `IfNotPresent`.
pub fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    if name.contains('@') {
        return "IfNotPresent";
    }
    match name.split_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

fn volume(volume: &mut Value) {
    let has_source =
        volume.as_map().is_some_and(|map| map.iter().any(|(name, v)| name != "name" && !v.is_null()));
    if !has_source {
        volume.set(&["emptyDir"], object!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        within(volume, &[source], |source| default(source, &["defaultMode"], 0o644));
    }
    within(volume, &["downwardAPI"], downward_items);
    within(volume, &["projected"], |projected| {
        each(projected, &["sources"], |source| {
            within(source, &["downwardAPI"], downward_items);
            within(source, &["serviceAccountToken"], |token| default(token, &["expirationSeconds"], 3600));
        });
    });
    within(volume, &["hostPath"], |path| default(path, &["type"], ""));
    within(volume, &["ephemeral", "volumeClaimTemplate", "spec"], |spec| {
        default_text(spec, &["volumeMode"], "Filesystem");
    });
}

fn downward_items(source: &mut Value) {
    each(source, &["items"], |item| {
        if has(item, &["fieldRef"]) {
            default_text(item, &["fieldRef", "apiVersion"], "v1");
        }
        within(item, &["resourceFieldRef"], |reference| default(reference, &["divisor"], "0"));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{defaults, kinds};

    #[test]
    fn a_small_pod() {
        let mut pod = object!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {
                "serviceAccountName": "robot",
                "containers": [{
                    "name": "web", "image": "nginx", "ports": [{"containerPort": 80}],
                    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}},
                    "livenessProbe": {"httpGet": {"port": 80}},
                }],
                "volumes": [{"name": "tmp"}, {"name": "cfg", "configMap": {"name": "c"}}],
            },
        });
        defaults::apply(&kinds::PODS, &mut pod);
        assert_eq!(
            pod.get("spec").unwrap(),
            &object!({
                "containers": [{
                    "name": "web", "image": "nginx", "imagePullPolicy": "Always",
                    "ports": [{"containerPort": 80, "protocol": "TCP"}],
                    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}},
                    "livenessProbe": {
                        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                        "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
                    },
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                }],
                "dnsPolicy": "ClusterFirst", "enableServiceLinks": true, "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30,
                "serviceAccountName": "robot", "serviceAccount": "robot",
                "volumes": [
                    {"name": "tmp", "emptyDir": {}}, {"name": "cfg", "configMap": {"name": "c", "defaultMode": 420}},
                ],
            })
        );
        let before = pod.clone();
        defaults::apply(&kinds::PODS, &mut pod);
        assert!(pod.same(&before), "a complete pod is not copied");
    }

    #[test]
    fn pull_policies() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("example.com:5000/nginx", "Always"),
            ("example.com:5000/nginx:1", "IfNotPresent"),
            ("nginx@sha256:abc", "IfNotPresent"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
