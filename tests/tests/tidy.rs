//! What prose can't enforce: the arrows between crates, the size of files, what has no place in the engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which engine crates a crate may depend on. Adding an arrow here is an architectural decision: see ARCHITECTURE.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("sim", &[]),
    ("raft", &["sim"]),
    ("etcd", &["sim", "raft"]),
    ("api", &["sim"]),
    ("apiserver", &["sim", "etcd", "api"]),
    ("client", &["sim", "api"]),
    ("controllers", &["sim", "api", "client"]),
    ("scheduler", &["sim", "api", "client"]),
    ("runtime", &["sim", "api"]),
    ("network", &["sim", "api", "client"]),
    ("kubelet", &["sim", "api", "client", "runtime"]),
    ("kubectl", &["sim", "etcd", "api", "client"]),
];

/// No file is longer, whatever it holds.
const LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the project").to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "dist" | "node_modules") && !name.starts_with('.') {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["engine", "web", "xtask", "tests"] {
        sources(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100, "found only {} sources: the walk is broken", found.len());
    found
}

fn house_dependencies(manifest: &str) -> Vec<String> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(name) = line.trim().strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if section == "dependencies"
            && let Some((name, _)) = line.split_once(['.', '=', ' '])
        {
            found.push(name.trim().to_owned());
        }
    }
    found
}

#[test]
fn arrows_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, may) in &allowed {
        let manifest = std::fs::read_to_string(root().join("engine").join(name).join("Cargo.toml"))
            .unwrap_or_else(|e| panic!("engine/{name}: {e}"));
        let dependencies = house_dependencies(&manifest);
        assert!(dependencies.iter().any(|d| d == "sim") || *name == "sim", "engine/{name}: nothing was read");
        for dependency in dependencies.iter().filter(|d| allowed.contains_key(d.as_str()) || *d == "lab") {
            assert!(may.contains(&dependency.as_str()), "engine/{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn no_crate_of_the_engine_knows_a_browser() {
    let lab = ["lab", "cli"];
    for name in ARROWS.iter().map(|(name, _)| *name).chain(lab) {
        let manifest = std::fs::read_to_string(root().join("engine").join(name).join("Cargo.toml")).unwrap();
        for word in ["web-sys", "wasm-bindgen", "js-sys", "yew", "gloo", "getrandom"] {
            assert!(!manifest.contains(word), "engine/{name} knows a browser: {word}");
        }
    }
}

#[test]
fn files_fit_in_the_head() {
    for path in all_sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; at most {LINES_MAX}", path.display());
    }
}

#[test]
fn the_engine_prints_nothing_and_leaves_nothing_open() {
    for path in all_sources() {
        let place = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        // The binary is the engine's only voice; tests may talk.
        let silent =
            place.starts_with("engine/") && !place.starts_with("engine/cli/") && !place.contains("/tests");
        if !silent {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("//") {
                continue;
            }
            for word in
                ["dbg!(", "todo!(", "unimplemented!(", "println!(", "eprintln!(", "print!(", "eprint!("]
            {
                // `print!(` is also the tail of `eprint!(`; either is out of place.
                let macro_call = line.find(word).is_some_and(|at| {
                    at == 0
                        || !line.as_bytes()[at - 1].is_ascii_alphanumeric() && line.as_bytes()[at - 1] != b'_'
                });
                assert!(!macro_call, "{place}:{}: {word}", number + 1);
            }
        }
    }
}
