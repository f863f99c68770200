//! Getting a container's image.

use std::time::Duration;

use client::EventType;
use runtime::cri::{ImageInfo, Response};
use runtime::images::ImageName;
use sim::Str;

use super::{Busy, Worker};
use crate::events::go_duration;
use crate::host::Host;
use crate::images::Pull;
use crate::message::Context;

/// How long a container shows `ErrImagePull` before it shows `ImagePullBackOff`.
const SHOW_ERROR: Duration = Duration::from_secs(2);

impl Worker {
    /// Sees to a container's image, and makes the container when it is there.
    pub(super) fn image(&mut self, index: u32, host: &mut Host, context: &mut Context<'_>) {
        let Some(container) = self.spec(index) else { return };
        let (image, policy) = (container.image.clone(), container.image_pull_policy.clone());
        let name = match ImageName::parse(&image) {
            Ok(name) => name,
            Err(error) => {
                let message = format!(
                    "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {error}"
                );
                return self.no_image(index, "InvalidImageName", "InspectFailed", message, host, context);
            }
        };
        let always = match policy.as_str() {
            "Always" => true,
            "" => name.tag == "latest" && name.digest.is_none(),
            _ => false,
        };
        let present = host.images.is_present(&image);
        if present && !always {
            let message = format!(
                "Container image \"{image}\" already present on machine and can be accessed by the pod"
            );
            self.container_event(host, context, index, EventType::Normal, "Pulled", &message);
            return self.create(index, host, context);
        }
        if policy == "Never" {
            let message = format!("Container image \"{image}\" is not present with pull policy of Never");
            return self.no_image(index, "ErrImageNeverPull", "ErrImageNeverPull", message, host, context);
        }
        let record = &self.records[index as usize];
        if let Some((failed, why)) = record.pull_failed.clone()
            && let Some(until) = record.pull_backoff.until(failed, context.now)
        {
            let message = format!("Back-off pulling image \"{image}\"");
            self.container_event(host, context, index, EventType::Normal, "BackOff", &message);
            self.container_event(
                host,
                context,
                index,
                EventType::Warning,
                "Failed",
                "Error: ImagePullBackOff",
            );
            let record = &mut self.records[index as usize];
            record.wait("ImagePullBackOff", format!("{message}: ErrImagePull: {why}"));
            record.retry_at = Some(until);
            return;
        }
        self.busy = Some(Busy::Pulling(index));
        let message = format!("Pulling image \"{image}\"");
        self.container_event(host, context, index, EventType::Normal, "Pulling", &message);
        host.pull(context, self.number, index, image);
    }

    fn no_image(
        &mut self,
        index: u32,
        waiting: &'static str,
        reason: &str,
        message: String,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        self.container_event(host, context, index, EventType::Warning, reason, &message);
        let text = format!("Error: {waiting}");
        self.container_event(host, context, index, EventType::Warning, "Failed", &text);
        let record = &mut self.records[index as usize];
        record.wait(waiting, message);
        record.retry_at = Some(context.now + super::start::CONFIG_RETRY);
    }

    /// The pull that this worker waited for has ended.
    pub(crate) fn on_pulled(
        &mut self,
        pull: &Pull,
        response: &Response,
        host: &mut Host,
        context: &mut Context<'_>,
    ) {
        if self.busy != Some(Busy::Pulling(pull.container)) {
            return;
        }
        self.busy = None;
        let (index, now) = (pull.container, context.now);
        let image = &pull.image;
        match response {
            Response::Image(Some(ImageInfo { size, .. })) => {
                let (own, all) = (go_duration(now - pull.started_at), go_duration(now - pull.queued_at));
                let message = format!(
                    "Successfully pulled image \"{image}\" in {own} ({all} including waiting). Image size: {size} bytes."
                );
                self.container_event(host, context, index, EventType::Normal, "Pulled", &message);
                self.records[index as usize].pull_failed = None;
                if self.deletion.is_none() && !self.orphan && !self.has_ended() {
                    self.create(index, host, context);
                }
            }
            Response::Failed(failure) => {
                let why = Str::from(failure.to_string());
                let message = format!("Failed to pull image \"{image}\": {why}");
                self.container_event(host, context, index, EventType::Warning, "Failed", &message);
                self.container_event(
                    host,
                    context,
                    index,
                    EventType::Warning,
                    "Failed",
                    "Error: ErrImagePull",
                );
                let record = &mut self.records[index as usize];
                record.pull_backoff.next(now);
                record.pull_failed = Some((now, why.clone()));
                record.wait("ErrImagePull", why);
                record.retry_at = Some(now + SHOW_ERROR);
            }
            _ => {}
        }
        self.sync(host, context);
    }
}
