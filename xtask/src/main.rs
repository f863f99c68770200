//! `cargo xtask`: the project's own commands. `cargo xtask help` lists them.
//!
//! Everything that the project needs beside Rust is checked here, and installed where it is missing.

mod bench;
mod run;
mod setup;
mod site;
mod suites;
mod wasm;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  serve [--port 8080] [--no-open]   build the page, serve it on 127.0.0.1 and open the browser
  build                             leave the release site in dist/: static files for any web server
  test                              run everything: lints, unit, property, wasm and browser tests
  bench                             measure; one JSON object a line
  setup                             only check and install what the other commands need

CLUSTERLAB_SKIP=lint,unit,clients,wasm,browser leaves suites out of `test`.
CLUSTERLAB_SEEDS=1000 sets the number of seeds of the randomised tests.
CLUSTERLAB_INSTALL=0 installs nothing and says what is missing instead.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["serve", rest @ ..] => site::serve(rest),
        ["build"] => site::build().map(|_| ()),
        ["test"] => suites::test(),
        ["bench", rest @ ..] => bench::bench(rest),
        ["setup"] => setup::for_page().and_then(|_| setup::browser()).map(|_| ()),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown command {:?}\n\n{HELP}", other.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
