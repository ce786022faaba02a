//! The watch page: one session for one visit, and where the viewer is in it.

use contract::{
    Code,
    ids::{SessionId, TitleId},
    playback::{GetProgress, ListContinueWatching, PlayState, PlaybackSession, SaveProgress, StartPlayback, StopPlayback},
};

use super::saved;
use crate::{
    route::Route,
    store::{Effect, Load, Question, State, action::Answer, state::WatchState},
};

pub fn playback_answered(state: &mut State, id: &TitleId, answer: Answer<PlaybackSession>) -> Vec<Effect> {
    if state.watch.id.as_ref() != Some(id) {
        // The viewer went elsewhere in the meantime: give the session back.
        return answer.map_or_else(|_| Vec::new(), |session| vec![Effect::Stop(StopPlayback { session: session.session })]);
    }
    if let Ok(session) = &answer {
        state.watch.position = session.resume_at;
    }
    state.watch.session = answer.into();
    Vec::new()
}

pub fn watched(state: &mut State, session: SessionId, position: f64, playing: PlayState) -> Vec<Effect> {
    if !is_current(state, &session) {
        return Vec::new();
    }
    state.watch.position = position;
    let mut effects = vec![Effect::Ask(Question::SaveProgress(SaveProgress { session, position, state: playing }))];
    effects.extend(saved::worth_saving(state));
    effects
}

/// The last word on a session: in a way that outlives the page where that goes too.
pub fn left(state: &mut State, session: SessionId, position: f64, playing: PlayState, closing: bool) -> Vec<Effect> {
    let save = SaveProgress { session: session.clone(), position, state: playing };
    if closing {
        // The page may come back from the browser's cache: the session stays.
        return vec![Effect::Beacon(save)];
    }
    if is_current(state, &session) {
        state.watch = WatchState::default();
    }
    // The place is free for the next film.
    vec![Effect::Ask(Question::SaveLast(save))]
}

/// A session that ended on the server (a restart, a long sleep) is started anew where the viewer is; one that was ended
/// on purpose says why, and that is shown. Where the viewer has left the player, what they see of it is asked for again.
pub fn saved(state: &mut State, session: &SessionId, answer: Answer<()>) -> Vec<Effect> {
    if is_current(state, session) {
        let Some(problem) = answer.err().filter(|problem| problem.code == Code::SessionEnded) else { return Vec::new() };
        if problem.detail.is_some() {
            state.watch.session = Load::Failed(problem);
            return Vec::new();
        }
        let Some(id) = state.watch.id.clone() else { return Vec::new() };
        return vec![Effect::Ask(Question::Playback { id: id.clone(), call: StartPlayback { title: id } })];
    }
    match &state.route {
        Route::Home => vec![Effect::Ask(Question::Continue(ListContinueWatching {}))],
        Route::Title { id } => vec![Effect::Ask(Question::Progress(GetProgress { id: id.clone() }))],
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

fn is_current(state: &State, session: &SessionId) -> bool {
    state.watch.session.ready().is_some_and(|current| current.session == *session)
}

#[cfg(test)]
mod tests {
    use contract::Problem;

    use super::*;
    use crate::{
        route::Route,
        store::{
            Action,
            update::{tests::card, update},
        },
    };

    fn session(id: &str) -> PlaybackSession {
        PlaybackSession {
            session: id.parse().unwrap(),
            title: card("film"),
            manifest: "/media/g/master.m3u8".into(),
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

    fn left(closing: bool) -> Action {
        Action::WatchLeft { session: "s1".parse().unwrap(), position: 21.0, state: PlayState::Paused, closing }
    }

    fn playing() -> State {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Watch { id: film() }));
        update(&mut state, Action::PlaybackAnswered { id: film(), answer: Ok(session("s1")) });
        state
    }

    #[test]
    fn the_position_is_saved_as_the_viewer_watches() {
        let mut state = playing();
        assert_eq!(state.watch.position, 12.0);
        let watched = Action::Watched { session: "s1".parse().unwrap(), position: 20.0, state: PlayState::Playing };
        let effects = update(&mut state, watched);
        assert!(matches!(&effects[0], Effect::Ask(Question::SaveProgress(save)) if save.position == 20.0));
    }

    #[test]
    fn closing_the_page_saves_by_beacon_and_keeps_the_session() {
        let mut state = playing();
        assert!(matches!(update(&mut state, left(true)).as_slice(), [Effect::Beacon(save)] if save.position == 21.0));
        assert!(state.watch.session.ready().is_some());
    }

    #[test]
    fn leaving_saves_and_then_shows_what_was_saved() {
        let mut state = playing();
        assert!(matches!(update(&mut state, left(false)).as_slice(), [Effect::Ask(Question::SaveLast(_))]));
        update(&mut state, Action::Opened(Route::Home));
        let effects = update(&mut state, Action::WatchSaved { session: "s1".parse().unwrap(), answer: Ok(()) });
        assert_eq!(effects, [Effect::Ask(Question::Continue(ListContinueWatching {}))]);
    }

    #[test]
    fn coming_back_asks_for_a_new_session() {
        let mut state = playing();
        update(&mut state, left(false));
        update(&mut state, Action::Opened(Route::Home));
        let effects = update(&mut state, Action::Opened(Route::Watch { id: film() }));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Ask(Question::Playback { .. }))));
    }

    #[test]
    fn a_session_that_comes_too_late_is_given_back() {
        let mut state = State::default();
        update(&mut state, Action::Opened(Route::Watch { id: "other".parse().unwrap() }));
        let effects = update(&mut state, Action::PlaybackAnswered { id: film(), answer: Ok(session("s1")) });
        assert_eq!(effects, [Effect::Stop(StopPlayback { session: "s1".parse().unwrap() })]);
    }

    #[test]
    fn a_session_that_ended_on_the_server_is_started_anew() {
        let mut state = playing();
        let ended = Err(Problem::new(Code::SessionEnded));
        let effects = update(&mut state, Action::WatchSaved { session: "s1".parse().unwrap(), answer: ended });
        assert!(matches!(effects.as_slice(), [Effect::Ask(Question::Playback { .. })]));
        let stopped = Problem::new(Code::SessionEnded).with_detail("Somebody stopped it.");
        let mut told = playing();
        let action = Action::WatchSaved { session: "s1".parse().unwrap(), answer: Err(stopped.clone()) };
        assert_eq!(update(&mut told, action), []);
        assert_eq!(told.watch.session.failed(), Some(&stopped), "ended on purpose: not started anew");
        let busy = Err(Problem::new(Code::Overloaded));
        assert_eq!(update(&mut state, Action::WatchSaved { session: "s1".parse().unwrap(), answer: busy }), []);
    }
}
