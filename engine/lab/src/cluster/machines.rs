//! The machines that pods run on, and how processes come to life.

use std::sync::Arc;
use std::time::Duration;

use sim::{Actor, SimTime, Str, Stream};

use super::{Cluster, Slot};
use crate::event::Event;
use crate::file::NodeSpec;

/// etcd comes first; the rest tries until it answers, as static pods do.
const API_SERVER_AFTER: Duration = Duration::from_millis(500);
const LOOPS_AFTER: Duration = Duration::from_millis(1_500);
const KUBELETS_AFTER: Duration = Duration::from_millis(2_000);
/// Machines do not boot at the same moment.
const BOOT_SPREAD: Duration = Duration::from_millis(1_000);
/// A restarted process needs this long before it does anything.
pub(super) const RESTART: Duration = Duration::from_millis(500);

/// A machine and the processes on it.
#[derive(Clone, Debug, Hash)]
pub struct Machine {
    /// What it is.
    pub spec: NodeSpec,
    /// False while it is off.
    pub powered: bool,
    /// When it was last switched on.
    pub booted: SimTime,
    /// Its kubelet.
    pub kubelet: Slot<kubelet::Kubelet>,
    /// Its container runtime with the machine's disk: what is on it outlives the process, and the power.
    pub runtime: Arc<runtime::Runtime>,
    /// True while the runtime's process runs.
    pub runtime_up: bool,
    /// Its kube-proxy.
    pub proxy: Slot<network::KubeProxy>,
    /// The rules in the kernel while no kube-proxy runs.
    pub rules: network::Table,
}

impl Machine {
    /// The service rules of the machine: they stay when kube-proxy stops.
    pub fn rules(&self) -> &network::Table {
        self.proxy.get().map_or(&self.rules, network::KubeProxy::table)
    }
}

/// The address of a machine: 172.18.0.11 for the first.
pub fn address(number: u32) -> String {
    let host = 10 + number;
    format!("172.18.{}.{}", host / 250, host % 250)
}

impl Cluster {
    /// Starts everything, as when the lab's machines are switched on.
    pub(super) fn power_on(&mut self) {
        self.first_members();
        if !self.file.control_plane {
            return self.cause(self.now + API_SERVER_AFTER, Event::Bootstrap);
        }
        self.boot(Actor::ApiServer, API_SERVER_AFTER);
        self.boot(Actor::ControllerManager, LOOPS_AFTER);
        self.boot(Actor::Scheduler, LOOPS_AFTER);
        for (i, spec) in self.file.clone().nodes.iter().enumerate() {
            let number = i as u32 + 1;
            let machine = Machine {
                spec: spec.clone(),
                powered: true,
                booted: self.now,
                kubelet: Slot::default(),
                runtime: Arc::new(runtime::Runtime::new(number, self.file.seed)),
                runtime_up: false,
                proxy: Slot::default(),
                rules: network::Table::default(),
            };
            self.machines.insert(number, Arc::new(machine));
            let after = KUBELETS_AFTER + self.random.duration(Duration::ZERO..BOOT_SPREAD);
            for process in processes_of(number) {
                self.boot(process, after);
            }
        }
        self.cause(self.now + API_SERVER_AFTER, Event::Bootstrap);
    }

    pub(super) fn boot(&mut self, actor: Actor, after: Duration) {
        self.cause(self.now + after, Event::Start(actor));
    }

    /// Makes the process with empty memory (etcd: from its disk) and lets it start.
    pub(super) fn start(&mut self, actor: Actor) {
        // A process of a machine that was switched off meanwhile stays down.
        if self.is_up(actor)
            || actor.node().is_some_and(|n| !self.machines.get(&n).is_some_and(|m| m.powered))
        {
            return;
        }
        let seed = self.file.seed;
        match actor {
            Actor::Etcd(index) => self.start_member(index),
            Actor::ApiServer => {
                let config = apiserver::Config::new(seed, self.file.etcd_members);
                self.api_server.start(|| apiserver::ApiServer::new(config));
                self.with_api_server(apiserver::Input::Start);
            }
            Actor::Scheduler => {
                self.scheduler =
                    Slot::running(scheduler::Scheduler::new(Stream::derive(seed, "kube-scheduler")));
                self.with_client(actor, client::Input::Start);
            }
            Actor::ControllerManager => {
                let random = Stream::derive(seed, "kube-controller-manager");
                let config = controllers::Config::default();
                self.controller_manager.start(|| controllers::ControllerManager::new(config, random));
                self.with_client(actor, client::Input::Start);
            }
            Actor::Kubelet(number) => self.start_kubelet(number),
            Actor::Runtime(number) => self.start_runtime(number),
            Actor::KubeProxy(number) => {
                if let Some(machine) = self.machine_mut(number) {
                    let name = Str::from(machine.spec.name.as_str());
                    let random = Stream::derive(seed, &format!("kube-proxy/{name}"));
                    let mut proxy = network::KubeProxy::new(name, random);
                    proxy.take_over(std::mem::take(&mut machine.rules));
                    machine.proxy = Slot::running(proxy);
                    self.with_client(actor, client::Input::Start);
                }
            }
            Actor::User | Actor::Client | Actor::CloudControllerManager => {}
        }
    }

    fn start_kubelet(&mut self, number: u32) {
        let seed = self.file.seed;
        let Some(machine) = self.machine_mut(number) else { return };
        let config = kubelet_config(machine, number, seed);
        machine.kubelet = Slot::running(kubelet::Kubelet::new(config));
        self.with_kubelet(number, kubelet::Input::Start);
    }

    fn start_runtime(&mut self, number: u32) {
        let Some(machine) = self.machine_mut(number) else { return };
        machine.runtime_up = true;
        self.with_runtime(number, runtime::Input::Start);
    }

    pub(super) fn machine_mut(&mut self, number: u32) -> Option<&mut Machine> {
        self.machines.get_mut(&number).map(Arc::make_mut)
    }

    /// True while the process runs.
    pub fn is_up(&self, actor: Actor) -> bool {
        match actor {
            Actor::Etcd(index) => self.members.get(index as usize).is_some_and(Slot::is_up),
            Actor::ApiServer => self.api_server.is_up(),
            Actor::Scheduler => self.scheduler.is_up(),
            Actor::ControllerManager => self.controller_manager.is_up(),
            Actor::CloudControllerManager => false,
            Actor::Kubelet(n) => self.machine(n).is_some_and(|m| m.kubelet.is_up()),
            Actor::Runtime(n) => self.machine(n).is_some_and(|m| m.runtime_up),
            Actor::KubeProxy(n) => self.machine(n).is_some_and(|m| m.proxy.is_up()),
            Actor::User | Actor::Client => true,
        }
    }

    /// All processes that the lab has, up or down.
    pub fn actors(&self) -> Vec<Actor> {
        let members = self.member_indexes().map(Actor::Etcd);
        let nodes = self.machines.keys().flat_map(|n| processes_of(*n));
        let fixed: &[Actor] = if self.file.control_plane {
            &[Actor::User, Actor::ApiServer, Actor::Scheduler, Actor::ControllerManager]
        } else {
            &[Actor::User]
        };
        fixed.iter().copied().chain(members).chain(nodes).collect()
    }
}

/// The processes of a machine.
pub(super) fn processes_of(number: u32) -> [Actor; 3] {
    [Actor::Runtime(number), Actor::Kubelet(number), Actor::KubeProxy(number)]
}

fn kubelet_config(machine: &Machine, number: u32, seed: u64) -> kubelet::Config {
    let spec = &machine.spec;
    kubelet::Config {
        number,
        name: Str::from(spec.name.as_str()),
        address: Str::from(address(number)),
        labels: spec.labels.iter().map(|(k, v)| (Str::from(k.as_str()), Str::from(v.as_str()))).collect(),
        cpu: Str::from(spec.cpu.as_str()),
        memory: Str::from(spec.memory.as_str()),
        pods: spec.pods,
        booted: machine.booted,
        taints: spec
            .taints
            .iter()
            .map(|(k, v, e)| (Str::from(k.as_str()), Str::from(v.as_str()), Str::from(e.as_str())))
            .collect(),
        seed,
    }
}
