//! Requests that a kubelet answers: logs, exec, attach, port-forward.

use std::net::Ipv4Addr;
use std::sync::Arc;

use api::http::{Frame, Request, Response};
use api::{Object, Str};
use sim::Actor;

use super::subresources::kubelet_method;
use crate::failure::{Failure, Result};
use crate::message::ProxyId;
use crate::operation::{Caller, Next, Operation, OperationId, Pending};
use crate::server::Flight;
use crate::{ApiServer, Context, Message};

/// The query parameters of `pods/log` that the kubelet takes.
const LOG_PARAMETERS: [&str; 8] =
    ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

impl ApiServer {
    pub(super) fn ask_kubelet(
        &mut self,
        id: OperationId,
        op: &mut Operation,
        context: &mut Context<'_>,
    ) -> Result<Next> {
        let resource = self.resources.get(op.resource);
        let pod = self.cached_object(op.resource, &op.namespace, &op.name).cloned();
        let pod = pod.ok_or_else(|| Failure::not_found(resource, &op.name))?;
        let container = choose_container(&pod, op)?;
        let node_name = pod.value().str_at(&["spec", "nodeName"]).cloned().unwrap_or_default();
        if node_name.is_empty() {
            let message = format!("pod {} does not have a host assigned", pod.name());
            return Err(Failure::bad_request(message));
        }
        let node = self.kubelet_of(&node_name)?;
        let mut request = kubelet_request(op, &pod, &container);
        request.headers.clone_from(&op.request.headers);
        request.body = op.request.body.clone();
        self.last_proxy += 1;
        let proxy = ProxyId(self.last_proxy);
        if let Caller::Client(client, request_id) = op.caller {
            self.proxies.insert(proxy, (client, request_id, node));
        }
        // Found by the operation's number when the answer comes.
        debug_assert!(id.0 > 0);
        op.pending = Pending::Kubelet(proxy);
        context.send(Actor::Kubelet(node), Message::Kubelet { id: proxy, request: Arc::new(request) });
        Ok(Next::Wait)
    }

    /// The number of the node with a name: by its address, as a real server dials it.
    fn kubelet_of(&self, name: &str) -> Result<u32> {
        let id = self.resources.find("", "v1", "nodes").ok_or_else(Failure::no_such_path)?;
        let node = self.cached_object(id, "", name);
        let node = node.ok_or_else(|| Failure::not_found(self.resources.get(id), name))?;
        let addresses = node.value().items_at(&["status", "addresses"]);
        let internal =
            addresses.iter().find(|a| a.str_at(&["type"]).is_some_and(|kind| kind == "InternalIP"));
        let address = internal.and_then(|a| a.str_at(&["address"])?.parse::<Ipv4Addr>().ok());
        let by_address = address
            .and_then(|address| u32::from(address).checked_sub(u32::from(self.config.node_address_base)))
            .filter(|number| *number > 0);
        let by_name = || name.strip_prefix("node-")?.parse().ok();
        by_address.or_else(by_name).ok_or_else(|| {
            Failure::internal(&format!("no preferred addresses found; known addresses: []: node {name}"))
        })
    }

    pub(crate) fn kubelet_answered(
        &mut self,
        id: ProxyId,
        response: Arc<Response>,
        context: &mut Context<'_>,
    ) {
        let Some((client, request, _)) = self.proxies.get(&id).copied() else { return };
        let operation = match self.flights.get(&(client, request)) {
            Some(Flight::Operation(operation)) => self.operations.remove(operation),
            _ => None,
        };
        let Some(operation) = operation else { return };
        self.record(&operation, response.status, context);
        if response.streaming {
            self.flights.insert((client, request), Flight::Proxy(id));
        } else {
            self.flights.remove(&(client, request));
            self.proxies.remove(&id);
        }
        context.send(client, Message::Response { id: request, response: as_ours(response) });
    }

    pub(crate) fn kubelet_said(&mut self, id: ProxyId, frame: Frame, context: &mut Context<'_>) {
        let Some((client, request, _)) = self.proxies.get(&id).copied() else { return };
        if frame == Frame::End {
            self.proxies.remove(&id);
            self.flights.remove(&(client, request));
        }
        context.send(client, Message::Frame { id: request, frame });
    }

    pub(crate) fn kubelet_failed(&mut self, id: ProxyId, reason: &str, context: &mut Context<'_>) {
        let Some((client, request, node)) = self.proxies.remove(&id) else { return };
        match self.flights.get(&(client, request)).copied() {
            Some(Flight::Operation(operation_id)) => {
                let Some(operation) = self.operations.remove(&operation_id) else { return };
                let address = u32::from(self.config.node_address_base).wrapping_add(node);
                let path = &operation.request.path;
                let url = format!("https://{}:10250{path}", Ipv4Addr::from(address));
                let failure = Failure::internal(&format!("Get {url:?}: {reason}"));
                self.proceed(operation_id, operation, Err(failure), context);
            }
            Some(Flight::Proxy(_)) => {
                self.flights.remove(&(client, request));
                context.send(client, Message::Frame { id: request, frame: Frame::End });
            }
            _ => {}
        }
    }

    /// The client no longer listens: the kubelet need not speak.
    pub(crate) fn close_proxy(&mut self, id: ProxyId, context: &mut Context<'_>) {
        if let Some((client, request, node)) = self.proxies.remove(&id) {
            self.flights.remove(&(client, request));
            context.send(Actor::Kubelet(node), Message::KubeletCancel { id });
        }
    }
}

/// A kubelet's plain text error is a `Status` for the client.
fn as_ours(response: Arc<Response>) -> Arc<Response> {
    let api::http::Body::Bytes(text) = &response.body else { return response };
    if response.is_success() {
        return response;
    }
    let message = String::from_utf8_lossy(text).into_owned();
    let (code, reason) = match response.status {
        400 => (400, "BadRequest"),
        404 => (404, "NotFound"),
        other => (other, "InternalError"),
    };
    let failure = Failure::new(code, reason, message.trim());
    Arc::new(Response::tree(failure.code, failure.body))
}

/// The container that is meant: the one named, or the only one.
fn choose_container(pod: &Object, op: &Operation) -> Result<Str> {
    let names = |list| {
        let containers = pod.value().items_at(&["spec", list]).iter();
        containers.filter_map(|container| container.str_at(&["name"]).cloned()).collect::<Vec<Str>>()
    };
    let (containers, init, ephemeral) =
        (names("containers"), names("initContainers"), names("ephemeralContainers"));
    let joined = |names: &[Str]| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
    match op.request.parameter("container").filter(|name| !name.is_empty()) {
        Some(name) if containers.iter().chain(&init).chain(&ephemeral).any(|known| known == name) => {
            Ok(name.clone())
        }
        Some(name) => {
            Err(Failure::bad_request(format!("container {name} is not valid for pod {}", pod.name())))
        }
        None => match containers.as_slice() {
            [only] if init.is_empty() || op.subresource != "log" => Ok(only.clone()),
            [only] => Ok(only.clone()),
            _ => {
                let mut message = format!(
                    "a container name must be specified for pod {}, choose one of: [{}]",
                    pod.name(),
                    joined(&containers)
                );
                if !init.is_empty() {
                    message += &format!(" or one of the init containers: [{}]", joined(&init));
                }
                Err(Failure::bad_request(message))
            }
        },
    }
}

fn kubelet_request(op: &Operation, pod: &Object, container: &str) -> Request {
    let (namespace, name) = (pod.namespace(), pod.name());
    let method = kubelet_method(op.request.method);
    let uid = pod.uid();
    let passed = |known: &[&str]| -> Vec<(Str, Str)> {
        op.request.query.iter().filter(|(name, _)| known.contains(&name.as_str())).cloned().collect()
    };
    let mut request = match op.subresource.as_str() {
        "log" => Request::new(method, format!("/containerLogs/{namespace}/{name}/{container}")),
        "portforward" => Request::new(method, format!("/portForward/{namespace}/{name}/{uid}")),
        verb => Request::new(method, format!("/{verb}/{namespace}/{name}/{uid}/{container}")),
    };
    request.query = match op.subresource.as_str() {
        "log" => passed(&LOG_PARAMETERS),
        "portforward" => passed(&["ports"]),
        // The kubelet calls its streams as the client does, but for their names.
        _ => op
            .request
            .query
            .iter()
            .filter_map(|(name, value)| {
                let name = match name.as_str() {
                    "stdin" => api::literal!("input"),
                    "stdout" => api::literal!("output"),
                    "stderr" => api::literal!("error"),
                    "tty" | "command" => name.clone(),
                    _ => return None,
                };
                let value =
                    if name == "command" { value.clone() } else { Str::from(value.replace("true", "1")) };
                Some((name, value))
            })
            .collect(),
    };
    request
}

#[cfg(test)]
mod tests {
    use api::{Value, object};

    use super::*;

    #[test]
    fn kubelets_errors_become_status() {
        let text = Arc::new(Response::text(
            400,
            "container \"c\" in pod \"p\" is waiting to start: ContainerCreating\n",
        ));
        let ours = as_ours(text);
        assert_eq!(ours.reason(), "BadRequest");
        assert_eq!(ours.message(), "container \"c\" in pod \"p\" is waiting to start: ContainerCreating");
        let fine = Arc::new(Response::tree(200, object! { "a": 1 }));
        assert_eq!(as_ours(fine).value().and_then(Value::as_map).map(api::Map::len), Some(1));
    }
}
