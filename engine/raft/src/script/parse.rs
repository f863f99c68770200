//! The form of a script: what is prose, what a command, what its output.

/// A command with its arguments and input lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Directive {
    pub(super) verb: String,
    pub(super) args: Vec<Arg>,
    /// The lines between the command and `----`.
    pub(super) input: String,
}

/// `key`, `key=value` or `key=(value,value)`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Arg {
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

impl Directive {
    pub(super) fn arg(&self, key: &str) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.key == key)
    }

    /// The only value of `key`, read as a `T`.
    pub(super) fn value<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, String> {
        let Some(arg) = self.arg(key) else { return Ok(None) };
        match &arg.values[..] {
            [one] => one.parse().map(Some).map_err(|_| format!("{key}: can't read {one:?}")),
            _ => Err(format!("{key}: one value expected")),
        }
    }

    /// The arguments that are only a word.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.args.iter().filter(|arg| arg.values.is_empty()).map(|arg| arg.key.as_str())
    }
}

/// Gives `text` back with the output of each command as `handle` makes it.
pub(super) fn run(text: &str, mut handle: impl FnMut(&Directive) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            out.push_str(line);
            continue;
        }
        out.push_str(line);
        let mut command = trimmed.to_owned();
        while let Some(start) = command.strip_suffix('\\') {
            command = start.to_owned();
            let Some(more) = lines.next() else { break };
            out.push_str(more);
            command.push_str(more.trim());
        }
        let mut directive = command_line(&command);
        for line in lines.by_ref() {
            if line.trim_end() == "----" {
                break;
            }
            out.push_str(line);
            directive.input.push_str(line);
        }
        skip_expected(&mut lines);
        if !out.ends_with('\n') {
            out.push('\n');
        }
        push_output(&mut out, handle(&directive));
    }
    out
}

/// Up to the next blank line; an output that has blank lines itself stands between doubled separators.
fn skip_expected<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) {
    if lines.next_if(|line| line.trim_end() == "----").is_none() {
        while lines.next_if(|line| !line.trim().is_empty()).is_some() {}
        return;
    }
    while let Some(line) = lines.next() {
        if line.trim_end() == "----" && lines.next_if(|line| line.trim_end() == "----").is_some() {
            return;
        }
    }
}

fn push_output(out: &mut String, mut output: String) {
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
    let separator = if output.lines().any(|line| line.trim().is_empty()) { "----\n----\n" } else { "----\n" };
    out.push_str(separator);
    out.push_str(&output);
    if separator.len() > 5 {
        out.push_str(separator);
    }
}

fn command_line(line: &str) -> Directive {
    let mut words = Vec::new();
    let (mut word, mut depth) = (String::new(), 0u32);
    for c in line.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c.is_whitespace() && depth == 0 {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        } else {
            word.push(c);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    let mut words = words.into_iter();
    let verb = words.next().unwrap_or_default();
    let args = words
        .map(|word| match word.split_once('=') {
            None => Arg { key: word, values: Vec::new() },
            Some((key, value)) => {
                let list = value.strip_prefix('(').and_then(|value| value.strip_suffix(')'));
                let values = match list {
                    None => vec![value.to_owned()],
                    Some(list) if list.trim().is_empty() => Vec::new(),
                    Some(list) => list.split(',').map(|value| value.trim().to_owned()).collect(),
                };
                Arg { key: key.to_owned(), values }
            }
        })
        .collect();
    Directive { verb, args, input: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_stays_and_output_is_replaced() {
        let script = "# prose\n\nsay a=(1, 2) b=x c\nline 1\nline 2\n----\nold\n\n\n## more\nnone\n----\n";
        let mut seen = Vec::new();
        let out = run(script, |directive| {
            seen.push(directive.clone());
            if directive.verb == "say" { "new".into() } else { "".into() }
        });
        assert_eq!(
            out,
            "# prose\n\nsay a=(1, 2) b=x c\nline 1\nline 2\n----\nnew\n\n\n## more\nnone\n----\n"
        );
        assert_eq!(seen[0].input, "line 1\nline 2\n");
        assert_eq!(seen[0].args[0].values, ["1", "2"]);
        assert_eq!(seen[0].words().collect::<Vec<_>>(), ["c"]);
        assert_eq!(seen.len(), 2);
    }

    #[test]
    fn output_with_blank_lines() {
        let script = "say\n----\n----\na\n\nb\n----\n----\n\nnext\n----\nx\n";
        let out = run(script, |directive| if directive.verb == "say" { "c\n\nd" } else { "y" }.into());
        assert_eq!(out, "say\n----\n----\nc\n\nd\n----\n----\n\nnext\n----\ny\n");
    }

    #[test]
    fn a_script_may_stop_anywhere() {
        assert_eq!(run("say", |_| "hi".into()), "say\n----\nhi\n");
        assert_eq!(run("say\nx \\", |_| String::new()), "say\nx \\\n----\n");
        assert_eq!(run("say \\", |_| String::new()), "say \\\n----\n");
        assert_eq!(run("", |_| String::new()), "");
    }
}
