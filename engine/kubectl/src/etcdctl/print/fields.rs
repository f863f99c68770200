//! `--write-out=fields`: one field a line.

use etcd::rpc::{Event, Header, KeyValue, OpResponse, Response};

use super::{DbStatus, EndpointAnswer, Health, Style, go, member_id, parts};

fn id(style: Style, id: u64) -> String {
    if style.hex { member_id(id) } else { id.to_string() }
}

fn lease(style: Style, id: i64) -> String {
    if style.hex { format!("{id:016x}") } else { id.to_string() }
}

fn header(style: Style, header: &Header, with_revision: bool) -> String {
    let mut text = format!(
        "\"ClusterID\" : {}\n\"MemberID\" : {}\n",
        id(style, header.cluster),
        id(style, header.member)
    );
    if with_revision && header.revision.0 > 0 {
        text.push_str(&format!("\"Revision\" : {}\n", header.revision.0));
    }
    text.push_str(&format!("\"RaftTerm\" : {}\n", header.raft_term));
    text
}

fn kv(style: Style, prefix: &str, kv: &KeyValue) -> String {
    format!(
        "\"{prefix}Key\" : {}\n\"{prefix}CreateRevision\" : {}\n\"{prefix}ModRevision\" : {}\n\"{prefix}Version\" : {}\n\
         \"{prefix}Value\" : {}\n\"{prefix}Lease\" : {}\n",
        go::quote(kv.key.as_bytes()),
        kv.create_revision.0,
        kv.mod_revision.0,
        kv.version,
        go::quote(&kv.value.bytes()),
        lease(style, kv.lease.0)
    )
}

/// An answer.
pub fn response(style: Style, response: &Response) -> String {
    match response {
        Response::Op { header, response } => op(style, header, response),
        Response::LeaseGrant { header: h, id, ttl_seconds }
        | Response::LeaseKeepAlive { header: h, id, ttl_seconds } => {
            format!("{}\"ID\" : {}\n\"TTL\" : {ttl_seconds}\n", header(style, h, true), lease(style, id.0))
        }
        Response::LeaseTimeToLive { header: h, id, ttl_seconds, granted_ttl_seconds, keys } => {
            let keys: String =
                keys.iter().map(|key| format!("\"Key\" : {}\n", go::quote(key.as_bytes()))).collect();
            format!(
                "{}\"ID\" : {}\n\"TTL\" : {ttl_seconds}\n\"GrantedTTL\" : {granted_ttl_seconds}\n{keys}",
                header(style, h, true),
                lease(style, id.0)
            )
        }
        Response::LeaseLeases { header: h, leases } => {
            let ids: String = leases.iter().map(|id| format!("\"ID\" : {}\n", lease(style, id.0))).collect();
            header(style, h, true) + &ids
        }
        Response::LeaseRevoke { header: h } => header(style, h, true),
        Response::MemberList { header: h, members } => {
            let mut text = header(style, h, false);
            for member in members {
                text.push_str(&format!(
                    "\"ID\" : {}\n\"Name\" : {}\n",
                    id(style, member.id),
                    go::quote(member.name.as_bytes())
                ));
                for url in &member.peer_urls {
                    text.push_str(&format!("\"PeerURL\" : {}\n", go::quote(url.as_bytes())));
                }
                for url in &member.client_urls {
                    text.push_str(&format!("\"ClientURL\" : {}\n", go::quote(url.as_bytes())));
                }
                text.push_str(&format!("\"IsLearner\" : {}\n\n", member.is_learner));
            }
            text
        }
        Response::Alarm { header: h, alarms } => {
            let mut text = header(style, h, true);
            for alarm in alarms {
                text.push_str(&format!(
                    "\"MemberID\" : {}\n\"AlarmType\" : {}\n\n",
                    id(style, alarm.member),
                    alarm.alarm.name()
                ));
            }
            text
        }
        // For the others the tool has no fields but those of the header.
        Response::MemberAdd { header: h, .. }
        | Response::MemberRemove { header: h, .. }
        | Response::MemberUpdate { header: h, .. }
        | Response::MemberPromote { header: h, .. }
        | Response::MoveLeader { header: h } => header(style, h, false),
        _ => String::new(),
    }
}

fn op(style: Style, h: &Header, response: &OpResponse) -> String {
    let mut text = header(style, h, true);
    match response {
        OpResponse::Range { kvs, more, count } => {
            for pair in kvs.iter() {
                text.push_str(&kv(style, "", pair));
            }
            text.push_str(&format!("\"More\" : {more}\n\"Count\" : {count}\n"));
        }
        OpResponse::Put { prev_kv } => {
            if let Some(pair) = prev_kv {
                text.push_str(&kv(style, "Prev", pair));
            }
        }
        OpResponse::DeleteRange { deleted, prev_kvs } => {
            text.push_str(&format!("\"Deleted\" : {deleted}\n"));
            for pair in prev_kvs.iter() {
                text.push_str(&kv(style, "Prev", pair));
            }
        }
        OpResponse::Txn { succeeded, responses } => {
            text.push_str(&format!("\"Succeeded\" : {succeeded}\n"));
            for (header, response) in parts(h, responses) {
                text.push_str(&op(style, &header, response));
            }
        }
    }
    text
}

/// A watch's events.
pub fn watch(style: Style, h: &Header, events: &[Event]) -> String {
    let mut text = header(style, h, true);
    for event in events {
        text.push_str(&format!("\"Type\" : {}\n", if event.delete { "DELETE" } else { "PUT" }));
        if let Some(before) = &event.prev_kv {
            text.push_str(&kv(style, "Prev", before));
        }
        text.push_str(&kv(style, "", &event.kv));
    }
    text
}

/// `endpoint status`.
pub fn endpoint_status(style: Style, answers: &[EndpointAnswer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let Response::Status { header: h, status } = &*answer.response else { continue };
        text.push_str(&header(style, h, true));
        text.push_str(&format!(
            "\"Version\" : {}\n\"StorageVersion\" : {}\n\"DBSize\" : {}\n\"DBSizeInUse\" : {}\n\"DBSizeQuota\" : {}\n\
             \"Leader\" : {}\n\"IsLearner\" : {}\n\"RaftIndex\" : {}\n\"RaftTerm\" : {}\n\"RaftAppliedIndex\" : {}\n\
             \"Errors\" : [{}]\n\"Endpoint\" : {}\n\"DowngradeTargetVersion\" : {}\n\"DowngradeEnabled\" : {}\n\n",
            go::quote(status.version.as_bytes()),
            go::quote(status.storage_version.as_bytes()),
            status.db_size,
            status.db_size_in_use,
            status.db_size_quota,
            status.leader,
            status.is_learner,
            status.raft_index,
            status.raft_term,
            status.raft_applied_index,
            status.errors.join(" "),
            go::quote(answer.endpoint.as_bytes()),
            go::quote(status.downgrade.target_version.as_bytes()),
            status.downgrade.enabled,
        ));
    }
    text
}

/// `endpoint hashkv`.
pub fn endpoint_hash(style: Style, answers: &[EndpointAnswer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let Response::HashKv { header: h, hash, hash_revision, .. } = &*answer.response else { continue };
        text.push_str(&header(style, h, true));
        text.push_str(&format!(
            "\"Endpoint\" : {}\n\"Hash\" : {hash}\n\"HashRevision\" : {}\n\n",
            go::quote(answer.endpoint.as_bytes()),
            hash_revision.0
        ));
    }
    text
}

/// `endpoint health`.
pub fn endpoint_health(healths: &[Health]) -> String {
    let one = |h: &Health| {
        format!(
            "\"Endpoint\" : {}\n\"Health\" : {}\n\"Took\" : {}\n\"Error\" : {}\n\n",
            go::quote(h.endpoint.as_bytes()),
            h.error.is_empty(),
            h.took,
            h.error
        )
    };
    healths.iter().map(one).collect()
}

/// `snapshot status`.
pub fn snapshot_status(status: &DbStatus) -> String {
    format!(
        "\"Hash\" : {}\n\"Revision\" : {}\n\"Keys\" : {}\n\"Size\" : {}\n\"Version\" : {}\n",
        status.hash, status.revision.0, status.total_key, status.total_size, status.version
    )
}
