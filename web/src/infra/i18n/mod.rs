//! Languages: one file each.

mod en;
mod notes_zh;
mod raft;
mod raft_en;
mod raft_zh;
mod scenes;
mod store;
mod texts;
mod zh;

use lab::scenes::Scene;
use lab::view::Happened;

use super::storage;
pub use raft::RaftTexts;
pub use scenes::SceneTexts;
pub use store::StoreTexts;
pub use texts::Texts;

/// A language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// As chosen before, or as the browser says.
    pub fn load() -> Language {
        let wish = storage::read(storage::LANGUAGE)
            .or_else(|| web_sys::window().and_then(|w| w.navigator().language()))
            .unwrap_or_default();
        if wish.starts_with("zh") { Language::Chinese } else { Language::English }
    }

    /// For the `lang` attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        }
    }

    /// The one that the switch leads to.
    pub const fn other(self) -> Language {
        match self {
            Language::English => Language::Chinese,
            Language::Chinese => Language::English,
        }
    }

    /// Its words.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Language::English => &en::EN,
            Language::Chinese => &zh::ZH,
        }
    }

    /// The Raft view's words.
    pub const fn raft(self) -> &'static RaftTexts {
        match self {
            Language::English => &raft_en::EN,
            Language::Chinese => &raft_zh::ZH,
        }
    }

    /// The store view's words.
    pub const fn store(self) -> &'static StoreTexts {
        match self {
            Language::English => &store::EN,
            Language::Chinese => &store::ZH,
        }
    }

    /// The words of the gallery of scenes.
    pub const fn scenes(self) -> &'static SceneTexts {
        match self {
            Language::English => &scenes::EN,
            Language::Chinese => &scenes::ZH,
        }
    }

    /// A scene's title and words.
    pub fn scene(self, scene: &'static Scene) -> (&'static str, &'static str) {
        match self {
            Language::English => (scene.title, scene.says),
            Language::Chinese => scenes::chinese(scene.id).unwrap_or((scene.title, scene.says)),
        }
    }

    /// Words of the lab without arguments (the invariants' names) in this language.
    pub fn words(self, english: &'static str) -> &'static str {
        match self {
            Language::English => english,
            Language::Chinese => notes_zh::translate(english).unwrap_or(english),
        }
    }

    /// What happened, in this language: the components' own notes where there are any, otherwise the lab's sentence.
    pub fn sentence(self, happened: &Happened) -> String {
        let chinese = self == Language::Chinese;
        if !chinese || happened.notes.is_empty() {
            return happened.sentence.clone();
        }
        let notes: Vec<String> = happened
            .notes
            .iter()
            .map(|note| note.fill(notes_zh::translate(note.template).unwrap_or(note.template)))
            .collect();
        notes.join("；")
    }
}

/// Fills `{0}`, `{1}` of a text.
pub fn fill(template: &str, args: &[&str]) -> String {
    let mut text = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}') else { break };
        text.push_str(&rest[..start]);
        let index: Option<usize> = rest[start + 1..start + end].parse().ok();
        text.push_str(index.and_then(|i| args.get(i)).copied().unwrap_or_default());
        rest = &rest[start + end + 1..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn fills_places_once() {
        assert_eq!(fill("{0} of {1}", &["{1}", "b"]), "{1} of b");
        assert_eq!(fill("none", &["a"]), "none");
        assert_eq!(fill("{2}", &["a"]), "");
    }

    #[test]
    fn translations_have_the_same_places() {
        let places = |text: &str| text.matches("{0}").count() + 10 * text.matches("{1}").count();
        let pairs = [
            (format!("{:?}", en::EN), format!("{:?}", zh::ZH)),
            (format!("{:?}", raft_en::EN), format!("{:?}", raft_zh::ZH)),
            (format!("{:?}", store::EN), format!("{:?}", store::ZH)),
            (format!("{:?}", scenes::EN), format!("{:?}", scenes::ZH)),
        ];
        for (en, zh) in pairs {
            assert_eq!(places(&en), places(&zh));
        }
    }

    #[test]
    fn every_scene_speaks_chinese() {
        for scene in lab::scenes::all() {
            assert!(scenes::chinese(scene.id).is_some(), "{}", scene.id);
        }
    }
}
