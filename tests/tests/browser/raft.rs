//! The Raft view: members are broken and mended, values are proposed, all by hand, and by keyboard alone.

use clusterlab_tests::page::{Page, Result, visit};
use serde_json::json;

/// A lab of etcd members only, with a leader, standing still in the Raft view.
pub async fn open(page: &Page, members: u32) -> Result<()> {
    let file = format!(
        "apiVersion: clusterlab.dev/v1\nkind: Lab\nmetadata: {{name: raft}}\nspec:\n  seed: 5\n  etcd: {{members: {members}}}\n  controlPlane: false\n"
    );
    page.promise(&format!("clusterlab.load({})", json!(file))).await?;
    page.run(4).await?;
    page.click(".rail-item:nth-child(2)").await?;
    page.until_count(".raft-member.leads", 1).await?;
    page.until_count(".raft-member", u64::from(members)).await
}

/// How far the group has committed.
async fn committed(page: &Page) -> Result<u64> {
    let says = page.text(".raft-status").await?;
    let number = says.rsplit("committed ").next().and_then(|t| t.split(' ').next()?.parse().ok());
    Ok(number.ok_or(format!("no commit index in {says:?}"))?)
}

#[test]
fn a_proposed_value_is_committed_on_all() {
    visit("raft-propose", (1440, 900), async |page| {
        open(page, 3).await?;
        let before = committed(page).await?;
        page.button("Propose…").await?;
        page.button("Propose").await?;
        page.until_says(".typed-line", "waits for an answer").await?;
        page.run(1).await?;
        page.until_says(".typed-line", "OK").await?;
        page.button("Propose…").await?;
        let after = committed(page).await?;
        assert!(after > before, "{before}, then {after}");
        for row in 0..3 {
            page.until_count(&format!("[data-log='{row}'] .cell.committed[data-index='{after}']"), 1).await?;
        }
        page.screenshot("raft-committed").await?;
        assert_eq!(page.kubectl("etcdctl get x --print-value-only").await?.trim(), "1");
        Ok(())
    });
}

#[test]
fn a_restarted_member_shows_what_it_lost_and_kept() {
    visit("raft-recovery", (1440, 900), async |page| {
        open(page, 3).await?;
        page.button("Propose…").await?;
        page.button("Propose").await?;
        page.run(1).await?;
        page.press(".raft-member:not(.leads)").await?;
        page.until_says(".raft-popover", "follower").await?;
        page.button("Crash").await?;
        page.until_count(".raft-member.is-down", 1).await?;
        page.screenshot("raft-crashed").await?;
        page.button("Restart").await?;
        // Until its process has started, and no further.
        page.until("return !document.querySelector('.raft-member.is-down') || (clusterlab.step(3), false)")
            .await?;
        page.key('\u{E00C}').await?;
        let card = page.until_says(".recovery", "came back").await?;
        assert!(card.contains("kept term") && card.contains("lost"), "{card}");
        page.screenshot("raft-recovery").await?;
        // Once it knows again what it knew, the card goes.
        page.run(2).await?;
        page.until_count(".recovery", 0).await
    });
}

#[test]
fn a_partition_is_drawn_and_healed() {
    visit("raft-partition", (1440, 900), async |page| {
        open(page, 5).await?;
        page.button("Partition…").await?;
        // The leader and one more on one side, three on the other: they elect another leader.
        let places = "const all = [...document.querySelectorAll('.raft-member')]; \
                      return all.sort((a, b) => b.matches('.leads') - a.matches('.leads')).map(e => e.dataset.member)";
        let members = page.js(places).await?;
        for (place, member) in members.as_array().into_iter().flatten().enumerate() {
            for _ in 0..if place < 2 { 1 } else { 2 } {
                page.press(&format!(".raft-member[data-member={member}]")).await?;
            }
        }
        page.until_says(".group-chip.group-1", "B").await?;
        page.screenshot("raft-groups").await?;
        page.button("Cut").await?;
        page.until("return document.querySelectorAll('.lane.is-cut').length === 12").await?;
        page.run(5).await?;
        page.screenshot("raft-partitioned").await?;
        page.button("Heal links").await?;
        page.until_count(".lane.is-cut", 0).await?;
        page.run(3).await?;
        page.until_count(".raft-member.leads", 1).await
    });
}

#[test]
fn a_split_vote_is_forced_and_the_next_election_found() {
    visit("raft-split", (1440, 900), async |page| {
        open(page, 5).await?;
        let term = page.js("return document.querySelector('.raft-member.leads .term').textContent").await?;
        page.button("Split vote").await?;
        page.until("return document.querySelectorAll('.raft-member.stands').length >= 2").await?;
        page.screenshot("raft-split").await?;
        page.run(10).await?;
        page.until_count(".raft-member.leads", 1).await?;
        let after = page.js("return document.querySelector('.raft-member.leads .term').textContent").await?;
        assert_ne!(term, after, "nobody was elected anew");
        page.press(".raft-member.leads").await?;
        page.button("Crash").await?;
        page.button("next election").await?;
        page.until_count(".raft-member.stands", 1).await
    });
}

#[test]
fn all_of_it_by_keyboard() {
    visit("raft-keyboard", (1440, 900), async |page| {
        open(page, 3).await?;
        let focus = |css: &str| format!("document.querySelector({}).focus()", json!(css));
        let (enter, escape, right) = ('\u{E007}', '\u{E00C}', '\u{E014}');
        // From here on: keys only. The first tool holds all new messages.
        page.js(&focus(".raft-tools button")).await?;
        page.key(enter).await?;
        page.until_says(".raft-tools", "Let all go").await?;
        page.run_millis(250).await?;
        page.until("return document.querySelectorAll('.raft-message.held').length >= 2").await?;
        let held = page.count(".raft-message.held").await?;
        page.js(&focus(".raft-messages [data-part]")).await?;
        page.key(right).await?;
        let part = "return document.activeElement.dataset.part";
        assert_eq!(page.js(part).await?, "message");
        page.key(enter).await?;
        page.until_says(".raft-popover", "Deliver now").await?;
        // The first thing in it has the focus.
        page.until("return document.activeElement.textContent === 'Deliver now'").await?;
        page.key(escape).await?;
        page.until_count(".raft-popover", 0).await?;
        page.until("return document.activeElement.dataset.part === 'message'").await?;
        // x throws it away.
        page.key('x').await?;
        page.until_count(".raft-message.held", held - 1).await?;
        page.until("return document.activeElement.dataset.part === 'message'").await?;
        // The focus goes where the person goes, even right after something was done.
        page.js(&focus(".raft-members [data-part]")).await?;
        page.key(right).await?;
        page.key(enter).await?;
        page.until_says(".raft-popover h2", "etcd-1").await?;
        page.until("return document.activeElement.textContent === 'Crash'").await?;
        page.key(enter).await?;
        page.until_count(".raft-member.is-down", 1).await?;
        page.key(escape).await?;
        page.until("return document.activeElement.dataset.key === 'member-1'").await?;
        // The logs are read by arrow keys.
        page.js(&focus(".matrix-frame")).await?;
        page.key('\u{E012}').await?;
        page.until_says(".entry-says", "term").await?;
        page.screenshot("raft-keyboard").await
    });
}
