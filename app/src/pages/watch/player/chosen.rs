//! Which tracks of the film play: what the viewer chose, by its id, and what follows from that by itself.

use contract::playback::{AudioTrack, PlaybackSession, TextTrack};
use leptos::prelude::*;

use super::{
    controller::Controller,
    loudspeakers,
    tracks::{self, Wanted},
};
use crate::store::state::Preferences;

/// The captions that a film begins with, where the viewer prefers some.
pub fn first_captions(session: &PlaybackSession, preferences: &Preferences) -> Option<String> {
    let wanted = Wanted::captions(preferences).in_region_of(&own_language());
    tracks::captions(&session.captions, &wanted).map(|track| track.id.clone())
}

/// The sound that a film begins with.
fn first_audio(session: &PlaybackSession, preferences: &Preferences, spoken: Option<String>) -> Option<AudioTrack> {
    let wanted = Wanted::sound(preferences, spoken).in_region_of(&own_language());
    // Asking wakes the system's sound: only where the answer counts.
    let has_surround = session.audio.iter().any(|track| track.channels > 2);
    let loudspeakers = if has_surround { loudspeakers::count() } else { 2 };
    tracks::audio(&session.audio, &wanted, loudspeakers).cloned()
}

/// The language of the browser.
fn own_language() -> String {
    window().navigator().language().unwrap_or_default()
}

impl Controller {
    /// The sound of the film that is preferred.
    pub fn preferred_audio(self, preferences: &Preferences) -> Option<AudioTrack> {
        self.session.try_with_value(|session| first_audio(session, preferences, self.spoken())).flatten()
    }

    /// Plays this sound from now on. What it is for and its language are preferred from now on.
    pub fn choose_audio(self, track: AudioTrack) {
        self.chosen.update_value(|chosen| chosen.audio = true);
        self.with_engine(|engine| {
            if engine.choose_audio(&track.name) {
                self.live.audio.set(Some(track.id));
            }
        });
        self.prefer(|preferences| {
            preferences.audio_language = Some(track.language);
            preferences.audio_role = track.roles.first().copied();
        });
    }

    /// Shows these captions of the film, or none. What they are for and their language are preferred from now on.
    pub fn choose_captions(self, track: Option<TextTrack>) {
        self.chosen.update_value(|chosen| chosen.captions = true);
        if let Some(shown) = self.live.captions.get_untracked() {
            self.last_captions.set_value(Some(shown));
        }
        self.live.captions.set(track.as_ref().map(|track| track.id.clone()));
        self.prefer(|preferences| {
            // Off is off of the same captions: what they were for is remembered.
            if let Some(track) = &track {
                preferences.caption_role = track.roles.first().copied();
            }
            preferences.caption_language = track.map(|track| track.language);
        });
    }

    /// Off, or those that were shown before, or the likeliest.
    pub fn toggle_captions(self) {
        if self.live.captions.get_untracked().is_some() {
            self.choose_captions(None);
            return;
        }
        let before = self.last_captions.get_value();
        let spoken = [self.spoken(), untrack(|| self.sound_language())].into_iter().flatten().collect::<Vec<_>>();
        let track = self.session.with_value(|session| {
            let known = session.captions.iter().find(|track| Some(&track.id) == before.as_ref());
            let languages: Vec<&str> = spoken.iter().map(String::as_str).collect();
            known.or_else(|| tracks::first(&session.captions, &languages)).cloned()
        });
        if track.is_some() {
            self.choose_captions(track);
        }
    }

    /// The captions that the viewer may choose now, with what they are called.
    pub fn listed_captions(self) -> Vec<(TextTrack, String)> {
        let sound = self.sound_language();
        self.session.with_value(|session| {
            let listed = tracks::listed(&session.captions, sound.as_deref());
            let labels = tracks::labels(&listed);
            listed.into_iter().cloned().zip(labels).collect()
        })
    }

    /// The place among the film's of the captions that are shown: those that were chosen, else what comes with the sound.
    pub fn shown_captions(self) -> Option<usize> {
        let chosen = self.live.captions.get();
        let sound = self.sound_language();
        self.session.with_value(|session| match &chosen {
            Some(chosen) => session.captions.iter().position(|track| track.id == *chosen),
            None => {
                let forced = tracks::forced(&session.captions, sound.as_deref()?)?;
                session.captions.iter().position(|track| track == forced)
            }
        })
    }

    /// The language of what is heard: of the track that plays, or of the one that an engine without tracks plays by itself.
    fn sound_language(self) -> Option<String> {
        let plays = self.live.audio.get();
        self.session.with_value(|session| {
            let found = session.audio.iter().find(|track| Some(&track.id) == plays.as_ref());
            let found = found.or_else(|| session.audio.iter().find(|track| track.default));
            found.or_else(|| session.audio.first()).map(|track| track.language.clone())
        })
    }
}
