//! A region that scrolls by itself, in reach of a keyboard and of the arrows of a remote control.

use leptos::{ev, html, prelude::*};

use super::style;
use crate::parts::dom;

/// How much of what is seen an arrow scrolls by.
const STEP: f64 = 0.5;

/// `label` says what is in it. Arrows scroll as far as there is something that way, and lead out of it then.
#[component]
pub fn Scroller(#[prop(into)] label: Signal<String>, children: Children) -> impl IntoView {
    let region = NodeRef::<html::Div>::new();
    let scroll = move |event: ev::KeyboardEvent| {
        // Elsewhere the browser does it.
        if !dom::is_television() {
            return;
        }
        let Some(region) = region.get_untracked() else { return };
        let (at, seen, all) = (region.scroll_top(), region.client_height(), region.scroll_height());
        if let Some(to) = scrolled(&event.key(), f64::from(at), f64::from(seen), f64::from(all)) {
            region.set_scroll_top(to as i32);
            // No arrow for the screen as well.
            event.prevent_default();
        }
    };
    view! {
        <div
            node_ref=region
            class=style::scroller
            tabindex="0"
            role="region"
            aria-label=move || label.get()
            on:keydown=scroll
        >
            {children()}
        </div>
    }
    .into_any()
}

/// Where to, from the top; nothing where there is nothing more that way.
fn scrolled(key: &str, at: f64, seen: f64, all: f64) -> Option<f64> {
    let last = (all - seen).max(0.0);
    let to = match key {
        "ArrowDown" => (at + seen * STEP).min(last),
        "ArrowUp" => (at - seen * STEP).max(0.0),
        _ => return None,
    };
    // Less than a pixel is an end: places are rounded.
    ((to - at).abs() >= 1.0).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_scroll_to_the_end_and_lead_out_of_it_then() {
        assert_eq!(scrolled("ArrowDown", 0.0, 100.0, 180.0), Some(50.0));
        assert_eq!(scrolled("ArrowDown", 50.0, 100.0, 180.0), Some(80.0));
        assert_eq!(scrolled("ArrowDown", 80.0, 100.0, 180.0), None);
        assert_eq!(scrolled("ArrowUp", 80.0, 100.0, 180.0), Some(30.0));
        assert_eq!([scrolled("ArrowUp", 0.0, 100.0, 180.0), scrolled("ArrowDown", 0.0, 100.0, 90.0)], [None, None]);
        assert_eq!(scrolled("ArrowRight", 0.0, 100.0, 180.0), None);
    }
}
