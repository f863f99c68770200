//! Server-side apply against what Kubernetes' own library did with the same steps (`tests/recorded/managed.json`:
//! scenarios of ours, run through the field manager of apimachinery 0.34 with typed objects).

use clusterlab_api::managed::{ApplyError, FieldSet, Manager, Operation, Writer, apply, update};
use clusterlab_api::schema::{self, Type};
use clusterlab_api::{Str, Value, json};
use sim::SimTime;

/// The managers by name: their times are not those of the recording.
fn managers(object: &Value) -> Value {
    let mut entries = object.items_at(&["metadata", "managedFields"]).to_vec();
    entries.sort_by_key(|entry| (entry.str_at(&["manager"]).cloned(), entry.str_at(&["operation"]).cloned()));
    for entry in &mut entries {
        let timed = entry.get("time").is_some();
        entry.set(&["time"], timed);
    }
    Value::from(entries)
}

/// Without what a decoder drops.
fn tidy(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let kept = map.iter().map(|(name, value)| (name.clone(), tidy(value)));
            Value::Map(kept.filter(|(_, value)| !value.is_empty()).collect())
        }
        Value::List(list) => Value::from(list.as_slice().iter().map(tidy).collect::<Vec<Value>>()),
        other => other.clone(),
    }
}

fn run(scenario: &Value) -> Result<(), String> {
    let text = |i: usize| scenario.items_at(&["gvk"])[i].as_str().cloned().unwrap_or_default();
    let definition = schema::definition(&text(0), &text(1), &text(2));
    assert!(definition.is_some(), "{scenario:?}");
    let mut live: Option<Value> = None;
    for (i, step) in scenario.items_at(&["ops"]).iter().enumerate() {
        let string = |name: &str| step.str_at(&[name]).cloned().unwrap_or_default();
        let mut object = step.get("object").cloned().unwrap_or_default();
        let operation = if string("kind") == "apply" { Operation::Apply } else { Operation::Update };
        let manager = Manager {
            name: string("manager"),
            operation,
            api_version: object.str_at(&["apiVersion"]).cloned().unwrap_or_default(),
            subresource: Str::default(),
        };
        let writer = Writer { definition, manager, time: SimTime::ZERO };
        let force = step.get("force").and_then(Value::as_bool) == Some(true);
        let result = match operation {
            Operation::Update => {
                schema::normalize(&mut object);
                update(live.as_ref(), &mut object, &writer, &mut |part| part);
                Ok(object)
            }
            Operation::Apply => {
                apply(live.as_ref(), &object, &writer, &FieldSet::default(), force).map(|applied| applied.0)
            }
        };
        let expected = &scenario.items_at(&["results"])[i];
        let at = format!("{} step {i}: {}", string("kind"), json::write(scenario));
        let differs = |what: &str, ours: String, theirs: String| {
            Err(format!("{at}\n{what}:\n  ours:   {ours}\n  theirs: {theirs}"))
        };
        match result {
            Ok(mut new) => {
                if let Some(error) = expected.get("error") {
                    return differs("error", String::new(), json::write(error));
                }
                let without = |object: &Value| {
                    let mut object = tidy(object);
                    object.remove(&["metadata", "managedFields"]);
                    object.remove(&["metadata", "uid"]);
                    json::write(&tidy(&object))
                };
                if without(&new) != without(expected) {
                    return differs("object", without(&new), without(expected));
                }
                let (ours, theirs) = (json::write(&managers(&new)), json::write(&managers(expected)));
                if ours != theirs {
                    return differs("managers", ours, theirs);
                }
                // As the server: what is stored was decoded.
                schema::normalize(&mut new);
                live = Some(new);
            }
            Err(error) => {
                let lines = |text: &str| {
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    // Go walks its maps in any order.
                    lines.sort();
                    lines.join("\n")
                };
                let said = expected.str_at(&["error"]).cloned().unwrap_or_default();
                if lines(&error.to_string()) != lines(&said) {
                    return differs("error", error.to_string(), said.to_string());
                }
                if let ApplyError::Conflicts(conflicts) = &error {
                    assert!(!conflicts.is_empty());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn as_the_library_does() {
    let path = std::env::var("CLUSTERLAB_SCENARIOS");
    let text = match &path {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => include_str!("recorded/managed.json").to_owned(),
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines.len() >= 10, "{} scenarios", lines.len());
    let failed: Vec<String> =
        lines.iter().filter_map(|line| run(&json::parse(line).unwrap()).err()).collect();
    assert!(failed.is_empty(), "{} of {} differ; the first:\n{}", failed.len(), lines.len(), failed[0]);
}

#[test]
fn structs_are_known() {
    let deployment = schema::definition("apps", "v1", "Deployment").unwrap();
    assert!(deployment.field("spec").unwrap().there);
    assert!(schema::named("meta.v1.LabelSelector").unwrap().atomic);
    let port = schema::named("core.v1.ContainerPort").unwrap();
    assert_eq!(port.field("protocol").unwrap().default, Some("TCP"));
    assert_eq!(port.field("name").unwrap().value, Type::String);
}
