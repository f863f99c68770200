//! `$((...))`: whole numbers, the usual operators, variables by name.

use sim::Str;

/// Computes an expression; `variable` gives a variable's value. Overflow wraps, as in a shell.
///
/// # Errors
/// `arithmetic syntax error` and `divide by zero`, as busybox says them.
pub fn compute(text: &str, variable: &dyn Fn(&str) -> Str) -> Result<i64, String> {
    let mut reader = Reader { rest: text.trim(), variable };
    let value = reader.level(0)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(SYNTAX.to_owned()) }
}

const SYNTAX: &str = "arithmetic syntax error";

/// From loosest to tightest; within a level, longer ones first.
const LEVELS: [&[&str]; 6] =
    [&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

struct Reader<'a> {
    rest: &'a str,
    variable: &'a dyn Fn(&str) -> Str,
}

impl Reader<'_> {
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else { return self.atom() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = operators.iter().copied().find(|op| self.take(op)) {
            let right = self.level(level + 1)?;
            left = match operator {
                "||" => i64::from(left != 0 || right != 0),
                "&&" => i64::from(left != 0 && right != 0),
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<=" => i64::from(left <= right),
                ">=" => i64::from(left >= right),
                "<" => i64::from(left < right),
                ">" => i64::from(left > right),
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                _ if right == 0 => return Err("divide by zero".to_owned()),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            };
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<i64, String> {
        if self.take("(") {
            let value = self.level(0)?;
            return if self.take(")") { Ok(value) } else { Err(SYNTAX.to_owned()) };
        }
        if self.take("-") {
            return Ok(self.atom()?.wrapping_neg());
        }
        if self.take("!") {
            return Ok(i64::from(self.atom()? == 0));
        }
        let rest = self.rest.strip_prefix('$').unwrap_or(self.rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        if name.is_empty() {
            return Err(SYNTAX.to_owned());
        }
        self.rest = rest.trim_start();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return name.parse().map_err(|_| SYNTAX.to_owned());
        }
        let value = (self.variable)(name);
        if value.is_empty() { Ok(0) } else { value.trim().parse().map_err(|_| SYNTAX.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let variable = |name: &str| Str::from(if name == "i" { "7" } else { "" });
        for (text, want) in [
            ("1 + 2 * 3", Ok(7)),
            ("(1+2)*3", Ok(9)),
            ("i % 4", Ok(3)),
            ("$i - -1", Ok(8)),
            ("unset + 1", Ok(1)),
            ("i >= 7 && 1 < 0", Ok(0)),
            ("!0", Ok(1)),
            ("1 / 0", Err("divide by zero")),
            ("1 +", Err(SYNTAX)),
            ("", Err(SYNTAX)),
        ] {
            assert_eq!(compute(text, &variable), want.map_err(str::to_owned), "{text}");
        }
    }
}
