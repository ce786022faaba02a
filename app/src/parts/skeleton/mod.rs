//! The shape of what comes, before it comes: same boxes as the real thing, so that nothing moves when it arrives.

use leptos::prelude::*;

stylance::import_crate_style!(style, "src/parts/skeleton/skeleton.module.scss");

/// The home page: hero and rows.
#[component]
pub fn HomeSkeleton() -> impl IntoView {
    view! {
        <div role="status">{loading()}
            <div class=style::hero></div>
            <RowSkeleton/>
            <RowSkeleton/>
        </div>
    }
}

/// A row of posters.
#[component]
pub fn RowSkeleton() -> impl IntoView {
    view! {
        <div class=style::row aria-hidden="true">
            <div class=style::heading></div>
            <div class=style::track>{posters(12)}</div>
        </div>
    }
}

/// A grid of posters.
#[component]
pub fn GridSkeleton() -> impl IntoView {
    view! { <div class=style::grid role="status">{loading()}{posters(24)}</div> }
}

/// Lines of text.
#[component]
pub fn TextSkeleton(lines: usize) -> impl IntoView {
    view! {
        <div class=style::text role="status">{loading()}
            {(0..lines).map(|_| view! { <div class=style::line></div> }).collect_view()}
        </div>
    }
}

/// A title's page: poster and words.
#[component]
pub fn TitleSkeleton() -> impl IntoView {
    view! {
        <div class=style::title role="status">{loading()}
            <div class=style::poster></div>
            <div class=style::text>
                <div class=style::heading></div>
                <div class=style::line></div>
                <div class=style::line></div>
                <div class=style::line></div>
            </div>
        </div>
    }
}

/// What a live region says is its text: a label alone is not read out.
fn loading() -> impl IntoView {
    view! { <span class=style::visually_hidden>"Loading"</span> }
}

fn posters(count: usize) -> impl IntoView {
    (0..count).map(|_| view! { <div class=style::poster></div> }).collect_view()
}
