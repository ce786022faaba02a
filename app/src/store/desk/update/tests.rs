//! Scripts of actions: what is asked when, what a server that is gone looks like, stops.

use contract::{
    device::DeviceClass,
    playback::{PlayingAccount, PlayingSession, StreamedTitle},
};

use super::*;
use crate::store::Action as StoreAction;

fn opened() -> Desk {
    let mut desk = Desk::default();
    let asked = update(&mut desk, Action::Opened(Route::Operator(Operator::Desk)));
    assert_eq!(asked.len(), 8, "{asked:?}");
    desk
}

fn playing(total: u64) -> PlayingNow {
    PlayingNow { items: Vec::new(), total, now: 1 }
}

fn report(kind: ReportKind, titles: &[&str]) -> Report {
    Report {
        kind,
        from: "2026-11-29".into(),
        to: "2026-11-29".into(),
        columns: Vec::new(),
        rows: titles.iter().map(|title| vec![Cell::Text((*title).to_owned())]).collect(),
        notes: Vec::new(),
        lost: 0,
        waiting: 0,
    }
}

const ASKED: Effect = LazyEffect::Send(Request::Playing(ListPlaying {}));

#[test]
fn however_often_something_changes_one_request_is_under_way_and_the_last_change_is_asked_for() {
    let mut desk = opened();
    for _ in 0..3 {
        assert_eq!(update(&mut desk, Action::PlayingChanged), [], "the first answer is still on its way");
    }
    assert_eq!(update(&mut desk, Action::PlayingAnswered(Ok(playing(1)))), [ASKED]);
    assert_eq!(desk.playing.ready().map(|playing| playing.total), Some(1), "what there is stays meanwhile");
    assert_eq!(update(&mut desk, Action::PlayingAnswered(Ok(playing(2)))), []);
    assert_eq!(update(&mut desk, Action::PlayingChanged), [ASKED]);
}

#[test]
fn what_was_there_stays_where_asking_again_fails() {
    let mut desk = opened();
    update(&mut desk, Action::PlayingAnswered(Ok(playing(1))));
    update(&mut desk, Action::PlayingChanged);
    update(&mut desk, Action::PlayingAnswered(Err(Problem::internal())));
    assert_eq!((desk.playing.ready().map(|playing| playing.total), desk.playing.failed()), (Some(1), None));
}

#[test]
fn every_look_asks_what_plays_one_of_three_how_it_fares_and_one_of_twelve_for_the_reports() {
    let mut desk = opened();
    let mut counts = Vec::new();
    for _ in 0..12 {
        update(&mut desk, Action::PlayingAnswered(Ok(playing(0))));
        counts.push(update(&mut desk, Action::LookDue).len());
    }
    assert_eq!(counts, [1, 1, 3, 1, 1, 3, 1, 1, 3, 1, 1, 7]);
}

#[test]
fn a_server_that_is_gone_is_told_with_the_next_answer_and_one_that_is_back_is_asked_everything() {
    let mut desk = opened();
    update(&mut desk, Action::PlayingAnswered(Ok(playing(1))));
    assert_eq!(desk.lost, None);
    assert_eq!(update(&mut desk, Action::LookDue), [ASKED]);
    update(&mut desk, Action::PlayingAnswered(Err(Problem::new(Code::Unreachable))));
    assert_eq!((desk.lost, desk.playing.ready().map(|playing| playing.total)), (Some(Lost::Unreachable), Some(1)));
    assert_eq!(update(&mut desk, Action::LookDue), [ASKED], "it is looked for");
    let asked = update(&mut desk, Action::PlayingAnswered(Ok(playing(2))));
    assert_eq!((desk.lost, asked.len()), (None, 8), "{asked:?}");
    update(&mut desk, Action::PlayingAnswered(Err(Problem::internal())));
    assert_eq!(desk.lost, Some(Lost::Failing));
    update(&mut desk, Action::PlayingAnswered(Err(Problem::new(Code::NotAllowed))));
    assert_eq!(desk.lost, None, "that is an answer");
    update(&mut desk, Action::WentOffline);
    assert_eq!(desk.lost, Some(Lost::Unreachable));
}

#[test]
fn a_question_that_nobody_answers_is_a_connection_that_is_lost_and_is_asked_anew() {
    let mut desk = opened();
    update(&mut desk, Action::PlayingAnswered(Ok(playing(1))));
    assert_eq!(update(&mut desk, Action::LookDue), [ASKED]);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let asked = update(&mut desk, Action::LookDue).contains(&ASKED);
        seen.push((desk.lost.is_some(), asked));
    }
    assert_eq!(seen, [(false, false), (true, false), (true, false), (true, true)]);
}

#[test]
fn the_titles_of_a_report_are_asked_for_at_once_and_not_again_while_they_are_the_same() {
    let mut desk = opened();
    let answered = |titles: &[&str]| {
        let answer = Ok(report(ReportKind::Titles, titles));
        Action::ReportAnswered { kind: ReportKind::Titles, answer }
    };
    let ids: Vec<TitleId> = ["heat", "ran"].map(|id| id.parse().unwrap()).into();
    let cards = LazyEffect::Send(Request::Cards(GetTitleCards { ids: ids.clone(), is_fresh: false }));
    assert_eq!(update(&mut desk, answered(&["heat", "ran"])), [cards]);
    update(&mut desk, Action::CardsAnswered { ids, answer: Ok(Vec::new()) });
    assert_eq!(update(&mut desk, answered(&["heat", "ran"])), []);
    assert_eq!(update(&mut desk, answered(&[])), [], "nothing was watched");
}

#[test]
fn one_stop_at_a_time_and_then_what_plays_is_asked_for_whatever_came_of_it() {
    let mut desk = opened();
    update(&mut desk, Action::PlayingAnswered(Ok(playing(1))));
    let stop = StopPlaying { id: "s".parse().unwrap(), message: Some("We close.".into()) };
    assert_eq!(update(&mut desk, Action::StopWanted(stop.clone())), [LazyEffect::Send(Request::Stop(stop.clone()))]);
    assert_eq!(update(&mut desk, Action::StopWanted(stop.clone())), [], "a second press");
    update(&mut desk, Action::StopBegun);
    assert_eq!(desk.stopping, Submission::Pending, "it is still under way");
    let effects = update(&mut desk, Action::Stopped(Err(Problem::new(Code::NotFound))));
    assert!(effects.len() == 2 && effects[0] == ASKED, "{effects:?}");
    assert_eq!(desk.stopping.failed().map(|problem| problem.code), Some(Code::NotFound));
    update(&mut desk, Action::StopBegun);
    assert_eq!(desk.stopping, Submission::Idle, "what was wrong with it is forgotten");
    update(&mut desk, Action::StopWanted(stop));
    let effects = update(&mut desk, Action::Stopped(Ok(())));
    assert!(effects.iter().any(|effect| matches!(effect, LazyEffect::Tell(_))), "{effects:?}");
    assert_eq!(desk.stopping, Submission::Done);
}

#[test]
fn whoever_was_stopped_is_named_once_they_are() {
    let mut desk = opened();
    let account = PlayingAccount { id: "a".parse().unwrap(), login: Some("ann".into()), profile: Some("Anna".into()) };
    let session = PlayingSession {
        id: "s".parse().unwrap(),
        title: StreamedTitle { id: "heat".parse().unwrap(), title: "Heat".into() },
        account: Some(account),
        device: String::new(),
        device_class: DeviceClass::Tv,
        class: 1080,
        position: 0.0,
        duration_seconds: 1.0,
        is_paused: false,
        buffered_millis: None,
        started: 0,
        heard: 0,
    };
    let id = session.id.clone();
    update(&mut desk, Action::PlayingAnswered(Ok(PlayingNow { items: vec![session], total: 1, now: 1 })));
    update(&mut desk, Action::StopWanted(StopPlaying { id, message: None }));
    // It goes before the answer is there.
    update(&mut desk, Action::PlayingChanged);
    update(&mut desk, Action::PlayingAnswered(Ok(playing(0))));
    let effects = update(&mut desk, Action::Stopped(Ok(())));
    assert!(effects.contains(&LazyEffect::tell(StoreAction::Noted { text: "Stopped for Anna.".into() })), "{effects:?}");
}

#[test]
fn elsewhere_nothing_of_it_is_kept_or_asked() {
    let mut desk = opened();
    update(&mut desk, Action::Opened(Route::Operator(Operator::Plans)));
    for action in [Action::PlayingChanged, Action::LookDue, Action::RetryWanted, Action::PlayingAnswered(Ok(playing(1)))] {
        assert_eq!(update(&mut desk, action), []);
    }
    assert_eq!(desk, Desk::default());
}
