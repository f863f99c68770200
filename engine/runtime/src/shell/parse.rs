//! From text to [`Op`]s.

use std::sync::Arc;

use sim::Str;

use super::code::{Code, Op, Otherwise, Part, Redirect, Simple, Target, Word};

/// Reads a script. The error is what a shell would say after its own name.
pub fn parse(script: &str) -> Result<Code, String> {
    let tokens = Lexer { chars: script.chars().collect(), at: 0 }.tokens()?;
    let mut parser = Parser { tokens, at: 0, ops: Vec::new(), loops: Vec::new(), redirected: 0 };
    parser.list(&[])?;
    match parser.peek() {
        None => Ok(parser.ops.into()),
        Some(token) => Err(unexpected(Some(token))),
    }
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(Word),
    Operator(&'static str),
    /// A redirection's beginning: descriptor and operator; its word follows (none for `>&`).
    Redirect(u8, &'static str),
}

fn unexpected(token: Option<&Token>) -> String {
    match token {
        None => "syntax error: unexpected end of file".to_owned(),
        Some(Token::Operator(text) | Token::Redirect(_, text)) => {
            let text = if *text == "\n" { "newline" } else { text };
            format!("syntax error: unexpected \"{text}\"")
        }
        Some(Token::Word(word)) => match word.as_slice() {
            [Part::Text { text, .. }] => format!("syntax error: unexpected word \"{text}\""),
            _ => "syntax error: unexpected word".to_owned(),
        },
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

const OPERATORS: [&str; 9] = ["&&", "||", ";;", ";", "&", "|", "(", ")", "\n"];

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek(i) == Some(c))
    }

    fn tokens(mut self) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        'next: while let Some(c) = self.peek(0) {
            if c == ' ' || c == '\t' || c == '\r' {
                self.at += 1;
                continue;
            }
            if c == '\\' && self.peek(1) == Some('\n') {
                self.at += 2;
                continue;
            }
            if c == '#' {
                while self.peek(0).is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                continue;
            }
            for op in ["&>", "<<"] {
                if self.starts(op) {
                    return Err(format!("{op} is not simulated"));
                }
            }
            for operator in OPERATORS {
                if self.starts(operator) {
                    self.at += operator.len();
                    tokens.push(Token::Operator(operator));
                    continue 'next;
                }
            }
            let (fd, skip) = match c {
                '0'..='2' if matches!(self.peek(1), Some('<' | '>')) => (Some(c as u8 - b'0'), 1),
                _ => (None, 0),
            };
            if matches!(self.peek(skip), Some('<' | '>')) {
                self.at += skip;
                let operator = ["<", ">>", ">&", ">"].into_iter().find(|op| self.starts(op)).unwrap_or(">");
                self.at += operator.len();
                tokens.push(Token::Redirect(fd.unwrap_or(u8::from(operator != "<")), operator));
                continue;
            }
            let word = self.word(|c| c.is_whitespace() || ";&|()<>".contains(c))?;
            tokens.push(Token::Word(word));
        }
        Ok(tokens)
    }

    /// Reads a word up to a character that ends it (or the text's end).
    fn word(&mut self, ends: impl Fn(char) -> bool) -> Result<Word, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            match c {
                _ if ends(c) => break,
                '\\' => {
                    self.at += 1;
                    if let Some(c) = self.peek(0) {
                        self.at += 1;
                        if c != '\n' {
                            flush(&mut parts, &mut text, false);
                            parts.push(Part::Text { text: c.to_string().into(), quoted: true });
                        }
                    }
                }
                '\'' => {
                    self.at += 1;
                    flush(&mut parts, &mut text, false);
                    let from = self.at;
                    while self.peek(0).ok_or("syntax error: unterminated quoted string")? != '\'' {
                        self.at += 1;
                    }
                    let inner: String = self.chars[from..self.at].iter().collect();
                    self.at += 1;
                    parts.push(Part::Text { text: inner.into(), quoted: true });
                }
                '"' => {
                    self.at += 1;
                    flush(&mut parts, &mut text, false);
                    self.double_quoted(&mut parts)?;
                }
                '$' | '`' => {
                    flush(&mut parts, &mut text, false);
                    self.dollar(&mut parts, false)?;
                }
                _ => {
                    self.at += 1;
                    text.push(c);
                }
            }
        }
        flush(&mut parts, &mut text, false);
        Ok(parts)
    }

    fn double_quoted(&mut self, parts: &mut Word) -> Result<(), String> {
        let mut text = String::new();
        let before = parts.len();
        loop {
            match self.peek(0).ok_or("syntax error: unterminated quoted string")? {
                '"' => break,
                '\\' if matches!(self.peek(1), Some('"' | '\\' | '$' | '`')) => {
                    text.extend(self.peek(1));
                    self.at += 2;
                }
                '$' | '`' => {
                    flush(parts, &mut text, true);
                    self.dollar(parts, true)?;
                }
                c => {
                    self.at += 1;
                    text.push(c);
                }
            }
        }
        self.at += 1;
        if !text.is_empty() || parts.len() == before {
            parts.push(Part::Text { text: text.into(), quoted: true });
        }
        Ok(())
    }

    /// Reads what follows a `$` or a backquote.
    fn dollar(&mut self, parts: &mut Word, quoted: bool) -> Result<(), String> {
        if self.starts("$((") {
            self.at += 3;
            let inner = self.until_closed(1)?;
            let inner = inner.strip_suffix(')').ok_or("syntax error: missing '))'")?;
            parts.push(Part::Arithmetic(inner.into()));
        } else if self.starts("$(") {
            self.at += 2;
            let inner = self.until_closed(0)?;
            parts.push(Part::Command { code: parse(&inner)?, quoted });
        } else if self.starts("`") {
            let from = self.at + 1;
            self.at = from;
            while self.peek(0).ok_or("syntax error: EOF in backquote substitution")? != '`' {
                self.at += 1;
            }
            let inner: String = self.chars[from..self.at].iter().collect();
            self.at += 1;
            parts.push(Part::Command { code: parse(&inner)?, quoted });
        } else if self.starts("${") {
            self.at += 2;
            let from = self.at;
            while self.peek(0).ok_or("syntax error: missing '}'")?.is_alphanumeric()
                || self.peek(0) == Some('_')
            {
                self.at += 1;
            }
            let name: String = self.chars[from..self.at].iter().collect();
            let colon = usize::from(self.peek(0) == Some(':'));
            let form = match self.peek(colon) {
                Some('}') if colon == 0 => None,
                Some('-') => Some(Otherwise::Default),
                Some('=') => Some(Otherwise::Assign),
                Some('+') => Some(Otherwise::Alternative),
                Some('?') => Some(Otherwise::Fail),
                _ => return Err("syntax error: bad substitution".to_owned()),
            };
            let otherwise = match form {
                None => None,
                Some(form) => {
                    self.at += colon + 1;
                    Some((form, self.word(|c| c == '}')?))
                }
            };
            if self.peek(0) != Some('}') {
                return Err("syntax error: missing '}'".to_owned());
            }
            self.at += 1;
            parts.push(Part::Variable { name: name.into(), otherwise, quoted });
        } else {
            self.at += 1;
            let from = self.at;
            match self.peek(0) {
                Some(c) if c.is_ascii_digit() || "?$#@*!".contains(c) => self.at += 1,
                _ => {
                    while self.peek(0).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                        self.at += 1;
                    }
                }
            }
            let name: String = self.chars[from..self.at].iter().collect();
            if name.is_empty() {
                parts.push(Part::Text { text: sim::literal!("$"), quoted: true });
            } else {
                parts.push(Part::Variable { name: name.into(), otherwise: None, quoted });
            }
        }
        Ok(())
    }

    /// The text up to the parenthesis that closes `depth + 1` open ones, without it.
    fn until_closed(&mut self, mut depth: u32) -> Result<String, String> {
        let from = self.at;
        let mut quote = None;
        while let Some(c) = self.peek(0) {
            match (quote, c) {
                (None, '\'' | '"') => quote = Some(c),
                (Some(q), c) if q == c => quote = None,
                (None, '(') => depth += 1,
                (None, ')') if depth == 0 => {
                    let inner = self.chars[from..self.at].iter().collect();
                    self.at += 1;
                    return Ok(inner);
                }
                (None, ')') => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        Err("syntax error: unexpected end of file (expecting \")\")".to_owned())
    }
}

fn flush(parts: &mut Word, text: &mut String, quoted: bool) {
    if !text.is_empty() {
        parts.push(Part::Text { text: std::mem::take(text).into(), quoted });
    }
}

struct Loop {
    again: u32,
    redirected: u32,
    /// Jumps to the end, to be set when it is known.
    breaks: Vec<usize>,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    ops: Vec<Op>,
    loops: Vec<Loop>,
    redirected: u32,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// The next token's text when it is a plain unquoted word: a keyword, perhaps.
    fn keyword(&self) -> Option<Str> {
        match self.peek()? {
            Token::Word(word) => match word.as_slice() {
                [Part::Text { text, quoted: false }] => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    fn operator(&mut self, text: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Operator(op)) if *op == text);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.keyword().is_some_and(|k| k == word) {
            self.at += 1;
            return Ok(());
        }
        Err(format!("{} (expecting \"{word}\")", unexpected(self.peek())))
    }

    fn here(&self) -> u32 {
        self.ops.len() as u32
    }

    fn emit(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    /// Sets the target of a jump made before it was known.
    fn land(&mut self, at: usize) {
        let here = self.here();
        match &mut self.ops[at] {
            Op::Jump(to) | Op::JumpIfOk(to) | Op::JumpIfFail(to) | Op::ForNext { end: to, .. } => *to = here,
            _ => {}
        }
    }

    /// Says that failures from `from` on are asked about.
    fn guard(&mut self, from: u32) {
        for op in &mut self.ops[from as usize..] {
            if let Op::Run { guarded, .. } = op {
                *guarded = true;
            }
        }
    }

    fn list(&mut self, stops: &[&str]) -> Result<(), String> {
        loop {
            while self.operator("\n") || self.operator(";") {}
            match self.peek() {
                None | Some(Token::Operator(")")) => return Ok(()),
                _ if self.keyword().is_some_and(|k| stops.contains(&k.as_str())) => return Ok(()),
                _ => {}
            }
            let from = self.here();
            self.and_or()?;
            if self.operator("&") {
                match &mut self.ops[from as usize..] {
                    [Op::Run { background, .. }] => *background = true,
                    _ => {
                        return Err("background lists are not simulated, only background commands".to_owned());
                    }
                }
            } else if !self.operator(";") && !self.operator("\n") {
                return Ok(());
            }
        }
    }

    fn and_or(&mut self) -> Result<(), String> {
        let from = self.here();
        self.pipeline()?;
        loop {
            let jump = match self.peek() {
                Some(Token::Operator("&&")) => Op::JumpIfFail(0),
                Some(Token::Operator("||")) => Op::JumpIfOk(0),
                _ => return Ok(()),
            };
            self.at += 1;
            while self.operator("\n") {}
            self.guard(from);
            let jump = self.emit(jump);
            self.pipeline()?;
            self.land(jump);
        }
    }

    fn pipeline(&mut self) -> Result<(), String> {
        if self.keyword().is_some_and(|k| k == "!") {
            self.at += 1;
            let from = self.here();
            self.pipeline()?;
            self.guard(from);
            self.emit(Op::Not);
            return Ok(());
        }
        let opening = matches!(self.peek(), Some(Token::Operator("(")));
        if opening
            || self.keyword().is_some_and(|k| matches!(k.as_str(), "if" | "while" | "until" | "for" | "{"))
        {
            return self.compound();
        }
        if self.keyword().is_some_and(|k| matches!(k.as_str(), "case" | "function" | "select")) {
            return Err(format!("\"{}\" is not simulated", self.keyword().unwrap_or_default()));
        }
        let mut stages = vec![self.simple()?];
        while self.operator("|") {
            while self.operator("\n") {}
            stages.push(self.simple()?);
        }
        if let [Simple { words, .. }] = stages.as_slice()
            && let [first, ..] = words.as_slice()
            && let [Part::Text { text, quoted: false }] = first.as_slice()
            && (text == "break" || text == "continue")
        {
            return self.leave(text == "break");
        }
        self.emit(Op::Run { stages, background: false, guarded: false });
        Ok(())
    }

    fn leave(&mut self, for_good: bool) -> Result<(), String> {
        let Some(innermost) = self.loops.last() else { return Ok(()) };
        let (again, open) = (innermost.again, self.redirected - innermost.redirected);
        for _ in 0..open {
            self.emit(Op::Unredirect);
        }
        let jump = self.emit(Op::Jump(again));
        if for_good && let Some(innermost) = self.loops.last_mut() {
            innermost.breaks.push(jump);
        }
        Ok(())
    }

    fn compound(&mut self) -> Result<(), String> {
        // Redirections stand after the compound: reserve the place of the opening step.
        let place = self.emit(Op::Redirect(Vec::new()));
        self.redirected += 1;
        let keyword = self.keyword();
        self.at += 1;
        match keyword.as_deref() {
            Some("if") => self.branches()?,
            Some("while") => self.repeat(false)?,
            Some("until") => self.repeat(true)?,
            Some("for") => self.each()?,
            Some("{") => {
                self.list(&["}"])?;
                self.expect("}")?;
            }
            _ => {
                self.list(&[])?;
                if !self.operator(")") {
                    return Err(unexpected(self.peek()));
                }
            }
        }
        self.redirected -= 1;
        let redirects = self.redirects()?;
        self.ops[place] = Op::Redirect(redirects);
        self.emit(Op::Unredirect);
        if matches!(self.peek(), Some(Token::Operator("|"))) {
            return Err("pipes from compound commands are not simulated".to_owned());
        }
        Ok(())
    }

    fn branches(&mut self) -> Result<(), String> {
        let from = self.here();
        self.list(&["then"])?;
        self.guard(from);
        self.expect("then")?;
        let otherwise = self.emit(Op::JumpIfFail(0));
        self.list(&["elif", "else", "fi"])?;
        let end = self.emit(Op::Jump(0));
        self.land(otherwise);
        match self.keyword().as_deref() {
            Some("elif") => {
                self.at += 1;
                self.branches()?;
            }
            Some("else") => {
                self.at += 1;
                self.list(&["fi"])?;
                self.expect("fi")?;
            }
            _ => {
                self.emit(Op::Status(0));
                self.expect("fi")?;
            }
        }
        self.land(end);
        Ok(())
    }

    fn repeat(&mut self, until: bool) -> Result<(), String> {
        let again = self.here();
        self.list(&["do"])?;
        self.guard(again);
        let end = self.emit(if until { Op::JumpIfOk(0) } else { Op::JumpIfFail(0) });
        self.body(again)?;
        self.land(end);
        self.emit(Op::Status(0));
        Ok(())
    }

    fn each(&mut self) -> Result<(), String> {
        let Some(name) = self.keyword() else { return Err(unexpected(self.peek())) };
        self.at += 1;
        while self.operator("\n") {}
        let mut words = Vec::new();
        if self.keyword().is_some_and(|k| k == "in") {
            self.at += 1;
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
        } else {
            words.push(vec![Part::Variable { name: sim::literal!("@"), otherwise: None, quoted: true }]);
        }
        while self.operator(";") || self.operator("\n") {}
        self.emit(Op::ForStart(words));
        let again = self.here();
        let next = self.emit(Op::ForNext { name, end: 0 });
        self.body(again)?;
        self.land(next);
        self.emit(Op::ForEnd);
        Ok(())
    }

    /// `do list done`, then back to the loop's head; breaks lead behind it.
    fn body(&mut self, again: u32) -> Result<(), String> {
        self.expect("do")?;
        self.loops.push(Loop { again, redirected: self.redirected, breaks: Vec::new() });
        self.list(&["done"])?;
        self.expect("done")?;
        self.emit(Op::Jump(again));
        for at in self.loops.pop().map(|l| l.breaks).unwrap_or_default() {
            self.land(at);
        }
        Ok(())
    }

    fn redirects(&mut self) -> Result<Vec<Redirect>, String> {
        let mut redirects = Vec::new();
        while let Some(Token::Redirect(fd, operator)) = self.peek() {
            let (fd, operator) = (*fd, *operator);
            self.at += 1;
            let Some(Token::Word(word)) = self.peek().cloned() else { return Err(unexpected(self.peek())) };
            self.at += 1;
            let target = match operator {
                "<" => Target::Read(word),
                ">>" => Target::Append(word),
                ">&" => match word.as_slice() {
                    [Part::Text { text, .. }] => {
                        Target::Duplicate(text.parse().map_err(|_| "bad fd number")?)
                    }
                    _ => return Err("bad fd number".to_owned()),
                },
                _ => Target::Write(word),
            };
            redirects.push(Redirect { fd, target });
        }
        Ok(redirects)
    }

    fn simple(&mut self) -> Result<Simple, String> {
        let mut simple = Simple::default();
        loop {
            simple.redirects.extend(self.redirects()?);
            let Some(Token::Word(word)) = self.peek().cloned() else { break };
            self.at += 1;
            match assignment(&word) {
                Some(assign) if simple.words.is_empty() => simple.assigns.push(assign),
                _ => simple.words.push(word),
            }
        }
        if simple == Simple::default() {
            return Err(unexpected(self.peek()));
        }
        Ok(simple)
    }
}

/// Takes `NAME=word` apart.
fn assignment(word: &Word) -> Option<(Str, Word)> {
    let [Part::Text { text, quoted: false }, rest @ ..] = word.as_slice() else { return None };
    let (name, value) = text.split_once('=')?;
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !valid {
        return None;
    }
    let mut parts = Vec::new();
    if !value.is_empty() {
        parts.push(Part::Text { text: value.into(), quoted: false });
    }
    parts.extend_from_slice(rest);
    Some((name.into(), parts))
}

/// Code that runs one command with these words as they are.
pub(crate) fn command(argv: &[Str]) -> Code {
    let words = argv.iter().map(|w| vec![Part::Text { text: w.clone(), quoted: true }]).collect();
    let simple = Simple { words, ..Simple::default() };
    Arc::from([Op::Run { stages: vec![simple], background: false, guarded: false }])
}
