//! Jobs and cron jobs.
#![allow(missing_docs, reason = "fields are Kubernetes' own; `kubectl explain` documents them")]

use sim::{SimTime, Str};

use super::pod::PodTemplateSpec;
use super::{Condition, ObjectMeta, ObjectReference, lean};
use crate::Value;
use crate::selector::LabelSelector;

lean! {
    /// `batch/v1` `Job`.
    pub struct Job {
        metadata: ObjectMeta = "metadata",
        spec: JobSpec = "spec",
        status: JobStatus = "status",
    }

    /// `batch/v1` `JobSpec`.
    pub struct JobSpec {
        parallelism: Option<i32> = "parallelism",
        completions: Option<i32> = "completions",
        active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        backoff_limit: Option<i32> = "backoffLimit",
        selector: Option<LabelSelector> = "selector",
        manual_selector: bool = "manualSelector",
        template: PodTemplateSpec = "template",
        ttl_seconds_after_finished: Option<i32> = "ttlSecondsAfterFinished",
        completion_mode: Str = "completionMode",
        suspend: bool = "suspend",
        pod_replacement_policy: Str = "podReplacementPolicy",
    }

    /// `batch/v1` `JobStatus`.
    pub struct JobStatus {
        conditions: Vec<Condition> = "conditions",
        start_time: Option<SimTime> = "startTime",
        completion_time: Option<SimTime> = "completionTime",
        active: i32 = "active",
        succeeded: i32 = "succeeded",
        failed: i32 = "failed",
        terminating: Option<i32> = "terminating",
        ready: Option<i32> = "ready",
        completed_indexes: Str = "completedIndexes",
    }

    /// `batch/v1` `CronJob`.
    pub struct CronJob {
        metadata: ObjectMeta = "metadata",
        spec: CronJobSpec = "spec",
        status: CronJobStatus = "status",
    }

    /// `batch/v1` `CronJobSpec`. The job template stays a tree: jobs are made of it.
    pub struct CronJobSpec {
        schedule: Str = "schedule",
        time_zone: Str = "timeZone",
        starting_deadline_seconds: Option<i64> = "startingDeadlineSeconds",
        concurrency_policy: Str = "concurrencyPolicy",
        suspend: bool = "suspend",
        job_template: Value = "jobTemplate",
        successful_jobs_history_limit: Option<i32> = "successfulJobsHistoryLimit",
        failed_jobs_history_limit: Option<i32> = "failedJobsHistoryLimit",
    }

    /// `batch/v1` `CronJobStatus`.
    pub struct CronJobStatus {
        active: Vec<ObjectReference> = "active",
        last_schedule_time: Option<SimTime> = "lastScheduleTime",
        last_successful_time: Option<SimTime> = "lastSuccessfulTime",
    }
}

impl Job {
    /// The condition of a type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        super::condition(&self.status.conditions, kind)
    }

    /// True once the job is complete or has failed for good.
    pub fn is_finished(&self) -> bool {
        ["Complete", "Failed"].iter().any(|kind| self.condition(kind).is_some_and(|c| c.status == "True"))
    }
}
