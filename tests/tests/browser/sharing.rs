//! Links out and in, and what this browser keeps.

use clusterlab_tests::page::{Page, Result, visit};

/// A lab with some work in it, standing still; its place and its fragment.
async fn worked_in(page: &Page) -> Result<((u64, String), String)> {
    page.promise("clusterlab.pause()").await?;
    page.click(".manifests button.primary").await?;
    page.run(12).await?;
    let place = page.place().await?;
    page.click(".head button.primary").await?;
    page.until_says(".banner", "ink").await?;
    let fragment = page.js("return location.hash").await?.as_str().unwrap_or_default().to_owned();
    assert!(fragment.starts_with("#cl"), "{fragment}");
    Ok((place, fragment))
}

#[test]
fn a_link_gives_the_same_lab_elsewhere() {
    visit("sharing", (1440, 900), async |page| {
        let (place, fragment) = worked_in(page).await?;
        page.screenshot("link-copied").await?;
        assert_eq!(page.place().await?, place, "copying a link changes nothing");

        // Another browser, with nothing in its storage.
        let other = Page::open(1440, 900, &fragment).await?;
        let opened = other.place().await?;
        let says = other.until_says(".banner", "Opened shared lab").await?;
        other.screenshot("link-opened").await?;
        // It is that browser's own lab now: time goes on in it.
        other.run(5).await?;
        let later = other.place().await?;
        other.close().await?;
        assert_eq!(opened, place);
        assert!(says.contains(&place.1) && says.contains("same as the author's"), "{says}");
        page.run(5).await?;
        assert_eq!(page.place().await?, later, "both go the same way on");
        Ok(())
    });
}

#[test]
fn a_reload_loses_nothing() {
    visit("reload", (1440, 900), async |page| {
        let (place, _) = worked_in(page).await?;
        page.reload().await?;
        assert_eq!(page.place().await?, place);
        page.until_says(".banner", "Restored your lab").await?;
        page.screenshot("reloaded").await?;
        // Also without the link in the address, and with work done since.
        page.kubectl("scale deployment web --replicas=4").await?;
        let place = page.place().await?;
        page.go("").await?;
        assert_eq!(page.place().await?, place);
        Ok(())
    });
}

#[test]
fn a_broken_link_is_refused_and_the_page_works() {
    visit("broken", (1440, 900), async |page| {
        for (i, fragment) in ["#cl1.AAAAbroken", "#cl1.", "#cl999.abc", "#cl1.%00%ff"].into_iter().enumerate()
        {
            page.go(fragment).await?;
            page.until_says(".banner.bad", "This link could not be opened").await?;
            page.until_count(".node[aria-label*='Ready']", 3).await?;
            page.screenshot(&format!("broken-{i}")).await?;
        }
        Ok(())
    });
}

#[test]
fn a_guest_does_not_overwrite_what_is_kept() {
    visit("guest", (1440, 900), async |page| {
        // A link from elsewhere.
        page.promise("clusterlab.pause()").await?;
        page.kubectl("create configmap theirs").await?;
        page.click(".head button.primary").await?;
        page.until("return location.hash.startsWith('#cl')").await?;
        let theirs = page.place().await?;
        let link = page.js("return location.hash").await?.as_str().unwrap_or_default().to_owned();
        // This browser's own lab is another one by now.
        page.go("").await?;
        page.kubectl("create configmap mine").await?;
        let mine = page.place().await?;

        page.go(&link).await?;
        assert_eq!(page.place().await?, theirs);
        page.until_says(".banner", "Your own lab is kept").await?;
        page.screenshot("guest").await?;
        page.run(20).await?;
        page.button("Back to mine").await?;
        page.until(&format!("return clusterlab.eventCount() === {}", mine.0)).await?;
        assert_eq!(page.place().await?, mine);
        page.go("").await?;
        assert_eq!(page.place().await?, mine);
        Ok(())
    });
}
