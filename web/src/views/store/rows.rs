//! The tree of keys as the rows that are on the screen.

use std::collections::BTreeSet;

use lab::view::StoreNode;

/// Children of one branch that are listed; the filter finds the others.
pub const CHILDREN_MAX: usize = 2_000;

/// A line of the tree.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The key, or the prefix of the keys below.
    pub path: String,
    /// The last part of it.
    pub name: String,
    /// How deep it stands, from 1.
    pub level: u32,
    /// Keys below (1 for a key).
    pub keys: u64,
    /// There are more keys than were counted.
    pub more: bool,
    /// Bytes of their values.
    pub bytes: u64,
    /// True for a key, false for a branch.
    pub leaf: bool,
    /// Its children follow.
    pub open: bool,
    /// Its place among its siblings, from 1, and how many they are.
    pub place: (usize, usize),
}

/// The rows of the tree below the open branches; `children` reads those of a prefix.
pub fn rows(open: &BTreeSet<String>, children: &mut dyn FnMut(&str) -> Vec<StoreNode>) -> Vec<Row> {
    let mut rows = Vec::new();
    below("", 1, open, children, &mut rows);
    rows
}

fn below(
    prefix: &str,
    level: u32,
    open: &BTreeSet<String>,
    children: &mut dyn FnMut(&str) -> Vec<StoreNode>,
    rows: &mut Vec<Row>,
) {
    let nodes = children(prefix);
    let count = nodes.len();
    for (i, node) in nodes.into_iter().enumerate() {
        let is_open = !node.leaf && open.contains(&node.path);
        let path = node.path;
        rows.push(Row {
            path: path.clone(),
            name: node.name,
            level,
            keys: node.keys,
            more: node.more,
            bytes: node.bytes,
            leaf: node.leaf,
            open: is_open,
            place: (i + 1, count),
        });
        if is_open && path.len() > prefix.len() {
            below(&path, level + 1, open, children, rows);
        }
    }
}

/// What a key of the keyboard does in the tree.
#[derive(Clone, PartialEq, Debug)]
pub enum Move {
    /// The arrows stand on this row now.
    To(usize),
    /// This branch opens or closes.
    Toggle(usize),
}

/// As the tree pattern of ARIA has it.
pub fn on_key(rows: &[Row], at: Option<usize>, key: &str) -> Option<Move> {
    let last = rows.len().checked_sub(1)?;
    let Some(at) = at else {
        return matches!(key, "ArrowDown" | "ArrowUp" | "Home" | "End").then_some(Move::To(0));
    };
    let row = rows.get(at)?;
    Some(match key {
        "ArrowDown" => Move::To((at + 1).min(last)),
        "ArrowUp" => Move::To(at.saturating_sub(1)),
        "PageDown" => Move::To((at + 10).min(last)),
        "PageUp" => Move::To(at.saturating_sub(10)),
        "Home" => Move::To(0),
        "End" => Move::To(last),
        "ArrowRight" if row.open => Move::To((at + 1).min(last)),
        "ArrowRight" | "Enter" | " " if !row.leaf && !row.open => Move::Toggle(at),
        "ArrowLeft" | "Enter" | " " if row.open => Move::Toggle(at),
        "ArrowLeft" => Move::To(rows[..at].iter().rposition(|r| r.level < row.level).unwrap_or(at)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn node(path: &str, leaf: bool) -> StoreNode {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).to_owned();
        StoreNode { name, path: path.into(), keys: 1, bytes: 10, leaf, ..StoreNode::default() }
    }

    fn tree() -> Vec<Row> {
        let open = ["/".to_owned(), "/a/".to_owned()].into();
        rows(&open, &mut |prefix| match prefix {
            "" => vec![node("/", false), node("foo", true)],
            "/" => vec![node("/a/", false), node("/b/", false)],
            "/a/" => vec![node("/a/x", true)],
            other => panic!("{other} is closed"),
        })
    }

    #[test]
    fn only_open_branches_are_read() {
        let paths: Vec<(String, u32)> = tree().into_iter().map(|r| (r.path, r.level)).collect();
        let expected = [("/", 1), ("/a/", 2), ("/a/x", 3), ("/b/", 2), ("foo", 1)];
        assert_eq!(paths, expected.map(|(p, l)| (p.to_owned(), l)));
    }

    #[test]
    fn arrows_walk_the_tree() {
        let rows = tree();
        for (at, key, expected) in [
            (None, "ArrowDown", Some(Move::To(0))),
            (Some(0), "ArrowRight", Some(Move::To(1))),
            (Some(2), "ArrowLeft", Some(Move::To(1))),
            (Some(1), "ArrowLeft", Some(Move::Toggle(1))),
            (Some(3), "ArrowRight", Some(Move::Toggle(3))),
            (Some(3), "ArrowLeft", Some(Move::To(0))),
            (Some(4), "ArrowDown", Some(Move::To(4))),
            (Some(4), " ", None),
            (Some(0), "End", Some(Move::To(4))),
            (Some(9), "ArrowDown", None),
            (Some(0), "q", None),
        ] {
            assert_eq!(on_key(&rows, at, key), expected, "{at:?} {key}");
        }
        assert_eq!(on_key(&[], None, "ArrowDown"), None);
    }
}
