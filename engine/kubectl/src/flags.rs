//! Flags and arguments, read as kubectl's own library (pflag) reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::failure::Failure;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Nothing: it is on or off (`--watch`, `--watch=false`).
    Switch,
    /// A value.
    Value,
    /// A value after `=`, or this one without.
    Optional(&'static str),
}

/// A flag that a command knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flag {
    /// The long name.
    pub long: &'static str,
    /// The letter.
    pub short: Option<char>,
    /// What it takes.
    pub takes: Takes,
}

/// A switch.
pub const fn switch(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Switch }
}

/// A flag with a value.
pub const fn value(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Value }
}

/// A flag whose value may be left out.
pub const fn optional(long: &'static str, default: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Optional(default) }
}

impl Flag {
    /// With a letter.
    pub const fn short(mut self, letter: char) -> Flag {
        self.short = Some(letter);
        self
    }
}

/// What every command takes.
pub const GLOBAL: &[Flag] = &[
    value("namespace").short('n'),
    value("kubeconfig"),
    value("context"),
    value("cluster"),
    value("user"),
    value("request-timeout"),
    value("as"),
    value("as-group"),
    value("as-uid"),
    value("as-user-extra"),
    value("server").short('s'),
    value("token"),
    value("v").short('v'),
    switch("insecure-skip-tls-verify"),
    switch("warnings-as-errors"),
    switch("help").short('h'),
];

/// Flags and words of a command line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Arguments {
    flags: BTreeMap<&'static str, Vec<String>>,
    /// The arguments that are no flags.
    pub words: Vec<String>,
    /// The words after `--`, if there was one.
    pub after_dashes: Option<Vec<String>>,
}

impl Arguments {
    /// Reads `words` by the command's `flags` (and kubectl's global ones).
    ///
    /// # Errors
    /// As pflag says them: unknown flags, missing and malformed values.
    pub fn read(words: &[String], flags: &[Flag]) -> Result<Arguments, String> {
        let known: Vec<Flag> = flags.iter().chain(GLOBAL).copied().collect();
        Arguments::read_by(words, &known)
    }

    /// Reads `words` by these flags alone.
    ///
    /// # Errors
    /// As pflag says them.
    pub fn read_by(words: &[String], flags: &[Flag]) -> Result<Arguments, String> {
        let mut read = Arguments::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                read.after_dashes = Some(words.by_ref().cloned().collect());
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, given) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let flag =
                    find(flags, |f| f.long == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
                let value = match (given, flag.takes) {
                    (Some(value), _) => value,
                    (None, Takes::Switch) => "true".to_owned(),
                    (None, Takes::Optional(default)) => default.to_owned(),
                    (None, Takes::Value) => {
                        words.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?
                    }
                };
                read.set(flag, value)?;
            } else if word.len() > 1 && word.starts_with('-') {
                read.letters(&word[1..], flags, &mut words)?;
            } else {
                read.words.push(word.clone());
            }
        }
        Ok(read)
    }

    /// Reads `-abc value`, `-nvalue`, `-n=value`.
    fn letters<'a>(
        &mut self,
        letters: &str,
        flags: &[Flag],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            let flag = find(flags, |f| f.short == Some(letter))
                .ok_or_else(|| format!("unknown shorthand flag: {} in -{letters}", quoted_char(letter)))?;
            rest = &rest[letter.len_utf8()..];
            if let Some(value) = rest.strip_prefix('=') {
                return self.set(flag, value.to_owned());
            }
            match flag.takes {
                Takes::Switch => self.set(flag, "true".to_owned())?,
                Takes::Optional(default) => self.set(flag, default.to_owned())?,
                Takes::Value if rest.is_empty() => {
                    let value = words
                        .next()
                        .ok_or_else(|| format!("flag needs an argument: '{letter}' in -{letters}"))?;
                    return self.set(flag, value.clone());
                }
                Takes::Value => return self.set(flag, rest.to_owned()),
            }
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, value: String) -> Result<(), String> {
        if flag.takes == Takes::Switch && parse_bool(&value).is_none() {
            return Err(invalid(
                flag,
                &value,
                &format!("strconv.ParseBool: parsing {value:?}: invalid syntax"),
            ));
        }
        self.flags.entry(flag.long).or_default().push(value);
        Ok(())
    }

    /// A flag's value; the last one counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.flags.get(name)?.last().map(String::as_str)
    }

    /// A flag's value, empty when it was not given.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// All values of a flag that may be repeated.
    pub fn all(&self, name: &str) -> &[String] {
        self.flags.get(name).map_or(&[], Vec::as_slice)
    }

    /// True when a switch is on.
    pub fn on(&self, name: &str) -> bool {
        self.switch(name, false)
    }

    /// A switch, with what it is when not given.
    pub fn switch(&self, name: &str, default: bool) -> bool {
        self.get(name).and_then(parse_bool).unwrap_or(default)
    }

    /// A whole number.
    ///
    /// # Errors
    /// When the value is none.
    pub fn int(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Failure::error(format!(
                "invalid argument {text:?} for \"--{name}\" flag: strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))),
        }
    }

    /// A duration in Go's notation (`1m30s`); a bare number counts seconds. Negative durations are a week, as `kubectl wait` has it.
    ///
    /// # Errors
    /// When the value is none.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match parse_duration(text) {
            Some(duration) => Ok(Some(duration)),
            None => Err(Failure::error(format!(
                "invalid argument {text:?} for \"--{name}\" flag: time: invalid duration {text:?}"
            ))),
        }
    }
}

fn find(flags: &[Flag], fits: impl Fn(&Flag) -> bool) -> Option<&Flag> {
    flags.iter().find(|f| fits(f))
}

fn invalid(flag: &Flag, value: &str, why: &str) -> String {
    match flag.short {
        Some(letter) => format!("invalid argument {value:?} for \"-{letter}, --{}\" flag: {why}", flag.long),
        None => format!("invalid argument {value:?} for \"--{}\" flag: {why}", flag.long),
    }
}

fn quoted_char(c: char) -> String {
    format!("'{c}'")
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Reads `300ms`, `1h2m3.5s`, `0`, `30`; `-1s` and other negative ones are a week.
pub fn parse_duration(text: &str) -> Option<Duration> {
    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
    if let Some(positive) = text.strip_prefix('-') {
        return parse_duration(positive).map(|_| WEEK);
    }
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let mut nanos: u64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|n| *n > 0)?;
        let whole: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let mut fraction = "";
        if let Some(after) = rest.strip_prefix('.') {
            let digits = after.find(|c: char| !c.is_ascii_digit())?;
            fraction = &after[..digits];
            rest = &after[digits..];
        }
        let (unit, length) = ["ns", "us", "ms", "s", "m", "h"]
            .into_iter()
            .zip([1u64, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000])
            .find(|(unit, _)| rest.starts_with(unit))?;
        // "m" is also the beginning of "ms"; the longer unit stands first in the list.
        rest = &rest[unit.len()..];
        nanos = nanos.checked_add(whole.checked_mul(length)?)?;
        let mut place = length;
        for digit in fraction.bytes() {
            place /= 10;
            nanos = nanos.checked_add(u64::from(digit - b'0') * place)?;
        }
    }
    Some(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[Flag] = &[
        switch("watch").short('w'),
        value("output").short('o'),
        optional("dry-run", "unchanged"),
        switch("all-namespaces").short('A'),
    ];

    fn read(line: &str) -> Result<Arguments, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Arguments::read(&words, FLAGS)
    }

    #[test]
    fn flags_in_all_forms() {
        let args = read("pods -Aw -owide x --dry-run --output=json -n=web -- --watch").unwrap();
        assert_eq!(args.words, ["pods", "x"]);
        assert!(args.on("watch") && args.on("all-namespaces"));
        assert_eq!(args.all("output"), ["wide", "json"]);
        assert_eq!(args.get("dry-run"), Some("unchanged"));
        assert_eq!(args.text("namespace"), "web");
        assert_eq!(args.after_dashes.as_deref(), Some(&["--watch".to_owned()][..]));
        assert!(!read("--watch=false").unwrap().on("watch"));
    }

    #[test]
    fn mistakes_in_pflags_words() {
        for (line, message) in [
            ("--foo", "unknown flag: --foo"),
            ("-x", "unknown shorthand flag: 'x' in -x"),
            ("-wx", "unknown shorthand flag: 'x' in -wx"),
            ("--output", "flag needs an argument: --output"),
            ("-o", "flag needs an argument: 'o' in -o"),
            (
                "--watch=maybe",
                "invalid argument \"maybe\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
        ] {
            assert_eq!(read(line), Err(message.to_owned()), "{line}");
        }
    }

    #[test]
    fn durations_are_gos() {
        for (text, nanos) in [
            ("0", Some(0)),
            ("30", Some(30_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("300ms", Some(300_000_000)),
            ("2h", Some(7_200_000_000_000)),
            ("-1s", Some(604_800_000_000_000)),
            ("s", None),
            ("1", Some(1_000_000_000)),
            ("1x", None),
            ("", None),
            ("99999999999h", None),
        ] {
            assert_eq!(parse_duration(text).map(|d| d.as_nanos() as u64), nanos, "{text}");
        }
    }
}
