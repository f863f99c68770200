//! Revisions, the index, the database file, alarms and leases.

use lab::view::{LeaseView, StoreView};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::PartProps;
use super::commands::Line;
use super::reading::Reading;
use crate::draw::format::{bytes, thousands};
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::i18n::{StoreTexts, fill};
use crate::infra::{Session, Topic};

/// The part.
#[component]
pub fn DatabasePart(props: &PartProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    let reading = use_mut_ref(Reading::<u32, StoreView>::default);
    let view = reading
        .borrow_mut()
        .get(&session, props.member, || session.state().lab().store_view(props.member).unwrap_or_default());
    html! {
        <div class="database scroll" tabindex="0" role="region" aria-label={s.database}>
            <div class="database-cards">
                { revisions(&view, s) }
                { index(&view, s) }
                { file(&session, &view, s) }
                { alarms(&view, s) }
            </div>
            { leases(&view, s) }
        </div>
    }
}

fn card(title: &'static str, body: Html) -> Html {
    html! { <section class="loop-card" aria-label={title}><h3 class="loop-name">{ title }</h3>{ body }</section> }
}

/// A bar whose first `permille` thousandths are filled.
fn bar(class: &'static str, permille: u64, label: String) -> Html {
    html! {
        <div class={classes!("store-meter", class)} role="img" aria-label={label}>
            <span style={format!("width:{}.{}%", permille / 10, permille % 10)} />
        </div>
    }
}

fn permille(part: u64, whole: u64) -> u64 {
    (part.saturating_mul(1000) / whole.max(1)).min(1000)
}

/// All revisions as a line: what compaction took, and what is kept.
fn revisions(view: &StoreView, s: &'static StoreTexts) -> Html {
    let gone = if view.compact_revision > 0 {
        fill(s.compacted, &[&thousands(view.compact_revision)])
    } else {
        s.none_compacted.to_owned()
    };
    let first = view.compact_revision.max(1);
    let kept = fill(s.kept, &[&thousands(first), &thousands(view.revision)]);
    let body = html! {
        <>
            <dl class="store-numbers">
                <dt>{ s.revision }</dt><dd class="mono store-revision">{ thousands(view.revision) }</dd>
                <dt>{ s.compact_revision }</dt><dd class="mono store-compacted">{ thousands(view.compact_revision) }</dd>
            </dl>
            { bar("revisions-bar", permille(view.compact_revision, view.revision), format!("{gone}; {kept}")) }
            <p class="quiet spread"><span>{ gone.clone() }</span><span>{ kept.clone() }</span></p>
            <Compact revision={view.revision} />
        </>
    };
    card(s.revisions, body)
}

fn index(view: &StoreView, s: &'static StoreTexts) -> Html {
    let numbers = [
        (s.live_keys, view.keys),
        (s.index_entries, view.index_entries),
        (s.generations, view.generations),
        (s.tombstones, view.tombstones),
    ];
    let body = html! {
        <dl class="store-numbers">
            { for numbers.into_iter().map(|(name, n)| html! { <><dt>{ name }</dt><dd class="mono">{ thousands(n) }</dd></> }) }
        </dl>
    };
    card(s.index, body)
}

fn file(session: &Session, view: &StoreView, s: &'static StoreTexts) -> Html {
    let of_quota = fill(s.of_quota, &[&bytes(view.db_bytes), &bytes(view.quota)]);
    let free = fill(s.free, &[&bytes(view.db_bytes.saturating_sub(view.db_in_use))]);
    let member = format!("etcd-{}", view.member);
    let (endpoint, revision) = (endpoint_of(view.member), view.revision);
    let defragment = {
        let (session, endpoint) = (session.clone(), endpoint.clone());
        move |_: MouseEvent| Line::defragment(&endpoint).run(&session)
    };
    let snapshot = {
        let session = session.clone();
        move |_: MouseEvent| Line::snapshot(&endpoint, &member, revision).run(&session)
    };
    let full = view.db_bytes >= view.quota;
    let body = html! {
        <>
            <dl class="store-numbers">
                <dt>{ s.in_use }</dt><dd class="mono">{ bytes(view.db_in_use) }</dd>
                <dt>{ s.file_size }</dt><dd class="mono">{ bytes(view.db_bytes) }</dd>
            </dl>
            { bar("file-bar", permille(view.db_in_use, view.db_bytes), free.clone()) }
            <p class="quiet">{ free.clone() }</p>
            { bar(if full { "quota-bar full" } else { "quota-bar" }, permille(view.db_bytes, view.quota), of_quota.clone()) }
            <p class={if full { "bad-text" } else { "quiet" }}>{ of_quota.clone() }</p>
            <div class="actions">
                <button onclick={defragment} title={s.defragment_title}>{ s.defragment }</button>
                <button onclick={snapshot} title={s.take_snapshot_title}>{ s.take_snapshot }</button>
            </div>
        </>
    };
    card(s.file, body)
}

/// Where a member's clients find it.
fn endpoint_of(member: u32) -> String {
    format!("http://172.18.0.{}:2379", 3 + member)
}

fn alarms(view: &StoreView, s: &'static StoreTexts) -> Html {
    let body = if view.alarms.is_empty() {
        html! { <p class="good-text">{ "✓ " }{ s.no_alarms }</p> }
    } else {
        html! { <ul>{ for view.alarms.iter().map(|alarm| html! { <li class="bad-text mono">{ alarm.to_string() }</li> }) }</ul> }
    };
    card(s.alarms, body)
}

#[derive(Properties, PartialEq)]
struct CompactProps {
    revision: u64,
}

/// Gives history up before a revision.
#[component]
fn Compact(props: &CompactProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    let wish = use_node_ref();
    let current = props.revision;
    let onsubmit = {
        let wish = wish.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let text = wish.cast::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default();
            // An empty field means now, as its placeholder says.
            let revision = if text.trim().is_empty() { Some(current) } else { text.trim().parse().ok() };
            if let Some(revision) = revision {
                Line::compact(revision).run(&session);
            }
        }
    };
    html! {
        <form class="compact-form" {onsubmit}>
            <label>{ s.compact_to }<input ref={wish} type="number" min="1" class="mono compact-to" placeholder={current.to_string()} /></label>
            <button type="submit">{ s.compact }</button>
        </form>
    }
}

fn leases(view: &StoreView, s: &'static StoreTexts) -> Html {
    if view.leases.is_empty() {
        return html! { <><h3>{ s.leases }</h3><p class="quiet">{ s.no_leases }</p></> };
    }
    let rows = view.leases.iter().map(|lease: &LeaseView| {
        html! {
            <tr key={lease.id}>
                <td class="mono">{ format!("{:x}", lease.id) }</td>
                <td class="mono">{ format!("{} s", lease.ttl) }</td>
                <td class="mono">{ thousands(lease.keys) }</td>
                <td class="mono lease-some"><div class="lease-keys">{ lease.some_keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ") }</div></td>
            </tr>
        }
    });
    html! {
        <>
            <h3>{ s.leases }{ format!(" · {}", thousands(view.lease_count)) }</h3>
            <table class="wide">
                <thead><tr>{ for [s.lease_id, s.lease_ttl, s.lease_keys, s.lease_some].map(|c| html! { <th>{ c }</th> }) }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </>
    }
}
