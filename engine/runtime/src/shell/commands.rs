//! The commands a shell knows: its own, and those of busybox and coreutils that containers use.

use std::time::Duration;

use sim::Str;

use super::machine::{Machine, Outcome};
use super::{parse, text_tools};
use crate::files::normalize;
use crate::process::{self, World};

/// A command's standard streams.
pub(super) struct Io<'a> {
    pub input: Option<&'a str>,
    pub out: String,
    pub err: String,
}

impl Io<'_> {
    pub(super) fn fail(&mut self, name: &str, message: &str) -> Outcome {
        self.err.push_str(&format!("{name}: {message}\n"));
        Outcome::Done(1)
    }
}

/// Runs one command.
pub(super) fn call(
    machine: &mut Machine,
    name: &str,
    argv: &[Str],
    io: &mut Io<'_>,
    world: &mut World<'_>,
) -> Outcome {
    let args = &argv[1..];
    let short = name.rsplit('/').next().unwrap_or(name);
    if let Some(started) = process::serve(argv, world) {
        return match started {
            Ok(server) => Outcome::Serve(Box::new(server)),
            Err(code) => Outcome::Done(code),
        };
    }
    if !world.behaviour.shell && world.behaviour.repositories != ["*"] {
        return missing(name, io);
    }
    match short {
        ":" | "true" | "sync" | "ulimit" | "umask" | "chmod" | "chown" | "kill" | "hash" | "stty" => {
            Outcome::Done(0)
        }
        "false" => Outcome::Done(1),
        "exit" | "return" => Outcome::Exit(args.first().map_or(machine.status(), |a| a.parse().unwrap_or(2))),
        "exec" if args.is_empty() => Outcome::Done(0),
        "exec" => match call(machine, &args[0].clone(), args, io, world) {
            Outcome::Done(status) => Outcome::Exit(status),
            other => other,
        },
        "command" | "nohup" | "time" | "builtin" if args.first().is_some_and(|a| !a.starts_with('-')) => {
            call(machine, &args[0].clone(), args, io, world)
        }
        "command" | "which" | "type" => {
            let wanted = args.last().cloned().unwrap_or_default();
            if known(&wanted) {
                io.out.push_str(&format!("/bin/{wanted}\n"));
            }
            Outcome::Done(i32::from(!known(&wanted)))
        }
        "set" => {
            for arg in args {
                match arg.chars().next() {
                    Some('-') if arg.contains('e') => machine.set_fail_fast(true),
                    Some('+') if arg.contains('e') => machine.set_fail_fast(false),
                    _ => {}
                }
            }
            Outcome::Done(0)
        }
        "export" | "readonly" | "local" => {
            for arg in args {
                if let Some((name, value)) = arg.split_once('=') {
                    machine.assign(name.into(), value.into());
                }
            }
            Outcome::Done(0)
        }
        "unset" => {
            args.iter().for_each(|name| machine.unset(name));
            Outcome::Done(0)
        }
        "shift" => {
            machine.shift();
            Outcome::Done(0)
        }
        "cd" => {
            let to = normalize(machine.directory(), args.first().map_or("/root", |a| a.as_str()));
            if world.view.is_directory(&to) {
                machine.change_directory(to);
                return Outcome::Done(0);
            }
            io.fail("sh: cd", &format!("can't cd to {}: No such file or directory", args[0]))
        }
        "trap" => {
            if let [handler, signals @ ..] = args {
                for signal in signals {
                    machine.trap(signal.clone(), if handler == "-" { Str::new() } else { handler.clone() });
                }
            }
            Outcome::Done(0)
        }
        "eval" | "." | "source" => {
            let script = match short {
                "eval" => args.join(" "),
                _ => match world.view.read(&normalize(machine.directory(), args.first().map_or("", |a| a))) {
                    Ok(script) => script.to_string(),
                    Err(error) => return io.fail("sh", &format!("can't open: {error}")),
                },
            };
            machine.nested(world, &script);
            Outcome::Done(machine.status())
        }
        "sh" | "bash" | "ash" | "dash" => nested_shell(machine, args, io, world),
        "wait" => {
            machine.wait_for_children(world);
            Outcome::Done(0)
        }
        "sleep" => sleep(args, io),
        "pause" => Outcome::Sleep(None),
        "tail" if args.iter().any(|a| matches!(a.as_str(), "-f" | "-F" | "--follow")) => {
            text_tools::tail(machine.directory(), args, io, world);
            Outcome::Sleep(None)
        }
        "env" | "printenv" => {
            match args.first() {
                Some(name) => {
                    let value = machine.variable(name);
                    if value.is_empty() {
                        return Outcome::Done(1);
                    }
                    io.out.push_str(&format!("{value}\n"));
                }
                None => machine.variables().for_each(|(k, v)| io.out.push_str(&format!("{k}={v}\n"))),
            }
            Outcome::Done(0)
        }
        "pwd" => {
            io.out.push_str(&format!("{}\n", machine.directory()));
            Outcome::Done(0)
        }
        "test" | "[" | "[[" => Outcome::Done(text_tools::test(machine.directory(), short, args, io, world)),
        "wget" | "curl" | "nc" | "ping" | "nslookup" | "dig" => {
            io.fail(short, "the network inside containers is not simulated yet")
        }
        _ => match text_tools::call(machine.directory(), short, args, io, world) {
            Some(outcome) => outcome,
            None => missing(name, io),
        },
    }
}

fn missing(name: &str, io: &mut Io<'_>) -> Outcome {
    io.err.push_str(&format!("sh: {name}: not found\n"));
    Outcome::Done(127)
}

/// Whether a command of this name can be run: what decides between a container that starts and one that does not.
pub(crate) fn known(name: &str) -> bool {
    const SHELLS: [&str; 12] =
        ["sh", "bash", "ash", "dash", "sleep", "true", "false", "env", "printenv", "pwd", "test", "["];
    const OTHERS: [&str; 11] =
        ["wget", "curl", "nc", "ping", "nslookup", "dig", "kill", "sync", "chmod", "chown", "pause"];
    let short = name.rsplit('/').next().unwrap_or(name);
    SHELLS.contains(&short) || OTHERS.contains(&short) || text_tools::NAMES.contains(&short)
}

fn nested_shell(machine: &mut Machine, args: &[Str], io: &mut Io<'_>, world: &mut World<'_>) -> Outcome {
    let (script, arguments) = match shell_arguments(machine.directory(), args, world) {
        Ok(found) => found,
        Err(message) => {
            io.err.push_str(&message);
            return Outcome::Done(2);
        }
    };
    match parse(&script) {
        Ok(code) => Outcome::Done(machine.subshell(world, code, arguments)),
        Err(message) => {
            io.err.push_str(&format!("sh: {message}\n"));
            Outcome::Done(2)
        }
    }
}

/// The script of `sh -c script name args...` or `sh file args...`, and its `$0`, `$1`, ...
pub(crate) fn shell_arguments(
    directory: &str,
    args: &[Str],
    world: &World<'_>,
) -> Result<(Str, Vec<Str>), String> {
    let (mut prefix, mut rest) = (String::new(), args);
    while let [first, others @ ..] = rest {
        let Some(flags) = first.strip_prefix('-').or_else(|| first.strip_prefix('+')) else { break };
        rest = others;
        if flags == "o" {
            rest = rest.get(1..).unwrap_or_default();
        }
        if flags.contains('e') {
            prefix.push_str("set -e; ");
        }
        if flags.contains('c') {
            let Some((script, names)) = rest.split_first() else {
                return Err("sh: -c requires an argument\n".to_owned());
            };
            let mut arguments = names.to_vec();
            if arguments.is_empty() {
                arguments.push(sim::literal!("sh"));
            }
            return Ok((format!("{prefix}{script}").into(), arguments));
        }
    }
    match rest.first() {
        Some(file) => match world.view.read(&normalize(directory, file)) {
            Ok(script) => Ok((format!("{prefix}{script}").into(), rest.to_vec())),
            Err(_) => Err(format!("sh: can't open '{file}': No such file or directory\n")),
        },
        // A shell without a terminal or a script reads the end of its input at once.
        None => Ok((Str::new(), vec![sim::literal!("sh")])),
    }
}

fn sleep(args: &[Str], io: &mut Io<'_>) -> Outcome {
    let mut total = Duration::ZERO;
    if args.is_empty() {
        return io.fail("sleep", "missing operand");
    }
    for arg in args {
        if arg == "infinity" || arg == "inf" {
            return Outcome::Sleep(None);
        }
        match span(arg) {
            Some(span) => total += span,
            None => return io.fail("sleep", &format!("invalid number '{arg}'")),
        }
    }
    Outcome::Sleep(Some(total))
}

/// `5`, `0.5`, `10s`, `5m`, `1h`, `1d`.
fn span(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1),
        (at, 'm') => (&text[..at], 60),
        (at, 'h') => (&text[..at], 3_600),
        (at, 'd') => (&text[..at], 86_400),
        _ => (text, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = format!("{fraction:0<9}").chars().take(9).collect();
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // A century is long enough to be for ever, and can't overflow.
    let whole = whole.min(3_155_760_000);
    Some(Duration::new(whole, digits.parse().ok()?) * unit)
}
