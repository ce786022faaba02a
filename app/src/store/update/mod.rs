//! What follows from what happened: pure functions from state and action to the next state and effects.
//!
//! One file per slice. Must never touch the outside, read a clock or draw a random number: a test is a
//! script of actions. Matches over [`Action`] are exhaustive.

mod browse;
mod home;
mod mutations;
mod notices;
mod route;
mod saved;
mod search;
mod settings;
mod title;
mod watch;

use contract::identity::GetWatcher;

use super::{
    Action, Effect, Request, State,
    draft::{Changed, Draft},
    effect::Timer,
    message::Message,
};

/// How long a page that changed who watches may take until it is at where that leads.
pub const OWN_CHANGE_MILLISECONDS: u32 = 2_000;

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut State, action: Action) -> (Vec<Effect>, Changed) {
    let mut draft = Draft::new(state);
    let effects = change(&mut draft, action);
    (effects, draft.changed())
}

fn change(state: &mut Draft<'_>, action: Action) -> Vec<Effect> {
    match action {
        Action::Started(route) => route::started(state, route),
        Action::Hydrated => route::hydrated(state),
        Action::Opened(route) => route::opened(state, route),
        Action::RetryWanted => route::retry(state),

        Action::HomeAnswered(answer) => home::answered(state, answer),
        Action::ContinueAnswered(answer) => home::continue_answered(state, answer),
        Action::PreparationAnswered(answer) => home::preparation_answered(state, answer),
        Action::PreparationDue => home::preparation_due(),
        Action::ForgetWanted { id, now } => home::forget_wanted(state, &id, now),
        Action::FinishWanted { id, now } => home::finish_wanted(state, &id, now),
        Action::LibraryChangeWanted { entry, now } => home::library_change_wanted(state, entry, now),
        Action::MutationAnswered { id, answer } => mutations::answered(state, id, answer),
        Action::MutationsDue => mutations::due(state),
        Action::KeptRead { kept, now } => mutations::kept(state, kept, now),

        Action::BrowseAnswered { asked, answer } => browse::answered(state, &asked, answer),
        Action::BrowseShown { from, to } => browse::shown(state, from, to),
        Action::BrowsePageAnswered { asked, answer } => browse::page_answered(state, &asked, answer),

        Action::SearchTyped { q } => search::typed(state, q),
        Action::SearchDue { q } => search::due(state, q),
        Action::SearchAnswered { asked, answer } => search::answered(state, &asked, answer),

        Action::TitleAnswered { id, answer } => title::answered(state, &id, answer),
        Action::SimilarAnswered { id, answer } => title::similar_answered(state, &id, answer),
        Action::ProgressAnswered { id, answer } => title::progress_answered(state, &id, answer),

        Action::PlaybackAnswered { visit, answer } => watch::playback_answered(state, &visit, answer),
        Action::SessionLost(last) => watch::lost(state, &last.session.clone(), Some(last)),
        Action::RenewalDue { visit } => watch::renewal_due(state, &visit),
        Action::CameOnline => {
            notices::network_is_back(state);
            let mut effects = route::came_online(state);
            effects.extend(mutations::due(state));
            effects.extend(saved::came_online(state));
            effects
        }
        Action::Watched(save) => watch::watched(state, save),
        Action::WatchLeft { save, closing } => watch::left(state, save, closing),
        Action::WatchSaved { session, answer } => watch::saved(state, &session, answer),

        Action::DeviceRecognised(profile) => settings::device_recognised(state, profile),
        Action::DeviceAnswered(answer) => settings::device_answered(state, answer),
        Action::PreferencesChanged(preferences) => settings::preferences_changed(state, preferences),
        Action::RowHidden { row, text } => settings::row_hidden(state, row, text),
        Action::RowShown { key, text } => settings::row_shown(state, &key, Some(text)),

        Action::ViewerChanged { address } => {
            let mut effects = mutations::forget(state);
            effects.extend([Effect::ForgetDrafts { but_of: None }, Effect::Load { address }]);
            effects
        }
        Action::Woken => vec![Effect::Send(Request::Watcher(GetWatcher {}))],
        // Where it is this page that signed out or chose who watches, it is on its way to where that leads.
        Action::ViewerMayHaveChanged => {
            vec![Effect::After { timer: Timer::Viewer, milliseconds: OWN_CHANGE_MILLISECONDS, action: Box::new(Action::Woken) }]
        }

        Action::WatcherAnswered(answer) => settings::watcher_answered(state, answer),
        Action::SnapshotAnswered(answer) => saved::read(state, answer),
        Action::SettingsMayHaveChanged { revision } => saved::changed(state, revision),
        Action::SaveDue => saved::due(state),
        Action::Left => saved::left(state),
        Action::SaveAnswered { preferences, answer } => saved::save_answered(state, preferences, answer),
        Action::ResumeOfferDismissed => saved::resume_offer_dismissed(state),

        Action::ChangedLater => notices::changed_later(state),
        Action::Noted { text } => notices::toast(state, Message::Text(text), None),
        Action::ToastDue { id } => notices::toast_due(state, id),
        Action::ToastDismissed { id } => notices::toast_gone(state, id),
        Action::UndoWanted { id, now } => notices::undo(state, id, now),
        Action::ScreenNamed(title) => notices::announced(state, Message::Screen(title)),
        Action::ToastsHeld { is_held } => notices::toasts_held(state, is_held),
    }
}

#[cfg(test)]
pub mod tests {
    use super::{Action, Effect, State};
    use contract::{
        catalog::{Artwork, TitleCard},
        playback::{ContinueItem, Progress},
    };

    /// As [`super::update`], for what follows alone.
    pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
        super::update(state, action).0
    }

    /// A card with nothing but what it must have.
    pub fn card(id: &str) -> TitleCard {
        TitleCard {
            id: id.parse().unwrap(),
            title: id.to_owned(),
            year: None,
            runtime_minutes: None,
            maturity: None,
            genres: Vec::new(),
            score: None,
            artwork: Artwork { poster: format!("/art/{id}"), backdrop: None, colour: "#000000".to_owned() },
            house_rating: None,
            video: None,
        }
    }

    /// With two titles on "Continue watching", `a` and `b`.
    pub fn begun() -> State {
        let mut state = State::default();
        update(&mut state, Action::Opened(crate::route::Route::Home));
        update(&mut state, Action::ContinueAnswered(Ok(vec![continue_item("a"), continue_item("b")])));
        state
    }

    pub fn continue_item(id: &str) -> ContinueItem {
        ContinueItem { card: card(id), progress: Progress { position: 1.0, duration_seconds: 9.0 } }
    }
}
