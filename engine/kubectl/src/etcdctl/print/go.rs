//! How Go writes things: quoted strings, numbers of bytes, IDs.

use std::fmt::Write;

/// A Go string literal of bytes (`%q`).
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\u{7}' => text.push_str("\\a"),
                '\u{8}' => text.push_str("\\b"),
                '\u{c}' => text.push_str("\\f"),
                '\u{b}' => text.push_str("\\v"),
                c if c < ' ' || c == '\u{7f}' => {
                    let _ = write!(text, "\\x{:02x}", c as u32);
                }
                c if c.is_control() => {
                    let _ = write!(text, "\\u{:04x}", c as u32);
                }
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

/// The text in a Go string literal, and how many bytes of `text` it takes. `None` when there is none, or it is not whole.
pub fn unquote(text: &str) -> Option<(String, u32)> {
    let mut bytes: Vec<u8> = Vec::new();
    if let Some(raw) = text.strip_prefix('`') {
        let end = raw.find('`')?;
        return Some((raw[..end].to_owned(), end as u32 + 2));
    }
    let mut chars = text.strip_prefix('"')?.char_indices();
    loop {
        let (at, c) = chars.next()?;
        match c {
            '"' => return Some((String::from_utf8_lossy(&bytes).into_owned(), at as u32 + 2)),
            '\n' => return None,
            '\\' => {
                let (_, escape) = chars.next()?;
                let mut digits = |count: u32, radix: u32, first: u32| {
                    (0..count).try_fold(first, |n, _| Some(n * radix + chars.next()?.1.to_digit(radix)?))
                };
                match escape {
                    'n' => bytes.push(b'\n'),
                    'r' => bytes.push(b'\r'),
                    't' => bytes.push(b'\t'),
                    'a' => bytes.push(7),
                    'b' => bytes.push(8),
                    'f' => bytes.push(12),
                    'v' => bytes.push(11),
                    '\\' | '"' => bytes.push(escape as u8),
                    'x' => bytes.push(u8::try_from(digits(2, 16, 0)?).ok()?),
                    '0'..='7' => bytes.push(u8::try_from(digits(2, 8, escape.to_digit(8)?)?).ok()?),
                    'u' | 'U' => {
                        let c = char::from_u32(digits(if escape == 'u' { 4 } else { 8 }, 16, 0)?)?;
                        bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
                    }
                    _ => return None,
                }
            }
            c => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
}

/// A number of bytes for people, by thousands: `20 kB`, `2.1 GB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 10 {
        return format!("{count} B");
    }
    let mut size: u64 = 1;
    let mut unit = 0;
    while count / size >= 1_000 {
        size *= 1_000;
        unit += 1;
    }
    // One decimal, rounded; numbers from ten on show none, half to even.
    let tenths = u64::try_from((u128::from(count) * 20 / u128::from(size)).div_ceil(2)).unwrap_or(u64::MAX);
    let name = UNITS.get(unit).copied().unwrap_or("EB");
    if tenths < 100 {
        return format!("{}.{} {name}", tenths / 10, tenths % 10);
    }
    let (whole, rest) = (tenths / 10, tenths % 10);
    let up = rest > 5 || rest == 5 && whole % 2 == 1;
    format!("{} {name}", whole + u64::from(up))
}

/// A member's ID as etcd writes it.
pub fn member_id(id: u64) -> String {
    format!("{id:x}")
}

/// Bytes as `\x66\x6f\x6f`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_as_go() {
        for (bytes, expected) in [
            (&b"foo"[..], r#""foo""#),
            (b"a\"b\\c\n\t\x00\x7f", r#""a\"b\\c\n\t\x00\x7f""#),
            ("grün 世".as_bytes(), "\"grün 世\""),
            (b"\xff\xfe!", r#""\xff\xfe!""#),
        ] {
            assert_eq!(quote(bytes), expected);
            if let Ok(text) = std::str::from_utf8(bytes) {
                assert_eq!(unquote(expected), Some((text.to_owned(), expected.len() as u32)));
            }
        }
        assert_eq!(unquote(r#""a" > "b""#), Some(("a".to_owned(), 3)));
        assert_eq!(unquote("`a\\b` x"), Some(("a\\b".to_owned(), 5)));
        assert_eq!(unquote(r#""\u4e16\101\x41""#), Some(("世AA".to_owned(), 16)));
        for bad in ["a", "\"a", "\"\\q\"", "`a", "", "\"\\x4\""] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_for_people() {
        for (count, expected) in [
            (0, "0 B"),
            (9, "9 B"),
            (10, "10 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (1_500, "1.5 kB"),
            (20_480, "20 kB"),
            (24_576, "25 kB"),
            (2_147_483_648, "2.1 GB"),
            (20_500, "20 kB"),
            (21_500, "22 kB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(count), expected, "{count}");
        }
    }
}
