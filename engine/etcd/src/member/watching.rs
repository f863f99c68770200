//! Watches on this member: creation, delivery, catching up, progress, the leader's absence.

use std::sync::Arc;
use std::time::Duration;

use sim::{Actor, Str, Token};

use super::{Context, Member, Message, timer};
use crate::rpc::{CallId, Error, Event, Header, KeyValue, Response, Revision, WatchCreate};
use crate::watch::{Delivery, Standing};

/// How often watchers that lag are led on.
const RESYNC: Duration = Duration::from_millis(100);

/// Election timeouts without a leader after which watches end.
const LEADERLESS_TIMEOUTS: u32 = 3;

/// What gRPC may add to a request (etcd's `grpcOverheadBytes`).
const FRAME_OVERHEAD: u64 = 512 * 1024;

/// About how many bytes an event takes: keys and values, and a few for each field.
fn event_size(event: &Event) -> u64 {
    let size = |kv: &KeyValue| kv.key.len() as u64 + kv.value.size() + 24;
    size(&event.kv) + event.prev_kv.as_ref().map_or(0, size) + 8
}

impl Member {
    pub(super) fn watch(
        &mut self,
        client: Actor,
        call: CallId,
        wants: &WatchCreate,
        context: &mut Context<'_>,
    ) {
        let refusal = if wants.range.is_empty() {
            Some(Str::from("mvcc: watcher range is empty"))
        } else if self.config.watches_need_leader && self.lead().is_none() {
            Some(Str::from(Error::NoLeader.to_string()))
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.end_watch(client, call, Revision(0), reason, context);
            return;
        }
        let standing = self.watchers.create(client, call, wants, self.state.store.revision());
        self.tell(client, call, Response::WatchCreated { header: self.header() }, context);
        if standing == Standing::Unsynced {
            self.schedule_catch_up(context);
        }
        if wants.progress_notify && !self.progress_scheduled {
            self.progress_scheduled = true;
            context.timer(self.config.progress_interval, Token::new(timer::PROGRESS, 0));
        }
    }

    pub(super) fn cancel_watch(&mut self, client: Actor, call: CallId, context: &mut Context<'_>) {
        if self.watchers.cancel(client, call) {
            self.end_watch(client, call, Revision(0), Str::new(), context);
        }
    }

    /// One answer speaks for all watches of the client; it comes when they have seen everything.
    pub(super) fn ask_progress(&mut self, client: Actor, call: CallId, context: &mut Context<'_>) {
        if self.watchers.all_synced(client) {
            self.tell_revision(client, call, context);
        } else {
            self.progress_asked.push((client, call));
        }
    }

    /// Tells watchers of what was applied after `told`, which moves on.
    pub(super) fn tell_watchers(&mut self, told: &mut Revision, context: &mut Context<'_>) {
        let mut out = Vec::new();
        self.watchers.notify(&self.state.store, *told, &mut out);
        *told = self.state.store.revision();
        self.deliver(out, context);
        self.schedule_catch_up(context);
    }

    /// Leads lagging watchers on.
    pub(super) fn catch_up(&mut self, context: &mut Context<'_>) {
        self.catch_up_scheduled = false;
        let mut out = Vec::new();
        self.watchers.catch_up(&self.state.store, &mut out);
        self.deliver(out, context);
        let asked = std::mem::take(&mut self.progress_asked);
        for (client, call) in asked {
            self.ask_progress(client, call, context);
        }
        self.schedule_catch_up(context);
    }

    pub(super) fn schedule_catch_up(&mut self, context: &mut Context<'_>) {
        if !self.catch_up_scheduled && self.watchers.unsynced() > 0 {
            self.catch_up_scheduled = true;
            context.timer(RESYNC, Token::new(timer::CATCH_UP, 0));
        }
    }

    /// Tells idle watchers the revision.
    pub(super) fn notify_progress(&mut self, context: &mut Context<'_>) {
        for (client, call) in self.watchers.progress_round() {
            self.tell_revision(client, call, context);
        }
        self.progress_scheduled = self.watchers.any_progress();
        if self.progress_scheduled {
            context.timer(self.config.progress_interval, Token::new(timer::PROGRESS, 0));
        }
    }

    /// A member that is cut off would leave its watchers in the dark; they had better ask another one.
    pub(super) fn watch_leader(&mut self, context: &mut Context<'_>) {
        if !self.lead().is_none() {
            self.leaderless_ticks = 0;
            return;
        }
        self.leaderless_ticks += 1;
        let patience = LEADERLESS_TIMEOUTS * self.config.election_ticks;
        if self.config.watches_need_leader && self.leaderless_ticks >= patience && !self.watchers.is_empty() {
            let reason = Str::from(Error::NoLeader.to_string());
            context.note("{0} has had no leader for too long and ends its watches.", [self.name_of(self.id)]);
            for (client, call) in self.watchers.clear() {
                self.end_watch(client, call, Revision(0), reason.clone(), context);
            }
        }
    }

    fn deliver(&mut self, deliveries: Vec<Delivery>, context: &mut Context<'_>) {
        for delivery in deliveries {
            match delivery {
                Delivery::Events { client, call, events, fragment } => {
                    for (events, fragment) in self.pieces(events, fragment) {
                        let response = Response::WatchEvents { header: self.header(), events, fragment };
                        self.tell(client, call, response, context);
                    }
                }
                Delivery::Compacted { client, call, revision } => {
                    context.note(
                        "{0} ends a watch: history before revision {1} is compacted.",
                        [self.name_of(self.id), Str::from(revision.0.to_string())],
                    );
                    let reason = Str::from(Error::Compacted.to_string());
                    self.end_watch(client, call, revision, reason, context);
                }
            }
        }
    }

    /// Cuts events into pieces that are no larger than a request may be, if the client wants that. All but the last say that there
    /// is more.
    fn pieces(&self, events: Arc<[Event]>, fragment: bool) -> Vec<(Arc<[Event]>, bool)> {
        let most = self.config.max_request_bytes + FRAME_OVERHEAD;
        if !fragment || events.len() < 2 || events.iter().map(event_size).sum::<u64>() < most {
            return vec![(events, false)];
        }
        let mut pieces: Vec<Vec<Event>> = Vec::new();
        let mut size = most;
        for event in events.iter() {
            size += event_size(event);
            if size >= most {
                pieces.push(Vec::new());
                size = event_size(event);
            }
            if let Some(piece) = pieces.last_mut() {
                piece.push(event.clone());
            }
        }
        let last = pieces.len().saturating_sub(1);
        pieces.into_iter().enumerate().map(|(i, piece)| (piece.into(), i < last)).collect()
    }

    /// A client's connection takes what is sent again.
    pub(super) fn client_flows(&mut self, client: Actor, context: &mut Context<'_>) {
        let mut out = Vec::new();
        self.watchers.flow(client, &self.state.store, &mut out);
        self.deliver(out, context);
        self.schedule_catch_up(context);
    }

    fn tell_revision(&mut self, client: Actor, call: CallId, context: &mut Context<'_>) {
        let response =
            Response::WatchEvents { header: self.header(), events: Arc::from([]), fragment: false };
        self.tell(client, call, response, context);
    }

    fn end_watch(
        &self,
        client: Actor,
        call: CallId,
        compact_revision: Revision,
        reason: Str,
        context: &mut Context<'_>,
    ) {
        let header: Header = self.header();
        self.tell(client, call, Response::WatchCanceled { header, compact_revision, reason }, context);
    }

    fn tell(&self, client: Actor, call: CallId, response: Response, context: &mut Context<'_>) {
        context.send(client, Message::Client { call, response: Arc::new(response) });
    }
}
