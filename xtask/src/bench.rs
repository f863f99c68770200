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
