//! What the viewer prefers, and the film that follows it: also where preferences arrive after the film began, and where
//! loudness or speed is changed from outside of the player, by the browser's own menu or a small window.
//!
//! Must never undo what was chosen in this film.

use leptos::prelude::*;
use leptos::web_sys::HtmlVideoElement;

use super::{chosen, controller::Controller};
use crate::store::state::Preferences;

/// What the viewer chose since the film began: preferences that arrive later leave it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub quality: bool,
    pub audio: bool,
    pub captions: bool,
}

/// Something that the film does not follow yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    LoudnessOrSpeed,
    Quality,
    Audio,
    Captions,
}

/// What has to follow, where preferences were `before` and are `now`.
pub fn changes(before: &Preferences, now: &Preferences, chosen: Chosen) -> Vec<Change> {
    let sound = |preferences: &Preferences| (preferences.volume, preferences.muted, preferences.speed);
    let audio = |preferences: &Preferences| (preferences.audio_language.clone(), preferences.audio_role);
    let captions = |preferences: &Preferences| (preferences.caption_language.clone(), preferences.caption_role);
    let all = [
        (sound(before) != sound(now), Change::LoudnessOrSpeed),
        (before.quality != now.quality && !chosen.quality, Change::Quality),
        (audio(before) != audio(now) && !chosen.audio, Change::Audio),
        (captions(before) != captions(now) && !chosen.captions, Change::Captions),
    ];
    all.into_iter().filter_map(|(has_changed, change)| has_changed.then_some(change)).collect()
}

/// How loud and how fast the element plays: per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Output {
    volume: u8,
    muted: bool,
    speed: u16,
}

impl Output {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
    fn of(video: &HtmlVideoElement) -> Self {
        let per_cent = |value: f64, most: f64| (value * 100.0).round().clamp(0.0, most);
        Self {
            volume: per_cent(video.volume(), 100.0) as u8,
            muted: video.muted(),
            speed: per_cent(video.playback_rate(), 400.0) as u16,
        }
    }
}

/// Sets loudness and speed; what the element made of it, because some devices keep their loudness to themselves.
pub fn prepare(video: &HtmlVideoElement, preferences: &Preferences) -> Output {
    video.set_volume(f64::from(preferences.volume.min(100)) / 100.0);
    video.set_muted(preferences.muted);
    let speed = f64::from(preferences.speed.clamp(25, 400)) / 100.0;
    video.set_default_playback_rate(speed);
    video.set_playback_rate(speed);
    Output::of(video)
}

impl Controller {
    /// Has the film follow what is preferred, until the player goes.
    pub fn follow_preferences(self) {
        Effect::new(move || {
            let now = self.preferences.get();
            let Some(before) = self.followed.try_update_value(|followed| std::mem::replace(followed, now.clone())) else {
                return;
            };
            for change in changes(&before, &now, self.chosen.get_value()) {
                match change {
                    Change::LoudnessOrSpeed => self.set_output(&now),
                    Change::Quality => self.with_engine(|engine| engine.choose_quality(now.quality)),
                    Change::Audio => self.follow_audio(&now),
                    Change::Captions => {
                        let shown = self.session.with_value(|session| chosen::first_captions(session, &now));
                        self.live.captions.set(shown);
                    }
                }
            }
        });
    }

    fn follow_audio(self, preferences: &Preferences) {
        let Some(track) = self.preferred_audio(preferences) else { return };
        self.with_engine(|engine| {
            if engine.choose_audio(&track.name) {
                self.live.audio.set(Some(track.id));
            }
        });
    }

    /// Sets loudness and speed of the film.
    pub fn set_output(self, preferences: &Preferences) {
        if let Some(video) = self.video.get_untracked() {
            self.output.set_value(prepare(&video, preferences));
        }
    }

    /// Loudness or speed of the element changed. Where that was not the player it was the viewer, elsewhere: it is preferred
    /// from now on, and the menu shows it.
    pub fn output_changed(self) {
        let Some(video) = self.video.get_untracked() else { return };
        let now = Output::of(&video);
        let Some(before) = self.output.try_update_value(|output| std::mem::replace(output, now)) else { return };
        // A film that is loaded anew stands still for a moment.
        if before == now || now.speed == 0 {
            return;
        }
        self.prefer(|preferences| {
            if before.volume != now.volume {
                preferences.volume = now.volume;
            }
            if before.muted != now.muted {
                preferences.muted = now.muted;
            }
            if before.speed != now.speed {
                preferences.speed = now.speed.clamp(25, 400);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn german() -> Preferences {
        Preferences {
            volume: 40,
            speed: 150,
            quality: Some(720),
            audio_language: Some("de".into()),
            caption_language: Some("en".into()),
            ..Preferences::default()
        }
    }

    #[test]
    fn the_film_follows_all_that_arrives_late_and_nothing_that_stayed() {
        let all = [Change::LoudnessOrSpeed, Change::Quality, Change::Audio, Change::Captions];
        assert_eq!(changes(&Preferences::default(), &german(), Chosen::default()), all);
        assert_eq!(changes(&german(), &german(), Chosen::default()), []);
        let quiet = Preferences { muted: true, ..german() };
        assert_eq!(changes(&german(), &quiet, Chosen::default()), [Change::LoudnessOrSpeed]);
    }

    #[test]
    fn what_was_chosen_in_this_film_stays_chosen() {
        let chosen = Chosen { quality: true, audio: false, captions: true };
        assert_eq!(changes(&Preferences::default(), &german(), chosen), [Change::LoudnessOrSpeed, Change::Audio]);
        let all = Chosen { quality: true, audio: true, captions: true };
        assert_eq!(changes(&Preferences::default(), &german(), all), [Change::LoudnessOrSpeed]);
    }
}
