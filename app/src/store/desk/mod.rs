//! The slice of the operator's desk: what plays now, how much is watched, how well it plays, and how the place fares. Loads with its page.
//!
//! What plays is asked for as often as the stream of events says that something else does; all else now and then. What is on the screen stays
//! where asking again fails, and [`Desk::lost`] says that it is no news.

mod update;

use contract::{
    catalog::{GetTitleCards, TitleCard},
    discovery::{GetPreparation, Preparation},
    ids::TitleId,
    operations::{GetHealth, Health},
    playback::{ListPlaying, ListPlayingStops, PlayingNow, PlayingSession, PlayingStopPage, StopPlaying},
    usage::{GetReport, Report, ReportKind},
};
use serde::Serialize;

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};

/// What follows from an action of the desk.
pub type DeskEffect = LazyEffect<DeskRequest>;

/// What the desk shows; elsewhere it is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Desk {
    is_open: bool,
    pub playing: Resource<(), PlayingNow>,
    /// Something else plays than when it was asked for last, and the answer is still on its way.
    is_playing_outdated: bool,
    /// Why what is on the screen is no news; absent while the server answers.
    pub lost: Option<Lost>,
    /// How many looks what plays was asked for without an answer.
    unanswered: u32,
    pub hours: Resource<(), Report>,
    pub quality: Resource<(), Report>,
    pub titles: Resource<(), Report>,
    /// The titles of that report, as far as there are any of them still.
    pub cards: Resource<Vec<TitleId>, Vec<TitleCard>>,
    pub devices: Resource<(), Report>,
    pub health: Resource<(), Health>,
    pub jobs: Resource<(), Preparation>,
    pub stops: Resource<(), PlayingStopPage>,
    pub stopping: Submission,
    /// Whose film that is, in words; empty where nobody knows.
    stopping_whose: String,
    /// How often it was time to look again.
    looks: u32,
}

/// How the desk has lost the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Lost {
    /// It cannot be reached, or says nothing.
    Unreachable,
    /// It answers that it cannot answer.
    Failing,
}

/// What can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum DeskAction {
    Opened(Route),
    RetryWanted,
    /// It is time to look again.
    LookDue,
    /// The browser says that there is no network.
    WentOffline,
    /// Other films play than before, or it is not known whether they do.
    PlayingChanged,
    PlayingAnswered(Response<PlayingNow>),
    ReportAnswered {
        kind: ReportKind,
        answer: Response<Report>,
    },
    CardsAnswered {
        ids: Vec<TitleId>,
        answer: Response<Vec<TitleCard>>,
    },
    HealthAnswered(Response<Health>),
    JobsAnswered(Response<Preparation>),
    StopsAnswered(Response<PlayingStopPage>),
    /// The dialog was opened: what was wrong with another stop is forgotten.
    StopBegun,
    StopWanted(StopPlaying),
    Stopped(Response<()>),
}

/// A call to the server; a newer one of the same kind takes the place of the older.
#[derive(Clone, Debug, PartialEq)]
pub enum DeskRequest {
    Playing(ListPlaying),
    Hours(GetReport),
    Quality(GetReport),
    Titles(GetReport),
    Devices(GetReport),
    Cards(GetTitleCards),
    Health(GetHealth),
    Jobs(GetPreparation),
    Stops(ListPlayingStops),
    Stop(StopPlaying),
}

impl LazySlice for Desk {
    type Action = DeskAction;
    type Request = DeskRequest;

    const NAME: &'static str = "desk";

    fn opened(route: Route) -> DeskAction {
        DeskAction::Opened(route)
    }

    fn retry_wanted() -> DeskAction {
        DeskAction::RetryWanted
    }

    fn update(&mut self, action: DeskAction) -> Vec<DeskEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &DeskRequest) -> bool {
        match request {
            DeskRequest::Playing(_)
            | DeskRequest::Hours(_)
            | DeskRequest::Quality(_)
            | DeskRequest::Titles(_)
            | DeskRequest::Devices(_)
            | DeskRequest::Cards(_)
            | DeskRequest::Health(_)
            | DeskRequest::Jobs(_)
            | DeskRequest::Stops(_) => true,
            DeskRequest::Stop(_) => false,
        }
    }

    async fn send(client: &Client, request: DeskRequest) -> DeskAction {
        use DeskAction as Action;
        use DeskRequest as Request;
        match request {
            Request::Playing(call) => Action::PlayingAnswered(client.send(call).await),
            Request::Hours(call) | Request::Quality(call) | Request::Titles(call) | Request::Devices(call) => {
                Action::ReportAnswered { kind: call.kind, answer: client.send(call).await }
            }
            Request::Cards(call) => Action::CardsAnswered { ids: call.ids.clone(), answer: client.send(call).await },
            Request::Health(call) => Action::HealthAnswered(client.send(call).await),
            Request::Jobs(call) => Action::JobsAnswered(client.send(call).await),
            Request::Stops(call) => Action::StopsAnswered(client.send(call).await),
            Request::Stop(call) => Action::Stopped(client.send(call).await),
        }
    }
}

/// The slice, for its page.
pub fn desk() -> LazyStore<Desk> {
    super::lazy::slice()
}

/// The profile that watches; its account's login where that is not known, or somebody.
pub fn who(session: &PlayingSession) -> String {
    match &session.account {
        None => "Guest".to_owned(),
        Some(account) => account.profile.clone().or_else(|| account.login.clone()).unwrap_or_else(|| "Somebody".to_owned()),
    }
}
