//! Server-side apply and managed fields, as clients see them.

mod world;

use api::http::{Body, Method, Request, Response};
use api::patch::{APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH};
use api::{Value, object};
use world::{World, object, refused};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn deployment(replicas: i64, image: &str) -> Value {
    object! {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "labels": { "app": "web" } },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "c", "image": image }] },
            },
        },
    }
}

fn apply(path: &str, manager: &str, config: Value) -> Request {
    Request::new(Method::Patch, path)
        .header("content-type", APPLY_PATCH)
        .query("fieldManager", manager)
        .body(config)
}

fn send_patch(world: &mut World, path: &str, kind: &'static str, body: Value) -> std::sync::Arc<Response> {
    world.ask(Request::new(Method::Patch, path).header("content-type", kind).body(body))
}

fn managers(response: &Response) -> Vec<String> {
    let object = object(response);
    let entries = object.value().items_at(&["metadata", "managedFields"]).iter();
    let text =
        |entry: &Value, name: &str| entry.str_at(&[name]).map_or(String::new(), |text| text.to_string());
    entries
        .map(|entry| {
            let subresource = text(entry, "subresource");
            let dot = if subresource.is_empty() { "" } else { "/" };
            format!("{} {}{dot}{subresource}", text(entry, "manager"), text(entry, "operation"))
        })
        .collect()
}

#[test]
fn apply_creates_changes_and_conflicts() {
    let mut world = World::new();
    let path = format!("{DEPLOYMENTS}/web");
    let created = world.ask(apply(&path, "ann", deployment(3, "nginx")));
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(managers(&created), ["ann Apply"]);
    let text = world.etcd.text("/registry/deployments/default/web").unwrap();
    assert!(
        text.contains("\"managedFields\":[{\"apiVersion\":\"apps/v1\",\"fieldsType\":\"FieldsV1\""),
        "{text}"
    );

    // The same again writes nothing.
    let before = world.etcd.revision;
    let again = world.ask(apply(&path, "ann", deployment(3, "nginx")));
    assert_eq!((again.status, world.etcd.revision), (200, before));
    assert_eq!(object(&again), object(&created));

    let mut part = object! {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" }, "spec": { "replicas": 4 },
    };
    let conflict = world.ask(apply(&path, "bob", part.clone()));
    refused(&conflict, 409, "Apply failed with 1 conflict: conflict with \"ann\": .spec.replicas");
    let causes = conflict.value().unwrap().items_at(&["details", "causes"]).to_vec();
    let cause = object! { "reason": "FieldManagerConflict", "message": "conflict with \"ann\"", "field": ".spec.replicas" };
    assert_eq!(causes, [cause]);
    assert_eq!(world.etcd.revision, before);
    let forced = world.ask(apply(&path, "bob", part.clone()).query("force", "true"));
    assert_eq!(managers(&forced), ["ann Apply", "bob Apply"]);
    assert_eq!(object(&forced).value().int_at(&["spec", "replicas"]), Some(4));
    assert_eq!(object(&forced).value().int_at(&["metadata", "generation"]), Some(2));

    // What its only manager drops goes back to the default.
    part.remove(&["spec"]);
    let dropped = world.ask(apply(&path, "bob", part));
    assert_eq!(object(&dropped).value().int_at(&["spec", "replicas"]), Some(1));
    assert_eq!(managers(&dropped), ["ann Apply"]);
}

#[test]
fn updates_and_subresources_have_managers() {
    let mut world = World::new();
    let path = format!("{DEPLOYMENTS}/web");
    world.ask(
        Request::new(Method::Post, DEPLOYMENTS).header("user-agent", "curl/8.1").body(deployment(3, "nginx")),
    );
    let read = world.get(&path);
    assert_eq!(managers(&read), ["curl Update"]);
    let fields =
        object(&read).value().items_at(&["metadata", "managedFields"])[0].get("fieldsV1").cloned().unwrap();
    assert_eq!(fields.at(&["f:spec", "f:replicas"]), Some(&Value::map()));
    assert_eq!(fields.at(&["f:spec", "f:selector"]), Some(&Value::map()));
    assert_eq!(fields.at(&["f:metadata", "f:name"]), None);
    // What defaults fill in belongs to who wrote the object, too.
    assert_eq!(fields.at(&["f:spec", "f:strategy", "f:type"]), Some(&Value::map()));

    let scale = object! { "spec": { "replicas": 5 } };
    let scaled = Request::new(Method::Patch, format!("{path}/scale"))
        .header("content-type", MERGE_PATCH)
        .query("fieldManager", "hand")
        .body(scale);
    assert_eq!(world.ask(scaled).status, 200);
    let status = object! { "status": { "replicas": 5 } };
    let patched = Request::new(Method::Patch, format!("{path}/status"))
        .header("content-type", STRATEGIC_MERGE_PATCH)
        .query("fieldManager", "controller")
        .body(status);
    assert_eq!(world.ask(patched).status, 200);
    let mut found = managers(&world.get(&path));
    found.sort();
    assert_eq!(found, ["controller Update/status", "curl Update", "hand Update/scale"]);

    let scale = object! {
        "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": { "name": "web" }, "spec": { "replicas": 6 },
    };
    let conflict = world.ask(apply(&format!("{path}/scale"), "me", scale.clone()));
    refused(
        &conflict,
        409,
        "Apply failed with 1 conflict: conflict with \"hand\" with subresource \"scale\" using autoscaling/v1: .spec.replicas",
    );
    let scaled = world.ask(apply(&format!("{path}/scale"), "me", scale).query("force", "true"));
    assert_eq!(scaled.value().unwrap().int_at(&["spec", "replicas"]), Some(6));
    assert!(managers(&world.get(&path)).contains(&"me Apply/scale".to_owned()));

    // Taken away, they stay away until somebody applies.
    let reset = object! { "metadata": { "managedFields": [{}] } };
    assert_eq!(managers(&send_patch(&mut world, &path, MERGE_PATCH, reset)), Vec::<String>::new());
    send_patch(&mut world, &path, MERGE_PATCH, object! { "spec": { "replicas": 2 } });
    assert_eq!(managers(&world.get(&path)), Vec::<String>::new());
    let applied = world.ask(apply(&path, "me", deployment(2, "nginx")));
    assert_eq!(managers(&applied), ["me Apply", "before-first-apply Update"]);
}

#[test]
fn what_apply_refuses() {
    let mut world = World::new();
    let path = format!("{CONFIG_MAPS}/a");
    let config = |extra: Value| {
        let mut config = object! { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } };
        config.set(&["data"], extra);
        config
    };
    let unnamed = Request::new(Method::Patch, path.as_str())
        .header("content-type", APPLY_PATCH)
        .body(config(object! { "a": "1" }));
    refused(
        &world.ask(unnamed),
        422,
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
    );
    let forced = Request::new(Method::Patch, path.as_str())
        .header("content-type", MERGE_PATCH)
        .query("force", "true")
        .body(Value::map());
    refused(
        &world.ask(forced),
        422,
        "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
    );
    let mut other = config(Value::map());
    other.set(&["kind"], "Secret");
    refused(&world.ask(apply(&path, "me", other)), 400, "invalid object type: /v1, Kind=Secret");
    let mut managed = config(Value::map());
    managed.set(&["metadata", "managedFields"], Value::list());
    refused(&world.ask(apply(&path, "me", managed)), 400, "metadata.managedFields must be nil");
    refused(
        &world.ask(apply(&path, "me", config(object! { "a": 1 }))),
        500,
        "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}",
    );
    let mut elsewhere = config(Value::map());
    elsewhere.set(&["metadata", "name"], "b");
    refused(
        &world.ask(apply(&path, "me", elsewhere)),
        400,
        "the name of the object (b) does not match the name on the URL (a)",
    );
    let mut known = config(Value::map());
    known.set(&["metadata", "uid"], "x");
    refused(
        &world.ask(apply(&path, "me", known)),
        409,
        "Operation cannot be fulfilled on configmaps \"a\": uid mismatch: the provided object specified uid x, and no existing object was found",
    );
    let mut text = apply(&path, "me", Value::Null);
    text.body = Body::Bytes(b"a: [".as_slice().into());
    assert_eq!(world.ask(text).status, 400);
    assert_eq!(world.get(&path).status, 404);
}

#[test]
fn what_patches_are_refused_with() {
    let mut world = World::new();
    let path = format!("{DEPLOYMENTS}/web");
    world.post(DEPLOYMENTS, deployment(3, "nginx"));
    let before = world.etcd.revision;
    let table = [
        (
            JSON_PATCH,
            object!([{ "op": "test", "path": "/spec/replicas", "value": 4 }]),
            422,
            "the server rejected our request due to an error in our request",
        ),
        (
            JSON_PATCH,
            object!({ "op": "test" }),
            400,
            "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
        ),
        (
            STRATEGIC_MERGE_PATCH,
            object!({ "spec": { "template": { "spec": { "containers": [{ "image": "x" }] } } } }),
            500,
            "map: map[image:x] does not contain declared merge key: name",
        ),
        (
            STRATEGIC_MERGE_PATCH,
            object!({ "spec": { "replicas": "many" } }),
            422,
            " \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:many]]\": json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (MERGE_PATCH, object!({ "metadata": { "name": "other" } }), 422, "field is immutable"),
    ];
    for (kind, patch, code, message) in table {
        let response = send_patch(&mut world, &path, kind, patch.clone());
        assert_eq!(response.status, code, "{patch:?} {response:?}");
        assert!(response.message().contains(message), "{:?}", response.message());
    }
    assert_eq!(world.etcd.revision, before);
}

#[test]
fn options_are_checked() {
    let mut world = World::new();
    world.post(CONFIG_MAPS, object! { "metadata": { "name": "a" } });
    let path = format!("{CONFIG_MAPS}/a");
    let delete = |options: Value| Request::new(Method::Delete, path.as_str()).body(options);
    refused(
        &world.ask(delete(object! { "propagationPolicy": "Foo" })),
        422,
        "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Foo\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
    );
    refused(
        &world.ask(delete(object! { "propagationPolicy": "Orphan", "orphanDependents": true })),
        422,
        "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\": orphanDependents and deletionPropagation cannot be both set",
    );
    refused(
        &world.ask(delete(object! { "dryRun": ["Some"] })),
        422,
        "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: []string{\"Some\"}: supported values: \"All\"",
    );
    assert_eq!(world.ask(delete(object! { "dryRun": ["All"] })).status, 200);
    assert_eq!(world.get(&path).status, 200);
    let post = Request::new(Method::Post, CONFIG_MAPS).body(object! { "metadata": { "name": "b" } });
    refused(
        &world.ask(post.query("fieldValidation", "Maybe")),
        422,
        "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Maybe\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
    );
}
