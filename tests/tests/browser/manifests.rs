//! The editor: apply, scale, another image, delete; and what it says of mistakes.

use clusterlab_tests::page::{Page, Result, visit};
use clusterlab_tests::samples;
use fantoccini::key::Key;

/// The editor.
const AREA: &str = ".manifests textarea";
/// Two documents; the first one has a mistake in line 13.
const MISTAKEN: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: broken
spec:
  selector:
    matchLabels: {app: broken}
  template:
    metadata:
      labels: {app: broken}
    spec:
      containers:
      - imagee: nginx
        name: broken
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: whole
data: {key: value}
";

async fn write(page: &Page, text: &str) -> Result<()> {
    let area = page.find(AREA).await?;
    area.click().await?;
    page.chord(Key::Control.into(), 'a').await?;
    area.send_keys(text).await?;
    let same = format!("return document.querySelector('{AREA}').value === {}", serde_json::json!(text));
    page.until(&same).await
}

async fn ready_pods(page: &Page, wanted: u64) -> Result<()> {
    page.until_count(".pod.pod-ready[aria-label^='default/web-']", wanted).await?;
    page.until_count(".pod[aria-label^='default/web-']", wanted).await
}

#[test]
fn a_deployment_lives_its_life() {
    visit("manifests", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        write(page, &samples::deployment(3)).await?;
        page.click(".manifests button.primary").await?;
        page.run(15).await?;
        page.until_says(".problems", "deployment.apps/web created").await?;
        ready_pods(page, 3).await?;
        page.screenshot("applied").await?;

        page.type_into("#terminal-input", "kubectl scale deployment web --replicas=5\n").await?;
        page.run(15).await?;
        page.until_says(".screen pre", "deployment.apps/web scaled").await?;
        ready_pods(page, 5).await?;
        page.screenshot("scaled").await?;

        // Another image: a rolling update, with the keys this time.
        write(page, &samples::deployment(5).replace("nginx:1.27", "nginx:1.28")).await?;
        page.chord(Key::Control.into(), Key::Enter.into()).await?;
        page.run(2).await?;
        page.until_says(".problems", "deployment.apps/web configured").await?;
        page.screenshot("rolling").await?;
        page.run(60).await?;
        ready_pods(page, 5).await?;
        let images = page.kubectl("get pods -o jsonpath={.items[*].spec.containers[*].image}").await?;
        assert_eq!(images, ["nginx:1.28"; 5].join(" "));
        assert_eq!(page.kubectl("get replicasets --no-headers").await?.lines().count(), 2);

        page.type_into("#terminal-input", "kubectl delete deployment web\n").await?;
        page.run(60).await?;
        page.until_says(".screen pre", "deployment.apps \"web\" deleted").await?;
        page.until_count(".pod[aria-label^='default/web-']", 0).await?;
        page.screenshot("deleted").await
    });
}

/// From Pending to Ready, object change by object change.
#[test]
fn each_phase_of_a_pod_can_be_stepped() {
    visit("phases", (1440, 900), async |page| {
        page.promise("clusterlab.pause()").await?;
        write(page, &samples::deployment(1)).await?;
        page.chord(Key::Control.into(), Key::Enter.into()).await?;
        let mut phases: Vec<String> = Vec::new();
        for _ in 0..150 {
            let before = page.place().await?.0;
            page.button("next object").await?;
            page.until(&format!("return clusterlab.eventCount() > {before}")).await?;
            page.promise("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))").await?;
            let says = page
                .js("return document.querySelector(\".pod[aria-label^='default/web-']\")?.ariaLabel")
                .await?;
            let Some((_, phase)) = says.as_str().and_then(|s| s.split_once(": ")) else { continue };
            if phases.last().is_none_or(|last| last != phase) {
                phases.push(phase.to_owned());
                page.screenshot(&format!("phase-{}", phases.len())).await?;
            }
            if phase == "Running, 1/1" {
                break;
            }
        }
        assert_eq!(phases, ["Pending, 0/1", "ContainerCreating, 0/1", "Running, 1/1"]);
        page.button("Pod life").await?;
        page.until_says(".middle", "web-").await?;
        page.screenshot("pod-life").await
    });
}

#[test]
fn a_mistake_is_named_with_its_place() {
    visit("mistake", (1440, 900), async |page| {
        write(page, MISTAKEN).await?;
        page.chord(Key::Control.into(), Key::Enter.into()).await?;
        let says = page.until_says(".problem", "document 1, line 13, column 9").await?;
        assert!(says.contains("imagee"), "{says}");
        let field = page.find(".problem").await?.attr("title").await?.unwrap_or_default();
        assert!(field.contains("spec.template.spec.containers[0].imagee"), "{field}");
        page.find(".under .wavy").await?;
        page.screenshot("mistake").await?;
        // A click leads there.
        page.click(".problem").await?;
        let marked = format!(
            "const a = document.querySelector('{AREA}'); return a.value.slice(a.selectionStart, a.selectionEnd) === 'imagee'"
        );
        page.until(&marked).await?;
        // Nothing else is lost.
        page.until_says(".problems", "configmap/whole created").await?;
        assert!(page.kubectl("get configmap whole -o name").await?.starts_with("configmap/whole"));
        Ok(())
    });
}
