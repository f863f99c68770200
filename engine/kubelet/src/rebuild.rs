//! After a start: what already runs here, and whose it is.

use std::collections::BTreeSet;

use runtime::cri::{ContainerStatus, Request, SandboxStatus};
use sim::Str;

use crate::host::CriCall;
use crate::kubelet::Kubelet;
use crate::message::Context;

impl Kubelet {
    /// The runtime listed what it has. Workers that exist take over theirs (the runtime was restarted); the others
    /// do when the list of pods arrives.
    pub(crate) fn on_runtime_list(
        &mut self,
        sandboxes: &[SandboxStatus],
        containers: &[ContainerStatus],
        context: &mut Context<'_>,
    ) {
        self.found = Some((sandboxes.to_vec(), containers.to_vec()));
        let numbers: Vec<u64> = self.workers.keys().copied().collect();
        for number in numbers {
            self.with_worker(number, context, |worker, host, context| {
                worker.adopt(sandboxes, containers, host, context);
                worker.sync(host, context);
            });
        }
        self.take_up(context);
    }

    /// Once both the runtime's list and the pods are known: a worker for every pod, and an end for sandboxes whose
    /// pod is gone.
    pub(crate) fn take_up(&mut self, context: &mut Context<'_>) {
        if !self.pods.synced() || self.found.is_none() {
            return;
        }
        let Some((sandboxes, containers)) = self.found.take() else { return };
        let first = !self.ready_for_pods;
        self.ready_for_pods = true;
        if first {
            let pods: Vec<api::Object> = self.pods.store().iter().cloned().collect();
            for pod in pods {
                self.add_pod(pod, &sandboxes, &containers, context);
            }
        }
        let known: BTreeSet<Str> = self.workers.values().map(|w| w.pod.uid().0).collect();
        for sandbox in sandboxes.iter().filter(|s| !known.contains(&s.config.uid)) {
            self.host.cri(context, CriCall::Forgotten, Request::RemovePodSandbox(sandbox.id));
        }
    }
}
