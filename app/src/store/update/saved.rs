//! The snapshot on the server: when it is due, and what another device left behind.
//!
//! What a viewer chose is sent at once, and what they drag, or pass through, once that is quiet; what is due as the page goes is
//! sent as it goes ([`left`]). Each save names what it started from and what it makes of that, the server merges it into what is stored
//! by then, and answers with what came of it: two devices never conflict.

use contract::{
    Code,
    library::{GetSnapshot, SnapshotRevision},
};

use super::notices;
use crate::{
    route::Route,
    store::{
        Action, Effect, Request,
        action::Response,
        draft::Draft,
        effect::Timer,
        message::Message,
        resource::may_pass,
        snapshot::{self, Snapshot},
        state::Preferences,
    },
};

/// How long nothing worth keeping must change before a save.
const QUIET_MILLISECONDS: u32 = 2_000;
/// Saves without an answer that are named with the next: what goes with a page is 64 kB at most (Fetch, `keepalive`).
const UNANSWERED: usize = 4;
/// Until a save that did not arrive is tried again.
const AGAIN_MILLISECONDS: u32 = 30_000;

/// Something worth keeping changed: a save is due when things are quiet.
pub fn worth_saving(state: &mut Draft<'_>) -> Option<Effect> {
    state.saved_mut().is_due = true;
    Some(Effect::After { timer: Timer::Save, milliseconds: QUIET_MILLISECONDS, action: Box::new(Action::SaveDue) })
}

/// The viewer set something: it is saved at once, or after the save that is under way.
pub fn set(state: &mut Draft<'_>) -> Vec<Effect> {
    state.saved_mut().is_due = true;
    due(state)
}

/// The page goes: what the viewer set and what is not known to have arrived goes now, and nobody is told what became of it. A save that
/// is under way is cut off with the page, or arrives.
pub fn left(state: &mut Draft<'_>) -> Vec<Effect> {
    let saved = &state.saved;
    if !(saved.is_due || saved.is_under_way) || !saved.differs_from(&state.preferences) {
        return Vec::new();
    }
    let call = snapshot::save(state);
    attempt(state);
    vec![Effect::SaveOnLeaving { call, viewer: state.viewer.clone() }]
}

/// What is set goes now, and may arrive whether that is heard of or not.
fn attempt(state: &mut Draft<'_>) {
    let preferences = state.preferences.clone();
    let saved = state.saved_mut();
    saved.is_due = false;
    if !saved.unanswered.contains(&preferences) {
        saved.unanswered.push(preferences);
        let surplus = saved.unanswered.len().saturating_sub(UNANSWERED);
        saved.unanswered.drain(..surplus);
    }
}

/// Something was set, here or on another device: it is asked for, unless this screen has it. Without a revision it may have been, and once
/// that is asked there is nothing to ask after it.
pub fn changed(state: &mut Draft<'_>, revision: Option<u64>) -> Vec<Effect> {
    let told = revision.unwrap_or(state.saved.revision.saturating_add(1));
    if told <= state.saved.revision {
        return Vec::new();
    }
    // A save that is under way is answered with it, or was stored before it: then it is asked for after that.
    let is_later = state.saved.is_under_way || is_watching(state);
    if is_later || revision.is_some() {
        state.saved_mut().told = told;
    }
    if is_later { Vec::new() } else { vec![Effect::Send(Request::Snapshot(GetSnapshot {}))] }
}

/// A document is rendered before the page that was there goes and sends what was set on it. What other pages are told of a moment later
/// a film would not take over while it plays: it is asked for as the film begins.
pub fn asked_anew(state: &mut Draft<'_>) -> Effect {
    state.saved_mut().revision = 0;
    Effect::Send(Request::Snapshot(GetSnapshot {}))
}

/// A film that plays does not become louder, or another language, because of what is set on another device: it is asked for once the
/// film is left.
pub fn screen_opened(state: &mut Draft<'_>) -> Vec<Effect> {
    changed(state, Some(state.saved.told))
}

fn is_watching(state: &Draft<'_>) -> bool {
    matches!(state.route, Route::Watch { .. })
}

/// The snapshot was read, as the page was opened or as another device set something. What was set here before it came stays: the save of
/// that is answered with both.
pub fn read(state: &mut Draft<'_>, answer: Response<SnapshotRevision>) -> Vec<Effect> {
    // Without an answer the defaults serve, and the first save is answered with what is stored.
    let Ok(SnapshotRevision { revision, snapshot, is_from_elsewhere }) = answer else { return Vec::new() };
    if revision < state.saved.revision {
        return Vec::new();
    }
    let stored = match snapshot.map(|saved| snapshot::read(&saved)) {
        None => Snapshot::default(),
        Some(Some(stored)) => stored,
        // Of a build that keeps it otherwise: what is set here stays, and it is not asked for again and again.
        Some(None) => {
            state.saved_mut().revision = revision;
            return Vec::new();
        }
    };
    if state.saved.revision == 0
        && is_from_elsewhere
        && state.route == Route::Home
        && let Route::Watch { id, .. } = stored.route
    {
        state.saved_mut().resume_offer = Some(id);
    }
    // What was refused and is not to be sent again holds up nothing.
    let is_set_here = state.preferences != state.saved.preferences && (state.saved.is_due || !state.saved.is_refused);
    if is_set_here || state.saved.is_under_way || is_watching(state) && state.saved.revision > 0 {
        return Vec::new();
    }
    state.saved_mut().revision = revision;
    take_over(state, stored.preferences)
}

/// What is stored is what is set here.
fn take_over(state: &mut Draft<'_>, stored: Preferences) -> Vec<Effect> {
    let saved = state.saved_mut();
    saved.preferences = stored.clone();
    saved.is_refused = false;
    if state.preferences == stored {
        return Vec::new();
    }
    *state.preferences_mut() = stored.clone();
    vec![Effect::Apply(stored)]
}

/// There is a network again, or a server that answers: what did not arrive goes now.
pub fn came_online(state: &mut Draft<'_>) -> Vec<Effect> {
    if snapshot::waits(&state.saved) { due(state) } else { Vec::new() }
}

pub fn due(state: &mut Draft<'_>) -> Vec<Effect> {
    // One at a time: the next starts from what became of this one.
    if !state.saved.is_due || state.saved.is_under_way {
        return Vec::new();
    }
    let call = snapshot::save(state);
    attempt(state);
    state.saved_mut().is_under_way = true;
    vec![Effect::Send(Request::Save { call, preferences: state.preferences.clone() })]
}

/// `preferences` are those that were saved, or were to be. What changed meanwhile goes next, whatever became of them.
pub fn save_answered(state: &mut Draft<'_>, preferences: Preferences, answer: Response<SnapshotRevision>) -> Vec<Effect> {
    state.saved_mut().is_under_way = false;
    match answer {
        Ok(SnapshotRevision { revision, snapshot, .. }) => {
            let stored =
                snapshot.and_then(|saved| snapshot::read(&saved)).map_or_else(|| preferences.clone(), |read| read.preferences);
            let acknowledged = state.saved_mut();
            acknowledged.unanswered.clear();
            acknowledged.is_refused = false;
            acknowledged.preferences = preferences;
            acknowledged.told = acknowledged.told.max(revision);
            let is_later = stored != state.saved.preferences && is_watching(state);
            if state.preferences != state.saved.preferences || is_later {
                return due(state);
            }
            state.saved_mut().revision = revision;
            let mut effects = take_over(state, stored);
            effects.extend(due(state));
            // What another device set after this was stored was told of while nobody could take it over.
            effects.extend(changed(state, Some(state.saved.told)));
            effects
        }
        Err(problem) if !may_pass(&problem) => refused(state, &preferences, problem.code),
        Err(_) => {
            state.saved_mut().is_due = true;
            vec![Effect::After { timer: Timer::Save, milliseconds: AGAIN_MILLISECONDS, action: Box::new(Action::SaveDue) }]
        }
    }
}

/// It would be refused again. What was set holds on this page until another device sets something; that is said once, and what is set
/// next is sent with it.
fn refused(state: &mut Draft<'_>, preferences: &Preferences, code: Code) -> Vec<Effect> {
    let mut effects = Vec::new();
    // Another screen is nothing that the viewer set. Where somebody else watches by now, the page becomes theirs.
    if *preferences != state.saved.preferences && code != Code::ViewerChanged && !state.saved.is_refused {
        state.saved_mut().is_refused = true;
        effects.extend(notices::toast(state, Message::SettingsNotSaved(code), None));
    }
    effects.extend(due(state));
    effects.extend(changed(state, Some(state.saved.told)));
    effects
}

pub fn resume_offer_dismissed(state: &mut Draft<'_>) -> Vec<Effect> {
    state.saved_mut().resume_offer = None;
    Vec::new()
}

#[cfg(test)]
mod tests;
