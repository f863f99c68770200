//! The page as a whole: four places that never move.

mod keys;

pub use keys::back;

use yew::prelude::*;

use crate::components::{
    BannerLine, Handle, Header, HelpOverlay, Manifests, Rail, RightPanel, SceneNote, ScenesSheet, Sheets,
    Terminal, TimeBar, WorkLine,
};
use crate::hooks::use_session;
use crate::infra::i18n::Language;
use crate::infra::ui::Theme;
use crate::infra::{Session, Topic, embed, start};
use crate::views::Middle;

/// The root: makes the session and starts it.
#[component]
pub fn App() -> Html {
    let session = use_state(Session::new);
    let session = (*session).clone();
    let for_start = session.clone();
    use_effect_with((), move |()| {
        keys::listen(&for_start);
        start::start(&for_start);
        embed::install(&for_start);
        // The loading screen of index.html has done its work.
        if let Some(loading) = document_element("loading") {
            loading.remove();
        }
    });
    html! {
        <ContextProvider<Session> context={session}>
            <Page />
        </ContextProvider<Session>>
    }
}

#[component]
fn Page() -> Html {
    let session = use_session();
    crate::hooks::use_redraw(Topic::Ui);
    let state = session.state();
    let ui = state.ui();
    let (language, theme, panels) = (ui.language, ui.theme, ui.panels);
    use_effect_with((language, theme), move |_| mark_document(language, theme));
    let style = format!(
        "--right:{}px;--lower:{}px;--terminal:{}fr;--manifests:{}fr",
        panels.right_px,
        panels.lower_px,
        panels.terminal_percent,
        100.0 - panels.terminal_percent
    );
    let class = classes!(
        "page",
        panels.right_folded.then_some("right-folded"),
        panels.lower_folded.then_some("lower-folded"),
        ui.picking.is_some().then_some("picking"),
    );
    html! {
        <ContextProvider<Language> context={language}>
            <div {class} {style} data-sheet={ui.sheet.name()}>
                <Header />
                <Rail />
                <main class="desk">
                    <BannerLine />
                    <SceneNote />
                    <div class="upper">
                        <Middle />
                        <Handle which={crate::components::HandleOf::Right} />
                        <RightPanel />
                    </div>
                    <TimeBar />
                    <WorkLine />
                    <Handle which={crate::components::HandleOf::Lower} />
                    <div class="lower">
                        <Terminal />
                        <Handle which={crate::components::HandleOf::Between} />
                        <Manifests />
                    </div>
                </main>
                <Sheets />
                <HelpOverlay />
                <ScenesSheet />
            </div>
        </ContextProvider<Language>>
    }
}

fn document_element(id: &str) -> Option<web_sys::Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

/// Language and theme belong to the document, so that the browser's own parts follow.
fn mark_document(language: Language, theme: Theme) {
    let Some(root) = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element()) else {
        return;
    };
    // A refused attribute costs only looks.
    let _ = root.set_attribute("lang", language.tag());
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light => root.set_attribute("data-theme", "light"),
        Theme::Dark => root.set_attribute("data-theme", "dark"),
    };
}
