//! What is the viewer's own of a title (on "My list", a favourite, watched), and the buttons that change it. For cards and for the
//! title's page, whose chunks have this code.

use contract::{
    authorization::Right,
    ids::{ListId, TitleId},
};
use leptos::prelude::*;
use reactive_stores::Store;

use super::{
    dom,
    icon::{Icon, drawn},
    use_store,
};
use crate::store::{
    Action, State, StateStoreFields,
    lazy::LazyStore,
    library::{
        Library,
        apply::TitleMarks,
        change::{LibraryChange, Listed, Named, Pending, pending},
        library,
    },
    mutations::{LibraryEntry, Mutations},
};

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Listed,
    Favourite,
    Watched,
}

impl Mark {
    pub const ALL: [Self; 3] = [Self::Listed, Self::Favourite, Self::Watched];

    /// The mark that a key changes.
    pub const fn of_letter(letter: char) -> Option<Self> {
        match letter {
            'l' => Some(Self::Listed),
            'f' => Some(Self::Favourite),
            'w' => Some(Self::Watched),
            _ => None,
        }
    }

    pub const fn letter(self) -> &'static str {
        match self {
            Self::Listed => "L",
            Self::Favourite => "F",
            Self::Watched => "W",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed => "My list",
            Self::Favourite => "Favourite",
            Self::Watched => "Watched",
        }
    }

    /// The right that it takes, where it takes one that a plan may lack.
    pub const fn right(self) -> Option<Right> {
        match self {
            Self::Listed => Some(Right::Watchlists),
            Self::Favourite => Some(Right::Favourites),
            Self::Watched => None,
        }
    }

    pub const fn is_in(self, marks: TitleMarks) -> bool {
        match self {
            Self::Listed => marks.is_listed,
            Self::Favourite => marks.is_favourite,
            Self::Watched => marks.is_watched,
        }
    }

    /// What a press does.
    pub const fn action(self, is_on: bool) -> &'static str {
        match (self, is_on) {
            (Self::Listed, false) => "Put on My list",
            (Self::Listed, true) => "Take off My list",
            (Self::Favourite, false) => "Make a favourite",
            (Self::Favourite, true) => "Take off favourites",
            (Self::Watched, false) => "Mark as watched",
            (Self::Watched, true) => "Mark as not watched",
        }
    }

    pub fn glyph(self, is_on: bool) -> AnyView {
        const HEART: &str = "M12 20.3 4.6 12.9a4.6 4.6 0 0 1 6.5-6.5l.9.9.9-.9a4.6 4.6 0 0 1 6.5 6.5z";
        const EYE: &str =
            "M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z";
        match (self, is_on) {
            (Self::Listed, _) => drawn(Icon::MyList.path(), is_on).into_any(),
            (Self::Favourite, _) => drawn(HEART, is_on).into_any(),
            (Self::Watched, _) => drawn(EYE, false).into_any(),
        }
    }
}

/// Of the way to all that can be done with a title.
pub fn more_glyph() -> impl IntoView {
    const DOTS: &str = "M5 10.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM12 10.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z\
        M19 10.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z";
    drawn(DOTS, true)
}

/// What is under way of the library.
pub fn use_pending() -> Memo<Vec<Pending>> {
    let (state, _) = use_store();
    Memo::new(move |_| state.mutations().with(pending))
}

/// The marks of a title; nothing while they are not known.
pub fn use_marks(title: Signal<Option<Named>>) -> Memo<Option<TitleMarks>> {
    let under_way = use_pending();
    let library = library();
    // Both are told of by themselves: what a title's marks are made of is small.
    let of = |library: &Library, title: &Option<Named>| title.as_ref().and_then(|title| library.marks_of(&title.id, &[]));
    let said = library.select_with(of, title);
    Memo::new(move |_| {
        let (title, said) = (title.get()?, said.get()?);
        Some(under_way.with(|pending| said.with(&title.id, pending)))
    })
}

/// The way to change the library.
#[derive(Clone)]
pub struct Changing {
    state: Store<State>,
    dispatch: Callback<Action>,
    library: LazyStore<Library>,
}

/// For whoever changes something of it.
pub fn use_changing() -> Changing {
    let (state, dispatch) = use_store();
    Changing { state, dispatch, library: library() }
}

impl Changing {
    pub fn make(&self, change: LibraryChange) {
        self.enter(change.entry());
    }

    /// Without a word: what follows says it.
    pub fn make_silently(&self, change: LibraryChange) {
        self.enter(LibraryEntry { said: String::new(), ..change.entry() });
    }

    /// In words of its own.
    pub fn make_saying(&self, said: String, change: LibraryChange) {
        self.enter(LibraryEntry { said, ..change.entry() });
    }

    /// Nothing was to be changed, and why.
    pub fn note(&self, text: String) {
        self.dispatch.run(Action::Noted { text });
    }

    fn enter(&self, entry: LibraryEntry) {
        self.dispatch.run(Action::LibraryChangeWanted { entry, now: dom::now() });
    }

    /// Sets a mark, or takes it away.
    pub fn toggle(&self, mark: Mark, title: Named) {
        let under_way = self.state.mutations().with_untracked(pending);
        let marks = self.library.read(|library| library.marks_of(&title.id, &under_way));
        let is_on = mark.is_in(marks.unwrap_or_default());
        let is_begun = self.state.mine().with_untracked(|mine| mine.progress(&title.id).is_some());
        if mark == Mark::Watched && !is_on && is_begun {
            // It is watched by that, and nowhere to be resumed; Undo brings both back.
            return self.dispatch.run(Action::FinishWanted { id: title.id, now: dom::now() });
        }
        let change = match (mark, is_on) {
            (Mark::Listed, false) => LibraryChange::Add(Listed::on(ListId::watchlist(), mark.name(), title)),
            (Mark::Listed, true) => {
                LibraryChange::Remove(self.library.read(|library| library.listed(ListId::watchlist(), mark.name(), title)))
            }
            (Mark::Favourite, false) => LibraryChange::AddFavourite(title),
            (Mark::Favourite, true) => LibraryChange::RemoveFavourite(title),
            (Mark::Watched, is_on) => self.library.read(|library| library.watched_change(title, !is_on, dom::now())),
        };
        // Also where it is not known what it was before: Undo takes back what this change does, which the server knows, and no more.
        self.enter(change.entry());
    }

    /// The id of the change that was made last.
    pub fn last(&self) -> u64 {
        self.state.mutations().with_untracked(Mutations::last)
    }

    /// Takes a title off a list again that this change put on it: one that was on it before stays. Without a word: which of the two it is the
    /// server alone knows.
    pub fn take_off_again(&self, list: ListId, name: &str, title: Named, added_by: u64) {
        let change = LibraryChange::Remove(self.library.read(|library| library.listed(list, name, title)));
        self.enter(LibraryEntry { said: String::new(), takes_back: Some(added_by), ..change.entry() });
    }

    /// Takes a title off a list.
    pub fn take_off(&self, list: ListId, name: &str, title: Named) {
        self.make(LibraryChange::Remove(self.library.read(|library| library.listed(list, name, title))));
    }

    /// A title by its id, with the name that it is known by here.
    pub fn named(&self, id: &str, otherwise: String) -> Option<Named> {
        let id: TitleId = id.parse().ok()?;
        let shown = self.state.titles().with_untracked(|titles| titles.get(&id).map(|card| card.title.clone()));
        let name = shown.or_else(|| self.library.read(|library| library.cards.get(&id).map(|card| card.title.clone())));
        Some(Named { name: name.unwrap_or(otherwise), id })
    }
}

/// A button that sets a mark of a title and takes it away. Its word stands beside the glyph, unless a `hint` takes its place.
#[component]
pub fn MarkButton(mark: Mark, #[prop(into)] title: Signal<Option<Named>>, class: &'static str, has_word: bool) -> impl IntoView {
    let marks = use_marks(title);
    let is_on = Memo::new(move |_| mark.is_in(marks.get().unwrap_or_default()));
    let changing = StoredValue::new(use_changing());
    let press = move |_| {
        if let Some(title) = title.get_untracked() {
            changing.with_value(|changing| changing.toggle(mark, title));
        }
    };
    view! {
        <button
            class=class
            type="button"
            aria-label=(!has_word).then_some(mark.name())
            aria-pressed=move || is_on.get().to_string()
            aria-keyshortcuts=mark.letter()
            title=move || format!("{} ({})", mark.action(is_on.get()), mark.letter())
            on:click=press
        >
            {move || mark.glyph(is_on.get())}
            {has_word.then_some(mark.name())}
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_has_a_letter_of_its_own() {
        for mark in Mark::ALL {
            let letter = mark.letter().to_lowercase();
            assert_eq!(letter.chars().next().and_then(Mark::of_letter), Some(mark));
        }
        assert_eq!(Mark::of_letter('x'), None);
    }
}
