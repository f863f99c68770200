//! Writing in kubectl's style, which is go-yaml's: keys sorted, lists not indented, double quotes around what would be
//! read as something else than a string, single quotes around what a plain scalar cannot hold.
//!
//! Our own writer, because the crates at hand quote for YAML 1.2 and leave `yes` or `on` bare.

use super::scalar;
use crate::Value;

/// Writes one document, without `---`, with a line break at the end.
pub(super) fn write(value: &Value) -> String {
    let mut out = String::with_capacity(1024);
    match value {
        Value::Map(map) if !map.is_empty() => node(&mut out, value, 0),
        Value::List(list) if !list.is_empty() => node(&mut out, value, 0),
        _ => {
            scalar(&mut out, value, 0, false);
            out.push('\n');
        }
    }
    out
}

/// Writes a collection that is not empty; the cursor stands at the column where its first line begins.
fn node(out: &mut String, value: &Value, indent: usize) {
    let mut first = true;
    let mut line = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    match value {
        Value::Map(map) => {
            for (name, value) in map.iter() {
                line(out);
                text(out, name, indent, true);
                out.push(':');
                match value {
                    Value::Map(inner) if !inner.is_empty() => {
                        out.push('\n');
                        out.extend(std::iter::repeat_n(' ', indent + 2));
                        node(out, value, indent + 2);
                    }
                    Value::List(inner) if !inner.is_empty() => {
                        out.push('\n');
                        out.extend(std::iter::repeat_n(' ', indent));
                        node(out, value, indent);
                    }
                    _ => {
                        out.push(' ');
                        scalar(out, value, indent, false);
                        out.push('\n');
                    }
                }
            }
        }
        Value::List(list) => {
            for value in list.as_slice() {
                line(out);
                out.push_str("- ");
                match value {
                    Value::Map(inner) if !inner.is_empty() => node(out, value, indent + 2),
                    Value::List(inner) if !inner.is_empty() => node(out, value, indent + 2),
                    _ => {
                        scalar(out, value, indent, false);
                        out.push('\n');
                    }
                }
            }
        }
        _ => {}
    }
}

fn scalar(out: &mut String, value: &Value, indent: usize, key: bool) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => out.push_str(&i.to_string()),
        Value::Float(x) => out.push_str(&x.to_string()),
        Value::Str(s) => text(out, s, indent, key),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

fn text(out: &mut String, text: &str, indent: usize, key: bool) {
    let is_string = matches!(scalar::resolve(text), Ok(Value::Str(_)))
        && !is_base60(text)
        && !is_time(text)
        && text != "<<";
    let printable =
        text.chars().all(|c| c == '\n' || (c >= ' ' && c != '\u{7f}' && c != '\u{feff}' && !c.is_control()));
    // A space before a line break would be lost in anything but double quotes.
    let space_break = text.contains(" \n") || text.ends_with(' ') && text.contains('\n');
    match () {
        () if !is_string || !printable => double_quoted(out, text),
        () if text.contains('\n') && !key && !space_break => literal(out, text, indent),
        () if text.contains('\n') => double_quoted(out, text),
        () if is_plain(text) => out.push_str(text),
        () => {
            out.push('\'');
            out.push_str(&text.replace('\'', "''"));
            out.push('\'');
        }
    }
}

/// Can the text stand without quotes in block context? It is not empty and has no line breaks.
fn is_plain(text: &str) -> bool {
    if text.starts_with(' ') || text.ends_with(' ') || text.starts_with("---") || text.starts_with("...") {
        return false;
    }
    let bytes = text.as_bytes();
    let blank_follows = |i: usize| bytes.get(i + 1).is_none_or(|b| *b == b' ');
    for (i, byte) in bytes.iter().enumerate() {
        let bad = match byte {
            b'#' => i == 0 || bytes[i - 1] == b' ',
            b':' => blank_follows(i),
            b'?' | b'-' if i == 0 => blank_follows(i),
            b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
            | b'@' | b'`' => i == 0,
            _ => false,
        };
        if bad {
            return false;
        }
    }
    true
}

/// `2026-01-01` and `2026-01-01T00:00:00Z` are times to go-yaml, so it quotes them: every `creationTimestamp` is.
fn is_time(text: &str) -> bool {
    let (date, clock) =
        text.split_once(['T', 't', ' ']).map_or((text, None), |(date, clock)| (date, Some(clock)));
    let mut parts = date.split('-');
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        parts.next().is_some_and(|p| digits.contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_date = number(4..=4) && number(1..=2) && number(1..=2) && parts.next().is_none();
    let is_clock = |clock: &str| {
        clock.starts_with(|c: char| c.is_ascii_digit())
            && clock.matches(':').count() >= 2
            && clock.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'Z' | b'+' | b'-'))
    };
    is_date && clock.is_none_or(is_clock)
}

/// `1:30` was a number once; go-yaml still quotes it.
fn is_base60(text: &str) -> bool {
    text.contains(':') && {
        let body = text.strip_prefix(['-', '+']).unwrap_or(text);
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
        body.split(':')
            .all(|part| digits(part.split('.').next().unwrap_or_default()) && part.matches('.').count() < 2)
            && body.starts_with(|c: char| c.is_ascii_digit())
    }
}

fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let body = text.strip_suffix('\n');
    match body {
        None => out.push('-'),
        Some(body) if body.ends_with('\n') || body.is_empty() => out.push('+'),
        Some(_) => {}
    }
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent + 2));
            out.push_str(line);
        }
    }
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c if c.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
