//! The log on disk, record by record.

use lab::view::{StoreView, WalRecordView, WalView};
use yew::prelude::*;

use super::PartProps;
use super::hex;
use super::reading::Reading;
use super::window::use_window;
use crate::draw::format::{bytes, seconds, thousands};
use crate::hooks::{use_language, use_redraw, use_session};
use crate::infra::i18n::{StoreTexts, fill};
use crate::infra::{Topic, frame};

/// Height of a row; the stylesheet says the same.
const ROW_PX: f64 = 26.0;
/// Records whose checksums are worked out in one go: some milliseconds.
const SUMMED_AT_ONCE: u64 = 512;
/// Bytes of a frame before the record itself.
const LENGTH_FIELD: usize = 8;

/// A member's log. A long one is summed up piece by piece before it is shown, so that the page stays quick.
#[component]
pub fn WalPart(props: &PartProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    let update = use_force_update();
    if !session.state().lab().wal_sum(props.member, SUMMED_AT_ONCE) {
        frame::after(0, move || update.force_update());
        return html! { <p class="quiet store-note">{ s.reading_log }</p> };
    }
    html! { <Records ..props.clone() /> }
}

/// The files and the records, the newest first.
#[component]
fn Records(props: &PartProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    use_redraw(Topic::Lab);
    let node = use_node_ref();
    let window = use_window(&node, ROW_PX);
    let total = use_mut_ref(|| 0_usize);
    let chosen = use_state_eq(|| None::<u64>);
    let reading = use_mut_ref(Reading::<(u32, usize, usize), (WalView, StoreView)>::default);
    // How many there are is only known after reading; one redraw later it is right.
    let range = window.range((*total.borrow()).max(1));
    let found = reading.borrow_mut().get(&session, (props.member, range.start, range.end), || {
        let state = session.state();
        let lab = state.lab();
        let all = lab.wal_view(props.member, 0, 0);
        // Newest first: rows are counted from the end.
        let first = all.total_records.saturating_sub(range.end as u64).max(all.first_record);
        let end = all.total_records.saturating_sub(range.start as u64);
        // The remains of a torn write stand behind the last record.
        let torn = u64::from(range.start == 0);
        (
            lab.wal_view(props.member, first, end.saturating_sub(first) + torn),
            lab.store_view(props.member).unwrap_or_default(),
        )
    });
    let (wal, store) = &*found;
    let end = wal.records.last().map_or(0, |r| r.number + 1).max(wal.total_records);
    let count = end.saturating_sub(wal.first_record) as usize;
    let changed = std::mem::replace(&mut *total.borrow_mut(), count) == 0 && count > 0;
    {
        let update = use_force_update();
        use_effect_with(changed, move |changed| {
            if *changed {
                update.force_update();
            }
        });
    }
    let columns = [
        s.record_offset,
        s.record_kind,
        s.record_says,
        s.record_bytes,
        s.record_padding,
        s.record_crc,
        s.record_state,
    ];
    let drawn = range.start..range.start + wal.records.len();
    let rows = wal.records.iter().rev().map(|r| {
        let set = chosen.setter();
        let number = r.number;
        let onclick = move |_: MouseEvent| set.set(Some(number));
        row(r, s, *chosen == Some(number), Callback::from(onclick))
    });
    let picked = chosen.and_then(|number| {
        let mut found = session.state().lab().wal_view(props.member, number, 1).records;
        found.pop().filter(|r| r.number == number)
    });
    let close = {
        let set = chosen.setter();
        move |_: MouseEvent| set.set(None)
    };
    html! {
        <>
            { files(wal, store, s) }
            <p class="quiet store-note">
                { fill(s.records, &[&thousands(count as u64)]) }
                if let Some(done) = wal.fsync_done {
                    { " " }<span class="care-text">{ fill(s.fsync_runs, &[&seconds(done)]) }</span>
                }
            </p>
            <div class="list wal scroll" ref={node} role="table" aria-label={s.wal} tabindex="0" onscroll={window.onscroll()}
                aria-rowcount={(count + 1).to_string()}>
                <div class="list-head" role="row">{ for columns.map(|c| html! { <span role="columnheader">{ c }</span> }) }</div>
                if count == 0 {
                    <p class="quiet">{ s.no_records }</p>
                }
                { window.rows(count, &drawn, rows.collect::<Html>()) }
            </div>
            if let Some(record) = picked {
                <div class="record-bytes">
                    <p class="quiet"><span class="mono">{ &record.segment }</span>{ " " }{ s.bytes_hint }
                        <button class="plain" onclick={close} aria-label={s.close}>{ "✕" }</button></p>
                    if let Some(frame) = session.state().lab().wal_frame(props.member, record.number) {
                        { hex::dump(&frame, record.offset, LENGTH_FIELD, record.padding as usize) }
                    }
                </div>
            }
        </>
    }
}

fn files(wal: &WalView, store: &StoreView, s: &'static StoreTexts) -> Html {
    html! {
        <div class="wal-files">
            <div>
                <h3>{ s.segments }</h3>
                <ul>{ for wal.segments.iter().map(|(name, size)| html! {
                    <li class="mono file">{ name.to_string() }<span class="quiet">{ bytes(*size) }</span></li>
                }) }</ul>
            </div>
            <div>
                <h3>{ s.snapshots }</h3>
                if store.snapshots.is_empty() {
                    <p class="quiet">{ s.no_snapshots }</p>
                }
                <ul>{ for store.snapshots.iter().map(|file| html! {
                    <li class={classes!("mono", "file", (!file.durable).then_some("not-durable"))}>{ &file.name }
                        <span class="quiet">{ fill(s.snapshot_at, &[&thousands(file.index), &file.term.to_string()]) }</span>
                        <span class="quiet">{ bytes(file.bytes) }</span>
                    </li>
                }) }</ul>
            </div>
        </div>
    }
}

fn row(r: &WalRecordView, s: &'static StoreTexts, chosen: bool, onclick: Callback<MouseEvent>) -> Html {
    let (class, state) = match (&r.damaged, r.durable) {
        (Some(why), _) => ("bad-text", format!("{}: {why}", s.damaged)),
        (None, true) => ("good-text", s.durable.to_owned()),
        (None, false) => ("care-text", s.not_durable.to_owned()),
    };
    let marks = classes!(
        "list-row",
        r.damaged.is_some().then_some("is-damaged"),
        (!r.durable).then_some("not-durable"),
        chosen.then_some("chosen")
    );
    html! {
        <div key={r.number} class={marks} role="row">
            <span role="cell" class="number"><button class="plain link mono" {onclick} title={r.segment.clone()}>{ thousands(r.offset) }</button></span>
            <span role="cell" class="mono">{ r.kind.to_string() }</span>
            <span role="cell" class="mono" title={r.text.clone()}>{ &r.text }</span>
            <span role="cell" class="mono number">{ r.bytes }</span>
            <span role="cell" class="mono number">{ r.padding }</span>
            <span role="cell" class="mono quiet">{ format!("{:08x}", r.crc) }</span>
            <span role="cell" {class} title={state.clone()}>{ state.clone() }</span>
        </div>
    }
}
