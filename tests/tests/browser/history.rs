//! Back to any event, and forward again.

use clusterlab_tests::page::{Page, Result, visit};
use fantoccini::key::Key;

/// The score's place in the window.
async fn score(page: &Page) -> Result<(f64, f64, f64)> {
    let rect = "const r = document.querySelector('.score-frame').getBoundingClientRect(); return [r.x, r.y + r.height / 2, r.width]";
    let rect = page.js(rect).await?;
    let part = |i: usize| rect[i].as_f64().unwrap_or_default();
    Ok((part(0), part(1), part(2)))
}

async fn settles(page: &Page, condition: &str) -> Result<(u64, String)> {
    page.until(&format!("const n = clusterlab.eventCount(); return {condition}")).await?;
    // The queue is empty when this is done.
    page.promise("clusterlab.step(0)").await?;
    page.place().await
}

#[test]
fn the_score_goes_back_and_forward() {
    visit("rewind", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        page.click(".manifests button.primary").await?;
        page.run(20).await?;
        let end = page.place().await?;
        page.until_count(".pod.pod-ready[aria-label^='default/web-']", 3).await?;

        // A click in the middle, then a drag to the first fifth.
        let (x, y, width) = score(page).await?;
        page.drag((x + width * 0.5, y), (x + width * 0.5, y)).await?;
        let last = end.0 as f64;
        let middle = settles(page, &format!("Math.abs(n - {last} * 0.5) < {last} * 0.02")).await?;
        page.screenshot("rewound").await?;
        page.drag((x + width * 0.5, y), (x + width * 0.2, y)).await?;
        settles(page, &format!("Math.abs(n - {last} * 0.2) < {last} * 0.02")).await?;
        page.until_count(".pod[aria-label^='default/web-']", 0).await?;
        page.screenshot("dragged").await?;

        // Forward again, to the very same places.
        page.promise(&format!("clusterlab.seek({})", middle.0)).await?;
        assert_eq!(page.place().await?, middle);
        page.key(Key::End.into()).await?;
        assert_eq!(settles(page, &format!("n === {}", end.0)).await?, end);
        page.until_count(".pod.pod-ready[aria-label^='default/web-']", 3).await?;

        // By keys, and to the first moment.
        page.key(Key::Left.into()).await?;
        settles(page, &format!("n === {} - 1", end.0)).await?;
        page.key(Key::PageDown.into()).await?;
        settles(page, &format!("n < {} - 5", end.0)).await?;
        page.key(Key::Home.into()).await?;
        settles(page, "n === 0").await?;
        page.screenshot("first-moment").await?;
        page.key(Key::End.into()).await?;
        assert_eq!(settles(page, &format!("n === {}", end.0)).await?, end);
        page.click("[title='Back to the first event']").await?;
        settles(page, "n === 0").await?;
        // Playing on from there is the same history.
        page.promise(&format!("clusterlab.step({})", middle.0)).await?;
        assert_eq!(page.place().await?, middle);
        Ok(())
    });
}
