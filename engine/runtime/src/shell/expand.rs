//! From words to arguments.

use sim::Str;

use super::arithmetic;
use super::code::{Otherwise, Part, Word};
use super::machine::Machine;
use crate::process::World;

/// Expands words into arguments: variables, commands, arithmetic; unquoted results are split at blanks.
pub(super) fn words(
    machine: &mut Machine,
    world: &mut World<'_>,
    words: &[Word],
) -> Result<Vec<Str>, String> {
    let mut fields = Vec::new();
    for word in words {
        fields_of(machine, world, word, &mut fields)?;
    }
    Ok(fields)
}

/// Expands a word into one argument, without splitting.
pub(super) fn one(machine: &mut Machine, world: &mut World<'_>, word: &Word) -> Result<Str, String> {
    let mut text = String::new();
    for part in word {
        text.push_str(&value(machine, world, part)?.0);
    }
    Ok(text.into())
}

fn fields_of(
    machine: &mut Machine,
    world: &mut World<'_>,
    word: &Word,
    fields: &mut Vec<Str>,
) -> Result<(), String> {
    let mut current: Option<String> = None;
    for part in word {
        if let Part::Variable { name, quoted: true, .. } = part
            && name == "@"
        {
            fields.extend(machine.arguments().iter().skip(1).cloned());
            continue;
        }
        let (text, split) = value(machine, world, part)?;
        if !split {
            current.get_or_insert_default().push_str(&text);
            continue;
        }
        let mut pieces = text.split_whitespace();
        if text.starts_with(char::is_whitespace)
            && let Some(field) = current.take()
        {
            fields.push(field.into());
        }
        if let Some(first) = pieces.next() {
            current.get_or_insert_default().push_str(first);
        }
        for piece in pieces {
            fields.extend(current.replace(piece.to_owned()).map(Str::from));
        }
        if text.ends_with(char::is_whitespace)
            && let Some(field) = current.take()
        {
            fields.push(field.into());
        }
    }
    fields.extend(current.map(Str::from));
    Ok(())
}

/// A part's value, and whether it is to be split.
fn value(machine: &mut Machine, world: &mut World<'_>, part: &Part) -> Result<(Str, bool), String> {
    Ok(match part {
        Part::Text { text, .. } => (text.clone(), false),
        Part::Variable { name, otherwise, quoted } => {
            let found = machine.variable(name);
            let text = match otherwise {
                None => found,
                Some((Otherwise::Alternative, word)) if !found.is_empty() => one(machine, world, word)?,
                Some((Otherwise::Alternative, _)) => Str::new(),
                Some(_) if !found.is_empty() => found,
                Some((Otherwise::Default, word)) => one(machine, world, word)?,
                Some((Otherwise::Assign, word)) => {
                    let text = one(machine, world, word)?;
                    machine.assign(name.clone(), text.clone());
                    text
                }
                Some((Otherwise::Fail, word)) => {
                    let text = one(machine, world, word)?;
                    let reason = if text.is_empty() { "parameter not set" } else { text.as_str() };
                    return Err(format!("{name}: {reason}"));
                }
            };
            (text, !quoted)
        }
        Part::Command { code, quoted } => {
            (machine.capture(world, code).trim_end_matches('\n').into(), !quoted)
        }
        Part::Arithmetic(text) => {
            let lookup = |name: &str| machine.variable(name);
            (Str::from(arithmetic::compute(text, &lookup)?.to_string()), false)
        }
    })
}
