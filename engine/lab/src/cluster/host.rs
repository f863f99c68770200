//! The outside client: real requests that come in through `clusterlab serve` or the page.

use std::sync::Arc;

use api::http::{Body, Frame, Method, Request, Response};
use client::RequestId;
use sim::{Actor, Str};

use super::Cluster;
use crate::event::{Envelope, Message};

/// What came back to the outside client.
#[derive(Clone, PartialEq, Debug)]
pub enum HostEvent {
    /// The answer, or its head.
    Response(u64, Arc<Response>),
    /// A piece of a streaming answer.
    Frame(u64, Frame),
    /// There will be no answer.
    Failed(u64, Str),
}

impl Cluster {
    pub(super) fn host_request(
        &mut self,
        id: u64,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&str>,
    ) {
        let Some(method) = Method::parse(method) else {
            let text = format!("method {method} is not known");
            return self.host.push(HostEvent::Response(id, Arc::new(Response::text(405, &text))));
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = Request::new(method, decode(path, false));
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request.query.push((decode(name, true), decode(value, true)));
        }
        for (name, value) in headers {
            request.headers.push((Str::from(name.as_str()), Str::from(value.as_str())));
        }
        if let Some(body) = body {
            if request.header_value("content-type").is_none() {
                request = request.header("content-type", "application/json");
            }
            request.body = Body::Bytes(body.as_bytes().into());
        }
        let message = Message::Request(RequestId(id), Arc::new(request));
        self.transmit(Envelope { from: Actor::Client, to: Actor::ApiServer, sent: self.now, message });
    }

    pub(super) fn host_hangs_up(&mut self, id: u64) {
        let message = Message::Cancel(RequestId(id));
        self.transmit(Envelope { from: Actor::Client, to: Actor::ApiServer, sent: self.now, message });
    }

    pub(super) fn deliver_to_host(&mut self, message: &Message) {
        match message {
            Message::Response(id, response) => self.host.push(HostEvent::Response(id.0, response.clone())),
            Message::Frame(id, frame) => self.host.push(HostEvent::Frame(id.0, frame.clone())),
            _ => {}
        }
    }

    pub(super) fn host_failed(&mut self, id: u64, reason: &Str) {
        self.host.push(HostEvent::Failed(id, reason.clone()));
    }
}

/// A query parameter's value, decoded.
pub fn decode_query(text: &str) -> String {
    decode(text, true).to_string()
}

/// Percent-decoding; what is no valid escape stays as it is, what is no UTF-8 becomes a replacement character.
fn decode(text: &str, plus_is_space: bool) -> Str {
    if !text.contains(['%', '+']) {
        return Str::from(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let escaped = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten();
        match (bytes[i], escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (_, Some(byte)) => {
                out.push(byte);
                i += 2;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    Str::from(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_paths_and_queries() {
        assert_eq!(decode("/api/v1/pods", false), "/api/v1/pods");
        assert_eq!(decode("app%3Dweb%2Ctier+in+%28a%29", true), "app=web,tier in (a)");
        assert_eq!(decode("a+b%2", false), "a+b%2");
        assert_eq!(decode("%ff%C3%A9", false), "\u{fffd}é");
    }
}
