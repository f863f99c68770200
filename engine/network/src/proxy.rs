//! kube-proxy: follows services and endpoint slices, and keeps the machine's rules in step with them.

use std::collections::BTreeSet;
use std::time::Duration;

use api::ObjectKey;
use client::resource::{ENDPOINT_SLICES, SERVICES};
use client::{Component, Context, Handled, IndexBy, Informer, Input, Selection, Session};
use sim::{Str, Stream, Token};

use crate::table::Table;

/// kube-proxy writes its rules at most once in this time (`--iptables-min-sync-period`, 1 s by default).
const SYNC_PERIOD_MIN: Duration = Duration::from_secs(1);

/// The label that names an endpoint slice's service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

mod timer {
    pub const INFORMER: u16 = 1;
    pub const SYNC: u16 = 2;
}

/// One machine's kube-proxy.
#[derive(Clone, Hash, Debug)]
pub struct KubeProxy {
    session: Session,
    services: Informer,
    slices: Informer,
    table: Table,
    /// Services whose rules are out of date.
    stale: BTreeSet<ObjectKey>,
    /// A sync is due (its timer is set).
    waiting: bool,
    last_sync: Option<sim::SimTime>,
    node: Str,
    syncs: u64,
}

impl KubeProxy {
    /// The kube-proxy of the machine called `node`, with its own stream.
    pub fn new(node: Str, random: Stream) -> KubeProxy {
        let by_service = [IndexBy::Label(SERVICE_NAME)];
        // Services with somebody else's proxy, and headless ones' slices, are none of its business.
        let labels = Selection {
            labels: "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name".into(),
            ..Selection::default()
        };
        KubeProxy {
            session: Session::new(format!("kube-proxy/{node}"), random),
            services: Informer::new(SERVICES.clone(), labels.clone(), &[], Token::new(timer::INFORMER, 0)),
            slices: Informer::new(
                ENDPOINT_SLICES.clone(),
                labels,
                &by_service,
                Token::new(timer::INFORMER, 1),
            ),
            table: Table::default(),
            stale: BTreeSet::new(),
            waiting: false,
            last_sync: None,
            node,
            syncs: 0,
        }
    }

    /// The machine's rules. They stay when the process stops; a new one takes them over.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The rules that the machine had before this process started.
    pub fn take_over(&mut self, table: Table) {
        self.table = table;
    }

    /// How often it has written rules.
    pub fn syncs(&self) -> u64 {
        self.syncs
    }

    /// Services and slices that it knows.
    pub fn known(&self) -> (u32, u32) {
        (self.services.store().len() as u32, self.slices.store().len() as u32)
    }

    fn want_sync(&mut self, context: &mut Context<'_>) {
        let synced = self.services.synced() && self.slices.synced();
        if self.stale.is_empty() || self.waiting || !synced {
            return;
        }
        self.waiting = true;
        let earliest = self.last_sync.map_or(context.now, |last| last + SYNC_PERIOD_MIN);
        context.timer_at(earliest.max(context.now), Token::new(timer::SYNC, 0));
    }

    fn sync(&mut self, context: &mut Context<'_>) {
        self.waiting = false;
        self.last_sync = Some(context.now);
        let mut changed = 0;
        for key in std::mem::take(&mut self.stale) {
            let service = self.services.store().get(&key).and_then(|o| o.service());
            let slices = self
                .slices
                .store()
                .by_in_namespace(IndexBy::Label(SERVICE_NAME), &key.name, &key.namespace)
                .filter_map(|o| o.endpoint_slice())
                .collect::<Vec<_>>();
            changed += u32::from(self.table.set_service(&key, service, slices.into_iter()));
        }
        self.syncs += 1;
        if changed > 0 {
            context.note(
                "kube-proxy {0}: rules of {1} services written",
                [self.node.clone(), changed.to_string().into()],
            );
        }
    }
}

impl Component for KubeProxy {
    fn handle(&mut self, input: Input, context: &mut Context<'_>) {
        match &input {
            Input::Start => {
                self.services.start(&mut self.session, context);
                self.slices.start(&mut self.session, context);
                return;
            }
            Input::Timer(Token { kind: timer::SYNC, .. }) => return self.sync(context),
            _ => {}
        }
        if let Handled::Deltas(deltas) = self.services.on_input(&input, &mut self.session, context) {
            self.stale.extend(deltas.iter().map(|delta| delta.key().clone()));
        } else if let Handled::Deltas(deltas) = self.slices.on_input(&input, &mut self.session, context) {
            let service = |object: &api::Object| {
                let name = object.label(SERVICE_NAME)?;
                Some(ObjectKey::new(object.namespace().clone(), name.clone()))
            };
            let touched = deltas.iter().flat_map(|d| [&d.old, &d.new]).flatten().filter_map(service);
            self.stale.extend(touched);
        }
        self.want_sync(context);
    }
}
