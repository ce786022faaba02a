//! What was watched, with dates; the switch that keeps none, and the ways to remove it.

use leptos::{html, prelude::*};

use super::{More, OnPage, keep_focus, style, titles::items, titles::nothing, use_changing, use_pending};
use crate::{
    parts::{
        button,
        card::tint,
        dialog::{ConfirmButton, Warning},
        dom,
        icon::{Icon, icon},
        words,
    },
    route::Route,
    store::library::{
        change::{LibraryChange, Named},
        library,
        shelf::ShelfItem,
    },
};

#[component]
pub fn History(on_page: OnPage, is_empty: bool) -> impl IntoView {
    let changing = StoredValue::new(use_changing());
    let forget = Callback::new(move |()| changing.with_value(|changing| changing.make(LibraryChange::ForgetHistory)));
    let warning = Warning {
        title: "Remove your whole history?".to_owned(),
        text: "Every title is then as if you had never watched it, here and on your other devices. That cannot be undone."
            .to_owned(),
        action: "Remove all of it",
    };
    view! {
        <div class=style::switches>
            <Keeping/>
            {(!is_empty).then(|| view! {
                <ConfirmButton id="forget-history" word="Remove all" warning=Signal::stored(warning) on_confirm=forget/>
            })}
        </div>
        {if is_empty {
            nothing(on_page).into_any()
        } else {
            view! { <Watched on_page=on_page/> <More on_page=on_page/> }.into_any()
        }}
    }
    .into_any()
}

/// The switch.
#[component]
fn Keeping() -> impl IntoView {
    let library = library();
    let pending = use_pending();
    let changing = StoredValue::new(use_changing());
    let is_kept = library.select_with(|library, pending: &Vec<_>| library.keeps_history(pending), pending.into());
    let change = move |is_kept| changing.with_value(|changing| changing.make(LibraryChange::KeepHistory { is_kept }));
    view! {
        <label class=style::switch>
            <span>
                <span class=style::label>"Keep a history"</span>
                <span class=style::hint>"Films that you watch to the end are added here. When off, new films are not added. What is here stays."</span>
            </span>
            <input
                class=style::box_
                type="checkbox"
                role="switch"
                disabled=move || is_kept.with(Option::is_none)
                prop:checked=move || is_kept.get().unwrap_or(true)
                on:change=move |event| change(event_target_checked(&event))
            />
            <span class=style::track aria-hidden="true"></span>
        </label>
    }
    .into_any()
}

#[component]
fn Watched(on_page: OnPage) -> impl IntoView {
    let items = items(on_page);
    let list = NodeRef::<html::Ul>::new();
    view! {
        <ul class=style::rows node_ref=list>
            <For
                each=move || items.get()
                key=|item| (item.card.id.clone(), item.dates.clone())
                children=move |item| view! { <Row item=item items=items list=list/> }
            />
        </ul>
    }
    .into_any()
}

#[component]
fn Row(item: ShelfItem, items: Memo<Vec<ShelfItem>>, list: NodeRef<html::Ul>) -> impl IntoView {
    let changing = StoredValue::new(use_changing());
    let ShelfItem { card, dates, .. } = item;
    let title = Named { id: card.id.clone(), name: card.title.clone() };
    let label = format!("Remove {} from your history", card.title);
    let href = Route::Title { id: card.id.clone() }.href();
    let viewings = dates.len();
    let said = dates.clone();
    // Days are the viewer's own, which a server does not know.
    let day = RwSignal::new(None::<String>);
    Effect::new(move || day.set(said.first().copied().and_then(dom::day_and_month)));
    let remove = move |_| {
        let at = items.with_untracked(|items| items.iter().position(|item| item.card.id == title.id)).unwrap_or(0);
        let (title, dates) = (title.clone(), dates.clone());
        changing.with_value(|changing| changing.make(LibraryChange::Unwatch { title, dates, is_never: true }));
        keep_focus(list, "button", at.min(items.with_untracked(Vec::len).saturating_sub(1)));
    };
    view! {
        <li class=style::row style=tint(&card)>
            <a class=style::to_title href=href>
                <img class=style::thumb src=card.artwork.poster.clone() alt="" width="300" height="450" loading="lazy" decoding="async"/>
                <span class=style::words>
                    <span class=style::title><bdi>{card.title.clone()}</bdi></span>
                    <span class=style::when>
                        {move || day.with(|day| viewed(viewings, day.as_deref()))}
                    </span>
                </span>
            </a>
            <button class=button::ROUND type="button" aria-label=label on:click=remove>{icon(Icon::Close)}</button>
        </li>
    }
    .into_any()
}

/// How often it was watched, and when last, where that day is known.
fn viewed(viewings: usize, last: Option<&str>) -> Option<String> {
    let times = || format!("Watched {} times", words::count(u64::try_from(viewings).unwrap_or(u64::MAX)));
    match (viewings, last) {
        (0 | 1, last) => last.map(|day| format!("Watched on {day}")),
        (_, Some(day)) => Some(format!("{}, last on {day}", times())),
        (_, None) => Some(times()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_something_was_watched_and_when_is_one_sentence() {
        let day = Some("1 February 2024");
        assert_eq!(viewed(1, day).as_deref(), Some("Watched on 1 February 2024"));
        assert_eq!(viewed(2, day).as_deref(), Some("Watched 2 times, last on 1 February 2024"));
        assert_eq!((viewed(2, None).as_deref(), viewed(1, None)), (Some("Watched 2 times"), None));
    }
}
