//! The benches in Chromium: one JSON object a line. Run by `cargo xtask bench`.

use std::io::Write;
use std::path::Path;

use clusterlab_tests::page::{Result, visit};
use clusterlab_tests::samples;
use serde_json::{Value, json};

/// Measures a run of 1,000 pods with the page drawing all the while.
const THOUSAND_PODS: &str = "{
  const lab = window.clusterlab;
  let longest = 0;
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration);
  });
  observer.observe({ type: 'longtask' });
  const first = lab.eventCount(), began = lab.now(), start = performance.now();
  await lab.apply(MANIFEST);
  await lab.kubectl('kubectl rollout status deployment web --timeout=30m');
  const wall = performance.now() - start, virtual = lab.now() - began;
  await new Promise(resolve => setTimeout(resolve, 100));
  observer.disconnect();
  const last = lab.eventCount();
  const answer = await lab.request('GET', '/apis/apps/v1/namespaces/default/deployments/web');
  const ready = JSON.parse(answer.body).status.readyReplicas;
  const middle = performance.now();
  await lab.seek(Math.floor(last / 2));
  const rewind = performance.now() - middle;
  return { wall_s: wall / 1000, virtual_s: virtual, events: last - first, ready, longest_task_ms: longest, rewind_ms: rewind };
}";

fn main() -> Result<()> {
    sizes()?;
    visit("bench", (1440, 900), async |page| {
        page.promise("window.clusterlab.pause()").await?;
        let file = "apiVersion: clusterlab.dev/v1\nkind: Lab\nspec:\n  nodes: 10\n";
        page.promise(&format!("window.clusterlab.load({})", json!(file))).await?;
        page.promise("window.clusterlab.runUntil('20s')").await?;
        let script = THOUSAND_PODS.replace("MANIFEST", &json!(samples::deployment(1_000)).to_string());
        let mut measured = page.promise(&script).await?;
        put(&mut measured, "thousand-pods");
        println!("{measured}");
        Ok(())
    });
    Ok(())
}

fn put(object: &mut Value, bench: &str) {
    object["bench"] = bench.into();
    object["where"] = "chromium".into();
}

/// What the first interactive lab needs: everything in dist/ that index.html loads at once.
fn sizes() -> Result<()> {
    let dist = std::env::var("CLUSTERLAB_DIST")?;
    let (mut raw, mut packed, mut wasm_raw, mut wasm_packed) = (0, 0, 0, 0);
    for entry in std::fs::read_dir(Path::new(&dist))?.flatten() {
        let path = entry.path();
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_owned();
        if !matches!(kind.as_str(), "wasm" | "js" | "css" | "html") {
            continue;
        }
        let content = std::fs::read(&path)?;
        let size = brotli(&content)?;
        raw += content.len();
        packed += size;
        if kind == "wasm" {
            wasm_raw += content.len();
            wasm_packed += size;
        }
    }
    let mut line = json!({
        "wasm_bytes": wasm_raw, "wasm_brotli_bytes": wasm_packed, "first_load_bytes": raw, "first_load_brotli_bytes": packed
    });
    put(&mut line, "size");
    println!("{line}");
    Ok(())
}

fn brotli(content: &[u8]) -> Result<usize> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, 11, 24);
    writer.write_all(content)?;
    drop(writer);
    Ok(packed.len())
}
