//! `--write-out=simple`: what people read.

use etcd::rpc::{Event, KeyValue, OpResponse, Response};

use super::{Health, Shown, Style, go, member_id, member_rows, text_of};

/// An answer.
pub fn response(style: Style, shown: &Shown, response: &Response) -> String {
    match response {
        Response::Op { response, .. } => op(style, response),
        Response::LeaseGrant { id, ttl_seconds, .. } => {
            format!("lease {:016x} granted with TTL({ttl_seconds}s)\n", id.0)
        }
        Response::LeaseRevoke { .. } => match shown {
            Shown::Revoked(id) => format!("lease {id:016x} revoked\n"),
            _ => String::new(),
        },
        Response::LeaseKeepAlive { id, ttl_seconds, .. } => {
            format!("lease {:016x} keepalived with TTL({ttl_seconds})\n", id.0)
        }
        Response::LeaseTimeToLive { id, ttl_seconds, granted_ttl_seconds, keys, .. } => {
            if *granted_ttl_seconds == 0 && *ttl_seconds == -1 {
                return format!("lease {:016x} already expired\n", id.0);
            }
            let mut text = format!(
                "lease {:016x} granted with TTL({granted_ttl_seconds}s), remaining({ttl_seconds}s)",
                id.0
            );
            if *shown == Shown::TimeToLive(true) {
                text.push_str(&format!(", attached keys([{}])", keys.join(" ")));
            }
            text.push('\n');
            text
        }
        Response::LeaseLeases { leases, .. } => {
            let ids: String = leases.iter().map(|id| format!("{:016x}\n", id.0)).collect();
            format!("found {} leases\n{ids}", leases.len())
        }
        Response::MemberList { members, .. } => rows(&member_rows(members)),
        Response::MemberAdd { header, member, members } => {
            let learner = if member.is_learner { " as learner " } else { " " };
            let mut text =
                format!("Member {:>16x} added{learner}to cluster {:>16x}\n", member.id, header.cluster);
            if let Shown::Added(name, urls) = shown {
                let cluster: Vec<String> = members
                    .iter()
                    .flat_map(|m| {
                        let name = if m.id == member.id { name.as_str() } else { m.name.as_str() };
                        m.peer_urls.iter().map(move |url| format!("{name}={url}"))
                    })
                    .collect();
                text.push_str(&format!(
                    "\nETCD_NAME={}\nETCD_INITIAL_CLUSTER={}\nETCD_INITIAL_ADVERTISE_PEER_URLS={}\n\
                     ETCD_INITIAL_CLUSTER_STATE=\"existing\"\n",
                    go::quote(name.as_bytes()),
                    go::quote(cluster.join(",").as_bytes()),
                    go::quote(urls.as_bytes())
                ));
            }
            text
        }
        Response::MemberRemove { header, .. } => changed(shown, "removed from", header.cluster),
        Response::MemberUpdate { header, .. } => changed(shown, "updated in", header.cluster),
        Response::MemberPromote { header, .. } => changed(shown, "promoted in", header.cluster),
        Response::MoveLeader { .. } => match shown {
            Shown::Moved(from, to) => {
                format!("Leadership transferred from {} to {}\n", member_id(*from), member_id(*to))
            }
            _ => String::new(),
        },
        Response::Alarm { alarms, .. } => alarms.iter().map(|alarm| format!("{alarm}\n")).collect(),
        _ => String::new(),
    }
}

fn changed(shown: &Shown, what: &str, cluster: u64) -> String {
    match shown {
        Shown::Member(id) => format!("Member {id:>16x} {what} cluster {cluster:>16x}\n"),
        _ => String::new(),
    }
}

fn op(style: Style, response: &OpResponse) -> String {
    match response {
        OpResponse::Range { kvs, .. } => kvs.iter().map(|pair| kv(style, pair)).collect(),
        OpResponse::Put { prev_kv } => {
            format!("OK\n{}", prev_kv.as_ref().map(|pair| kv(style, pair)).unwrap_or_default())
        }
        OpResponse::DeleteRange { deleted, prev_kvs } => {
            format!("{deleted}\n{}", prev_kvs.iter().map(|pair| kv(style, pair)).collect::<String>())
        }
        OpResponse::Txn { succeeded, responses } => {
            let mut text = String::from(if *succeeded { "SUCCESS\n" } else { "FAILURE\n" });
            for response in responses.iter() {
                text.push('\n');
                text.push_str(&op(style, response));
            }
            text
        }
    }
}

fn kv(style: Style, pair: &KeyValue) -> String {
    let (key, value) = if style.hex {
        (go::hex(pair.key.as_bytes()), go::hex(&pair.value.bytes()))
    } else {
        (pair.key.to_string(), text_of(pair))
    };
    if style.value_only { format!("{value}\n") } else { format!("{key}\n{value}\n") }
}

/// A watch's events.
pub fn watch(style: Style, events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        text.push_str(if event.delete { "DELETE\n" } else { "PUT\n" });
        if let Some(before) = &event.prev_kv {
            text.push_str(&kv(style, before));
        }
        text.push_str(&kv(style, &event.kv));
    }
    text
}

/// Rows with commas.
pub fn rows(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| row.join(", ") + "\n").collect()
}

/// `endpoint health`: the healthy to standard output, the others to standard error.
pub fn endpoint_health(healths: &[Health]) -> (String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    for Health { endpoint, took, error } in healths {
        if error.is_empty() {
            out.push_str(&format!("{endpoint} is healthy: successfully committed proposal: took = {took}\n"));
        } else {
            err.push_str(&format!("{endpoint} is unhealthy: failed to commit proposal: {error}\n"));
        }
    }
    (out, err)
}
