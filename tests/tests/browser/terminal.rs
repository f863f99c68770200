//! The terminal: kubectl's own tables and messages, history, Ctrl-C.

use clusterlab_tests::page::{Page, Result, visit};
use clusterlab_tests::samples;
use fantoccini::key::Key;

const INPUT: &str = "#terminal-input";
const SCREEN: &str = ".screen pre";

/// Types a line; waits until it has ended; returns what it printed.
async fn enter(page: &Page, line: &str) -> Result<String> {
    let before = page.until_says(SCREEN, "").await?.chars().count();
    page.type_into(INPUT, &format!("{line}\n")).await?;
    let typed = format!("$ {line}\n");
    let rest = format!("Array.from(document.querySelector('{SCREEN}').textContent).slice({before}).join('')");
    let prompt = "document.querySelector('.prompt span').textContent === '$'";
    page.until(&format!("return {rest}.startsWith({}) && {prompt}", serde_json::json!(typed))).await?;
    let text = page.js(&format!("return {rest}")).await?;
    Ok(text.as_str().unwrap_or_default().trim_start_matches(&typed).to_owned())
}

fn columns(table: &str) -> Vec<&str> {
    table.lines().next().unwrap_or_default().split_whitespace().collect()
}

#[test]
fn kubectl_in_the_terminal() {
    visit("terminal", (1440, 900), async |page| {
        let nodes = enter(page, "kubectl get nodes").await?;
        assert_eq!(columns(&nodes), ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]);
        assert_eq!(nodes.lines().filter(|l| l.contains(" Ready ")).count(), 3, "{nodes}");

        let manifest = samples::deployment(2);
        page.js(&format!("localStorage.setItem('clusterlab.manifests', {})", serde_json::json!(manifest)))
            .await?;
        let applied = enter(page, "kubectl apply -f -").await?;
        assert_eq!(applied, "deployment.apps/web created\n");
        let waited = enter(page, "kubectl rollout status deployment/web").await?;
        assert!(waited.contains("deployment \"web\" successfully rolled out"), "{waited}");
        let pods = enter(page, "kubectl get pods").await?;
        assert_eq!(columns(&pods), ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
        assert_eq!(pods.lines().filter(|l| l.contains("1/1     Running")).count(), 2, "{pods}");
        page.screenshot("terminal").await?;

        let described = enter(page, "kubectl describe deployment web").await?;
        for line in [
            "Name:                   web",
            "Replicas:               2 desired | 2 updated",
            "ScalingReplicaSet",
        ] {
            assert!(described.contains(line), "{line:?} is missing:\n{described}");
        }
        page.screenshot("terminal-describe").await?;
        let name = pods.lines().nth(1).and_then(|l| l.split_whitespace().next()).ok_or("no pod")?.to_owned();
        let logs = enter(page, &format!("kubectl logs {name}")).await?;
        assert!(!logs.is_empty() && !logs.contains("rror from server"), "{logs}");
        assert_eq!(
            enter(page, "kubectl scale deployment web --replicas=1").await?,
            "deployment.apps/web scaled\n"
        );
        let deleted = enter(page, "kubectl delete deployment web").await?;
        assert!(deleted.starts_with("deployment.apps \"web\" deleted"), "{deleted}");
        let unknown = enter(page, "kubectl get pod nonsense").await?;
        assert_eq!(unknown, "Error from server (NotFound): pods \"nonsense\" not found\n");
        let nonsense = enter(page, "kubectl frobnicate").await?;
        assert!(nonsense.contains("unknown command \"frobnicate\""), "{nonsense}");
        page.screenshot("terminal-errors").await
    });
}

#[test]
fn history_and_control_c() {
    visit("history-keys", (1440, 900), async |page| {
        enter(page, "kubectl get nodes").await?;
        enter(page, "kubectl get namespaces").await?;
        let shows = async |line: &str| {
            page.until(&format!(
                "return document.querySelector('{INPUT}').value === {}",
                serde_json::json!(line)
            ))
            .await
        };
        page.key(Key::Up.into()).await?;
        shows("kubectl get namespaces").await?;
        page.key(Key::Up.into()).await?;
        shows("kubectl get nodes").await?;
        page.key(Key::Down.into()).await?;
        shows("kubectl get namespaces").await?;
        page.key(Key::Down.into()).await?;
        shows("").await?;
        page.type_into(INPUT, "kubectl get pods -A --watch\n").await?;
        page.until_says(".terminal .panel-head", "Ctrl-C stops it").await?;
        page.chord(Key::Control.into(), 'c').await?;
        page.until_says(SCREEN, "^C").await?;
        page.until("return document.querySelector('.prompt span').textContent === '$'").await?;
        page.screenshot("terminal-interrupted").await
    });
}
