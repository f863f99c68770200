//! Building and serving the page.

use std::path::{Path, PathBuf};

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

/// What wasm-opt needs to be told of the features that rustc uses.
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

/// Makes the program smaller. Debian's wasm-opt is quick, but does not read all that today's wasm-bindgen writes; npm's does.
fn optimise(dist: &Path) -> Result<()> {
    let wasm = dist.join("clusterlab-web_bg.wasm");
    let smaller = root().join("target").join("smaller.wasm");
    let names = [wasm.to_string_lossy().into_owned(), smaller.to_string_lossy().into_owned()];
    let arguments = |extra: &[&str]| -> Vec<String> {
        let files = [names[0].clone(), "-o".to_owned(), names[1].clone()];
        extra.iter().map(|a| (*a).to_owned()).chain(files).collect()
    };
    for (program, before) in setup::wasm_opts() {
        say(&format!("making the program smaller with {program} (a minute)"));
        let words: Vec<String> = before.into_iter().chain(arguments(&WASM_OPT)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if run(command(&program, &words)).is_ok() {
            return std::fs::rename(&smaller, &wasm).map_err(|e| format!("{}: {e}", wasm.display()));
        }
    }
    eprintln!("note: no wasm-opt could be had (npm's package binaryen has one): the page is about a tenth larger");
    Ok(())
}
