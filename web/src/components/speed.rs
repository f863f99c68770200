//! The speed slider: 1/100 to 1000 times, in steps of 1, 2, 5.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::clock::{SPEEDS, notch, speed_label};

/// The slider.
#[component]
pub fn Speed() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    use_redraw(Topic::Lab);
    let (speed, behind) = {
        let state = session.state();
        (state.clock().speed, state.is_behind())
    };
    let oninput = move |event: InputEvent| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        if let Some(speed) = input.value().parse().ok().and_then(|i: usize| SPEEDS.get(i)) {
            session.set_speed(*speed);
        }
    };
    let label = speed_label(speed);
    html! {
        <label class="speed">
            <span>{ t.speed }</span>
            <input type="range" min="0" max={(SPEEDS.len() - 1).to_string()} step="1" value={notch(speed).to_string()}
                aria-valuetext={label.clone()} {oninput} />
            <span class="mono speed-value">{ label }</span>
            if behind {
                <span class="quiet" title={t.behind}>{ "…" }</span>
            }
        </label>
    }
}
