//! What a worker knows of one container.

use runtime::cri::{ContainerId, ContainerStatus};
use sim::{SimTime, Str};

use super::backoff::Backoff;
use super::probes::Probes;

/// Where a container of a pod stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// Not running, for this reason (`PodInitializing`, `ContainerCreating`, `ImagePullBackOff`, ...).
    Waiting {
        /// The reason of the waiting state.
        reason: &'static str,
        /// Its message.
        message: Str,
    },
    /// Runs.
    Running {
        /// Since when.
        started_at: SimTime,
    },
    /// Has ended.
    Exited(Exit),
}

/// How a container ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Exit {
    /// The exit code.
    pub code: i32,
    /// `Completed`, `Error`, ...
    pub reason: Str,
    /// The termination message.
    pub message: Str,
    /// When it had started.
    pub started_at: SimTime,
    /// When it ended.
    pub finished_at: SimTime,
    /// The container that this was; `None` when there never was one.
    pub id: Option<ContainerId>,
}

/// One container of a pod.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    /// Its name.
    pub name: Str,
    /// True for init containers.
    pub init: bool,
    /// True for init containers that stay (`restartPolicy: Always`).
    pub sidecar: bool,
    /// Where it stands.
    pub stage: Stage,
    /// The runtime's container, current or last.
    pub id: Option<ContainerId>,
    /// The runtime's container before this one, kept for its log.
    pub previous: Option<ContainerId>,
    /// The image's name and reference as the runtime says.
    pub image: Option<(Str, Str)>,
    /// How often it was started again.
    pub restarts: u32,
    /// How it ended before.
    pub last: Option<Exit>,
    /// Between restarts.
    pub backoff: Backoff,
    /// Between attempts to pull the image, and when the last failed.
    pub pull_backoff: Backoff,
    /// The last failure to pull: when, and what was said.
    pub pull_failed: Option<(SimTime, Str)>,
    /// The image has been seen to; the container waits for a ConfigMap that is being fetched.
    pub image_ready: bool,
    /// Until when not to try again after an error in its configuration.
    pub retry_at: Option<SimTime>,
    /// What its probes say.
    pub probes: Probes,
    /// A StopContainer is under way, or its preStop hook.
    pub stopping: bool,
}

impl Record {
    /// A container that was never started.
    pub fn new(name: Str, init: bool, sidecar: bool) -> Record {
        Record {
            name,
            init,
            sidecar,
            stage: Stage::Waiting { reason: "ContainerCreating", message: Str::new() },
            id: None,
            previous: None,
            image: None,
            restarts: 0,
            last: None,
            backoff: Backoff::default(),
            pull_backoff: Backoff::default(),
            pull_failed: None,
            image_ready: false,
            retry_at: None,
            probes: Probes::default(),
            stopping: false,
        }
    }

    /// Waits, for a reason.
    pub fn wait(&mut self, reason: &'static str, message: impl Into<Str>) {
        if let Stage::Exited(exit) = &self.stage {
            self.last = Some(exit.clone());
        }
        self.stage = Stage::Waiting { reason, message: message.into() };
    }

    /// True while it runs.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// How it ended, if that is where it stands, or (while it waits for a restart) how it ended last.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.stage {
            Stage::Exited(exit) => Some(exit),
            Stage::Waiting { .. } => self.last.as_ref(),
            Stage::Running { .. } => None,
        }
    }

    /// True once an init container has done its work; a sidecar, once it has started.
    pub fn is_initialized(&self) -> bool {
        if self.sidecar {
            self.is_running() && self.probes.started()
        } else {
            matches!(&self.stage, Stage::Exited(exit) if exit.code == 0)
        }
    }

    /// Ready to serve: running, started, and its readiness probe (if it has one) succeeds.
    pub fn is_ready(&self) -> bool {
        match &self.stage {
            Stage::Running { .. } => {
                (!self.init || self.sidecar) && self.probes.started() && self.probes.ready()
            }
            // An init container is "ready" once it is through.
            Stage::Exited(exit) => self.init && exit.code == 0,
            Stage::Waiting { .. } => false,
        }
    }

    /// Takes over what the runtime says of the container.
    pub fn learn(&mut self, status: &ContainerStatus) {
        self.id = Some(status.id);
        self.image = Some((status.image.clone(), status.image_ref.clone()));
        self.restarts = self.restarts.max(status.attempt);
        match &status.state {
            runtime::ContainerState::Created => {}
            runtime::ContainerState::Running { started_at } => {
                self.stage = Stage::Running { started_at: *started_at };
            }
            runtime::ContainerState::Exited { started_at, finished_at, code, reason, message } => {
                self.stopping = false;
                self.stage = Stage::Exited(Exit {
                    code: *code,
                    reason: reason.clone(),
                    message: message.clone(),
                    started_at: *started_at,
                    finished_at: *finished_at,
                    id: Some(status.id),
                });
            }
        }
    }
}
