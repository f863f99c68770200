//! `kubectl explain`: the fields of a kind. The documentation's text is a separate asset that the terminal has not.

use api::kinds;
use api::schema::{self, Definition};

use super::{Command, Say};
use crate::failure::Failure;
use crate::flags::{Arguments, Flag, switch, value};
use crate::targets;

/// Its flags.
pub const FLAGS: &[Flag] = &[switch("recursive"), value("api-version"), value("output").short('o')];

/// How deep `--recursive` goes: JSONSchemaProps contains itself.
const DEPTH_MAX: u32 = 12;

/// Reads the command line.
///
/// # Errors
/// As kubectl says them.
pub fn parse(args: &Arguments) -> Result<Command, Failure> {
    let [word] = args.words.as_slice() else {
        let message = if args.words.is_empty() {
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources."
        } else {
            "We accept only this format: explain RESOURCE"
        };
        return Err(Failure::error(message));
    };
    let (name, path) = word.split_once('.').unwrap_or((word, ""));
    let kind = match args.get("api-version") {
        Some(version) => {
            let of_version = |k: &&kinds::KindInfo| k.api_version == version && k.is_called(name);
            kinds::all().iter().find(of_version).cloned().ok_or_else(|| {
                Failure::error(format!(
                    "the server doesn't have a resource type {name:?} in version {version:?}"
                ))
            })?
        }
        // Of all commands, this one says it without "error: ".
        None => (*targets::lookup_one(name).map_err(|f| Failure::bare(f.text.replacen("error: ", "", 1)))?)
            .clone(),
    };
    let root = schema::definition(&kind.group, &kind.version, &kind.kind)
        .ok_or_else(|| Failure::error(format!("couldn't find resource for {:?}", kind.group_kind())))?;
    let mut text = String::new();
    if !kind.group.is_empty() {
        text.push_str(&format!("GROUP:      {}\n", kind.group));
    }
    text.push_str(&format!("KIND:       {}\nVERSION:    {}\n\n", kind.kind, kind.version));
    let mut definition = Some(root);
    if !path.is_empty() {
        let (mut current, mut found) = (root, None);
        for part in path.split('.') {
            let field = current
                .field(part)
                .ok_or_else(|| Failure::error(format!("field {part:?} does not exist")))?;
            definition = field.value.definition();
            found = Some((part, field));
            if let Some(next) = definition {
                current = next;
            }
        }
        if let Some((part, field)) = found {
            let required = if field.required { " -required-" } else { "" };
            text.push_str(&format!("FIELD: {part} <{}>{required}\n\n", field.value.explain()));
        }
    }
    text.push_str("DESCRIPTION:\n    <the lab carries fields and types, not their descriptions>\n\n");
    if let Some(definition) = definition {
        text.push_str("FIELDS:\n");
        fields(definition, 1, if args.on("recursive") { DEPTH_MAX } else { 1 }, &mut text);
        text.push('\n');
    }
    Ok(Say::command(text))
}

fn fields(definition: &Definition, level: u32, depth: u32, text: &mut String) {
    for field in &definition.fields {
        let required = if field.required { " -required-" } else { "" };
        let indent = "  ".repeat(level as usize);
        text.push_str(&format!("{indent}{}\t<{}>{required}\n", field.name, field.value.explain()));
        if let Some(below) = field.value.definition().filter(|_| depth > 1) {
            fields(below, level + 1, depth - 1, text);
        }
    }
}
