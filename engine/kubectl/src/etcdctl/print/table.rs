//! Tables as etcdctl's table writer draws them: headers in capitals and centred, cells to the right, long cells broken
//! between words.

/// Cells wider than this are broken where they have a space.
const WIDTH_MOST: u32 = 30;

/// Draws a table.
pub fn draw(headers: &[&str], rows: &[Vec<String>]) -> String {
    let headers: Vec<String> = headers.iter().map(|h| h.replace('_', " ").to_uppercase()).collect();
    let cells: Vec<Vec<Vec<String>>> =
        rows.iter().map(|row| row.iter().map(|cell| wrap(cell)).collect()).collect();
    let widths: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(i, header)| {
            let lines = cells.iter().filter_map(|row| row.get(i)).flatten();
            lines.map(|line| width(line)).max().unwrap_or(0).max(width(header))
        })
        .collect();
    let rule: String = widths.iter().map(|w| format!("+{}", "-".repeat(w + 2))).collect::<String>() + "+\n";
    let mut text = rule.clone();
    for (header, w) in headers.iter().zip(&widths) {
        let gap = w - width(header);
        let left = gap / 2;
        text.push_str(&format!("| {}{header}{} ", " ".repeat(left), " ".repeat(gap - left)));
    }
    text.push_str("|\n");
    text.push_str(&rule);
    for row in &cells {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            for (cell, w) in row.iter().zip(&widths) {
                let line = cell.get(i).map_or("", String::as_str);
                text.push_str(&format!("| {}{line} ", " ".repeat(w.saturating_sub(width(line)))));
            }
            text.push_str("|\n");
        }
    }
    text.push_str(&rule);
    text
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn wrap(cell: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in cell.split('\n') {
        if width(line) <= WIDTH_MOST as usize {
            lines.push(line.to_owned());
            continue;
        }
        let mut current = String::new();
        for word in line.split_whitespace() {
            if !current.is_empty() && width(&current) + 1 + width(word) > WIDTH_MOST as usize {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_as_the_tool_draws() {
        let row = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<String>>();
        let members = row(&["8e9e05c52164694d", "started", "default", "http://localhost:2380", "", "false"]);
        assert_eq!(
            draw(&["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"], &[members]),
            "+------------------+---------+---------+-----------------------+--------------+------------+\n\
             |        ID        | STATUS  |  NAME   |      PEER ADDRS       | CLIENT ADDRS | IS LEARNER |\n\
             +------------------+---------+---------+-----------------------+--------------+------------+\n\
             | 8e9e05c52164694d | started | default | http://localhost:2380 |              |      false |\n\
             +------------------+---------+---------+-----------------------+--------------+------------+\n"
        );
        let long = row(&["memberID:9372538179322589801 alarm:NOSPACE "]);
        assert_eq!(
            draw(&["hash_revision"], &[long]),
            "+------------------------------+\n\
             |        HASH REVISION         |\n\
             +------------------------------+\n\
             | memberID:9372538179322589801 |\n\
             |                alarm:NOSPACE |\n\
             +------------------------------+\n"
        );
    }
}
