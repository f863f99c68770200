//! Against k8s-pb's structs, which prost writes.

use std::collections::BTreeMap;

use api::Value;
use k8s_pb::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_pb::api::authentication::v1::UserInfo;
use k8s_pb::api::authentication::v1::{ExtraValue, TokenReview, TokenReviewStatus};
use k8s_pb::api::core::v1::{
    Container, ContainerPort, EmptyDirVolumeSource, Event, PodSpec, PodTemplateSpec, Probe, ProbeHandler,
    ResourceRequirements, Secret, TcpSocketAction, Volume, VolumeSource,
};
use k8s_pb::apimachinery::pkg::api::resource::Quantity;
use k8s_pb::apimachinery::pkg::apis::meta::v1::{
    DeleteOptions, FieldsV1, LabelSelector, ManagedFieldsEntry, MicroTime, ObjectMeta, Preconditions, Time,
};
use k8s_pb::apimachinery::pkg::util::intstr::IntOrString;
use prost::Message;

use super::{MAGIC, read};

fn body(api_version: &str, kind: &str, message: &impl Message) -> Vec<u8> {
    use k8s_pb::apimachinery::pkg::runtime::{TypeMeta, Unknown};
    let unknown = Unknown {
        type_meta: Some(TypeMeta { api_version: Some(api_version.into()), kind: Some(kind.into()) }),
        raw: Some(message.encode_to_vec()),
        content_encoding: Some(String::new()),
        content_type: Some(String::new()),
    };
    [&MAGIC[..], &unknown.encode_to_vec()].concat()
}

fn json(text: &str) -> Result<Value, String> {
    api::json::parse(text).map_err(|e| e.to_string())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_deployment_is_what_its_json_says() {
    let container = Container {
        name: some("c"),
        image: some("nginx"),
        working_dir: some(""),
        stdin: Some(false),
        ports: vec![ContainerPort {
            container_port: Some(80),
            host_port: Some(0),
            ..ContainerPort::default()
        }],
        resources: Some(ResourceRequirements {
            limits: BTreeMap::from([("cpu".into(), Quantity { string: some("100m") })]),
            ..ResourceRequirements::default()
        }),
        liveness_probe: Some(Probe {
            handler: Some(ProbeHandler {
                tcp_socket: Some(TcpSocketAction {
                    port: Some(IntOrString { r#type: Some(1), str_val: some("web"), int_val: Some(0) }),
                    host: some(""),
                }),
                ..ProbeHandler::default()
            }),
            termination_grace_period_seconds: Some(0),
            timeout_seconds: Some(0),
            ..Probe::default()
        }),
        ..Container::default()
    };
    let deployment = Deployment {
        metadata: Some(ObjectMeta {
            name: some("web"),
            namespace: some(""),
            generation: Some(0),
            creation_timestamp: Some(Time::default()),
            deletion_timestamp: Some(Time { seconds: Some(1_784_635_200), nanos: Some(7) }),
            labels: BTreeMap::from([("app".into(), "web".into()), ("empty".into(), String::new())]),
            managed_fields: vec![ManagedFieldsEntry {
                fields_v1: Some(FieldsV1 { raw: Some(br#"{"f:spec":{}}"#.to_vec()) }),
                ..ManagedFieldsEntry::default()
            }],
            ..ObjectMeta::default()
        }),
        spec: Some(DeploymentSpec {
            replicas: Some(0),
            min_ready_seconds: Some(0),
            paused: Some(false),
            selector: Some(LabelSelector::default()),
            template: Some(PodTemplateSpec {
                spec: Some(PodSpec {
                    containers: vec![container],
                    volumes: vec![Volume {
                        name: some("v"),
                        volume_source: Some(VolumeSource {
                            empty_dir: Some(EmptyDirVolumeSource::default()),
                            ..VolumeSource::default()
                        }),
                    }],
                    automount_service_account_token: Some(false),
                    host_network: Some(false),
                    ..PodSpec::default()
                }),
                metadata: None,
            }),
            ..DeploymentSpec::default()
        }),
        status: None,
    };
    let expected = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web",
        "deletionTimestamp":"2026-07-21T12:00:00Z","labels":{"app":"web","empty":""},
        "managedFields":[{"fieldsV1":{"f:spec":{}}}]},
        "spec":{"replicas":0,"selector":{},"template":{"spec":{"automountServiceAccountToken":false,
        "containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],
        "resources":{"limits":{"cpu":"100m"}},
        "livenessProbe":{"tcpSocket":{"port":"web"},"terminationGracePeriodSeconds":0}}],
        "volumes":[{"name":"v","emptyDir":{}}]}}}}"#;
    assert_eq!(read(&body("apps/v1", "Deployment", &deployment)), json(expected));
}

#[test]
fn bytes_times_lists_in_maps_and_options() {
    let secret = Secret {
        data: BTreeMap::from([("k".into(), vec![0, 255])]),
        immutable: Some(false),
        ..Secret::default()
    };
    let expected = r#"{"apiVersion":"v1","kind":"Secret","data":{"k":"AP8="},"immutable":false}"#;
    assert_eq!(read(&body("v1", "Secret", &secret)), json(expected));

    let event = Event {
        event_time: Some(MicroTime { seconds: Some(1), nanos: Some(2_000) }),
        count: Some(-3),
        ..Event::default()
    };
    let expected =
        r#"{"apiVersion":"v1","kind":"Event","eventTime":"1970-01-01T00:00:01.000002Z","count":-3}"#;
    let found = read(&body("v1", "Event", &event)).map(|mut found| {
        found.remove(&["metadata"]);
        found.remove(&["involvedObject"]);
        found
    });
    assert_eq!(found, json(expected));

    let review = TokenReview {
        status: Some(TokenReviewStatus {
            user: Some(UserInfo {
                extra: BTreeMap::from([("a".into(), ExtraValue { items: vec!["x".into(), String::new()] })]),
                ..UserInfo::default()
            }),
            ..TokenReviewStatus::default()
        }),
        ..TokenReview::default()
    };
    let found = read(&body("authentication.k8s.io/v1", "TokenReview", &review));
    assert_eq!(
        found.map(|found| found.at(&["status", "user", "extra"]).cloned()),
        json(r#"{"a":["x",""]}"#).map(Some)
    );

    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        propagation_policy: some("Foreground"),
        preconditions: Some(Preconditions { uid: some("u"), resource_version: None }),
        dry_run: vec!["All".into()],
        ..DeleteOptions::default()
    };
    let expected = r#"{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0,
        "propagationPolicy":"Foreground","preconditions":{"uid":"u"},"dryRun":["All"]}"#;
    assert_eq!(read(&body("v1", "DeleteOptions", &options)), json(expected));
}

#[test]
fn what_is_no_message_is_refused() {
    let whole = body(
        "v1",
        "Secret",
        &Secret { data: BTreeMap::from([("k".into(), vec![1; 40])]), ..Secret::default() },
    );
    assert!(read(b"{}").is_err_and(|e| e.contains("expected prefix")));
    assert!(
        read(&body("v9", "Nothing", &Secret::default())).is_err_and(|e| e.contains("no kind \"Nothing\""))
    );
    // Cut anywhere, or with any byte turned over: an answer, never a panic.
    for end in 0..whole.len() {
        let _ = read(&whole[..end]);
        let mut broken = whole.clone();
        broken[end] ^= 0xff;
        let _ = read(&broken);
    }
    assert!(read(&whole[..whole.len() - 5]).is_err());
}
