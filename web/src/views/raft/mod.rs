//! Raft: the members on a ring, the messages between them to be picked up, their logs side by side.

mod act;
mod board;
mod clock;
mod forms;
mod legend;
mod link;
mod link_menu;
mod live;
mod matrix;
mod member;
mod member_menu;
mod message;
mod message_menu;
mod popover;
mod progress;
mod promises;
mod recovery;
mod rove;
mod scene;
mod steps;
mod toolbar;

pub use popover::close;

use yew::prelude::*;

use crate::hooks::{use_raft_texts, use_redraw, use_session, use_size, use_texts};
use crate::infra::Topic;

/// Narrower than this, ring and logs stand above each other.
const STACKED_BELOW: f64 = 760.0;
/// The height of the ring when they do.
const STACKED_BOARD: f64 = 350.0;

/// The view.
#[component]
pub fn Raft() -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    use_redraw(Topic::Ui);
    let (body, frame) = (use_node_ref(), use_node_ref());
    let (width, _) = use_size(&body);
    let (board_width, board_height) = use_size(&frame);
    let stacked = width < STACKED_BELOW;
    let partition = session.state().ui().raft.groups.is_some();
    let class = classes!(
        "middle-body",
        "raft-body",
        stacked.then_some("stacked"),
        stacked.then_some("scroll"),
        partition.then_some("grouping")
    );
    html! {
        <section class="card middle raft" aria-label={t.raft}>
            <toolbar::Toolbar />
            <div {class} ref={body}>
                <div class="raft-board" ref={frame}>
                    if board_width > 10.0 {
                        <board::Board width={board_width} height={if stacked { STACKED_BOARD } else { board_height }} />
                    }
                </div>
                <div class="raft-side scroll" tabindex="0" role="region" aria-label={r.logs}>
                    <promises::Promises />
                    <matrix::Matrix />
                    <progress::Progress />
                    <steps::Steps />
                    { legend::legend(r) }
                </div>
            </div>
        </section>
    }
}
