//! The small tools: text in, text out.

use sim::{SimTime, Str};

use super::commands::Io;
use super::machine::Outcome;
use crate::files::normalize;
use crate::process::World;

/// The tools that [`call`] knows.
pub(super) const NAMES: [&str; 22] = [
    "echo", "printf", "cat", "ls", "mkdir", "rm", "rmdir", "touch", "cp", "mv", "date", "hostname", "id",
    "whoami", "uname", "ps", "seq", "head", "tail", "wc", "grep", "tee",
];

/// Runs a tool; `None` when there is none of this name.
pub(super) fn call(
    directory: &str,
    name: &str,
    args: &[Str],
    io: &mut Io<'_>,
    world: &mut World<'_>,
) -> Option<Outcome> {
    if !NAMES.contains(&name) {
        return None;
    }
    let (flags, operands): (Vec<&Str>, Vec<&Str>) =
        args.iter().partition(|a| a.len() > 1 && a.starts_with('-'));
    let full = |path: &str| normalize(directory, path);
    Some(match name {
        "echo" => echo(args, io),
        "printf" => printf(args, io),
        "cat" => each_input(name, directory, &operands, io, world, |text, out| out.push_str(text)),
        "wc" => each_input(name, directory, &operands, io, world, |text, out| {
            out.push_str(&format!("{}\n", text.lines().count()));
        }),
        "head" => {
            let (count, files) = line_count(args);
            each_input(name, directory, &files, io, world, |text, out| {
                text.lines().take(count).for_each(|l| out.push_str(&format!("{l}\n")));
            })
        }
        "tail" => tail(directory, args, io, world),
        "grep" => grep(directory, &flags, &operands, io, world),
        "tee" => {
            let text = io.input.unwrap_or("").to_owned();
            let append = flags.iter().any(|f| *f == "-a");
            for path in operands {
                if let Err(error) = world.view.write(&full(path), &text, append) {
                    io.err.push_str(&format!("tee: {path}: {error}\n"));
                }
            }
            io.out.push_str(&text);
            Outcome::Done(0)
        }
        "ls" => ls(directory, &flags, &operands, io, world),
        "mkdir" => {
            for path in operands {
                let path = full(path);
                if world.view.is_directory(&path) && !flags.iter().any(|f| f.contains('p')) {
                    return Some(io.fail(name, &format!("can't create directory '{path}': File exists")));
                }
                if let Err(error) = world.view.make_directory(&path) {
                    return Some(io.fail(name, &format!("can't create directory '{path}': {error}")));
                }
            }
            Outcome::Done(0)
        }
        "rm" | "rmdir" => {
            for path in operands {
                let forced = flags.iter().any(|f| f.contains('f'));
                if let Err(error) = world.view.remove(&full(path))
                    && !forced
                {
                    return Some(io.fail(name, &format!("can't remove '{path}': {error}")));
                }
            }
            Outcome::Done(0)
        }
        "touch" => {
            for path in operands {
                if let Err(error) = world.view.write(&full(path), "", true) {
                    return Some(io.fail(name, &format!("{path}: {error}")));
                }
            }
            Outcome::Done(0)
        }
        "cp" | "mv" => {
            let [from, to] = operands.as_slice() else { return Some(io.fail(name, "missing file operand")) };
            let mut to = full(to);
            if world.view.is_directory(&to) {
                to = format!("{}/{}", to.trim_end_matches('/'), from.rsplit('/').next().unwrap_or(from));
            }
            let copied =
                world.view.read(&full(from)).and_then(|content| world.view.write(&to, &content, false));
            match copied {
                Err(error) => io.fail(name, &format!("can't stat '{from}': {error}")),
                Ok(()) if name == "mv" => match world.view.remove(&full(from)) {
                    Ok(()) => Outcome::Done(0),
                    Err(error) => io.fail(name, &format!("can't remove '{from}': {error}")),
                },
                Ok(()) => Outcome::Done(0),
            }
        }
        "date" => {
            let format =
                operands.first().and_then(|a| a.strip_prefix('+')).unwrap_or("%a %b %e %H:%M:%S UTC %Y");
            io.out.push_str(&format!("{}\n", date(world.now, format)));
            Outcome::Done(0)
        }
        "hostname" => {
            match (flags.first(), world.ip) {
                (Some(_), Some(ip)) => io.out.push_str(&format!("{ip}\n")),
                _ => io.out.push_str(&format!("{}\n", world.hostname)),
            }
            Outcome::Done(0)
        }
        "whoami" => print(io, "root\n"),
        "id" => print(io, if flags.is_empty() { "uid=0(root) gid=0(root) groups=0(root)\n" } else { "0\n" }),
        "uname" => match flags.first().map(|f| f.as_str()) {
            Some("-a") => {
                let line = format!("Linux {} 6.12.0 #1 SMP x86_64 Linux\n", world.hostname);
                print(io, &line)
            }
            Some("-n") => {
                let line = format!("{}\n", world.hostname);
                print(io, &line)
            }
            Some("-r") => print(io, "6.12.0\n"),
            Some("-m") => print(io, "x86_64\n"),
            _ => print(io, "Linux\n"),
        },
        "ps" => print(io, "PID   USER     COMMAND\n    1 root     [simulated]\n"),
        _ => seq(&operands, io),
    })
}

fn print(io: &mut Io<'_>, text: &str) -> Outcome {
    io.out.push_str(text);
    Outcome::Done(0)
}

fn echo(args: &[Str], io: &mut Io<'_>) -> Outcome {
    let mut args = args;
    let (mut newline, mut escapes) = (true, false);
    while let [flag, rest @ ..] = args {
        match flag.as_str() {
            "-n" => newline = false,
            "-e" => escapes = true,
            "-ne" | "-en" => (newline, escapes) = (false, true),
            _ => break,
        }
        args = rest;
    }
    let text = args.join(" ");
    io.out.push_str(&if escapes { unescape(&text) } else { text });
    if newline {
        io.out.push('\n');
    }
    Outcome::Done(0)
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('\\') | None => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
            },
            (c, _) => out.push(c),
        }
    }
    out
}

fn printf(args: &[Str], io: &mut Io<'_>) -> Outcome {
    let Some((format, mut values)) = args.split_first() else {
        return io.fail("printf", "usage: printf FORMAT");
    };
    let format = unescape(format);
    loop {
        let before = values.len();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                io.out.push(c);
                continue;
            }
            let mut width = String::new();
            while let Some(d) = chars.next_if(|d| d.is_ascii_digit() || *d == '-') {
                width.push(d);
            }
            let kind = chars.next();
            if kind == Some('%') {
                io.out.push('%');
                continue;
            }
            let (value, rest) = values.split_first().map_or(("", values), |(v, rest)| (v.as_str(), rest));
            values = rest;
            let value = match kind {
                Some('d' | 'i') => value.parse::<i64>().unwrap_or(0).to_string(),
                Some('b') => unescape(value),
                _ => value.to_owned(),
            };
            let size: usize = width.trim_start_matches('-').parse().unwrap_or(0).min(1_000);
            io.out.push_str(&match (width.starts_with('-'), width.starts_with('0')) {
                (true, _) => format!("{value:<size$}"),
                (_, true) => format!("{value:0>size$}"),
                _ => format!("{value:>size$}"),
            });
        }
        if values.is_empty() || values.len() == before {
            return Outcome::Done(0);
        }
    }
}

/// Feeds standard input, or each file, to `use_text`.
fn each_input(
    name: &str,
    directory: &str,
    operands: &[&Str],
    io: &mut Io<'_>,
    world: &World<'_>,
    mut use_text: impl FnMut(&str, &mut String),
) -> Outcome {
    if operands.is_empty() {
        let input = io.input.unwrap_or("");
        use_text(input, &mut io.out);
        return Outcome::Done(0);
    }
    let mut status = 0;
    for path in operands {
        match world.view.read(&normalize(directory, path)) {
            Ok(text) => use_text(&text, &mut io.out),
            Err(error) => {
                io.err.push_str(&format!("{name}: can't open '{path}': {error}\n"));
                status = 1;
            }
        }
    }
    Outcome::Done(status)
}

/// The `-n N` of `head` and `tail`, and the files.
fn line_count(args: &[Str]) -> (usize, Vec<&Str>) {
    let (mut count, mut files) = (10, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "-n" {
            count = args.next().and_then(|n| n.parse().ok()).unwrap_or(10);
        } else if let Some(n) = arg.strip_prefix('-') {
            count = n.trim_start_matches('n').parse().unwrap_or(count);
        } else {
            files.push(arg);
        }
    }
    (count, files)
}

pub(super) fn tail(directory: &str, args: &[Str], io: &mut Io<'_>, world: &World<'_>) -> Outcome {
    let (count, files) = line_count(args);
    let files: Vec<&Str> = files.into_iter().filter(|f| *f != "/dev/null").collect();
    if files.is_empty() && io.input.is_none() {
        return Outcome::Done(0);
    }
    each_input("tail", directory, &files, io, world, |text, out| {
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(count)..].iter().for_each(|l| out.push_str(&format!("{l}\n")));
    })
}

fn grep(directory: &str, flags: &[&Str], operands: &[&Str], io: &mut Io<'_>, world: &World<'_>) -> Outcome {
    let Some((pattern, files)) = operands.split_first() else { return io.fail("grep", "missing pattern") };
    let has = |flag: char| flags.iter().any(|f| f.contains(flag));
    let fold = |text: &str| if has('i') { text.to_lowercase() } else { text.to_owned() };
    let wanted = fold(pattern);
    let mut found = false;
    let outcome = each_input("grep", directory, files, io, world, |text, out| {
        for line in text.lines().filter(|line| fold(line).contains(&wanted) != has('v')) {
            found = true;
            if !has('q') {
                out.push_str(&format!("{line}\n"));
            }
        }
    });
    match outcome {
        Outcome::Done(0) => Outcome::Done(i32::from(!found)),
        _ => Outcome::Done(2),
    }
}

fn ls(directory: &str, flags: &[&Str], operands: &[&Str], io: &mut Io<'_>, world: &World<'_>) -> Outcome {
    let here = Str::from(directory);
    let paths: Vec<&Str> = if operands.is_empty() { vec![&here] } else { operands.to_vec() };
    let mut status = 0;
    for path in paths {
        let full = normalize(directory, path);
        if world.view.is_directory(&full) {
            for name in world.view.list(&full) {
                if flags.iter().any(|f| f.contains('a')) || !name.starts_with('.') {
                    io.out.push_str(&format!("{name}\n"));
                }
            }
        } else if world.view.read(&full).is_ok() {
            io.out.push_str(&format!("{path}\n"));
        } else {
            io.err.push_str(&format!("ls: {path}: No such file or directory\n"));
            status = 1;
        }
    }
    Outcome::Done(status)
}

fn seq(operands: &[&Str], io: &mut Io<'_>) -> Outcome {
    let numbers: Vec<i64> = operands.iter().filter_map(|a| a.parse().ok()).collect();
    let (from, step, to) = match numbers.as_slice() {
        [to] => (1, 1, *to),
        [from, to] => (*from, 1, *to),
        [from, step, to] if *step > 0 => (*from, *step, *to),
        _ => return io.fail("seq", "usage: seq [first [inc]] last"),
    };
    let mut n = from;
    // Ten thousand lines are more than a log keeps.
    for _ in 0..10_000 {
        if n > to {
            break;
        }
        io.out.push_str(&format!("{n}\n"));
        n += step;
    }
    Outcome::Done(0)
}

/// `test`: the exit status.
pub(super) fn test(directory: &str, name: &str, args: &[Str], io: &mut Io<'_>, world: &World<'_>) -> i32 {
    let closing = match name {
        "[" => Some("]"),
        "[[" => Some("]]"),
        _ => None,
    };
    let args = match closing {
        None => args,
        Some(closing) => match args.split_last() {
            Some((last, rest)) if last == closing => rest,
            _ => {
                io.err.push_str(&format!("sh: missing {closing}\n"));
                return 2;
            }
        },
    };
    let path = |p: &str| normalize(directory, p);
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    let words: Vec<&str> = args.iter().map(|a| a.as_str()).collect();
    let truth = match words.as_slice() {
        ["!", rest @ ..] => {
            let rest: Vec<Str> = rest.iter().map(|r| Str::from(*r)).collect();
            return match test(directory, "test", &rest, io, world) {
                0 => 1,
                1 => 0,
                other => other,
            };
        }
        [] => false,
        [one] => !one.is_empty(),
        ["-z", text] => text.is_empty(),
        ["-n", text] => !text.is_empty(),
        ["-f", p] => world.view.read(&path(p)).is_ok(),
        ["-d", p] => world.view.is_directory(&path(p)),
        ["-e" | "-r" | "-w" | "-x", p] => {
            world.view.read(&path(p)).is_ok() || world.view.is_directory(&path(p))
        }
        ["-s", p] => world.view.read(&path(p)).is_ok_and(|c| !c.is_empty()),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        [a, "-eq", b] => number(a) == number(b),
        [a, "-ne", b] => number(a) != number(b),
        [a, "-lt", b] => number(a) < number(b),
        [a, "-le", b] => number(a) <= number(b),
        [a, "-gt", b] => number(a) > number(b),
        [a, "-ge", b] => number(a) >= number(b),
        _ => {
            io.err.push_str("sh: test: unknown operand\n");
            return 2;
        }
    };
    i32::from(!truth)
}

/// `date +FORMAT` in UTC.
pub(crate) fn date(now: SimTime, format: &str) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let iso = now.rfc3339();
    let field = |range: std::ops::Range<usize>| iso.get(range).unwrap_or("");
    let month: usize = field(5..7).parse().unwrap_or(1);
    let weekday = DAYS[(now.unix_seconds() / 86_400).rem_euclid(7) as usize];
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out.push_str(field(0..4)),
            Some('m') => out.push_str(field(5..7)),
            Some('d') => out.push_str(field(8..10)),
            Some('e') => out.push_str(&format!("{:>2}", field(8..10).trim_start_matches('0'))),
            Some('H') => out.push_str(field(11..13)),
            Some('M') => out.push_str(field(14..16)),
            Some('S') => out.push_str(field(17..19)),
            Some('F') => out.push_str(field(0..10)),
            Some('T') => out.push_str(field(11..19)),
            Some('b') => out.push_str(MONTHS[(month - 1) % 12]),
            Some('a') => out.push_str(weekday),
            Some('s') => out.push_str(&now.unix_seconds().to_string()),
            Some('N') => out.push_str(&format!("{:09}", now.as_nanos() % 1_000_000_000)),
            Some('Z') => out.push_str("UTC"),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}
