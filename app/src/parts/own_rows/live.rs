//! The rows in a browser: drawn into their place whenever the home page stands, in the place of what the server wrote there.

use std::sync::Arc;

use contract::{
    catalog::TitleCard,
    discovery::{MyRow, MyRows, Recommendation},
};
use leptos::prelude::*;

use super::{HIDDEN, PLACE, heading, hidden::HiddenRows, hide::HideButtons, reason, shared_reason, style};
use crate::{
    parts::{
        card, dom,
        marks::use_pending,
        reactive::{Keyed, each},
        row::Row,
        use_store,
    },
    route::Route,
    store::{
        AppStore, StateStoreFields,
        library::{
            library,
            unwanted::{Verdicts, wanted_of},
        },
        recommendations::{RecommendationsAction, recommendations},
    },
};

/// Keeps the place filled for as long as the document lives, and its rows and all others such that they can be hidden.
#[component]
pub fn OwnRows() -> impl IntoView {
    let (state, _) = use_store();
    let store = expect_context::<AppStore>();
    let is_there = recommendations().select(|slice| slice.rows.ready().is_some());
    let stands =
        Memo::new(move |_| state.route().with(|route| *route == Route::Home) && state.home().with(|home| home.ready().is_some()));
    let drawn = Drawn(RwSignal::new(0));
    let hidden_of = store.clone();
    Effect::new(move || {
        if stands.get() {
            fill_hidden(hidden_of.clone());
        }
    });
    Effect::new(move || {
        if stands.get() && is_there.get() {
            fill(store.clone(), drawn);
        }
    });
    follow_changes();
    view! { <HideButtons drawn/> }
}

/// Counts how often rows were drawn, which may be frames after what they are drawn of is known.
#[derive(Clone, Copy)]
pub struct Drawn(RwSignal<u32>);

impl Drawn {
    pub fn track(self) {
        self.0.track();
    }
}

fn fill(store: AppStore, drawn: Drawn) {
    dom::fill(PLACE, move || {
        provide_context(store);
        provide_context(drawn);
        view! { <Rows/> }.into_any()
    });
}

fn fill_hidden(store: AppStore) {
    dom::fill(HIDDEN, move || {
        provide_context(store);
        view! { <HiddenRows/> }.into_any()
    });
}

/// Once a "not for me" has arrived, what the server recommends is another thing.
fn follow_changes() {
    let dispatch = recommendations().dispatcher();
    let confirmed = library().select(|library| library.verdicts.clone());
    Effect::new(move |before: Option<()>| {
        confirmed.track();
        if before.is_some() {
            dispatch.run(RecommendationsAction::HiddenChanged);
        }
    });
}

#[component]
fn Rows() -> impl IntoView {
    let (state, _) = use_store();
    let pending = use_pending();
    let said = recommendations().select(|slice| slice.rows.ready().map(|MyRows { rows, .. }| rows.clone()).unwrap_or_default());
    let verdicts = library().select_with(|library, pending: &Vec<_>| library.verdicts_with(pending), pending.into());
    let rows = Memo::new(move |_| verdicts.with(|verdicts: &Verdicts| said.with(|rows| wanted_of(rows, verdicts))));
    let keys = Memo::new(move |_| {
        let is_shown = |key: &String| state.preferences().with(|set| !set.hidden_rows.has(key));
        rows.with(|rows| rows.iter().map(|row| row.key.clone()).filter(is_shown).collect::<Vec<_>>())
    });
    let drawn = expect_context::<Drawn>().0;
    Effect::new(move || {
        keys.track();
        drawn.update(|times| *times += 1);
    });
    view! {
        {each(move || keys.get().into_iter().enumerate().map(|(place, key)| Keyed::new(key.clone(), move || one_row(place, key, rows))).collect())}
    }
    .into_any()
}

/// One row. Its items follow the slice, so that one that goes takes nothing else along.
fn one_row(place: usize, key: String, rows: Memo<Vec<MyRow>>) -> AnyView {
    let (state, _) = use_store();
    let wanted = key.clone();
    let row = Memo::new(move |_| rows.with(|rows| rows.iter().find(|row| row.key == wanted).cloned()));
    let shared = Memo::new(move |_| row.with(|row| row.as_ref().and_then(shared_reason)));
    let size = Memo::new(move |_| row.with(|row| row.as_ref().map_or(0, |row| row.items.len())));
    let about = row.with_untracked(|row| row.as_ref().map(|row| row.about.clone()));
    let name = state.watcher().with_untracked(|watcher| watcher.as_ref().map(|watcher| watcher.name.clone()));
    let heading = about.as_ref().map(|about| heading(about, name.as_deref())).unwrap_or_default();
    let items = move || row.with(|row| row.as_ref().map(|row| row.items.clone()).unwrap_or_default());
    let item = move |Recommendation { card, why }: Recommendation| {
        let reason = about.as_ref().and_then(|about| reason(about, &why));
        item(Arc::new(card), place == 0, reason, shared)
    };
    let note = move || shared.get().map(|reason| view! { <p class=style::shared>{reason}</p> });
    view! {
        <Row key=key heading=heading href=None size=size is_hideable=true note=Some(note.into_any())>
            <For each=items key=|item| item.card.id.clone() children=item/>
        </Row>
    }
    .into_any()
}

fn item(card: Arc<TitleCard>, is_first: bool, reason: Option<String>, shared: Memo<Option<String>>) -> impl IntoView {
    let own = move || reason.clone().filter(|_| shared.with(Option::is_none));
    view! {
        <li class=card::CARD>
            {card::face(&card, is_first)}
            {move || own().map(|reason| view! { <p class=style::why>{reason}</p> })}
        </li>
    }
    .into_any()
}
