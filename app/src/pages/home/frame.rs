//! What of the home page is the same for everybody of one age: the hero and the rows.
//!
//! A server makes it once for all of them (`Frame`): the part of the state, the answer that a page carries, and the HTML, drawn
//! over a store that holds nothing else, so that nothing of a viewer can be in it. The rest of a page is rendered around it for
//! whoever asked, and the browser takes over one component tree. Must never be shown beside a card that is another by now:
//! a page that knows a newer one draws every part anew.

use contract::{catalog::TitleCard, discovery::HeroTitle};
use leptos::prelude::*;

use crate::{
    parts::{hero::Hero, row::PosterRow, use_store},
    route::browse_href,
    store::{StateStoreFields, state::RowEntry},
};

#[cfg(feature = "ssr")]
pub use kept::Frame;

/// The hero, as it was made for all or drawn now.
pub fn hero() -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(hero) = kept::hero() {
        return hero;
    }
    draw_hero()
}

/// A row, as it was made for all or drawn now.
pub fn row(place: usize, row: RowEntry) -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(row) = kept::row(place, &row) {
        return row;
    }
    draw_row(place, row)
}

fn draw_hero() -> AnyView {
    let (state, _) = use_store();
    let hero = Memo::new(move |_| {
        let entries = state.home().with(|home| home.ready().map(|home| home.hero.clone()).unwrap_or_default());
        let whole = entries.into_iter().filter_map(|entry| {
            let card = state.titles().with(|titles| titles.get(&entry.id).map(|card| TitleCard::clone(card)))?;
            Some(HeroTitle { card, synopsis: entry.synopsis })
        });
        whole.collect::<Vec<_>>()
    });
    view! { <Hero titles=hero/> }.into_any()
}

/// One row. Its cards follow the store, so that a row that grows keeps its place and its focus.
fn draw_row(place: usize, row: RowEntry) -> AnyView {
    let (state, _) = use_store();
    let RowEntry { key, heading, more, items: _ } = row;
    let wanted = key.clone();
    let titles = Memo::new(move |_| {
        state.home().with(|home| {
            let row = home.ready().and_then(|home| home.rows.iter().find(|row| row.key == wanted));
            row.map(|row| row.items.clone()).unwrap_or_default()
        })
    });
    view! { <PosterRow key=key heading=heading href=Some(browse_href(&more)) titles=titles is_first={place == 0}/> }.into_any()
}

#[cfg(feature = "ssr")]
mod kept {
    use std::sync::Arc;

    use contract::{
        Problem,
        discovery::{GetHome, Home},
    };
    use leptos::{prelude::*, tachys::html::InertElement};

    use super::{draw_hero, draw_row};
    use crate::{
        client::{
            Client,
            rendered::{Answer, Answers},
        },
        route::Route,
        store::{Action, AppStore, Request, State, run::Preloading, state::RowEntry},
    };

    /// What is made once of one answer.
    pub struct Frame {
        begun: Preloading,
        answer: Option<Answer>,
        pub(super) hero: Arc<str>,
        /// In the order of the page.
        pub(super) rows: Vec<Arc<str>>,
    }

    impl Frame {
        /// Of what the server answers to whoever is not refused. A failure is a frame like any other: the page says it.
        pub fn of(answer: Result<Home, Problem>) -> Self {
            let carried = Answer::of(&GetHome {}, &answer);
            let begun = Preloading::begin(State::default(), Action::Started(Route::Home));
            let begun = begun.answer(|request| matches!(request, Request::Home(_)), Action::HomeAnswered(answer));
            let rows = begun.state.home.ready().map(|home| home.rows.clone()).unwrap_or_default();
            let hero = html(&begun.state, draw_hero);
            let rows = rows.into_iter().enumerate().map(|(place, row)| html(&begun.state, || draw_row(place, row)));
            let rows = rows.collect();
            Self { begun, answer: carried, hero, rows }
        }

        /// A home page of which this much is answered.
        pub fn begin(&self, answers: &Answers) -> Preloading {
            if let Some(answer) = &self.answer {
                answers.put(answer.clone());
            }
            self.begun.clone()
        }

        /// Whether a page shows just this, so that its parts are the page's.
        pub fn is_part_of(&self, state: &State) -> bool {
            state.home == self.begun.state.home && state.titles.holds(&self.begun.state.titles)
        }

        /// Bytes that it takes, about.
        pub fn weight(&self) -> usize {
            let html: usize = self.rows.iter().map(|row| row.len()).sum();
            // The state says what the answer does, each card's words in memory of their own.
            let answer = self.answer.as_ref().map_or(0, Answer::weight);
            html + self.hero.len() + 2 * answer + self.begun.state.titles.weight()
        }
    }

    /// The HTML of a part over this state and nothing else: an owner without parents has nothing of the page that is rendered.
    fn html(state: &State, draw: impl FnOnce() -> AnyView) -> Arc<str> {
        let here = Owner::current();
        let owner = Owner::new_root(None);
        provide_context(AppStore::new(state.clone(), Client::Nobody));
        let html = draw().to_html();
        owner.unset_with_forced_cleanup();
        if let Some(here) = here {
            here.set();
        }
        html.into()
    }

    pub fn hero() -> Option<AnyView> {
        use_context::<Arc<Frame>>().map(|frame| inert(&frame.hero))
    }

    pub fn row(place: usize, row: &RowEntry) -> Option<AnyView> {
        let frame = use_context::<Arc<Frame>>()?;
        let is_same = frame.begun.state.home.ready().and_then(|home| home.rows.get(place)) == Some(row);
        frame.rows.get(place).filter(|_| is_same).map(inert)
    }

    fn inert(html: &Arc<str>) -> AnyView {
        InertElement::new(html.to_string()).into_any()
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
