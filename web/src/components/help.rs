//! The keys, on one sheet.

use yew::prelude::*;

use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;

/// The overlay that `?` opens.
#[component]
pub fn HelpOverlay() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let close_button = use_node_ref();
    let open = session.state().ui().help;
    {
        let close_button = close_button.clone();
        use_effect_with(open, move |open| {
            if *open && let Some(button) = close_button.cast::<web_sys::HtmlElement>() {
                // The focus may stay where it was; Escape still closes.
                let _ = button.focus();
            }
        });
    }
    if !open {
        return Html::default();
    }
    let keys = [
        ("Space", t.key_play),
        (".", t.key_step),
        (",", t.key_back),
        ("r", t.key_raft),
        ("o", t.key_object),
        ("/", t.key_terminal),
        ("?", t.key_help),
        ("Esc", t.key_escape),
        ("Ctrl Enter", t.key_apply),
    ];
    let on_close = move |_: MouseEvent| session.ui(|ui| ui.help = false);
    html! {
        <div class="veil" onclick={on_close.clone()}>
            <div class="help" role="dialog" aria-modal="true" aria-label={t.keys_title} onclick={|e: MouseEvent| e.stop_propagation()}>
                <h2>{ t.keys_title }</h2>
                <dl>
                    { for keys.into_iter().map(|(key, what)| html! { <><dt><kbd>{ key }</kbd></dt><dd>{ what }</dd></> }) }
                </dl>
                <p class="quiet">{ t.simulated }</p>
                <button ref={close_button} onclick={on_close}>{ t.close }</button>
            </div>
        </div>
    }
}
