//! What stays around every screen: the bar above, and what lies below and over it.

use leptos::prelude::*;

#[component]
pub fn BarAbove() -> impl IntoView {
    view! { <header></header> }
}

#[component]
pub fn Below() -> impl IntoView {
    view! { <footer></footer> }
}
