//! Services and what is around them.

use super::tools::{default, default_text, each, has, text, within};
use crate::{Value, object};

pub(super) fn service(object: &mut Value) {
    default(object, &["spec"], object!({}));
    within(object, &["spec"], |spec| {
        default_text(spec, &["sessionAffinity"], "None");
        match text(spec, &["sessionAffinity"]) {
            "ClientIP" => default(spec, &["sessionAffinityConfig", "clientIP", "timeoutSeconds"], 10_800),
            _ if has(spec, &["sessionAffinityConfig"]) => {
                spec.remove(&["sessionAffinityConfig"]);
            }
            _ => {}
        }
        default_text(spec, &["type"], "ClusterIP");
        each(spec, &["ports"], |port| {
            default_text(port, &["protocol"], "TCP");
            let target_missing = match port.get("targetPort") {
                Some(Value::Int(0)) => true,
                target => target.is_none_or(Value::is_empty),
            };
            if target_missing {
                let own = port.get("port").cloned();
                port.set(&["targetPort"], own);
            }
        });
        let kind = text(spec, &["type"]).to_owned();
        if kind == "NodePort" || kind == "LoadBalancer" {
            default_text(spec, &["externalTrafficPolicy"], "Cluster");
        }
        if kind == "LoadBalancer" {
            default(spec, &["allocateLoadBalancerNodePorts"], true);
        }
        if kind != "ExternalName" {
            default_text(spec, &["internalTrafficPolicy"], "Cluster");
            // The lab's cluster has one IP family.
            default_text(spec, &["ipFamilyPolicy"], "SingleStack");
            default_text(spec, &["ipFamilies"], object!(["IPv4"]));
        }
    });
    default(object, &["status", "loadBalancer"], object!({}));
}

pub(super) fn endpoints(object: &mut Value) {
    each(object, &["subsets"], |subset| {
        each(subset, &["ports"], |port| default_text(port, &["protocol"], "TCP"));
    });
}

pub(super) fn endpoint_slice(object: &mut Value) {
    each(object, &["ports"], |port| {
        default(port, &["name"], "");
        default_text(port, &["protocol"], "TCP");
    });
}

pub(super) fn network_policy(object: &mut Value) {
    within(object, &["spec"], |spec| {
        for direction in ["ingress", "egress"] {
            each(spec, &[direction], |rule| {
                each(rule, &["ports"], |port| default_text(port, &["protocol"], "TCP"));
            });
        }
        let both = has(spec, &["egress"]) && !spec.items_at(&["egress"]).is_empty();
        let types = if both { object!(["Ingress", "Egress"]) } else { object!(["Ingress"]) };
        default_text(spec, &["policyTypes"], types);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{defaults, kinds};

    #[test]
    fn services() {
        let mut web = object!({"spec": {"ports": [{"port": 80}, {"port": 81, "targetPort": "http", "protocol": "UDP"}]}});
        defaults::apply(&kinds::SERVICES, &mut web);
        assert_eq!(
            web,
            object!({
                "spec": {
                    "type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
                    "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                    "ports": [
                        {"port": 80, "targetPort": 80, "protocol": "TCP"},
                        {"port": 81, "targetPort": "http", "protocol": "UDP"},
                    ],
                },
                "status": {"loadBalancer": {}},
            })
        );
        let mut external = object!({"spec": {"type": "ExternalName", "externalName": "example.com"}});
        defaults::apply(&kinds::SERVICES, &mut external);
        assert_eq!(external.at(&["spec", "internalTrafficPolicy"]), None);
    }
}
