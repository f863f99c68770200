//! What the shapes mean.

use yew::prelude::*;

use crate::draw::Point;
use crate::draw::glyph::Family;
use crate::infra::i18n::RaftTexts;

/// A line of shapes with their words.
pub fn legend(r: &'static RaftTexts) -> Html {
    let word = |family: Family| match family {
        Family::PreVote => "PreVote",
        Family::Vote => "Vote",
        Family::Append => "App",
        Family::Heartbeat => "Heartbeat",
        Family::Snapshot => "Snap",
        Family::Read => "ReadIndex",
        Family::Transfer => "TimeoutNow",
        Family::Proposal => "Prop",
    };
    html! {
        <div class="legend raft-legend">
            { for Family::ALL.into_iter().map(|family| html! {
                <span class={classes!("raft-message", family.class())}>
                    <svg width="16" height="16" aria-hidden="true"><path class="glyph" d={family.outline(Point::new(8.0, 8.0))} /></svg>
                    { word(family) }
                </span>
            }) }
            <span class="raft-message append answer">
                <svg width="16" height="16" aria-hidden="true"><path class="glyph" d={Family::Append.outline(Point::new(8.0, 8.0))} /></svg>
                { r.legend_answer }
            </span>
            <span class="raft-message append answer rejects">
                <svg width="16" height="16" aria-hidden="true">
                    <path class="glyph" d={Family::Append.outline(Point::new(8.0, 8.0))} />
                    <path class="reject" d="M4 4l8 8m0 -8l-8 8" />
                </svg>
                { r.rejects }
            </span>
        </div>
    }
}
