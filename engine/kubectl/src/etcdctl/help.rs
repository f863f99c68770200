//! Help, laid out as the tool lays it out.

use super::VERSION;
use super::catalog::{Spec, Tool};
use super::options::{GLOBAL, Opt};

/// What `help` with these words says.
pub fn topic(tool: &Tool, words: &[String]) -> String {
    if let Some(spec) = tool.find(words) {
        return command(tool, spec);
    }
    match words {
        [name, ..] if tool.has_children(name) => parent(tool, name),
        [] => whole(tool),
        _ => format!("Unknown help topic {:?}\n{}", words.join(" "), whole(tool)),
    }
}

/// The tool's own help.
fn whole(tool: &Tool) -> String {
    let mut text = format!(
        "NAME:\n\t{} - {}\n\nUSAGE:\n\t{} [flags]\n\nVERSION:\n\t{VERSION}\n\nAPI VERSION:\n\t3.6\n\n\nCOMMANDS:\n",
        tool.name, tool.what, tool.name
    );
    for spec in tool.commands {
        text.push_str(&format!("\t{:<20}\t{}\n", spec.words.join(" "), spec.what));
    }
    text.push_str(&format!(
        "\t{:<20}\tHelp about any command\n\nOPTIONS:\n{}",
        "help [command]",
        options(GLOBAL)
    ));
    text
}

/// Help of a command that is nothing without a second word.
pub fn parent(tool: &Tool, name: &str) -> String {
    let what = tool.parents.iter().find(|(parent, _)| *parent == name).map_or("", |(_, what)| what);
    let mut text = format!(
        "NAME:\n\t{name} - {what}\n\nUSAGE:\n\t{} {name} <subcommand> [flags]\n\nAPI VERSION:\n\t3.6\n\n\nCOMMANDS:\n",
        tool.name
    );
    for spec in tool.commands.iter().filter(|spec| spec.words[0] == name) {
        text.push_str(&format!("\t{:<12}\t{}\n", spec.words.get(1).copied().unwrap_or(""), spec.what));
    }
    text.push_str(&format!("\nGLOBAL OPTIONS:\n{}", options(GLOBAL)));
    text
}

/// Help of a command.
pub fn command(tool: &Tool, spec: &Spec) -> String {
    let name = spec.words.join(" ");
    let mut text = format!("NAME:\n\t{name} - {}\n\nUSAGE:\n\t{} {name}", spec.what, tool.name);
    if !spec.usage.is_empty() {
        text.push_str(&format!(" {}", spec.usage));
    }
    text.push_str(" [flags]\n");
    if !spec.more.is_empty() {
        text.push_str("\nDESCRIPTION:\n");
        spec.more.lines().for_each(|line| text.push_str(&format!("\t{line}\n")));
    }
    if !spec.options.is_empty() {
        text.push_str(&format!("\nOPTIONS:\n{}", options(spec.options)));
    }
    text.push_str(&format!("\nGLOBAL OPTIONS:\n{}", options(GLOBAL)));
    text
}

fn options(options: &[Opt]) -> String {
    let mut options: Vec<&Opt> = options.iter().collect();
    options.sort_by_key(|option| option.flag.long);
    let write = |option: &Opt| {
        let letter = option.flag.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        let default = match option.default {
            text if option.takes_value() && text.parse::<i64>().is_err() => format!("={text:?}"),
            "false" | "true" if !option.takes_value() => format!("[={}]", option.default),
            number => format!("={number}"),
        };
        format!("  {letter}--{:<34}\t{}\n", format!("{}{default}", option.flag.long), option.what)
    };
    options.into_iter().map(write).collect()
}
