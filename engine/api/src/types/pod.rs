//! Pods.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::{SimTime, Str};

use super::affinity::{Affinity, Toleration, TopologySpreadConstraint};
use super::container::{Container, PodSecurityContext, ResourceRequirements, Resources};
use super::volume::Volume;
use super::{Condition, Labels, LocalObjectReference, ObjectMeta, lean};

lean! {
    /// `v1.Pod`.
    pub struct Pod {
        metadata: ObjectMeta = "metadata",
        spec: PodSpec = "spec",
        status: PodStatus = "status",
    }

    /// `v1.PodTemplateSpec`.
    pub struct PodTemplateSpec {
        metadata: ObjectMeta = "metadata",
        spec: PodSpec = "spec",
    }

    /// `v1.PodSpec`.
    pub struct PodSpec {
        containers: Vec<Container> = "containers",
        init_containers: Vec<Container> = "initContainers",
        ephemeral_containers: Vec<Container> = "ephemeralContainers",
        volumes: Vec<Volume> = "volumes",
        node_name: Str = "nodeName",
        node_selector: Labels = "nodeSelector",
        affinity: Option<Box<Affinity>> = "affinity",
        tolerations: Vec<Toleration> = "tolerations",
        topology_spread_constraints: Vec<TopologySpreadConstraint> = "topologySpreadConstraints",
        restart_policy: Str = "restartPolicy",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        priority: Option<i32> = "priority",
        priority_class_name: Str = "priorityClassName",
        preemption_policy: Str = "preemptionPolicy",
        scheduler_name: Str = "schedulerName",
        scheduling_gates: Vec<LocalObjectReference> = "schedulingGates",
        host_network: bool = "hostNetwork",
        host_pid: bool = "hostPID",
        service_account_name: Str = "serviceAccountName",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        enable_service_links: Option<bool> = "enableServiceLinks",
        dns_policy: Str = "dnsPolicy",
        dns_config: Option<Box<DnsConfig>> = "dnsConfig",
        host_aliases: Vec<HostAlias> = "hostAliases",
        hostname: Str = "hostname",
        subdomain: Str = "subdomain",
        readiness_gates: Vec<ReadinessGate> = "readinessGates",
        overhead: Resources = "overhead",
        resources: Option<Box<ResourceRequirements>> = "resources",
        runtime_class_name: Str = "runtimeClassName",
        share_process_namespace: bool = "shareProcessNamespace",
        image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        security_context: Option<Box<PodSecurityContext>> = "securityContext",
    }

    /// `v1.PodReadinessGate`.
    pub struct ReadinessGate {
        condition_type: Str = "conditionType",
    }

    /// `v1.HostAlias`.
    pub struct HostAlias {
        ip: Str = "ip",
        hostnames: Vec<Str> = "hostnames",
    }

    /// `v1.PodDNSConfig`.
    pub struct DnsConfig {
        nameservers: Vec<Str> = "nameservers",
        searches: Vec<Str> = "searches",
        options: Vec<DnsOption> = "options",
    }

    /// `v1.PodDNSConfigOption`.
    pub struct DnsOption {
        name: Str = "name",
        value: Str = "value",
    }

    /// `v1.PodStatus`.
    pub struct PodStatus {
        phase: Str = "phase",
        conditions: Vec<Condition> = "conditions",
        message: Str = "message",
        reason: Str = "reason",
        nominated_node_name: Str = "nominatedNodeName",
        host_ip: Str = "hostIP",
        pod_ip: Str = "podIP",
        pod_ips: Vec<PodIp> = "podIPs",
        start_time: Option<SimTime> = "startTime",
        qos_class: Str = "qosClass",
        observed_generation: i64 = "observedGeneration",
        container_statuses: Vec<ContainerStatus> = "containerStatuses",
        init_container_statuses: Vec<ContainerStatus> = "initContainerStatuses",
        ephemeral_container_statuses: Vec<ContainerStatus> = "ephemeralContainerStatuses",
    }

    /// `v1.PodIP`.
    pub struct PodIp {
        ip: Str = "ip",
    }

    /// `v1.ContainerStatus`.
    pub struct ContainerStatus {
        name: Str = "name",
        state: ContainerState = "state",
        last_state: ContainerState = "lastState",
        ready: bool = "ready",
        started: Option<bool> = "started",
        restart_count: i32 = "restartCount",
        image: Str = "image",
        image_id: Str = "imageID",
        container_id: Str = "containerID",
    }

    /// `v1.ContainerState`: at most one of the three; none counts as waiting.
    pub struct ContainerState {
        waiting: Option<ContainerStateWaiting> = "waiting",
        running: Option<ContainerStateRunning> = "running",
        terminated: Option<Box<ContainerStateTerminated>> = "terminated",
    }

    /// `v1.ContainerStateWaiting`.
    pub struct ContainerStateWaiting {
        reason: Str = "reason",
        message: Str = "message",
    }

    /// `v1.ContainerStateRunning`.
    pub struct ContainerStateRunning {
        started_at: Option<SimTime> = "startedAt",
    }

    /// `v1.ContainerStateTerminated`.
    pub struct ContainerStateTerminated {
        exit_code: i32 = "exitCode",
        signal: i32 = "signal",
        reason: Str = "reason",
        message: Str = "message",
        started_at: Option<SimTime> = "startedAt",
        finished_at: Option<SimTime> = "finishedAt",
        container_id: Str = "containerID",
    }
}

impl Pod {
    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        super::condition(&self.status.conditions, kind)
    }

    /// True when the `Ready` condition is `True`.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| c.status == "True")
    }

    /// True once all containers ended for good: phase `Succeeded` or `Failed`.
    pub fn is_terminal(&self) -> bool {
        self.status.phase == "Succeeded" || self.status.phase == "Failed"
    }

    /// True once deletion was asked for.
    pub fn is_terminating(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// What controllers call active: neither terminal nor terminating.
    pub fn is_active(&self) -> bool {
        !self.is_terminal() && !self.is_terminating()
    }
}

impl PodSpec {
    /// Init containers with `restartPolicy: Always` are sidecars.
    pub fn sidecars(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().filter(|c| c.restart_policy == "Always")
    }
}
