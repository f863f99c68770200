//! Where the fields of a document stand.

use sim::Str;

/// A place in a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// The places of a value and of its parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// Of the field's name; of an item, its beginning.
    pub(super) at: Place,
    /// Fields by name, in the text's order, or items.
    pub(super) parts: Parts,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Parts {
    #[default]
    None,
    Fields(Vec<(Str, Places)>),
    Items(Vec<Places>),
}

impl Places {
    /// The place of the path's field, or of the nearest part around it.
    pub(super) fn find(&self, path: &str) -> Option<Place> {
        let (mut here, mut rest) = (self, path);
        while let Some((part, after)) = here.step(rest) {
            (here, rest) = (part, after);
        }
        (here.at.line > 0).then_some(here.at)
    }

    /// The part that the path begins with, and the rest of the path.
    fn step<'p>(&self, path: &'p str) -> Option<(&Places, &'p str)> {
        match &self.parts {
            Parts::None => None,
            Parts::Items(items) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                Some((items.get(index.parse::<usize>().ok()?)?, rest.trim_start_matches('.')))
            }
            // A field's name may have dots in it: the longest that fits.
            Parts::Fields(fields) => {
                let fits = fields.iter().filter_map(|(name, places)| {
                    let rest = path.strip_prefix(name.as_str())?;
                    let ends = rest.is_empty() || rest.starts_with(['.', '[']);
                    (ends && !path.is_empty())
                        .then(|| (name.len(), places, rest.strip_prefix('.').unwrap_or(rest)))
                });
                fits.max_by_key(|(length, ..)| *length).map(|(_, places, rest)| (places, rest))
            }
        }
    }

    /// Moves all places down.
    pub(super) fn shift(&mut self, lines: u32) {
        self.at.line += lines;
        match &mut self.parts {
            Parts::None => {}
            Parts::Fields(fields) => fields.iter_mut().for_each(|(_, part)| part.shift(lines)),
            Parts::Items(items) => items.iter_mut().for_each(|part| part.shift(lines)),
        }
    }
}
