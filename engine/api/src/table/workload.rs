//! What runs pods.

use sim::SimTime;

use super::columns::{AGE, NAME, number, text, wide};
use super::text::{age, at, containers, containers_at, labels, number_at, or_none, selector};
use super::{Cell, Printer};
use crate::quantity::Quantity;
use crate::types::{self, Labels};
use crate::{Object, Value};

const TEMPLATE: [&str; 4] = ["spec", "template", "spec", "containers"];

pub(super) static DEPLOYMENTS: Printer = Printer {
    columns: &[
        NAME,
        text("Ready"),
        text("Up-to-date"),
        text("Available"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    row: deployment,
};

fn deployment(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(deployment) = object.deployment() else { return Vec::new() };
    let status = &deployment.status;
    let [names, images] = containers(&deployment.spec.template.spec.containers);
    vec![
        Cell::from(object.name()),
        Cell::from(format!("{}/{}", status.ready_replicas, deployment.spec.replicas.unwrap_or(0))),
        Cell::from(status.updated_replicas),
        Cell::from(status.available_replicas),
        age(object, now),
        names,
        images,
        or_none(&deployment.spec.selector.to_selector().to_string()),
    ]
}

pub(super) static REPLICA_SETS: Printer = Printer {
    columns: &[
        NAME,
        number("Desired"),
        number("Current"),
        number("Ready"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    row: |object, now| replicas(object, now, selector(object.value().at(&["spec", "selector"]))),
};

pub(super) static REPLICATION_CONTROLLERS: Printer = Printer {
    columns: REPLICA_SETS.columns,
    row: |object, now| {
        let plain = object.value().at(&["spec", "selector"]).and_then(|s| types::decode::<Labels>(s).ok());
        replicas(object, now, labels(&plain.unwrap_or_default()))
    },
};

fn replicas(object: &Object, now: SimTime, selector: Cell) -> Vec<Cell> {
    let [names, images] = containers_at(object, &TEMPLATE);
    vec![
        Cell::from(object.name()),
        number_at(object, &["spec", "replicas"]),
        number_at(object, &["status", "replicas"]),
        number_at(object, &["status", "readyReplicas"]),
        age(object, now),
        names,
        images,
        selector,
    ]
}

pub(super) static STATEFUL_SETS: Printer = Printer {
    columns: &[NAME, text("Ready"), AGE, wide("Containers"), wide("Images")],
    row: |object, now| {
        let [names, images] = containers_at(object, &TEMPLATE);
        let count = |path: &[&str]| object.value().int_at(path).unwrap_or(0);
        let ready = format!("{}/{}", count(&["status", "readyReplicas"]), count(&["spec", "replicas"]));
        vec![Cell::from(object.name()), Cell::from(ready), age(object, now), names, images]
    },
};

pub(super) static DAEMON_SETS: Printer = Printer {
    columns: &[
        NAME,
        number("Desired"),
        number("Current"),
        number("Ready"),
        number("Up-to-date"),
        number("Available"),
        text("Node Selector"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    row: |object, now| {
        let [names, images] = containers_at(object, &TEMPLATE);
        let nodes = object.value().at(&["spec", "template", "spec", "nodeSelector"]);
        let nodes = nodes.and_then(|s| types::decode::<Labels>(s).ok()).unwrap_or_default();
        vec![
            Cell::from(object.name()),
            number_at(object, &["status", "desiredNumberScheduled"]),
            number_at(object, &["status", "currentNumberScheduled"]),
            number_at(object, &["status", "numberReady"]),
            number_at(object, &["status", "updatedNumberScheduled"]),
            number_at(object, &["status", "numberAvailable"]),
            labels(&nodes),
            age(object, now),
            names,
            images,
            selector(object.value().at(&["spec", "selector"])),
        ]
    },
};

pub(super) static CONTROLLER_REVISIONS: Printer = Printer {
    columns: &[NAME, text("Controller"), text("Revision"), AGE],
    row: |object, now| {
        let owner = object.controller().map_or_else(String::new, |owner| {
            let part = |name| owner.str_at(&[name]).map_or("", |s| s.as_str());
            let group =
                part("apiVersion").split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
            format!("{}{group}/{}", part("kind").to_lowercase(), part("name"))
        });
        vec![Cell::from(object.name()), or_none(&owner), number_at(object, &["revision"]), age(object, now)]
    },
};

pub(super) static AUTOSCALERS: Printer = Printer {
    columns: &[
        NAME,
        text("Reference"),
        text("Targets"),
        text("MinPods"),
        text("MaxPods"),
        text("Replicas"),
        AGE,
    ],
    row: |object, now| {
        let reference = format!(
            "{}/{}",
            at(object, &["spec", "scaleTargetRef", "kind"]),
            at(object, &["spec", "scaleTargetRef", "name"])
        );
        let minimum = object.value().int_at(&["spec", "minReplicas"]);
        vec![
            Cell::from(object.name()),
            Cell::from(reference),
            Cell::from(targets(object)),
            Cell::from(minimum.map_or("<unset>".to_owned(), |m| m.to_string())),
            number_at(object, &["spec", "maxReplicas"]),
            number_at(object, &["status", "currentReplicas"]),
            age(object, now),
        ]
    },
};

/// `cpu: 10%/80%, memory: 20Mi/100Mi`; at most two, then how many more.
fn targets(object: &Object) -> String {
    let specs = object.value().items_at(&["spec", "metrics"]);
    let currents = object.value().items_at(&["status", "currentMetrics"]);
    let mut texts: Vec<String> = Vec::new();
    for (i, spec) in specs.iter().enumerate() {
        let source = |metric: &Value| {
            let kind = metric.str_at(&["type"]).map_or("", |s| s.as_str());
            let field =
                kind.chars().next().map(|c| c.to_lowercase().chain(kind.chars().skip(1)).collect::<String>());
            field.and_then(|field| metric.get(&field).cloned()).unwrap_or_default()
        };
        let (wanted, current) = (source(spec), currents.get(i).map(source).unwrap_or_default());
        let percent = |value: Option<i64>| value.map(|v| format!("{v}%"));
        let amount = |value: Option<&Value>| {
            value
                .and_then(|v| v.as_str())
                .map(|v| Quantity::parse(v).map_or(v.to_string(), |q| q.to_string()))
        };
        let measured = |value: &Value, root: &str| {
            percent(value.int_at(&[root, "averageUtilization"]))
                .or_else(|| amount(value.at(&[root, "averageValue"])))
                .or_else(|| amount(value.at(&[root, "value"])))
        };
        let target = measured(&wanted, "target").unwrap_or_else(|| "<auto>".to_owned());
        let now = measured(&current, "current").unwrap_or_else(|| "<unknown>".to_owned());
        let name = wanted.str_at(&["name"]).map_or(String::new(), |name| format!("{name}: "));
        texts.push(format!("{name}{now}/{target}"));
    }
    match texts.len() {
        0 => "<none>".to_owned(),
        1 | 2 => texts.join(", "),
        more => format!("{} + {} more...", texts[..2].join(", "), more - 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn workloads() {
        let template =
            || object!({"spec": {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}});
        let web = Object::new(object!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template()},
            "status": {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1},
        }));
        assert_eq!(
            Cell::from(deployment(&web, SimTime::ZERO)),
            object!(["web", "1/3", 2, 1, "<unknown>", "a,b", "x,y", "app=web"])
        );
        let scaler = Object::new(object!({
            "metadata": {"name": "h"},
            "spec": {
                "minReplicas": 1, "maxReplicas": 5, "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}],
            },
        }));
        assert_eq!(
            Cell::from((AUTOSCALERS.row)(&scaler, SimTime::ZERO)),
            object!(["h", "Deployment/web", "cpu: <unknown>/80%", "1", 5, 0, "<unknown>"])
        );
    }
}
