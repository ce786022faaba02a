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
mod kept;
mod template;

#[cfg(feature = "ssr")]
pub use kept::{Frame, Piece, ROWS};
pub use template::Own;
#[cfg(feature = "ssr")]
pub use template::{Shape, ViewerParts, ViewerState, WithoutViewer};

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

/// What is the viewer's alone, drawn now. In a page that is rendered without its viewer a mark stands there.
pub fn own(part: Own, draw: impl FnOnce() -> AnyView) -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(mark) = part.stand_in() {
        return leptos::tachys::html::InertElement::new(mark).into_any();
    }
    // In a browser all is drawn, whatever it is.
    #[cfg(not(feature = "ssr"))]
    let _ = part;
    draw()
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

#[cfg(all(test, feature = "ssr"))]
mod tests;
