//! The watch page: a session for each visit, renewed under the film where it ends, and given back where the viewer goes.
//!
//! An answer belongs to the attempt that asked for it: a session that nobody waits for any more is stopped. Must never have two
//! attempts under way.

use contract::{
    Code, Problem,
    ids::{SessionId, TitleId},
    playback::{GetProgress, ListContinueWatching, PlayState, PlaybackSession, SaveProgress, StartPlayback, StopPlayback},
};

use crate::{
    route::Route,
    store::{
        Action, Effect, Request,
        action::Response,
        draft::Draft,
        effect::Timer,
        resource::Resource,
        state::{Visit, WatchState},
    },
};

/// Until a renewal that did not arrive is tried again: at first, and at most after as many doublings.
const RENEWAL_MILLISECONDS: u32 = 1_000;
const RENEWAL_DOUBLINGS: u32 = 4;

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
    let watch = state.watch_mut();
    watch.failures = 0;
    let at = watch.at.map(f64::from);
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
    let Some(title) = state.watch.title().cloned() else { return Vec::new() };
    let visit = next_visit(state, &title);
    state.watch_mut().session.refresh(visit.clone());
    vec![start(visit, Some(session.clone()), last)]
}

/// Time to ask again for a session that did not come.
pub fn renewal_due(state: &mut Draft<'_>, visit: &Visit) -> Vec<Effect> {
    if state.watch.session.key() != Some(visit) || !state.watch.session.is_loading() {
        return Vec::new();
    }
    let replaces = current(state);
    // An attempt of its own: where the one before is answered all the same, that session is nobody's.
    let visit = next_visit(state, &visit.title);
    state.watch_mut().session.refresh(visit.clone());
    vec![start(visit, replaces, None)]
}

/// The network is back: what waits for its time is asked for now.
pub fn came_online(state: &mut Draft<'_>) -> Vec<Effect> {
    match state.watch.session.key().cloned() {
        Some(visit) if state.watch.failures > 0 => renewal_due(state, &visit),
        Some(_) | None => Vec::new(),
    }
}

pub fn watched(state: &Draft<'_>, session: SessionId, position: f64, playing: PlayState) -> Vec<Effect> {
    if !is_current(state, &session) {
        return Vec::new();
    }
    vec![Effect::Send(Request::SaveProgress(SaveProgress { session, position, state: playing }))]
}

/// The last word on a session: in a way that outlives the page where that goes too.
pub fn left(state: &mut Draft<'_>, session: SessionId, position: f64, playing: PlayState, closing: bool) -> Vec<Effect> {
    let save = SaveProgress { session: session.clone(), position, state: playing };
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
            // Ended on purpose, or whoever watches may not any more: signed out, their profile deleted.
            Err(problem) if problem.code == Code::SessionEnded || matches!(problem.status, 401 | 403) => {
                state.watch_mut().session.revoke(problem);
                Vec::new()
            }
            Ok(()) | Err(_) => Vec::new(),
        };
    }
    match state.route.clone() {
        Route::Home => {
            state.continue_watching_mut().refresh(());
            vec![Effect::Send(Request::Continue(ListContinueWatching {}))]
        }
        Route::Title { id } => {
            state.title_mut().progress.refresh(id.clone());
            vec![Effect::Send(Request::Progress(GetProgress { id }))]
        }
        Route::Browse { .. }
        | Route::Search { .. }
        | Route::Watch { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles
        | Route::Operator(_)
        | Route::NotFound => Vec::new(),
    }
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
    let milliseconds = RENEWAL_MILLISECONDS << watch.failures.min(RENEWAL_DOUBLINGS);
    watch.failures += 1;
    let action = Box::new(Action::RenewalDue { visit: visit.clone() });
    vec![Effect::After { timer: Timer::Renewal, milliseconds, action }]
}

/// Whether it may work at another time.
fn may_pass(problem: &Problem) -> bool {
    problem.status >= 500 || problem.is_transient()
}

fn is_current(state: &Draft<'_>, session: &SessionId) -> bool {
    state.watch.session.latest().is_some_and(|current| current.session == *session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        State,
        update::tests::{card, update},
    };

    fn session(id: &str) -> PlaybackSession {
        PlaybackSession {
            session: id.parse().unwrap(),
            title: card("film"),
            manifest: "/media/g/master.m3u8".into(),
            media_version: String::new(),
            resume_at: 12.0,
            duration_seconds: 60.0,
            renditions: Vec::new(),
            audio: Vec::new(),
            captions: Vec::new(),
            storyboard: None,
            chapters: Vec::new(),
            up_next: None,
            heartbeat_seconds: 10,
            grant_seconds: 3600,
        }
    }

    fn film() -> TitleId {
        "film".parse().unwrap()
    }

    fn visit(attempt: u32) -> Visit {
        Visit { title: film(), attempt }
    }

    fn id(session: &str) -> SessionId {
        session.parse().unwrap()
    }

    fn left(closing: bool) -> Action {
        Action::WatchLeft { session: id("s1"), position: 21.0, state: PlayState::Paused, closing }
    }

    fn ended() -> Action {
        Action::WatchSaved { session: id("s1"), answer: Err(Problem::new(Code::SessionEnded)) }
    }

    fn lost() -> Action {
        Action::SessionLost { session: id("s1"), position: 30.0, state: PlayState::Playing }
    }

    fn started(visit: Visit, answer: Response<PlaybackSession>) -> Action {
        Action::PlaybackAnswered { visit, answer }
    }

    fn asked(visit: Visit, replaces: Option<&str>) -> [Effect; 1] {
        [start(visit, replaces.map(id), None)]
    }

    fn playing() -> State {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::watch(film())));
        update(&mut state, started(visit(1), Ok(session("s1"))));
        state
    }

    #[test]
    fn the_position_is_saved_as_the_viewer_watches_and_no_snapshot_with_it() {
        let mut state = playing();
        let watched = Action::Watched { session: id("s1"), position: 20.0, state: PlayState::Playing };
        let effects = update(&mut state, watched);
        assert!(
            matches!(effects.as_slice(), [Effect::Send(Request::SaveProgress(save))] if save.position == 20.0),
            "{effects:?}"
        );
    }

    #[test]
    fn a_film_begins_where_its_address_says_and_else_where_the_viewer_left_off() {
        for (at, begins) in [(None, 12.0), (Some(0), 0.0), (Some(30), 30.0), (Some(9_999), 12.0)] {
            let mut state = State::default();
            update(&mut state, Action::Opened(Route::Watch { id: film(), at }));
            update(&mut state, started(visit(1), Ok(session("s1"))));
            assert_eq!(state.watch.session.ready().map(|session| session.resume_at), Some(begins), "{at:?}");
        }
    }

    #[test]
    fn closing_the_page_saves_and_gives_the_place_back_and_a_page_that_comes_back_renews() {
        let mut state = playing();
        let effects = update(&mut state, left(true));
        assert!(matches!(effects.as_slice(), [Effect::Beacon(save), Effect::Stop(_)] if save.position == 21.0), "{effects:?}");
        assert!(state.watch.session.ready().is_some());
        assert_eq!(update(&mut state, ended()), asked(visit(2), Some("s1")));
    }

    #[test]
    fn leaving_saves_and_then_shows_what_was_saved() {
        let mut state = playing();
        update(&mut state, Action::Opened(Route::Home));
        assert!(matches!(update(&mut state, left(false)).as_slice(), [Effect::Send(Request::SaveLast(_))]));
        let effects = update(&mut state, Action::WatchSaved { session: id("s1"), answer: Ok(()) });
        assert_eq!(effects, [Effect::Send(Request::Continue(ListContinueWatching {}))]);
    }

    #[test]
    fn coming_back_asks_for_a_new_session() {
        let mut state = playing();
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, left(false));
        let effects = update(&mut state, Action::Opened(Route::watch(film())));
        assert!(effects.contains(&start(visit(2), Some(id("s1")), None)), "its place may still be held: {effects:?}");
    }

    #[test]
    fn a_session_that_nobody_waits_for_any_more_is_given_back() {
        let given_back = [Effect::Stop(StopPlayback { session: id("s1") })];
        // Another film was opened meanwhile; the viewer went home; they came back to the same film.
        for ways in [vec![Route::watch("other".parse().unwrap())], vec![Route::Home], vec![Route::Home, Route::watch(film())]] {
            let mut state = State::default();
            update(&mut state, Action::Opened(Route::watch(film())));
            for route in ways.clone() {
                update(&mut state, Action::Opened(route));
            }
            let before = state.watch.clone();
            assert_eq!(update(&mut state, started(visit(1), Ok(session("s1")))), given_back, "{ways:?}");
            assert_eq!(state.watch, before);
        }
    }

    #[test]
    fn the_next_film_takes_over_the_place_of_the_one_before() {
        let mut state = playing();
        let other: TitleId = "other".parse().unwrap();
        let effects = update(&mut state, Action::Opened(Route::watch(other.clone())));
        assert!(effects.contains(&start(Visit { title: other, attempt: 2 }, Some(id("s1")), None)), "{effects:?}");
        assert_eq!(state.watch.session.latest(), None, "nothing of the film before is shown");
    }

    #[test]
    fn a_session_that_ended_on_the_server_is_renewed_once_and_the_film_plays_on_meanwhile() {
        let mut state = playing();
        assert_eq!(update(&mut state, ended()), asked(visit(2), Some("s1")));
        assert_eq!(update(&mut state, ended()), [], "a second heartbeat that hears it");
        assert_eq!(update(&mut state, lost()), [], "and a segment");
        assert_eq!(state.watch.session.latest().map(|session| session.session.as_str()), Some("s1"));
        update(&mut state, started(visit(2), Ok(session("s2"))));
        assert_eq!(state.watch.session.ready().map(|session| session.session.as_str()), Some("s2"));
        assert_eq!(update(&mut state, ended()), [], "of a session before");
    }

    #[test]
    fn a_part_that_is_refused_asks_why_before_another_session_is_asked_for() {
        let mut state = playing();
        let last = SaveProgress { session: id("s1"), position: 30.0, state: PlayState::Playing };
        assert_eq!(update(&mut state, lost()), [start(visit(2), Some(id("s1")), Some(last))]);
        let stopped = Problem::new(Code::SessionEnded).with_detail("Somebody stopped it.");
        assert_eq!(update(&mut state, started(visit(2), Err(stopped.clone()))), []);
        assert_eq!(state.watch.session.failed(), Some(&stopped), "the film is not begun again against their will");
    }

    #[test]
    fn whoever_may_not_watch_any_more_is_told_so() {
        let mut state = playing();
        let gone = Problem::new(Code::ProfileRequired);
        update(&mut state, Action::WatchSaved { session: id("s1"), answer: Err(gone.clone()) });
        assert_eq!(state.watch.session.failed(), Some(&gone));
    }

    #[test]
    fn a_renewal_that_does_not_arrive_is_tried_again_later_and_at_once_when_the_network_is_back() {
        let mut state = playing();
        update(&mut state, ended());
        let mut pauses = Vec::new();
        for attempt in 2..8 {
            let effects = update(&mut state, started(visit(attempt), Err(Problem::new(Code::Unreachable))));
            let [Effect::After { timer: Timer::Renewal, milliseconds, action }] = effects.as_slice() else {
                panic!("{effects:?}")
            };
            pauses.push(*milliseconds);
            assert_eq!(update(&mut state, Action::clone(action)), asked(visit(attempt + 1), Some("s1")));
            assert_eq!(update(&mut state, Action::clone(action)), [], "a timer that stood still");
        }
        assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
        assert_eq!(update(&mut state, Action::CameOnline), asked(visit(9), Some("s1")));
        let late = update(&mut state, started(visit(8), Ok(session("s8"))));
        assert_eq!(late, [Effect::Stop(StopPlayback { session: id("s8") })], "an attempt that was answered after all");
        update(&mut state, started(visit(9), Ok(session("s2"))));
        assert_eq!(update(&mut state, Action::CameOnline), []);
    }

    #[test]
    fn a_session_that_was_ended_on_purpose_says_why_and_a_renewal_that_is_refused_does_too() {
        let stopped = Problem::new(Code::SessionEnded).with_detail("Somebody stopped it.");
        let mut told = playing();
        assert_eq!(update(&mut told, Action::WatchSaved { session: id("s1"), answer: Err(stopped.clone()) }), []);
        assert_eq!(told.watch.session.failed(), Some(&stopped));
        let mut refused = playing();
        update(&mut refused, ended());
        update(&mut refused, started(visit(2), Err(Problem::new(Code::LimitReached))));
        assert_eq!(refused.watch.session.failed().map(|problem| problem.code), Some(Code::LimitReached));
        let busy = Err(Problem::new(Code::Overloaded));
        assert_eq!(update(&mut playing(), Action::WatchSaved { session: id("s1"), answer: busy }), []);
    }
}
