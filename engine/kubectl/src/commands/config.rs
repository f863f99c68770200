//! `kubectl config`: one context, whose namespace can be changed.

use api::object;

use super::{Command, Say, Setup};
use crate::failure::{Failure, SERVER};
use crate::flags::{Arguments, Flag, switch, value};
use crate::print::{format, tabs};

/// Its flags.
pub const FLAGS: &[Flag] = &[
    switch("current"),
    switch("minify"),
    switch("raw"),
    switch("flatten"),
    switch("no-headers"),
    value("output").short('o'),
];

/// The only context's name.
const CONTEXT: &str = "lab";
const USER: &str = "kubernetes-admin";

/// Reads the command line behind `config`.
///
/// # Errors
/// As kubectl says them.
pub fn parse(subcommand: &str, args: &Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let known = |name: &str| {
        if name == CONTEXT {
            Ok(())
        } else {
            Err(Failure::error(format!("no context exists with the name: {name:?}")))
        }
    };
    let text = match (subcommand, args.words.as_slice()) {
        ("current-context", _) => format!("{CONTEXT}\n"),
        ("view", _) => view(args, setup)?,
        ("get-contexts", _) => {
            let name_only = args.text("output") == "name";
            let namespace = if setup.namespace == "default" { "" } else { setup.namespace.as_str() };
            let head =
                if args.on("no-headers") { "" } else { "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n" };
            let table = format!("{head}*\t{CONTEXT}\t{CONTEXT}\t{USER}\t{namespace}\n");
            if name_only { format!("{CONTEXT}\n") } else { tabs::align(&table, tabs::GET) }
        }
        ("get-clusters", _) => format!("NAME\n{CONTEXT}\n"),
        ("get-users", _) => format!("NAME\n{USER}\n"),
        ("use-context" | "use", [name]) => {
            known(name)?;
            format!("Switched to context {CONTEXT:?}.\n")
        }
        ("set-context", words) => {
            match words {
                [] if args.on("current") => {}
                [name] => known(name)?,
                _ => return Err(Failure::error("you must specify a non-empty context name or --current")),
            }
            let namespace = args.get("namespace").map(Into::into);
            return Ok(Command::Say(Say { text: format!("Context {CONTEXT:?} modified.\n"), namespace }));
        }
        _ => {
            return Err(Failure::error(format!(
                "config {subcommand} is not simulated: the lab has one context, {CONTEXT:?}"
            )));
        }
    };
    Ok(Say::command(text))
}

fn view(args: &Arguments, setup: &Setup<'_>) -> Result<String, Failure> {
    let mut context = object! { "cluster": CONTEXT, "user": USER };
    if setup.namespace != "default" {
        context.set(&["namespace"], setup.namespace.clone());
    }
    let config = object! {
        "apiVersion": "v1",
        "clusters": [{ "cluster": { "certificate-authority-data": "DATA+OMITTED", "server": format!("https://{SERVER}") },
            "name": CONTEXT }],
        "contexts": [{ "context": context, "name": CONTEXT }],
        "current-context": CONTEXT,
        "kind": "Config",
        "users": [{ "name": USER, "user": { "client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED" } }]
    };
    let text = args.text("output");
    if text.is_empty() || text == "yaml" {
        return Ok(format::yaml(&config));
    }
    if text == "json" {
        return Ok(format!("{}\n", api::json::pretty(&config)));
    }
    if let Some(template) = text.strip_prefix("jsonpath=") {
        let filled = crate::print::jsonpath::Template::parse(template).and_then(|t| t.fill(&config, true));
        return filled.map_err(Failure::error);
    }
    Err(Failure::error(format!("unable to match a printer suitable for the output format {text:?}")))
}
