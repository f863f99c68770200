//! Raft's messages are picked up: held, delivered, dropped, delayed, doubled, swapped.

use clusterlab_tests::page::{Page, Result, visit};

use super::raft::open;

const HELD: &str = ".raft-message.held[data-part]";
const MOVING: &str = ".raft-message[data-part]:not(.held)";

/// All messages wait, and the leader has sent some.
async fn held(page: &Page) -> Result<u64> {
    open(page, 3).await?;
    page.button("Hold messages").await?;
    page.run_millis(350).await?;
    page.until(&format!("return document.querySelectorAll('{HELD}').length >= 4")).await?;
    page.count(HELD).await
}

/// The names of messages, in order.
async fn order(page: &Page, css: &str) -> Result<Vec<String>> {
    let names = format!("return [...document.querySelectorAll('{css}')].map(e => e.dataset.key)");
    let names = page.js(&names).await?;
    Ok(names.as_array().into_iter().flatten().filter_map(|n| Some(n.as_str()?.to_owned())).collect())
}

#[test]
fn a_held_message_is_delivered_dropped_or_doubled_by_hand() {
    visit("raft-messages", (1440, 900), async |page| {
        let count = held(page).await?;
        page.screenshot("raft-held").await?;
        page.press(HELD).await?;
        let says = page.text(".raft-popover").await?;
        assert!(
            says.contains("MsgHeartbeat") && says.contains("Term:"),
            "etcd's own text is missing: {says}"
        );
        page.screenshot("raft-message").await?;
        let before = page.place().await?.0;
        page.button("Deliver now").await?;
        page.until_count(HELD, count).await?;
        // Its arrival was taken, and its answer waits in its place.
        assert!(page.place().await?.0 > before);
        let answer = format!("{HELD}.answer");
        page.until_count(&answer, 1).await?;
        page.press(HELD).await?;
        page.button("Drop").await?;
        page.until_count(HELD, count - 1).await?;
        page.press(HELD).await?;
        page.button("Duplicate").await?;
        page.until_count(HELD, count).await?;
        // Letting go of all empties the roadside.
        page.button("Let all go").await?;
        page.until_count(HELD, 0).await?;
        page.run(1).await?;
        page.until_count(".raft-member.leads", 1).await
    });
}

#[test]
fn two_messages_change_places() {
    visit("raft-swap", (1440, 900), async |page| {
        open(page, 3).await?;
        // The heartbeats of both followers are under way.
        page.until(&format!(
            "if (document.querySelectorAll('{MOVING}').length >= 2) return true; clusterlab.step(1); return false"
        ))
        .await?;
        let before = order(page, MOVING).await?;
        page.press(&format!("[data-key='{}']", before[0])).await?;
        page.button("Swap…").await?;
        page.until_says(".raft-strip", "change places").await?;
        page.press(&format!("[data-key='{}']", before[1])).await?;
        page.until_count(".raft-message.swapping", 0).await?;
        // What would have arrived second comes first.
        let mut wanted = before.clone();
        wanted.swap(0, 1);
        assert_eq!(order(page, MOVING).await?, wanted);
        page.screenshot("raft-swapped").await
    });
}

#[test]
fn a_message_under_way_is_held_and_delayed() {
    visit("raft-delay", (1440, 900), async |page| {
        open(page, 3).await?;
        // To where something is under way.
        page.until(
            "document.querySelector('.raft-message[data-part]') || clusterlab.step(1); \
             return !!document.querySelector('.raft-message[data-part]:not(.held)')",
        )
        .await?;
        page.press(".raft-message[data-part]:not(.held)").await?;
        page.find(".raft-popover").await?;
        page.button("Hold").await?;
        page.until_count(HELD, 1).await?;
        page.press(HELD).await?;
        page.button("Delay").await?;
        // It is under way again, and arrives a tenth of a second later.
        page.until_count(HELD, 0).await?;
        page.until("return [...document.querySelectorAll('.next-up .is-message + .who')].length > 0").await?;
        page.screenshot("raft-delayed").await
    });
}

#[test]
fn a_message_is_dragged_to_its_end() {
    visit("raft-drag", (1440, 900), async |page| {
        let count = held(page).await?;
        let key = order(page, HELD).await?.remove(0);
        let ends = page
            .js(&format!(
                "const m = document.querySelector('[data-key=\"{key}\"]'); \
                 const to = m.ariaLabel.split(' → ')[1].slice(0, 6); \
                 const disc = [...document.querySelectorAll('.raft-member')].find(e => e.ariaLabel.startsWith(to)).querySelector('.disc'); \
                 return [m.querySelector('.hit'), disc].map(e => {{ const r = e.getBoundingClientRect(); \
                   return [r.x + r.width / 2, r.y + r.height / 2] }})"
            ))
            .await?;
        let at = |i: usize, j: usize| ends[i][j].as_f64().unwrap_or_default();
        let before = page.place().await?.0;
        page.drag((at(0, 0), at(0, 1)), (at(1, 0), at(1, 1))).await?;
        page.until(&format!("return !document.querySelector('[data-key=\"{key}\"]')")).await?;
        assert!(page.place().await?.0 > before);
        // The answer took its place at the roadside.
        page.until_count(HELD, count).await
    });
}
