//! What is asked for, and asked for again.

use super::{Effect, Library, Request, Resource, Shelf, Submission, elsewhere::hidden, may_pass, more_wanted};

pub fn marks(state: &mut Library) -> Vec<Effect> {
    state.marks.load(()).then_some(Effect::Send(Request::Marks)).into_iter().collect()
}

pub fn lists(state: &mut Library) -> Vec<Effect> {
    if state.lists.load(()) { vec![ask_lists(state)] } else { Vec::new() }
}

/// Asks for the lists, whether or not they are there; and which of them have the title whose actions are shown.
pub fn ask_lists(state: &mut Library) -> Effect {
    state.lists.refresh(());
    if let Some(title) = &state.sheet {
        state.membership.refresh(title.id.clone());
    }
    Effect::Send(lists_request(state))
}

/// How many titles there are to find.
pub fn ask_size(state: &mut Library) -> Vec<Effect> {
    state.size.refresh(());
    vec![Effect::Send(Request::Size)]
}

pub fn lists_request(state: &Library) -> Request {
    Request::Lists(state.sheet.as_ref().map(|title| title.id.clone()))
}

/// Asks again for what failed, also to be refreshed: on the viewer's wish whatever the reason was, else what may work by now. What is
/// on the screen stays meanwhile.
pub fn retry(state: &mut Library, is_wanted: bool) -> Vec<Effect> {
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
    if is_due(&state.hidden, is_wanted) {
        effects.extend(hidden(state));
    }
    if is_due(&state.size, is_wanted) {
        effects.extend(ask_size(state));
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

/// Only what was asked for before is asked for again.
pub fn refresh_marks(state: &mut Library) -> Vec<Effect> {
    if state.marks.key().is_none() {
        return Vec::new();
    }
    state.marks.refresh(());
    vec![Effect::Send(Request::Marks)]
}

pub fn refresh_lists(state: &mut Library) -> Vec<Effect> {
    if state.lists.key().is_none() {
        return Vec::new();
    }
    vec![ask_lists(state)]
}

pub fn refresh_settings(state: &mut Library) -> Vec<Effect> {
    if state.settings.key().is_none() {
        return Vec::new();
    }
    state.settings.refresh(());
    vec![Effect::Send(Request::Settings)]
}

/// Where this list is on the screen; else it is asked for again when it is opened, and what was shown of it is kept until then.
pub fn refresh_page(state: &mut Library, shelf: &Shelf) -> Vec<Effect> {
    if state.page.key() != Some(shelf) || state.open.as_ref() != Some(shelf) {
        return Vec::new();
    }
    state.page.refresh(shelf.clone());
    vec![Effect::Send(Request::Page(shelf.clone()))]
}
