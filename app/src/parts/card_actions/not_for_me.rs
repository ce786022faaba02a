//! What a viewer wants to be recommended nothing of, as a part of a title's sheet: the title, why it is recommended, its genres. What
//! was said before is said there, with the way back.

use contract::discovery::HiddenKind;
use leptos::{html, prelude::*};
use reactive_stores::Store;

use super::style;
use crate::{
    parts::{
        dom,
        icon::{Icon, icon},
        marks::{use_changing, use_pending},
        use_store,
    },
    store::{
        State, StateStoreFields,
        library::{
            change::{LibraryChange, Named, Pending},
            library,
            unwanted::{Unwanted, is_unwanted},
        },
        recommendations::{Recommendations, RecommendationsAction, recommendations},
    },
};

#[component]
pub fn NotForMe(title: StoredValue<Named>, close: Callback<()>) -> impl IntoView {
    let (state, _) = use_store();
    let slice = recommendations();
    let dispatch = slice.dispatcher();
    let ways = slice.read(|slice| ways(slice, state, &title.get_value()));
    let is_offered = !ways.is_empty();
    // Only the server knows what was said before this page.
    Effect::new(move || {
        if is_offered {
            dispatch.run(RecommendationsAction::HiddenWanted);
        }
    });
    let whole = NodeRef::<html::Details>::new();
    // At the foot of the sheet, which may have no room for it.
    let show = move |_| {
        if let Some(whole) = whole.get_untracked().filter(|whole| whole.open()) {
            dom::bring_into_view(&whole);
        }
    };
    is_offered.then(|| {
        let ways = ways.into_iter().map(|unwanted| view! { <Way unwanted=unwanted close=close/> });
        view! {
            <details class=style::more node_ref=whole on:toggle=show>
                <summary class=style::summary>
                    "Not for me"
                    {icon(Icon::Down)}
                </summary>
                <ul class=style::ways>{ways.collect_view()}</ul>
            </details>
        }
    })
}

/// One thing that can be said, or taken back where it was.
#[component]
fn Way(unwanted: Unwanted, close: Callback<()>) -> impl IntoView {
    let changing = StoredValue::new(use_changing());
    let pending = use_pending();
    let said = recommendations().select(|slice| slice.hidden.ready().cloned().unwrap_or_default());
    let verdicts = library().select_with(|library, pending: &Vec<Pending>| library.verdicts_with(pending), pending.into());
    let unwanted = StoredValue::new(unwanted);
    let is_said = Memo::new(move |_| {
        said.with(|said| verdicts.with(|verdicts| unwanted.with_value(|unwanted| is_unwanted(said, verdicts, unwanted))))
    });
    let press = move |_| {
        let unwanted = unwanted.get_value();
        let change = if is_said.get_untracked() { LibraryChange::Recommend(unwanted) } else { LibraryChange::Hide(unwanted) };
        close.run(());
        changing.with_value(|changing| changing.make(change));
    };
    let words = move || unwanted.with_value(|unwanted| words(unwanted, is_said.get()));
    let label = move || is_said.get().then(|| format!("{}: recommend again", words()));
    view! {
        <li>
            <button class=style::way type="button" aria-label=label on:click=press>
                <span class=style::sign aria-hidden="true">
                    {move || icon(if is_said.get() { Icon::Retry } else { Icon::Close })}
                </span>
                <span><bdi>{words}</bdi></span>
                {move || is_said.get().then(|| view! { <span class=style::back>"Recommend again"</span> })}
            </button>
        </li>
    }
    .into_any()
}

/// What can be said; nothing for whom nothing is recommended.
fn ways(slice: &Recommendations, state: Store<State>, title: &Named) -> Vec<Unwanted> {
    let is_off = slice.rows.failed().is_some() || slice.rows.ready().is_some_and(|rows| !rows.is_on);
    if is_off {
        return Vec::new();
    }
    let mut items = slice.rows.ready().into_iter().flat_map(|rows| &rows.rows).flat_map(|row| &row.items);
    let recommended = items.find(|item| item.card.id == title.id);
    let mut ways = vec![Unwanted::title(&title.id, &title.name)];
    ways.extend(recommended.and_then(|item| item.why.names()).map(|(id, title)| Unwanted::because(id, title)));
    let known = recommended.map(|item| item.card.genres.clone());
    let genres = known.or_else(|| state.titles().with_untracked(|titles| titles.get(&title.id).map(|card| card.genres.clone())));
    ways.extend(genres.unwrap_or_default().iter().map(|genre| Unwanted::genre(genre)));
    ways
}

/// What one says by it; or what is so, where it was said.
fn words(unwanted: &Unwanted, is_said: bool) -> String {
    let name = &unwanted.name;
    match (unwanted.kind, is_said) {
        (HiddenKind::Title, false) => "Don’t recommend this".to_owned(),
        (HiddenKind::Title, true) => "Not recommended".to_owned(),
        (HiddenKind::Because, false) => format!("Stop recommending because of {name}"),
        (HiddenKind::Because, true) => format!("Not recommended because of {name}"),
        (HiddenKind::Genre | HiddenKind::Person, false) => format!("Don’t recommend {name}"),
        (HiddenKind::Genre | HiddenKind::Person, true) => format!("{name} is not recommended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_before_is_said_as_a_fact() {
        let title = Unwanted::title(&"heat".parse().unwrap(), "Heat");
        assert_eq!(words(&title, false), "Don’t recommend this");
        assert_eq!(words(&title, true), "Not recommended");
        assert_eq!(words(&Unwanted::genre("Drama"), true), "Drama is not recommended");
    }
}
