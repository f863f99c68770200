//! The Container Runtime Interface as data: what a kubelet asks and what it hears.
//!
//! Names and meanings follow `runtime.v1` of Kubernetes' CRI; of each message only what the lab acts on. What a
//! kubelet does to its node's disk by itself (volumes) is here too, because the disk lives with the runtime.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use sim::{Digest, SimTime, Str};

use crate::logs::LogLine;

/// A call's number; the kubelet counts its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CallId(pub u64);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name {
            /// Counts up on its node.
            pub number: u64,
            /// Random, so that two nodes' ids differ.
            pub salt: u64,
        }

        impl fmt::Display for $name {
            /// containerd's notation: 64 hexadecimal digits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (0..4u8).try_for_each(|part| write!(f, "{}", Digest::of(&(self.salt, self.number, part))))
            }
        }
    };
}

hex_id!(
    /// A pod sandbox.
    SandboxId
);
hex_id!(
    /// A container.
    ContainerId
);

/// What a sandbox is made from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SandboxConfig {
    /// The pod's namespace.
    pub namespace: Str,
    /// The pod's name, also the host name inside.
    pub name: Str,
    /// The pod's uid.
    pub uid: Str,
    /// Counts the sandboxes that this pod had before.
    pub attempt: u32,
    /// The node's address, for pods on the node's own network.
    pub host_ip: Option<Ipv4Addr>,
}

/// A directory or file of the node seen inside a container.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mount {
    /// Where, inside.
    pub container_path: Str,
    /// What, on the node's disk.
    pub host_path: Str,
    /// True when writes fail.
    pub read_only: bool,
}

/// What a container is made from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ContainerConfig {
    /// The container's name in its pod.
    pub name: Str,
    /// Counts the restarts of this container.
    pub attempt: u32,
    /// The image as the user wrote it.
    pub image: Str,
    /// Replaces the image's entry point when not empty.
    pub command: Vec<Str>,
    /// Replaces the image's arguments when not empty (or when `command` is given).
    pub args: Vec<Str>,
    /// The environment, later ones win.
    pub env: Vec<(Str, Str)>,
    /// Volumes.
    pub mounts: Vec<Mount>,
    /// The directory the process starts in; empty: the image's.
    pub working_dir: Str,
    /// The ports that the container declares: where an image outside of the catalogue listens.
    pub ports: Vec<u16>,
    /// The file whose content becomes the message of the terminated state.
    pub termination_message_path: Str,
}

/// What a kubelet asks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Request {
    /// The runtime's name and version, and whether it and its network are ready.
    Version,
    /// Tells the runtime the node's range of pod addresses (`UpdateRuntimeConfig`). The network is ready after.
    UpdateRuntimeConfig {
        /// `10.244.1.0/24`.
        pod_cidr: Str,
    },
    /// Makes a pod's sandbox: its namespaces, held by a pause container, and its network.
    RunPodSandbox(Arc<SandboxConfig>),
    /// Ends everything in a sandbox and takes its network away.
    StopPodSandbox(SandboxId),
    /// Removes a stopped sandbox and its containers.
    RemovePodSandbox(SandboxId),
    /// Gets an image from its registry.
    PullImage {
        /// The image as the user wrote it.
        image: Str,
    },
    /// Whether an image is on the node.
    ImageStatus {
        /// The image as the user wrote it.
        image: Str,
    },
    /// All images on the node.
    ListImages,
    /// Deletes an image.
    RemoveImage {
        /// The image as the user wrote it.
        image: Str,
    },
    /// Makes a container in a sandbox.
    CreateContainer {
        /// Where.
        sandbox: SandboxId,
        /// What.
        config: Arc<ContainerConfig>,
    },
    /// Starts a container's process.
    StartContainer(ContainerId),
    /// SIGTERM, and SIGKILL when the process is still there after `grace`. Answered when it has ended.
    StopContainer {
        /// Which.
        container: ContainerId,
        /// How long it may take.
        grace: Duration,
    },
    /// Removes a container that does not run, with its log.
    RemoveContainer(ContainerId),
    /// One container's state.
    ContainerStatus(ContainerId),
    /// All sandboxes and containers: `ListPodSandbox` and `ListContainers` in one, what a restarted kubelet
    /// starts from.
    List,
    /// Runs a command in a container and waits for its end.
    ExecSync {
        /// Where.
        container: ContainerId,
        /// The command and its arguments.
        command: Vec<Str>,
        /// How long it may take.
        timeout: Duration,
    },
    /// The end of a container's log. (A real kubelet reads the log's file.)
    ReadLog {
        /// Which.
        container: ContainerId,
        /// At most so many lines.
        tail: Option<u32>,
        /// True to hear of further lines as [`Event::Log`].
        follow: bool,
    },
    /// No more [`Event::Log`] of this container.
    UnfollowLog(ContainerId),
    /// An HTTP GET (or, without a path, a TCP connection) to a sandbox's port: the kubelet's probes.
    Probe {
        /// Which.
        sandbox: SandboxId,
        /// The port.
        port: u16,
        /// The path to GET; `None` for a TCP connection.
        path: Option<Str>,
    },
    /// Makes a volume's directory on the node's disk with these files (paths below it, contents), replacing what
    /// was there. (A real kubelet writes to its own disk.)
    WriteVolume {
        /// The directory.
        path: Str,
        /// The files.
        files: Vec<(Str, Str)>,
    },
    /// Deletes a directory of the node's disk.
    RemoveVolume {
        /// The directory.
        path: Str,
    },
}

/// An image on the node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ImageInfo {
    /// The full name with tag: `docker.io/library/nginx:latest`.
    pub name: Str,
    /// The name with digest: `docker.io/library/nginx@sha256:...`.
    pub reference: Str,
    /// Compressed size in bytes.
    pub size: u64,
}

/// One container as the runtime knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ContainerStatus {
    /// Its id.
    pub id: ContainerId,
    /// Its sandbox.
    pub sandbox: SandboxId,
    /// Its name in the pod.
    pub name: Str,
    /// Counts the restarts.
    pub attempt: u32,
    /// The image's full name.
    pub image: Str,
    /// The image's name with digest.
    pub image_ref: Str,
    /// Where its life stands.
    pub state: crate::ContainerState,
    /// When it was created.
    pub created_at: SimTime,
}

/// One sandbox as the runtime knows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SandboxStatus {
    /// Its id.
    pub id: SandboxId,
    /// What it was made from.
    pub config: Arc<SandboxConfig>,
    /// False once it was stopped.
    pub ready: bool,
    /// Its address.
    pub ip: Option<Ipv4Addr>,
    /// When it was made.
    pub created_at: SimTime,
}

/// gRPC's codes, those that are used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Code {
    Unknown,
    NotFound,
    InvalidArgument,
    DeadlineExceeded,
    FailedPrecondition,
}

/// A call that failed. `Display` is what Go's gRPC client makes of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Failure {
    /// The code.
    pub code: Code,
    /// The description.
    pub message: Str,
}

impl Failure {
    /// A failure.
    pub fn new(code: Code, message: impl Into<Str>) -> Failure {
        Failure { code, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rpc error: code = {:?} desc = {}", self.code, self.message)
    }
}

/// What the runtime answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// To [`Request::Version`].
    Version {
        /// `containerd`.
        name: Str,
        /// `v2.2.0`.
        version: Str,
        /// True once the CNI has the node's address range.
        network_ready: bool,
    },
    /// Done, nothing to tell.
    Done,
    /// A sandbox was made.
    Sandbox {
        /// Its id.
        id: SandboxId,
        /// Its address.
        ip: Ipv4Addr,
    },
    /// An image; `None` when it is not on the node.
    Image(Option<ImageInfo>),
    /// All images.
    Images(Vec<ImageInfo>),
    /// A container was made.
    Container(ContainerId),
    /// A container's state.
    Status(Box<ContainerStatus>),
    /// Everything.
    List {
        /// The sandboxes, oldest first.
        sandboxes: Vec<SandboxStatus>,
        /// The containers, oldest first.
        containers: Vec<ContainerStatus>,
    },
    /// A command ended.
    Exec {
        /// Its exit code.
        code: i32,
        /// What it wrote to standard output.
        stdout: Str,
        /// What it wrote to standard error.
        stderr: Str,
    },
    /// A log's end.
    Log(Vec<LogLine>),
    /// What answered a probe: the HTTP status code, or 0 for an open TCP port.
    Probed {
        /// The status code.
        status: u16,
    },
    /// The call failed.
    Failed(Failure),
}

/// What the runtime tells by itself: the evented PLEG, and followed logs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// The runtime came up (again); whatever was asked before is forgotten.
    Started,
    /// A container's process ended.
    ContainerStopped(Box<ContainerStatus>),
    /// New lines of a followed log.
    Log {
        /// Whose.
        container: ContainerId,
        /// The lines.
        lines: Vec<LogLine>,
        /// True when no more will come.
        ended: bool,
    },
}
