//! What a change makes of what the server said: laid over it while the change is under way, and part of it once it is confirmed.
//! One way for both, so that nothing jumps as a change arrives.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use contract::{
    catalog::TitleCard,
    ids::{ListId, TitleId},
    library::{Marks, TitleList, WATCHLIST},
};

use super::{
    change::{Between, LibraryChange, ListWords, Listed, Named, Pending},
    shelf::{Shelf, ShelfItem, ShelfPage},
};

/// The cards that pages of lists showed so far.
pub type Cards = BTreeMap<TitleId, Arc<TitleCard>>;

/// What of the viewer's own a card can say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkSets {
    pub watchlist: BTreeSet<TitleId>,
    pub favourites: BTreeSet<TitleId>,
    pub watched: BTreeSet<TitleId>,
}

/// The same of one title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TitleMarks {
    pub is_listed: bool,
    pub is_favourite: bool,
    pub is_watched: bool,
}

impl From<Marks> for MarkSets {
    fn from(marks: Marks) -> Self {
        let set = |ids: Vec<TitleId>| ids.into_iter().collect();
        Self { watchlist: set(marks.watchlist), favourites: set(marks.favourites), watched: set(marks.watched) }
    }
}

impl MarkSets {
    pub fn of(&self, id: &TitleId) -> TitleMarks {
        TitleMarks {
            is_listed: self.watchlist.contains(id),
            is_favourite: self.favourites.contains(id),
            is_watched: self.watched.contains(id),
        }
    }

    pub fn apply(&mut self, change: &LibraryChange) {
        match change {
            LibraryChange::ForgetHistory => self.watched.clear(),
            LibraryChange::Add(Listed { title: Named { id, .. }, .. })
            | LibraryChange::Remove(Listed { title: Named { id, .. }, .. })
            | LibraryChange::AddFavourite(Named { id, .. })
            | LibraryChange::RemoveFavourite(Named { id, .. })
            | LibraryChange::Watch { title: Named { id, .. }, .. }
            | LibraryChange::Unwatch { title: Named { id, .. }, .. } => {
                let mut marks = self.of(id);
                marks.apply(id, change);
                set(&mut self.watchlist, id, marks.is_listed);
                set(&mut self.favourites, id, marks.is_favourite);
                set(&mut self.watched, id, marks.is_watched);
            }
            LibraryChange::Move { .. }
            | LibraryChange::SaveList { .. }
            | LibraryChange::DeleteList(_)
            | LibraryChange::KeepHistory { .. }
            | LibraryChange::Hide(_)
            | LibraryChange::Recommend(_) => {}
        }
    }
}

/// Has it in the set, or not.
pub fn set<T: Clone + Ord>(ids: &mut BTreeSet<T>, id: &T, is_in: bool) {
    if is_in {
        ids.insert(id.clone());
    } else {
        ids.remove(id);
    }
}

impl TitleMarks {
    /// With what is under way.
    pub fn with(mut self, id: &TitleId, pending: &[Pending]) -> Self {
        for change in pending {
            match change {
                Pending::Library(change) => self.apply(id, change),
                Pending::Finished(finished) => self.is_watched |= finished == id,
            }
        }
        self
    }

    fn apply(&mut self, id: &TitleId, change: &LibraryChange) {
        match change {
            LibraryChange::Add(listed) if is_mine(listed, id) => self.is_listed = true,
            LibraryChange::Remove(listed) if is_mine(listed, id) => self.is_listed = false,
            LibraryChange::AddFavourite(title) if title.id == *id => self.is_favourite = true,
            LibraryChange::RemoveFavourite(title) if title.id == *id => self.is_favourite = false,
            LibraryChange::Watch { title, .. } if title.id == *id => self.is_watched = true,
            // Whether a viewing was the last one, the server says.
            LibraryChange::Unwatch { title, is_never: true, .. } if title.id == *id => self.is_watched = false,
            LibraryChange::Unwatch { title, dates, .. } if title.id == *id && dates.len() == 1 => self.is_watched = false,
            LibraryChange::ForgetHistory => self.is_watched = false,
            LibraryChange::Add(_)
            | LibraryChange::Remove(_)
            | LibraryChange::AddFavourite(_)
            | LibraryChange::RemoveFavourite(_)
            | LibraryChange::Watch { .. }
            | LibraryChange::Unwatch { .. }
            | LibraryChange::Move { .. }
            | LibraryChange::SaveList { .. }
            | LibraryChange::DeleteList(_)
            | LibraryChange::KeepHistory { .. }
            | LibraryChange::Hide(_)
            | LibraryChange::Recommend(_) => {}
        }
    }
}

/// Whether it is this title on "My list".
fn is_mine(listed: &Listed, id: &TitleId) -> bool {
    listed.list.as_str() == WATCHLIST && listed.title.id == *id
}

/// The lists: "My list" first, one's own by name, then those of others.
pub fn apply_to_lists(lists: &mut Vec<TitleList>, change: &LibraryChange) {
    match change {
        LibraryChange::Add(listed) => count(lists, &listed.list, |count| count.saturating_add(1)),
        LibraryChange::Remove(listed) => count(lists, &listed.list, |count| count.saturating_sub(1)),
        LibraryChange::SaveList { list: ListWords { id, name, note, is_shared }, .. } => {
            let count = lists.iter().find(|list| list.id == *id).map_or(0, |list| list.count);
            lists.retain(|list| list.id != *id);
            let (name, note) = (name.clone(), note.clone());
            let saved = TitleList {
                id: id.clone(),
                name,
                note,
                is_shared: *is_shared,
                is_own: true,
                shared_by: None,
                count,
                has_title: None,
            };
            lists.insert(lists.partition_point(|list| stands_before(list, &saved)), saved);
        }
        LibraryChange::DeleteList(list) => lists.retain(|other| other.id != list.id),
        LibraryChange::Move { .. }
        | LibraryChange::AddFavourite(_)
        | LibraryChange::RemoveFavourite(_)
        | LibraryChange::Watch { .. }
        | LibraryChange::Unwatch { .. }
        | LibraryChange::ForgetHistory
        | LibraryChange::KeepHistory { .. }
        | LibraryChange::Hide(_)
        | LibraryChange::Recommend(_) => {}
    }
}

fn count(lists: &mut [TitleList], id: &ListId, change: impl Fn(u64) -> u64) {
    if let Some(list) = lists.iter_mut().find(|list| list.id == *id) {
        list.count = change(list.count);
    }
}

fn stands_before(list: &TitleList, saved: &TitleList) -> bool {
    list.id.as_str() == WATCHLIST || (list.is_own && list.name.to_lowercase() <= saved.name.to_lowercase())
}

/// What is on the page of one list. Whether it is as it would be if it were asked for now: it is not where a title came of which
/// nothing is known here.
pub fn apply_to_page(page: &mut ShelfPage, shelf: &Shelf, change: &LibraryChange, cards: &Cards) -> bool {
    let is_here = |list: &ListId| matches!(shelf, Shelf::List(here) if here == list);
    match change {
        LibraryChange::Add(listed) if is_here(&listed.list) => {
            let known = cards.get(&listed.title.id).cloned();
            let item = known.map(|card| ShelfItem { note: listed.note.clone(), ..ShelfItem::of(card) });
            add(page, &listed.title.id, item, listed.between.as_ref())
        }
        LibraryChange::Remove(listed) if is_here(&listed.list) => remove(page, &listed.title.id),
        LibraryChange::Move { listed, from: _ } if is_here(&listed.list) => {
            let Some(at) = page.place(&listed.title.id) else { return true };
            let item = page.items.remove(at);
            page.items.insert(place(page, listed.between.as_ref()), item);
            true
        }
        LibraryChange::AddFavourite(title) if *shelf == Shelf::Favourites => {
            add(page, &title.id, cards.get(&title.id).cloned().map(ShelfItem::of), None)
        }
        LibraryChange::RemoveFavourite(title) if *shelf == Shelf::Favourites => remove(page, &title.id),
        LibraryChange::Watch { title, dates } if *shelf == Shelf::History => watch(page, &title.id, dates, cards),
        LibraryChange::Unwatch { title, is_never: true, .. } if *shelf == Shelf::History => remove(page, &title.id),
        LibraryChange::Unwatch { title, dates, .. } if *shelf == Shelf::History => {
            let Some(item) = page.items.iter_mut().find(|item| item.card.id == title.id) else { return true };
            item.dates.retain(|date| !dates.contains(date));
            if item.dates.is_empty() { remove(page, &title.id) } else { true }
        }
        LibraryChange::ForgetHistory if *shelf == Shelf::History => {
            *page = ShelfPage::default();
            true
        }
        LibraryChange::Add(_)
        | LibraryChange::Remove(_)
        | LibraryChange::Move { .. }
        | LibraryChange::AddFavourite(_)
        | LibraryChange::RemoveFavourite(_)
        | LibraryChange::Watch { .. }
        | LibraryChange::Unwatch { .. }
        | LibraryChange::SaveList { .. }
        | LibraryChange::DeleteList(_)
        | LibraryChange::ForgetHistory
        | LibraryChange::KeepHistory { .. }
        | LibraryChange::Hide(_)
        | LibraryChange::Recommend(_) => true,
    }
}

fn add(page: &mut ShelfPage, id: &TitleId, item: Option<ShelfItem>, between: Option<&Between>) -> bool {
    if page.place(id).is_some() {
        return true;
    }
    page.total = page.total.saturating_add(1);
    let Some(item) = item else { return false };
    let at = place(page, between);
    page.items.insert(at, item);
    true
}

fn remove(page: &mut ShelfPage, id: &TitleId) -> bool {
    if let Some(at) = page.place(id) {
        page.items.remove(at);
        page.total = page.total.saturating_sub(1);
    }
    true
}

fn watch(page: &mut ShelfPage, id: &TitleId, dates: &[u64], cards: &Cards) -> bool {
    let there = page.place(id).map(|at| page.items.remove(at));
    if there.is_none() {
        page.total = page.total.saturating_add(1);
    }
    let Some(mut item) = there.or_else(|| cards.get(id).cloned().map(ShelfItem::of)) else { return false };
    item.dates.extend(dates.iter().copied().filter(|date| !item.dates.contains(date)).collect::<Vec<_>>());
    item.dates.sort_unstable_by(|a, b| b.cmp(a));
    let latest = item.dates.first().copied();
    page.items.insert(page.items.partition_point(|other| other.dates.first().copied() > latest), item);
    // When it was watched the server alone knows, where it brings back what it removed.
    latest.is_some()
}

/// Where what stands between these two belongs; on top where neither is on the page.
fn place(page: &ShelfPage, between: Option<&Between>) -> usize {
    let Some(Between { before, behind }) = between else { return 0 };
    let behind_first = before.as_ref().and_then(|id| page.place(id)).map(|at| at + 1);
    behind_first.or_else(|| behind.as_ref().and_then(|id| page.place(id))).unwrap_or(0)
}

/// The titles before and behind the one at `at`.
pub fn neighbours(items: &[ShelfItem], at: usize) -> Between {
    let id = |at: usize| items.get(at).map(|item| item.card.id.clone());
    Between { before: at.checked_sub(1).and_then(id), behind: id(at + 1) }
}
