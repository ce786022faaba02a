//! Changes on their way to the server: at once on the screen, then confirmed, taken back, or kept until there is a network.

use contract::{
    Code, Problem,
    identity::GetWatcher,
    ids::TitleId,
    playback::{ListContinueWatching, Progress},
};

use super::notices;
use crate::store::{
    Action, Effect, Request,
    action::Response,
    draft::Draft,
    effect::Timer,
    message::Message,
    mutations::{Begun, Change, Mutation, Mutations},
    resource::may_pass,
    state::Undo,
};

/// Until a change that did not arrive is sent again: doubled each time, up to some minutes.
const AGAIN_MILLISECONDS: u32 = 2_000;
const DOUBLINGS: u32 = 7;

const NOT_THEIRS: &str = "The profile was changed on this device. Your last change was not saved.";

/// Makes a change: on the screen at once, and on the server after those of the same title that are under way.
pub fn change(state: &mut Draft<'_>, change: Change, now: u64) -> Vec<Effect> {
    apply(state, &change);
    let mutation = state.mutations_mut().add(change, now);
    let mut effects = vec![Effect::Keep { viewer: state.viewer.clone(), mutation }];
    effects.extend(send(state));
    if state.viewer.is_none() {
        // Of a guest who was new as their page was rendered: known once they are, it is kept under their name.
        effects.push(Effect::Send(Request::Watcher(GetWatcher {})));
    }
    effects
}

fn send(state: &mut Draft<'_>) -> Vec<Effect> {
    let viewer = state.viewer.clone();
    let due = state.mutations_mut().send_next().into_iter();
    due.map(|mutation| Effect::Send(Request::Mutate { mutation, viewer: viewer.clone() })).collect()
}

/// One that was refused is taken back, and nothing is left of it to be undone. One that did not arrive is sent again.
pub fn answered(state: &mut Draft<'_>, id: u64, answer: Response<()>) -> Vec<Effect> {
    match answer {
        Err(problem) if problem.code == Code::ViewerChanged => not_theirs(state),
        Err(problem) if may_pass(&problem) => delay(state, id),
        Err(problem) => refused(state, id, problem),
        Ok(()) => {
            state.mutations_mut().failures = 0;
            notices::network_is_back(state);
            let is_library = state.mutations_mut().take(id).is_some_and(|mutation| mutation.change.begun().is_none());
            done(state, id, is_library)
        }
    }
}

/// Nothing of this page is theirs who watch now: what was said to be done was not, and nothing of it is undone as somebody else. Said once,
/// however much was under way.
fn not_theirs(state: &mut Draft<'_>) -> Vec<Effect> {
    if state.mutations.is_empty() {
        return Vec::new();
    }
    state.notices_mut().toasts.retain(|toast| !matches!(toast.undo, Some(Undo::Change(_))));
    let mut effects = forget(state);
    effects.extend(notices::toast(state, Message::Text(NOT_THEIRS.to_owned()), None));
    effects
}

/// What is left of the log is sent, and the list that was asked for before is out of date, unless the change was the library's: this
/// ends it where it is still on its way.
fn done(state: &mut Draft<'_>, id: u64, is_library: bool) -> Vec<Effect> {
    let mut effects = vec![Effect::Discard { id }];
    effects.extend(send(state));
    if is_library {
        return effects;
    }
    state.continue_watching_mut().refresh(());
    effects.push(Effect::Send(Request::Continue(ListContinueWatching {})));
    effects
}

/// Of the library the problem itself says what could not be done, in its own code's words.
fn refused(state: &mut Draft<'_>, id: u64, problem: Problem) -> Vec<Effect> {
    let Some(Mutation { change, .. }) = state.mutations_mut().take(id) else { return Vec::new() };
    let is_library = change.begun().is_none();
    let message = if is_library { Message::Problem(problem) } else { Message::NotChanged(change.clone()) };
    let inverse = change.inverse(id);
    let title = inverse.begun().map(|begun| &begun.id);
    if state.mutations.changes().all(|other| other.begun().map(|begun| &begun.id) != title) {
        apply(state, &inverse);
    }
    let undo = Some(Undo::Change(inverse));
    state.notices_mut().toasts.retain(|toast| toast.undo != undo);
    let mut effects = notices::toast(state, message, None);
    effects.extend(done(state, id, is_library));
    effects
}

fn delay(state: &mut Draft<'_>, id: u64) -> Vec<Effect> {
    let mutations = state.mutations_mut();
    mutations.keep(id);
    let milliseconds = AGAIN_MILLISECONDS << mutations.failures.min(DOUBLINGS);
    let is_first = mutations.failures == 0;
    mutations.failures += 1;
    let mut effects = vec![Effect::After { timer: Timer::Mutations, milliseconds, action: Box::new(Action::MutationsDue) }];
    if is_first {
        effects.extend(notices::changed_later(state));
    }
    effects
}

/// Time to send again what did not arrive, or a network to do it.
pub fn due(state: &mut Draft<'_>) -> Vec<Effect> {
    if state.mutations.is_empty() { Vec::new() } else { send(state) }
}

/// What earlier pages kept was read, each with whose it is. What is nobody's, or another viewer's, is never sent.
pub fn kept(state: &mut Draft<'_>, kept: Vec<(Option<String>, Mutation)>, now: u64) -> Vec<Effect> {
    if kept.is_empty() {
        return Vec::new();
    }
    let Some(viewer) = state.viewer.clone() else {
        // Who watches is not known yet: asked first, and read again then.
        return vec![Effect::Send(Request::Watcher(GetWatcher {}))];
    };
    // A guest's browser is known only once it was given a profile: what was kept before is theirs.
    let is_guest = state.watcher.is_none();
    let is_own = |whose: &Option<String>| whose.as_ref().map_or(is_guest, |whose| *whose == viewer);
    let (own, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(whose, _)| is_own(whose));
    let mut effects: Vec<Effect> = others.into_iter().map(|(_, other)| Effect::Discard { id: other.id }).collect();
    let own: Vec<Mutation> = own.into_iter().map(|(_, mutation)| mutation).collect();
    let ids: Vec<u64> = own.iter().map(|mutation| mutation.id).collect();
    let old = state.mutations_mut().restore(own, now);
    if old > 0 {
        let pending = state.mutations.all();
        let is_old = |id: &u64| pending.iter().all(|mutation| mutation.id != *id);
        effects.extend(ids.into_iter().filter(is_old).map(|id| Effect::Discard { id }));
        effects.extend(notices::toast(state, Message::ChangesTooOld(old), None));
    }
    relay(state);
    effects.extend(send(state));
    effects
}

/// Who watches became known: what was changed before is kept under their name, and what was kept is read.
pub fn viewer_known(state: &mut Draft<'_>) -> Vec<Effect> {
    let keep = |mutation| Effect::Keep { viewer: state.viewer.clone(), mutation };
    let mut effects: Vec<Effect> = state.mutations.all().into_iter().map(keep).collect();
    effects.push(Effect::ReadKept);
    effects
}

/// Somebody else watches from now on: nothing of what is under way is theirs.
pub fn forget(state: &mut Draft<'_>) -> Vec<Effect> {
    let effects = state.mutations.all().into_iter().map(|mutation| Effect::Discard { id: mutation.id }).collect();
    *state.mutations_mut() = Mutations::default();
    effects
}

/// Lays everything under way over what the server said of "Continue watching".
pub fn lay_over(state: &mut Draft<'_>, titles: &mut Vec<TitleId>) {
    let changes: Vec<Change> = state.mutations.changes().cloned().collect();
    for change in changes {
        let Some(begun) = change.begun() else { continue };
        state.keep_progress(&begun.id, change.progress());
        list_with(state, &change, begun, titles);
    }
}

/// What the server said of one title, with everything under way.
pub fn progress_with(state: &Draft<'_>, id: &TitleId, progress: Option<Progress>) -> Option<Progress> {
    let last = state.mutations.changes().rfind(|change| change.begun().is_some_and(|begun| begun.id == *id));
    last.map_or(progress, Change::progress)
}

fn relay(state: &mut Draft<'_>) {
    if let Some(mut titles) = state.continue_watching.ready().cloned() {
        lay_over(state, &mut titles);
        if let Some(list) = state.continue_watching_mut().ready_mut() {
            *list = titles;
        }
    }
}

/// What the library's change changes, its slice shows from the log.
fn apply(state: &mut Draft<'_>, change: &Change) {
    let Some(begun) = change.begun() else { return };
    state.keep_progress(&begun.id, change.progress());
    if let Some(mut titles) = state.continue_watching.ready().cloned() {
        list_with(state, change, begun, &mut titles);
        if let Some(list) = state.continue_watching_mut().ready_mut() {
            *list = titles;
        }
    }
}

fn list_with(state: &Draft<'_>, change: &Change, begun: &Begun, titles: &mut Vec<TitleId>) {
    titles.retain(|id| *id != begun.id);
    // Of a title that nobody showed to this page there is no card to stand there.
    if change.progress().is_some() && state.titles.get(&begun.id).is_some() {
        titles.insert(begun.place.min(titles.len()), begun.id.clone());
    }
}

#[cfg(test)]
mod tests;
