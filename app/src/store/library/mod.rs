//! The slice of lists, favourites and the history. Loads with what shows them: the buttons of cards, the title's page, the page
//! of lists.
//!
//! It holds what the server said. What is under way is in the log of changes (`store/mutations.rs`) and laid over it where it is
//! shown ([`Library::marks_of`], [`Library::lists_with`], [`Library::page_with`]), and becomes a part of it once it is confirmed.

pub mod apply;
pub mod change;
mod membership;
mod request;
pub mod shelf;
pub mod unwanted;
mod update;

use std::sync::Arc;

use contract::{
    Problem,
    discovery::Hidden,
    ids::{ListId, TitleId},
    library::{HistorySettings, TitleList},
};
use serde::Serialize;

use super::{
    AppStore, Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};
use apply::{Cards, MarkSets, TitleMarks, apply_to_lists, apply_to_page, neighbours, set};
use change::{LibraryChange, Listed, Named, Pending};
use membership::Membership;
pub use request::{LibraryRequest, send_change};
use shelf::{Shelf, ShelfPage};
use unwanted::{Unwanted, Verdicts, with_pending};

/// What follows from an action of the library.
pub type LibraryEffect = LazyEffect<LibraryRequest>;

/// Lists, favourites and the history.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Library {
    /// The list whose page is open.
    pub open: Option<Shelf>,
    /// Of every title, for cards. Asked for by the browser.
    #[serde(skip)]
    pub marks: Resource<(), Arc<MarkSets>>,
    #[serde(skip)]
    pub lists: Resource<(), Vec<TitleList>>,
    pub page: Resource<Shelf, ShelfPage>,
    /// Whether what is played is noted: asked for on the history's page.
    #[serde(skip)]
    pub settings: Resource<(), HistorySettings>,
    /// How many titles there are to find: asked for where a list has none.
    pub size: Resource<(), u64>,
    /// The list that could not be saved last, and why.
    #[serde(skip)]
    pub refusal: Option<(ListId, String)>,
    /// The title whose actions are shown over the page.
    #[serde(skip)]
    pub sheet: Option<Named>,
    /// The lists that it is on: asked for with them while it is shown.
    #[serde(skip)]
    pub membership: Resource<TitleId, Membership>,
    /// What pages showed so far: what is brought back is shown at once.
    #[serde(skip)]
    pub cards: Arc<Cards>,
    /// Of recommendations, as the server confirmed them.
    #[serde(skip)]
    pub verdicts: Verdicts,
    /// Whether what the server says of them was asked for, and how that went; what it says is in the verdicts.
    #[serde(skip)]
    pub hidden: Resource<(), ()>,
    /// A film may have been played to its end since the history was asked for.
    pub is_watching: bool,
}

/// What can happen to [`Library`].
#[derive(Clone, Debug, PartialEq)]
pub enum LibraryAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,

    /// Something on the screen shows marks.
    MarksWanted,
    MarksAnswered(Response<MarkSets>),
    /// Something on the screen shows the lists.
    ListsWanted,
    ListsAnswered {
        /// The title of which they say whether they have it.
        title: Option<TitleId>,
        answer: Response<Vec<TitleList>>,
    },
    PageAnswered {
        asked: Shelf,
        answer: Response<ShelfPage>,
    },
    /// The end of what is loaded is near.
    MoreWanted,
    MoreAnswered {
        asked: Shelf,
        token: String,
        answer: Response<ShelfPage>,
    },
    SettingsAnswered(Response<HistorySettings>),
    /// The actions of a title are to be shown, or no more.
    SheetWanted(Option<Named>),

    /// A list is on its way to the server: what was refused before is over.
    ListSaved,
    /// The viewer made a list: it is empty, and the server may not know it yet.
    ListMade {
        id: ListId,
    },
    /// The server made a change of this page, or of an earlier one.
    Confirmed(LibraryChange),
    /// It made one that takes another back.
    TakenBack(LibraryChange),
    /// The server refused one, for a reason in words: what it is about may be other than this page thinks.
    Refused {
        change: LibraryChange,
        words: String,
    },
    /// What was played, or said to be, to its end has arrived.
    HistoryChanged,

    /// Another device of this profile put a title on a list or took it off.
    ListedElsewhere {
        list: ListId,
        id: TitleId,
        is_on: bool,
    },
    /// Another device made a title a favourite, or none any more.
    FavouredElsewhere {
        id: TitleId,
        is_on: bool,
    },
    /// Another device says that a title is watched, or is not.
    WatchedElsewhere {
        id: TitleId,
        is_on: bool,
    },
    /// A list was made, changed, put into another order or deleted elsewhere.
    ListChangedElsewhere {
        id: ListId,
    },
    /// Another device wants to be recommended nothing of something.
    UnwantedElsewhere(Unwanted),
    /// It may want to be recommended something again.
    WantedElsewhere,
    HiddenAnswered(Response<Vec<Hidden>>),
    SizeAnswered(Response<u64>),
    /// Something was missed: everything is asked for again.
    Resync,
    /// The server, which may have been away, answers: what failed is asked for again.
    ServerAnswered,
}

impl LazySlice for Library {
    type Action = LibraryAction;
    type Request = LibraryRequest;

    const NAME: &'static str = "library";
    const IS_PRELOADED: bool = true;

    fn opened(route: Route) -> LibraryAction {
        LibraryAction::Opened(route)
    }

    fn retry_wanted() -> LibraryAction {
        LibraryAction::RetryWanted
    }

    fn update(&mut self, action: LibraryAction) -> Vec<LibraryEffect> {
        update::update(self, action)
    }

    fn is_safe(_request: &LibraryRequest) -> bool {
        // What changes something goes through the log.
        true
    }

    fn send(client: &Client, request: LibraryRequest) -> impl Future<Output = LibraryAction> {
        request::send(client, request)
    }
}

/// The slice, for its pages.
pub fn library() -> LazyStore<Library> {
    super::lazy::slice()
}

/// The same for what is no part of a page.
pub fn library_of(app: AppStore) -> LazyStore<Library> {
    super::lazy::slice_of(app)
}

impl Library {
    /// What of the viewer's own a card can say, with what is under way; nothing while that is not known.
    pub fn marks_of(&self, id: &TitleId, pending: &[Pending]) -> Option<TitleMarks> {
        Some(self.marks.ready()?.of(id).with(id, pending))
    }

    /// The lists with what is under way.
    pub fn lists_with(&self, pending: &[Pending]) -> Option<Vec<TitleList>> {
        let mut lists = self.lists.ready()?.clone();
        changes(pending).for_each(|change| apply_to_lists(&mut lists, change));
        Some(lists)
    }

    /// What of the viewer's own all cards can say, with what is under way; nothing while that is not known.
    pub fn marks_with(&self, pending: &[Pending]) -> Option<Arc<MarkSets>> {
        let mut marks = Arc::clone(self.marks.ready()?);
        for change in pending {
            let marks = Arc::make_mut(&mut marks);
            match change {
                Pending::Library(change) => marks.apply(change),
                Pending::Finished(id) => set(&mut marks.watched, id, true),
            }
        }
        Some(marks)
    }

    /// How many titles are favourites, and how many were watched, with what is under way; nothing while that is not known.
    pub fn mark_counts(&self, pending: &[Pending]) -> Option<(u64, u64)> {
        let marks = self.marks_with(pending)?;
        let count = |ids: &std::collections::BTreeSet<TitleId>| u64::try_from(ids.len()).unwrap_or(u64::MAX);
        Some((count(&marks.favourites), count(&marks.watched)))
    }

    /// What is loaded of the list on the page, with what is under way.
    pub fn page_with(&self, pending: &[Pending]) -> Option<ShelfPage> {
        let shelf = self.open.as_ref()?;
        // The server does not know a list that is only just made.
        let is_new = || changes(pending).any(|change| makes(change, shelf));
        let mut page = self.page.ready().cloned().or_else(|| is_new().then(ShelfPage::default))?;
        for change in changes(pending) {
            apply_to_page(&mut page, shelf, change, &self.cards);
        }
        Some(page)
    }

    /// What the viewer said of recommendations since this page stands, with what is under way.
    pub fn verdicts_with(&self, pending: &[Pending]) -> Verdicts {
        with_pending(self.verdicts.clone(), pending)
    }

    /// Whether a history is kept, with what is under way.
    pub fn keeps_history(&self, pending: &[Pending]) -> Option<bool> {
        let said = changes(pending)
            .filter_map(|change| if let LibraryChange::KeepHistory { is_kept } = change { Some(*is_kept) } else { None });
        said.last().or_else(|| self.settings.ready().map(|settings| settings.is_kept))
    }

    /// Why there is nothing to show.
    pub fn failed(&self) -> Option<&Problem> {
        self.page.failed()
    }

    /// A title on a list, to be taken off it: where that is on the screen, with its place and what is noted of it, so that it can
    /// come back as it was.
    pub fn listed(&self, list: ListId, name: &str, title: Named) -> Listed {
        let page = self.page.ready().filter(|_| self.open == Some(Shelf::List(list.clone())));
        let place = page.and_then(|page| Some((page, page.place(&title.id)?)));
        let between = place.map(|(page, at)| neighbours(&page.items, at));
        let note = place.and_then(|(page, at)| Some(page.items.get(at)?.note.clone())).unwrap_or_default();
        Listed { between, note, ..Listed::on(list, name, title) }
    }

    fn dates_of(&self, id: &TitleId) -> Vec<u64> {
        let page = self.page.ready().filter(|_| self.open == Some(Shelf::History));
        page.and_then(|page| page.items.iter().find(|item| item.card.id == *id))
            .map(|item| item.dates.clone())
            .unwrap_or_default()
    }

    /// What marks a title as watched, or as not watched, at `now`, in milliseconds since 1970.
    pub fn watched_change(&self, title: Named, is_watched: bool, now: u64) -> LibraryChange {
        if is_watched {
            return LibraryChange::Watch { title, dates: vec![now] };
        }
        // Of a title whose dates nobody showed to this page there are none: the server knows what it removes, and brings that back.
        let dates = self.dates_of(&title.id);
        LibraryChange::Unwatch { title, dates, is_never: true }
    }
}

fn changes(pending: &[Pending]) -> impl Iterator<Item = &LibraryChange> {
    pending.iter().filter_map(|pending| match pending {
        Pending::Library(change) => Some(change),
        Pending::Finished(_) => None,
    })
}

/// Whether this change makes the list.
fn makes(change: &LibraryChange, shelf: &Shelf) -> bool {
    if let (LibraryChange::SaveList { list, before: None }, Shelf::List(id)) = (change, shelf) { list.id == *id } else { false }
}

/// Whether a further page is to be asked for.
fn may_go_on(page: &ShelfPage) -> bool {
    page.next.is_some() && page.more != Submission::Pending
}
