//! Containers.

use std::net::Ipv4Addr;
use std::sync::Arc;

use sim::{SimTime, Str};

use crate::cri::{CallId, ContainerConfig, ContainerId, ContainerStatus, SandboxId};
use crate::files::{Files, View};
use crate::images::{self, Behaviour, ImageName};
use crate::logs::Log;
use crate::process::{Process, World};

/// Where a container's life stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ContainerState {
    /// Made, not started.
    Created,
    /// Its process runs.
    Running {
        /// Since when.
        started_at: SimTime,
    },
    /// Its process has ended (or could not start).
    Exited {
        /// When it had started.
        started_at: SimTime,
        /// When it ended.
        finished_at: SimTime,
        /// The exit code; 128 + signal when a signal ended it.
        code: i32,
        /// `Completed`, `Error`, `StartError`, `Unknown`.
        reason: Str,
        /// The termination message.
        message: Str,
    },
}

/// A container of this node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// What it was made from.
    pub config: Arc<ContainerConfig>,
    /// Its image.
    pub image: Arc<ImageName>,
    /// Where its life stands.
    pub state: ContainerState,
    /// When it was made.
    pub created_at: SimTime,
    /// Process 1, while it runs.
    pub process: Option<Process>,
    /// What it wrote outside of volumes.
    pub files: Files,
    /// Its log.
    pub log: Log,
    /// The calls that wait for its end.
    pub(crate) stop_calls: Vec<CallId>,
    /// True once the process was asked to end.
    pub(crate) stopping: bool,
    /// Up to which line its log was sent to a follower.
    pub(crate) followed: Option<u64>,
}

impl Container {
    /// What its image does.
    pub fn behaviour(&self) -> &'static Behaviour {
        images::behaviour(&self.image)
    }

    /// True while its process runs.
    pub fn is_running(&self) -> bool {
        matches!(self.state, ContainerState::Running { .. })
    }

    /// As the kubelet gets to know it.
    pub fn status(&self) -> ContainerStatus {
        ContainerStatus {
            id: self.id,
            sandbox: self.sandbox,
            name: self.config.name.clone(),
            attempt: self.config.attempt,
            image: self.image.full(),
            image_ref: self.image.reference(),
            state: self.state.clone(),
            created_at: self.created_at,
        }
    }

    /// The command line: the container's own command and arguments over the image's.
    pub fn command_line(&self) -> Vec<Str> {
        let image = self.behaviour();
        let own = |list: &[&'static str]| list.iter().map(|w| Str::from(*w)).collect::<Vec<_>>();
        let config = &self.config;
        let mut argv = if config.command.is_empty() { own(image.entrypoint) } else { config.command.clone() };
        if !config.args.is_empty() {
            argv.extend(config.args.iter().cloned());
        } else if config.command.is_empty() {
            argv.extend(own(image.command));
        }
        argv
    }

    /// The environment: the image's, the host name, the container's own.
    pub fn environment(&self, hostname: &str) -> Vec<(Str, Str)> {
        let image = self.behaviour().environment.iter().map(|(k, v)| (Str::from(*k), Str::from(*v)));
        let host = [
            (sim::literal!("HOSTNAME"), Str::from(hostname)),
            (sim::literal!("HOME"), sim::literal!("/root")),
        ];
        image.chain(host).chain(self.config.env.iter().cloned()).collect()
    }

    /// Where its process starts.
    pub fn directory(&self) -> &str {
        if self.config.working_dir.is_empty() { self.behaviour().directory } else { &self.config.working_dir }
    }

    /// Lets `act` see the world as this container's process does; what is written lands in the log.
    pub(crate) fn in_world<R>(
        &mut self,
        place: Place<'_>,
        act: impl FnOnce(&mut Option<Process>, &mut World<'_>) -> R,
    ) -> R {
        let now = place.now;
        let (result, written) = self.look(place, act);
        for (stderr, text) in written {
            for line in text.lines() {
                self.log.push(now, stderr, line);
            }
        }
        result
    }

    /// The same, but what is written is handed back.
    pub(crate) fn look<R>(
        &mut self,
        place: Place<'_>,
        act: impl FnOnce(&mut Option<Process>, &mut World<'_>) -> R,
    ) -> (R, Vec<(bool, String)>) {
        let behaviour = self.behaviour();
        let mut world = World {
            now: place.now,
            view: View {
                host: place.host,
                own: &mut self.files,
                mounts: &self.config.mounts,
                image: behaviour.files,
            },
            hostname: place.hostname,
            ip: place.ip,
            behaviour,
            image: &self.config.image,
            ports: &self.config.ports,
            out: Vec::new(),
            immediate: false,
        };
        let result = act(&mut self.process, &mut world);
        (result, world.out)
    }
}

/// Where and when a container's process acts.
pub(crate) struct Place<'a> {
    pub now: SimTime,
    pub host: &'a mut Files,
    pub hostname: &'a str,
    pub ip: Option<Ipv4Addr>,
}
