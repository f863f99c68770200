//! What the shapes mean.

use lab::view::PodShape;
use yew::prelude::*;

use super::pods::sign;
use crate::draw::Point;
use crate::infra::i18n::Texts;

/// A line of shapes with their words.
pub fn legend(t: &'static Texts) -> Html {
    let entries = [
        (PodShape::Ready, t.legend_running),
        (PodShape::Running, t.legend_running_not),
        (PodShape::Pulling, t.legend_pulling),
        (PodShape::Pending, t.legend_pending),
        (PodShape::BackOff, t.legend_crash),
        (PodShape::Succeeded, t.legend_done),
    ];
    html! {
        <div class="legend">
            { for entries.into_iter().map(|(shape, word)| html! {
                <span><svg width="14" height="14" aria-hidden="true">{ sign(shape, Point::new(7.0, 7.0), 5.0) }</svg>{ word }</span>
            }) }
        </div>
    }
}
