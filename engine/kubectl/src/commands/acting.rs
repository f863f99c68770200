//! `--as`, `--as-group`, `--as-uid`, `--as-user-extra`, `--token`: a command in somebody else's name.

use api::{Str, literal};

use super::Command;
use crate::failure::Failure;
use crate::flags::Arguments;
use crate::process::{Event, Io, Step};

/// A command whose requests carry these headers.
#[derive(Clone, Debug, Hash)]
pub struct Acting {
    headers: Vec<(Str, Str)>,
    command: Command,
}

impl Acting {
    /// Puts a command into somebody's name when the flags say so.
    ///
    /// # Errors
    /// As client-go says them: groups without a user, malformed extra.
    pub fn wrap(args: &Arguments, command: Command) -> Result<Command, Failure> {
        let mut headers: Vec<(Str, Str)> = Vec::new();
        for (flag, header) in [
            ("as", literal!("impersonate-user")),
            ("as-uid", literal!("impersonate-uid")),
            ("as-group", literal!("impersonate-group")),
        ] {
            let values = args.all(flag).iter().filter(|value| !value.is_empty());
            headers.extend(values.map(|value| (header.clone(), Str::from(value.as_str()))));
        }
        for pair in args.all("as-user-extra") {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Failure::error(format!(
                    "invalid argument {pair:?} for \"--as-user-extra\" flag: {pair} must be formatted as key=value"
                )));
            };
            headers.push((Str::from(format!("impersonate-extra-{}", escaped(key))), value.into()));
        }
        if !headers.is_empty() && args.text("as").is_empty() {
            return Err(Failure::error("requesting uid, groups or user-extra without impersonating a user"));
        }
        if let Some(token) = args.get("token") {
            headers.push((literal!("authorization"), Str::from(format!("Bearer {token}"))));
        }
        if headers.is_empty() {
            return Ok(command);
        }
        Ok(Command::Acting(Box::new(Acting { headers, command })))
    }
}

impl Step for Acting {
    fn handle(&mut self, event: Event, io: &mut Io<'_, '_>) {
        io.session.acting.clone_from(&self.headers);
        self.command.handle(event, io);
        io.session.acting.clear();
    }
}

/// A key as it stands in a header's name.
fn escaped(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
