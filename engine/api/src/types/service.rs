//! Services.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::Str;

use super::{Condition, Labels, ObjectMeta, lean};
use crate::intstr::IntOrString;

lean! {
    /// `v1.Service`.
    pub struct Service {
        metadata: ObjectMeta = "metadata",
        spec: ServiceSpec = "spec",
        status: ServiceStatus = "status",
    }

    /// `v1.ServiceSpec`.
    pub struct ServiceSpec {
        kind: Str = "type",
        selector: Labels = "selector",
        ports: Vec<ServicePort> = "ports",
        cluster_ip: Str = "clusterIP",
        cluster_ips: Vec<Str> = "clusterIPs",
        ip_families: Vec<Str> = "ipFamilies",
        ip_family_policy: Str = "ipFamilyPolicy",
        external_ips: Vec<Str> = "externalIPs",
        external_name: Str = "externalName",
        external_traffic_policy: Str = "externalTrafficPolicy",
        internal_traffic_policy: Str = "internalTrafficPolicy",
        traffic_distribution: Str = "trafficDistribution",
        health_check_node_port: i32 = "healthCheckNodePort",
        load_balancer_ip: Str = "loadBalancerIP",
        load_balancer_class: Str = "loadBalancerClass",
        load_balancer_source_ranges: Vec<Str> = "loadBalancerSourceRanges",
        allocate_load_balancer_node_ports: Option<bool> = "allocateLoadBalancerNodePorts",
        publish_not_ready_addresses: bool = "publishNotReadyAddresses",
        session_affinity: Str = "sessionAffinity",
        session_affinity_config: Option<SessionAffinityConfig> = "sessionAffinityConfig",
    }

    /// `v1.ServicePort`.
    pub struct ServicePort {
        name: Str = "name",
        protocol: Str = "protocol",
        app_protocol: Str = "appProtocol",
        port: i32 = "port",
        target_port: IntOrString = "targetPort",
        node_port: i32 = "nodePort",
    }

    /// `v1.SessionAffinityConfig`.
    pub struct SessionAffinityConfig {
        client_ip: Option<ClientIpConfig> = "clientIP",
    }

    /// `v1.ClientIPConfig`.
    pub struct ClientIpConfig {
        timeout_seconds: Option<i32> = "timeoutSeconds",
    }

    /// `v1.ServiceStatus`.
    pub struct ServiceStatus {
        load_balancer: LoadBalancerStatus = "loadBalancer",
        conditions: Vec<Condition> = "conditions",
    }

    /// `v1.LoadBalancerStatus`.
    pub struct LoadBalancerStatus {
        ingress: Vec<LoadBalancerIngress> = "ingress",
    }

    /// `v1.LoadBalancerIngress`.
    pub struct LoadBalancerIngress {
        ip: Str = "ip",
        ip_mode: Str = "ipMode",
        hostname: Str = "hostname",
    }
}
