//! Pieces that all descriptions are made of.

use api::{Map, Value};

/// The string at a path, empty when there is none.
pub fn at<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    value.str_at(path).map_or("", |s| s.as_str())
}

/// The number at a path, 0 when there is none.
pub fn number(value: &Value, path: &[&str]) -> i64 {
    value.int_at(path).unwrap_or(0)
}

/// `label:` and the pairs of a map, one a line.
pub fn labels(label: &str, map: Option<&Value>, out: &mut String) {
    pairs(label, map, "=", out);
}

/// `Annotations:` without the one that is kubectl's own note.
pub fn annotations(label: &str, map: Option<&Value>, out: &mut String) {
    let mut map = map.cloned().unwrap_or_default();
    if let Value::Map(map) = &mut map {
        map.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    pairs(label, Some(&map), ": ", out);
}

fn pairs(label: &str, map: Option<&Value>, between: &str, out: &mut String) {
    out.push_str(&format!("{label}:\t"));
    let Some(map) = map.and_then(Value::as_map).filter(|m| !m.is_empty()) else {
        out.push_str("<none>\n");
        return;
    };
    for (i, (key, value)) in map.iter().enumerate() {
        if i > 0 {
            out.push('\t');
        }
        let value = value.as_str().map_or("", |s| s.as_str()).trim_end_matches('\n');
        // Long or many-lined values of annotations stand below their name.
        if between == ": " && (key.len() + value.len() + 2 >= 140 || value.contains('\n')) {
            out.push_str(&format!("{key}:\n"));
            for line in value.lines() {
                let short: String = line.chars().take(137).collect();
                let dots = if short.len() < line.len() { "..." } else { "" };
                out.push_str(&format!("\t  {short}{dots}\n"));
            }
            continue;
        }
        out.push_str(&format!("{key}{between}{value}\n"));
    }
}

/// A workload's selector as one line: `app=web,tier in (a,b)`; `<none>` without.
pub fn selector_line(workload: &Value) -> String {
    let text = selector(workload);
    if text.is_empty() { "<none>".to_owned() } else { text }
}

/// A workload's selector as a query has it.
pub fn selector(workload: &Value) -> String {
    let Some(selector) = workload.at(&["spec", "selector"]) else { return String::new() };
    let is_plain = selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    let equal = if is_plain { Some(selector) } else { selector.get("matchLabels") };
    let mut terms: Vec<String> = equal
        .and_then(Value::as_map)
        .into_iter()
        .flat_map(Map::iter)
        .filter_map(|(key, value)| value.as_str().map(|v| format!("{key}={v}")))
        .collect();
    for expression in selector.items_at(&["matchExpressions"]) {
        let values: Vec<&str> =
            expression.items_at(&["values"]).iter().filter_map(Value::as_str).map(|s| s.as_str()).collect();
        let (key, values) = (at(expression, &["key"]), values.join(","));
        terms.push(match at(expression, &["operator"]) {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    terms.join(",")
}

/// The controlling owner: `ReplicaSet/web-5d8`.
pub fn controlled_by(value: &Value, out: &mut String) {
    let owner = value
        .items_at(&["metadata", "ownerReferences"])
        .iter()
        .find(|o| o.get("controller").and_then(Value::as_bool) == Some(true));
    if let Some(owner) = owner {
        out.push_str(&format!("Controlled By:\t{}/{}\n", at(owner, &["kind"]), at(owner, &["name"])));
    }
}

/// `2026-01-01T00:00:07Z` as RFC 1123 with a numeric zone: `Thu, 01 Jan 2026 00:00:07 +0000`.
pub fn long_time(text: &str) -> String {
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<i64>().ok());
    let (Some(year), Some(month), Some(day), Some(clock)) =
        (number(0..4), number(5..7), number(8..10), text.get(11..19))
    else {
        return "<unset>".to_owned();
    };
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    // Sakamoto's way to the day of the week.
    const SHIFT: [i64; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let place = (month.clamp(1, 12) - 1) as usize;
    let y = if month < 3 { year - 1 } else { year };
    let weekday = (y + y / 4 - y / 100 + y / 400 + SHIFT[place] + day).rem_euclid(7);
    format!("{}, {day:02} {} {year} {clock} +0000", DAYS[weekday as usize], MONTHS[place])
}

/// The conditions of a workload: `Type`, `Status`, `Reason`.
pub fn conditions(value: &Value, out: &mut String) {
    let conditions = value.items_at(&["status", "conditions"]);
    if conditions.is_empty() {
        return;
    }
    out.push_str("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n");
    for condition in conditions {
        out.push_str(&format!(
            "  {} \t{}\t{}\n",
            at(condition, &["type"]),
            at(condition, &["status"]),
            at(condition, &["reason"])
        ));
    }
}

/// Name, namespace: how most descriptions begin.
pub fn head(value: &Value, out: &mut String) {
    out.push_str(&format!("Name:\t{}\n", at(value, &["metadata", "name"])));
    let namespace = at(value, &["metadata", "namespace"]);
    if !namespace.is_empty() {
        out.push_str(&format!("Namespace:\t{namespace}\n"));
    }
}

/// Labels and annotations.
pub fn marks(value: &Value, out: &mut String) {
    labels("Labels", value.at(&["metadata", "labels"]), out);
    annotations("Annotations", value.at(&["metadata", "annotations"]), out);
}

/// Scalars joined by `, `; `<none>` without.
pub fn joined(values: &[Value], between: &str) -> String {
    if values.is_empty() {
        return "<none>".to_owned();
    }
    let texts: Vec<String> = values.iter().map(crate::print::jsonpath::text_of).collect();
    texts.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_weekday() {
        assert_eq!(long_time("2026-01-01T00:00:07Z"), "Thu, 01 Jan 2026 00:00:07 +0000");
        assert_eq!(long_time("2028-02-29T12:34:56.000000Z"), "Tue, 29 Feb 2028 12:34:56 +0000");
        assert_eq!(long_time(""), "<unset>");
    }
}
