//! Events.

use sim::SimTime;

use super::columns::{Column, NAME, text, wide};
use super::{Cell, Printer};
use crate::{Object, duration};

pub(super) static EVENTS: Printer = Printer {
    columns: &[
        text("Last Seen"),
        text("Type"),
        text("Reason"),
        text("Object"),
        wide("Subobject"),
        wide("Source"),
        text("Message"),
        wide("First Seen"),
        wide("Count"),
        Column { priority: 1, ..NAME },
    ],
    row,
};

fn row(object: &Object, now: SimTime) -> Vec<Cell> {
    let Some(event) = object.event() else {
        return vec![Cell::from("<unknown>")];
    };
    let first = duration::age(event.first_timestamp.or(event.event_time), now);
    let mut last = event.last_timestamp.map_or_else(|| first.clone(), |at| duration::age(Some(at), now));
    let mut count = event.count.max(1);
    if let Some(series) = &event.series {
        last = duration::age(series.last_observed_time, now);
        count = series.count;
    }
    let about = &event.involved_object;
    let kind = about.kind.to_lowercase();
    let target = if about.name.is_empty() { kind } else { format!("{kind}/{}", about.name) };
    let component =
        if event.source.component.is_empty() { &event.reporting_component } else { &event.source.component };
    let host = if event.source.host.is_empty() { String::new() } else { format!(", {}", event.source.host) };
    vec![
        Cell::from(last),
        Cell::from(&event.kind),
        Cell::from(&event.reason),
        Cell::from(target),
        Cell::from(&about.field_path),
        Cell::from(format!("{component}{host}")),
        Cell::from(event.message.trim()),
        Cell::from(first),
        Cell::from(count),
        Cell::from(object.name()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn an_event() {
        let event = Object::new(object!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": "web.1"}, "type": "Normal", "reason": "Pulled",
            "involvedObject": {"kind": "Pod", "name": "web", "fieldPath": "spec.containers{web}"}, "count": 2,
            "message": "done\n", "source": {"component": "kubelet", "host": "node-1"},
            "firstTimestamp": "2026-01-01T00:00:10Z", "lastTimestamp": "2026-01-01T00:00:50Z",
        }));
        assert_eq!(
            Cell::from(row(&event, SimTime::from_secs(60))),
            object!([
                "10s",
                "Normal",
                "Pulled",
                "pod/web",
                "spec.containers{web}",
                "kubelet, node-1",
                "done",
                "50s",
                2,
                "web.1"
            ])
        );
    }
}
