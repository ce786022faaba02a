//! The player as its controls see it: what it plays, how it is, and what it can be asked to do.

use std::time::Duration;

use contract::playback::PlaybackSession;
use leptos::{
    html::{Div, Video},
    prelude::*,
    web_sys::HtmlVideoElement,
};

use super::{
    captions, choices, chosen,
    engine::{self, Engine, Start},
    keys::Command,
    live::Live,
    machine::{self, Command as Next, Event, PlayerState},
    media_session, screen,
};
use crate::store::{Action, state::Preferences};

/// How long the controls stay without a sign of the viewer.
const IDLE_AFTER: Duration = Duration::from_millis(2_500);
/// Milliseconds that captions may be moved at most.
const CAPTIONS_OFFSET: i32 = 60_000;
/// What a film's frame lasts where its rate is not known.
const FRAME_SECONDS: f64 = 1.0 / 24.0;

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
    pub is_menu_open: RwSignal<bool>,
    pub are_shortcuts_open: RwSignal<bool>,
    pub is_full_screen: RwSignal<bool>,
    engine: StoredValue<Option<Box<dyn Engine>>, LocalStorage>,
    state: StoredValue<PlayerState>,
    /// The captions that were chosen before those of now.
    pub(super) last_captions: StoredValue<Option<String>>,
    rest: StoredValue<Option<TimeoutHandle>>,
    retry: StoredValue<Option<TimeoutHandle>>,
}

impl Controller {
    pub fn new(
        session: PlaybackSession,
        preferences: Memo<Preferences>,
        language: Option<String>,
        dispatch: Callback<Action>,
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
            is_menu_open: RwSignal::new(false),
            are_shortcuts_open: RwSignal::new(false),
            is_full_screen: RwSignal::new(false),
            engine: StoredValue::new_local(None),
            state: StoredValue::new(state),
            last_captions: StoredValue::new(None),
            rest: StoredValue::new(None),
            retry: StoredValue::new(None),
        }
    }

    /// Loads the film and plays it from `position`.
    pub fn load(self, position: f64) {
        let Some(video) = self.video.get_untracked() else { return };
        let preferences = self.preferences.get_untracked();
        prepare(&video, &preferences);
        self.engine.set_value(None);
        leptos::task::spawn_local(async move {
            let session = self.session.get_value();
            let failed = Callback::new(move |error| self.happened(Event::Failed(error)));
            let audio = chosen::first_audio(&session, &preferences, self.spoken());
            let start = Start { session: &session, position, preferences: &preferences, audio, live: self.live, failed };
            let engine = engine::start(video.clone(), start).await;
            // The viewer may have gone while the engine was fetched.
            if self.engine.try_set_value(engine).is_none() {
                self.play().await;
            }
        });
    }

    /// The language of whoever watches, where they said it.
    pub fn spoken(self) -> Option<String> {
        self.language.get_value()
    }

    /// Goes on in another session of the film.
    pub fn renew(self, session: PlaybackSession) {
        if let Some(video) = self.video.get_untracked() {
            captions::follow_session(&video, &session.captions);
        }
        self.session.set_value(session);
        self.happened(Event::Renewed);
    }

    /// Stops and lets go of everything.
    pub fn unload(self) {
        let _ = self.engine.try_update_value(Option::take);
    }

    /// Says what happened to the player, and does what follows from it.
    pub fn happened(self, event: Event) {
        let Some(commands) = self.state.try_update_value(|state| machine::update(state, event)) else { return };
        for command in commands {
            self.follow(command);
        }
    }

    fn follow(self, command: Next) {
        let session = self.session.with_value(|session| session.session.clone());
        match command {
            Next::Tell { position, state } => {
                self.dispatch.run(Action::Watched { session, position, state });
                media_session::tell(self);
            }
            Next::Leave { position, state, closing } => {
                self.dispatch.run(Action::WatchLeft { session, position, state, closing });
            }
            Next::LoseSession { position, state } => self.dispatch.run(Action::SessionLost { session, position, state }),
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
            Command::Play => leptos::task::spawn_local(self.play()),
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
            Command::Close => {
                self.is_menu_open.set(false);
                self.are_shortcuts_open.set(false);
            }
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
        if let Some(video) = self.video.get_untracked() {
            prepare(&video, &preferences);
        }
        self.dispatch.run(Action::PreferencesChanged(preferences));
    }

    /// Plays this height from now on, or whatever fits.
    pub fn choose_quality(self, height: Option<u16>) {
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
        self.is_active.set(true);
        if let Some(Some(earlier)) = self.rest.try_update_value(Option::take) {
            earlier.clear();
        }
        let handle = set_timeout_with_handle(move || self.idle(), IDLE_AFTER).ok();
        self.rest.set_value(handle);
    }

    fn idle(self) {
        let is_busy = self.is_menu_open.try_get_untracked().unwrap_or(true)
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
        }
    }

    fn toggle_play(self, video: &HtmlVideoElement) {
        if self.live.has_ended.get_untracked() {
            self.seek(0.0);
        }
        // Works while buffering too: what counts is whether it is asked to play, not whether it moves.
        if video.paused() {
            leptos::task::spawn_local(self.play());
        } else {
            let _ = video.pause();
        }
    }

    /// Moves captions in time, by milliseconds.
    pub fn move_captions(self, by: i32) {
        self.live.captions_offset.update(|offset| *offset = (*offset + by).clamp(-CAPTIONS_OFFSET, CAPTIONS_OFFSET));
    }
}

fn prepare(video: &HtmlVideoElement, preferences: &Preferences) {
    video.set_volume(f64::from(preferences.volume.min(100)) / 100.0);
    video.set_muted(preferences.muted);
    let speed = f64::from(preferences.speed.clamp(25, 400)) / 100.0;
    video.set_default_playback_rate(speed);
    video.set_playback_rate(speed);
}
