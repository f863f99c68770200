//! Building and serving the page.

use std::path::PathBuf;

use crate::run::{Result, command, root, run, say};
use crate::setup;

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
    say(&format!("building; the page will be at http://127.0.0.1:{port}/ (the first build takes 2 to 4 minutes)"));
    let mut words = vec!["serve", "--offline", "--address", "127.0.0.1", "--port", port, "--cargo-profile", PROFILE];
    if open {
        words.push("--open");
    }
    run(toolchain.apply(command("trunk", &words)))
}

/// The cargo profile of the page.
const PROFILE: &str = "wasm-release";

/// What Debian's wasm-opt needs to be told of the features that rustc uses.
const WASM_OPT: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Leaves the optimised site in `dist/` and returns that folder.
pub fn build() -> Result<PathBuf> {
    let toolchain = setup::for_page()?;
    let dist = root().join("dist");
    say("building the site into dist/");
    let words = ["build", "--offline", "--cargo-profile", PROFILE, "--dist", "dist"];
    run(toolchain.apply(command("trunk", &words)))?;
    if setup::wasm_opt() {
        for file in std::fs::read_dir(&dist).map_err(|e| format!("dist: {e}"))?.flatten() {
            let path = file.path();
            if path.extension().is_some_and(|e| e == "wasm") {
                let name = path.to_string_lossy().into_owned();
                let args: Vec<&str> = WASM_OPT.iter().copied().chain([name.as_str(), "-o", name.as_str()]).collect();
                run(command("wasm-opt", &args))?;
            }
        }
    }
    say("the site is in dist/: any web server can serve it, under any path");
    Ok(dist)
}
