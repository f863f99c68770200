//! What a component's panel shows.

use api::ObjectKey;
use sim::{Actor, Str};

use super::types::*;
use super::{names, pods};
use crate::Lab;
use crate::cluster::Cluster;
use crate::narrate::name;

type Facts = Vec<(String, String)>;

impl Lab {
    /// Everything that can be said of one component; `None` when the lab has no such thing (any more).
    pub fn detail(&self, target: &Target) -> Option<Detail> {
        let cluster = self.cluster();
        match target {
            Target::Process(Actor::Etcd(index)) => Some(member(cluster, *index)),
            Target::Process(Actor::ApiServer) => Some(api_server(cluster)),
            Target::Process(Actor::Scheduler) => Some(scheduler(cluster)),
            Target::Process(Actor::ControllerManager) => Some(controller_manager(cluster)),
            Target::Process(Actor::Kubelet(n) | Actor::Runtime(n)) | Target::Node(n) => node(cluster, *n),
            Target::Process(Actor::KubeProxy(n)) => proxy(cluster, *n),
            Target::Process(actor) => Some(Detail { title: name(*actor), ..Detail::default() }),
            Target::Pod(namespace, pod) => self.pod(namespace, pod),
        }
    }

    fn pod(&self, namespace: &Str, name: &Str) -> Option<Detail> {
        let key = ObjectKey::new(namespace.clone(), name.clone());
        let object = self.cluster().stored("", "pods", &key)?;
        let view = pods::one(self.cluster(), &key)?;
        let pod = object.pod()?;
        let facts = vec![
            fact("status", &view.status),
            fact("ready", format!("{}/{}", view.ready.0, view.ready.1)),
            fact("restarts", view.restarts),
            fact("node", &pod.spec.node_name),
            fact("IP", &pod.status.pod_ip),
            fact("QoS", &pod.status.qos_class),
        ];
        let steps = view.steps.iter().map(|(step, at)| fact(step, at)).collect();
        let conditions = pod.status.conditions.iter().map(|c| {
            let why = [c.reason.as_str(), c.message.as_str()].into_iter().filter(|t| !t.is_empty());
            vec![c.kind.to_string(), c.status.to_string(), why.collect::<Vec<_>>().join(": ")]
        });
        let containers = pod.status.container_statuses.iter().map(|c| {
            let state = match (&c.state.running, &c.state.terminated, &c.state.waiting) {
                (Some(_), _, _) => "running".to_owned(),
                (_, Some(t), _) => format!("terminated: {} ({})", t.reason, t.exit_code),
                (_, _, Some(w)) => format!("waiting: {}", w.reason),
                _ => "waiting".to_owned(),
            };
            vec![c.name.to_string(), c.image.to_string(), state, c.restart_count.to_string()]
        });
        Some(Detail {
            title: name.to_string(),
            subtitle: format!("pod in {namespace}"),
            groups: vec![("Pod".into(), facts), ("Its life".into(), steps)],
            tables: vec![
                table("Containers", &["name", "image", "state", "restarts"], containers.collect()),
                table("Conditions", &["type", "status", "why"], conditions.collect()),
            ],
        })
    }
}

fn fact(name: impl ToString, value: impl ToString) -> (String, String) {
    (name.to_string(), value.to_string())
}

fn table(title: &str, columns: &[&str], rows: Vec<Vec<String>>) -> DetailTable {
    DetailTable { title: title.into(), columns: columns.iter().map(|c| (*c).to_owned()).collect(), rows }
}

fn down(title: String, subtitle: &str) -> Detail {
    Detail { title, subtitle: format!("{subtitle}, down"), ..Detail::default() }
}

fn member(cluster: &Cluster, index: u32) -> Detail {
    let title = Actor::Etcd(index).to_string();
    let Some(member) = cluster.member(index) else {
        return down(title, "etcd member");
    };
    let raft: Facts = vec![
        fact("role", format!("{:?}", member.role())),
        fact("term", member.term().0),
        fact("leader", member.leader_index().map_or("none".into(), |i| Actor::Etcd(i).to_string())),
        fact("last index", member.last_entry().index.0),
        fact("commit index", member.commit_index().0),
        fact("applied index", member.applied().index.0),
        fact(
            "election timer",
            format!("{} of {} ticks", member.election_elapsed(), member.election_timeout()),
        ),
        fact("fsync running", if member.is_fsyncing() { "yes" } else { "no" }),
    ];
    let store: Facts = vec![
        fact("revision", member.store().revision().0),
        fact("keys", member.store().key_count()),
        fact("database", names::bytes(member.store().bytes())),
        fact("WAL", names::bytes(member.disk().wal().bytes())),
        fact("watches", member.watchers().len()),
        fact("leases", member.leases().iter().count()),
    ];
    let followers = member.followers().into_iter().map(|f| {
        vec![
            f.name.to_string(),
            f.matched.0.to_string(),
            f.next.0.to_string(),
            f.state.to_string(),
            f.inflight.to_string(),
        ]
    });
    let last = member.last_entry().index.0;
    let from = last.saturating_sub(11).max(member.first_index().0);
    let entries = member.entries(raft::LogIndex(from), raft::LogIndex(last + 1));
    let rows = entries.iter().rev().map(|entry| {
        let mark = match entry.index.0 {
            i if i <= member.applied().index.0 => "applied",
            i if i <= member.commit_index().0 => "committed",
            i if i >= member.first_unstable().0 => "not on disk",
            _ => "on disk",
        };
        vec![
            entry.index.0.to_string(),
            entry.term.0.to_string(),
            format!("{} bytes", entry.data.size()),
            mark.to_owned(),
        ]
    });
    let mut tables = vec![table("Log", &["index", "term", "entry", "state"], rows.collect())];
    let followers: Vec<_> = followers.collect();
    if !followers.is_empty() {
        tables.push(table("Followers", &["member", "match", "next", "state", "in flight"], followers));
    }
    Detail {
        title,
        subtitle: "etcd member".into(),
        groups: vec![("Raft".into(), raft), ("Store".into(), store)],
        tables,
    }
}

fn api_server(cluster: &Cluster) -> Detail {
    let Some(server) = cluster.api_server() else { return down("API server".into(), "kube-apiserver") };
    let facts = vec![
        fact("ready", if server.is_ready() { "yes" } else { "no" }),
        fact("etcd endpoint", Actor::Etcd(server.etcd_endpoint())),
        fact("requests waiting", server.in_flight().count()),
        fact("answered 2xx", server.audit().count(2)),
        fact("answered 4xx", server.audit().count(4)),
        fact("answered 5xx", server.audit().count(5)),
    ];
    let caches = server.caches().map(|(resource, objects, revision, watchers)| {
        vec![resource.resource.to_string(), objects.to_string(), revision.0.to_string(), watchers.to_string()]
    });
    let requests = server.audit().entries().rev().take(20).map(|entry| {
        vec![
            entry.verb.to_string(),
            entry.path.to_string(),
            entry.user_agent.to_string(),
            entry.status.to_string(),
        ]
    });
    Detail {
        title: "API server".into(),
        subtitle: "kube-apiserver".into(),
        groups: vec![("Server".into(), facts)],
        tables: vec![
            table("Latest requests", &["verb", "path", "client", "status"], requests.collect()),
            table("Watch caches", &["resource", "objects", "revision", "watches"], caches.collect()),
        ],
    }
}

fn scheduler(cluster: &Cluster) -> Detail {
    let Some(scheduler) = cluster.scheduler() else { return down("Scheduler".into(), "kube-scheduler") };
    let (active, backoff, unschedulable, gated) = scheduler.queue().lengths();
    let facts = vec![
        fact("active", active),
        fact("backoff", backoff),
        fact("unschedulable", unschedulable),
        fact("gated", gated),
        fact("assumed", scheduler.cache().assumed()),
        fact("nodes known", scheduler.cache().node_count()),
        fact("bound", scheduler.scheduled()),
    ];
    let decisions = scheduler.decisions().newest_first().take(20).map(|d| {
        let node = d.node.as_ref().map_or("no node".to_owned(), ToString::to_string);
        vec![d.at.to_string(), d.pod.to_string(), node, d.looked_at.to_string()]
    });
    Detail {
        title: "Scheduler".into(),
        subtitle: "kube-scheduler".into(),
        groups: vec![("Queue".into(), facts)],
        tables: vec![table("Latest decisions", &["time", "pod", "node", "looked at"], decisions.collect())],
    }
}

fn controller_manager(cluster: &Cluster) -> Detail {
    let Some(manager) = cluster.controller_manager() else {
        return down("Controller manager".into(), "kube-controller-manager");
    };
    let (calls, held) = manager.outstanding();
    let facts = vec![fact("requests under way", calls), fact("requests held back", held)];
    let rows = manager.runtimes().iter().map(|r| {
        let latest = r.diary().next_back().map_or(String::new(), |done| done.note.to_string());
        vec![
            r.name().as_str().to_owned(),
            r.queue().depth().to_string(),
            r.queue().in_flight().to_string(),
            r.queue().delayed().to_string(),
            r.reconciles().to_string(),
            latest,
        ]
    });
    Detail {
        title: "Controller manager".into(),
        subtitle: "kube-controller-manager".into(),
        groups: vec![("Process".into(), facts)],
        tables: vec![table(
            "Controllers",
            &["controller", "queue", "working", "later", "reconciles", "latest"],
            rows.collect(),
        )],
    }
}

fn node(cluster: &Cluster, number: u32) -> Option<Detail> {
    let machine = cluster.machine(number)?;
    let title = machine.spec.name.clone();
    let up = |up: bool| if up { "running" } else { "down" };
    let mut facts = vec![
        fact("power", if machine.powered { "on" } else { "off" }),
        fact("kubelet", up(machine.kubelet.is_up())),
        fact("containerd", up(machine.runtime_up)),
        fact("kube-proxy", up(machine.proxy.is_up())),
        fact("address", crate::cluster::address(number)),
        fact("CPU", &machine.spec.cpu),
        fact("memory", &machine.spec.memory),
        fact("pods at most", machine.spec.pods),
    ];
    let mut conditions = Vec::new();
    if let Some(object) = cluster.stored("", "nodes", &ObjectKey::new("", title.as_str()))
        && let Some(node) = object.node()
    {
        facts.push(fact("pod network", &node.spec.pod_cidr));
        facts.extend(node.spec.taints.iter().map(|t| fact("taint", names::taint(t))));
        conditions = node
            .status
            .conditions
            .iter()
            .map(|c| vec![c.kind.to_string(), c.status.to_string(), c.reason.to_string()])
            .collect();
    }
    let containers = machine.runtime.containers().map(|c| {
        vec![
            c.config.name.to_string(),
            c.image.to_string(),
            format!("{:?}", c.state).chars().take(40).collect(),
        ]
    });
    let images = machine.runtime.images().map(|i| vec![i.name.to_string(), names::bytes(i.size)]);
    Some(Detail {
        title,
        subtitle: "node".into(),
        groups: vec![("Machine".into(), facts)],
        tables: vec![
            table("Conditions", &["type", "status", "reason"], conditions),
            table("Containers", &["name", "image", "state"], containers.collect()),
            table("Images", &["image", "size"], images.collect()),
        ],
    })
}

fn proxy(cluster: &Cluster, number: u32) -> Option<Detail> {
    let machine = cluster.machine(number)?;
    let rows = machine.rules().ports().map(|port| {
        let backends: Vec<String> = port.backends.iter().map(|b| format!("{}:{}", b.ip, b.port)).collect();
        let node_port = if port.node_port == 0 { String::new() } else { port.node_port.to_string() };
        vec![
            port.name.to_string(),
            format!("{}:{}", port.cluster_ip, port.port),
            node_port,
            backends.join(" "),
        ]
    });
    let syncs = machine.proxy.get().map_or(0, network::KubeProxy::syncs);
    Some(Detail {
        title: Actor::KubeProxy(number).to_string(),
        subtitle: if machine.proxy.is_up() {
            "kube-proxy".into()
        } else {
            "kube-proxy, down; its rules stay".into()
        },
        groups: vec![("Process".into(), vec![fact("rules written", format!("{syncs} times"))])],
        tables: vec![table(
            "Service ports",
            &["service", "address", "node port", "backends"],
            rows.collect(),
        )],
    })
}
