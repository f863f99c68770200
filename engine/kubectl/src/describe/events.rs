//! The table of events at the end of a description.

use api::Value;
use sim::SimTime;

use super::text::{at, number};

/// Writes the events, oldest first as the server has them.
pub fn write(events: &[Value], now: SimTime, out: &mut String) {
    if events.is_empty() {
        out.push_str("Events:\t<none>\n");
        return;
    }
    let mut events: Vec<&Value> = events.iter().collect();
    events.sort_by_key(|e| last_seen(e).and_then(SimTime::parse_rfc3339));
    out.push_str("Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n");
    for event in events {
        let source = match at(event, &["source", "component"]) {
            "" => at(event, &["reportingComponent"]),
            component => component,
        };
        out.push_str(&format!(
            "  {}\t{}\t{}\t{source}\t{}\n",
            at(event, &["type"]),
            at(event, &["reason"]),
            interval(event, now),
            at(event, &["message"]).trim()
        ));
    }
}

fn first_seen(event: &Value) -> Option<&str> {
    [&["firstTimestamp"][..], &["eventTime"]].iter().map(|path| at(event, path)).find(|t| !t.is_empty())
}

fn last_seen(event: &Value) -> Option<&str> {
    let times =
        [&["series", "lastObservedTime"][..], &["lastTimestamp"], &["eventTime"], &["firstTimestamp"]];
    times.iter().map(|path| at(event, path)).find(|t| !t.is_empty())
}

/// `5s`, or `5s (x3 over 1m)`.
fn interval(event: &Value, now: SimTime) -> String {
    let age = |text: Option<&str>| api::duration::age_of(text, now);
    let (series, count) = (number(event, &["series", "count"]), number(event, &["count"]));
    if series > 0 || count > 1 {
        let times = if series > 0 { series } else { count };
        return format!("{} (x{times} over {})", age(last_seen(event)), age(first_seen(event)));
    }
    age(first_seen(event))
}
