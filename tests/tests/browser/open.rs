//! The page opens on a running cluster, and everything in it can be looked into.

use clusterlab_tests::page::{Result, visit};

#[test]
fn opens_on_a_running_cluster() {
    visit("open", (1440, 900), async |page| {
        page.until_count(".member", 3).await?;
        page.until_count(".member.leads", 1).await?;
        page.until_count(".node", 3).await?;
        for node in 1..=3 {
            page.find(&format!(".node[aria-label^='node-{node}: Ready']")).await?;
        }
        for name in ["API server: rv", "Scheduler: active", "Controller manager: "] {
            page.find(&format!(".process[aria-label^='{name}']")).await?;
        }
        // It plays: time goes on.
        assert_eq!(page.find(".play").await?.attr("aria-pressed").await?.as_deref(), Some("true"));
        let before = page.now().await?;
        page.until(&format!("return clusterlab.now() > {before} + 0.5")).await?;
        page.screenshot("open").await
    });
}

#[test]
fn every_component_shows_its_state() {
    visit("components", (1440, 900), async |page| {
        page.button("❚❚ pause").await?;
        let parts = [
            (".member[aria-label^='etcd-0']", "etcd-0", "term"),
            (".process[aria-label^='API server']", "API server", "revision"),
            (".process[aria-label^='Scheduler']", "Scheduler", "active"),
            (".process[aria-label^='Controller manager']", "Controller manager", "deployment"),
            (".node[aria-label^='node-2']", "node-2", "memory"),
            (".process[aria-label='node-2/kubelet']", "", "kubelet"),
            (".process[aria-label='node-2/containerd']", "", "containerd"),
            (".process[aria-label='node-2/kube-proxy']", "proxy", "rules written"),
        ];
        for (css, title, fact) in parts {
            page.press(css).await?;
            page.find(&format!(".selected-mark{css}")).await?;
            page.until_says(".selected h2", title).await?;
            page.until_says(".selected", fact).await?;
            page.find(".selected .facts, .selected table").await?;
        }
        page.screenshot("components").await?;
        page.click(".selected .close").await?;
        page.until_count(".selected", 0).await
    });
}

#[test]
fn every_view_opens() {
    visit("views", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        page.click(".manifests button.primary").await?;
        page.run(20).await?;
        for (i, (name, says)) in [
            ("Raft", "leads"),
            ("Store", "/registry"),
            ("Pod life", "web-"),
            ("Schedule", "node-"),
            ("Loops", "deployment"),
            ("Objects", "Pick a kind"),
            ("Events", "kubelet"),
            ("Map", "CONTROL PLANE"),
        ]
        .into_iter()
        .enumerate()
        {
            page.button(name).await?;
            page.until_says(".middle", says).await?;
            page.screenshot(&format!("view-{i}")).await?;
        }
        objects(page).await
    });
}

async fn objects(page: &clusterlab_tests::page::Page) -> Result<()> {
    page.button("Objects").await?;
    page.button("deployments").await?;
    page.until_says(".listing", "web").await?;
    page.click(".row-button").await?;
    page.until_says(".objects .yaml", "kind: Deployment").await?;
    page.screenshot("objects").await
}
