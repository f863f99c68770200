//! Containers, in specs.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use std::collections::BTreeMap;

use sim::Str;

use super::lean;
use crate::intstr::IntOrString;
use crate::quantity::Quantity;

/// Amounts by resource name.
pub type Resources = BTreeMap<Str, Quantity>;

lean! {
    /// `v1.Container`.
    pub struct Container {
        name: Str = "name",
        image: Str = "image",
        image_pull_policy: Str = "imagePullPolicy",
        command: Vec<Str> = "command",
        args: Vec<Str> = "args",
        working_dir: Str = "workingDir",
        env: Vec<EnvVar> = "env",
        env_from: Vec<EnvFromSource> = "envFrom",
        ports: Vec<ContainerPort> = "ports",
        resources: ResourceRequirements = "resources",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
        liveness_probe: Option<Box<Probe>> = "livenessProbe",
        readiness_probe: Option<Box<Probe>> = "readinessProbe",
        startup_probe: Option<Box<Probe>> = "startupProbe",
        lifecycle: Option<Box<Lifecycle>> = "lifecycle",
        restart_policy: Str = "restartPolicy",
        termination_message_path: Str = "terminationMessagePath",
        termination_message_policy: Str = "terminationMessagePolicy",
        security_context: Option<Box<SecurityContext>> = "securityContext",
        stdin: bool = "stdin",
        stdin_once: bool = "stdinOnce",
        tty: bool = "tty",
    }

    /// `v1.ResourceRequirements`.
    pub struct ResourceRequirements {
        requests: Resources = "requests",
        limits: Resources = "limits",
    }

    /// `v1.ContainerPort`.
    pub struct ContainerPort {
        name: Str = "name",
        container_port: i32 = "containerPort",
        host_port: i32 = "hostPort",
        host_ip: Str = "hostIP",
        protocol: Str = "protocol",
    }

    /// `v1.EnvVar`.
    pub struct EnvVar {
        name: Str = "name",
        value: Str = "value",
        value_from: Option<Box<EnvVarSource>> = "valueFrom",
    }

    /// `v1.EnvVarSource`.
    pub struct EnvVarSource {
        field_ref: Option<ObjectFieldSelector> = "fieldRef",
        resource_field_ref: Option<ResourceFieldSelector> = "resourceFieldRef",
        config_map_key_ref: Option<KeySelector> = "configMapKeyRef",
        secret_key_ref: Option<KeySelector> = "secretKeyRef",
    }

    /// `v1.ObjectFieldSelector`.
    pub struct ObjectFieldSelector {
        api_version: Str = "apiVersion",
        field_path: Str = "fieldPath",
    }

    /// `v1.ResourceFieldSelector`.
    pub struct ResourceFieldSelector {
        container_name: Str = "containerName",
        resource: Str = "resource",
        divisor: Option<Quantity> = "divisor",
    }

    /// `v1.ConfigMapKeySelector` and `v1.SecretKeySelector`.
    pub struct KeySelector {
        name: Str = "name",
        key: Str = "key",
        optional: bool = "optional",
    }

    /// `v1.EnvFromSource`.
    pub struct EnvFromSource {
        prefix: Str = "prefix",
        config_map_ref: Option<OptionalReference> = "configMapRef",
        secret_ref: Option<OptionalReference> = "secretRef",
    }

    /// A name in the same namespace that may be optional.
    pub struct OptionalReference {
        name: Str = "name",
        optional: bool = "optional",
    }

    /// `v1.VolumeMount`.
    pub struct VolumeMount {
        name: Str = "name",
        mount_path: Str = "mountPath",
        sub_path: Str = "subPath",
        sub_path_expr: Str = "subPathExpr",
        read_only: bool = "readOnly",
    }

    /// `v1.Probe`; zero where the object gives nothing (defaulting fills it in on the way into the store).
    pub struct Probe {
        http_get: Option<HttpGetAction> = "httpGet",
        tcp_socket: Option<TcpSocketAction> = "tcpSocket",
        exec: Option<ExecAction> = "exec",
        grpc: Option<GrpcAction> = "grpc",
        initial_delay_seconds: i32 = "initialDelaySeconds",
        timeout_seconds: i32 = "timeoutSeconds",
        period_seconds: i32 = "periodSeconds",
        success_threshold: i32 = "successThreshold",
        failure_threshold: i32 = "failureThreshold",
        termination_grace_period_seconds: Option<i64> = "terminationGracePeriodSeconds",
    }

    /// `v1.Lifecycle`.
    pub struct Lifecycle {
        post_start: Option<LifecycleHandler> = "postStart",
        pre_stop: Option<LifecycleHandler> = "preStop",
        stop_signal: Str = "stopSignal",
    }

    /// `v1.LifecycleHandler`.
    pub struct LifecycleHandler {
        exec: Option<ExecAction> = "exec",
        http_get: Option<HttpGetAction> = "httpGet",
        tcp_socket: Option<TcpSocketAction> = "tcpSocket",
        sleep: Option<SleepAction> = "sleep",
    }

    /// `v1.HTTPGetAction`.
    pub struct HttpGetAction {
        path: Str = "path",
        port: IntOrString = "port",
        host: Str = "host",
        scheme: Str = "scheme",
        http_headers: Vec<HttpHeader> = "httpHeaders",
    }

    /// `v1.HTTPHeader`.
    pub struct HttpHeader {
        name: Str = "name",
        value: Str = "value",
    }

    /// `v1.TCPSocketAction`.
    pub struct TcpSocketAction {
        port: IntOrString = "port",
        host: Str = "host",
    }

    /// `v1.ExecAction`.
    pub struct ExecAction {
        command: Vec<Str> = "command",
    }

    /// `v1.GRPCAction`.
    pub struct GrpcAction {
        port: i32 = "port",
        service: Str = "service",
    }

    /// `v1.SleepAction`.
    pub struct SleepAction {
        seconds: i64 = "seconds",
    }

    /// `v1.SecurityContext`, what the lab looks at.
    pub struct SecurityContext {
        run_as_user: Option<i64> = "runAsUser",
        run_as_group: Option<i64> = "runAsGroup",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        privileged: bool = "privileged",
        read_only_root_filesystem: bool = "readOnlyRootFilesystem",
        allow_privilege_escalation: Option<bool> = "allowPrivilegeEscalation",
    }

    /// `v1.PodSecurityContext`, what the lab looks at.
    pub struct PodSecurityContext {
        run_as_user: Option<i64> = "runAsUser",
        run_as_group: Option<i64> = "runAsGroup",
        run_as_non_root: Option<bool> = "runAsNonRoot",
        fs_group: Option<i64> = "fsGroup",
    }
}
