//! What moves with each frame: clocks and messages.

use yew::prelude::*;

use super::board::RingProps;
use super::scene::Scene;
use super::{member, message};
use crate::hooks::{use_raft_texts, use_redraw, use_session, use_texts};
use crate::infra::Topic;

/// Members and messages.
#[component]
pub fn Live(props: &RingProps) -> Html {
    let (session, t, r) = (use_session(), use_texts(), use_raft_texts());
    use_redraw(Topic::Frame);
    use_redraw(Topic::Ui);
    use_redraw(Topic::Lab);
    let drag = use_state(|| None::<message::Drag>);
    let scene = Scene::new(&session, t, r, props.ring.clone(), props.who.clone());
    html! {
        <>
            { member::members(&scene) }
            { message::messages(&scene, &drag) }
        </>
    }
}
