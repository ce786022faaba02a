//! The eye on the card of what the viewer has watched.

use contract::ids::TitleId;
use leptos::{html, prelude::*};

use super::style;
use crate::{
    parts::{
        dom,
        marks::{Mark, use_pending},
    },
    store::library::library,
};

#[component]
pub fn WatchedMarks() -> impl IntoView {
    let template = NodeRef::<html::Span>::new();
    let marks = library().select_with(|library, pending: &Vec<_>| library.marks_with(pending), use_pending().into());
    Effect::new(move || {
        let Some(template) = template.get() else { return };
        let marks = marks.get().unwrap_or_default();
        dom::mark_watched(&template, move |id| id.parse::<TitleId>().is_ok_and(|id| marks.watched.contains(&id)));
    });
    view! {
        <span class=style::seen role="img" aria-label=Mark::Watched.name() hidden node_ref=template>
            {Mark::Watched.glyph(false)}
        </span>
    }
    .into_any()
}
