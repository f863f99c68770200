//! `add-nodes 3 voters=(1,2,3) learners=(4) index=10 content=x prevote=true ...`

use std::collections::VecDeque;
use std::sync::Arc;

use sim::{Blob, Stream};

use super::node::{Node, ScriptStorage};
use super::{Env, Outcome};
use crate::script::parse::Directive;
use crate::{
    Config, LogIndex, MemoryStorage, NO_LIMIT, NodeId, RawNode, ReadOnlyOption, Snapshot, Storage, Term,
};

impl Env {
    pub(super) fn add_nodes(&mut self, directive: &Directive) -> Outcome {
        let count: u64 = directive.words().next().and_then(|word| word.parse().ok()).ok_or("how many?")?;
        let mut config = Config {
            election_tick: 3,
            heartbeat_tick: 1,
            max_size_per_msg: NO_LIMIT,
            max_inflight_msgs: i32::MAX as u32,
            check_quorum: false,
            pre_vote: false,
            // Each member gets its own.
            ..Config::new(NodeId(1))
        };
        let mut start = Snapshot::default();
        let ids = |values: &[String]| {
            values
                .iter()
                .map(|value| {
                    value.parse().map(NodeId).map_err(|_| format!("{value:?} is no member's number"))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        for arg in directive.args.iter().filter(|arg| !arg.values.is_empty()) {
            let key = arg.key.as_str();
            let flag = || directive.value::<bool>(key).map(Option::unwrap_or_default);
            let number = || directive.value::<u64>(key).map(Option::unwrap_or_default);
            match key {
                "voters" => start.conf_state.voters = ids(&arg.values)?,
                "learners" => start.conf_state.learners = ids(&arg.values)?,
                "index" => {
                    start.index = LogIndex(number()?);
                    config.applied = start.index;
                }
                "content" => start.data = Blob::from(arg.values.join(",").as_str()),
                "inflight" => config.max_inflight_msgs = u32::try_from(number()?).unwrap_or(u32::MAX),
                "async-storage-writes" => config.async_storage_writes = flag()?,
                "prevote" => config.pre_vote = flag()?,
                "checkquorum" => config.check_quorum = flag()?,
                "max-size-per-msg" => config.max_size_per_msg = number()?,
                "max-committed-size-per-ready" => config.max_committed_size_per_ready = number()?,
                "max-uncommitted-entries-size" => config.max_uncommitted_entries_size = number()?,
                "max-inflight-bytes" => config.max_inflight_bytes = number()?,
                "disable-conf-change-validation" => config.disable_conf_change_validation = flag()?,
                "disable-proposal-forwarding" => config.disable_proposal_forwarding = flag()?,
                "step-down-on-removal" => config.step_down_on_removal = flag()?,
                "read-only" => {
                    config.read_only_option = match arg.values[0].as_str() {
                        "safe" => ReadOnlyOption::Safe,
                        "lease-based" => ReadOnlyOption::LeaseBased,
                        other => return Err(format!("invalid read-only option {other:?}")),
                    }
                }
                other => return Err(format!("unknown option {other:?}")),
            }
        }
        let bootstrap = start != Snapshot::default();
        if bootstrap {
            if start.index <= LogIndex(1) {
                return Err("index must be specified as > 1 due to bootstrap".to_owned());
            }
            start.term = Term(1);
        }
        let start = Arc::new(start);
        for _ in 0..count {
            let mut storage = ScriptStorage { log: MemoryStorage::new(), application: start.clone() };
            if bootstrap {
                storage.log.apply_snapshot(start.clone()).map_err(|error| error.to_string())?;
            }
            let id = NodeId(self.nodes.len() as u64 + 1);
            self.start(Config { id, ..config.clone() }, storage, 0)?;
        }
        Ok(())
    }

    /// Starts a new member, or one that was down (whose place is known by its id).
    pub(super) fn start(&mut self, config: Config, storage: ScriptStorage, starts: u64) -> Outcome {
        debug_assert!(storage.first_index() > LogIndex::ZERO);
        let place = config.id.0 as usize - 1;
        let stream = Stream::derive(config.id.0 << 16 | starts, "raft-script");
        let raw = RawNode::new(config.clone(), storage, stream).map_err(|error| error.to_string())?;
        let node = Node {
            raw,
            config,
            append_work: VecDeque::new(),
            apply_work: VecDeque::new(),
            is_down: false,
            starts: starts + 1,
        };
        if place < self.nodes.len() {
            self.nodes[place] = node;
        } else {
            self.nodes.push(node);
        }
        self.call(place, |_| Ok(()))
    }
}
