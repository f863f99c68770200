//! Laws that hold for all values.

use clusterlab_api::quantity::Quantity;
use clusterlab_api::{Value, json, managed, patch, schema, types, yaml};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 :#'\"\\-.,\\[\\]{}&*!|>%@`~?=<\n\t]{0,12}",
        "(yes|no|on|off|y|n|true|null|~|0[0-7]{1,3}|0x[0-9a-f]{1,2}|[0-9]{1,3}:[0-9]{1,2}|-|\\+|\\.inf|[0-9]e[0-9]|<<)",
        "\\PC{0,8}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|fields| Value::Map(fields.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-d]", value()), 0..4)
        .prop_map(|fields| Value::Map(fields.into_iter().collect()))
}

/// A pod with some of the lists that merge in their ways.
fn pod() -> impl Strategy<Value = Value> {
    let container = ("[a-d]", prop::option::of("[xyz]"), prop::collection::btree_set(1i64..4, 0..3))
        .prop_map(|(name, image, ports)| {
            let mut container = Value::map();
            container.set(&["name"], name);
            if let Some(image) = image {
                container.set(&["image"], image);
            }
            if !ports.is_empty() {
                let ports = ports.into_iter().map(|port| {
                    let mut value = Value::map();
                    value.set(&["containerPort"], port);
                    value
                });
                container.set(&["ports"], ports.collect::<Vec<Value>>());
            }
            container
        });
    let containers = prop::collection::vec(container, 0..4).prop_map(|mut list| {
        let mut seen = Vec::new();
        list.retain(|c: &Value| {
            let name = c.str_at(&["name"]).cloned();
            let fresh = !seen.contains(&name);
            seen.push(name);
            fresh
        });
        list
    });
    let labels = prop::collection::btree_map("[a-c]", "[xyz]", 0..3);
    let finalizers = prop::collection::btree_set("[a-d]", 0..4);
    (containers, labels, finalizers, prop::option::of("[xyz]")).prop_map(
        |(containers, labels, finalizers, node)| {
            let mut pod = Value::map();
            pod.set(&["apiVersion"], "v1");
            pod.set(&["kind"], "Pod");
            // Without a spec, applying would take the whole spec away, with what others wrote.
            pod.set(&["spec"], Value::map());
            for (name, value) in labels {
                pod.set(&["metadata", "labels", &name], value);
            }
            if !finalizers.is_empty() {
                pod.set(
                    &["metadata", "finalizers"],
                    finalizers.into_iter().map(Value::from).collect::<Vec<Value>>(),
                );
            }
            if !containers.is_empty() {
                pod.set(&["spec", "containers"], containers);
            }
            if let Some(node) = node {
                pod.set(&["spec", "nodeName"], node);
            }
            pod
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_comes_back(value in value()) {
        prop_assume!(!value.is_null());
        let written = yaml::write(&value);
        prop_assert_eq!(yaml::read_one(&written), Ok(value), "{}", written);
    }

    #[test]
    fn json_comes_back(value in value()) {
        let back = json::parse(json::write(&value));
        prop_assert_eq!(back, Ok(value.clone()));
        prop_assert_eq!(json::parse(json::pretty(&value)), Ok(value));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", structured in "[ \\-:\\[\\]{}a-c0-9&*!|>'\"\n#]{0,60}") {
        let _ = (yaml::read(&text), yaml::read(&structured), json::parse(&text));
        let _ = (Quantity::parse(&text), clusterlab_api::selector::Selector::parse(&text));
        let _ = clusterlab_api::selector::FieldSelector::parse(&structured);
    }

    #[test]
    fn merge_patches_lead_there(old in object(), new in object()) {
        // Null has no way into a merge patch but as a removal.
        let strip = |v: &Value| patch::merge(&Value::map(), v);
        let (old, new) = (strip(&old), strip(&new));
        let made = patch::create_merge(&old, &new);
        prop_assert_eq!(patch::merge(&old, &made), new);
    }

    #[test]
    fn strategic_patches_lead_there(old in pod(), new in pod()) {
        let definition = schema::named("core.v1.Pod").unwrap();
        let made = patch::create_strategic(definition, &old, &new);
        let result = patch::strategic(definition, &old, &made).unwrap();
        // A list that lost all its items stays behind empty; decoding drops it.
        let tidy = |mut value: Value| {
            schema::normalize(&mut value);
            if value.items_at(&["spec", "containers"]).is_empty() {
                value.remove(&["spec", "containers"]);
            }
            if value.get("metadata").is_some_and(Value::is_empty) {
                value.remove(&["metadata"]);
            }
            value
        };
        prop_assert_eq!(tidy(result), tidy(new), "{:?}", made);
    }

    #[test]
    fn apply_keeps_what_others_wrote(original in pod(), modified in pod(), by_another in "[xyz]") {
        let mut current = original.clone();
        current.set(&["spec", "schedulerName"], by_another.as_str());
        let (_, made) = patch::three_way(&original, &modified, &current).unwrap();
        let definition = schema::named("core.v1.Pod").unwrap();
        let result = patch::strategic(definition, &current, &made).unwrap();
        prop_assert_eq!(result.str_at(&["spec", "schedulerName"]).map(|s| s.as_str()), Some(by_another.as_str()));
        prop_assert_eq!(result.str_at(&["spec", "nodeName"]), modified.str_at(&["spec", "nodeName"]));
        prop_assert_eq!(result.items_at(&["spec", "containers"]), modified.items_at(&["spec", "containers"]));
        let (_, again) = patch::three_way(&modified, &modified, &result).unwrap();
        prop_assert_eq!(again, Value::map());
    }

    #[test]
    fn quantities_keep_their_amount(nanos in -9_000_000_000_000_000i64..9_000_000_000_000_000, suffix in "(n|u|m||k|M|Ki|Mi)") {
        let quantity = Quantity::parse(&format!("{nanos}{suffix}")).unwrap();
        let again = Quantity::parse(&quantity.to_string()).unwrap();
        prop_assert_eq!(again, quantity);
        prop_assert_eq!(again.to_string(), quantity.to_string());
        prop_assert_eq!(quantity + again - again, quantity);
    }

    #[test]
    fn decoding_anything_is_safe(value in value()) {
        let mut pod = Value::map();
        pod.set(&["apiVersion"], "v1");
        pod.set(&["kind"], "Pod");
        pod.set(&["spec"], value.clone());
        pod.set(&["metadata"], value);
        let _ = types::decode::<types::Pod>(&pod);
        let _ = schema::check(&pod);
        let kind = clusterlab_api::kinds::of("v1", "Pod").unwrap();
        clusterlab_api::defaults::apply(kind, &mut pod);
        let _ = clusterlab_api::validate::create(kind, &pod);
        schema::normalize(&mut pod);
        let object = clusterlab_api::Object::new(pod);
        let _ = clusterlab_api::table::row(kind, &object, clusterlab_api::Object::meta(&object).creation_timestamp.unwrap_or_default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_patch_is_taken_or_refused(target in pod(), other in pod(), odd in value(), at in "(/(spec|metadata|containers|labels|a|0|-)){0,4}") {
        let definition = schema::named("core.v1.Pod").unwrap();
        let mut strange = other.clone();
        strange.set(&["spec", "containers"], odd.clone());
        strange.set(&["metadata", "$setElementOrder/finalizers"], odd.clone());
        let before = target.clone();
        for patch in [&odd, &other, &strange] {
            let _ = patch::merge(&target, patch);
            let _ = patch::strategic(definition, &target, patch);
            let _ = patch::json(&target, patch);
            for op in ["add", "remove", "replace", "move", "copy", "test", "x"] {
                let mut step = Value::map();
                step.set(&["op"], op);
                step.set(&["path"], at.as_str());
                step.set(&["from"], at.as_str());
                step.set(&["value"], patch.clone());
                let _ = patch::json(&target, &Value::from(vec![step]));
            }
            let manager = managed::Manager {
                name: "me".into(), operation: managed::Operation::Apply, api_version: "v1".into(), subresource: "".into(),
            };
            let writer = managed::Writer { definition: Some(definition), manager, time: sim::SimTime::ZERO };
            for force in [false, true] {
                let applied = managed::apply(Some(&target), patch, &writer, &managed::FieldSet::default(), force);
                let Ok(applied) = applied else { continue };
                // Once more changes nothing.
                let again = managed::apply(Some(&applied.0), patch, &writer, &managed::FieldSet::default(), false);
                prop_assert_eq!(again.map(|again| managed::same_but_times(&applied.0, &again.0)), Ok(true));
            }
            let mut new = patch.clone();
            managed::update(Some(&target), &mut new, &writer, &mut |part| part);
        }
        prop_assert_eq!(target, before);
    }
}
