//! What is advised of each title, those first where it matters most; and a choice for one of them.

use contract::{
    ids::TitleId,
    storage_plan::{StorageAdvice, StorageChoice, StorageMove},
};
use leptos::{ev, html, prelude::*};

use super::{
    super::{stop, style as desk_style},
    style, words,
};
use crate::{
    parts::{button, failure::Failure, skeleton::TextSkeleton, words as general},
    route::Route,
    store::{
        Shown, Submission,
        library::change::quoted,
        storage::{Of, Storage, StorageAction, storage},
    },
};

#[component]
pub fn Advice() -> impl IntoView {
    let slice = storage();
    let again = slice.again();
    let is_stop = stop();
    let has_sheets = slice.select(|slice| slice.plan.latest().is_some_and(|plan| plan.sheets.is_some()));
    let none = move || if has_sheets.get() { "No advice yet." } else { "No advice yet: enter what your stores cost." };
    let shape = slice.select(|slice| slice.advice.shown_as(|list| list.items.is_empty()));
    view! {
        <section class=style::part aria-labelledby="storage-advice">
            <h3 id="storage-advice" tabindex=move || is_stop.get()>"Per title"</h3>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(true) => view! { <p class=desk_style::empty>{none}</p> }.into_any(),
                Shown::Ready(false) => view! { <List/> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

#[component]
fn List() -> impl IntoView {
    let slice = storage();
    let dispatch = slice.dispatcher();
    let ids = slice.select(|slice| {
        let items = slice.advice.latest().map(|list| list.items.as_slice()).unwrap_or_default();
        items.iter().map(|advice| advice.title.clone()).collect::<Vec<_>>()
    });
    let total = slice.select(|slice| slice.advice.latest().map_or(0, |list| list.total));
    let has_more = slice.select(|slice| slice.advice.latest().is_some_and(|list| list.next.is_some()));
    let more = slice.select(|slice| slice.advice.latest().map(|list| list.more.clone()).unwrap_or_default());
    let shown = move || {
        let (here, total) = (ids.with(Vec::len), total.get());
        format!("{} of {} titles.", general::count(here as u64), general::count(total))
    };
    let failed = move || more.with(|more| more.failed().map(general::problem));
    view! {
        <ul class=style::advice>
            <For each=move || ids.get() key=TitleId::clone children=|id| view! { <Title id=id/> }/>
        </ul>
        <div class=style::came>
            <p class=style::quiet role="status">{shown}</p>
            <Show when=move || has_more.get()>
                <button
                    class=button::QUIET
                    type="button"
                    aria-disabled=move || more.with(|more| *more == Submission::Pending).to_string()
                    on:click=move |_| dispatch.run(StorageAction::MoreWanted)
                >
                    "Show more"
                </button>
            </Show>
        </div>
        <p class=style::problem role="alert">{failed}</p>
    }
    .into_any()
}

fn of<'a>(slice: &'a Storage, id: &TitleId) -> Option<&'a StorageAdvice> {
    slice.advice.latest()?.items.iter().find(|advice| advice.title == *id)
}

#[component]
fn Title(id: TitleId) -> impl IntoView {
    let slice = storage();
    let of_title = id.clone();
    let advice = slice.select(move |slice| of(slice, &of_title).cloned());
    let of_title = id.clone();
    let card = slice.select(move |slice| slice.cards.iter().find(|card| card.id == of_title).map(|card| card.title.clone()));
    let href = Route::Title { id: id.clone() }.href();
    let name = Memo::new(move |_| card.get().unwrap_or_else(|| "A title".to_owned()));
    let lies = move || advice.with(|advice| advice.as_ref().map(words::lies));
    let has_flat = slice.select(|slice| slice.plan.latest().is_none_or(|plan| plan.has_flat_store));
    let advised = move || advice.with(|advice| advice.as_ref().map(|advice| words::advice(advice, has_flat.get())));
    let costs = move || advice.with(|advice| advice.as_ref().map(|advice| words::costs(advice, has_flat.get())));
    let size = Memo::new(move |_| advice.with(|advice| advice.as_ref().map_or(0, |advice| advice.bytes)));
    let moves = Memo::new(move |_| advice.with(|advice| advice.as_ref().and_then(|advice| advice.moves.clone())));
    view! {
        <li class=style::title>
            <div class=style::facts>
                <a class=style::name href=href><bdi>{move || name.get()}</bdi></a>
                <span class=style::quiet>{lies}</span>
                <span>{advised} " " <span class=style::saving>{costs}</span></span>
                {move || moves.get().map(|moves| on_its_way(&moves, size.get(), &name.get()))}
            </div>
            <Own id=id name=name has_flat=has_flat/>
        </li>
    }
    .into_any()
}

fn on_its_way(moves: &StorageMove, bytes: u64, name: &str) -> impl IntoView + use<> {
    let percent = words::percent(moves.copied_bytes, bytes);
    let label = format!("{} on its way to {}", quoted(name), words::store(moves.to));
    view! {
        <span class=style::quiet>{format!("On its way to {}: {percent} %", words::store(moves.to))}</span>
        <progress class=style::progress max="100" value=percent aria-label=label></progress>
    }
}

/// As the list has it.
const fn value(choice: Option<StorageChoice>) -> &'static str {
    match choice {
        None => "",
        Some(StorageChoice::Auto) => "auto",
        Some(StorageChoice::PerView) => "per_view",
        Some(StorageChoice::Flat) => "flat",
    }
}

const OWN: [Option<StorageChoice>; 4] =
    [None, Some(StorageChoice::Auto), Some(StorageChoice::PerView), Some(StorageChoice::Flat)];

/// The title's own choice. It is in force once it is applied: a list that is closed is gone through by arrows, and each on the way would be.
#[component]
fn Own(id: TitleId, name: Memo<String>, has_flat: Memo<bool>) -> impl IntoView {
    let slice = storage();
    let dispatch = slice.dispatcher();
    let of = Of::Title(id);
    let of_title = of.clone();
    let chosen = slice.select(move |slice| slice.choice_of(&of_title));
    let options = OWN.map(|choice| {
        let words = choice.map_or("Same as all", words::choice);
        let is_off = move || !has_flat.get() && choice.is_some_and(words::needs_a_second_store);
        view! {
            <option value=value(choice) selected=move || chosen.get() == choice disabled=is_off>
                {words} {move || is_off().then_some(" (needs a second store)")}
            </option>
        }
    });
    // What is picked and not applied yet.
    let picked = RwSignal::new(None::<Option<StorageChoice>>);
    let shown = Memo::new(move |_| picked.get().unwrap_or_else(|| chosen.get()));
    let is_new = Memo::new(move |_| shown.get() != chosen.get());
    let list = NodeRef::<html::Select>::new();
    let change = move |event: ev::Event| {
        let wanted = event_target_value(&event);
        picked.set(OWN.into_iter().find(|choice| value(*choice) == wanted));
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(choice) = picked.get_untracked() {
            dispatch.run(StorageAction::ChoiceWanted { of: of.clone(), choice });
        }
        picked.set(None);
        // The button goes.
        if let Some(list) = list.get_untracked() {
            let _ = list.focus();
        }
    };
    let of_title = move |what: &str| format!("{what} {}", quoted(&name.get()));
    view! {
        <form class=style::own on:submit=submit>
            <select
                node_ref=list
                class=style::list
                aria-label=move || format!("Where {} is stored", quoted(&name.get()))
                prop:value=move || value(shown.get())
                on:change=change
            >
                {options.into_iter().collect_view()}
            </select>
            <Show when=move || is_new.get()>
                <button class=button::QUIET aria-label=move || of_title("Apply to")>"Apply"</button>
            </Show>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_a_word_of_its_own_in_the_list() {
        let values = OWN.map(value);
        let of_calls = [StorageChoice::Auto, StorageChoice::PerView, StorageChoice::Flat];
        for (value, choice) in values.iter().skip(1).zip(of_calls) {
            assert_eq!(serde_json::to_value(choice).unwrap(), *value);
        }
        assert_eq!(values[0], "");
    }
}
