//! Where there is nothing: one sentence, and one way on.

use leptos::prelude::*;

stylance::import_crate_style!(style, "src/parts/empty/empty.module.scss");

/// A dark sign, a sentence, and what `children` offer.
#[component]
pub fn EmptyState(#[prop(into)] sentence: String, children: Children) -> impl IntoView {
    view! {
        <div class=style::empty>
            <span class=style::bulbs aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></span>
            <p class=style::sentence>{sentence}</p>
            <p class=style::ways>{children()}</p>
        </div>
    }
    .into_any()
}
