//! What follows from what happens to lists, favourites and the history: pure, a test is a script of actions.

use std::sync::Arc;

use contract::{
    ids::{ListId, TitleId},
    library::HistorySettings,
};

use super::{
    Library, LibraryAction as Action, LibraryEffect as Effect, LibraryRequest as Request,
    apply::{apply_to_lists, apply_to_page, set},
    change::LibraryChange,
    makes, may_go_on,
    shelf::{Shelf, ShelfPage},
    unwanted::{add, judge, keep_hidden},
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
        Action::ListsAnswered(answer) => {
            state.lists.answer(&(), answer);
            Vec::new()
        }
        Action::PageAnswered { asked, answer } => page_answered(state, &asked, answer),
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, token, answer } => more_answered(state, &asked, &token, answer),
        Action::SettingsAnswered(answer) => {
            state.settings.answer(&(), answer);
            Vec::new()
        }
        Action::SheetWanted(title) => {
            state.sheet = title;
            if state.sheet.is_some() { lists(state).into_iter().chain(marks(state)).collect() } else { Vec::new() }
        }
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
        Action::ListedElsewhere { list, id, is_on } => listed_elsewhere(state, list, &id, is_on),
        Action::FavouredElsewhere { id, is_on } => {
            marked(state, |marks| set(&mut marks.favourites, &id, is_on));
            refresh_page(state, &Shelf::Favourites)
        }
        Action::WatchedElsewhere { id, is_on } => {
            marked(state, |marks| set(&mut marks.watched, &id, is_on));
            refresh_page(state, &Shelf::History)
        }
        Action::ListChangedElsewhere { id } => {
            let mut effects = refresh_lists(state);
            effects.extend(refresh_page(state, &Shelf::List(id)));
            effects
        }
        Action::UnwantedElsewhere(unwanted) => {
            add(&mut state.verdicts, unwanted);
            Vec::new()
        }
        Action::WantedElsewhere => hidden(state),
        Action::HiddenAnswered(answer) => {
            if let Ok(hidden) = answer {
                keep_hidden(&mut state.verdicts, &hidden);
            }
            Vec::new()
        }
        Action::SizeAnswered(answer) => {
            state.size.answer(&(), answer);
            Vec::new()
        }
        Action::Resync => resync(state),
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

fn marks(state: &mut Library) -> Vec<Effect> {
    state.marks.load(()).then_some(Effect::Send(Request::Marks)).into_iter().collect()
}

fn lists(state: &mut Library) -> Vec<Effect> {
    state.lists.load(()).then_some(Effect::Send(Request::Lists)).into_iter().collect()
}

/// Asks again for what failed, also to be refreshed: on the viewer's wish whatever the reason was, else what may work by now. What is
/// on the screen stays meanwhile.
fn retry(state: &mut Library, is_wanted: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    if is_due(&state.lists, is_wanted) {
        effects.extend(refresh_lists(state));
    }
    if is_due(&state.marks, is_wanted) {
        effects.extend(refresh_marks(state));
    }
    if is_due(&state.settings, is_wanted) {
        effects.extend(refresh_settings(state));
    }
    if let Some(shelf) = state.open.clone().filter(|_| is_due(&state.page, is_wanted)) {
        effects.extend(refresh_page(state, &shelf));
    }
    if let Some(page) = state.page.ready_mut()
        && page.more.failed().is_some_and(|problem| is_wanted || may_pass(problem))
    {
        page.more = Submission::Idle;
        effects.extend(more_wanted(state));
    }
    effects
}

fn is_due<K: PartialEq, T>(resource: &Resource<K, T>, is_wanted: bool) -> bool {
    resource.has_failed() || (is_wanted && resource.failed().is_some())
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
    state.size.refresh(());
    vec![Effect::Send(Request::Size)]
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
        (state.lists.is_loading(), Request::Lists),
        (state.settings.is_loading(), Request::Settings),
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

fn history_changed(state: &mut Library) -> Vec<Effect> {
    let mut effects = refresh_marks(state);
    effects.extend(refresh_page(state, &Shelf::History));
    effects
}

/// What of it is wanted again nobody says: it is asked for where something is taken out of rows.
fn hidden(state: &Library) -> Vec<Effect> {
    let has_any = state.verdicts.iter().any(|(_, is_hidden)| *is_hidden);
    has_any.then_some(Effect::Send(Request::Hidden)).into_iter().collect()
}

/// Only what was asked for before is asked for again.
fn refresh_marks(state: &mut Library) -> Vec<Effect> {
    if state.marks.key().is_none() {
        return Vec::new();
    }
    state.marks.refresh(());
    vec![Effect::Send(Request::Marks)]
}

fn refresh_lists(state: &mut Library) -> Vec<Effect> {
    if state.lists.key().is_none() {
        return Vec::new();
    }
    state.lists.refresh(());
    vec![Effect::Send(Request::Lists)]
}

fn refresh_settings(state: &mut Library) -> Vec<Effect> {
    if state.settings.key().is_none() {
        return Vec::new();
    }
    state.settings.refresh(());
    vec![Effect::Send(Request::Settings)]
}

/// Where this list is on the screen; else it is asked for again when it is opened, and what was shown of it is kept until then.
fn refresh_page(state: &mut Library, shelf: &Shelf) -> Vec<Effect> {
    if state.page.key() != Some(shelf) || state.open.as_ref() != Some(shelf) {
        return Vec::new();
    }
    state.page.refresh(shelf.clone());
    vec![Effect::Send(Request::Page(shelf.clone()))]
}

fn listed_elsewhere(state: &mut Library, list: ListId, id: &TitleId, is_on: bool) -> Vec<Effect> {
    if list == ListId::watchlist() {
        marked(state, |marks| set(&mut marks.watchlist, id, is_on));
    }
    let mut effects = refresh_lists(state);
    effects.extend(refresh_page(state, &Shelf::List(list)));
    effects
}

fn resync(state: &mut Library) -> Vec<Effect> {
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

#[cfg(test)]
mod tests;
