//! Building and serving the page.

use std::path::{Path, PathBuf};

use crate::run::{Result, command, root, run, say};
use crate::{setup, wasm};

/// Builds the page and serves it on loopback, building again when a file changes.
pub fn serve(args: &[&str]) -> Result<()> {
    let mut port = "8080";
    let mut open = true;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match *arg {
            "--port" => port = rest.next().ok_or("--port needs a number")?,
            "--no-open" => open = false,
            other => return Err(format!("unknown option {other:?} of serve")),
        }
    }
    let toolchain = setup::for_page()?;
    say(&format!(
        "building; the page will be at http://127.0.0.1:{port}/ (the first build takes 2 to 4 minutes)"
    ));
    let mut words =
        vec!["serve", "--offline", "--address", "127.0.0.1", "--port", port, "--cargo-profile", PROFILE];
    // Its reloading script would be inline, which the page's content security policy forbids.
    words.extend(["--no-autoreload", "true"]);
    for folder in ["engine", "web", "static", "index.html"] {
        words.extend(["--watch", folder]);
    }
    if open {
        words.push("--open");
    }
    run(toolchain.apply(command("trunk", &words)))
}

/// The cargo profile of the page.
const PROFILE: &str = "wasm-release";

/// Leaves the optimised site in `dist/` and returns that folder.
pub fn build() -> Result<PathBuf> {
    let dist = build_quickly()?;
    optimise(&dist)?;
    say("the site is in dist/: any web server can serve it, under any path");
    Ok(dist)
}

/// Leaves the site in `dist/` as the compiler made it, which is enough for tests.
pub fn build_quickly() -> Result<PathBuf> {
    let toolchain = setup::for_page()?;
    let dist = root().join("dist");
    say("building the site into dist/");
    let words = ["build", "--offline", "--cargo-profile", PROFILE, "--dist", "dist"];
    run(toolchain.apply(command("trunk", &words)))?;
    Ok(dist)
}

/// Takes the names of functions out of the program: a seventh of its size, of use to nobody who opens the page.
///
/// wasm-opt was measured and is not used: after the compiler's own `opt-level` and LTO, `-Oz` makes the file smaller and its
/// compressed form larger.
fn optimise(dist: &Path) -> Result<()> {
    let path = dist.join("clusterlab-web_bg.wasm");
    let program = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let smaller =
        wasm::without_custom_sections(&program).ok_or_else(|| format!("{} is no wasm", path.display()))?;
    eprintln!("{} bytes, {} without names", program.len(), smaller.len());
    std::fs::write(&path, smaller).map_err(|e| format!("{}: {e}", path.display()))
}
