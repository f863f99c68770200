//! Two texts side by side, as `diff -u` prints them.

/// Lines around a change.
const CONTEXT: usize = 3;
/// As many cells the table of common lines has at most; texts that need more count as different from end to end.
const CELLS_MAX: usize = 4_000_000;

/// One line of both texts laid over one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line<'a> {
    Both(&'a str),
    Old(&'a str),
    New(&'a str),
}

/// The hunks of a unified diff; empty when the texts are equal.
pub fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let lines = align(&old, &new);
    let changed: Vec<usize> = (0..lines.len()).filter(|i| !matches!(lines[*i], Line::Both(_))).collect();
    let mut out = String::new();
    let mut next = 0;
    while let Some(first) = changed.get(next) {
        let start = first.saturating_sub(CONTEXT);
        let mut last = *first;
        while let Some(more) = changed.get(next).filter(|more| **more <= last + 2 * CONTEXT + 1) {
            last = *more;
            next += 1;
        }
        let end = (last + CONTEXT + 1).min(lines.len());
        hunk(&lines, start, end, &mut out);
    }
    out
}

fn hunk(lines: &[Line<'_>], start: usize, end: usize, out: &mut String) {
    let count = |part: &[Line<'_>], old: bool| {
        let is = |line: &&Line<'_>| match line {
            Line::Both(_) => true,
            Line::Old(_) => old,
            Line::New(_) => !old,
        };
        part.iter().filter(is).count()
    };
    let range = |old: bool| {
        let (before, here) = (count(&lines[..start], old), count(&lines[start..end], old));
        // An empty range is named by the line before it.
        let first = if here == 0 { before } else { before + 1 };
        if here == 1 { first.to_string() } else { format!("{first},{here}") }
    };
    out.push_str(&format!("@@ -{} +{} @@\n", range(true), range(false)));
    for line in &lines[start..end] {
        let (mark, text) = match line {
            Line::Both(text) => (' ', text),
            Line::Old(text) => ('-', text),
            Line::New(text) => ('+', text),
        };
        out.push(mark);
        out.push_str(text);
        out.push('\n');
    }
}

/// The longest common subsequence decides what stayed.
fn align<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut lines: Vec<Line<'a>> = old[..head].iter().map(|line| Line::Both(line)).collect();
    if (a.len() + 1).saturating_mul(b.len() + 1) > CELLS_MAX {
        lines.extend(a.iter().map(|line| Line::Old(line)));
        lines.extend(b.iter().map(|line| Line::New(line)));
    } else {
        let width = b.len() + 1;
        let mut common = vec![0u32; (a.len() + 1) * width];
        for i in (0..a.len()).rev() {
            for j in (0..b.len()).rev() {
                common[i * width + j] = if a[i] == b[j] {
                    common[(i + 1) * width + j + 1] + 1
                } else {
                    common[(i + 1) * width + j].max(common[i * width + j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            if i < a.len() && j < b.len() && a[i] == b[j] {
                lines.push(Line::Both(a[i]));
                (i, j) = (i + 1, j + 1);
            } else if j == b.len()
                || (i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
            {
                lines.push(Line::Old(a[i]));
                i += 1;
            } else {
                lines.push(Line::New(b[j]));
                j += 1;
            }
        }
    }
    lines.extend(old_rest[old_rest.len() - tail..].iter().map(|line| Line::Both(line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn hunks() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
        assert_eq!(unified(old, old), "");
        let new = old.replace("b\n", "B\n").replace("k\n", "");
        assert_eq!(
            unified(old, &new),
            "@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -8,5 +8,4 @@\n h\n i\n j\n-k\n l\n"
        );
        assert_eq!(unified("", "x\ny\n"), "@@ -0,0 +1,2 @@\n+x\n+y\n");
        assert_eq!(unified("x\n", ""), "@@ -1 +0,0 @@\n-x\n");
    }
}
