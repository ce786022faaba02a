//! The title page.

use leptos::prelude::*;

#[component]
pub fn TitlePage() -> impl IntoView {
    view! { <h1>"TitlePage"</h1> }
}
