//! The search page: results as one types, by keyboard through it all. Without JavaScript it is a form.

use leptos::{ev, html, prelude::*};

use crate::{
    head::PageTitle,
    parts::{
        button, dom,
        empty::EmptyState,
        failure::Failure,
        hits::Hits,
        icon::{Icon, icon},
        skeleton::TextSkeleton,
        use_store,
    },
    route::Route,
    store::{Action, StateStoreFields},
};

stylance::import_crate_style!(style, "src/pages/search/search.module.scss");

/// Titles that a search gives at most.
const MOST: usize = 50;

/// What stands under the field.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Invitation,
    Waiting,
    Failed,
    Nothing,
    Found,
}

#[component]
pub fn SearchPage() -> impl IntoView {
    let (state, dispatch) = use_store();
    let whole = NodeRef::<html::Div>::new();
    let field = NodeRef::<html::Input>::new();
    let query = Memo::new(move |_| state.search().with(|search| search.query.clone()));
    let phase = Memo::new(move |_| {
        state.search().with(|search| match search.results.latest() {
            _ if search.query.trim().is_empty() => Phase::Invitation,
            None if search.results.failed().is_some() => Phase::Failed,
            None => Phase::Waiting,
            Some(results) if results.titles.is_empty() && results.people.is_empty() => Phase::Nothing,
            Some(_) => Phase::Found,
        })
    });
    let is_searching = Memo::new(move |_| state.search().with(|search| search.results.is_loading()));

    // The field follows the address (back, forward), but never the letters that are being typed into it.
    Effect::new(move || {
        let query = query.get();
        if let Some(field) = field.get()
            && !dom::is_focus_within(&field)
            && field.value() != query
        {
            field.set_value(&query);
        }
    });
    let typed = move |event: ev::Event| {
        let q = event_target_value(&event);
        dom::show_address(&Route::Search { q: q.clone() }.href());
        dispatch.run(Action::SearchTyped { q });
    };
    let key_down = move |event: ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        if whole.get_untracked().is_some_and(|whole| dom::step(&whole, "input,[data-hit]", by)) {
            event.prevent_default();
        }
    };
    // A server writes the title last, when what belongs to the page may be gone already.
    let rendered = query.get_untracked();
    view! {
        <PageTitle text=move || {
            let query = query.try_get().unwrap_or_else(|| rendered.clone());
            if query.is_empty() { "Search \u{b7} Marquee".to_owned() } else { format!("{query} \u{b7} Search \u{b7} Marquee") }
        }/>
        <div class=style::page node_ref=whole on:keydown=key_down>
            <h1 class=style::visually_hidden>"Search"</h1>
            <search>
                <form class=style::form action="/search" method="get" on:submit=move |event| event.prevent_default()>
                    <label class=style::glass for="search">
                        {icon(Icon::Search)}
                        <span class=style::visually_hidden>"Search titles and people"</span>
                    </label>
                    <input
                        class=style::field
                        id="search"
                        type="search"
                        name="q"
                        placeholder="A title, a name"
                        autocomplete="off"
                        autofocus=true
                        maxlength="200"
                        data-search=""
                        value=query.get_untracked()
                        node_ref=field
                        on:input=typed
                    />
                </form>
            </search>
            <div class=style::results aria-busy=move || is_searching.get().to_string()>
                {move || match phase.get() {
                    Phase::Invitation => view! { <Invitation/> }.into_any(),
                    Phase::Waiting => view! { <TextSkeleton lines=6/> }.into_any(),
                    Phase::Failed => {
                        let problem = state.search().with(|search| search.results.failed().cloned());
                        problem.map(|problem| view! { <Failure problem=problem/> }).into_any()
                    }
                    Phase::Nothing => view! { <Nothing query=query/> }.into_any(),
                    Phase::Found => view! { <Found/> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[component]
fn Found() -> impl IntoView {
    let (state, _) = use_store();
    let results = Memo::new(move |_| state.search().with(|search| search.results.latest().cloned().unwrap_or_default()));
    view! {
        {move || (results.with(|results| results.titles.len()) >= MOST).then(|| view! {
            <p class=style::first>"These are the best matches. Type more to narrow them down."</p>
        })}
        {move || view! { <Hits results=results.get()/> }}
    }
}

#[component]
fn Invitation() -> impl IntoView {
    view! {
        <EmptyState sentence="Type a title or a name. A few letters are enough, and small typing mistakes do not matter.">
            <a class=button::QUIET href="/browse">"Browse instead"</a>
        </EmptyState>
    }
}

#[component]
fn Nothing(query: Memo<String>) -> impl IntoView {
    view! {
        {move || view! {
            <EmptyState sentence=format!("Nothing found for \u{201c}{}\u{201d}.", query.get().trim())>
                <a class=button::QUIET href="/browse">"Browse instead"</a>
            </EmptyState>
        }}
    }
}
