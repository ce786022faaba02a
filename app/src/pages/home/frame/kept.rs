//! The frame as a server keeps it: what it is made of, and how a page is taken apart at its marks.

use std::{fmt::Display, sync::Arc};

use contract::{
    Problem,
    discovery::{GetHome, Home},
};
use leptos::{prelude::*, tachys::html::InertElement};

use super::{draw_hero, draw_row, template::Own};
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

/// A piece of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Rendered for whoever asked.
    Text(&'a str),
    /// The frame's part of this number.
    Part(usize),
    /// The viewer's.
    Own(Own),
}

/// What is made once of one answer.
pub struct Frame {
    pub(super) begun: Preloading,
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
            let part = name.parse().ok().map(Piece::Part);
            pieces.extend(part.or_else(|| Own::named(name).map(Piece::Own)));
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

pub(super) fn mark(part: impl Display) -> String {
    format!("{}{part}{}", MARK.0, MARK.1)
}
