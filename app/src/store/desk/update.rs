//! What follows from what happens on the desk: pure, a test is a script of actions.

use contract::{
    catalog::GetTitleCards,
    discovery::GetPreparation,
    ids::TitleId,
    operations::GetHealth,
    playback::{ListPlaying, ListPlayingStops},
    usage::{Cell, GetReport, Report, ReportKind},
};

use super::{Desk, DeskAction as Action, DeskEffect as Effect, DeskRequest as Request};
use crate::{
    route::{Operator, Route},
    store::{Submission, action::Response, lazy::LazyEffect},
};

/// Titles that are shown.
const TITLES: u16 = 10;
/// Stops that are shown.
const STOPS: u8 = 5;
/// Of how many looks one asks for the reports, too: sums are made every ten seconds, and take more to answer.
const REPORTS_EVERY: u32 = 4;

/// The next state, in place, and what is to be done outside of it.
pub fn update(desk: &mut Desk, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(Route::Operator(Operator::Desk)) => {
            *desk = Desk { is_open: true, ..Desk::default() };
            ask_everything(desk)
        }
        Action::Opened(_) => {
            *desk = Desk::default();
            Vec::new()
        }
        _ if !desk.is_open => Vec::new(),
        Action::RetryWanted => ask_everything(desk),
        Action::LookDue => look_due(desk),
        Action::PlayingChanged => playing_wanted(desk),
        Action::PlayingAnswered(answer) => {
            desk.playing.answer(&(), answer);
            if std::mem::take(&mut desk.is_playing_outdated) { playing_wanted(desk) } else { Vec::new() }
        }
        Action::ReportAnswered { kind, answer } => report_answered(desk, kind, answer),
        Action::CardsAnswered { ids, answer } => {
            desk.cards.answer(&ids, answer);
            Vec::new()
        }
        Action::HealthAnswered(answer) => {
            desk.health.answer(&(), answer);
            Vec::new()
        }
        Action::JobsAnswered(answer) => {
            desk.jobs.answer(&(), answer);
            Vec::new()
        }
        Action::StopsAnswered(answer) => {
            desk.stops.answer(&(), answer);
            Vec::new()
        }
        Action::StopBegun => {
            if desk.stopping != Submission::Pending {
                desk.stopping = Submission::Idle;
            }
            Vec::new()
        }
        Action::StopWanted(call) => {
            if desk.stopping.begin() {
                vec![LazyEffect::Send(Request::Stop(call))]
            } else {
                Vec::new()
            }
        }
        Action::Stopped(answer) => stopped(desk, answer),
    }
}

fn ask_everything(desk: &mut Desk) -> Vec<Effect> {
    let mut effects = playing_wanted(desk);
    effects.extend(ask_how_it_fares(desk));
    effects.extend(ask_reports(desk));
    effects.extend(ask_stops(desk));
    effects
}

/// What may have been missed is found by this, and what nobody tells of: sessions that ran out, and how the place fares.
fn look_due(desk: &mut Desk) -> Vec<Effect> {
    desk.looks = desk.looks.wrapping_add(1);
    let mut effects = playing_wanted(desk);
    effects.extend(ask_how_it_fares(desk));
    if desk.looks.is_multiple_of(REPORTS_EVERY) {
        effects.extend(ask_reports(desk));
    }
    effects
}

/// Asked once at a time, and once more where something changed meanwhile: an answer that was under way may be older than the change, and one
/// that were given up for the next would never come where something changes without a pause.
fn playing_wanted(desk: &mut Desk) -> Vec<Effect> {
    if desk.playing.is_loading() {
        desk.is_playing_outdated = true;
        return Vec::new();
    }
    desk.playing.refresh(());
    vec![LazyEffect::Send(Request::Playing(ListPlaying {}))]
}

fn ask_how_it_fares(desk: &mut Desk) -> Vec<Effect> {
    desk.health.refresh(());
    desk.jobs.refresh(());
    [Request::Health(GetHealth {}), Request::Jobs(GetPreparation {})].map(LazyEffect::Send).into()
}

fn ask_reports(desk: &mut Desk) -> Vec<Effect> {
    let report = |kind, limit| GetReport { kind, from: None, to: None, limit };
    for resource in [&mut desk.hours, &mut desk.quality, &mut desk.titles, &mut desk.devices] {
        resource.refresh(());
    }
    let asked = [
        Request::Hours(report(ReportKind::Hours, None)),
        Request::Quality(report(ReportKind::Quality, None)),
        Request::Titles(report(ReportKind::Titles, Some(TITLES))),
        Request::Devices(report(ReportKind::Devices, None)),
    ];
    asked.map(LazyEffect::Send).into()
}

fn ask_stops(desk: &mut Desk) -> Vec<Effect> {
    desk.stops.refresh(());
    vec![LazyEffect::Send(Request::Stops(ListPlayingStops { page_token: None, limit: Some(STOPS) }))]
}

fn report_answered(desk: &mut Desk, kind: ReportKind, answer: Response<Report>) -> Vec<Effect> {
    match kind {
        ReportKind::Hours => desk.hours.answer(&(), answer),
        ReportKind::Quality => desk.quality.answer(&(), answer),
        ReportKind::Devices => desk.devices.answer(&(), answer),
        ReportKind::Titles => {
            let ids = answer.as_ref().map(titles_of).unwrap_or_default();
            desk.titles.answer(&(), answer);
            // Shown under their ids until then; those that are known stay.
            if !ids.is_empty() && desk.cards.load_beside(ids.clone()) {
                return vec![LazyEffect::Send(Request::Cards(GetTitleCards { ids, is_fresh: false }))];
            }
            false
        }
        // Nothing of the desk.
        ReportKind::Totals
        | ReportKind::ViewingTime
        | ReportKind::Accounts
        | ReportKind::Storage
        | ReportKind::SearchesWithoutAHit => false,
    };
    Vec::new()
}

fn titles_of(report: &Report) -> Vec<TitleId> {
    let id = |row: &Vec<Cell>| match row.first() {
        Some(Cell::Text(id)) => id.parse().ok(),
        Some(Cell::Number(_) | Cell::None) | None => None,
    };
    report.rows.iter().filter_map(id).collect()
}

/// What is on the screen is asked for anew either way: whoever was to be stopped may have gone by themselves.
fn stopped(desk: &mut Desk, answer: Response<()>) -> Vec<Effect> {
    let is_done = desk.stopping.end(answer).is_some();
    let mut effects = playing_wanted(desk);
    effects.extend(ask_stops(desk));
    if is_done {
        effects.push(LazyEffect::note("Stopped. Whoever watched is told."));
    }
    effects
}

#[cfg(test)]
mod tests {
    use contract::{
        Code, Problem,
        playback::{PlayingNow, StopPlaying},
    };

    use super::*;

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
    fn every_look_asks_what_plays_and_how_it_fares_and_one_of_four_for_the_reports() {
        let mut desk = opened();
        let mut counts = Vec::new();
        for _ in 0..8 {
            update(&mut desk, Action::PlayingAnswered(Ok(playing(0))));
            counts.push(update(&mut desk, Action::LookDue).len());
        }
        assert_eq!(counts, [3, 3, 3, 7, 3, 3, 3, 7]);
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
    fn elsewhere_nothing_of_it_is_kept_or_asked() {
        let mut desk = opened();
        update(&mut desk, Action::Opened(Route::Operator(Operator::Plans)));
        for action in [Action::PlayingChanged, Action::LookDue, Action::RetryWanted, Action::PlayingAnswered(Ok(playing(1)))] {
            assert_eq!(update(&mut desk, action), []);
        }
        assert_eq!(desk, Desk::default());
    }
}
