//! What `kubectl get` shows: the server's `Table` answers, columns and rows by kind. One file a group of kinds.

mod batch;
mod columns;
mod config;
mod endpoints;
mod event;
mod node;
mod pod;
mod policy;
mod service;
mod storage;
mod text;
mod workload;

use sim::SimTime;

pub use columns::Column;
pub use pod::{PodSummary, pod_summary};

use crate::kinds::KindInfo;
use crate::{Object, Value, duration, object};

/// A cell: a string or a number.
pub type Cell = Value;

/// How one kind is printed.
struct Printer {
    columns: &'static [Column],
    row: fn(&Object, SimTime) -> Vec<Cell>,
}

/// What stands beside the cells of a row (`includeObject`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Include {
    /// Nothing.
    None,
    /// The object's metadata, as `PartialObjectMetadata`.
    #[default]
    Metadata,
    /// The object.
    Object,
}

fn printer(kind: &KindInfo) -> Option<&'static Printer> {
    Some(match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => &pod::PODS,
        ("", "Node") => &node::NODES,
        ("", "Service") => &service::SERVICES,
        ("networking.k8s.io", "Ingress") => &service::INGRESSES,
        ("networking.k8s.io", "IngressClass") => &service::INGRESS_CLASSES,
        ("networking.k8s.io", "NetworkPolicy") => &service::NETWORK_POLICIES,
        ("", "Endpoints") => &endpoints::ENDPOINTS,
        ("discovery.k8s.io", "EndpointSlice") => &endpoints::ENDPOINT_SLICES,
        ("", "Event") => &event::EVENTS,
        ("", "Namespace") => &config::NAMESPACES,
        ("", "ConfigMap") => &config::CONFIG_MAPS,
        ("", "Secret") => &config::SECRETS,
        ("", "ServiceAccount") => &config::SERVICE_ACCOUNTS,
        ("coordination.k8s.io", "Lease") => &config::LEASES,
        ("", "ResourceQuota") => &config::RESOURCE_QUOTAS,
        ("", "LimitRange")
        | ("rbac.authorization.k8s.io", "Role" | "ClusterRole")
        | ("apiextensions.k8s.io", "CustomResourceDefinition") => &config::CREATED_AT,
        ("apps", "Deployment") => &workload::DEPLOYMENTS,
        ("apps", "ReplicaSet") => &workload::REPLICA_SETS,
        ("", "ReplicationController") => &workload::REPLICATION_CONTROLLERS,
        ("apps", "StatefulSet") => &workload::STATEFUL_SETS,
        ("apps", "DaemonSet") => &workload::DAEMON_SETS,
        ("apps", "ControllerRevision") => &workload::CONTROLLER_REVISIONS,
        ("autoscaling", "HorizontalPodAutoscaler") => &workload::AUTOSCALERS,
        ("batch", "Job") => &batch::JOBS,
        ("batch", "CronJob") => &batch::CRON_JOBS,
        ("", "PersistentVolume") => &storage::VOLUMES,
        ("", "PersistentVolumeClaim") => &storage::CLAIMS,
        ("storage.k8s.io", "StorageClass") => &storage::CLASSES,
        ("policy", "PodDisruptionBudget") => &policy::DISRUPTION_BUDGETS,
        ("scheduling.k8s.io", "PriorityClass") => &policy::PRIORITY_CLASSES,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &policy::BINDINGS,
        ("certificates.k8s.io", "CertificateSigningRequest") => &policy::SIGNING_REQUESTS,
        ("apiregistration.k8s.io", "APIService") => &policy::API_SERVICES,
        _ => return None,
    })
}

/// The columns of a kind, those for `-o wide` with a priority above zero. Kinds that have none of their own (custom
/// resources among them) show name and age.
pub fn columns(kind: &KindInfo) -> &'static [Column] {
    printer(kind).map_or(columns::PLAIN, |p| p.columns)
}

/// The cells of an object, one a column.
pub fn row(kind: &KindInfo, object: &Object, now: SimTime) -> Vec<Cell> {
    let plain = || {
        let age = duration::age_of(
            object.value().str_at(&["metadata", "creationTimestamp"]).map(|s| s.as_str()),
            now,
        );
        vec![Cell::from(object.name()), Cell::from(age)]
    };
    let Some(printer) = printer(kind) else { return plain() };
    let mut cells = (printer.row)(object, now);
    // An object that would not decode has no more than its name.
    if cells.is_empty() {
        cells.push(Cell::from(object.name()));
    }
    cells.resize(printer.columns.len(), Cell::from("<unknown>"));
    cells
}

/// A table of objects: `meta.k8s.io/v1` `Table`. The list's `resourceVersion` is for the caller to set.
pub fn render(kind: &KindInfo, objects: &[Object], now: SimTime, include: Include) -> Value {
    let definitions = columns(kind).iter().map(Column::definition).collect::<Vec<Value>>();
    let rows = objects.iter().map(|object| table_row(kind, object, now, include)).collect::<Vec<Value>>();
    object!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
        "columnDefinitions": definitions, "rows": rows,
    })
}

/// One row, as it stands in a table.
pub fn table_row(kind: &KindInfo, object: &Object, now: SimTime, include: Include) -> Value {
    let mut row_value = object!({ "cells": row(kind, object, now) });
    let phase = object.pod().map_or("", |pod| pod.status.phase.as_str());
    let finished = match phase {
        "Succeeded" => Some("The pod has completed successfully."),
        "Failed" => Some("The pod failed."),
        _ => None,
    };
    if let Some(message) = finished {
        let condition = object!({"type": "Completed", "status": "True", "reason": phase, "message": message});
        row_value.set(&["conditions"], vec![condition]);
    }
    match include {
        Include::None => {}
        Include::Object => row_value.set(&["object"], object.value()),
        Include::Metadata => {
            let metadata = object.value().get("metadata").cloned();
            let partial = object!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata});
            row_value.set(&["object"], partial);
        }
    }
    row_value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn a_table() {
        let map = Object::new(object!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2"},
            "metadata": {"name": "cfg", "creationTimestamp": "2026-01-01T00:00:00Z"},
        }));
        let table = render(&kinds::CONFIG_MAPS, &[map], SimTime::from_secs(46), Include::Metadata);
        assert_eq!(table.items_at(&["rows"])[0].get("cells"), Some(&object!(["cfg", 2, "46s"])));
        assert_eq!(
            table.items_at(&["rows"])[0].str_at(&["object", "kind"]).unwrap(),
            "PartialObjectMetadata"
        );
        let names: Vec<_> = table
            .items_at(&["columnDefinitions"])
            .iter()
            .map(|c| c.str_at(&["name"]).unwrap().to_string())
            .collect();
        assert_eq!(names, ["Name", "Data", "Age"]);
    }

    #[test]
    fn every_row_fills_its_columns() {
        for kind in kinds::all() {
            let empty = Object::new(object!({
                "apiVersion": kind.api_version.as_str(), "kind": kind.kind.as_str(), "metadata": {"name": "x"},
            }));
            let cells = row(kind, &empty, SimTime::ZERO);
            assert_eq!(cells.len(), columns(kind).len(), "{}", kind.kind);
            assert_eq!(columns(kind)[0].name == "Name", cells[0] == Value::from("x"), "{}", kind.kind);
        }
    }
}
