//! From a container's specification to what the runtime is told.

use std::collections::BTreeMap;

use runtime::cri::ContainerConfig;
use sim::Str;

use super::environment::{Missing, environment, expand};
use super::{Worker, volumes};
use crate::host::Host;
use crate::message::Context;

impl Worker {
    /// The runtime's configuration of a container's next start.
    pub(super) fn container_config(
        &self,
        index: u32,
        attempt: u32,
        host: &mut Host,
        context: &mut Context<'_>,
    ) -> Result<ContainerConfig, Missing> {
        let (Some(pod), Some(container)) = (self.typed(), self.spec(index)) else {
            return Err(Missing::Failed("no such container".to_owned()));
        };
        let ip = self.sandbox.map_or(String::new(), |(_, ip)| ip.to_string());
        let env = environment(host, context, self.number, &self.pod, container, &ip)?;
        let known: BTreeMap<Str, Str> = env.iter().cloned().collect();
        let expanded = |words: &[Str]| words.iter().map(|word| expand(word, &known)).collect();
        let message_path = if container.termination_message_path.is_empty() {
            sim::literal!("/dev/termination-log")
        } else {
            container.termination_message_path.clone()
        };
        Ok(ContainerConfig {
            name: container.name.clone(),
            attempt,
            image: container.image.clone(),
            command: expanded(&container.command),
            args: expanded(&container.args),
            env,
            mounts: volumes::mounts(pod, container),
            working_dir: container.working_dir.clone(),
            ports: container.ports.iter().filter_map(|p| u16::try_from(p.container_port).ok()).collect(),
            termination_message_path: message_path,
        })
    }
}
