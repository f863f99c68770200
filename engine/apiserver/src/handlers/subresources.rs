//! Parts of objects with a path of their own.

use api::http::Method;
use api::selector::LabelSelector;
use api::types::Decode;
use api::validate::FieldError;
use api::{Object, Value, literal, object};
use sim::SimTime;

use super::delete::delete_options;
use super::{Change, Outcome};
use crate::failure::{Failure, Result};
use crate::operation::{Next, Operation, OperationId, Pending};
use crate::registry::Resource;
use crate::request_info::Verb;
use crate::watch_cache::objects_in;
use crate::{ApiServer, Context, negotiate};

impl ApiServer {
    pub(super) fn begin_subresource(
        &mut self,
        id: OperationId,
        op: &mut Operation,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let pods = self.resources.get(op.resource).is_pod();
        match (op.subresource.as_str(), op.verb) {
            ("status" | "scale" | "ephemeralcontainers" | "resize", Verb::Get) => self.get(op),
            ("status" | "finalize" | "ephemeralcontainers" | "resize", Verb::Update) => {
                self.update(op, context)
            }
            ("status" | "scale" | "ephemeralcontainers" | "resize", Verb::Patch) => self.patch(op, context),
            ("scale", Verb::Update) => self.put_scale(op, context),
            ("binding", Verb::Create) if pods => self.create_binding(op, context),
            ("eviction", Verb::Create) if pods => self.create_eviction(op, context),
            ("token", Verb::Create) => self.create_token(op, context),
            ("log" | "exec" | "attach" | "portforward", _) if pods => {
                op.pending = Pending::Begin;
                self.ask_kubelet(id, op, context)
            }
            _ => Err(Failure::new(501, "NotImplemented", "this part of the API is not in the lab yet")),
        }
    }

    fn put_scale(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let scale =
            negotiate::body(&op.request)?.ok_or_else(|| Failure::bad_request("the request has no body"))?;
        self.change(op, Change::Put(scale), context)
    }

    fn create_binding(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let binding =
            negotiate::body(&op.request)?.ok_or_else(|| Failure::bad_request("the request has no body"))?;
        self.bind(op, binding, context)
    }

    /// Binds a pod to a node, whichever path the Binding came by.
    pub(super) fn bind(
        &mut self,
        op: &mut Operation,
        binding: Value,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource);
        let kind = binding.str_at(&["target", "kind"]).map_or("", |kind| kind.as_str());
        if !matches!(kind, "" | "Node") {
            let error = FieldError::not_supported("target.kind", kind, &["Node", "<empty>"]);
            return Err(Failure::field(resource, &op.name, error));
        }
        if binding.str_at(&["target", "name"]).is_none_or(|name| name.is_empty()) {
            return Err(Failure::field(resource, &op.name, FieldError::required("target.name", "")));
        }
        self.change(op, Change::Bind(binding), context)
    }

    fn create_eviction(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let eviction = negotiate::body(&op.request)?.unwrap_or_else(Value::map);
        let name = eviction.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
        if !name.is_empty() && name != op.name {
            return Err(Failure::bad_request("name in URL does not match name in Eviction object"));
        }
        let mut options = eviction.get("deleteOptions").cloned().unwrap_or_else(Value::map);
        if options.as_map().is_none() {
            options = delete_options(op)?;
        }
        self.change(op, Change::Delete(options), context)
    }

    /// Whether the budgets let a pod go (`429` when one does not).
    pub(super) fn check_disruption(&self, pod: &Object) -> Result<()> {
        let pending = pod.value().str_at(&["status", "phase"]).is_none_or(|phase| phase != "Running");
        let Some(id) = self.resources.find_plural("policy", "poddisruptionbudgets").filter(|_| !pending)
        else {
            return Ok(());
        };
        let Some(cache) = self.caches.get(&id) else { return Ok(()) };
        let prefix = &self.resources.get(id).prefix;
        for budget in objects_in(&cache.objects, prefix, pod.namespace()) {
            let selector = budget.value().at(&["spec", "selector"]);
            let selects = selector
                .and_then(|selector| <LabelSelector as Decode>::decode(selector).ok())
                .is_some_and(|selector| selector.matches(pod));
            let allowed = budget.value().int_at(&["status", "disruptionsAllowed"]).unwrap_or(0);
            if selects && allowed <= 0 {
                let healthy = budget.value().int_at(&["status", "currentHealthy"]).unwrap_or(0);
                let desired = budget.value().int_at(&["status", "desiredHealthy"]).unwrap_or(0);
                let cause = format!(
                    "The disruption budget {} needs {desired} healthy pods and has {healthy} currently",
                    budget.name()
                );
                return Err(api::status::disruption_budget(&cause).into());
            }
        }
        Ok(())
    }

    /// Objects of kinds that are not stored: they are answered, or they are about something else.
    pub(super) fn create_virtual(&mut self, op: &mut Operation, context: &mut Context<'_>) -> Result<Next> {
        let resource = self.resources.get(op.resource).clone();
        let object = negotiate::object(&op.request, &resource)?;
        match resource.resource.as_str() {
            "bindings" => {
                let name = object.str_at(&["metadata", "name"]).cloned().unwrap_or_default();
                let pods = self.resources.find("", "v1", "pods").ok_or_else(Failure::no_such_path)?;
                (op.resource, op.name, op.subresource) = (pods, name, literal!("binding"));
                self.bind(op, object, context)
            }
            _ => self.review(op, object, &resource, context),
        }
    }
}

/// `autoscaling/v1 Scale` of an object that can be scaled.
pub(super) fn scale_of(object: &Object) -> Value {
    let value = object.value();
    let mut scale =
        object! { "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {}, "spec": {}, "status": {} };
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(text) = value.str_at(&["metadata", field]) {
            scale.set(&["metadata", field], text);
        }
    }
    scale.set(&["spec", "replicas"], value.int_at(&["spec", "replicas"]).unwrap_or(0));
    scale.set(&["status", "replicas"], value.int_at(&["status", "replicas"]).unwrap_or(0));
    let selector = match value.at(&["spec", "selector"]) {
        // ReplicationControllers select by a plain map.
        Some(selector @ Value::Map(map))
            if map.contains("matchLabels") || map.contains("matchExpressions") =>
        {
            <LabelSelector as Decode>::decode(selector)
                .ok()
                .map(|selector| selector.to_selector().to_string())
        }
        Some(Value::Map(map)) => {
            let pairs =
                map.iter().map(|(key, value)| format!("{key}={}", value.as_str().map_or("", |v| v.as_str())));
            Some(pairs.collect::<Vec<_>>().join(","))
        }
        _ => None,
    };
    if let Some(selector) = selector {
        scale.set(&["status", "selector"], selector);
    }
    scale
}

/// The object with the replicas of a Scale.
pub(super) fn scaled(resource: &Resource, op: &Operation, scale: &Value, current: &Object) -> Result<Value> {
    let replicas = scale.int_at(&["spec", "replicas"]).unwrap_or(0);
    if replicas < 0 {
        let error = FieldError::invalid("spec.replicas", replicas, "must be greater than or equal to 0");
        return Err(Failure::field(resource, &op.name, error));
    }
    let mut value = current.value().clone();
    value.set(&["spec", "replicas"], replicas);
    match scale.str_at(&["metadata", "resourceVersion"]) {
        Some(revision) => value.set(&["metadata", "resourceVersion"], revision),
        None => {
            value.remove(&["metadata", "resourceVersion"]);
        }
    }
    Ok(value)
}

/// A pod with its node.
pub(super) fn bind(resource: &Resource, binding: &Value, current: &Object, now: SimTime) -> Result<Outcome> {
    let old = current.value();
    let name = current.name();
    for (field, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let wanted = binding.str_at(&["metadata", field]).filter(|text| !text.is_empty());
        let found = old.str_at(&["metadata", field]).cloned().unwrap_or_default();
        if let Some(wanted) = wanted.filter(|wanted| **wanted != found) {
            let why = format!(
                "Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}"
            );
            return Err(Failure::conflict(resource, name, &why));
        }
    }
    let refuse = |why: String| {
        let message = format!("Operation cannot be fulfilled on pods/binding {:?}: {why}", name.as_str());
        Err(Failure::new(409, "Conflict", message).about(resource, name))
    };
    if current.is_terminating() {
        return refuse(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    if let Some(node) = old.str_at(&["spec", "nodeName"]).filter(|node| !node.is_empty()) {
        return refuse(format!("pod {name} is already assigned to node {:?}", node.as_str()));
    }
    if !old.items_at(&["spec", "schedulingGates"]).is_empty() {
        return refuse(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    let mut pod = old.clone();
    let node = binding.str_at(&["target", "name"]).cloned().unwrap_or_default();
    pod.entry(&["spec"]).make_map().insert(literal!("nodeName"), node);
    if let Some(annotations) = binding.at(&["metadata", "annotations"]).and_then(Value::as_map) {
        for (key, text) in annotations.iter() {
            pod.set(&["metadata", "annotations", key], text.clone());
        }
    }
    let condition = object! {
        "type": literal!("PodScheduled"), "status": literal!("True"), "lastProbeTime": null, "lastTransitionTime": now.rfc3339(),
    };
    let conditions = pod.entry(&["status", "conditions"]).make_list();
    let same = |c: &&mut Value| c.str_at(&["type"]).is_some_and(|kind| kind == "PodScheduled");
    match conditions.as_mut().iter_mut().find(same) {
        Some(place) => *place = condition,
        None => conditions.push(condition),
    }
    Ok(Outcome::Write(pod))
}

/// The kubelet's method for a request of a client: an upgrade stays what it is.
pub(super) fn kubelet_method(method: Method) -> Method {
    if method == Method::Post { Method::Post } else { Method::Get }
}
