//! What is advised of each title, those first where it matters most; and a choice for one of them.

use contract::{
    ids::TitleId,
    storage_plan::{StorageAdvice, StorageChoice, StorageMove},
};
use leptos::{ev, prelude::*};

use super::{
    super::{figures::bytes, style as desk_style},
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
    let shape = slice.select(|slice| match slice.advice.shown() {
        Shown::Waiting => Shown::Waiting,
        Shown::Ready(list) => Shown::Ready(list.items.is_empty()),
        Shown::Failed(problem) => Shown::Failed(problem),
    });
    view! {
        <section class=style::part aria-labelledby="storage-advice">
            <h3 id="storage-advice">"Title by title"</h3>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(true) => view! { <p class=desk_style::empty>"Nothing is advised of any title yet."</p> }.into_any(),
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
    let lies = move || {
        advice.with(|advice| {
            let advice = advice.as_ref()?;
            let since = advice.since.as_ref().map(|day| format!(" since {day}")).unwrap_or_default();
            Some(format!("{} in {}{since}", bytes(advice.bytes as f64), words::store(advice.lies)))
        })
    };
    let advised = move || advice.with(|advice| advice.as_ref().map(words::advice));
    let saving = move || advice.with(|advice| advice.as_ref().map(words::saving));
    let size = Memo::new(move |_| advice.with(|advice| advice.as_ref().map_or(0, |advice| advice.bytes)));
    let moves = Memo::new(move |_| advice.with(|advice| advice.as_ref().and_then(|advice| advice.moves.clone())));
    view! {
        <li class=style::title>
            <div class=style::facts>
                <a class=style::name href=href><bdi>{move || name.get()}</bdi></a>
                <span class=style::quiet>{lies}</span>
                <span>{advised} " " <span class=style::saving>{saving} "."</span></span>
                {move || moves.get().map(|moves| on_its_way(&moves, size.get(), &name.get()))}
            </div>
            <Own id=id name=name/>
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

/// The title's own choice.
#[component]
fn Own(id: TitleId, name: Memo<String>) -> impl IntoView {
    let slice = storage();
    let dispatch = slice.dispatcher();
    let of = Of::Title(id);
    let of_title = of.clone();
    let chosen = slice.select(move |slice| slice.choice_of(&of_title));
    let options = OWN.map(|choice| {
        let words = choice.map_or("As for all", words::choice);
        view! { <option value=value(choice) selected=move || chosen.get() == choice>{words}</option> }
    });
    let change = move |event: ev::Event| {
        let wanted = event_target_value(&event);
        if let Some(choice) = OWN.into_iter().find(|choice| value(*choice) == wanted) {
            dispatch.run(StorageAction::ChoiceWanted { of: of.clone(), choice });
        }
    };
    view! {
        <select
            class=style::list
            aria-label=move || format!("Where {} lies", quoted(&name.get()))
            prop:value=move || value(chosen.get())
            on:change=change
        >
            {options.into_iter().collect_view()}
        </select>
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
