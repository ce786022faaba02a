//! Who says where titles lie: three buttons of which one is pressed, in force once that is applied, with Undo.
//!
//! Whoever goes through them by arrows presses each on the way: titles would begin to move for what nobody chose.

use contract::storage_plan::StorageChoice;
use leptos::{ev, prelude::*};

use super::{super::style as desk_style, style, words};
use crate::{
    parts::{button, words as general},
    store::{
        library::change::quoted,
        storage::{Of, Storage, StorageAction, storage},
    },
};

const CHOICES: [StorageChoice; 3] = [StorageChoice::Auto, StorageChoice::PerView, StorageChoice::Flat];

#[component]
pub fn Choice() -> impl IntoView {
    let dispatch = storage().dispatcher();
    let chosen = storage().select(Storage::choice);
    let has_flat = storage().select(|slice| slice.plan.latest().is_none_or(|plan| plan.has_flat_store));
    // What is picked and not applied yet.
    let picked = RwSignal::new(None::<StorageChoice>);
    let shown = Memo::new(move |_| picked.get().or_else(|| chosen.get()));
    let may_apply = Memo::new(move |_| shown.get() != chosen.get());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if may_apply.get_untracked()
            && let Some(choice) = picked.get_untracked()
        {
            dispatch.run(StorageAction::ChoiceWanted { of: Of::All, choice: Some(choice) });
        }
        picked.set(None);
    };
    let own = storage().select(|slice| slice.plan.latest().map_or(0, |plan| plan.chosen_titles));
    let own_words = move || match own.get() {
        0 => None,
        1 => Some("1 title has a choice of its own.".to_owned()),
        more => Some(format!("{} titles have a choice of their own.", general::count(more))),
    };
    view! {
        <form class=style::part on:submit=submit>
            <fieldset class=style::choices>
                <legend class=style::legend>"Where titles are stored"</legend>
                {CHOICES.map(|choice| view! { <One choice=choice chosen=chosen shown=shown picked=picked has_flat=has_flat/> }).collect_view()}
                <p class=style::quiet>{own_words}</p>
            </fieldset>
            <p class=desk_style::ways>
                <button class=button::QUIET aria-disabled=move || (!may_apply.get()).to_string()>"Apply"</button>
            </p>
        </form>
    }
    .into_any()
}

#[component]
fn One(
    choice: StorageChoice,
    chosen: Memo<Option<StorageChoice>>,
    shown: Memo<Option<StorageChoice>>,
    picked: RwSignal<Option<StorageChoice>>,
    has_flat: Memo<bool>,
) -> impl IntoView {
    let is_off = Memo::new(move |_| !has_flat.get() && words::needs_a_second_store(choice));
    // Before it is checked: an arrow clicks, too. What was checked stays so. What is in force is gone back to all the same.
    let refuse = move |event: ev::MouseEvent| {
        if is_off.get_untracked() && chosen.get_untracked() != Some(choice) {
            event.prevent_default();
        }
    };
    view! {
        <label class=style::choice data-off=move || is_off.get().then_some("")>
            <input
                class=style::radio
                type="radio"
                name="storage-choice"
                aria-disabled=move || is_off.get().then_some("true")
                prop:checked=move || shown.get() == Some(choice)
                on:click=refuse
                on:change=move |_| picked.set(Some(choice))
            />
            <span class=style::of_choice>
                <span class=style::name>{words::choice(choice)}</span>
                <span class=style::quiet>{words::meaning(choice)}</span>
                <span class=style::quiet>{move || is_off.get().then(|| words::without_a_second_store(chosen.get() == Some(choice)))}</span>
            </span>
        </label>
    }
    .into_any()
}

/// What came of the last choice, here or of a title.
#[component]
pub fn WhatCame() -> impl IntoView {
    let slice = storage();
    let dispatch = slice.dispatcher();
    let said = slice.select(said);
    let refused = slice.select(|slice| {
        let refused = slice.refused.as_ref()?;
        Some(format!("{} {}", not_saved(slice, &refused.of), general::problem(&refused.problem)))
    });
    let may_undo = slice.select(|slice| slice.chosen.is_some());
    // It stays once it was there, so that the focus does.
    let is_there = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or_default() || may_undo.get());
    view! {
        <div class=style::came>
            <p role="status">{move || said.get()}</p>
            <Show when=move || is_there.get()>
                <button
                    class=button::QUIET
                    type="button"
                    aria-disabled=move || (!may_undo.get()).to_string()
                    on:click=move |_| dispatch.run(StorageAction::UndoWanted)
                >
                    "Undo"
                </button>
            </Show>
        </div>
        <p class=style::problem role="alert">{move || refused.get()}</p>
    }
    .into_any()
}

fn said(slice: &Storage) -> Option<String> {
    if !slice.under_way.is_empty() {
        return Some("Saving\u{2026}".to_owned());
    }
    let chosen = slice.chosen.as_ref()?;
    Some(match (&chosen.of, chosen.now) {
        (Of::All, choice) => format!("Saved: {}. In force within a minute.", words::choice(choice.unwrap_or_default())),
        (title @ Of::Title(_), Some(choice)) => {
            format!("Saved: {} for {}. In force within a minute.", words::choice(choice), name(slice, title))
        }
        (title @ Of::Title(_), None) => format!("Saved: {} follows the choice for all.", name(slice, title)),
    })
}

fn not_saved(slice: &Storage, of: &Of) -> String {
    match of {
        Of::All => "Where titles are stored was not changed.".to_owned(),
        title @ Of::Title(_) => format!("Where {} is stored was not changed.", name(slice, title)),
    }
}

fn name(slice: &Storage, of: &Of) -> String {
    let card = slice.cards.iter().find(|card| matches!(of, Of::Title(id) if *id == card.id));
    card.map_or_else(|| "the title".to_owned(), |card| quoted(&card.title))
}
