//! The preset scenes: a gallery to choose from, and the words of the one that is on the page.

use lab::scenes::Scene;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::hooks::{use_language, use_redraw, use_session, use_texts};
use crate::infra::i18n::{Language, fill};
use crate::infra::ui::{Banner, View};
use crate::infra::{Session, Topic, scenes};

/// The button that opens the gallery.
#[component]
pub fn ScenesButton() -> Html {
    let (session, w) = (use_session(), use_language().scenes());
    let onclick = move |_: MouseEvent| session.ui(|ui| ui.scenes = true);
    html! { <button class="scenes-button" {onclick} title={w.hint} aria-haspopup="dialog">{ w.scenes }</button> }
}

/// The gallery; the browser keeps the focus inside while it is open.
#[component]
pub fn ScenesSheet() -> Html {
    let (session, language, t) = (use_session(), use_language(), use_texts());
    use_redraw(Topic::Ui);
    let w = language.scenes();
    let node = use_node_ref();
    let open = session.state().ui().scenes;
    {
        let node = node.clone();
        use_effect_with(open, move |open| {
            if let Some(dialog) = node.cast::<HtmlDialogElement>()
                && *open
                && !dialog.open()
            {
                // A browser that can't show it as modal shows nothing; the scenes are links, too.
                let _ = dialog.show_modal();
            }
        });
    }
    if !open {
        return Html::default();
    }
    let close = {
        let session = session.clone();
        Callback::from(move |()| session.ui(|ui| ui.scenes = false))
    };
    let on_button = close.reform(|_: MouseEvent| ());
    // Escape closes a dialog by itself.
    let onclose = close.reform(|_: Event| ());
    let onclick = {
        let (close, node) = (close.clone(), node.clone());
        move |event: MouseEvent| {
            let outside = event.target_dyn_into::<web_sys::Node>() == node.cast::<web_sys::Node>();
            if outside {
                close.emit(());
            }
        }
    };
    html! {
        <dialog class="scenes" ref={node} aria-labelledby="scenes-title" {onclose} {onclick}>
            <div class="scenes-body">
                <div class="panel-head">
                    <h2 id="scenes-title">{ w.scenes }</h2>
                    <span class="quiet">{ w.hint }</span>
                    <span class="grow" />
                    <button class="plain" onclick={on_button} aria-label={t.close}>{ "✕" }</button>
                </div>
                <ul class="scene-cards">{ for lab::scenes::all().iter().map(|scene| card(&session, language, scene)) }</ul>
            </div>
        </dialog>
    }
}

fn card(session: &Session, language: Language, scene: &'static Scene) -> Html {
    let w = language.scenes();
    let (title, says) = language.scene(scene);
    let open = {
        let session = session.clone();
        move |_: MouseEvent| session.open_scene(scene)
    };
    let copy = {
        let session = session.clone();
        move |_: MouseEvent| session.copy_scene(scene)
    };
    html! {
        <li key={scene.id} class="scene-card">
            <h3>{ title }</h3>
            <p>{ says }</p>
            <div class="actions">
                <button class="primary" data-scene={scene.id} onclick={open} aria-label={fill(w.open_named, &[title])}>{ w.open }</button>
                <button onclick={copy} aria-label={fill(w.copy_named, &[title])}>{ w.copy }</button>
                <span class="quiet scene-view">{ view_name(scenes::view(scene), language) }</span>
            </div>
        </li>
    }
}

fn view_name(view: View, language: Language) -> &'static str {
    super::rail::name(view, language)
}

/// The words of the scene on the page, until they are put away.
#[component]
pub fn SceneNote() -> Html {
    let (session, language, t) = (use_session(), use_language(), use_texts());
    use_redraw(Topic::Ui);
    let w = language.scenes();
    let Some(scene) = session.state().ui().scene else { return Html::default() };
    let (title, says) = language.scene(scene);
    let guest = session.state().ui().banner == Some(Banner::Guest);
    let on_close = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.scene = None)
    };
    let on_more = {
        let session = session.clone();
        move |_: MouseEvent| session.ui(|ui| ui.scenes = true)
    };
    html! {
        <aside class="card scene-note" aria-label={w.scene}>
            <div class="scene-words">
                <p><strong>{ title }</strong>{ " " }{ says }</p>
                if guest {
                    <p class="scene-guest quiet"><span>{ t.guest_hint }</span>{ super::banner::guest_offers(&session, t) }</p>
                }
            </div>
            <button class="plain" onclick={on_more}>{ w.scenes }</button>
            <button class="plain close" onclick={on_close} aria-label={t.close} title={t.close}>{ "✕" }</button>
        </aside>
    }
}
