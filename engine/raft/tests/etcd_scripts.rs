//! etcd's own scripts, where they are at hand: run them, compare byte by byte.

use std::fs;
use std::path::{Path, PathBuf};

fn scripts(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/etcd-raft-scripts").join(kind);
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("ETCD'S SCRIPTS ARE NOT HERE: {} is missing, NOTHING WAS COMPARED", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    eprintln!("{} scripts in {kind}", paths.len());
    paths
}

/// Which scripts come back changed, with the first changed line.
fn differences(kind: &str, run: fn(&str) -> String) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in scripts(kind) {
        let expected = fs::read_to_string(&path).unwrap();
        let actual = run(&expected);
        if actual != expected {
            let line = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
            let line = line.unwrap_or(expected.lines().count().min(actual.lines().count()));
            wrong.push(format!(
                "{}:{}: expected {:?}, got {:?}",
                path.display(),
                line + 1,
                expected.lines().nth(line),
                actual.lines().nth(line)
            ));
        }
    }
    wrong
}

#[test]
fn interaction() {
    assert_eq!(differences("interaction", raft::script::interaction), Vec::<String>::new());
}

#[test]
fn confchange() {
    assert_eq!(differences("confchange", raft::script::confchange), Vec::<String>::new());
}

#[test]
fn quorum() {
    assert_eq!(differences("quorum", raft::script::quorum), Vec::<String>::new());
}

#[test]
fn what_is_expected_does_not_leak_into_the_output() {
    for (kind, run) in
        [("interaction", raft::script::interaction as fn(&str) -> String), ("quorum", raft::script::quorum)]
    {
        for path in scripts(kind) {
            let script = fs::read_to_string(&path).unwrap();
            let mut emptied = String::new();
            let mut in_output = false;
            for line in script.split_inclusive('\n') {
                in_output = in_output && !line.trim().is_empty();
                if !in_output {
                    emptied.push_str(line);
                }
                in_output = in_output || line.trim_end() == "----";
            }
            assert!(emptied.len() < script.len());
            assert_eq!(run(&emptied), script, "{}", path.display());
        }
    }
}
