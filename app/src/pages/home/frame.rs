//! What of the home page is the same for everybody of one age: the hero and the rows.
//!
//! A server makes it once for all of them (`Frame`): the part of the state, the answer that a page carries, and the HTML, drawn
//! over a store that holds nothing else, so that nothing of a viewer can be in it. The rest of a page is rendered around it for
//! whoever asked, with a mark where each part belongs, and taken apart at the marks at last ([`Frame::pieces`]): whoever sends the page has
//! the parts ready to be sent. The browser takes over one component tree. Must never be shown beside a card that is another by now: a page that knows a
//! newer one draws every part anew.

use contract::{catalog::TitleCard, discovery::HeroTitle};
use leptos::prelude::*;

use crate::{
    parts::{hero::Hero, row::PosterRow, use_store},
    route::browse_href,
    store::{StateStoreFields, state::RowEntry},
};

#[cfg(feature = "ssr")]
pub use kept::{Frame, Piece, ROWS, own_rows_mark};

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
    view! { <PosterRow key=key heading=heading href=Some(browse_href(&more)) titles=titles is_first={place == 0} is_hideable=true/> }.into_any()
}

#[cfg(feature = "ssr")]
mod kept {
    use std::{fmt::Display, sync::Arc};

    use contract::{
        Problem,
        discovery::{GetHome, Home},
    };
    use leptos::{prelude::*, tachys::html::InertElement};

    use super::{draw_hero, draw_row};
    use crate::{
        client::rendered::{Answer, Answers},
        head::Markup,
        route::Route,
        store::{Action, Request, State, run::Preloading, state::RowEntry},
    };

    /// What a mark begins and ends with. Nothing that a page says has these letters: markup in texts and in JSON is escaped.
    const MARK: (&str, &str) = ("<!--frame:", "-->");
    /// Of the parts, which are known by their numbers: the answer and the hero come first, then the rows.
    const ANSWER: usize = 0;
    const HERO: usize = 1;
    pub const ROWS: usize = 2;
    /// Where the viewer's own rows belong, which are no part of a frame.
    const OWN_ROWS: &str = "own";

    /// A piece of a page.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Piece<'a> {
        /// Rendered for whoever asked.
        Text(&'a str),
        /// The frame's part of this number.
        Part(usize),
        /// The viewer's own rows.
        OwnRows,
    }

    /// What is made once of one answer.
    pub struct Frame {
        begun: Preloading,
        /// Where a page carries the answer.
        address: Option<Answer>,
        pub parts: Vec<String>,
    }

    impl Frame {
        /// Of what the server answers to whoever is not refused. A failure is a frame like any other: the page says it.
        pub fn of(answer: Result<Home, Problem>) -> Self {
            let carried = Answer::of(&GetHome {}, &answer);
            let address = carried.as_ref().map(|answer| answer.stood_in_by(&mark(ANSWER)));
            let begun = Preloading::begin(State::default(), Action::Started(Route::Home));
            let begun = begun.answer(|request| matches!(request, Request::Home(_)), Action::HomeAnswered(answer));
            let rows = begun.state.home.ready().map(|home| home.rows.clone()).unwrap_or_default();
            let fixed = [carried.map(|answer| answer.to_string()).unwrap_or_default(), html(&begun.state, draw_hero)];
            let rows = rows.into_iter().enumerate().map(|(place, row)| html(&begun.state, || draw_row(place, row)));
            let parts = fixed.into_iter().chain(rows).collect();
            Self { begun, address, parts }
        }

        /// A home page of which this much is answered.
        pub fn begin(&self, answers: &Answers) -> Preloading {
            if let Some(address) = &self.address {
                answers.put(address.clone());
            }
            self.begun.clone()
        }

        /// Takes a page apart that was rendered with this frame in its context, or with its answer alone.
        pub fn pieces<'a>(&self, page: &'a str) -> Vec<Piece<'a>> {
            let mut rest = page.split(MARK.0);
            let mut pieces = vec![Piece::Text(rest.next().unwrap_or_default())];
            for piece in rest {
                let (name, text) = piece.split_once(MARK.1).unwrap_or_default();
                match name.parse() {
                    Ok(number) => pieces.push(Piece::Part(number)),
                    Err(_) if name == OWN_ROWS => pieces.push(Piece::OwnRows),
                    Err(_) => {}
                }
                pieces.push(Piece::Text(text));
            }
            pieces.retain(|piece| *piece != Piece::Text(""));
            pieces
        }

        /// Whether a page shows just this, so that its parts are the page's.
        pub fn is_part_of(&self, state: &State) -> bool {
            state.home == self.begun.state.home && state.titles.holds(&self.begun.state.titles)
        }

        /// Bytes that it takes, about.
        pub fn weight(&self) -> usize {
            self.parts.iter().map(String::len).sum::<usize>() + self.begun.state.titles.weight()
        }
    }

    fn html(state: &State, draw: impl FnOnce() -> AnyView) -> String {
        Markup::over(state, draw).into_string()
    }

    pub fn hero() -> Option<AnyView> {
        use_context::<Arc<Frame>>().map(|_| marked(HERO))
    }

    pub fn row(place: usize, row: &RowEntry) -> Option<AnyView> {
        let frame = use_context::<Arc<Frame>>()?;
        let is_same = frame.begun.state.home.ready().and_then(|home| home.rows.get(place)) == Some(row);
        is_same.then(|| marked(ROWS + place))
    }

    fn marked(part: usize) -> AnyView {
        InertElement::new(mark(part)).into_any()
    }

    /// What stands in a page for the viewer's own rows.
    pub fn own_rows_mark() -> String {
        mark(OWN_ROWS)
    }

    fn mark(part: impl Display) -> String {
        format!("{}{part}{}", MARK.0, MARK.1)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
