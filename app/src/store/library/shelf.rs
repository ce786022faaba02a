//! The lists as the page of them shows them: "My list", a list of one's own, favourites, the history, each page by page.

use std::sync::Arc;

use contract::{
    catalog::TitleCard,
    ids::{ListId, TitleId},
    library::{HistoryPage, ListedPage, ListedTitle, WATCHLIST, WatchedTitle},
};
use serde::Serialize;

use crate::{route::Route, store::Submission};

/// Which list is on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Shelf {
    /// "My list", or another one.
    List(ListId),
    Favourites,
    History,
}

const FAVOURITES: &str = "favourites";
const HISTORY: &str = "history";

impl Shelf {
    /// As the page's address names it ([`Route::MyList`]). What is no id of a list names "My list".
    pub fn parse(list: Option<&str>) -> Self {
        match list {
            Some(FAVOURITES) => Self::Favourites,
            Some(HISTORY) => Self::History,
            Some(id) => id.parse().map_or_else(|_| Self::my_list(), Self::List),
            None => Self::my_list(),
        }
    }

    /// What everybody has.
    pub fn my_list() -> Self {
        Self::List(ListId::watchlist())
    }

    pub fn is_my_list(&self) -> bool {
        *self == Self::my_list()
    }

    /// The page with it.
    pub fn route(&self) -> Route {
        let list = match self {
            Self::List(id) => (id.as_str() != WATCHLIST).then(|| id.to_string()),
            Self::Favourites => Some(FAVOURITES.to_owned()),
            Self::History => Some(HISTORY.to_owned()),
        };
        Route::MyList { list }
    }
}

/// What was loaded of a list so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShelfPage {
    #[serde(skip)]
    pub items: Vec<ShelfItem>,
    /// Titles on the whole list, also those that are not for whoever asks.
    pub total: u64,
    /// Where the next page begins.
    pub next: Option<String>,
    /// The next page, where it is asked for.
    pub more: Submission,
}

/// A title on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ShelfItem {
    pub card: Arc<TitleCard>,
    /// Empty where nothing is noted.
    pub note: String,
    /// When it was watched, in milliseconds since 1970, the latest first: of the history alone.
    pub dates: Vec<u64>,
}

impl ShelfItem {
    pub fn of(card: Arc<TitleCard>) -> Self {
        Self { card, note: String::new(), dates: Vec::new() }
    }
}

impl ShelfPage {
    pub fn place(&self, id: &TitleId) -> Option<usize> {
        self.items.iter().position(|item| item.card.id == *id)
    }

    /// Takes what follows. A title that moved meanwhile is there once.
    pub fn append(&mut self, page: Self) {
        for item in page.items {
            if self.place(&item.card.id).is_none() {
                self.items.push(item);
            }
        }
        (self.total, self.next, self.more) = (page.total, page.next, Submission::Done);
    }
}

impl From<ListedPage> for ShelfPage {
    fn from(page: ListedPage) -> Self {
        let item = |ListedTitle { card, note, added: _ }| ShelfItem { note, ..ShelfItem::of(Arc::new(card)) };
        Self { items: page.items.into_iter().map(item).collect(), total: page.total, next: page.next, more: Submission::Idle }
    }
}

impl From<HistoryPage> for ShelfPage {
    fn from(page: HistoryPage) -> Self {
        let item = |WatchedTitle { card, dates }| ShelfItem { dates, ..ShelfItem::of(Arc::new(card)) };
        Self { items: page.items.into_iter().map(item).collect(), total: page.total, next: page.next, more: Submission::Idle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::update::tests::card;

    #[test]
    fn every_list_is_found_again_by_the_address_of_its_page_and_what_is_none_is_my_list() {
        let own = Shelf::List("0123456789abcdef0123".parse().unwrap());
        for shelf in [Shelf::my_list(), own, Shelf::Favourites, Shelf::History] {
            let Route::MyList { list } = shelf.route() else { panic!("{shelf:?}") };
            assert_eq!(Shelf::parse(list.as_deref()), shelf);
        }
        assert_eq!(Shelf::my_list().route(), Route::MyList { list: None });
        assert_eq!(Shelf::parse(Some("../nowhere")), Shelf::my_list());
    }

    #[test]
    fn a_title_that_moved_while_the_next_page_was_on_its_way_is_there_once() {
        let of = |ids: &[&str], next: Option<&str>| ShelfPage {
            items: ids.iter().map(|id| ShelfItem::of(Arc::new(card(id)))).collect(),
            total: 4,
            next: next.map(str::to_owned),
            more: Submission::Idle,
        };
        let mut page = of(&["a", "b"], Some("p2"));
        page.append(of(&["b", "c", "d"], None));
        let ids: Vec<&str> = page.items.iter().map(|item| item.card.id.as_str()).collect();
        assert_eq!((ids, page.next), (vec!["a", "b", "c", "d"], None));
    }
}
