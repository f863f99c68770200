//! `clusterlab`: the lab without a browser.

mod arguments;
mod run;
mod serve;
mod until;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Command, HELP};

fn main() -> ExitCode {
    let command = match arguments::parse() {
        Ok(command) => command,
        Err(message) => return fail(&format!("{message}\n\n{HELP}")),
    };
    let result = match command {
        Command::Help => {
            say(HELP);
            Ok(ExitCode::SUCCESS)
        }
        Command::Version => {
            say(&format!("clusterlab {} (Kubernetes {})\n", env!("CARGO_PKG_VERSION"), kubectl::VERSION));
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(options) => run::run(options),
        Command::Serve(options) => serve::serve(options),
        Command::Link { lab } => run::link(&lab),
        Command::Unlink { url } => run::unlink(&url),
        Command::Scenes { id } => run::scenes(id.as_deref()),
        Command::RaftScript { family } => run::raft_script(&family),
    };
    result.unwrap_or_else(|message| fail(&message))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("clusterlab: {message}");
    ExitCode::FAILURE
}

/// Prints. A reader who has gone (`| head`) is no error, and no reason to stop serving.
fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
