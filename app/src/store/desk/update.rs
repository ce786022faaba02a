//! What follows from what happens on the desk: pure, a test is a script of actions.

use contract::{
    Code, Problem,
    catalog::GetTitleCards,
    discovery::GetPreparation,
    ids::TitleId,
    operations::GetHealth,
    playback::{ListPlaying, ListPlayingStops, PlayingNow, StopPlaying},
    usage::{Cell, GetReport, Report, ReportKind},
};

use super::{Desk, DeskAction as Action, DeskEffect as Effect, DeskRequest as Request, Lost, who};
use crate::{
    route::{Operator, Route},
    store::{Submission, action::Response, lazy::LazyEffect, resource::may_pass},
};

/// Titles that are shown.
const TITLES: u16 = 10;
/// Stops that are shown.
const STOPS: u8 = 5;
/// Of how many looks one asks how the place fares, too.
const FARES_EVERY: u32 = 3;
/// Of how many looks one asks for the reports, too: sums are made every ten seconds, and take more to answer.
const REPORTS_EVERY: u32 = 12;
/// After so many looks without an answer there is no connection any more, whatever the browser believes: where packets are lost it waits for
/// minutes.
const SILENT_AFTER: u32 = 2;
/// Of how many such looks one asks anew, and gives up what was asked before.
const ANEW_EVERY: u32 = 4;

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
        Action::WentOffline => {
            desk.lost = Some(Lost::Unreachable);
            Vec::new()
        }
        Action::PlayingAnswered(answer) => playing_answered(desk, answer),
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
        Action::StopWanted(call) => stop_wanted(desk, call),
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
    let mut effects = look_what_plays(desk);
    if desk.looks.is_multiple_of(FARES_EVERY) {
        effects.extend(ask_how_it_fares(desk));
    }
    if desk.looks.is_multiple_of(REPORTS_EVERY) {
        effects.extend(ask_reports(desk));
    }
    effects
}

/// A question that stays without an answer is one, too.
fn look_what_plays(desk: &mut Desk) -> Vec<Effect> {
    if !desk.playing.is_loading() {
        return playing_wanted(desk);
    }
    desk.unanswered = desk.unanswered.saturating_add(1);
    if desk.unanswered >= SILENT_AFTER {
        desk.lost = Some(Lost::Unreachable);
    }
    if desk.unanswered.is_multiple_of(ANEW_EVERY) { vec![ask_what_plays()] } else { Vec::new() }
}

fn ask_what_plays() -> Effect {
    LazyEffect::Send(Request::Playing(ListPlaying {}))
}

/// What plays is asked for most often, so that it says whether the server is there. Once it is there again, nothing on the screen is news.
fn playing_answered(desk: &mut Desk, answer: Response<PlayingNow>) -> Vec<Effect> {
    let lost = answer.as_ref().err().and_then(lost);
    let is_back = lost.is_none() && desk.lost.is_some();
    (desk.lost, desk.unanswered) = (lost, 0);
    desk.playing.answer(&(), answer);
    if is_back {
        desk.is_playing_outdated = false;
        return ask_everything(desk);
    }
    if std::mem::take(&mut desk.is_playing_outdated) { playing_wanted(desk) } else { Vec::new() }
}

/// Nothing where it is an answer.
fn lost(problem: &Problem) -> Option<Lost> {
    if matches!(problem.code, Code::Unreachable | Code::TimedOut) {
        Some(Lost::Unreachable)
    } else {
        may_pass(problem).then_some(Lost::Failing)
    }
}

/// Asked once at a time, and once more where something changed meanwhile: an answer that was under way may be older than the change, and one
/// that were given up for the next would never come where something changes without a pause.
fn playing_wanted(desk: &mut Desk) -> Vec<Effect> {
    if desk.playing.is_loading() {
        desk.is_playing_outdated = true;
        return Vec::new();
    }
    desk.playing.refresh(());
    vec![ask_what_plays()]
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

/// Whose film it is is known now: it goes from the list with the film.
fn stop_wanted(desk: &mut Desk, call: StopPlaying) -> Vec<Effect> {
    if !desk.stopping.begin() {
        return Vec::new();
    }
    let sessions = desk.playing.latest().map(|playing| playing.items.as_slice()).unwrap_or_default();
    desk.stopping_whose = sessions.iter().find(|session| session.id == call.id).map(who).unwrap_or_default();
    vec![LazyEffect::Send(Request::Stop(call))]
}

/// What is on the screen is asked for anew either way: whoever was to be stopped may have gone by themselves.
fn stopped(desk: &mut Desk, answer: Response<()>) -> Vec<Effect> {
    let is_done = desk.stopping.end(answer).is_some();
    let mut effects = playing_wanted(desk);
    effects.extend(ask_stops(desk));
    if is_done {
        let whose = std::mem::take(&mut desk.stopping_whose);
        effects.push(LazyEffect::note(if whose.is_empty() { "Stopped.".to_owned() } else { format!("Stopped for {whose}.") }));
    }
    effects
}

#[cfg(test)]
mod tests;
