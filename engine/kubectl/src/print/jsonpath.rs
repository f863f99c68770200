//! kubectl's JSONPath templates: `{.items[*].metadata.name}`, `{range .items[*]}...{end}`, filters, unions, slices.

use api::Value;

/// A template, parsed.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct Template(Vec<Part>);

#[derive(Clone, PartialEq, Hash, Debug)]
enum Part {
    /// Text outside of braces, or a quoted string inside.
    Text(String),
    /// A path's values.
    Path(Path),
    /// `{range path} ... {end}`.
    Range(Path, Vec<Part>),
}

/// Steps from a value to values.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct Path {
    from_root: bool,
    steps: Vec<PathStep>,
}

#[derive(Clone, PartialEq, Hash, Debug)]
enum PathStep {
    Field(String),
    Fields(Vec<String>),
    Descend,
    All,
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Indexes(Vec<i64>),
    Filter(Box<Filter>),
}

#[derive(Clone, PartialEq, Hash, Debug)]
struct Filter {
    left: Operand,
    test: Test,
    right: Option<Operand>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Test {
    Exists,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, PartialEq, Hash, Debug)]
enum Operand {
    Path(Path),
    Literal(Value),
}

/// How many values a path may have: `{..*..*}` of a large list has more than fit into memory.
const VALUES_MAX: usize = 200_000;

/// How deep ranges and filters may nest.
const DEPTH_MAX: u32 = 32;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it, as kubectl says it where it is simple.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut reader = Reader { rest: text, depth: 0 };
        let parts = reader.parts(false)?;
        Ok(Template(parts))
    }

    /// Fills the template.
    ///
    /// # Errors
    /// When a field or an index is not there (`allow_missing` prints nothing instead).
    pub fn fill(&self, root: &Value, allow_missing: bool) -> Result<String, String> {
        let mut out = String::new();
        fill(&self.0, root, root, allow_missing, &mut out)?;
        Ok(out)
    }
}

impl Path {
    /// Reads one path as `--sort-by` and custom columns take it: `{.a.b}`, `.a.b` or `a.b`.
    ///
    /// # Errors
    /// When it is no path.
    pub fn parse(text: &str) -> Result<Path, String> {
        let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text).trim();
        let dotted =
            if inner.starts_with(['.', '[', '$', '@']) { inner.to_owned() } else { format!(".{inner}") };
        let mut reader = Reader { rest: &dotted, depth: 0 };
        let path = reader.path()?;
        if reader.rest.trim().is_empty() { Ok(path) } else { Err(format!("unexpected path string {text:?}")) }
    }

    /// The values at the path.
    ///
    /// # Errors
    /// When a field is not there and `allow_missing` is false.
    pub fn find<'v>(&self, root: &'v Value, allow_missing: bool) -> Result<Vec<&'v Value>, String> {
        self.from(root, root, allow_missing)
    }

    fn from<'v>(
        &self,
        root: &'v Value,
        here: &'v Value,
        allow_missing: bool,
    ) -> Result<Vec<&'v Value>, String> {
        let mut values = vec![if self.from_root { root } else { here }];
        for step in &self.steps {
            let mut next = Vec::new();
            for value in values {
                step.apply(root, value, allow_missing, &mut next)?;
                if next.len() > VALUES_MAX {
                    return Err(format!("the path has more than {VALUES_MAX} values"));
                }
            }
            values = next;
        }
        Ok(values)
    }
}

impl PathStep {
    fn apply<'v>(
        &self,
        root: &'v Value,
        value: &'v Value,
        allow_missing: bool,
        found: &mut Vec<&'v Value>,
    ) -> Result<(), String> {
        match self {
            PathStep::Field(name) => match value.get(name) {
                Some(field) => found.push(field),
                None if allow_missing => {}
                None => return Err(format!("{name} is not found")),
            },
            PathStep::Fields(names) => found.extend(names.iter().filter_map(|name| value.get(name))),
            PathStep::Descend => descend(value, found),
            PathStep::All => match value {
                Value::List(list) => found.extend(list.as_slice()),
                Value::Map(map) => found.extend(map.iter().map(|(_, v)| v)),
                _ => {}
            },
            PathStep::Indexes(indexes) => {
                let items = value.items();
                for index in indexes {
                    match place(*index, items.len()).and_then(|i| items.get(i)) {
                        Some(item) => found.push(item),
                        None if allow_missing => {}
                        None => {
                            return Err(format!(
                                "array index out of bounds: index {index}, length {}",
                                items.len()
                            ));
                        }
                    }
                }
            }
            PathStep::Slice { start, end, step } => {
                let items = value.items();
                let bound = |at: i64| -> usize {
                    let at = if at < 0 { at.saturating_add(items.len() as i64) } else { at };
                    at.clamp(0, items.len() as i64) as usize
                };
                let (first, last) = (bound(start.unwrap_or(0)), end.map_or(items.len(), bound));
                let stride = usize::try_from(*step).unwrap_or(1).max(1);
                found.extend(items.get(first..last).unwrap_or(&[]).iter().step_by(stride));
            }
            PathStep::Filter(filter) => {
                for item in value.items() {
                    if filter.holds(root, item)? {
                        found.push(item);
                    }
                }
            }
        }
        Ok(())
    }
}

fn place(index: i64, length: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(length as i64)? } else { index };
    usize::try_from(index).ok()
}

fn descend<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    found.push(value);
    match value {
        Value::List(list) => list.as_slice().iter().for_each(|v| descend(v, found)),
        Value::Map(map) => map.iter().for_each(|(_, v)| descend(v, found)),
        _ => {}
    }
}

impl Filter {
    fn holds(&self, root: &Value, item: &Value) -> Result<bool, String> {
        let left = self.left.value(root, item)?;
        let Some(right) = &self.right else { return Ok(left.is_some()) };
        let (Some(left), Some(right)) = (left, right.value(root, item)?) else { return Ok(false) };
        let order = compare(left, right);
        Ok(match self.test {
            Test::Exists => true,
            Test::Equal => order == Some(std::cmp::Ordering::Equal),
            Test::NotEqual => order != Some(std::cmp::Ordering::Equal),
            Test::Less => order.is_some_and(|o| o.is_lt()),
            Test::LessOrEqual => order.is_some_and(|o| o.is_le()),
            Test::Greater => order.is_some_and(|o| o.is_gt()),
            Test::GreaterOrEqual => order.is_some_and(|o| o.is_ge()),
        })
    }
}

impl Operand {
    fn value<'v>(&'v self, root: &'v Value, item: &'v Value) -> Result<Option<&'v Value>, String> {
        match self {
            Operand::Literal(value) => Ok(Some(value)),
            Operand::Path(path) => Ok(path.from(root, item, true)?.first().copied()),
        }
    }
}

/// The order of two scalars; `None` when they can't be compared.
pub fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) => (*a as f64).partial_cmp(b),
        (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Null, Value::Null) => Some(std::cmp::Ordering::Equal),
        _ => None,
    }
}

fn fill(
    parts: &[Part],
    root: &Value,
    here: &Value,
    allow_missing: bool,
    out: &mut String,
) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(path) => {
                let values = path.from(root, here, allow_missing)?;
                for (i, value) in values.into_iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    out.push_str(&text_of(value));
                }
            }
            Part::Range(path, body) => {
                for value in path.from(root, here, allow_missing)? {
                    fill(body, root, value, allow_missing, out)?;
                }
            }
        }
    }
    Ok(())
}

/// A value as kubectl prints it in templates and columns: strings as they are, trees as JSON.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Null => String::new(),
        other => api::json::write(other),
    }
}

struct Reader<'t> {
    rest: &'t str,
    depth: u32,
}

impl Reader<'_> {
    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn parts(&mut self, in_range: bool) -> Result<Vec<Part>, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the template nests too deeply".to_owned());
        }
        let mut parts = Vec::new();
        loop {
            let Some(open) = self.rest.find('{') else {
                if in_range {
                    return Err("unclosed action: missing {end}".to_owned());
                }
                push_text(&mut parts, self.rest);
                self.rest = "";
                self.depth -= 1;
                return Ok(parts);
            };
            push_text(&mut parts, &self.rest[..open]);
            self.rest = &self.rest[open + 1..];
            self.space();
            if self.eat("end") {
                self.close()?;
                if !in_range {
                    return Err("not in range, nothing to end".to_owned());
                }
                self.depth -= 1;
                return Ok(parts);
            }
            if self.rest.strip_prefix("range").is_some_and(|r| r.starts_with([' ', '.', '[', '@', '$'])) {
                self.eat("range");
                self.space();
                let path = self.path()?;
                self.close()?;
                let body = self.parts(true)?;
                parts.push(Part::Range(path, body));
                continue;
            }
            // One pair of braces may hold several things.
            loop {
                self.space();
                if self.eat("}") {
                    break;
                }
                if self.rest.is_empty() {
                    return Err("unclosed action".to_owned());
                }
                if self.rest.starts_with(['"', '\'']) {
                    let text = self.quoted()?;
                    parts.push(Part::Text(text));
                } else {
                    parts.push(Part::Path(self.path()?));
                }
            }
        }
    }

    fn close(&mut self) -> Result<(), String> {
        self.space();
        if self.eat("}") { Ok(()) } else { Err("unclosed action".to_owned()) }
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut chars = self.rest.chars();
        let quote = chars.next().unwrap_or('"');
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = chars.as_str();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c) => text.push(c),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err("unterminated quoted string".to_owned())
    }

    fn path(&mut self) -> Result<Path, String> {
        let mut path = Path { from_root: false, steps: Vec::new() };
        if self.eat("$") {
            path.from_root = true;
        } else {
            self.eat("@");
        }
        loop {
            if self.eat("..") {
                path.steps.push(PathStep::Descend);
                if self.rest.starts_with('[') {
                    continue;
                }
                if self.eat("*") {
                    path.steps.push(PathStep::All);
                    continue;
                }
                let name = self.name()?;
                // Not every subtree has the field: a union of one takes those that have.
                path.steps.push(PathStep::Fields(vec![name]));
            } else if self.eat(".") {
                if self.eat("*") {
                    path.steps.push(PathStep::All);
                } else if self.rest.starts_with('[') || self.at_end() {
                    // `{.}` and `.[0]`: the value itself.
                } else {
                    path.steps.push(PathStep::Field(self.name()?));
                }
            } else if self.eat("[") {
                path.steps.push(self.bracket()?);
            } else if self.at_end() {
                return Ok(path);
            } else {
                let c = self.rest.chars().next().unwrap_or(' ');
                if path.steps.is_empty() {
                    return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32));
                }
                return Err(format!("unexpected {c:?} in a path"));
            }
        }
    }

    fn at_end(&self) -> bool {
        self.rest.is_empty()
            || self.rest.starts_with(['}', ' ', '\t', ')', ',', '=', '!', '<', '>', ']', '\n'])
    }

    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((i, c)) = chars.next() {
            match c {
                '\\' => {
                    if let Some((_, c)) = chars.next() {
                        name.push(c);
                    }
                }
                '.' | '[' | ']' | '}' | '{' | ' ' | '\t' | '\n' | ')' | '(' | '=' | '!' | '<' | '>' | ','
                | '"' | '\'' | '|' => {
                    end = i;
                    break;
                }
                c => name.push(c),
            }
        }
        self.rest = &self.rest[end..];
        if name.is_empty() { Err("a field name is missing in a path".to_owned()) } else { Ok(name) }
    }

    /// Reads the inside of `[...]`.
    fn bracket(&mut self) -> Result<PathStep, String> {
        self.space();
        if self.eat("?(") {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err("the template nests too deeply".to_owned());
            }
            let filter = self.filter()?;
            self.depth -= 1;
            self.space();
            return if self.eat(")]") {
                Ok(PathStep::Filter(Box::new(filter)))
            } else {
                Err("unterminated filter".to_owned())
            };
        }
        if self.rest.starts_with(['\'', '"']) {
            let mut names = Vec::new();
            loop {
                self.space();
                names.push(self.quoted()?);
                self.space();
                if self.eat("]") {
                    break;
                }
                if !self.eat(",") {
                    return Err("unterminated array".to_owned());
                }
            }
            return Ok(match names.len() {
                1 => PathStep::Field(names.remove(0)),
                _ => PathStep::Fields(names),
            });
        }
        let Some(end) = self.rest.find(']') else { return Err("unterminated array".to_owned()) };
        let inside = self.rest[..end].trim();
        self.rest = &self.rest[end + 1..];
        if inside == "*" {
            return Ok(PathStep::All);
        }
        let bad = || format!("invalid array index {inside}");
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| bad());
        if inside.contains(':') {
            let mut parts = inside.split(':').map(str::trim);
            let mut next = || -> Result<Option<i64>, String> {
                match parts.next() {
                    None | Some("") => Ok(None),
                    Some(text) => number(text).map(Some),
                }
            };
            return Ok(PathStep::Slice { start: next()?, end: next()?, step: next()?.unwrap_or(1) });
        }
        Ok(PathStep::Indexes(inside.split(',').map(number).collect::<Result<_, _>>()?))
    }

    fn filter(&mut self) -> Result<Filter, String> {
        let left = self.operand()?;
        self.space();
        let tests = [
            ("==", Test::Equal),
            ("!=", Test::NotEqual),
            ("<=", Test::LessOrEqual),
            (">=", Test::GreaterOrEqual),
            ("<", Test::Less),
            (">", Test::Greater),
        ];
        for (sign, test) in tests {
            if self.eat(sign) {
                let right = self.operand()?;
                return Ok(Filter { left, test, right: Some(right) });
            }
        }
        Ok(Filter { left, test: Test::Exists, right: None })
    }

    fn operand(&mut self) -> Result<Operand, String> {
        self.space();
        if self.rest.starts_with(['"', '\'']) {
            return Ok(Operand::Literal(Value::from(self.quoted()?)));
        }
        if self.rest.starts_with(['@', '$', '.']) {
            return Ok(Operand::Path(self.path()?));
        }
        let end = self.rest.find([')', ' ', '=', '!', '<', '>']).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        self.rest = &self.rest[end..];
        Ok(Operand::Literal(match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => match (word.parse::<i64>(), word.parse::<f64>()) {
                (Ok(whole), _) => Value::Int(whole),
                (_, Ok(number)) => Value::Float(number),
                _ => return Err(format!("unrecognized word {word:?} in a filter")),
            },
        }))
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use api::object;

    use super::*;

    #[test]
    fn templates() {
        let root = object! { "kind": "List", "items": [
        { "metadata": { "name": "a", "labels": { "app.kubernetes.io/name": "x" } }, "spec": { "replicas": 1, "on": true } },
        { "metadata": { "name": "b" }, "spec": { "replicas": 3, "ports": [80, 443] } } ] };
        for (template, expected) in [
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[0].metadata.name}", "a"),
            ("{.items[-1:].metadata.name}", "b"),
            ("{.items[0:2].metadata.name}", "a b"),
            ("{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.replicas}{\"\\n\"}{end}", "a\t1\nb\t3\n"),
            ("{.items[?(@.spec.replicas>1)].metadata.name}", "b"),
            ("{.items[?(@.metadata.name==\"a\")].spec.replicas}", "1"),
            ("{.items[?(@.spec.on)].metadata.name}", "a"),
            ("{..name}", "a b"),
            ("{.items[0]['metadata', 'spec'].name}", "a"),
            ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"),
            ("{.items[0].metadata.labels['app.kubernetes.io/name']}", "x"),
            ("{.items[1].spec.ports}", "[80,443]"),
            ("{$.kind}: {.items[0].spec.on}", "List: true"),
            ("{range .items[*]}[{.metadata.name} {$.kind}]{end}", "[a List][b List]"),
            ("plain", "plain"),
            ("{.nothing}", ""),
        ] {
            let found = Template::parse(template).and_then(|t| t.fill(&root, true));
            assert_eq!(found.as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn mistakes() {
        let root = object! { "items": [1] };
        for (template, message) in [
            ("{.items", "unclosed action"),
            ("{range .items[*]}x", "unclosed action: missing {end}"),
            ("{end}", "not in range, nothing to end"),
            ("{.items[x]}", "invalid array index x"),
            ("{.a[?(@.b==}", "unrecognized word \"}\" in a filter"),
        ] {
            assert_eq!(Template::parse(template), Err(message.to_owned()), "{template}");
        }
        assert_eq!(Template::parse("{.x}").unwrap().fill(&root, false), Err("x is not found".to_owned()));
        assert!(
            Template::parse("{.items[3]}").unwrap().fill(&root, false).unwrap_err().contains("out of bounds")
        );
        assert!(Template::parse(&"{range .a}".repeat(10_000)).is_err());
        let many = Value::from(vec![object!([1, 2, 3]); 1000]);
        let found = Template::parse("{..[*]..[*]..[*]}").and_then(|t| t.fill(&many, true));
        assert!(found.is_ok(), "{found:?}");
        let large = Value::from(vec![many; 100]);
        assert!(Template::parse("{..[*]..[*]..[*]}").unwrap().fill(&large, true).is_err());
    }
}
