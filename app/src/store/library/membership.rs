//! On which lists the title is whose actions are shown: as the server said it, with what is under way. What nobody has said yet is
//! neither yes nor no.

use std::collections::BTreeSet;

use contract::{
    ids::{ListId, TitleId},
    library::TitleList,
};

use super::{
    Library,
    apply::set,
    change::{LibraryChange, Pending},
    changes,
    shelf::Shelf,
};

/// The lists that have a title.
pub type Membership = BTreeSet<ListId>;

/// Those of some lists that say that they have the title that was asked about.
pub fn having(lists: &[TitleList]) -> Membership {
    lists.iter().filter(|list| list.has_title.unwrap_or_default()).map(|list| list.id.clone()).collect()
}

impl Library {
    /// Whether a title is on a list, with what is under way; nothing while that is not known.
    pub fn has_title(&self, list: &ListId, title: &TitleId, pending: &[Pending]) -> Option<bool> {
        let lists = self.membership.ready().filter(|_| self.membership.key() == Some(title));
        let said = lists.map(|lists| lists.contains(list)).or_else(|| self.is_on_page(list, title).then_some(true));
        changes(pending)
            .filter_map(|change| put(change, title))
            .filter(|(on, _)| *on == list)
            .map(|(_, is_on)| is_on)
            .last()
            .or(said)
    }

    /// Whether the page of the list shows the title. Of one that it does not show nothing is known: there may be further pages.
    fn is_on_page(&self, list: &ListId, title: &TitleId) -> bool {
        let page = self.page.ready().filter(|_| self.page.key() == Some(&Shelf::List(list.clone())));
        page.is_some_and(|page| page.place(title).is_some())
    }

    /// Takes in where the title is by a change that the server made.
    pub(super) fn list_by(&mut self, change: &LibraryChange) {
        let Some(title) = self.membership.key().cloned() else { return };
        if let Some((list, is_on)) = put(change, &title) {
            self.list_title(list, &title, is_on);
        }
    }

    /// The same by its words.
    pub(super) fn list_title(&mut self, list: &ListId, title: &TitleId, is_on: bool) {
        if self.membership.key() == Some(title)
            && let Some(lists) = self.membership.ready_mut()
        {
            set(lists, list, is_on);
        }
    }
}

/// The list that a change puts a title on, or takes it off; and which of the two.
fn put<'a>(change: &'a LibraryChange, title: &TitleId) -> Option<(&'a ListId, bool)> {
    match change {
        LibraryChange::Add(listed) if listed.title.id == *title => Some((&listed.list, true)),
        LibraryChange::Remove(listed) if listed.title.id == *title => Some((&listed.list, false)),
        LibraryChange::Add(_)
        | LibraryChange::Remove(_)
        | LibraryChange::AddFavourite(_)
        | LibraryChange::RemoveFavourite(_)
        | LibraryChange::Watch { .. }
        | LibraryChange::Unwatch { .. }
        | LibraryChange::Move { .. }
        | LibraryChange::SaveList { .. }
        | LibraryChange::DeleteList(_)
        | LibraryChange::ForgetHistory
        | LibraryChange::KeepHistory { .. }
        | LibraryChange::Hide(_)
        | LibraryChange::Recommend(_) => None,
    }
}
