//! The rows as a server writes them into a page: what [`super::live`] draws, put together of pieces.
//!
//! A member's home page has a hundred cards of theirs, and each is the same for everybody: whoever renders keeps the faces of cards as
//! they are written ([`face`]), and a page is a matter of copying.

use std::sync::{Arc, LazyLock};

use contract::{
    catalog::TitleCard,
    discovery::{MyRow, Recommendation},
};
use leptos::{prelude::*, tachys::html::InertElement};

use super::{heading, reason, shared_reason, style};
use crate::{
    head::{Markup, escape},
    pages::home::frame::Own,
    parts::{card, row::Row},
    store::State,
};

/// What a page has in the place of the rows.
#[derive(Clone, Default)]
pub struct OwnRows(pub Markup);

/// Items of a row that are written: as many as most screens have. The chunk, which such a page fetches at once, draws the others.
const WRITTEN: usize = 8;

/// Stand for what differs from row to row while the frame of one is drawn. No name has these letters, and none of them is escaped.
const KEY: &str = "own-row-key-5c1f";
const HEADING: &str = "own-row-heading-5c1f";
const NOTE: &str = "<!--own-row-note-5c1f-->";
const ITEMS: &str = "<!--own-row-items-5c1f-->";

impl OwnRows {
    /// What stands for the rows in a page that is taken apart at the frame's marks.
    pub fn mark() -> Self {
        let mut mark = Markup::default();
        mark.push(&Own::Rows.mark());
        Self(mark)
    }

    /// `state` is the page's; `face` is asked for a card as it is written, and whether it is on the first screen.
    pub fn of(rows: &[MyRow], state: &State, face: impl Fn(&TitleCard, bool) -> Arc<str>) -> Self {
        let viewer = state.watcher.as_ref().map(|watcher| watcher.name.as_str());
        let shown = rows.iter().filter(|row| !state.preferences.hidden_rows.has(&row.key));
        let mut html = Markup::default();
        for (place, row) in shown.enumerate() {
            let shared = shared_reason(row);
            let (key, heading) = (escape(&row.key), escape(&heading(&row.about, viewer)));
            for piece in FRAME.iter() {
                match piece {
                    Piece::Markup(markup) => html.push(markup),
                    Piece::Key => html.push(&key),
                    Piece::Heading => html.push(&heading),
                    Piece::Note => paragraph(&mut html, style::shared, shared.as_deref()),
                    Piece::Items => items(&mut html, row, shared.is_some(), |card| face(card, place == 0)),
                }
            }
        }
        Self(html)
    }
}

fn items(html: &mut Markup, row: &MyRow, is_said: bool, face: impl Fn(&TitleCard) -> Arc<str>) {
    for Recommendation { card, why } in row.items.iter().take(WRITTEN) {
        html.push("<li class=\"");
        html.push(card::CARD);
        html.push("\">");
        html.push(&face(card));
        paragraph(html, style::why, reason(&row.about, why).as_deref().filter(|_| !is_said));
        html.push("</li>");
    }
}

fn paragraph(html: &mut Markup, class: &str, text: Option<&str>) {
    let Some(text) = text else { return };
    html.push("<p class=\"");
    html.push(class);
    html.push("\">");
    html.push(&escape(text));
    html.push("</p>");
}

/// The face of a card as it is written.
pub fn face(card: &TitleCard, is_first: bool) -> Arc<str> {
    Markup::over(&State::default(), || card::face(card, is_first).into_any()).as_str().into()
}

/// A piece of the frame of a row.
enum Piece {
    Markup(String),
    Key,
    Heading,
    Note,
    Items,
}

/// A row around its items, drawn once.
static FRAME: LazyLock<Vec<Piece>> = LazyLock::new(|| {
    let frame = Markup::over(&State::default(), || {
        view! {
            <Row key=KEY heading=HEADING href=None size=0 is_hideable=true note=Some(InertElement::new(NOTE).into_any())>
                {InertElement::new(ITEMS)}
            </Row>
        }
        .into_any()
    });
    let (mut pieces, mut rest) = (Vec::new(), frame.as_str());
    while let Some((at, stand_in, piece)) = first(rest) {
        pieces.push(Piece::Markup(rest.get(..at).unwrap_or_default().to_owned()));
        pieces.push(piece);
        rest = rest.get(at + stand_in.len()..).unwrap_or_default();
    }
    pieces.push(Piece::Markup(rest.to_owned()));
    pieces
});

/// What stands for something first.
fn first(markup: &str) -> Option<(usize, &'static str, Piece)> {
    let found = [(KEY, Piece::Key), (HEADING, Piece::Heading), (NOTE, Piece::Note), (ITEMS, Piece::Items)];
    let found = found.into_iter().filter_map(|(stand_in, piece)| Some((markup.find(stand_in)?, stand_in, piece)));
    found.min_by_key(|(at, ..)| *at)
}

#[cfg(test)]
mod tests {
    use contract::discovery::{RowAbout, Why};

    use super::*;
    use crate::store::{hidden_rows::HiddenRow, update::tests::card};

    fn rows() -> Vec<MyRow> {
        let why = || Why::BecauseYouWatched { id: "heat".parse().unwrap(), title: "<b>Heat</b>".to_owned() };
        let pick = |id: &str, why: Why| Recommendation { card: card(id), why };
        vec![
            MyRow { key: "top-picks".into(), about: RowAbout::TopPicks, items: vec![pick("a", why()), pick("b", Why::Popular)] },
            MyRow { key: "new".into(), about: RowAbout::New, items: vec![pick("c", why()), pick("d", why())] },
        ]
    }

    fn written(state: &State) -> String {
        OwnRows::of(&rows(), state, face).0.as_str().to_owned()
    }

    #[test]
    fn every_card_stands_in_its_row_with_its_reason_and_texts_are_texts() {
        let html = written(&State::default());
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
        assert!(at("Top picks for you") < at("/title/a") && at("/title/a") < at("/title/b"));
        assert!(at("/title/b") < at("New here") && at("New here") < at("/title/c"));
        let reason = "Because you watched &lt;b&gt;Heat&lt;/b&gt;";
        assert_eq!(html.matches(reason).count(), 2, "once under its card, and once for a whole row");
        assert!(html.rfind(reason).unwrap() < at("/title/c"), "before the cards of that row");
        assert!(!html.contains("<b>") && !html.contains(ITEMS) && !html.contains(NOTE), "{html}");
        assert_eq!(html.matches("loading=\"eager\"").count(), 2, "the posters of the first row");
    }

    #[test]
    fn a_row_that_is_hidden_is_not_written() {
        let mut state = State::default();
        state.preferences.hidden_rows.hide(HiddenRow { key: "top-picks".into(), heading: String::new() });
        let html = written(&state);
        assert!(!html.contains("Top picks") && html.contains("New here"), "{html}");
    }
}
