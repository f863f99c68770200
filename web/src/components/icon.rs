//! The drawn signs of the rail and the header.

use yew::prelude::*;

use crate::infra::ui::View;

/// The cluster's mark.
pub fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <path d="M12 2 20.7 7v10L12 22 3.3 17V7Z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
            <circle cx="12" cy="12" r="3.2" fill="currentColor" />
        </svg>
    }
}

/// A view's sign, as path data in a 24 by 24 box.
pub fn view_icon(view: View) -> Html {
    let d = match view {
        View::Map => "M4 5h7v6H4zM14 5h6v6h-6zM4 14h6v5H4zM13 14h7v5h-7z",
        View::Raft => {
            "M12 3.5a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2ZM5.5 15a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2ZM18.5 15a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2Z"
        }
        View::Store => {
            "M5 6.5c0-1.4 3.1-2.5 7-2.5s7 1.1 7 2.5S15.9 9 12 9 5 7.9 5 6.5ZM5 6.5v11c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5v-11M5 12c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5"
        }
        View::PodLife => {
            "M3 12h3M9 12h5M17 12h4M7.5 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3ZM15.5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z"
        }
        View::Schedule => "M5 4h6v4H5zM5 10h10v4H5zM5 16h15v4H5z",
        View::Loops => "M12 4a8 8 0 1 1-7.4 5M4.6 4.5V9h4.5",
        View::Objects => {
            "M12 3.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM6 15.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM18 15.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM11 8.3l-4 7.4M13 8.3l4 7.4"
        }
        View::Trace => "M9 6h11M9 12h11M9 18h11M4.5 6h.1M4.5 12h.1M4.5 18h.1",
    };
    html! {
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path {d} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}
