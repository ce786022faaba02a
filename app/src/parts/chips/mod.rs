//! Filters as chips with counts. Each is a link to the list with it applied, or without it, so that they work
//! without JavaScript and stay in the address.

use leptos::{ev, html, prelude::*};

use super::{
    dom,
    icon::{Icon, icon},
    words,
};

stylance::import_crate_style!(style, "src/parts/chips/chips.module.scss");

/// One choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    pub label: String,
    /// How many titles it would leave.
    pub count: Option<u64>,
    pub is_chosen: bool,
    /// The list with it, or without it where it is chosen.
    pub href: String,
}

/// A line of chips; on a narrow screen it rolls sideways, and what is chosen is in sight.
#[component]
pub fn Chips(#[prop(into)] label: String, #[prop(into)] chips: Signal<Vec<Chip>>) -> impl IntoView {
    let line = NodeRef::<html::Ul>::new();
    Effect::new(move || {
        chips.track();
        if let Some(line) = line.get() {
            dom::roll_to(&line, "[aria-current]");
        }
    });
    let scrolled = move |_: ev::Event| {
        if let Some(line) = line.get_untracked() {
            dom::line_scrolled(&line);
        }
    };
    view! {
        <ul class=style::chips aria-label=label node_ref=line on:scroll=scrolled>
            {move || chips.get().into_iter().map(|chip| view! { <li>{draw(chip)}</li> }).collect_view()}
        </ul>
    }
    .into_any()
}

/// Chips behind a word, which says what is chosen.
#[component]
pub fn Menu(
    #[prop(into)] label: String,
    #[prop(into)] chips: Signal<Vec<Chip>>,
    /// Something is always chosen here, so that the word is not lit by it.
    #[prop(optional)]
    is_calm: bool,
) -> impl IntoView {
    let chosen = Memo::new(move |_| chips.with(|chips| chips.iter().find(|chip| chip.is_chosen).map(|chip| chip.label.clone())));
    let said = label.clone();
    view! {
        <details class=style::menu name="filter" data-menu="">
            <summary class=style::word data-chosen=move || (!is_calm && chosen.get().is_some()).then_some("")>
                <span>
                    {move || chosen.get().map_or_else(|| said.clone(), |chosen| format!("{said}: {chosen}"))}
                </span>
                {icon(Icon::Down)}
            </summary>
            <div class=style::panel on:click=move |event| dom::close_details(event.target().as_ref())>
                <Chips label=label chips=chips/>
            </div>
        </details>
    }
    .into_any()
}

fn draw(chip: Chip) -> impl IntoView {
    let Chip { label, count, is_chosen, href } = chip;
    view! {
        <a class=style::chip href=href aria-current=is_chosen.then_some("true") data-noscroll="true">
            {is_chosen.then(|| icon(Icon::Check))}
            <span class=style::label>{label}</span>
            {count.map(|count| view! { <span class=style::count>{words::count(count)}</span> })}
        </a>
    }
}
