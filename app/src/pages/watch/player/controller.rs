//! The player as its controls see it: what it plays, how it is, and what it can be asked to do.

use std::time::Duration;

use contract::playback::{PlayState, PlaybackSession, SaveProgress};
use leptos::{
    html::{Div, Video},
    prelude::*,
    web_sys::HtmlVideoElement,
};

use super::{
    captions, choices, chosen,
    engine::{self, Engine, Start},
    keys::Command,
    live::{Lasting, Live},
    machine::{self, Command as Next, Event, PlayerState},
    media_session,
    preferred::{Chosen, Output},
    quality::Meter,
    screen,
};
use crate::store::{Action, state::Preferences};

/// How long the controls stay without a sign of the viewer.
const IDLE_AFTER: Duration = Duration::from_millis(2_500);
/// Milliseconds that captions may be moved at most.
const CAPTIONS_OFFSET: i32 = 60_000;
/// What a film's frame lasts where its rate is not known.
const FRAME_SECONDS: f64 = 1.0 / 24.0;

/// A panel over the film: one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Settings,
    Chapters,
}

/// Cheap to copy; handed to every control through the context.
#[derive(Clone, Copy)]
pub struct Controller {
    /// What is played: one film, in whichever session the server knows by now.
    pub session: StoredValue<PlaybackSession>,
    pub preferences: Memo<Preferences>,
    /// What the profile that watches would rather hear, where nothing else was chosen.
    language: StoredValue<Option<String>>,
    pub dispatch: Callback<Action>,
    pub live: Live,
    pub video: NodeRef<Video>,
    pub surface: NodeRef<Div>,
    /// Whether the controls are to be seen.
    pub is_active: RwSignal<bool>,
    pub panel: RwSignal<Option<Panel>>,
    pub are_shortcuts_open: RwSignal<bool>,
    pub are_statistics_open: RwSignal<bool>,
    /// Whether touches do nothing.
    pub is_locked: RwSignal<bool>,
    pub lasting: Lasting,
    /// Milliseconds since 1970, once a second while a sleep timer is set.
    pub clock: RwSignal<f64>,
    pub is_full_screen: RwSignal<bool>,
    /// The preferences that the film follows by now.
    pub(super) followed: StoredValue<Preferences>,
    pub(super) chosen: StoredValue<Chosen>,
    /// As the player set it.
    pub(super) output: StoredValue<Output>,
    /// When the session began, in milliseconds since 1970.
    session_began: StoredValue<f64>,
    engine: StoredValue<Option<Box<dyn Engine>>, LocalStorage>,
    state: StoredValue<PlayerState>,
    /// How it plays.
    quality: StoredValue<Meter>,
    /// The captions that were chosen before those of now.
    pub(super) last_captions: StoredValue<Option<String>>,
    rest: StoredValue<Option<TimeoutHandle>>,
    retry: StoredValue<Option<TimeoutHandle>>,
}

impl Controller {
    #[expect(clippy::disallowed_methods, reason = "no film is played on the server")]
    pub fn new(
        session: PlaybackSession,
        preferences: Memo<Preferences>,
        language: Option<String>,
        dispatch: Callback<Action>,
        lasting: Lasting,
    ) -> Self {
        let live = Live::new(session.duration_seconds, session.resume_at);
        let state = PlayerState::at(session.resume_at);
        live.captions.set(preferences.with_untracked(|preferences| chosen::first_captions(&session, preferences)));
        Self {
            session: StoredValue::new(session),
            preferences,
            language: StoredValue::new(language),
            dispatch,
            live,
            video: NodeRef::new(),
            surface: NodeRef::new(),
            is_active: RwSignal::new(true),
            panel: RwSignal::new(None),
            are_shortcuts_open: RwSignal::new(false),
            are_statistics_open: RwSignal::new(false),
            is_locked: lasting.is_locked,
            lasting,
            clock: RwSignal::new(js_sys::Date::now()),
            is_full_screen: RwSignal::new(false),
            followed: StoredValue::new(preferences.get_untracked()),
            chosen: StoredValue::new(Chosen::default()),
            output: StoredValue::new(Output::default()),
            session_began: StoredValue::new(js_sys::Date::now()),
            engine: StoredValue::new_local(None),
            state: StoredValue::new(state),
            quality: StoredValue::new(Meter::wanted(lasting.wanted.get_value().unwrap_or_else(js_sys::Date::now))),
            last_captions: StoredValue::new(None),
            rest: StoredValue::new(None),
            retry: StoredValue::new(None),
        }
    }

    /// Loads the film and plays it from `position`.
    pub fn load(self, position: f64) {
        let Some(video) = self.video.get_untracked() else { return };
        self.set_output(&self.preferences.get_untracked());
        let preferences = Callback::new(move |()| self.preferences.try_get_untracked().unwrap_or_default());
        let audio = Callback::new(move |()| self.preferred_audio(&preferences.run(())));
        self.engine.set_value(None);
        leptos::task::spawn_local(async move {
            let session = self.session.get_value();
            let failed = Callback::new(move |error| self.happened(Event::Failed(error)));
            let start = Start { session: &session, position, preferences, audio, live: self.live, failed };
            let engine = engine::start(video.clone(), start).await;
            // The viewer may have gone while the engine was fetched.
            if self.engine.try_set_value(engine).is_none() {
                self.play().await;
            }
        });
    }

    /// The language of whoever watches, where they said it.
    pub fn spoken(self) -> Option<String> {
        self.language.try_get_value().flatten()
    }

    /// Goes on in another session of the film.
    pub fn renew(self, session: PlaybackSession) {
        if let Some(video) = self.video.get_untracked() {
            captions::follow_session(&video, &session.captions);
        }
        self.session.set_value(session);
        self.session_began.set_value(js_sys::Date::now());
        self.happened(Event::Renewed);
    }

    /// Stops and lets go of everything.
    pub fn unload(self) {
        let _ = self.engine.try_update_value(Option::take);
    }

    /// Says what happened to the player, and does what follows from it.
    pub fn happened(self, event: Event) {
        let _ = self.quality.try_update_value(|quality| quality.note(&event, js_sys::Date::now()));
        let Some(commands) = self.state.try_update_value(|state| machine::update(state, event)) else { return };
        for command in commands {
            self.follow(command);
        }
    }

    fn follow(self, command: Next) {
        match command {
            Next::Tell { position, state } => {
                self.dispatch.run(Action::Watched(self.measured(position, state)));
                media_session::tell(self);
            }
            Next::Leave { position, state, closing } => {
                self.dispatch.run(Action::WatchLeft { save: self.measured(position, state), closing });
            }
            // The session is likely over, and would take no figures: the next one is told them.
            Next::LoseSession { position, state } => self.dispatch.run(Action::SessionLost(self.at(position, state))),
            Next::Adopt { position, is_playing } => {
                self.session.with_value(|session| self.with_engine(|engine| engine.adopt(session, position)));
                if is_playing {
                    leptos::task::spawn_local(self.play());
                }
            }
            Next::Recover => {
                self.with_engine(|engine| engine.recover());
                leptos::task::spawn_local(self.play());
            }
            Next::Reload => self.with_engine(|engine| engine.reload()),
            Next::RetryAfter { milliseconds } => self.retry_after(Duration::from_millis(u64::from(milliseconds))),
            Next::Show(error) => self.live.error.set(error),
        }
    }

    /// What a session is told, with how it plays.
    fn measured(self, position: f64, state: PlayState) -> SaveProgress {
        let quality = self.quality.try_update_value(|quality| quality.tell(js_sys::Date::now()));
        SaveProgress { quality, ..self.at(position, state) }
    }

    fn at(self, position: f64, state: PlayState) -> SaveProgress {
        let session = self.session.with_value(|session| session.session.clone());
        SaveProgress { session, position, state, quality: None, buffered_millis: None }
    }

    fn retry_after(self, pause: Duration) {
        if let Some(Some(earlier)) = self.retry.try_update_value(Option::take) {
            earlier.clear();
        }
        self.retry.set_value(set_timeout_with_handle(move || self.happened(Event::RetryDue), pause).ok());
    }

    pub(super) fn with_engine(self, act: impl FnOnce(&dyn Engine)) {
        self.engine.try_with_value(|engine| engine.as_deref().map(act));
    }

    /// Does what was asked.
    pub fn run(self, command: Command) {
        self.activate();
        let Some(video) = self.video.get_untracked() else { return };
        match command {
            Command::TogglePlay => self.toggle_play(&video),
            Command::Play => self.play_on(),
            Command::Pause => {
                let _ = video.pause();
            }
            Command::Skip(seconds) => self.seek(video.current_time() + seconds),
            Command::JumpTo(fraction) => self.seek(self.live.duration.get_untracked() * fraction),
            Command::Volume(step) => {
                let louder = |volume: u8| volume.saturating_add_signed(step).min(100);
                self.prefer(|preferences| {
                    preferences.volume = louder(preferences.volume);
                    preferences.muted = false;
                });
            }
            Command::ToggleMute => self.prefer(|preferences| preferences.muted = !preferences.muted),
            Command::ToggleFullScreen => screen::toggle_full_screen(self.surface),
            Command::ToggleCaptions => self.toggle_captions(),
            Command::Speed(steps) => self.prefer(|preferences| preferences.speed = choices::speed(preferences.speed, steps)),
            Command::Step(frames) => {
                let _ = video.pause();
                self.seek(video.current_time() + f64::from(frames) * FRAME_SECONDS);
            }
            Command::ToggleShortcuts => self.are_shortcuts_open.update(|open| *open = !*open),
            Command::ToggleStatistics => self.are_statistics_open.update(|open| *open = !*open),
            Command::Close => self.close(),
        }
    }

    /// What the engine knows of how the film plays.
    pub fn figures(self) -> engine::Figures {
        let mut figures = engine::Figures::default();
        self.with_engine(|engine| figures = engine.figures());
        figures
    }

    /// Seconds since the session began.
    pub fn session_age(self) -> f64 {
        ((js_sys::Date::now() - self.session_began.get_value()) / 1000.0).max(0.0)
    }

    pub fn open_panel(self, panel: Panel) {
        self.panel.set(Some(panel));
        self.activate();
    }

    /// Closes the panel that is open, and gives the focus back to what opened it.
    pub fn close_panel(self) {
        let opener = match self.panel.get_untracked() {
            Some(Panel::Settings) => "#player-menu-button",
            Some(Panel::Chapters) => "#player-chapters-button",
            None => return,
        };
        let had_focus = screen::has_focus_in("#player-menu, #player-chapters");
        self.panel.set(None);
        if had_focus {
            // Where the line is narrow, the list of chapters was opened in the menu.
            screen::focus_first("#player-menu-button");
            screen::focus_first(opener);
        }
    }

    /// Closes what lies uppermost.
    fn close(self) {
        if self.is_locked.get_untracked() {
            self.is_locked.set(false);
        } else if self.are_shortcuts_open.get_untracked() {
            self.are_shortcuts_open.set(false);
        } else if self.panel.get_untracked().is_some() {
            self.close_panel();
        } else {
            self.are_statistics_open.set(false);
        }
    }

    /// Goes to a time.
    pub fn seek(self, seconds: f64) {
        let Some(video) = self.video.get_untracked() else { return };
        let duration = self.live.duration.get_untracked();
        // The very last moment would end the film while the viewer looks for a place in it.
        let seconds = seconds.clamp(0.0, (duration - 0.25).max(0.0));
        self.live.position.set(seconds);
        self.live.has_ended.set(false);
        video.set_current_time(seconds);
    }

    /// Changes what the viewer prefers, and the player with it.
    pub fn prefer(self, change: impl FnOnce(&mut Preferences)) {
        let mut preferences = self.preferences.get_untracked();
        change(&mut preferences);
        self.set_output(&preferences);
        self.dispatch.run(Action::PreferencesChanged(preferences));
    }

    /// Plays this height from now on, or whatever fits.
    pub fn choose_quality(self, height: Option<u16>) {
        self.chosen.update_value(|chosen| chosen.quality = true);
        self.with_engine(|engine| engine.choose_quality(height));
        self.prefer(|preferences| preferences.quality = height);
    }

    /// Tries again where it failed.
    pub fn retry(self) {
        self.happened(Event::RetryWanted);
        leptos::task::spawn_local(self.play());
    }

    /// Shows the controls, and lets them go after a while.
    pub fn activate(self) {
        if self.is_locked.get_untracked() {
            return;
        }
        self.is_active.set(true);
        if let Some(Some(earlier)) = self.rest.try_update_value(Option::take) {
            earlier.clear();
        }
        let handle = set_timeout_with_handle(move || self.idle(), IDLE_AFTER).ok();
        self.rest.set_value(handle);
    }

    fn idle(self) {
        let is_busy = self.panel.try_get_untracked().is_none_or(|panel| panel.is_some())
            || !self.live.is_playing.try_get_untracked().unwrap_or(false)
            || screen::has_visible_focus_within(self.surface);
        if !is_busy {
            self.is_active.set(false);
        }
    }

    async fn play(self) {
        let Some(video) = self.video.try_get_untracked().flatten() else { return };
        let is_allowed = screen::play(&video).await;
        if let Some(is_allowed) = is_allowed {
            // `NotAllowedError` is no failure: the browser wants a gesture first.
            let _ = self.live.is_blocked.try_set(!is_allowed);
            if !is_allowed {
                self.happened(Event::Blocked);
            }
        }
    }

    fn toggle_play(self, video: &HtmlVideoElement) {
        // Works while buffering too: what counts is whether it is asked to play, not whether it moves.
        if video.paused() || self.live.has_ended.get_untracked() {
            self.play_on();
        } else {
            let _ = video.pause();
        }
    }

    /// Plays; from the beginning, where the film is at its end.
    fn play_on(self) {
        if self.live.has_ended.get_untracked() {
            self.seek(0.0);
        }
        leptos::task::spawn_local(self.play());
    }

    /// Moves captions in time, by milliseconds.
    pub fn move_captions(self, by: i32) {
        self.live.captions_offset.update(|offset| *offset = (*offset + by).clamp(-CAPTIONS_OFFSET, CAPTIONS_OFFSET));
    }
}
