//! On a phone: which of the four places is in front.

use yew::prelude::*;

use crate::hooks::{use_redraw, use_session, use_texts};
use crate::infra::Topic;
use crate::infra::ui::Sheet;

/// The row of tabs at the lower edge; the stylesheet shows it on narrow screens only.
#[component]
pub fn Sheets() -> Html {
    let (session, t) = (use_session(), use_texts());
    use_redraw(Topic::Ui);
    let current = session.state().ui().sheet;
    let tabs = [
        (Sheet::Picture, t.sheet_picture),
        (Sheet::Why, t.sheet_why),
        (Sheet::Terminal, t.terminal),
        (Sheet::Manifests, t.manifests),
    ];
    html! {
        <nav class="sheets" aria-label={t.views}>
            { for tabs.into_iter().map(|(sheet, name)| {
                let session = session.clone();
                let onclick = move |_: MouseEvent| session.ui(|ui| ui.sheet = sheet);
                html! { <button key={sheet.name()} {onclick} aria-current={(sheet == current).then_some("page")}>{ name }</button> }
            }) }
        </nav>
    }
}
