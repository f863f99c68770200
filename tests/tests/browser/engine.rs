//! One engine: the same lab file gives the same events and the same hash in the page as in this process.

use clusterlab_tests::page::visit;
use clusterlab_tests::samples;
use lab::{Lab, LabFile};
use serde_json::json;
use sim::SimTime;

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn the_page_computes_what_the_native_engine_computes() {
    let manifests = indented(&format!("{}---\n{}", samples::deployment(4), samples::SERVICE));
    let file = format!(
        "apiVersion: clusterlab.dev/v1
kind: Lab
spec:
  seed: 42
  nodes: 4
  manifests: |
{manifests}  journal:
  - at: 12s
    fault: {{crash: etcd-0}}
  - at: 15s
    kubectl: scale deployment web --replicas=7
  - at: 18s
    fault: {{cut: {{from: etcd-1, to: etcd-2}}}}
  - at: 22s
    fault: {{crash: node-2}}
  - at: 25s
    fault: {{restart: etcd-0}}
  - at: 28s
    fault: healAll
  - at: 30s
    kubectl: set image deployment/web web=nginx:1.28
"
    );
    let mut lab = Lab::new(LabFile::parse_yaml(&file).expect("a lab file"));
    let mut natively = Vec::new();
    for seconds in [20, 40, 60] {
        assert!(lab.run_until(SimTime::from_secs(seconds), u64::MAX), "{seconds} s");
        natively.push((lab.cursor().0, lab.state_hash().to_string()));
    }
    visit("engine", (1440, 900), async |page| {
        page.promise(&format!("clusterlab.load({})", json!(file))).await?;
        for (seconds, native) in [20, 40, 60].into_iter().zip(&natively) {
            page.promise(&format!("clusterlab.runUntil('{seconds}s')")).await?;
            assert_eq!(&page.place().await?, native, "at {seconds} s");
        }
        page.screenshot("engine").await
    });
}
