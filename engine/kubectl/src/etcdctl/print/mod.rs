//! What etcdctl prints: four formats of every answer.

mod fields;
mod go;
mod json;
mod simple;
mod table;

use etcd::rpc::{Event, Header, KeyValue, MemberInfo, OpResponse, Response, Revision};

pub use go::{bytes as human_bytes, member_id, unquote};
pub use table::draw as draw_table;

use super::failure::{Exit, error};
use crate::failure::Failure;

/// The formats of `--write-out`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Format {
    Simple,
    Json,
    Fields,
    Table,
}

impl Format {
    /// Reads a format's name.
    ///
    /// # Errors
    /// As the tool says it.
    pub fn read(name: &str) -> Result<Format, Failure> {
        match name {
            "simple" => Ok(Format::Simple),
            "json" => Ok(Format::Json),
            "fields" => Ok(Format::Fields),
            "table" => Ok(Format::Table),
            "protobuf" => {
                Err(error(Exit::BadFeature, "protobuf is not simulated: use simple, json, fields or table"))
            }
            _ => Err(error(Exit::BadFeature, "unsupported output format")),
        }
    }
}

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Style {
    /// The format.
    pub format: Format,
    /// `--hex`.
    pub hex: bool,
    /// `--print-value-only`.
    pub value_only: bool,
}

/// What an answer answers, where the answer alone does not say it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Shown {
    /// The answer says all.
    Plain,
    /// The lease that was revoked.
    Revoked(i64),
    /// Whether the lease's keys were asked for.
    TimeToLive(bool),
    /// The new member's name and its peer URLs as they were given.
    Added(String, String),
    /// The member that was removed, updated, promoted.
    Member(u64),
    /// The old leader and the new one.
    Moved(u64, u64),
}

/// One line of `endpoint status`, `hashkv` or `health`.
#[derive(Clone, Debug, Hash)]
pub struct EndpointAnswer {
    /// The endpoint as it was written.
    pub endpoint: api::Str,
    /// The answer.
    pub response: std::sync::Arc<Response>,
}

/// One line of `endpoint health`.
#[derive(Clone, Debug, Hash)]
pub struct Health {
    /// The endpoint as it was written.
    pub endpoint: api::Str,
    /// How long it took, as Go writes durations.
    pub took: String,
    /// What is wrong; empty when all is well.
    pub error: String,
}

/// What is in a snapshot file.
pub type DbStatus = etcd::snapshot::SnapshotStatus;

/// The text of an answer.
///
/// # Errors
/// When the format has none for it.
pub fn response(style: Style, shown: &Shown, response: &Response) -> Result<String, Failure> {
    match style.format {
        Format::Simple => Ok(simple::response(style, shown, response)),
        Format::Json => Ok(json::response(style, response)),
        Format::Fields => Ok(fields::response(style, response)),
        Format::Table => match response {
            Response::MemberList { members, .. } => Ok(draw_table(&MEMBERS, &member_rows(members))),
            _ => Err(error(Exit::BadFeature, "table not supported as output format")),
        },
    }
}

const MEMBERS: [&str; 6] = ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"];

fn member_rows(members: &[MemberInfo]) -> Vec<Vec<String>> {
    let row = |member: &MemberInfo| {
        vec![
            member_id(member.id),
            if member.is_started() { "started" } else { "unstarted" }.to_owned(),
            member.name.to_string(),
            member.peer_urls.join(","),
            member.client_urls.join(","),
            member.is_learner.to_string(),
        ]
    };
    members.iter().map(row).collect()
}

const STATUS: [&str; 16] = [
    "endpoint",
    "ID",
    "version",
    "storage version",
    "db size",
    "in use",
    "percentage not in use",
    "quota",
    "is leader",
    "is learner",
    "raft term",
    "raft index",
    "raft applied index",
    "errors",
    "downgrade target version",
    "downgrade enabled",
];

fn status_rows(answers: &[EndpointAnswer]) -> Vec<Vec<String>> {
    let row = |answer: &EndpointAnswer| {
        let Response::Status { header, status } = &*answer.response else { return None };
        let used = (status.db_size_in_use * 100).checked_div(status.db_size).unwrap_or(100);
        Some(vec![
            answer.endpoint.to_string(),
            member_id(header.member),
            status.version.to_string(),
            status.storage_version.to_string(),
            human_bytes(status.db_size),
            human_bytes(status.db_size_in_use),
            format!("{}%", 100u64.saturating_sub(used)),
            human_bytes(status.db_size_quota),
            (status.leader == header.member).to_string(),
            status.is_learner.to_string(),
            status.raft_term.to_string(),
            status.raft_index.to_string(),
            status.raft_applied_index.to_string(),
            status.errors.join(", "),
            status.downgrade.target_version.to_string(),
            status.downgrade.enabled.to_string(),
        ])
    };
    answers.iter().filter_map(row).collect()
}

fn hash_rows(answers: &[EndpointAnswer]) -> Vec<Vec<String>> {
    let row = |answer: &EndpointAnswer| {
        let Response::HashKv { hash, hash_revision, .. } = &*answer.response else { return None };
        Some(vec![answer.endpoint.to_string(), hash.to_string(), hash_revision.0.to_string()])
    };
    answers.iter().filter_map(row).collect()
}

/// `endpoint status`.
pub fn endpoint_status(style: Style, answers: &[EndpointAnswer]) -> String {
    match style.format {
        Format::Simple => simple::rows(&status_rows(answers)),
        Format::Table => draw_table(&STATUS, &status_rows(answers)),
        Format::Json => json::endpoint_status(answers),
        Format::Fields => fields::endpoint_status(style, answers),
    }
}

/// `endpoint hashkv`.
pub fn endpoint_hash(style: Style, answers: &[EndpointAnswer]) -> String {
    match style.format {
        Format::Simple => simple::rows(&hash_rows(answers)),
        Format::Table => draw_table(&["endpoint", "hash", "hash_revision"], &hash_rows(answers)),
        Format::Json => json::endpoint_hash(answers),
        Format::Fields => fields::endpoint_hash(style, answers),
    }
}

/// `endpoint health`: what goes to standard output and to standard error.
pub fn endpoint_health(style: Style, healths: &[Health]) -> (String, String) {
    match style.format {
        Format::Simple => simple::endpoint_health(healths),
        Format::Table => {
            let row = |h: &Health| {
                vec![h.endpoint.to_string(), h.error.is_empty().to_string(), h.took.clone(), h.error.clone()]
            };
            let rows: Vec<Vec<String>> = healths.iter().map(row).collect();
            (draw_table(&["endpoint", "health", "took", "error"], &rows), String::new())
        }
        Format::Json => (json::endpoint_health(healths), String::new()),
        Format::Fields => (fields::endpoint_health(healths), String::new()),
    }
}

/// `snapshot status`.
pub fn snapshot_status(style: Style, status: &DbStatus) -> String {
    let row = || {
        vec![vec![
            format!("{:x}", status.hash),
            status.revision.0.to_string(),
            status.total_key.to_string(),
            human_bytes(status.total_size),
            status.version.to_string(),
        ]]
    };
    match style.format {
        Format::Simple => simple::rows(&row()),
        Format::Table => draw_table(&["hash", "revision", "total keys", "total size", "version"], &row()),
        Format::Json => json::snapshot_status(status),
        Format::Fields => fields::snapshot_status(status),
    }
}

/// A watch's answer; `canceled` when it is the last one, with the revision before which history is gone.
///
/// # Errors
/// When the format has none for it.
pub fn watch(
    style: Style,
    header: &Header,
    events: &[Event],
    canceled: Option<Revision>,
) -> Result<String, Failure> {
    match style.format {
        Format::Simple => Ok(simple::watch(style, events)),
        Format::Json => Ok(json::watch(header, events, canceled)),
        Format::Fields => Ok(fields::watch(style, header, events)),
        Format::Table => Err(error(Exit::BadFeature, "table not supported as output format")),
    }
}

/// The parts of a transaction's answer, each with the revision that its own header has: reads before the first
/// change are at the revision before.
fn parts<'a>(
    header: &Header,
    responses: &'a [OpResponse],
) -> impl Iterator<Item = (Header, &'a OpResponse)> + use<'a> {
    let after = header.revision.0;
    let changes = responses.iter().any(changes_something);
    let mut changed = false;
    responses.iter().map(move |response| {
        changed |= changes_something(response);
        let revision = if changes && !changed { after.saturating_sub(1) } else { after };
        (Header { revision: Revision(revision), ..Header::default() }, response)
    })
}

fn changes_something(response: &OpResponse) -> bool {
    match response {
        OpResponse::Range { .. } => false,
        OpResponse::Put { .. } => true,
        OpResponse::DeleteRange { deleted, .. } => *deleted > 0,
        OpResponse::Txn { responses, .. } => responses.iter().any(changes_something),
    }
}

/// The text of a value: bytes that are no UTF-8 are replaced, since the terminal shows text.
fn text_of(kv: &KeyValue) -> String {
    kv.value.text()
}
