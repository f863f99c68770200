//! Jobs and cron jobs.

use sim::SimTime;

use super::columns::{AGE, NAME, number, text, wide};
use super::text::{NONE, age, at, containers_at, selector};
use super::{Cell, Printer};
use crate::{Object, Value, duration};

pub(super) static JOBS: Printer = Printer {
    columns: &[
        NAME,
        text("Status"),
        text("Completions"),
        text("Duration"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    row: job,
};

fn job(object: &Object, now: SimTime) -> Vec<Cell> {
    let value = object.value();
    let has = |kind: &str| {
        let conditions = value.items_at(&["status", "conditions"]);
        let field = |c: &Value, name| c.str_at(&[name]).cloned().unwrap_or_default();
        conditions.iter().any(|c| field(c, "type") == kind && field(c, "status") == "True")
    };
    let status = match () {
        () if has("Complete") => "Complete",
        () if has("Failed") => "Failed",
        () if object.is_terminating() => "Terminating",
        () if has("Suspended") => "Suspended",
        () if has("FailureTarget") => "FailureTarget",
        () if has("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    };
    let succeeded = value.int_at(&["status", "succeeded"]).unwrap_or(0);
    let completions =
        match (value.int_at(&["spec", "completions"]), value.int_at(&["spec", "parallelism"]).unwrap_or(0)) {
            (Some(completions), _) => format!("{succeeded}/{completions}"),
            (None, parallel) if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
            (None, _) => format!("{succeeded}/1"),
        };
    let time = |name| value.str_at(&["status", name]).and_then(|s| SimTime::parse_rfc3339(s));
    let span =
        time("startTime").map(|start| duration::human(time("completionTime").unwrap_or(now).since(start)));
    let [names, images] = containers_at(object, &["spec", "template", "spec", "containers"]);
    vec![
        Cell::from(object.name()),
        Cell::from(status),
        Cell::from(completions),
        Cell::from(span.unwrap_or_default()),
        age(object, now),
        names,
        images,
        selector(value.at(&["spec", "selector"])),
    ]
}

pub(super) static CRON_JOBS: Printer = Printer {
    columns: &[
        NAME,
        text("Schedule"),
        text("Timezone"),
        text("Suspend"),
        number("Active"),
        text("Last Schedule"),
        AGE,
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    row: |object, now| {
        let value = object.value();
        let last = at(object, &["status", "lastScheduleTime"]);
        let zone = at(object, &["spec", "timeZone"]);
        let suspended = value.at(&["spec", "suspend"]).and_then(Value::as_bool).unwrap_or(false);
        let [names, images] =
            containers_at(object, &["spec", "jobTemplate", "spec", "template", "spec", "containers"]);
        vec![
            Cell::from(object.name()),
            Cell::from(at(object, &["spec", "schedule"])),
            Cell::from(if zone.is_empty() { NONE } else { zone }),
            Cell::from(if suspended { "True" } else { "False" }),
            Cell::from(value.items_at(&["status", "active"]).len() as i64),
            Cell::from(if last.is_empty() { NONE.to_owned() } else { duration::age_of(Some(last), now) }),
            age(object, now),
            names,
            images,
            selector(value.at(&["spec", "jobTemplate", "spec", "selector"])),
        ]
    },
};
