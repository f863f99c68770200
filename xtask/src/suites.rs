//! The test suites, in the order in which they fail fastest.

use crate::run::{Result, command, output_of, run, say};
use crate::{setup, site};

/// Runs all suites that `CLUSTERLAB_SKIP` does not leave out.
pub fn test() -> Result<()> {
    let skipped = std::env::var("CLUSTERLAB_SKIP").unwrap_or_default();
    let wanted = |suite: &str| {
        let wanted = !skipped.split(',').any(|s| s.trim() == suite);
        if !wanted {
            eprintln!("note: the suite {suite:?} is left out (CLUSTERLAB_SKIP)");
        }
        wanted
    };
    if wanted("lint") {
        lint()?;
    }
    if wanted("unit") {
        say("unit and property tests, golden scripts, real clients over loopback");
        run(command("cargo", &["test", "--workspace", "--locked", "--exclude", "clusterlab-web"]))?;
    }
    if wanted("clients") {
        clients()?;
    }
    if wanted("wasm") {
        wasm()?;
    }
    if wanted("browser") {
        browser()?;
    }
    say("all suites that ran have passed");
    Ok(())
}

fn lint() -> Result<()> {
    say("formatting and lints");
    if output_of("cargo", &["fmt", "--version"]).is_some() {
        run(command("cargo", &["fmt", "--all", "--check"]))?;
    } else {
        eprintln!(
            "note: rustfmt is not installed (`rustup component add rustfmt`): formatting is not checked"
        );
    }
    if output_of("cargo", &["clippy", "--version"]).is_some() {
        let args = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--exclude",
            "clusterlab-web",
            "--",
            "-D",
            "warnings",
        ];
        run(command("cargo", &args))?;
    } else {
        eprintln!("note: clippy is not installed (`rustup component add clippy`): lints are not checked");
    }
    Ok(())
}

/// A real kubectl and helm against the lab's API server.
fn clients() -> Result<()> {
    let clients = match setup::clients() {
        Ok(clients) => clients,
        Err(why) => {
            eprintln!("\n!! NOT TESTED: real kubectl and helm against the lab ({why})\n");
            return Ok(());
        }
    };
    say("a real kubectl and helm against `clusterlab serve`");
    let mut tests = command("cargo", &["test", "--locked", "-p", "clusterlab-cli", "--test", "kubectl"]);
    tests.env("CLUSTERLAB_KUBECTL", clients.kubectl).env("CLUSTERLAB_HELM", clients.helm);
    run(tests)
}

/// The page's own unit tests, as wasm in a real browser.
fn wasm() -> Result<()> {
    say("wasm tests in Chromium");
    let toolchain = setup::for_page()?;
    let browser = setup::browser()?;
    let args = ["test", "--locked", "-p", "clusterlab-web", "--target", "wasm32-unknown-unknown"];
    let mut tests = toolchain.apply(command("cargo", &args));
    tests.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    tests.env("CHROMEDRIVER", browser.driver);
    // The tests' own server needs no more than this; a slow machine does.
    tests.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    run(tests)
}

/// The built site, driven by real clicks and keys.
fn browser() -> Result<()> {
    let dist = site::build_quickly()?;
    let browser = setup::browser()?;
    say("browser tests; screenshots go to target/screenshots/");
    let args = [
        "test",
        "--locked",
        "-p",
        "clusterlab-tests",
        "--test",
        "browser",
        "--features",
        "browser",
        "--",
        "--test-threads=1",
    ];
    let mut tests = command("cargo", &args);
    tests.env("CLUSTERLAB_DIST", dist).env("CLUSTERLAB_CHROMIUM", browser.chromium);
    tests.env("CLUSTERLAB_CHROMEDRIVER", browser.driver);
    run(tests)
}
