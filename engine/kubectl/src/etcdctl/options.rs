//! Options of etcdctl's commands, with their defaults and what they do, for reading and for help.

use std::time::Duration;

use super::endpoint::Endpoint;
use super::failure::{Exit, error};
use super::print::{Format, Style};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag, Takes, switch, value};

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// How it is written.
    pub flag: Flag,
    /// Its default, as help shows it.
    pub default: &'static str,
    /// What it does.
    pub what: &'static str,
}

/// A switch that is off.
pub const fn on(long: &'static str, what: &'static str) -> Opt {
    Opt { flag: switch(long), default: "false", what }
}

/// A whole number, 0 by default.
pub const fn number(long: &'static str, what: &'static str) -> Opt {
    Opt { flag: value(long), default: "0", what }
}

/// A text.
pub const fn text(long: &'static str, default: &'static str, what: &'static str) -> Opt {
    Opt { flag: value(long), default, what }
}

impl Opt {
    /// With a letter.
    pub const fn short(mut self, letter: char) -> Opt {
        self.flag = self.flag.short(letter);
        self
    }

    /// True when it takes a value.
    pub fn takes_value(&self) -> bool {
        self.flag.takes == Takes::Value
    }
}

const NO_TLS: &str = "accepted, not used: the lab's etcd speaks without TLS";
const NOT_USED: &str = "accepted, not used";

/// What every command takes.
pub const GLOBAL: &[Opt] = &[
    text(
        "endpoints",
        "127.0.0.1:2379",
        "where to reach members, separated by commas: 172.18.0.3:2379 or etcd-0",
    ),
    text("write-out", "simple", "output format: simple, json, fields or table").short('w'),
    on("hex", "byte strings as hexadecimal numbers"),
    text("command-timeout", "5s", "how long a command may take (watch and the like excluded)"),
    text("dial-timeout", "2s", "how long a connection may take"),
    text("keepalive-time", "2s", NOT_USED),
    text("keepalive-timeout", "6s", NOT_USED),
    number("max-request-bytes", NOT_USED),
    number("max-recv-bytes", NOT_USED),
    text("user", "", "accepted, not used: the lab's etcd has no users"),
    text("password", "", "accepted, not used: the lab's etcd has no users"),
    text("auth-jwt-token", "", "accepted, not used: the lab's etcd has no users"),
    text("cacert", "", NO_TLS),
    text("cert", "", NO_TLS),
    text("key", "", NO_TLS),
    on("insecure-skip-tls-verify", NO_TLS),
    Opt { flag: switch("insecure-transport"), default: "true", what: NO_TLS },
    Opt { flag: switch("insecure-discovery"), default: "true", what: NOT_USED },
    text("discovery-srv", "", "refused: the lab has no DNS server for it").short('d'),
    text("discovery-srv-name", "", NOT_USED),
    on("debug", NOT_USED),
    on("help", "help for the command").short('h'),
];

/// What the global options say.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Globals {
    /// `--endpoints`.
    pub endpoints: Vec<Endpoint>,
    /// How to print.
    pub style: Style,
    /// `--command-timeout`.
    pub timeout: Duration,
    /// Whether `--command-timeout` was given; some commands have no limit otherwise.
    pub timeout_given: bool,
    /// `--dial-timeout`.
    pub dial_timeout: Duration,
}

impl Globals {
    /// Reads them from the command line, or from variables (`ETCDCTL_ENDPOINTS`).
    ///
    /// # Errors
    /// As the tool says them.
    pub fn read(args: &Arguments, environment: &[String]) -> Result<Globals, Failure> {
        let variable = |name: &str| {
            let wanted = format!("ETCDCTL_{}=", name.to_uppercase().replace('-', "_"));
            environment.iter().rev().find_map(|word| word.strip_prefix(&wanted))
        };
        let get = |name: &str| args.get(name).or_else(|| variable(name));
        if get("discovery-srv").is_some_and(|domain| !domain.is_empty()) {
            return Err(error(Exit::Error, "lookup by --discovery-srv: the lab has no DNS server for it"));
        }
        let span = |name: &str, default: u64| match get(name) {
            None => Ok(Duration::from_secs(default)),
            Some(text) => sim::parse_duration(text).ok_or_else(|| {
                let missing = text.parse::<i64>().is_ok();
                let why = if missing { "missing unit in duration" } else { "invalid duration" };
                error(
                    Exit::Error,
                    format!("invalid argument {text:?} for \"--{name}\" flag: time: {why} {text:?}"),
                )
            }),
        };
        let all = args.all("endpoints");
        let given =
            if all.is_empty() { variable("endpoints").map(str::to_owned) } else { Some(all.join(",")) };
        let endpoints = given.as_deref().unwrap_or("127.0.0.1:2379");
        Ok(Globals {
            endpoints: endpoints.split(',').map(Endpoint::read).collect(),
            style: Style {
                format: Format::read(get("write-out").unwrap_or("simple"))?,
                hex: args.on("hex") || variable("hex") == Some("true"),
                value_only: false,
            },
            timeout: span("command-timeout", 5)?,
            timeout_given: get("command-timeout").is_some(),
            dial_timeout: span("dial-timeout", 2)?,
        })
    }
}

/// An option that is a whole number.
///
/// # Errors
/// As the tool says it.
pub fn int(args: &Arguments, name: &str) -> Result<i64, Failure> {
    let Some(text) = args.get(name) else { return Ok(0) };
    parse_int(text, 10)
        .map_err(|why| error(Exit::Error, format!("invalid argument {text:?} for \"--{name}\" flag: {why}")))
}

/// A whole number of 64 bits, and what Go's `strconv.ParseInt` says when it is none.
///
/// # Errors
/// In Go's words.
pub fn parse_int(text: &str, radix: u32) -> Result<i64, String> {
    i64::from_str_radix(text, radix).map_err(|e| go_number("ParseInt", text, &e))
}

/// A number without a sign, and what Go's `strconv.ParseUint` says when it is none.
///
/// # Errors
/// In Go's words.
pub fn parse_uint(text: &str, radix: u32) -> Result<u64, String> {
    u64::from_str_radix(text, radix).map_err(|e| go_number("ParseUint", text, &e))
}

fn go_number(function: &str, text: &str, error: &std::num::ParseIntError) -> String {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    let why = match error.kind() {
        PosOverflow | NegOverflow => "value out of range",
        _ => "invalid syntax",
    };
    format!("strconv.{function}: parsing {text:?}: {why}")
}
