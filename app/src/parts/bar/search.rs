//! The bar's search: a field that opens in place and shows what it finds under itself. Without JavaScript it is a
//! form that leads to the search page.

use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    super::{
        dom,
        hits::Hits,
        icon::{Icon, icon},
        reactive::When,
        use_store, words,
    },
    style,
};
use crate::{
    route::Route,
    store::{Action, StateStoreFields},
};

/// The titles that fit under the bar.
const MOST: usize = 6;
/// The titles that are asked for at most.
const ASKED: usize = 20;

#[component]
pub fn BarSearch() -> impl IntoView {
    let (state, dispatch) = use_store();
    let whole = NodeRef::<html::Search>::new();
    let field = NodeRef::<html::Input>::new();
    let is_open = RwSignal::new(false);
    let results = Memo::new(move |_| state.search().with(|search| search.results.latest().cloned()));
    let query = Memo::new(move |_| state.search().with(|search| search.query.trim().to_owned()));
    let problem = Memo::new(move |_| state.search().with(|search| search.results.failed().map(words::problem)));
    let all_href = move || Route::Search { q: query.get() }.href();

    let typed = move |event: ev::Event| {
        let q = event_target_value(&event);
        is_open.set(!q.trim().is_empty());
        dispatch.run(Action::SearchTyped { q });
    };
    let navigate = use_navigate();
    let submitted = move |event: ev::SubmitEvent| {
        event.prevent_default();
        is_open.set(false);
        let q = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        navigate(&Route::Search { q }.href(), NavigateOptions::default());
    };
    let key_down = move |event: ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            "Escape" => {
                if is_open.get_untracked() {
                    // It was for the panel, and is not for going back as well.
                    event.prevent_default();
                }
                is_open.set(false);
                if let Some(field) = field.get_untracked() {
                    dom::focus_without_scroll(&field);
                }
                return;
            }
            _ => return,
        };
        if is_open.get_untracked() && whole.get_untracked().is_some_and(|whole| dom::step(&whole, "input,[data-hit]", by)) {
            event.prevent_default();
        }
    };
    // The panel goes when the focus went elsewhere, or a result was taken.
    let left = move |_: ev::FocusEvent| {
        request_animation_frame(move || {
            let is_inside = whole.get_untracked().is_none_or(|whole| dom::is_focus_within(&whole));
            if !is_inside {
                is_open.set(false);
            }
        });
    };
    let taken = move |_| {
        is_open.set(false);
        // What was looked for is found.
        if let Some(field) = field.get_untracked() {
            field.set_value("");
        }
    };
    view! {
        <search class=style::search node_ref=whole on:keydown=key_down on:focusout=left>
            <form class=style::form action="/search" method="get" role="search" on:submit=submitted>
                <label class=style::glass for="bar-search">
                    {icon(Icon::Search)}
                    <span class=style::visually_hidden>"Search titles and people"</span>
                </label>
                <input
                    class=style::field
                    id="bar-search"
                    type="search"
                    name="q"
                    placeholder="Titles, people"
                    autocomplete="off"
                    maxlength="200"
                    data-search=""
                    node_ref=field
                    on:input=typed
                />
                <kbd class=style::key aria-hidden="true">"/"</kbd>
            </form>
            <When is=is_open>
                <div class=style::panel data-dismissible="" on:click=taken>
                    {move || results.with(Option::is_none).then(|| view! {
                        <p class=style::nothing role="status">{move || problem.get().unwrap_or_else(|| "Searching".to_owned())}</p>
                    })}
                    {move || results.get().map(|results| {
                        let found = results.titles.len() + results.people.len();
                        let has_more = results.titles.len() >= ASKED;
                        view! {
                            {(found == 0).then(|| view! { <p class=style::nothing>"Nothing found yet."</p> })}
                            <Hits results=results most=MOST/>
                            {(found != 0).then(|| view! {
                                <a class=style::all href=all_href data-hit="">
                                    {if has_more { "See all matches".to_owned() } else { format!("See all {}", words::count(found as u64)) }}
                                </a>
                            })}
                        }
                    })}
                </div>
            </When>
        </search>
    }
    .into_any()
}
