//! What follows from what other devices of this profile did, and from having missed some of it.

use super::{
    Effect, Library, ListId, Request, Shelf, TitleId,
    asking::{refresh_lists, refresh_marks, refresh_page, refresh_settings},
    marked, may_pass,
};
use crate::store::library::{
    MarkSets,
    apply::set,
    unwanted::{Unwanted, add},
};

/// A title was put on a list or taken off it.
pub fn listed(state: &mut Library, list: ListId, id: &TitleId, is_on: bool) -> Vec<Effect> {
    state.list_title(&list, id, is_on);
    let mut effects = Vec::new();
    if list == ListId::watchlist() {
        effects = marked_elsewhere(state, |marks| set(&mut marks.watchlist, id, is_on));
    }
    effects.extend(refresh_lists(state));
    effects.extend(refresh_page(state, &Shelf::List(list)));
    effects
}

pub fn favoured(state: &mut Library, id: &TitleId, is_on: bool) -> Vec<Effect> {
    let mut effects = marked_elsewhere(state, |marks| set(&mut marks.favourites, id, is_on));
    effects.extend(refresh_page(state, &Shelf::Favourites));
    effects
}

pub fn watched(state: &mut Library, id: &TitleId, is_on: bool) -> Vec<Effect> {
    let mut effects = marked_elsewhere(state, |marks| set(&mut marks.watched, id, is_on));
    effects.extend(refresh_page(state, &Shelf::History));
    effects
}

/// Marks that are on their way may have been read before what another device did: they are asked for once more.
fn marked_elsewhere(state: &mut Library, change: impl FnOnce(&mut MarkSets)) -> Vec<Effect> {
    marked(state, change);
    state.marks.is_loading().then_some(Effect::Send(Request::Marks)).into_iter().collect()
}

/// A list was made, changed, put into another order or deleted.
pub fn list_changed(state: &mut Library, id: ListId) -> Vec<Effect> {
    let mut effects = refresh_lists(state);
    effects.extend(refresh_page(state, &Shelf::List(id)));
    effects
}

pub fn history_changed(state: &mut Library) -> Vec<Effect> {
    let mut effects = refresh_marks(state);
    effects.extend(refresh_page(state, &Shelf::History));
    effects
}

/// Something is not to be recommended any more: what is on its way may not know it.
pub fn unwanted(state: &mut Library, unwanted: Unwanted) -> Vec<Effect> {
    add(&mut state.verdicts, unwanted);
    if state.hidden.is_loading() { hidden(state) } else { Vec::new() }
}

/// What of it is wanted again nobody says: it is asked for where something is taken out of rows. Where nothing is, what is on its way
/// stays so: what the viewer wants nothing of before that is answered it does not know.
pub fn hidden(state: &mut Library) -> Vec<Effect> {
    if !state.verdicts.iter().any(|(_, is_hidden)| *is_hidden) {
        return Vec::new();
    }
    state.hidden.refresh(());
    vec![Effect::Send(Request::Hidden)]
}

/// Something was missed.
pub fn resync(state: &mut Library) -> Vec<Effect> {
    let mut effects = refresh_marks(state);
    effects.extend(refresh_lists(state));
    effects.extend(refresh_settings(state));
    effects.extend(hidden(state));
    // That there is no such list is an answer, and stays on the screen.
    let may_be_there = state.page.failed().is_none_or(may_pass);
    if let Some(shelf) = state.page.key().filter(|_| may_be_there).cloned() {
        effects.extend(refresh_page(state, &shelf));
    }
    effects
}
