//! Sessions of the watch page, as scripts of actions.

use contract::{
    Problem,
    identity::{Watcher, Watching},
    playback::PlayState,
};

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
        starts_next: false,
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

fn save(position: f64, state: PlayState) -> SaveProgress {
    SaveProgress { session: id("s1"), position, state, quality: None, buffered_millis: None }
}

fn left(closing: bool) -> Action {
    Action::WatchLeft { save: save(21.0, PlayState::Paused), closing }
}

fn ended() -> Action {
    Action::WatchSaved { session: id("s1"), answer: Err(Problem::new(Code::SessionEnded)) }
}

fn lost() -> Action {
    Action::SessionLost(save(30.0, PlayState::Playing))
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
    let watched = Action::Watched(save(20.0, PlayState::Playing));
    let effects = update(&mut state, watched);
    assert!(matches!(effects.as_slice(), [Effect::Send(Request::SaveProgress(save))] if save.position == 20.0), "{effects:?}");
}

#[test]
fn a_film_that_is_pressed_before_the_page_is_taken_over_is_asked_for_once() {
    let asks =
        |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Send(Request::Playback { .. }))).count();
    let mut state = State::default();
    update(&mut state, Action::Started(Route::Title { id: film() }));
    assert_eq!(asks(&update(&mut state, Action::Opened(Route::watch(film())))), 1);
    assert_eq!(asks(&update(&mut state, Action::Hydrated)), 0, "another one would be refused because of the first");
    // A document of the film itself was rendered without a session.
    let mut state = State { route: Route::watch(film()), ..State::default() };
    assert_eq!(asks(&update(&mut state, Action::Hydrated)), 1);
}

#[test]
fn a_film_from_the_beginning_is_from_there_also_after_a_refusal_and_once() {
    let mut state = State::default();
    update(&mut state, Action::Opened(Route::Watch { id: film(), at: Some(0) }));
    update(&mut state, started(visit(1), Err(Problem::new(Code::LimitReached))));
    assert_eq!(update(&mut state, Action::RetryWanted), asked(visit(2), None));
    update(&mut state, started(visit(2), Ok(session("s1"))));
    assert_eq!(state.watch.session.ready().map(|session| session.resume_at), Some(0.0));
    assert_eq!(state.watch.at, None, "a renewal goes on where the viewer is");
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
    let last =
        SaveProgress { session: id("s1"), position: 30.0, state: PlayState::Playing, quality: None, buffered_millis: None };
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
        let [Effect::After { timer: Timer::Renewal, milliseconds, action }] = effects.as_slice() else { panic!("{effects:?}") };
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

/// Who watches with this browser by now, to a page that was `ada`'s.
fn watched_by(viewer: Option<&str>, is_signed_in: bool) -> Action {
    let viewer = viewer.map(str::to_owned);
    Action::WatcherAnswered(Ok(Watching { viewer, watcher: is_signed_in.then(Watcher::default), ..Watching::default() }))
}

#[test]
fn a_film_of_whoever_is_signed_out_ends_with_that_and_nobody_is_in_the_bar_and_of_another_viewer_with_that() {
    let told = || Action::WatchSaved { session: id("s1"), answer: Err(Problem::new(Code::ViewerChanged)) };
    let of_ada = || State { viewer: Some("ada".to_owned()), watcher: Some(Watcher::default()), ..playing() };
    for (is_signed_in, code) in [(false, Code::SignInRequired), (true, Code::ViewerChanged)] {
        let mut state = of_ada();
        assert_eq!(update(&mut state, told()), [Effect::Send(Request::Watcher(GetWatcher {}))], "who it is, is asked first");
        assert!(state.watch.session.latest().is_some());
        update(&mut state, watched_by(Some("guest"), is_signed_in));
        assert_eq!(state.watch.session.failed().map(|problem| problem.code), Some(code));
        assert_eq!(state.watcher.is_some(), is_signed_in, "the bar shows whoever is signed in");
        update(&mut state, watched_by(Some("guest"), is_signed_in));
        assert_eq!(state.watch.session.failed().map(|problem| problem.code), Some(code), "also when it is heard again");
    }
    let mut state = of_ada();
    update(&mut state, Action::WatchSaved { session: id("s1"), answer: Err(Problem::new(Code::SignInRequired)) });
    assert_eq!(state.watch.session.failed(), Some(&signed_out()));
}

#[test]
fn a_film_that_had_ended_already_keeps_the_reason_why() {
    let mut state = State { viewer: Some("ada".to_owned()), ..playing() };
    let stopped = Problem::new(Code::SessionEnded).with_detail("Somebody stopped it.");
    update(&mut state, Action::WatchSaved { session: id("s1"), answer: Err(stopped.clone()) });
    update(&mut state, watched_by(None, false));
    assert_eq!(state.watch.session.failed(), Some(&stopped));
}

#[test]
fn a_guest_who_may_not_watch_is_asked_to_sign_in_and_not_told_that_they_were_signed_out() {
    let required = Problem::new(Code::SignInRequired);
    let mut guest = State::default();
    update(&mut guest, Action::Opened(Route::watch(film())));
    update(&mut guest, started(visit(1), Err(required.clone())));
    assert_eq!(guest.watch.session.failed(), Some(&required));
    let mut member = playing();
    update(&mut member, ended());
    update(&mut member, started(visit(2), Err(required)));
    assert_eq!(member.watch.session.failed(), Some(&signed_out()));
}
