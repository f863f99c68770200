//! Endpoints and EndpointSlices.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::{Labels, ObjectMeta, ObjectReference, lean};

lean! {
    /// `v1.Endpoints`.
    pub struct Endpoints {
        metadata: ObjectMeta = "metadata",
        subsets: Vec<EndpointSubset> = "subsets",
    }

    /// `v1.EndpointSubset`.
    pub struct EndpointSubset {
        addresses: Vec<EndpointAddress> = "addresses",
        not_ready_addresses: Vec<EndpointAddress> = "notReadyAddresses",
        ports: Vec<EndpointPort> = "ports",
    }

    /// `v1.EndpointAddress`.
    pub struct EndpointAddress {
        ip: Str = "ip",
        hostname: Str = "hostname",
        node_name: Str = "nodeName",
        target_ref: Option<ObjectReference> = "targetRef",
    }

    /// `v1.EndpointPort` and `discovery.k8s.io/v1` `EndpointPort`.
    pub struct EndpointPort {
        name: Str = "name",
        port: Option<i32> = "port",
        protocol: Str = "protocol",
        app_protocol: Str = "appProtocol",
    }

    /// `discovery.k8s.io/v1` `EndpointSlice`.
    pub struct EndpointSlice {
        metadata: ObjectMeta = "metadata",
        address_type: Str = "addressType",
        endpoints: Vec<Endpoint> = "endpoints",
        ports: Vec<EndpointPort> = "ports",
    }

    /// `discovery.k8s.io/v1` `Endpoint`.
    pub struct Endpoint {
        addresses: Vec<Str> = "addresses",
        conditions: EndpointConditions = "conditions",
        hostname: Str = "hostname",
        node_name: Str = "nodeName",
        zone: Str = "zone",
        target_ref: Option<ObjectReference> = "targetRef",
        hints: Option<EndpointHints> = "hints",
        deprecated_topology: Labels = "deprecatedTopology",
    }

    /// `discovery.k8s.io/v1` `EndpointConditions`. No `ready` means ready, no `serving` means as `ready`.
    pub struct EndpointConditions {
        ready: Option<bool> = "ready",
        serving: Option<bool> = "serving",
        terminating: Option<bool> = "terminating",
    }

    /// `discovery.k8s.io/v1` `EndpointHints`.
    pub struct EndpointHints {
        for_zones: Vec<ForZone> = "forZones",
        for_nodes: Vec<ForZone> = "forNodes",
    }

    /// `discovery.k8s.io/v1` `ForZone` and `ForNode`.
    pub struct ForZone {
        name: Str = "name",
    }
}
