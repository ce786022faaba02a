//! What other devices do, as this page follows it: a slice that loads once the first visit is over.
//!
//! What is told goes to where it is kept: how far the viewer is in a title to the store, lists and the history to their slice
//! ([`super::library`]). Its own is the offer to go on with what was paused elsewhere.

#[cfg(feature = "browser")]
mod connection;
#[cfg_attr(not(any(feature = "browser", test)), expect(dead_code, reason = "a rendered page follows nothing"))]
mod machine;

use contract::{
    events::Event,
    ids::TitleId,
    playback::{ContinueItem, ListContinueWatching, ProgressReport},
};
use serde::Serialize;

use super::{
    Action,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
#[cfg(feature = "browser")]
use super::{
    AppStore, StateStoreFields,
    library::{Library, LibraryAction, unwanted::Unwanted},
    recommendations::{Recommendations, RecommendationsAction},
    reviews::{Drafts, Reviews, ReviewsAction},
};
use crate::{client::Client, route::Route};

/// See the module above.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Live {
    is_home: bool,
    /// The film that this page plays.
    watching: Option<TitleId>,
    /// One that was paused elsewhere, until it is known whether there is something of it to be gone on with.
    paused: Option<TitleId>,
    pub offer: Option<Offer>,
    /// Whether everything was asked for with the word before.
    is_resynced: bool,
    /// Counts up where others may play something else than before, as far as operators are told: the desk asks then.
    pub playing_changes: u32,
}

/// A film that was paused on another device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    pub id: TitleId,
    pub name: String,
    /// Seconds from the start.
    pub position: f64,
}

/// What can happen to [`Live`].
#[derive(Clone, Debug, PartialEq)]
pub enum LiveAction {
    Opened(Route),
    RetryWanted,
    /// The server told something; `viewer` is whom this page speaks for.
    Told {
        event: Event,
        viewer: Option<String>,
    },
    ContinueAnswered(Response<Vec<ContinueItem>>),
    OfferDismissed,
}

/// What it asks.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveRequest {
    Continue,
}

impl LazySlice for Live {
    type Action = LiveAction;
    type Request = LiveRequest;

    const NAME: &'static str = "live";

    fn opened(route: Route) -> LiveAction {
        LiveAction::Opened(route)
    }

    fn retry_wanted() -> LiveAction {
        LiveAction::RetryWanted
    }

    fn update(&mut self, action: LiveAction) -> Vec<LazyEffect<LiveRequest>> {
        match action {
            LiveAction::Opened(route) => self.opened_at(&route),
            LiveAction::Told { event, viewer } => self.told(event, viewer.as_deref()),
            LiveAction::ContinueAnswered(Ok(begun)) => self.begun(begun),
            LiveAction::OfferDismissed => {
                self.offer = None;
                Vec::new()
            }
            // What is on the screen stays: nobody asked for it.
            LiveAction::ContinueAnswered(Err(_)) | LiveAction::RetryWanted => {
                self.paused = None;
                Vec::new()
            }
        }
    }

    fn is_safe(_request: &LiveRequest) -> bool {
        true
    }

    async fn send(client: &Client, request: LiveRequest) -> LiveAction {
        match request {
            LiveRequest::Continue => LiveAction::ContinueAnswered(client.send(ListContinueWatching {}).await),
        }
    }
}

impl Live {
    fn opened_at(&mut self, route: &Route) -> Vec<LazyEffect<LiveRequest>> {
        self.is_home = *route == Route::Home;
        self.watching = if let Route::Watch { id, .. } = route { Some(id.clone()) } else { None };
        if self.watching.is_some() {
            (self.offer, self.paused) = (None, None);
        }
        Vec::new()
    }

    fn told(&mut self, event: Event, viewer: Option<&str>) -> Vec<LazyEffect<LiveRequest>> {
        if matches!(event, Event::PlayingChanged | Event::Begun | Event::Resync) {
            self.playing_changes = self.playing_changes.wrapping_add(1);
        }
        let was_resynced = std::mem::replace(&mut self.is_resynced, event == Event::Resync);
        match event {
            Event::Progress { id, progress, is_paused, by } => {
                let mut effects = Vec::new();
                let paused = progress.as_ref().filter(|_| is_paused);
                let is_elsewhere = by.is_some() && by.as_deref() != viewer;
                match paused {
                    Some(_) if is_elsewhere && self.watching.is_none() => self.paused = Some(id.clone()),
                    Some(_) => {}
                    // It goes on there, or is over.
                    None => {
                        self.paused = self.paused.take().filter(|paused| *paused != id);
                        self.offer = self.offer.take().filter(|offer| offer.id != id);
                    }
                }
                if self.watching.as_ref() != Some(&id) {
                    let answer = Ok(ProgressReport { progress });
                    effects.push(LazyEffect::tell(Action::ProgressAnswered { id, answer }));
                }
                effects.extend(self.continue_wanted());
                effects
            }
            // What is watched to its end is nothing to be gone on with.
            Event::Watched { id, .. } => {
                let is_it = self.offer.as_ref().is_some_and(|offer| offer.id == id);
                if is_it { self.continue_wanted().into_iter().collect() } else { Vec::new() }
            }
            Event::Resync => {
                let rest = [Action::ViewerMayHaveChanged, Action::SettingsMayHaveChanged { revision: None }, Action::CameOnline]
                    .map(LazyEffect::tell);
                self.continue_wanted().into_iter().chain(rest).collect()
            }
            // The server answers: what failed on the screen while it was away is asked for again. Where it was killed between what was set on
            // another page and the word of that, nobody is told of it, and that page may be closed.
            Event::Begun => {
                let settings = LazyEffect::tell(Action::SettingsMayHaveChanged { revision: None });
                let settings = (!was_resynced).then_some(settings);
                settings.into_iter().chain([LazyEffect::tell(Action::CameOnline)]).collect()
            }
            Event::ViewerChanged => vec![LazyEffect::tell(Action::ViewerMayHaveChanged)],
            Event::SettingsChanged { revision } => {
                vec![LazyEffect::tell(Action::SettingsMayHaveChanged { revision: Some(revision) })]
            }
            Event::Heartbeat
            | Event::Stopping
            | Event::Listed { .. }
            | Event::Favourite { .. }
            | Event::ListChanged { .. }
            | Event::Rated { .. }
            | Event::Unwanted { .. }
            | Event::RecommendationsChanged
            | Event::PlayingChanged => Vec::new(),
        }
    }

    /// Which films were begun, and in which order, is the server's to say; and so is whether one is to be gone on with.
    fn continue_wanted(&self) -> Option<LazyEffect<LiveRequest>> {
        let is_wanted = self.is_home || self.paused.is_some() || self.offer.is_some();
        is_wanted.then_some(LazyEffect::Send(LiveRequest::Continue))
    }

    fn begun(&mut self, begun: Vec<ContinueItem>) -> Vec<LazyEffect<LiveRequest>> {
        let wanted = self.paused.take().or_else(|| Some(self.offer.take()?.id)).filter(|_| self.watching.is_none());
        let item = wanted.and_then(|id| begun.iter().find(|item| item.card.id == id));
        self.offer = item.map(|ContinueItem { card, progress }| Offer {
            id: card.id.clone(),
            name: card.title.clone(),
            position: progress.position,
        });
        self.is_home.then(|| LazyEffect::tell(Action::ContinueAnswered(Ok(begun)))).into_iter().collect()
    }
}

/// The slice, for its parts.
pub fn live() -> LazyStore<Live> {
    super::lazy::slice()
}

/// Follows what changes from now on, for as long as the document lives: once somebody watches for whom something is kept.
#[cfg(feature = "browser")]
pub fn follow(app: &AppStore) {
    use leptos::prelude::{Effect, Get, GetUntracked};

    let live: LazyStore<Live> = super::lazy::slice_of(app.clone());
    let library: LazyStore<Library> = super::lazy::slice_of(app.clone());
    let reviews: LazyStore<Reviews> = super::lazy::slice_of(app.clone());
    let recommendations: LazyStore<Recommendations> = super::lazy::slice_of(app.clone());
    let viewer = app.state.viewer();
    let told = move |event: Event| {
        if let Some(action) = of_library(&event) {
            library.dispatch(action);
        }
        if let Event::Rated { id, .. } = &event {
            reviews.dispatch(ReviewsAction::RatedElsewhere { id: id.clone() });
        }
        // The server answers, or may: stars that did not arrive are sent, also those of the document before.
        if matches!(event, Event::Begun | Event::Resync)
            && let Some(viewer) = viewer.get_untracked()
        {
            reviews.dispatch(ReviewsAction::ViewerKnown(Drafts::in_tab(viewer)));
        }
        if matches!(event, Event::Unwanted { .. } | Event::RecommendationsChanged | Event::Resync) {
            recommendations.dispatch(RecommendationsAction::ChangedElsewhere);
        }
        live.dispatch(LiveAction::Told { event, viewer: viewer.get_untracked() });
    };
    app.owner.with(|| {
        Effect::new(move |follows: Option<bool>| {
            let (follows, is_known) = (follows.unwrap_or_default(), viewer.get().is_some());
            if is_known && !follows {
                connection::begin(told.clone());
            }
            follows || is_known
        });
    });
}

/// What the slice of lists has to know of it.
#[cfg(feature = "browser")]
fn of_library(event: &Event) -> Option<LibraryAction> {
    match event.clone() {
        Event::Listed { list, id, is_on } => Some(LibraryAction::ListedElsewhere { list, id, is_on }),
        Event::Favourite { id, is_on } => Some(LibraryAction::FavouredElsewhere { id, is_on }),
        Event::Watched { id, is_watched } => Some(LibraryAction::WatchedElsewhere { id, is_on: is_watched }),
        Event::ListChanged { id } => Some(LibraryAction::ListChangedElsewhere { id }),
        Event::Unwanted { what, of, .. } => {
            Some(LibraryAction::UnwantedElsewhere(Unwanted { kind: what, of, name: String::new() }))
        }
        Event::RecommendationsChanged => Some(LibraryAction::WantedElsewhere),
        Event::Resync => Some(LibraryAction::Resync),
        Event::Begun => Some(LibraryAction::ServerAnswered),
        Event::Heartbeat
        | Event::ViewerChanged
        | Event::SettingsChanged { .. }
        | Event::Stopping
        | Event::Progress { .. }
        | Event::Rated { .. }
        | Event::PlayingChanged => None,
    }
}

#[cfg(test)]
mod tests {
    use contract::{
        catalog::{Artwork, TitleCard},
        playback::Progress,
    };

    use super::*;

    fn id() -> TitleId {
        "heat".parse().unwrap()
    }

    fn progress(position: Option<f64>, is_paused: bool, by: &str) -> LiveAction {
        let progress = position.map(|position| Progress { position, duration_seconds: 600.0 });
        let event = Event::Progress { id: id(), progress, is_paused, by: Some(by.to_owned()) };
        LiveAction::Told { event, viewer: Some("here".to_owned()) }
    }

    fn told(position: Option<f64>) -> LazyEffect<LiveRequest> {
        let progress = position.map(|position| Progress { position, duration_seconds: 600.0 });
        LazyEffect::tell(Action::ProgressAnswered { id: id(), answer: Ok(ProgressReport { progress }) })
    }

    fn begun(position: Option<f64>) -> LiveAction {
        let card = TitleCard {
            id: id(),
            title: "Heat".into(),
            year: None,
            runtime_minutes: None,
            maturity: None,
            genres: Vec::new(),
            score: None,
            house_rating: None,
            artwork: Artwork { poster: String::new(), backdrop: None, colour: "#000000".into() },
            video: None,
        };
        let item = |position| ContinueItem { card, progress: Progress { position, duration_seconds: 600.0 } };
        LiveAction::ContinueAnswered(Ok(position.map(item).into_iter().collect()))
    }

    const ASKED: LazyEffect<LiveRequest> = LazyEffect::Send(LiveRequest::Continue);

    fn offered() -> Live {
        let mut live = Live::default();
        live.update(LiveAction::Opened(Route::Settings));
        assert_eq!(live.update(progress(Some(61.0), true, "there")), [told(Some(61.0)), ASKED]);
        assert_eq!(live.update(begun(Some(61.0))), []);
        assert_eq!(live.offer, Some(Offer { id: id(), name: "Heat".into(), position: 61.0 }));
        live
    }

    #[test]
    fn what_is_paused_elsewhere_is_offered_until_it_goes_on_there_is_over_is_dismissed_or_is_gone_on_with() {
        for end in [
            progress(Some(70.0), false, "there"),
            progress(None, false, "there"),
            LiveAction::OfferDismissed,
            LiveAction::Opened(Route::watch(id())),
            begun(None),
        ] {
            let mut live = offered();
            live.update(end.clone());
            assert_eq!(live.offer, None, "{end:?}");
        }
    }

    #[test]
    fn what_was_hardly_begun_or_is_over_before_the_answer_is_no_offer() {
        let mut live = Live::default();
        live.update(progress(Some(3.0), true, "there"));
        live.update(begun(None));
        assert_eq!(live.offer, None);
        live.update(progress(Some(61.0), true, "there"));
        live.update(progress(None, false, "there"));
        live.update(begun(Some(61.0)));
        assert_eq!(live.offer, None);
    }

    #[test]
    fn what_is_watched_to_its_end_is_asked_about_where_it_is_offered() {
        let watched = |is_watched| LiveAction::Told { event: Event::Watched { id: id(), is_watched }, viewer: None };
        assert_eq!(offered().update(watched(true)), [ASKED]);
        assert_eq!(Live::default().update(watched(true)), []);
    }

    #[test]
    fn what_this_browser_pauses_or_somebody_who_watches_is_told_is_no_offer() {
        let mut live = Live::default();
        assert_eq!(live.update(progress(Some(61.0), true, "here")), [told(Some(61.0))]);
        live.update(LiveAction::Opened(Route::watch(id())));
        assert_eq!(live.update(progress(Some(61.0), true, "there")), [], "its own player knows better");
        live.update(begun(Some(61.0)));
        assert_eq!(live.offer, None);
    }

    #[test]
    fn a_change_of_what_plays_is_counted_and_so_is_a_stream_that_may_have_missed_one() {
        let mut live = Live::default();
        for (event, counted) in [(Event::PlayingChanged, 1), (Event::Heartbeat, 1), (Event::Begun, 2), (Event::Resync, 3)] {
            live.update(LiveAction::Told { event, viewer: None });
            assert_eq!(live.playing_changes, counted);
        }
    }

    #[test]
    fn the_home_page_asks_what_was_begun_and_shows_what_is_answered() {
        let mut live = Live::default();
        live.update(LiveAction::Opened(Route::Home));
        let again = LazyEffect::Send(LiveRequest::Continue);
        assert_eq!(live.update(progress(Some(70.0), false, "there")), [told(Some(70.0)), again.clone()]);
        let resync = LiveAction::Told { event: Event::Resync, viewer: None };
        let rest = [Action::ViewerMayHaveChanged, Action::SettingsMayHaveChanged { revision: None }, Action::CameOnline];
        let rest = rest.map(LazyEffect::tell);
        assert_eq!(live.update(resync), [vec![again], rest.to_vec()].concat());
        let begun = LiveAction::Told { event: Event::Begun, viewer: None };
        assert_eq!(live.update(begun.clone()), [LazyEffect::tell(Action::CameOnline)], "the rest was asked for just now");
        let settings = LazyEffect::tell(Action::SettingsMayHaveChanged { revision: None });
        let again = [settings, LazyEffect::tell(Action::CameOnline)];
        assert_eq!(live.update(begun), again, "a server that was away is back, and may have told of nothing as it went");
        let answer = LiveAction::ContinueAnswered(Ok(Vec::new()));
        assert_eq!(live.update(answer), [LazyEffect::tell(Action::ContinueAnswered(Ok(Vec::new())))]);
        assert_eq!(live.update(LiveAction::ContinueAnswered(Err(contract::Problem::internal()))), []);
    }
}
