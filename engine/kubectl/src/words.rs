//! A command line into words, as a POSIX shell splits it: quotes, backslashes, comments, here-documents.
//!
//! Nothing is expanded: the terminal has no variables, globs or substitutions.

use std::iter::Peekable;
use std::str::Chars;

/// A command line in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// The words, quotes removed.
    pub words: Vec<String>,
    /// The text of a here-document (`<<EOF`), which becomes the command's standard input.
    pub here_document: Option<String>,
}

/// Why a line has no words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SplitError {
    /// A quote was opened and never closed.
    Unclosed(char),
    /// A shell operator that the terminal does not carry out.
    Operator(String),
    /// A here-document whose last line never comes.
    Delimiter(String),
}

impl std::fmt::Display for SplitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SplitError::Unclosed(quote) => {
                write!(f, "unexpected end of the line while looking for the matching `{quote}'")
            }
            SplitError::Operator(operator) => {
                write!(f, "`{operator}' is not simulated: the terminal runs one command at a time")
            }
            SplitError::Delimiter(word) => write!(f, "the here-document is never ended by a line `{word}'"),
        }
    }
}

/// Splits a line (or, with a here-document, several lines) into words.
pub fn split(text: &str) -> Result<Line, SplitError> {
    let mut line = Line::default();
    let mut chars = text.chars().peekable();
    loop {
        let Some(&c) = chars.peek() else { return Ok(line) };
        match c {
            ' ' | '\t' | '\r' => {
                chars.next();
            }
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            // A line continued on the next is no word by itself.
            '\\' if chars.clone().nth(1) == Some('\n') => {
                chars.nth(1);
            }
            // More than one command: only white space and comments may follow the first.
            '\n' => {
                chars.next();
                let rest: String = chars.clone().collect();
                let more = rest.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'));
                if let (Some(_), false) = (more, line.words.is_empty()) {
                    return Err(SplitError::Operator("newline".to_owned()));
                }
            }
            '|' | '&' | ';' | '>' | '(' | ')' => {
                chars.next();
                let double = matches!(c, '|' | '&' | '>') && chars.peek() == Some(&c);
                // A semicolon at the end separates nothing.
                if c == ';' && chars.clone().all(char::is_whitespace) {
                    return Ok(line);
                }
                return Err(SplitError::Operator(if double { format!("{c}{c}") } else { c.to_string() }));
            }
            '<' => {
                chars.next();
                if chars.next_if_eq(&'<').is_none() {
                    return Err(SplitError::Operator("<".to_owned()));
                }
                // A here-string: one word, and a line end after it.
                if chars.next_if_eq(&'<').is_some() {
                    while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
                    line.here_document = Some(word(&mut chars)? + "\n");
                    continue;
                }
                line.here_document = Some(here_document(&mut chars, &mut line.words)?);
                return Ok(line);
            }
            _ => line.words.push(word(&mut chars)?),
        }
    }
}

fn word(chars: &mut Peekable<Chars<'_>>) -> Result<String, SplitError> {
    let mut word = String::new();
    while let Some(&c) = chars.peek() {
        match c {
            ' ' | '\t' | '\r' | '\n' | '|' | '&' | ';' | '<' | '>' | '(' | ')' => break,
            '\'' => {
                chars.next();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err(SplitError::Unclosed('\'')),
                    }
                }
            }
            '"' => {
                chars.next();
                double_quoted(chars, &mut word)?;
            }
            '\\' => {
                chars.next();
                match chars.next() {
                    // A line continued on the next.
                    Some('\n') | None => {}
                    Some(c) => word.push(c),
                }
            }
            _ => {
                word.push(c);
                chars.next();
            }
        }
    }
    Ok(word)
}

fn double_quoted(chars: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), SplitError> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => match chars.next() {
                Some('\n') => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Err(SplitError::Unclosed('"')),
            },
            Some(c) => word.push(c),
            None => return Err(SplitError::Unclosed('"')),
        }
    }
}

/// Reads what follows `<<`: the delimiter, the rest of the command on the same line, and the document.
fn here_document(chars: &mut Peekable<Chars<'_>>, words: &mut Vec<String>) -> Result<String, SplitError> {
    let strip_tabs = chars.next_if_eq(&'-').is_some();
    while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
    let delimiter = word(chars)?;
    let mut rest = String::new();
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        rest.push(c);
    }
    chars.next();
    words.extend(split(&rest)?.words);
    let text: String = chars.collect();
    let mut document = String::new();
    for line in text.lines() {
        let line = if strip_tabs { line.trim_start_matches('\t') } else { line };
        if line.trim_end_matches('\r') == delimiter {
            return Ok(document);
        }
        document.push_str(line);
        document.push('\n');
    }
    Err(SplitError::Delimiter(delimiter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text).unwrap().words
    }

    #[test]
    fn words_are_a_shells() {
        for (text, expected) in [
            ("kubectl get pods", vec!["kubectl", "get", "pods"]),
            ("  a\t b  # comment | ; '", vec!["a", "b"]),
            (r#"a 'b c' "d \"e\" \n" f\ g"#, vec!["a", "b c", r#"d "e" \n"#, "f g"]),
            ("a''b \"\" c", vec!["ab", "", "c"]),
            (
                "get pods -o jsonpath='{.items[*].metadata.name}'",
                vec!["get", "pods", "-o", "jsonpath={.items[*].metadata.name}"],
            ),
            ("a \\\n b;", vec!["a", "b"]),
            ("a#b", vec!["a#b"]),
            ("", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_simulated_is_said() {
        assert_eq!(split("a | b"), Err(SplitError::Operator("|".into())));
        assert_eq!(split("a && b"), Err(SplitError::Operator("&&".into())));
        assert_eq!(split("a > f"), Err(SplitError::Operator(">".into())));
        assert_eq!(split("a\nb"), Err(SplitError::Operator("newline".into())));
        assert_eq!(split("a 'b"), Err(SplitError::Unclosed('\'')));
        assert_eq!(split("a \"b"), Err(SplitError::Unclosed('"')));
        assert!(split("a # b\n# c\n").is_ok());
    }

    #[test]
    fn here_documents() {
        let line = split("kubectl apply -f - <<'EOF' -n x\na: |\n  b\nEOF\n").unwrap();
        assert_eq!(line.words, ["kubectl", "apply", "-f", "-", "-n", "x"]);
        assert_eq!(line.here_document.as_deref(), Some("a: |\n  b\n"));
        let line = split("etcdctl txn <<<'a\n\nb' -w json").unwrap();
        assert_eq!(line.words, ["etcdctl", "txn", "-w", "json"]);
        assert_eq!(line.here_document.as_deref(), Some("a\n\nb\n"));
        assert_eq!(split("a <<EOF\nb"), Err(SplitError::Delimiter("EOF".into())));
    }
}
