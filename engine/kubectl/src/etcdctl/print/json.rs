//! `--write-out=json`: what Go's encoder makes of the client library's answers. Zeros are left out where Go's tags say so.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use etcd::rpc::{Event, Header, KeyValue, MemberInfo, OpResponse, Response, Revision};

use super::{DbStatus, EndpointAnswer, Health, Style, member_id, parts};

/// A JSON object that is being written, fields in the order in which they come.
struct Object(String);

impl Object {
    fn new() -> Object {
        Object(String::new())
    }

    /// A field whose value is JSON already: a number, `true`, another object.
    fn field(mut self, name: &str, value: impl Display) -> Object {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&format!("\"{name}\":{value}"));
        self
    }

    /// A number that is left out when it is 0.
    fn number(self, name: &str, value: u64) -> Object {
        if value == 0 { self } else { self.field(name, value) }
    }

    /// A switch that is left out when it is off.
    fn on(self, name: &str, value: bool) -> Object {
        if value { self.field(name, true) } else { self }
    }

    fn text(self, name: &str, value: &str) -> Object {
        self.field(name, string(value))
    }

    /// Bytes, left out when there are none.
    fn bytes(self, name: &str, value: &[u8]) -> Object {
        if value.is_empty() { self } else { self.field(name, format!("\"{}\"", BASE64.encode(value))) }
    }

    /// All fields of a header, as they stand in answers that contain it without a name.
    fn header(self, header: &Header) -> Object {
        self.number("cluster_id", header.cluster)
            .number("member_id", header.member)
            .number("revision", header.revision.0)
            .number("raft_term", header.raft_term)
    }

    fn end(self) -> String {
        format!("{{{}}}", self.0)
    }
}

/// A list.
fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A string as Go's encoder escapes it.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{0}'..'\u{20}' => {
                quoted.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn header(header: &Header) -> String {
    Object::new().header(header).end()
}

/// The header of the Cluster service's answers, which has no revision.
fn cluster_header(style: Style, header: &Header) -> String {
    if style.hex {
        return Object::new()
            .text("cluster_id", &member_id(header.cluster))
            .text("member_id", &member_id(header.member))
            .number("raft_term", header.raft_term)
            .end();
    }
    Object::new().header(&Header { revision: Default::default(), ..header.clone() }).end()
}

fn kv(kv: &KeyValue) -> String {
    Object::new()
        .bytes("key", kv.key.as_bytes())
        .number("create_revision", kv.create_revision.0)
        .number("mod_revision", kv.mod_revision.0)
        .number("version", kv.version)
        .bytes("value", &kv.value.bytes())
        .number("lease", kv.lease.0 as u64)
        .end()
}

fn member(style: Style, member: &MemberInfo) -> String {
    let object = if style.hex {
        Object::new().text("ID", &member_id(member.id))
    } else {
        Object::new().number("ID", member.id)
    };
    let urls = |object: Object, name: &str, urls: &[api::Str]| {
        if urls.is_empty() { object } else { object.field(name, list(urls.iter().map(|url| string(url)))) }
    };
    let object = if member.name.is_empty() { object } else { object.text("name", &member.name) };
    let object = urls(object, "peerURLs", &member.peer_urls);
    urls(object, "clientURLs", &member.client_urls).on("isLearner", member.is_learner).end()
}

fn members(style: Style, members: &[MemberInfo]) -> String {
    list(members.iter().map(|m| member(style, m)))
}

/// An answer.
pub fn response(style: Style, response: &Response) -> String {
    let object = match response {
        Response::Op { header, response } => return op(header, response).end() + "\n",
        Response::LeaseGrant { header, id, ttl_seconds } => {
            Object::new().header(header).field("ID", id.0).field("TTL", ttl_seconds).text("Error", "")
        }
        Response::LeaseKeepAlive { header, id, ttl_seconds } => {
            Object::new().header(header).field("ID", id.0).field("TTL", ttl_seconds)
        }
        Response::LeaseTimeToLive { header, id, ttl_seconds, granted_ttl_seconds, keys } => {
            let keys = if keys.is_empty() {
                "null".to_owned()
            } else {
                list(keys.iter().map(|key| format!("\"{}\"", BASE64.encode(key.as_bytes()))))
            };
            Object::new()
                .header(header)
                .field("id", id.0)
                .field("ttl", ttl_seconds)
                .field("granted-ttl", granted_ttl_seconds)
                .field("keys", keys)
        }
        Response::LeaseLeases { header, leases } => {
            let leases = list(leases.iter().map(|id| Object::new().field("id", id.0).end()));
            Object::new().header(header).field("leases", leases)
        }
        Response::MemberList { header, members: all }
        | Response::MemberRemove { header, members: all }
        | Response::MemberUpdate { header, members: all }
        | Response::MemberPromote { header, members: all } => {
            Object::new().field("header", cluster_header(style, header)).field("members", members(style, all))
        }
        Response::MemberAdd { header, member: new, members: all } => Object::new()
            .field("header", cluster_header(style, header))
            .field("member", member(style, new))
            .field("members", members(style, all)),
        Response::Alarm { header: h, alarms } => {
            let one = |alarm: &etcd::rpc::Alarm| {
                Object::new().number("memberID", alarm.member).number("alarm", alarm.alarm as u64).end()
            };
            let object = Object::new().field("header", header(h));
            if alarms.is_empty() { object } else { object.field("alarms", list(alarms.iter().map(one))) }
        }
        Response::LeaseRevoke { header: h } | Response::MoveLeader { header: h } => {
            Object::new().field("header", header(h))
        }
        _ => Object::new(),
    };
    object.end() + "\n"
}

fn op(h: &Header, response: &OpResponse) -> Object {
    let object = Object::new().field("header", header(h));
    match response {
        OpResponse::Range { kvs, more, count } => {
            let object = if kvs.is_empty() { object } else { object.field("kvs", list(kvs.iter().map(kv))) };
            object.on("more", *more).number("count", *count)
        }
        OpResponse::Put { prev_kv } => match prev_kv {
            Some(pair) => object.field("prev_kv", kv(pair)),
            None => object,
        },
        OpResponse::DeleteRange { deleted, prev_kvs } => {
            let object = object.number("deleted", *deleted);
            if prev_kvs.is_empty() { object } else { object.field("prev_kvs", list(prev_kvs.iter().map(kv))) }
        }
        OpResponse::Txn { succeeded, responses } => {
            let one = |(header, response): (Header, &OpResponse)| {
                let name = match response {
                    OpResponse::Range { .. } => "response_range",
                    OpResponse::Put { .. } => "response_put",
                    OpResponse::DeleteRange { .. } => "response_delete_range",
                    OpResponse::Txn { .. } => "response_txn",
                };
                let inner = Object::new().field(name, op(&header, response).end()).end();
                Object::new().field("Response", inner).end()
            };
            let object = object.on("succeeded", *succeeded);
            if responses.is_empty() {
                object
            } else {
                object.field("responses", list(parts(h, responses).map(one)))
            }
        }
    }
}

/// A watch's events.
pub fn watch(h: &Header, events: &[Event], canceled: Option<Revision>) -> String {
    let one = |event: &Event| {
        let object = Object::new().number("type", u64::from(event.delete)).field("kv", kv(&event.kv));
        match &event.prev_kv {
            Some(before) => object.field("prev_kv", kv(before)).end(),
            None => object.end(),
        }
    };
    let object = Object::new()
        .field("Header", header(h))
        .field("Events", list(events.iter().map(one)))
        .field("CompactRevision", canceled.unwrap_or_default().0)
        .field("Canceled", canceled.is_some())
        .field("Created", false);
    object.end() + "\n"
}

/// `endpoint status`.
pub fn endpoint_status(answers: &[EndpointAnswer]) -> String {
    let one = |answer: &EndpointAnswer| {
        let Response::Status { header: h, status } = &*answer.response else { return String::new() };
        let object = Object::new().field("header", header(h)).text("version", &status.version);
        let object = object
            .number("dbSize", status.db_size)
            .number("leader", status.leader)
            .number("raftIndex", status.raft_index)
            .number("raftTerm", status.raft_term)
            .number("raftAppliedIndex", status.raft_applied_index);
        let object = if status.errors.is_empty() {
            object
        } else {
            object.field("errors", list(status.errors.iter().map(|e| string(e))))
        };
        let target = &status.downgrade.target_version;
        let downgrade = Object::new().on("enabled", status.downgrade.enabled);
        let downgrade = if target.is_empty() { downgrade } else { downgrade.text("targetVersion", target) };
        let status = object
            .number("dbSizeInUse", status.db_size_in_use)
            .on("isLearner", status.is_learner)
            .text("storageVersion", &status.storage_version)
            .number("dbSizeQuota", status.db_size_quota)
            .field("downgradeInfo", downgrade.end());
        Object::new().text("Endpoint", &answer.endpoint).field("Status", status.end()).end()
    };
    list(answers.iter().map(one)) + "\n"
}

/// `endpoint hashkv`.
pub fn endpoint_hash(answers: &[EndpointAnswer]) -> String {
    let one = |answer: &EndpointAnswer| {
        let Response::HashKv { header: h, hash, compact_revision, hash_revision } = &*answer.response else {
            return String::new();
        };
        // A store that was never compacted says -1.
        let compacted = match compact_revision.0 {
            0 => "-1".to_owned(),
            revision => revision.to_string(),
        };
        let hash = Object::new()
            .field("header", header(h))
            .number("hash", u64::from(*hash))
            .field("compact_revision", compacted)
            .number("hash_revision", hash_revision.0);
        Object::new().text("Endpoint", &answer.endpoint).field("HashKV", hash.end()).end()
    };
    list(answers.iter().map(one)) + "\n"
}

/// `endpoint health`.
pub fn endpoint_health(healths: &[Health]) -> String {
    let one = |h: &Health| {
        let object = Object::new()
            .text("endpoint", &h.endpoint)
            .field("health", h.error.is_empty())
            .text("took", &h.took);
        if h.error.is_empty() { object.end() } else { object.text("error", &h.error).end() }
    };
    list(healths.iter().map(one)) + "\n"
}

/// `snapshot status`.
pub fn snapshot_status(status: &DbStatus) -> String {
    let object = Object::new()
        .field("hash", status.hash)
        .field("revision", status.revision.0)
        .field("totalKey", status.total_key)
        .field("totalSize", status.total_size)
        .text("version", &status.version);
    object.end() + "\n"
}
