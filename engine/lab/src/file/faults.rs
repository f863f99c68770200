//! Faults in a lab file: read and written.

use api::{Value, object};
use sim::SimTime;

use super::etcd::FSYNC_MAX_US;
use super::read::{Place, Result};
use crate::action::{Ends, Fault};
use crate::view::MessageId;

const FAULTS: &str = "must be one of crash, restart, cut, heal, healAll, link, partition, hold, deliver, drop, delay, duplicate, reorder, wipe, \
     crashTorn, corrupt, diskLies, diskLatency, tune, campaign, join, proposeConfChange";

/// Names in one list at the most; a lab has no more machines.
const NAMES_MAX: usize = 6_000;

pub(super) fn read_fault(fault: &Place<'_>) -> Result<Fault> {
    if fault.value.as_str().is_some_and(|s| s == "healAll") {
        return Ok(Fault::HealAll);
    }
    let Some((name, _)) = fault.value.as_map().filter(|m| m.len() == 1).and_then(|m| m.iter().next()) else {
        return fault.wrong(FAULTS);
    };
    let Some(what) = fault.child(name) else { return fault.wrong(FAULTS) };
    Ok(match name.as_str() {
        "crash" => Fault::Crash(what.text()?),
        "restart" => Fault::Restart(what.text()?),
        "cut" => Fault::Cut(read_ends(&what)?),
        "heal" => Fault::Heal(read_ends(&what)?),
        "healAll" => Fault::HealAll,
        "link" => {
            what.only(&["ends", "rule"])?;
            let (ends, rule) = (needed(&what, "ends")?, needed(&what, "rule")?);
            match api::from_value(rule.value) {
                Ok(parsed) => Fault::Link { ends: read_ends(&ends)?, rule: parsed },
                Err(error) => return rule.wrong(error.to_string()),
            }
        }
        "hold" => Fault::Hold(read_message(&what)?),
        "deliver" => Fault::Deliver(read_message(&what)?),
        "drop" => Fault::Drop(read_message(&what)?),
        "delay" => {
            what.only(&["message", "byMs"])?;
            let by_ms = needed(&what, "byMs")?.whole(0, 86_400_000)?;
            Fault::Delay { message: read_message(&needed(&what, "message")?)?, by_ms }
        }
        "duplicate" => Fault::Duplicate(read_message(&what)?),
        "reorder" => {
            what.only(&["first", "second"])?;
            let end = |name| read_message(&needed(&what, name)?);
            Fault::Reorder { first: end("first")?, second: end("second")? }
        }
        "partition" => {
            Fault::Partition(what.items()?.iter().map(read_names).collect::<Result<Vec<Vec<String>>>>()?)
        }
        _ => return read_members_fault(name, fault, &what),
    })
}

fn read_members_fault(name: &str, fault: &Place<'_>, what: &Place<'_>) -> Result<Fault> {
    let target = || needed(what, "target")?.text();
    Ok(match name {
        "wipe" => Fault::Wipe(what.text()?),
        "crashTorn" => {
            what.only(&["target", "sectors"])?;
            Fault::CrashTorn { target: target()?, sectors: needed(what, "sectors")?.whole(0, 1 << 32)? }
        }
        "corrupt" => {
            what.only(&["target", "record"])?;
            let record = what.child("record").map_or(Ok(0), |p| p.whole(0, 1 << 32))?;
            Fault::Corrupt { target: target()?, record }
        }
        "diskLies" => {
            what.only(&["target", "lies"])?;
            let lies = what.child("lies").map_or(Ok(true), |p| p.flag())?;
            Fault::DiskLies { target: target()?, lies }
        }
        "diskLatency" => {
            what.only(&["target", "minUs", "maxUs"])?;
            let min_us = needed(what, "minUs")?.whole(0, FSYNC_MAX_US)?;
            let max_us = needed(what, "maxUs")?.whole(min_us, FSYNC_MAX_US)?;
            Fault::DiskLatency { target: target()?, min_us, max_us }
        }
        "tune" => {
            what.only(&["target", "tickMs", "heartbeatTicks", "electionTicks"])?;
            let number = |name, most| what.child(name).map(|p| p.whole(1, most)).transpose();
            Fault::Tune {
                target: what.child("target").map_or(Ok(String::new()), |p| p.text())?,
                tick_ms: number("tickMs", 10_000)?,
                heartbeat_ticks: number("heartbeatTicks", 10_000)?.map(|n| n as u32),
                election_ticks: number("electionTicks", 50_000)?.map(|n| n as u32),
            }
        }
        "campaign" => Fault::Campaign(read_names(what)?),
        "join" => Fault::Join(what.text()?),
        "proposeConfChange" => {
            what.only(&["target", "changes"])?;
            Fault::ProposeConfChange { target: target()?, changes: needed(what, "changes")?.text()? }
        }
        _ => return fault.wrong(FAULTS),
    })
}

fn needed<'a>(place: &Place<'a>, name: &str) -> Result<Place<'a>> {
    match place.child(name) {
        Some(found) => Ok(found),
        None => place.wrong(format!("needs {name:?}")),
    }
}

/// A list of names, or one name.
fn read_names(place: &Place<'_>) -> Result<Vec<String>> {
    if let Value::Str(one) = place.value {
        return Ok(vec![one.to_string()]);
    }
    let items = place.items()?;
    if items.len() > NAMES_MAX {
        return place.wrong(format!("has {} names; at most {NAMES_MAX}", items.len()));
    }
    items.iter().map(Place::text).collect()
}

fn read_ends(ends: &Place<'_>) -> Result<Ends> {
    ends.only(&["from", "to", "oneWay"])?;
    let (Some(from), Some(to)) = (ends.child("from"), ends.child("to")) else {
        return ends.wrong("needs \"from\" and \"to\", such as etcd-0 and etcd-1");
    };
    let one_way = ends.child("oneWay").map_or(Ok(false), |p| p.flag())?;
    Ok(Ends { from: from.text()?, to: to.text()?, one_way })
}

fn read_message(message: &Place<'_>) -> Result<MessageId> {
    message.only(&["atNanos", "sequence"])?;
    let part = |name| needed(message, name)?.whole(0, u64::MAX);
    Ok(MessageId { at: SimTime::from_nanos(part("atNanos")?), sequence: part("sequence")? })
}

pub(super) fn fault(fault: &Fault) -> Value {
    match fault {
        Fault::Crash(target) => object!({ "crash": target.as_str() }),
        Fault::Restart(target) => object!({ "restart": target.as_str() }),
        Fault::Cut(between) => object!({ "cut": ends(between) }),
        Fault::Heal(between) => object!({ "heal": ends(between) }),
        Fault::HealAll => Value::from("healAll"),
        Fault::Link { ends: between, rule } => object!({ "link": {
            "ends": ends(between),
            "rule": {
                "latencyNs": rule.latency_ns as i64, "jitterNs": rule.jitter_ns as i64, "lossPpm": rule.loss_ppm,
                "duplicatePpm": rule.duplicate_ppm, "cut": rule.cut, "hold": rule.hold
            }
        }}),
        Fault::Hold(id) => object!({ "hold": message(*id) }),
        Fault::Deliver(id) => object!({ "deliver": message(*id) }),
        Fault::Drop(id) => object!({ "drop": message(*id) }),
        Fault::Delay { message: id, by_ms } => {
            object!({ "delay": { "message": message(*id), "byMs": *by_ms as i64 } })
        }
        Fault::Duplicate(id) => object!({ "duplicate": message(*id) }),
        Fault::Reorder { first, second } => {
            object!({ "reorder": { "first": message(*first), "second": message(*second) } })
        }
        Fault::Partition(groups) => {
            object!({ "partition": groups.iter().map(|group| names(group)).collect::<Vec<_>>() })
        }
        Fault::Wipe(target) => object!({ "wipe": target.as_str() }),
        Fault::CrashTorn { target, sectors } => {
            object!({ "crashTorn": { "target": target.as_str(), "sectors": *sectors as i64 } })
        }
        Fault::Corrupt { target, record } => {
            object!({ "corrupt": { "target": target.as_str(), "record": *record as i64 } })
        }
        Fault::DiskLies { target, lies } => {
            object!({ "diskLies": { "target": target.as_str(), "lies": *lies } })
        }
        Fault::DiskLatency { target, min_us, max_us } => object!({ "diskLatency": {
            "target": target.as_str(), "minUs": *min_us as i64, "maxUs": *max_us as i64
        }}),
        Fault::Tune { target, tick_ms, heartbeat_ticks, election_ticks } => {
            let mut tune = object! { "target": if target.is_empty() { "all" } else { target.as_str() } };
            let ticks = |n: &Option<u32>| n.map(u64::from);
            for (name, value) in [
                ("tickMs", *tick_ms),
                ("heartbeatTicks", ticks(heartbeat_ticks)),
                ("electionTicks", ticks(election_ticks)),
            ] {
                if let Some(value) = value {
                    tune.set(&[name], value as i64);
                }
            }
            object!({ "tune": tune })
        }
        Fault::Campaign(members) => object!({ "campaign": names(members) }),
        Fault::Join(target) => object!({ "join": target.as_str() }),
        Fault::ProposeConfChange { target, changes } => {
            object!({ "proposeConfChange": { "target": target.as_str(), "changes": changes.as_str() } })
        }
    }
}

fn names(names: &[String]) -> Value {
    names.iter().map(|name| Value::from(name.as_str())).collect::<Vec<_>>().into()
}

fn ends(ends: &Ends) -> Value {
    let mut tree = object! { "from": ends.from.as_str(), "to": ends.to.as_str() };
    if ends.one_way {
        tree.set(&["oneWay"], true);
    }
    tree
}

fn message(id: MessageId) -> Value {
    object! { "atNanos": id.at.as_nanos() as i64, "sequence": id.sequence as i64 }
}
