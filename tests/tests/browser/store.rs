//! The store view: the tree down to a pod's value, its history, who watches, the log, compaction.

use clusterlab_tests::page::{Page, Result, visit};
use clusterlab_tests::samples;
use fantoccini::key::Key;

/// A lab that stands still with a Deployment of two pods; the store view is open.
async fn with_pods(page: &Page) -> Result<()> {
    page.promise("clusterlab.pause()").await?;
    let manifest = serde_json::json!(samples::deployment(2));
    page.promise(&format!("clusterlab.apply({manifest})")).await?;
    page.kubectl("rollout status deployment/web").await?;
    page.button("Store").await
}

/// A row of the tree by its name.
fn row(path: &str) -> String {
    format!(".tree-row[title='{path}']")
}

/// Opens the branches down to a key.
async fn open_down_to(page: &Page, branches: &[&str]) -> Result<()> {
    for branch in branches {
        if page.count(&format!("{}[aria-expanded='false']", row(branch))).await? > 0 {
            page.click(&row(branch)).await?;
        }
        page.find(&format!("{}[aria-expanded='true']", row(branch))).await?;
    }
    Ok(())
}

#[test]
fn the_tree_leads_to_a_pod_and_its_history() {
    visit("store-tree", (1440, 900), async |page| {
        with_pods(page).await?;
        page.find(&row("/registry/")).await?;
        open_down_to(page, &["/registry/", "/registry/pods/", "/registry/pods/default/"]).await?;
        page.until_count(".tree-row.leaf[title^='/registry/pods/default/web-']", 2).await?;
        page.click(".tree-row.leaf[title^='/registry/pods/default/web-']").await?;
        page.until_says(".store-value", "kind: Pod").await?;
        page.until_says(".store-value", "nodeName: node-").await?;
        page.screenshot("store-pod").await?;

        page.button("History").await?;
        page.until("return document.querySelectorAll('.version').length >= 3").await?;
        page.until_says(".version:first-child", "changed").await?;
        page.until_says(".versions", "created").await?;
        page.find(".version-detail .plus").await?;
        page.screenshot("store-history").await?;

        // The Deployment's own history grows with a scaling, and the difference says of what.
        page.type_into(".store-filter", "/registry/deployments").await?;
        page.until_count(".tree-row.leaf", 1).await?;
        page.click(".tree-row.leaf").await?;
        page.until_says(".key-name", "/registry/deployments/default/web").await?;
        page.button("History").await?;
        let before = page.count(".version").await?;
        page.kubectl("scale deployment web --replicas=3").await?;
        page.until(&format!("return document.querySelectorAll('.version').length > {before}")).await?;
        page.click(&format!(".version:nth-last-child({}) button", before + 1)).await?;
        page.until_says(".version-detail", "replicas").await?;
        page.screenshot("store-history-scaled").await
    });
}

#[test]
fn the_tree_is_walked_with_the_arrows() {
    visit("store-keys", (1440, 900), async |page| {
        with_pods(page).await?;
        page.click(&row("/registry/")).await?;
        page.find(&format!("{}[aria-expanded='false']", row("/registry/"))).await?;
        page.js("document.querySelector('.tree').focus()").await?;
        page.key(Key::Right.into()).await?;
        page.find(&format!("{}[aria-expanded='true']", row("/registry/"))).await?;
        page.key(Key::Right.into()).await?;
        let here = "return document.getElementById(document.querySelector('.tree').getAttribute('aria-activedescendant'))?.ariaLevel";
        page.until(&format!("{here} === '2'")).await?;
        page.key(Key::End.into()).await?;
        page.until(
            "return document.querySelector('.tree-row.here')?.nextElementSibling?.role === 'presentation'",
        )
        .await?;
        page.key(Key::Left.into()).await?;
        page.until(&format!("{here} === '1'")).await?;
        // Space belongs to the tree here, not to the clock.
        let before = page.place().await?;
        page.key(' ').await?;
        page.find(&format!("{}[aria-expanded='false']", row("/registry/"))).await?;
        assert_eq!(page.place().await?, before);
        Ok(())
    });
}

#[test]
fn watchers_and_the_log_are_listed() {
    visit("store-watchers", (1440, 900), async |page| {
        with_pods(page).await?;
        page.button("Watchers").await?;
        // The API server watches each kind of object on the member that it talks to.
        let members = page.count(".store-member").await?;
        let mut found = false;
        for member in 1..=members {
            page.click(&format!(".store-member:nth-child({member})")).await?;
            page.until_says(".store-body", "atch").await?;
            if page.count(".watchers .list-row").await? > 0 {
                page.until_says(".watchers", "/registry/pods/").await?;
                page.until_says(".watchers", "synced").await?;
                page.screenshot("store-watchers").await?;
                found = true;
            }
        }
        assert!(found, "no member has a watcher");

        page.button("WAL").await?;
        page.until("return document.querySelectorAll('.wal .list-row').length > 5").await?;
        page.until_says(".wal-files", "0000000000000000-0000000000000000.wal").await?;
        page.until_says(".wal", "entry").await?;
        page.until_says(".wal", "synced").await?;
        page.screenshot("store-wal").await?;
        // Only what is in sight is in the document, and its beginning can be scrolled to.
        let rows = "document.querySelectorAll('.wal .list-row').length";
        page.until(&format!("return {rows} < 120")).await?;
        page.js("const l = document.querySelector('.list.wal'); l.scrollTop = l.scrollHeight").await?;
        page.until_says(".wal", "metadata").await?;
        Ok(())
    });
}

#[test]
fn compaction_moves_the_mark() {
    visit("store-compaction", (1440, 900), async |page| {
        with_pods(page).await?;
        page.button("Index and database").await?;
        page.until("return document.querySelector('.store-revision').textContent.length > 1").await?;
        page.screenshot("store-database").await?;
        page.type_into(".compact-to", "20").await?;
        page.button("Compact").await?;
        page.until_says(".typed-lines", "etcdctl compaction 20").await?;
        page.until_says(".typed-lines", "compacted revision 20").await?;
        page.run(1).await?;
        page.until("return document.querySelector('.store-compacted').textContent === '20'").await?;
        page.screenshot("store-compacted").await?;
        // On the other members too: compaction goes through the log.
        page.click(".store-member:nth-child(3)").await?;
        page.until("return document.querySelector('.store-compacted').textContent === '20'").await
    });
}

#[test]
fn a_key_is_put_and_deleted_by_hand() {
    visit("store-put", (1440, 900), async |page| {
        with_pods(page).await?;
        page.button("New key").await?;
        page.type_into(".put-key", "greeting").await?;
        page.type_into(".put-value", "it's me").await?;
        page.button("Put").await?;
        page.until_says(".typed-lines", r"etcdctl put greeting 'it'\''s me'").await?;
        page.until_says(".typed-lines", "OK").await?;
        page.run(1).await?;
        page.until_says(".store-value", "it's me").await?;
        page.screenshot("store-put").await?;
        page.button("Delete").await?;
        page.until_says(".typed-lines", "etcdctl del greeting").await?;
        page.run(1).await?;
        page.until_says(".store-key", "does not exist now").await?;
        page.button("History").await?;
        page.until_says(".versions", "deleted").await?;
        page.until_count(".version", 2).await?;
        page.screenshot("store-deleted").await
    });
}

#[test]
fn the_store_on_a_phone() {
    visit("store-phone", (390, 844), async |page| {
        with_pods(page).await?;
        page.find(&row("/registry/")).await?;
        let wide = "const d = document.documentElement; return d.scrollWidth <= d.clientWidth";
        page.until(wide).await?;
        page.screenshot("phone-store").await?;
        page.type_into(".store-filter", "pods/default/web").await?;
        page.click(".tree-row.leaf").await?;
        page.until_says(".store-value", "kind: Pod").await?;
        page.until(wide).await?;
        page.screenshot("phone-store-key").await?;
        page.click(".key-back").await?;
        page.until("return document.querySelector('.tree').checkVisibility()").await
    });
}
