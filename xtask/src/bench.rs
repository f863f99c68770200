//! Measuring: one JSON object a line.

use crate::run::{Result, command, run};
use crate::{setup, site};

/// Runs the native benches, and the browser's unless `--native` is given.
pub fn bench(args: &[&str]) -> Result<()> {
    let native_only = match args {
        [] => false,
        ["--native"] => true,
        other => return Err(format!("unknown options {other:?} of bench; there is --native")),
    };
    run(command("cargo", &["run", "--quiet", "--release", "-p", "clusterlab-tests", "--bin", "bench"]))?;
    if native_only {
        return Ok(());
    }
    let dist = site::build()?;
    let browser = setup::browser()?;
    raft_in_browser(&browser)?;
    let args = [
        "run",
        "--quiet",
        "--release",
        "-p",
        "clusterlab-tests",
        "--features",
        "browser",
        "--bin",
        "bench-browser",
    ];
    let mut bench = command("cargo", &args);
    bench.env("CLUSTERLAB_DIST", dist).env("CLUSTERLAB_CHROMIUM", browser.chromium);
    bench.env("CLUSTERLAB_CHROMEDRIVER", browser.driver);
    run(bench)
}

/// Raft alone, as wasm in Chromium: a test that measures, and prints its line among much else.
fn raft_in_browser(browser: &setup::Browser) -> Result<()> {
    let mut args = vec!["test", "--locked", "-p", "clusterlab-web", "--test", "raft_events"];
    args.extend(["--profile", "wasm-release", "--target", "wasm32-unknown-unknown"]);
    args.extend(["--", "--include-ignored", "--nocapture"]);
    let mut bench = setup::for_page()?.apply(command("cargo", &args));
    bench.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    bench.env("CHROMEDRIVER", &browser.driver).env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    let output = bench.output().map_err(|e| format!("cargo test could not be started: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().map(str::trim).find(|line| line.starts_with("{\"bench\""));
    match line.filter(|_| output.status.success()) {
        Some(line) => println!("{line}"),
        None => {
            return Err(format!("raft_events failed:\n{text}{}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    Ok(())
}
