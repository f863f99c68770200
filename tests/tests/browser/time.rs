//! Pause, play, speed, steps; and what is said of each of them.

use clusterlab_tests::page::{Page, Result, visit};
use fantoccini::key::Key;

/// Three frames, in which a lab that plays would have moved on.
const FRAMES: &str =
    "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(r))))";

async fn stands_still(page: &Page) -> Result<()> {
    let before = page.now().await?;
    page.promise(FRAMES).await?;
    assert_eq!(page.now().await?, before);
    Ok(())
}

async fn plays(page: &Page) -> Result<()> {
    let before = page.now().await?;
    page.until(&format!("return clusterlab.now() > {before}")).await
}

async fn reaches(page: &Page, event: u64) -> Result<()> {
    page.until(&format!("return clusterlab.eventCount() === {event}")).await
}

#[test]
fn buttons_move_time() {
    visit("time", (1440, 900), async |page| {
        plays(page).await?;
        page.click(".play").await?;
        stands_still(page).await?;
        let (start, hash) = page.place().await?;
        page.click("[title='Take one event']").await?;
        reaches(page, start + 1).await?;
        page.click("[title='One event back']").await?;
        reaches(page, start).await?;
        assert_eq!(page.place().await?.1, hash);

        page.click("[title='Run to the next Raft message']").await?;
        page.until(&format!("return clusterlab.eventCount() > {start}")).await?;
        page.until_says(".sentence", "etcd-").await?;
        page.until("return document.querySelectorAll('.why li').length > 0").await?;
        page.screenshot("step-raft").await?;

        page.click("[title='Run to the next change of an object']").await?;
        page.until("return document.querySelector('.diff .plus, .diff .minus') !== null").await?;
        page.until_says(".right", "Why").await?;
        page.until("return document.querySelectorAll('.why li.now').length === 1").await?;
        page.screenshot("step-object").await?;

        // A cause leads to its event.
        let here = page.place().await?.0;
        page.click(".why li:first-child button").await?;
        page.until(&format!("return clusterlab.eventCount() < {here}")).await?;

        let before = page.now().await?;
        page.button("until…").await?;
        page.button("+10 s").await?;
        page.until(&format!("return clusterlab.now() >= {before} + 10")).await?;
        page.click(".play").await?;
        plays(page).await
    });
}

#[test]
fn the_slider_sets_the_speed() {
    visit("speed", (1440, 900), async |page| {
        let slider = page.find(".speed input").await?;
        assert_eq!(page.text(".speed-value").await?, "1×");
        slider.send_keys(&char::from(Key::Right).to_string()).await?;
        page.until_says(".speed-value", "2×").await?;
        slider.send_keys(&char::from(Key::Home).to_string()).await?;
        page.until_says(".speed-value", "1/100×").await?;
        // At this speed messages can be followed along the arrows: they carry their names.
        page.click(".manifests button.primary").await?;
        page.until("return document.querySelector('.message text') !== null").await?;
        page.screenshot("speed-slow").await?;
        slider.send_keys(&char::from(Key::End).to_string()).await?;
        page.until_says(".speed-value", "1000×").await?;
        let before = page.now().await?;
        page.until(&format!("return clusterlab.now() > {before} + 60")).await
    });
}

#[test]
fn keys_do_what_the_buttons_do() {
    visit("keys", (1440, 900), async |page| {
        // Nothing that can be pressed has the focus.
        page.click(".sentence").await?;
        page.key(' ').await?;
        page.until("return document.querySelector('.play').ariaPressed === 'false'").await?;
        stands_still(page).await?;
        let (start, hash) = page.place().await?;
        page.key('.').await?;
        reaches(page, start + 1).await?;
        page.key(',').await?;
        reaches(page, start).await?;
        assert_eq!(page.place().await?.1, hash);
        page.key('r').await?;
        page.until(&format!("return clusterlab.eventCount() > {start}")).await?;
        page.until_says(".sentence", "etcd-").await?;
        page.key('o').await?;
        page.until("return document.querySelector('.diff') !== null").await?;
        page.key('?').await?;
        page.find("[role=dialog]").await?;
        page.screenshot("keys").await?;
        page.key(Key::Escape.into()).await?;
        page.until_count("[role=dialog]", 0).await?;
        page.key('/').await?;
        page.until("return document.activeElement.id === 'terminal-input'").await?;
        // In the terminal they are letters.
        let here = page.place().await?;
        page.key('r').await?;
        page.until("return document.querySelector('#terminal-input').value === 'r'").await?;
        assert_eq!(page.place().await?, here);
        page.click(".sentence").await?;
        page.key(' ').await?;
        plays(page).await
    });
}
