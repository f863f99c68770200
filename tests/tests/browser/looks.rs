//! Languages, themes, phones.

use clusterlab_tests::page::{Page, Result, visit};

/// No element may make the page wider than the window.
async fn fits(page: &Page) -> Result<()> {
    let wide = "const w = document.documentElement; return [w.scrollWidth, w.clientWidth, innerWidth]";
    let wide = page.js(wide).await?;
    assert!(wide[0].as_u64() <= wide[1].as_u64(), "scroll width, client width, window: {wide}");
    Ok(())
}

#[test]
fn chinese_and_back() {
    visit("languages", (1440, 900), async |page| {
        let lang = "return document.documentElement.lang";
        assert_eq!(page.js(lang).await?, "en");
        page.button("中文").await?;
        page.until(&format!("{lang} === 'zh-Hans'")).await?;
        for word in ["架构", "终端", "清单", "复制链接"] {
            page.until(&format!("return document.body.innerText.includes('{word}')")).await?;
        }
        page.run(2).await?;
        page.screenshot("chinese").await?;
        page.reload().await?;
        page.until(&format!("{lang} === 'zh-Hans'")).await?;
        page.click("header button[lang='en']").await?;
        page.until(&format!("{lang} === 'en'")).await?;
        page.until_says(".head", "Copy link").await?;
        Ok(())
    });
}

#[test]
fn dark_and_light() {
    visit("themes", (1440, 900), async |page| {
        let ground = "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)";
        page.until(&format!("return {ground} > 600")).await?;
        page.screenshot("light").await?;
        page.click("[aria-label='Light or dark']").await?;
        page.until("return document.documentElement.dataset.theme === 'dark'").await?;
        page.until(&format!("return {ground} < 150")).await?;
        page.screenshot("dark").await?;
        page.reload().await?;
        page.until("return document.documentElement.dataset.theme === 'dark'").await?;
        Ok(())
    });
}

#[test]
fn a_phone() {
    visit("phone", (390, 844), async |page| {
        assert_eq!(page.js("return innerWidth").await?, 390);
        page.until_count(".member", 3).await?;
        fits(page).await?;
        page.screenshot("phone-picture").await?;
        page.press(".member[aria-label^='etcd-0']").await?;
        page.until_says(".selected h2", "etcd-0").await?;
        fits(page).await?;
        page.screenshot("phone-why").await?;
        for (tab, css) in [("Terminal", ".terminal"), ("Manifests", ".manifests"), ("Picture", ".map")] {
            page.button(tab).await?;
            page.until(&format!("return document.querySelector('{css}').checkVisibility()")).await?;
            fits(page).await?;
            page.screenshot(&format!("phone-{}", tab.to_lowercase())).await?;
        }
        Ok(())
    });
}
