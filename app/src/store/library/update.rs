//! What follows from what happens to lists, favourites and the history: pure, a test is a script of actions.

mod asking;
mod elsewhere;

use std::sync::Arc;

use asking::{ask_lists, lists, lists_request, marks, refresh_lists, refresh_marks, refresh_page, retry};
use contract::{
    Problem,
    ids::{ListId, TitleId},
    library::{HistorySettings, TitleList},
};
use elsewhere::history_changed;

use super::{
    Library, LibraryAction as Action, LibraryEffect as Effect, LibraryRequest as Request,
    apply::{apply_to_lists, apply_to_page},
    change::{LibraryChange, Named},
    makes, may_go_on,
    membership::having,
    shelf::{Shelf, ShelfPage},
    unwanted::{judge, keep_hidden},
};
use crate::{
    route::Route,
    store::{Resource, Submission, action::Response, resource::may_pass},
};

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut Library, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, route),
        Action::RetryWanted => retry(state, true),
        Action::MarksWanted => marks(state),
        Action::MarksAnswered(answer) => {
            state.marks.answer(&(), answer.map(Arc::new));
            Vec::new()
        }
        Action::ListsWanted => lists(state),
        Action::ListsAnswered { title, answer } => lists_answered(state, title, answer),
        Action::PageAnswered { asked, answer } => page_answered(state, &asked, answer),
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, token, answer } => more_answered(state, &asked, &token, answer),
        Action::SettingsAnswered(answer) => {
            state.settings.answer(&(), answer);
            Vec::new()
        }
        Action::SheetWanted(title) => sheet_wanted(state, title),
        Action::ListSaved => {
            state.refusal = None;
            Vec::new()
        }
        Action::ListMade { id } => {
            state.page = Resource::of(Shelf::List(id), ShelfPage::default());
            Vec::new()
        }
        Action::Confirmed(change) => confirmed(state, &change),
        Action::TakenBack(change) => taken_back(state, &change),
        Action::Refused { change, words } => refused(state, &change, words),
        Action::HistoryChanged => history_changed(state),
        Action::ListedElsewhere { list, id, is_on } => elsewhere::listed(state, list, &id, is_on),
        Action::FavouredElsewhere { id, is_on } => elsewhere::favoured(state, &id, is_on),
        Action::WatchedElsewhere { id, is_on } => elsewhere::watched(state, &id, is_on),
        Action::ListChangedElsewhere { id } => elsewhere::list_changed(state, id),
        Action::UnwantedElsewhere(unwanted) => elsewhere::unwanted(state, unwanted),
        Action::WantedElsewhere => elsewhere::hidden(state),
        Action::HiddenAnswered(answer) => {
            state.hidden.answer(&(), answer.map(|hidden| keep_hidden(&mut state.verdicts, &hidden)));
            Vec::new()
        }
        Action::SizeAnswered(answer) => {
            state.size.answer(&(), answer);
            Vec::new()
        }
        Action::Resync => elsewhere::resync(state),
        Action::ServerAnswered => retry(state, false),
    }
}

/// One of the lists was opened, or the viewer went elsewhere.
fn opened(state: &mut Library, route: Route) -> Vec<Effect> {
    let was_watching = std::mem::replace(&mut state.is_watching, matches!(route, Route::Watch { .. }));
    let mut effects = if was_watching { history_changed(state) } else { Vec::new() };
    state.sheet = None;
    let Route::MyList { list } = route else {
        state.open = None;
        return effects;
    };
    let shelf = Shelf::parse(list.as_deref());
    effects.extend(lists(state));
    if shelf == Shelf::History && state.settings.load(()) {
        effects.push(Effect::Send(Request::Settings));
    }
    // What is there stays on the screen; another device may have changed it since.
    let is_new = state.page.load(shelf.clone());
    if !is_new && state.open.is_none() {
        state.page.refresh(shelf.clone());
    }
    if is_new || state.open.is_none() {
        effects.push(Effect::Send(Request::Page(shelf.clone())));
    }
    state.open = Some(shelf);
    effects
}

/// What can be done with a title is shown: on which lists it is another device may have changed since that was asked.
fn sheet_wanted(state: &mut Library, title: Option<Named>) -> Vec<Effect> {
    state.sheet = title;
    let Some(title) = &state.sheet else { return Vec::new() };
    state.membership.forget_unless(&title.id);
    let mut effects = vec![ask_lists(state)];
    effects.extend(marks(state));
    effects
}

fn lists_answered(state: &mut Library, title: Option<TitleId>, answer: Response<Vec<TitleList>>) -> Vec<Effect> {
    if let Some(title) = title {
        state.membership.answer(&title, answer.as_ref().map(|lists| having(lists)).map_err(Problem::clone));
    }
    state.lists.answer(&(), answer);
    Vec::new()
}

fn keep_cards(state: &mut Library, answer: &Response<ShelfPage>) {
    let Ok(page) = answer else { return };
    let cards = Arc::make_mut(&mut state.cards);
    cards.extend(page.items.iter().map(|item| (item.card.id.clone(), Arc::clone(&item.card))));
}

fn page_answered(state: &mut Library, asked: &Shelf, answer: Response<ShelfPage>) -> Vec<Effect> {
    keep_cards(state, &answer);
    let is_empty = answer.as_ref().is_ok_and(|page| page.items.is_empty() && page.next.is_none());
    // Whoever has nothing here is led to where there is something, if there is. Once a library has films it has some.
    if !state.page.answer(asked, answer) || !is_empty || state.size.ready().is_some_and(|size| *size > 0) {
        return Vec::new();
    }
    asking::ask_size(state)
}

fn more_wanted(state: &mut Library) -> Vec<Effect> {
    let Some(shelf) = state.open.clone() else { return Vec::new() };
    let Some(page) = state.page.ready_mut().filter(|page| may_go_on(page)) else { return Vec::new() };
    let Some(token) = page.next.clone() else { return Vec::new() };
    page.more = Submission::Pending;
    vec![Effect::Send(Request::More { shelf, token })]
}

/// A page that is not the next one any more, because the list was asked for anew, is nobody's.
fn more_answered(state: &mut Library, asked: &Shelf, token: &str, answer: Response<ShelfPage>) -> Vec<Effect> {
    keep_cards(state, &answer);
    if state.page.key() != Some(asked) {
        return Vec::new();
    }
    let Some(page) = state.page.ready_mut().filter(|page| page.next.as_deref() == Some(token)) else { return Vec::new() };
    match answer {
        Ok(more) => page.append(more),
        Err(problem) => page.more = Submission::Failed(problem),
    }
    Vec::new()
}

fn marked(state: &mut Library, change: impl FnOnce(&mut super::MarkSets)) {
    if let Some(marks) = state.marks.ready_mut() {
        change(Arc::make_mut(marks));
    }
}

/// What is on its way may have been made before the change: it is asked for once more, which ends the older request. So are the lists
/// after an addition, which counts only where the title was not there.
fn confirmed(state: &mut Library, change: &LibraryChange) -> Vec<Effect> {
    let mut effects = apply(state, change);
    let again = [
        (state.marks.is_loading(), Request::Marks),
        (state.lists.is_loading(), lists_request(state)),
        (state.settings.is_loading(), Request::Settings),
        (state.hidden.is_loading(), Request::Hidden),
    ];
    effects.extend(again.into_iter().filter(|(is_loading, _)| *is_loading).map(|(_, request)| Effect::Send(request)));
    if let LibraryChange::Add(_) = change
        && !state.lists.is_loading()
    {
        effects.extend(refresh_lists(state));
    }
    if let Some(shelf) = state.page.key().filter(|_| state.page.is_loading()).cloned() {
        let request = Effect::Send(Request::Page(shelf));
        if !effects.contains(&request) {
            effects.push(request);
        }
    }
    effects
}

/// What the other change had done, and so what came of taking it back, the server alone knows: it takes nothing off that was there before.
fn taken_back(state: &mut Library, change: &LibraryChange) -> Vec<Effect> {
    let mut effects = confirmed(state, change);
    let again = match change {
        LibraryChange::Add(listed) | LibraryChange::Remove(listed) => {
            let mut again = refresh_marks(state);
            again.extend(refresh_lists(state));
            again.extend(refresh_page(state, &Shelf::List(listed.list.clone())));
            again
        }
        LibraryChange::AddFavourite(_) | LibraryChange::RemoveFavourite(_) => {
            let mut again = refresh_marks(state);
            again.extend(refresh_page(state, &Shelf::Favourites));
            again
        }
        LibraryChange::Watch { .. } | LibraryChange::Unwatch { .. } => history_changed(state),
        LibraryChange::Move { .. }
        | LibraryChange::SaveList { .. }
        | LibraryChange::DeleteList(_)
        | LibraryChange::ForgetHistory
        | LibraryChange::KeepHistory { .. }
        | LibraryChange::Hide(_)
        | LibraryChange::Recommend(_) => Vec::new(),
    };
    effects.extend(again.into_iter().filter(|effect| !effects.contains(effect)).collect::<Vec<_>>());
    effects
}

fn apply(state: &mut Library, change: &LibraryChange) -> Vec<Effect> {
    judge(&mut state.verdicts, change);
    marked(state, |marks| marks.apply(change));
    state.list_by(change);
    if let Some(lists) = state.lists.ready_mut() {
        apply_to_lists(lists, change);
    }
    if let LibraryChange::KeepHistory { is_kept } = change {
        state.settings = Resource::of((), HistorySettings { is_kept: *is_kept });
    }
    let Some(shelf) = state.page.key().cloned() else { return Vec::new() };
    if makes(change, &shelf) && state.page.ready().is_none() {
        // Asked for before it was there.
        state.page = Resource::of(shelf.clone(), ShelfPage::default());
        return refresh_page(state, &shelf);
    }
    let cards = Arc::clone(&state.cards);
    let is_whole = state.page.ready_mut().is_none_or(|page| apply_to_page(page, &shelf, change, &cards));
    if is_whole { Vec::new() } else { refresh_page(state, &shelf) }
}

/// What it was about is asked for again: a list that is gone, an order that is another one by now.
fn refused(state: &mut Library, change: &LibraryChange, words: String) -> Vec<Effect> {
    match change {
        LibraryChange::Add(listed) | LibraryChange::Remove(listed) | LibraryChange::Move { listed, .. } => {
            let mut effects = refresh_lists(state);
            effects.extend(refresh_page(state, &Shelf::List(listed.list.clone())));
            effects
        }
        LibraryChange::SaveList { list, before } => {
            state.refusal = Some((list.id.clone(), words));
            let mut effects = refresh_lists(state);
            if before.is_none() {
                effects.extend(never_made(state, &Shelf::List(list.id.clone())));
            }
            effects
        }
        LibraryChange::DeleteList(_) => refresh_lists(state),
        LibraryChange::AddFavourite(_)
        | LibraryChange::RemoveFavourite(_)
        | LibraryChange::Watch { .. }
        | LibraryChange::Unwatch { .. }
        | LibraryChange::ForgetHistory
        | LibraryChange::KeepHistory { .. }
        | LibraryChange::Hide(_)
        | LibraryChange::Recommend(_) => Vec::new(),
    }
}

/// Whoever went to a list that was not made yet finds that it is not there.
fn never_made(state: &mut Library, shelf: &Shelf) -> Vec<Effect> {
    if state.page.key() != Some(shelf) {
        return Vec::new();
    }
    state.page = Resource::default();
    if state.open.as_ref() != Some(shelf) {
        return Vec::new();
    }
    state.page.load(shelf.clone());
    vec![Effect::Send(Request::Page(shelf.clone()))]
}

#[cfg(test)]
mod tests;
