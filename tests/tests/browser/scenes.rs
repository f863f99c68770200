//! The preset scenes: each opens with its words, in its view, and never over a person's own lab.

use clusterlab_tests::page::{Page, Result, visit};

async fn open_gallery(page: &Page) -> Result<u64> {
    page.click(".scenes-button").await?;
    page.find("dialog.scenes[open]").await?;
    page.count(".scene-card").await
}

#[test]
fn each_scene_opens_with_its_words_in_its_view() {
    visit("scenes", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        let count = open_gallery(page).await?;
        page.screenshot("scenes").await?;
        assert!(count >= 10, "{count} scenes");
        for card in 1..=count {
            if page.count("dialog.scenes[open]").await? == 0 {
                open_gallery(page).await?;
            }
            let css = format!(".scene-card:nth-child({card})");
            let title = page.text(&format!("{css} h3")).await?;
            let view = page.text(&format!("{css} .scene-view")).await?;
            page.click(&format!("{css} button.primary")).await?;
            page.until_says(".scene-note", &title).await?;
            page.until(&format!(
                "return document.querySelector('.rail-item[aria-current]').textContent === {}",
                serde_json::json!(view)
            ))
            .await?;
            page.until_count("dialog.scenes", 0).await?;
            // It is a lab that goes on.
            let before = page.place().await?.0;
            page.promise("clusterlab.step(5)").await?;
            assert_eq!(page.place().await?.0, before + 5, "{title}");
            page.screenshot(&format!("scene-{card}")).await?;
        }
        page.click(".scene-note .close").await?;
        page.until_count(".scene-note", 0).await
    });
}

#[test]
fn a_scene_leaves_the_own_lab_alone() {
    visit("scene-guest", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        page.kubectl("create configmap mine").await?;
        let mine = page.place().await?;
        open_gallery(page).await?;
        page.click(".scene-card button.primary").await?;
        page.find(".scene-note").await?;
        page.until_says(".scene-note", "Your own lab is kept").await?;
        page.promise("clusterlab.step(20)").await?;
        page.screenshot("scene-guest").await?;
        page.button("Back to mine").await?;
        page.until(&format!("return clusterlab.eventCount() === {}", mine.0)).await?;
        assert_eq!(page.place().await?, mine);
        page.until_count(".scene-note", 0).await
    });
}

#[test]
fn a_scenes_link_brings_its_words_along() {
    visit("scene-link", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        open_gallery(page).await?;
        let title = page.text(".scene-card h3").await?;
        page.click(".scene-card button.primary").await?;
        page.until_says(".scene-note", &title).await?;
        let place = page.place().await?;
        let link = page.js("return clusterlab.link()").await?;
        let fragment = link.as_str().and_then(|l| l.split_once('#')).map(|(_, f)| format!("#{f}"));
        let other = Page::open(1440, 900, &fragment.ok_or("no link")?).await?;
        let says = other.until_says(".scene-note", &title).await;
        let there = other.place().await;
        other.close().await?;
        says?;
        assert_eq!(there?, place);
        // The gallery's own button copies a link, too, and leaves the lab as it is.
        page.js(
            "window.copied = null; navigator.clipboard.writeText = async text => { window.copied = text }",
        )
        .await?;
        open_gallery(page).await?;
        page.click(".scene-card:nth-child(2) .actions button:nth-child(2)").await?;
        page.until("return (window.copied ?? '').includes('#cl')").await?;
        assert_eq!(page.place().await?, place);
        Ok(())
    });
}

#[test]
fn escape_closes_the_gallery() {
    visit("scene-escape", (1440, 900), async |page| {
        open_gallery(page).await?;
        page.key(fantoccini::key::Key::Escape.into()).await?;
        page.until_count("dialog.scenes", 0).await?;
        open_gallery(page).await?;
        page.click(".scenes .plain").await?;
        page.until_count("dialog.scenes", 0).await
    });
}
