//! Columns as Go's `text/tabwriter` lays them out, which is what kubectl prints with.
//!
//! A cell is text that a tab ends; a column is a run of consecutive lines that have a cell at the same place. What
//! follows a line's last tab belongs to no column and is not padded.

/// How columns are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The least width of a column, padding included.
    pub min_width: u32,
    /// Added to the longest cell.
    pub padding: u32,
}

/// `kubectl get`'s layout.
pub const GET: Layout = Layout { min_width: 6, padding: 3 };
/// `kubectl describe`'s layout.
pub const DESCRIBE: Layout = Layout { min_width: 0, padding: 2 };

/// Replaces the tabs of `text` by padding.
pub fn align(text: &str, layout: Layout) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> =
        lines.iter().map(|cells| vec![0; cells.len().saturating_sub(1)]).collect();
    let deepest = widths.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..deepest {
        let mut first = 0;
        while first < lines.len() {
            if widths[first].len() <= column {
                first += 1;
                continue;
            }
            let end = (first..lines.len()).find(|i| widths[*i].len() <= column).unwrap_or(lines.len());
            let longest = lines[first..end].iter().map(|cells| width(cells[column])).max().unwrap_or(0);
            let width = (longest + layout.padding as usize).max(layout.min_width as usize);
            for line in &mut widths[first..end] {
                line[column] = width;
            }
            first = end;
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (i, cells) in lines.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for (column, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if let Some(room) = widths[i].get(column) {
                out.extend(std::iter::repeat_n(' ', room.saturating_sub(width(cell))));
            }
        }
    }
    out
}

/// Characters, as tabwriter counts them.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_lines_share_columns() {
        let text =
            "Name:\tp1\nAnnotations:\t<none>\nContainers:\n  c:\n    Image:\tnginx\n    Restart Count:\t0\n";
        assert_eq!(
            align(text, DESCRIBE),
            "Name:         p1\nAnnotations:  <none>\nContainers:\n  c:\n    Image:          nginx\n    Restart Count:  0\n"
        );
        assert_eq!(align("A\tB\nlong-one\tx\n", GET), "A          B\nlong-one   x\n");
        assert_eq!(align("A\tB\n", GET), "A     B\n");
    }

    #[test]
    fn last_cells_are_padded_only_when_a_tab_ends_them() {
        assert_eq!(align("Type\tStatus\nReady\tTrue \n", DESCRIBE), "Type   Status\nReady  True \n");
        assert_eq!(align("a\tb\t\nccc\tdddd\t\n", GET), "a     b      \nccc   dddd   \n");
    }
}
