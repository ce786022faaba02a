//! The watch page: a session for each visit, renewed under the film where it ends, and given back where the viewer goes.
//!
//! An answer belongs to the attempt that asked for it: a session that nobody waits for any more is stopped. Must never have two
//! attempts under way.

use contract::{
    Code, Problem,
    identity::GetWatcher,
    ids::{SessionId, TitleId},
    playback::{GetProgress, ListContinueWatching, PlaybackSession, SaveProgress, StartPlayback, StopPlayback},
};

use crate::{
    route::Route,
    store::{
        Action, Effect, Request,
        action::Response,
        backoff,
        draft::Draft,
        effect::Timer,
        resource::{Resource, may_pass},
        state::{Visit, WatchState},
    },
};

/// A film was opened: one that is under way goes on.
pub fn opened(state: &mut Draft<'_>, id: &TitleId, at: Option<u32>) -> Vec<Effect> {
    let is_here = matches!(state.route, Route::Watch { .. }) && state.watch.title() == Some(id);
    let is_under_way = state.watch.session.latest().is_some() || state.watch.session.is_loading();
    if is_here && is_under_way { Vec::new() } else { begin(state, id, at) }
}

/// Asks for a session, which begins `at` so many seconds or where the viewer left off; the one before gives its place to it.
pub fn begin(state: &mut Draft<'_>, id: &TitleId, at: Option<u32>) -> Vec<Effect> {
    // Also one that was left a moment ago, and may hold its place still.
    let replaces = current(state).or_else(|| state.watch.left.clone());
    let visit = next_visit(state, id);
    let watch = state.watch_mut();
    watch.failures = 0;
    watch.at = at;
    watch.session = Resource::default();
    watch.session.refresh(visit.clone());
    vec![start(visit, replaces, None)]
}

/// The viewer went elsewhere: a session that is still to come is given back when it does. One that is there is stopped by its
/// player, with the last position.
pub fn closed(state: &mut Draft<'_>) {
    if state.watch.session.key().is_some() {
        let attempts = state.watch.attempts;
        let left = current(state).or_else(|| state.watch.left.clone());
        *state.watch_mut() = WatchState { attempts, left, ..WatchState::default() };
    }
}

pub fn playback_answered(state: &mut Draft<'_>, visit: &Visit, answer: Response<PlaybackSession>) -> Vec<Effect> {
    if state.watch.session.key() != Some(visit) {
        return answer.map_or_else(|_| Vec::new(), |session| vec![Effect::Stop(StopPlayback { session: session.session })]);
    }
    let plays_on = state.watch.session.latest().is_some();
    if plays_on && answer.as_ref().is_err_and(may_pass) {
        return renew_later(state, visit);
    }
    // Of a film that played there was somebody: the sign-in is over since.
    let answer = answer.map_err(|problem| if plays_on && problem.code == Code::SignInRequired { signed_out() } else { problem });
    let watch = state.watch_mut();
    watch.failures = 0;
    // Once: after a refusal it still counts.
    let at = if answer.is_ok() { watch.at.take().map(f64::from) } else { None };
    watch.session.answer(
        visit,
        answer.map(|session| {
            let begins = at.filter(|at| *at < session.duration_seconds).unwrap_or(session.resume_at);
            PlaybackSession { resume_at: begins, ..session }
        }),
    );
    Vec::new()
}

/// The server takes this session for none any more: another takes its place, while the film plays on. `last` asks why first.
pub fn lost(state: &mut Draft<'_>, session: &SessionId, last: Option<SaveProgress>) -> Vec<Effect> {
    if !is_current(state, session) || state.watch.session.is_loading() {
        return Vec::new();
    }
    let title = state.watch.title().cloned();
    title.map_or_else(Vec::new, |title| renew(state, &title, last))
}

/// In an attempt of its own: where the one before is answered all the same, that session is nobody's.
fn renew(state: &mut Draft<'_>, title: &TitleId, last: Option<SaveProgress>) -> Vec<Effect> {
    let replaces = current(state);
    let visit = next_visit(state, title);
    state.watch_mut().session.refresh(visit.clone());
    vec![start(visit, replaces, last)]
}

/// Time to ask again for a session that did not come.
pub fn renewal_due(state: &mut Draft<'_>, visit: &Visit) -> Vec<Effect> {
    if state.watch.session.key() != Some(visit) || !state.watch.session.is_loading() {
        return Vec::new();
    }
    renew(state, &visit.title, None)
}

/// The network is back: what waits for its time is asked for now.
pub fn came_online(state: &mut Draft<'_>) -> Vec<Effect> {
    match state.watch.session.key().cloned() {
        Some(visit) if state.watch.failures > 0 => renewal_due(state, &visit),
        Some(_) | None => Vec::new(),
    }
}

pub fn watched(state: &Draft<'_>, save: SaveProgress) -> Vec<Effect> {
    if is_current(state, &save.session) { vec![Effect::Send(Request::SaveProgress(save))] } else { Vec::new() }
}

/// The last word on a session: in a way that outlives the page where that goes too.
pub fn left(state: &mut Draft<'_>, save: SaveProgress, closing: bool) -> Vec<Effect> {
    let session = save.session.clone();
    if closing {
        // The next document, and the next device, find the place free. A page that comes back from the browser's cache has its
        // session renewed.
        return vec![Effect::Beacon(save), Effect::Stop(StopPlayback { session })];
    }
    if is_current(state, &session) && !state.watch.session.is_loading() {
        closed(state);
    }
    // The place is free for the next film.
    vec![Effect::Send(Request::SaveLast(save))]
}

/// A session that ended on the server (a restart, a long sleep) is renewed; one that was ended on purpose says why, and that is
/// shown. Where the viewer has left the player, what they see of it is asked for again.
pub fn saved(state: &mut Draft<'_>, session: &SessionId, answer: Response<()>) -> Vec<Effect> {
    if is_current(state, session) {
        return match answer {
            Err(problem) if problem.code == Code::SessionEnded && problem.detail.is_none() => lost(state, session, None),
            // Signed out, or somebody else chosen: who watches by now is asked for, and by the answer the film ends (`viewer_gone`).
            Err(problem) if problem.code == Code::ViewerChanged => vec![Effect::Send(Request::Watcher(GetWatcher {}))],
            Err(problem) if problem.code == Code::SignInRequired => {
                viewer_gone(state, true);
                Vec::new()
            }
            // Ended on purpose, or whoever watches may not any more: their profile was deleted.
            Err(problem) if problem.code == Code::SessionEnded || matches!(problem.status, 401 | 403) => {
                state.watch_mut().session.revoke(problem);
                Vec::new()
            }
            Ok(()) | Err(_) => Vec::new(),
        };
    }
    if let Route::Title { id } = state.route.clone() {
        return vec![Effect::Send(Request::Progress(GetProgress { id }))];
    }
    if state.route != Route::Home {
        return Vec::new();
    }
    state.continue_watching_mut().refresh(());
    vec![Effect::Send(Request::Continue(ListContinueWatching {}))]
}

/// Whoever watched does so no more, and the film ends in words: they are signed out, or somebody else watches by now. One that had
/// ended already keeps the reason why.
pub fn viewer_gone(state: &mut Draft<'_>, is_signed_out: bool) {
    if state.watch.session.failed().is_some_and(|problem| problem.code != Code::ViewerChanged) {
        return;
    }
    let problem = if is_signed_out { signed_out() } else { Problem::new(Code::ViewerChanged) };
    state.watch_mut().session.revoke(problem);
}

/// What is told whose sign-in ended under a film. Whether they signed out elsewhere or may not sign in any more, nobody says here.
pub fn signed_out() -> Problem {
    let words =
        "Sign in to go on. Where that is refused, this account may not watch at the moment: ask whoever runs this Marquee.";
    Problem { title: "You were signed out.".to_owned(), ..Problem::new(Code::SignInRequired).with_detail(words) }
}

fn next_visit(state: &mut Draft<'_>, title: &TitleId) -> Visit {
    let watch = state.watch_mut();
    watch.attempts += 1;
    Visit { title: title.clone(), attempt: watch.attempts }
}

fn start(visit: Visit, replaces: Option<SessionId>, last: Option<SaveProgress>) -> Effect {
    let call = StartPlayback { title: visit.title.clone(), replaces };
    Effect::Send(Request::Playback { visit, call, last })
}

/// The session that is watched.
fn current(state: &Draft<'_>) -> Option<SessionId> {
    state.watch.session.latest().map(|session| session.session.clone())
}

fn renew_later(state: &mut Draft<'_>, visit: &Visit) -> Vec<Effect> {
    let watch = state.watch_mut();
    let milliseconds = backoff::pause(watch.failures);
    watch.failures += 1;
    let action = Box::new(Action::RenewalDue { visit: visit.clone() });
    vec![Effect::After { timer: Timer::Renewal, milliseconds, action }]
}

fn is_current(state: &Draft<'_>, session: &SessionId) -> bool {
    state.watch.session.latest().is_some_and(|current| current.session == *session)
}

#[cfg(test)]
mod tests;
