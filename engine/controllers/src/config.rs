//! kube-controller-manager's flags.

use std::time::Duration;

use sim::{Str, literal};

/// The flags that the lab knows, with the real program's defaults unless a field says otherwise.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// `--concurrent-*-syncs`: how many keys of one controller are worked on at once.
    pub workers: u32,
    /// `--kube-api-qps`: requests a second; 0 is no limit. The real default is 20, which makes 1,000 pods take 50
    /// seconds; a lab has no server to protect.
    pub qps: u32,
    /// `--kube-api-burst`: requests that may go at once before the limit holds.
    pub burst: u32,
    /// `--node-monitor-period`.
    pub node_monitor_period: Duration,
    /// `--node-monitor-grace-period` (50 s since Kubernetes 1.32, 40 s before).
    pub node_monitor_grace_period: Duration,
    /// `--node-startup-grace-period`.
    pub node_startup_grace_period: Duration,
    /// `--node-eviction-rate`, in nodes per 1,000 seconds: 0.1 a second.
    pub node_eviction_rate_millis: u32,
    /// `--secondary-node-eviction-rate`, in nodes per 1,000 seconds: 0.01 a second.
    pub secondary_node_eviction_rate_millis: u32,
    /// `--unhealthy-zone-threshold`, in percent of a zone's nodes.
    pub unhealthy_zone_percent: u32,
    /// `--large-cluster-size-threshold`: zones of up to this size are not evicted from at all when unhealthy.
    pub large_cluster_size: u32,
    /// `--terminated-pod-gc-threshold`: how many terminated pods may stay.
    pub terminated_pod_gc_threshold: u32,
    /// `--cluster-cidr`: four bytes and the prefix length.
    pub cluster_cidr: ([u8; 4], u8),
    /// `--node-cidr-mask-size`.
    pub node_cidr_mask: u8,
    /// `--allocate-node-cidrs`.
    pub allocate_node_cidrs: bool,
    /// `--endpoint-updates-batch-period` and its slice counterpart. The real default is 0; here it holds for
    /// services with more than [`Config::endpoint_batch_from`] endpoints only, whose objects are large.
    pub endpoint_batch_period: Duration,
    /// See [`Config::endpoint_batch_period`].
    pub endpoint_batch_from: u32,
    /// `--max-endpoints-per-slice`.
    pub max_endpoints_per_slice: u32,
    /// The process' name in `user-agent`.
    pub agent: Str,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            workers: 5,
            qps: 0,
            burst: 30,
            node_monitor_period: Duration::from_secs(5),
            node_monitor_grace_period: Duration::from_secs(50),
            node_startup_grace_period: Duration::from_secs(60),
            node_eviction_rate_millis: 100,
            secondary_node_eviction_rate_millis: 10,
            unhealthy_zone_percent: 55,
            large_cluster_size: 50,
            terminated_pod_gc_threshold: 12_500,
            cluster_cidr: ([10, 244, 0, 0], 16),
            node_cidr_mask: 24,
            allocate_node_cidrs: true,
            endpoint_batch_period: Duration::from_millis(500),
            endpoint_batch_from: 100,
            max_endpoints_per_slice: 100,
            agent: literal!("kube-controller-manager"),
        }
    }
}
