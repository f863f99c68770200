//! Putting a value by hand.

use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::commands::Line;
use crate::hooks::{use_language, use_session};

/// What the form begins with.
#[derive(Properties, PartialEq)]
pub struct PutProps {
    /// The key; an empty one is asked for.
    pub name: String,
    /// The value to begin with.
    pub value: String,
    /// Called when it is done or given up; with the key that was put.
    pub done: Callback<Option<String>>,
}

/// The form.
#[component]
pub fn PutForm(props: &PutProps) -> Html {
    let (session, s) = (use_session(), use_language().store());
    let (key, value) = (use_node_ref(), use_node_ref());
    {
        let (key, value, name) = (key.clone(), value.clone(), props.name.clone());
        use_effect_with((), move |()| {
            // Set once: what is typed stays when the form is drawn again.
            if let Some(input) = key.cast::<HtmlInputElement>() {
                input.set_value(&name);
            }
            let first = if name.is_empty() { &key } else { &value };
            if let Some(element) = first.cast::<web_sys::HtmlElement>() {
                // Without the focus one clicks there.
                let _ = element.focus();
            }
        });
    }
    let onsubmit = {
        let (key, value, done, session) = (key.clone(), value.clone(), props.done.clone(), session.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let key = key.cast::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default();
            let value = value.cast::<HtmlTextAreaElement>().map(|i| i.value()).unwrap_or_default();
            if key.is_empty() {
                return;
            }
            Line::put(&key, &value).run(&session);
            done.emit(Some(key));
        }
    };
    let on_cancel = {
        let done = props.done.clone();
        move |_: MouseEvent| done.emit(None)
    };
    html! {
        <form class="put-form" {onsubmit}>
            if props.name.starts_with("/registry/") {
                <p class="care-text">{ s.object_warning }</p>
            }
            <label>{ s.put_key }<input ref={key} class="mono put-key" type="text" autocomplete="off"
                spellcheck="false" required=true /></label>
            <label>{ s.put_value }<textarea ref={value} class="mono put-value" rows="3" spellcheck="false"
                defaultvalue={props.value.clone()} /></label>
            <div class="actions">
                <button type="submit" class="primary">{ s.put }</button>
                <button type="button" onclick={on_cancel}>{ s.cancel }</button>
            </div>
        </form>
    }
}
