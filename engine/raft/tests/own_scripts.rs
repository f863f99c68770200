//! The project's own scripts: what etcd's leave out.
//!
//! `CLUSTERLAB_REWRITE=1` writes the actual output into them; look at the difference before you keep it.

use std::fs;
use std::path::Path;

#[test]
fn own_scripts_come_back_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 9, "scripts are missing");
    for path in paths {
        let expected = fs::read_to_string(&path).unwrap();
        let actual = raft::script::interaction(&expected);
        if std::env::var_os("CLUSTERLAB_REWRITE").is_some() {
            fs::write(&path, &actual).unwrap();
            continue;
        }
        let line = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
        assert!(
            actual == expected,
            "{}:{}: got {:?}",
            path.display(),
            line.unwrap_or_default() + 1,
            line.and_then(|line| actual.lines().nth(line))
        );
    }
}
