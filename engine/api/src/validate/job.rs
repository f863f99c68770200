//! Jobs and cron jobs.

use super::container::never_negative;
use super::pod_spec::template;
use super::{Errors, FieldError, Path, one_of, text};
use crate::Value;

pub(super) fn check(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let numbers =
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"];
    never_negative(spec, &numbers, path, errors);
    one_of(spec, "completionMode", &["Indexed", "NonIndexed"], path, errors);
    let template_path = path.child("template");
    template(spec.get("template"), &template_path, errors);
    let pod = spec.at(&["template", "spec"]).unwrap_or(&Value::Null);
    let policy = text(pod, "restartPolicy");
    if !matches!(policy, "OnFailure" | "Never") {
        let path = template_path.child("spec");
        let policies = ["OnFailure", "Never"];
        errors.push(if policy.is_empty() || policy == "Always" {
            FieldError::required(&path.child("restartPolicy"), "valid values: \"OnFailure\", \"Never\"")
        } else {
            FieldError::not_supported(&path.child("restartPolicy"), policy, &policies)
        });
    }
}

pub(super) fn cron_job(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let schedule = text(spec, "schedule");
    let fields = schedule.split_whitespace().count();
    if schedule.is_empty() {
        errors.push(FieldError::required(&path.child("schedule"), ""));
    } else if !schedule.starts_with('@') && fields != 5 {
        let why = format!("expected exactly 5 fields, found {fields}: [{schedule}]");
        errors.push(FieldError::invalid(&path.child("schedule"), schedule, why));
    }
    never_negative(
        spec,
        &["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"],
        path,
        errors,
    );
    one_of(spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"], path, errors);
    let template = path.child("jobTemplate");
    check(spec.at(&["jobTemplate", "spec"]).unwrap_or(&Value::Null), &template.child("spec"), errors);
}
