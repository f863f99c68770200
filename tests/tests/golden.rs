//! Whole labs as golden scripts: `tests/golden/*.txt`. `CLUSTERLAB_REWRITE=1` rewrites them.

use std::path::Path;

#[test]
fn scripts_print_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let rewrite = std::env::var("CLUSTERLAB_REWRITE").is_ok();
    let only = std::env::var("CLUSTERLAB_GOLDEN").unwrap_or_default();
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt") && p.to_string_lossy().contains(&only));
    paths.sort();
    assert!(!paths.is_empty(), "no scripts in {}", folder.display());
    let mut wrong = Vec::new();
    for path in paths {
        let script = std::fs::read_to_string(&path).unwrap();
        let actual = clusterlab_tests::golden::run(&script);
        if rewrite {
            std::fs::write(&path, &actual).unwrap();
        } else if actual != script {
            let line = script
                .lines()
                .zip(actual.lines())
                .position(|(a, b)| a != b)
                .unwrap_or(script.lines().count());
            let show = |text: &str| {
                text.lines().skip(line.saturating_sub(3)).take(12).collect::<Vec<_>>().join("\n")
            };
            wrong.push(format!(
                "{}:{}\n-- wanted\n{}\n-- got\n{}",
                path.display(),
                line + 1,
                show(&script),
                show(&actual)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
