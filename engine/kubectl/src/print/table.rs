//! The server's tables, laid out as `kubectl get` does.

use api::Value;

use super::tabs::{GET, width};
use crate::resource::Resource;

/// What a table shows beyond the server's columns.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Options {
    /// The less important columns, too.
    pub wide: bool,
    /// No line of column names.
    pub no_headers: bool,
    /// A first column with the namespace.
    pub namespace: bool,
    /// Names with their kind: `pod/web`.
    pub kind: bool,
    /// A last column with all labels.
    pub labels: bool,
    /// Columns with single labels.
    pub label_columns: Vec<String>,
}

/// A table's rows as text cells.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rows {
    /// Column names in capitals, and the place of the server's cell (`None`: kubectl's own column).
    columns: Vec<(String, Option<u32>)>,
    rows: Vec<Vec<String>>,
    /// Remembered between the rows of a watch.
    widths: Vec<u32>,
    headed: bool,
}

impl Rows {
    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds the rows of one server's table.
    ///
    /// The first table brings the columns; later ones of the same collection may leave them out.
    pub fn add<'v>(
        &mut self,
        table: &'v Value,
        rows: impl Iterator<Item = &'v Value>,
        resource: &Resource,
        options: &Options,
        event: Option<&str>,
    ) {
        let definitions = table.items_at(&["columnDefinitions"]);
        if self.columns.is_empty() || !definitions.is_empty() {
            self.set_columns(definitions, options, event.is_some());
        }
        for row in rows {
            let cells = self.cells(row, resource, options, event);
            self.rows.push(cells);
        }
    }

    fn set_columns(&mut self, definitions: &[Value], options: &Options, events: bool) {
        let mut columns: Vec<(String, Option<u32>)> = Vec::new();
        if events {
            columns.push(("EVENT".to_owned(), None));
        }
        if options.namespace {
            columns.push(("NAMESPACE".to_owned(), None));
        }
        for (i, definition) in definitions.iter().enumerate() {
            if definition.int_at(&["priority"]).unwrap_or(0) == 0 || options.wide {
                let name = definition.str_at(&["name"]).map_or("", |s| s.as_str());
                columns.push((name.to_uppercase(), Some(i as u32)));
            }
        }
        for label in &options.label_columns {
            columns.push((label.rsplit('/').next().unwrap_or("").to_uppercase(), None));
        }
        if options.labels {
            columns.push(("LABELS".to_owned(), None));
        }
        self.columns = columns;
    }

    fn cells(&self, row: &Value, resource: &Resource, options: &Options, event: Option<&str>) -> Vec<String> {
        let metadata = |path: &[&str]| row.at(&["object", "metadata"]).and_then(|m| m.at(path));
        let mut cells = Vec::with_capacity(self.columns.len());
        cells.extend(event.map(str::to_owned));
        if options.namespace {
            cells
                .push(metadata(&["namespace"]).and_then(Value::as_str).map_or("", |s| s.as_str()).to_owned());
        }
        let values = row.items_at(&["cells"]);
        let server = self.columns.iter().filter_map(|(_, place)| *place);
        for place in server {
            let text = values.get(place as usize).map(cell).unwrap_or_default();
            cells.push(if place == 0 && options.kind { resource.printed(&text) } else { text });
        }
        for label in &options.label_columns {
            cells.push(
                metadata(&["labels", label]).and_then(Value::as_str).map_or("", |s| s.as_str()).to_owned(),
            );
        }
        if options.labels {
            cells.push(metadata(&["labels"]).map_or_else(|| "<none>".to_owned(), labels));
        }
        cells
    }

    /// Prints the rows added since the last time, under the column names the first time.
    pub fn print(&mut self, options: &Options) -> String {
        let mut lines = Vec::new();
        if !self.headed && !options.no_headers && !self.rows.is_empty() {
            lines.push(self.columns.iter().map(|(name, _)| name.clone()).collect());
        }
        self.headed |= !self.rows.is_empty();
        lines.append(&mut self.rows);
        let mut widths: Vec<u32> = std::mem::take(&mut self.widths);
        for line in &lines {
            let last = line.len().saturating_sub(1);
            widths.resize(widths.len().max(last), 0);
            for (i, cell) in line.iter().enumerate().take(last) {
                widths[i] = widths[i].max((width(cell) as u32 + GET.padding).max(GET.min_width));
            }
        }
        let mut out = String::new();
        for line in &lines {
            for (i, cell) in line.iter().enumerate() {
                out.push_str(cell);
                if i + 1 < line.len() {
                    let room = widths.get(i).map_or(0, |w| *w as usize);
                    out.extend(std::iter::repeat_n(' ', room.saturating_sub(width(cell))));
                }
            }
            out.push('\n');
        }
        self.widths = widths;
        out
    }
}

/// One cell; what would break the line is cut.
fn cell(value: &Value) -> String {
    match value {
        Value::Str(s) => match s.find(['\n', '\r', '\u{c}']) {
            Some(end) => format!("{}...", &s[..end]),
            None => s.to_string(),
        },
        Value::Null => "<none>".to_owned(),
        other => api::json::write(other),
    }
}

/// `a=b,c=d`, or `<none>`.
pub fn labels(map: &Value) -> String {
    let Some(map) = map.as_map().filter(|m| !m.is_empty()) else { return "<none>".to_owned() };
    let pairs: Vec<String> =
        map.iter().map(|(k, v)| format!("{k}={}", v.as_str().map_or("", |s| s.as_str()))).collect();
    pairs.join(",")
}
