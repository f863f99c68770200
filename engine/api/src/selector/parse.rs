//! The query string's form of label selectors: `a=b,c in (d,e),!f`.

use sim::Str;

use super::{Operator, Requirement, Selector};
use crate::names;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    End,
    Comma,
    Open,
    Close,
    Not,
    Equals,
    DoubleEquals,
    NotEquals,
    Less,
    Greater,
    In,
    NotIn,
    Word(&'a str),
}

impl<'a> Token<'a> {
    fn text(self) -> &'a str {
        match self {
            Token::End => "",
            Token::Comma => ",",
            Token::Open => "(",
            Token::Close => ")",
            Token::Not => "!",
            Token::Equals => "=",
            Token::DoubleEquals => "==",
            Token::NotEquals => "!=",
            Token::Less => "<",
            Token::Greater => ">",
            Token::In => "in",
            Token::NotIn => "notin",
            Token::Word(word) => word,
        }
    }

    /// `in` and `notin` are ordinary words where a key or a value is expected.
    fn as_value(self) -> Token<'a> {
        match self {
            Token::In => Token::Word("in"),
            Token::NotIn => Token::Word("notin"),
            other => other,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if special(first) {
            // Special characters that follow each other are one token if they are one.
            if rest.starts_with("==") || rest.starts_with("!=") { 2 } else { 1 }
        } else {
            rest.find(|c: char| special(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(length);
        tokens.push(match word {
            "," => Token::Comma,
            "(" => Token::Open,
            ")" => Token::Close,
            "!" => Token::Not,
            "=" => Token::Equals,
            "==" => Token::DoubleEquals,
            "!=" => Token::NotEquals,
            "<" => Token::Less,
            ">" => Token::Greater,
            "in" => Token::In,
            "notin" => Token::NotIn,
            word => Token::Word(word),
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.peek() == Token::Not;
        if negated {
            self.at += 1;
        }
        let token = self.next().as_value();
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        let wrong = names::qualified_name(key);
        if !wrong.is_empty() {
            return Err(format!("key: Invalid value: {key:?}: {}", wrong.join("; ")));
        }
        let make = |operator, values| Ok(Requirement { key: Str::from(key), operator, values });
        if negated {
            return make(Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek(), Token::End | Token::Comma) {
            return make(Operator::Exists, Vec::new());
        }
        let token = self.next();
        let operator = match token {
            Token::In => Operator::In,
            Token::NotIn => Operator::NotIn,
            Token::Equals | Token::DoubleEquals => Operator::Equals,
            Token::NotEquals => Operator::NotEquals,
            Token::Greater => Operator::GreaterThan,
            Token::Less => Operator::LessThan,
            other => {
                let expected = "in, notin, =, ==, !=, gt, lt";
                return Err(format!("found '{}', expected: {expected}", other.text()));
            }
        };
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.value()?],
        };
        for (i, value) in values.iter().enumerate() {
            if matches!(operator, Operator::GreaterThan | Operator::LessThan) && value.parse::<i64>().is_err()
            {
                let reason = "for 'Gt', 'Lt' operators, the value must be an integer";
                return Err(format!("values[{i}]: Invalid value: {value:?}: {reason}"));
            }
            let wrong = names::label_value(value);
            if !wrong.is_empty() {
                return Err(format!("values[{i}][{key}]: Invalid value: {value:?}: {}", wrong.join("; ")));
            }
        }
        make(operator, values)
    }

    fn value(&mut self) -> Result<Str, String> {
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Ok(Str::default());
        }
        match self.next().as_value() {
            Token::Word(word) => Ok(Str::from(word)),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn values(&mut self) -> Result<Vec<Str>, String> {
        let open = self.next();
        if open != Token::Open {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let mut values = Vec::new();
        // Empty places between commas count as the empty value.
        let mut pending = true;
        loop {
            match self.next().as_value() {
                Token::Word(word) if pending => {
                    values.push(Str::from(word));
                    pending = false;
                }
                Token::Comma => {
                    if pending {
                        values.push(Str::default());
                    }
                    pending = true;
                }
                Token::Close => {
                    if pending {
                        values.push(Str::default());
                    }
                    values.sort();
                    values.dedup();
                    return Ok(values);
                }
                other if pending => {
                    return Err(format!("found '{}', expected: ',', ')' or identifier", other.text()));
                }
                other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
            }
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Selector, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut requirements = Vec::new();
    loop {
        match parser.peek().as_value() {
            Token::Word(_) | Token::Not => {
                let requirement = parser.requirement();
                requirements.push(requirement.map_err(|e| format!("unable to parse requirement: {e}"))?);
                match parser.next() {
                    Token::End => break,
                    Token::Comma => {
                        let after = parser.peek().as_value();
                        if !matches!(after, Token::Word(_) | Token::Not) {
                            return Err(format!("found '{}', expected: identifier after ','", after.text()));
                        }
                    }
                    other => {
                        return Err(format!("found '{}', expected: ',' or 'end of string'", other.text()));
                    }
                }
            }
            Token::End => break,
            other => {
                return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.text()));
            }
        }
    }
    requirements.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Selector { requirements, nothing: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn texts() {
        let table = [
            ("", ""),
            ("app=web", "app=web"),
            ("app==web,tier!=db", "app=web,tier!=db"),
            ("c in (d,e), !f , g", "c in (d,e),!f,g"),
            ("x notin (b, a)", "x notin (a,b)"),
            ("app.kubernetes.io/name=web", "app.kubernetes.io/name=web"),
            ("n>3", "n>3"),
            ("a=", "a="),
            ("in in (in)", "in in (in)"),
        ];
        for (text, written) in table {
            assert_eq!(parse(text).map(|s| s.to_string()), Ok(written.to_owned()), "{text}");
        }
    }

    #[test]
    fn errors() {
        let table = [
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            (",", "found ',', expected: !, identifier, or 'end of string'"),
            ("a=b,", "found '', expected: identifier after ','"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a=b c=d", "found 'c', expected: ',' or 'end of string'"),
        ];
        for (text, error) in table {
            assert_eq!(parse(text), Err(error.to_owned()), "{text}");
        }
        assert!(parse("a=-b").unwrap_err().contains("a valid label must be an empty string or consist of"));
    }

    #[test]
    fn matching() {
        let labels = object!({"app": "web", "n": "5"});
        for (text, expected) in
            [("app=web,n>3", true), ("n<3", false), ("!app", false), ("x!=y", true), ("x", false)]
        {
            assert_eq!(parse(text).unwrap().matches(&labels), expected, "{text}");
        }
    }
}
