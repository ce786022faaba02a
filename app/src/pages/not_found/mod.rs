//! Where an address leads nowhere.

use leptos::prelude::*;

use crate::{head::PageTitle, parts::button};

stylance::import_crate_style!(style, "src/pages/not_found/not_found.module.scss");

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <PageTitle text="Not found \u{b7} Marquee"/>
        <div class=style::page>
            <p class=style::number aria-hidden="true">"404"</p>
            <h1 class=style::heading>"This reel is missing."</h1>
            <p class=style::sentence>"Nothing is at this address. It may have moved, or never been there."</p>
            <p class=style::ways>
                <a class=button::PRIMARY href="/">"Home"</a>
                <a class=button::QUIET href="/browse">"Browse"</a>
                <a class=button::QUIET href="/search">"Search"</a>
            </p>
        </div>
    }
}
