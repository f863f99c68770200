//! `kubectl patch`.

use api::http::Body;
use api::{Str, Value};

use super::change::{self, Action, Change, Plan};
use super::{Command, Setup};
use crate::failure::Failure;
use crate::find::Found;
use crate::flags::{Arguments, Flag, value};
use crate::process::Io;
use crate::requests;
use crate::targets::{self, Rules};

/// Its flags, beside those of every change.
pub const FLAGS: &[Flag] =
    &[value("patch").short('p'), value("patch-file"), value("type"), value("subresource")];

/// A patch to send.
#[derive(Clone, Debug, Hash)]
pub struct Patch {
    body: Value,
    content_type: Str,
    subresource: Option<Str>,
    manager: Str,
}

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: Arguments, setup: &Setup<'_>) -> Result<Command, Failure> {
    let text: Str = match (args.get("patch"), args.get("patch-file")) {
        (Some(text), None) => text.into(),
        (None, Some(file)) => setup.file(file)?,
        _ => {
            return Err(Failure::error(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    let content_type = match args.text("type") {
        "" | "strategic" => requests::STRATEGIC,
        "merge" => requests::MERGE,
        "json" => requests::JSON_PATCH,
        other => {
            return Err(Failure::error(format!(
                "--type must be one of [json merge strategic], not {other:?}"
            )));
        }
    };
    let body = crate::manifest::one_value(&text)
        .map_err(|e| Failure::error(format!("unable to parse {:?}: {e}", text.as_str())))?;
    let targets = if args.all("filename").is_empty() {
        targets::read("patch", &args.words, &args, setup, Rules { names_wanted: true })?
    } else {
        setup.file_targets(&args)?
    };
    let action = Patch {
        body,
        content_type,
        subresource: args.get("subresource").map(Str::from),
        manager: change::manager(&args, "kubectl-patch"),
    };
    Ok(Command::Patch(Box::new(Change::new(&targets, &args, action)?)))
}

impl Action for Patch {
    fn plan(&mut self, found: &Found, _io: &mut Io<'_, '_>) -> Result<Plan, Failure> {
        let path = match &self.subresource {
            Some(part) => format!("{}/{part}", found.path()).into(),
            None => found.path(),
        };
        let mut request = requests::patch(path, self.content_type.clone(), &self.manager, Value::Null);
        // As text: a person wrote it, so the server has to look at every field's type. Trees it takes as they are.
        request.body = Body::Bytes(api::json::write(&self.body).into_bytes().into());
        Ok(Plan::Send(request))
    }

    fn done(&self, _found: &Found) -> String {
        "patched".to_owned()
    }

    fn said(&self, found: &Found, answer: &Value) -> String {
        if found.value == *answer { "patched (no change)" } else { "patched" }.to_owned()
    }
}
