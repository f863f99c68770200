//! Members, machines and links are broken and mended by clicking on them.

use clusterlab_tests::page::visit;
use clusterlab_tests::samples;
use serde_json::json;

#[test]
fn the_leader_dies_and_another_one_leads() {
    visit("members", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        let leader = "return document.querySelector('.member.leads')?.ariaLabel ?? null";
        let old = page.js(leader).await?.as_str().ok_or("no leader")?.to_owned();
        let name = old.split(':').next().unwrap_or_default().to_owned();
        page.press(".member.leads").await?;
        page.until_says(".selected h2", &name).await?;
        page.button("Kill").await?;
        page.until_says(&format!(".member[aria-label^='{name}: down']"), "×").await?;
        page.run(5).await?;
        page.until_count(".member.leads", 1).await?;
        let new = page.js(leader).await?.as_str().ok_or("no leader")?.to_owned();
        assert!(!new.starts_with(&name), "{old} was killed, {new}");
        let term = |label: &str| label.rsplit(' ').next().and_then(|t| t.parse::<u32>().ok());
        assert!(term(&new) > term(&old), "{old}, then {new}");
        page.screenshot("member-killed").await?;
        // The cluster goes on with two of three.
        let created = page.kubectl("create configmap two-of-three --from-literal=a=b").await?;
        assert_eq!(created, "configmap/two-of-three created\n");
        page.button("Restart").await?;
        page.run(5).await?;
        page.until(&format!("return !!document.querySelector(\".member[aria-label^='{name}: follower']\")"))
            .await?;
        page.screenshot("member-back").await
    });
}

#[test]
fn a_machine_loses_power() {
    visit("machine", (1440, 900), async |page| {
        page.promise(&format!("clusterlab.apply({})", json!(samples::deployment(3)))).await?;
        page.run(15).await?;
        page.until_count(".pod.pod-ready[aria-label^='default/web-']", 3).await?;
        page.press(".node[aria-label^='node-2']").await?;
        page.until_says(".selected h2", "node-2").await?;
        page.button("Power off").await?;
        page.find(".node[aria-label^='node-2: down']").await?;
        page.run(55).await?;
        let nodes = page.kubectl("get nodes").await?;
        assert!(nodes.lines().any(|l| l.starts_with("node-2") && l.contains("NotReady")), "{nodes}");
        page.screenshot("node-off").await?;
        // After the grace of five minutes the pods are replaced elsewhere.
        page.run(330).await?;
        let wide = page.kubectl("get pods -o wide --no-headers").await?;
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let runs =
            |line: &str| words(line)[1..3] == ["1/1", "Running"] && !words(line).contains(&"node-2".into());
        let elsewhere = wide.lines().filter(|line| runs(line)).count();
        assert_eq!(elsewhere, 3, "{wide}");
        page.screenshot("node-replaced").await?;
        page.button("Power on").await?;
        page.run(30).await?;
        page.find(".node[aria-label^='node-2: Ready']").await?;
        page.screenshot("node-back").await
    });
}

#[test]
fn a_link_is_cut_and_healed() {
    visit("link", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        page.press(".member[aria-label^='etcd-1']").await?;
        page.button("Cut a link…").await?;
        page.until_says(".selected", "Now pick the other end").await?;
        page.press(".member[aria-label^='etcd-2']").await?;
        page.find(".link .cut-line").await?;
        page.run(5).await?;
        page.screenshot("link-cut").await?;
        page.until_count(".member.leads", 1).await?;
        page.press(".link").await?;
        page.until_says(".selected h2", "etcd-").await?;
        page.button("Heal").await?;
        page.until_count(".link", 0).await?;
        // A machine that is cut off is NotReady, though it runs.
        page.press(".node[aria-label^='node-3']").await?;
        page.button("Cut a link…").await?;
        page.press(".process[aria-label^='API server']").await?;
        page.run(60).await?;
        page.find(".node[aria-label^='node-3: Unknown']").await?;
        page.screenshot("node-cut-off").await?;
        page.press(".node[aria-label^='node-3']").await?;
        page.press(".link").await?;
        page.button("Heal all links").await?;
        page.run(30).await?;
        page.find(".node[aria-label^='node-3: Ready']").await?;
        page.screenshot("link-healed").await
    });
}
