//! Long lists: only the rows in sight are in the document.

use std::ops::Range;

use web_sys::Element;
use yew::prelude::*;

use crate::hooks::use_size;

/// Rows above and below the ones in sight that are there too, so that scrolling shows no holes.
const SPARE: usize = 12;

/// A scrolled element and the rows of it that are in sight.
pub struct Window {
    node: NodeRef,
    row_px: f64,
    first: UseStateHandle<usize>,
    height: f64,
}

/// Watches the scrolling of an element whose rows are all `row_px` high.
#[hook]
pub fn use_window(node: &NodeRef, row_px: f64) -> Window {
    let (_, height) = use_size(node);
    let first = use_state_eq(|| 0);
    Window { node: node.clone(), row_px, first, height }
}

impl Window {
    /// To be called when the element was scrolled.
    pub fn onscroll(&self) -> Callback<Event> {
        let (first, node, row_px) = (self.first.setter(), self.node.clone(), self.row_px);
        Callback::from(move |_: Event| {
            if let Some(element) = node.cast::<Element>() {
                first.set((f64::from(element.scroll_top()) / row_px) as usize);
            }
        })
    }

    /// The rows to draw, of so many.
    pub fn range(&self, total: usize) -> Range<usize> {
        in_sight(*self.first, (self.height / self.row_px) as usize + 1, total)
    }

    /// Rows between spacers as high as the rows that are not drawn.
    pub fn rows(&self, total: usize, drawn: &Range<usize>, rows: Html) -> Html {
        let spacer = |count: usize| {
            html! { <div role="presentation" style={format!("height:{:.0}px", count as f64 * self.row_px)} /> }
        };
        html! { <>{ spacer(drawn.start) }{ rows }{ spacer(total.saturating_sub(drawn.end)) }</> }
    }

    /// How a row's place is found, to bring it into sight.
    pub fn revealer(&self) -> Callback<usize> {
        let (node, row_px, height) = (self.node.clone(), self.row_px, self.height);
        Callback::from(move |row: usize| {
            let Some(element) = node.cast::<Element>() else { return };
            let (top, now) = (row as f64 * row_px, f64::from(element.scroll_top()));
            if top < now {
                element.set_scroll_top(top as i32);
            } else if top + row_px > now + height {
                element.set_scroll_top((top + row_px - height).ceil() as i32);
            }
        })
    }
}

fn in_sight(first: usize, fit: usize, total: usize) -> Range<usize> {
    let end = (first + fit + SPARE).min(total);
    // A list that has become shorter shows its end.
    let start = first.min(total.saturating_sub(fit)).saturating_sub(SPARE);
    start..end
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn what_is_in_sight_is_drawn_with_some_to_spare() {
        for (first, fit, total, drawn) in [
            (0, 10, 5, 0..5),
            (0, 10, 1000, 0..22),
            (500, 10, 1000, 488..522),
            (995, 10, 1000, 978..1000),
            (900, 10, 20, 0..20),
        ] {
            assert_eq!(in_sight(first, fit, total), drawn, "{first} {fit} {total}");
        }
    }
}
