//! What the kubelet itself refuses: pods that can't run on this node whatever the scheduler thought.

use api::types::Pod;

use crate::config::Config;
use crate::status::resources::pod_requests;

/// Why a pod is refused: reason and message of its `Failed` status.
pub(crate) struct Refusal {
    pub reason: &'static str,
    pub message: String,
}

/// Checks a new pod against what the others on the node (given as milli-CPUs, bytes and a count) leave.
pub(crate) fn admit(pod: &Pod, used: (i64, i64, u32), config: &Config) -> Result<(), Refusal> {
    let (cpu, memory) = pod_requests(pod);
    let (cpu_all, memory_all) = config.capacity();
    let lacks = |reason, resource, asked: i64, used: i64, all: i64| {
        let message = format!(
            "Node didn't have enough resource: {resource}, requested: {asked}, used: {used}, capacity: {all}"
        );
        Err(Refusal { reason, message })
    };
    if used.2 >= config.pods {
        return lacks("OutOfpods", "pods", 1, i64::from(used.2), i64::from(config.pods));
    }
    if cpu > 0 && used.0 + cpu > cpu_all {
        return lacks("OutOfcpu", "cpu", cpu, used.0, cpu_all);
    }
    if memory > 0 && used.1 + memory > memory_all {
        return lacks("OutOfmemory", "memory", memory, used.1, memory_all);
    }
    Ok(())
}
