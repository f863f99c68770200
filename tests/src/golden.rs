//! Golden scripts: prose, a command, `----`, what it printed. The same files are tests and documentation.
//!
//! A script is a list of blocks. Lines that start with `#` and blank lines between blocks are prose. A block is a command
//! line, lines of input, `----`, and the output up to the next blank line (blank lines inside the output are written as
//! `.`). `CLUSTERLAB_REWRITE=1` writes the actual output into the files.
//!
//! Commands:
//! - `lab`: a new lab; the input is the `spec` of a lab file (empty: the default lab).
//! - `run 30s`: virtual time goes on.
//! - `ready 3`: until exactly three pods are there and all are Ready.
//! - `until TEXT IN LINE`: a kubectl line is typed again every second until its output contains the text (before ` in `).
//! - `apply`: the input is applied as in the editor.
//! - `kubectl ...`: typed into the terminal; so is `etcdctl ...`, `etcdutl ...` and `timeout 10 ...`, with the input as
//!   standard input.
//! - `in 8 LINE`: typed into terminal 8, whose programs run on; `screen 8` shows what the last one printed so far, and
//!   `interrupt 8` presses Ctrl-C there and shows it then.
//! - `lab asleep`: the same as `lab`, not waited for.
//! - `scene ID`: a ready-made scene.
//! - `fault`: the input is a fault as in a lab file's journal.
//! - `fetch URL`: one request inside the network.
//! - `members`, `logs`, `messages`: the Raft view.
//! - `election`, `step raft`, `step commit`: until another leads, a Raft message arrives, something is committed.
//! - `wait KIND FROM TO`: until such a Raft message is under way (`wait MsgApp etcd-0 etcd-1`).
//! - `hold`, `deliver`, `drop`, `duplicate`, `delay` with the same, and `reorder ... with ...`: the first such message.
//! - `rewind`: back to the first event and forward again; the state hash must be the same.

use std::fmt::Write;
use std::time::Duration;

use lab::{Lab, LabFile};

use crate::driver;

/// Runs a script and gives it back with the actual output.
pub fn run(script: &str) -> String {
    let mut out = String::new();
    let mut lab: Option<Lab> = None;
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut input = String::new();
        for line in lines.by_ref() {
            let _ = writeln!(out, "{line}");
            if line == "----" {
                break;
            }
            input.push_str(line);
            input.push('\n');
        }
        while lines.peek().is_some_and(|line| !line.is_empty()) {
            lines.next();
        }
        let printed = command(&mut lab, line, &input);
        for line in printed.trim_end().lines() {
            // A blank line would end the block.
            let _ = writeln!(out, "{}", if line.trim_end().is_empty() { "." } else { line.trim_end() });
        }
    }
    out
}

fn command(lab: &mut Option<Lab>, line: &str, input: &str) -> String {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if word == "scene" {
        return match lab::scenes::find(rest) {
            Some(scene) => {
                *lab = Some(scene.open());
                format!("{}: {} event(s)", scene.title, lab.as_ref().map_or(0, |lab| lab.cursor().0))
            }
            None => format!("error: no scene {rest:?}"),
        };
    }
    if word == "lab" {
        let file = match lab_file(input) {
            Ok(file) => file,
            Err(message) => return format!("error: {message}"),
        };
        // A lab whose members wait for a person's hand never comes up by itself.
        *lab = Some(if rest == "asleep" { Lab::new(file) } else { driver::booted(file) });
        return "ok".to_owned();
    }
    let lab = lab.get_or_insert_with(|| driver::booted(LabFile::default()));
    match word {
        "run" => match sim::parse_duration(rest) {
            Some(span) => {
                driver::run_for(lab, span);
                "ok".to_owned()
            }
            None => format!("error: {rest:?} is no duration"),
        },
        "ready" => match rest.parse() {
            Ok(wanted) if driver::until_ready(lab, wanted) => "ok".to_owned(),
            _ => format!("error: {:?} pods are ready", driver::pods(lab)),
        },
        "until" => wait(lab, rest),
        "apply" => text(driver::apply(lab, input)),
        "kubectl" | "etcdctl" | "etcdutl" | "timeout" => text(driver::typed(lab, line, input)),
        "in" => match rest.split_once(' ').map(|(number, line)| (number.parse(), line)) {
            Some((Ok(session), line)) => {
                let stdin = Some(input.to_owned()).filter(|input| !input.is_empty());
                lab.act(lab::Action::Kubectl { session, line: line.to_owned(), stdin });
                "ok".to_owned()
            }
            _ => format!("error: {rest:?} is no terminal's number and a line"),
        },
        "screen" | "interrupt" => match rest.parse() {
            Ok(session) => driver::screen(lab, session, word == "interrupt"),
            Err(_) => format!("error: {rest:?} is no terminal's number"),
        },
        "fault" => match entry(input) {
            Ok(action) => {
                let members = matches!(&action, lab::Action::Fault(fault)
                    if fault.is_members() || matches!(fault, lab::Fault::Partition(_)));
                lab.act(action);
                // Whoever harms a member wants to know what came of it.
                let said = lab.happened(lab.cursor()).map(|happened| happened.sentence);
                said.filter(|_| members).unwrap_or_else(|| "ok".to_owned())
            }
            Err(message) => format!("error: {message}"),
        },
        "fetch" => match driver::fetch(lab, rest) {
            Ok((status, body)) => format!("{status}\n{body}"),
            Err(reason) => format!("error: {reason}"),
        },
        "rewind" => rewind(lab),
        other => crate::raft_script::command(lab, other, rest)
            .unwrap_or_else(|| format!("error: unknown command {other:?}")),
    }
}

fn wait(lab: &mut Lab, rest: &str) -> String {
    let Some((wanted, line)) = rest.split_once(" in ") else { return "error: until TEXT in LINE".to_owned() };
    for _ in 0..900 {
        let printed = text(driver::kubectl(lab, line));
        if printed.contains(wanted) {
            return "ok".to_owned();
        }
        driver::run_for(lab, Duration::from_secs(1));
    }
    format!("error: {:?} did not show {wanted:?}", line)
}

fn rewind(lab: &mut Lab) -> String {
    let (cursor, now, hash) = (lab.cursor(), lab.now(), lab.state_hash());
    lab.seek(sim::EventNumber(0));
    lab.seek(cursor);
    lab.advance_clock(now);
    if lab.state_hash() == hash { "ok".to_owned() } else { "error: the state hash differs".to_owned() }
}

fn text(printed: driver::Printed) -> String {
    let mut text = printed.stdout + &printed.stderr;
    if printed.code != 0 {
        let _ = writeln!(text, "exit {}", printed.code);
    }
    text
}

fn lab_file(spec: &str) -> Result<LabFile, String> {
    let mut text = String::from("apiVersion: clusterlab.dev/v1\nkind: Lab\n");
    if !spec.trim().is_empty() {
        text.push_str("spec:\n");
        for line in spec.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    LabFile::parse_yaml(&text).map_err(|e| e.to_string())
}

fn entry(fault: &str) -> Result<lab::Action, String> {
    let mut text = String::from("journal:\n- at: 0s\n  fault:\n");
    for line in fault.lines() {
        let _ = writeln!(text, "    {line}");
    }
    let file = lab_file(&text)?;
    file.journal.into_iter().next().map(|entry| entry.action).ok_or_else(|| "no fault".to_owned())
}
