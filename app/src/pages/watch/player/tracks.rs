//! Which sound and which captions of a film fit what a viewer prefers: by language, by what a track is for, by loudspeakers.
//!
//! Pure. A preference is a language (BCP 47) and a role; a choice is a track's id. Must never pick somebody who talks about the
//! film, or describes it, by the language alone.

use std::cmp::Reverse;

use contract::playback::{AudioTrack, TextTrack, TrackRole};

use crate::{parts::words, store::state::Preferences};

/// What a viewer prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub language: Option<String>,
    pub role: Option<TrackRole>,
}

impl Wanted {
    /// Of sound: what was chosen last, else `spoken` by whoever watches.
    pub fn sound(preferences: &Preferences, spoken: Option<String>) -> Self {
        Self { language: preferences.audio_language.clone().or(spoken), role: preferences.audio_role }
    }

    /// Of captions: none where no language was chosen.
    pub fn captions(preferences: &Preferences) -> Self {
        Self { language: preferences.caption_language.clone(), role: preferences.caption_role }
    }

    /// The same of the viewer's own region, where they named none: `pt` in Lisbon is `pt-PT`.
    pub fn in_region_of(mut self, own: &str) -> Self {
        let is_own = |language: &String| !language.contains('-') && own.split('-').next() == Some(language.as_str());
        if self.language.as_ref().is_some_and(is_own) {
            self.language = Some(own.to_owned());
        }
        self
    }
}

/// The sound to begin with: in the language that is preferred, else the film's own; with as many channels as there are
/// loudspeakers for.
pub fn audio<'a>(tracks: &'a [AudioTrack], wanted: &Wanted, loudspeakers: u8) -> Option<&'a AudioTrack> {
    let plain = || tracks.iter().filter(|track| track.roles.is_empty());
    let main = plain().find(|track| track.default).or_else(|| plain().next());
    let main = main.or_else(|| tracks.iter().find(|track| track.default)).or_else(|| tracks.first())?;
    let language = wanted.language.as_deref().unwrap_or(&main.language);
    let near = |track: &&AudioTrack| nearness(language, &track.language, Medium::Sound);
    let in_role = wanted.role.and_then(|role| nearest(tracks.iter().filter(|track| track.roles.contains(&role)), near));
    let kind = in_role.or_else(|| nearest(plain(), near)).unwrap_or(main);
    let alike = tracks.iter().filter(|track| track.language == kind.language && track.roles == kind.roles);
    let rank = |(index, track): &(usize, &AudioTrack)| {
        let is_heard_whole = track.channels <= loudspeakers.max(2);
        let channels = if is_heard_whole { i16::from(track.channels) } else { -i16::from(track.channels) };
        (is_heard_whole, channels, track.default, Reverse(*index))
    };
    alike.enumerate().max_by_key(rank).map(|(_, track)| track)
}

/// The captions to begin with: in the language that is preferred, else none.
pub fn captions<'a>(tracks: &'a [TextTrack], wanted: &Wanted) -> Option<&'a TextTrack> {
    let language = wanted.language.as_deref()?;
    let sdh = Some(TrackRole::HearingImpaired);
    [wanted.role, None, sdh].into_iter().find_map(|role| of_role(tracks, role, language))
}

/// What comes by itself with sound in a language: only what that sound leaves to be read.
pub fn forced<'a>(tracks: &'a [TextTrack], sound: &str) -> Option<&'a TextTrack> {
    of_role(tracks, Some(TrackRole::Forced), sound)
}

/// The captions that a viewer may choose. Forced ones come by themselves: they are a choice only where nothing else is there
/// in their language, and they do not come.
pub fn listed<'a>(tracks: &'a [TextTrack], sound: Option<&str>) -> Vec<&'a TextTrack> {
    let by_itself = sound.and_then(|sound| forced(tracks, sound));
    let has_whole = |language: &str| tracks.iter().any(|track| track.language == language && !is_forced(track));
    let is_listed = |track: &&TextTrack| !is_forced(track) || !has_whole(&track.language) && Some(*track) != by_itself;
    tracks.iter().filter(is_listed).collect()
}

/// What is shown where captions are switched on and nothing was chosen before: in one of these languages, the first of which is
/// the likeliest, else what stands first.
pub fn first<'a>(tracks: &'a [TextTrack], languages: &[&str]) -> Option<&'a TextTrack> {
    let wanted = |language: &&str| Wanted { language: Some((*language).to_owned()), role: None };
    let spoken = languages.iter().find_map(|language| captions(tracks, &wanted(language)));
    let is_plain = |track: &&TextTrack| !is_forced(track) && !track.roles.contains(&TrackRole::Commentary);
    spoken.or_else(|| tracks.iter().find(is_plain)).or_else(|| tracks.iter().find(|track| !is_forced(track)))
}

/// What captions are called: by their languages and what they are for, and by their own names where that would be the same.
pub fn labels(tracks: &[&TextTrack]) -> Vec<String> {
    each_once(tracks.iter().map(|track| (called(&track.language, &track.roles), track.name.as_str())))
}

/// What sounds are called: as captions are, and by their loudspeakers.
pub fn audio_labels(tracks: &[AudioTrack]) -> Vec<String> {
    let called = |track: &AudioTrack| {
        let label = called(&track.language, &track.roles)?;
        Some(match track.channels {
            6 => format!("{label} 5.1"),
            8 => format!("{label} 7.1"),
            _ => label,
        })
    };
    each_once(tracks.iter().map(|track| (called(track), track.name.as_str())))
}

/// The label of each, or its own name where it has none or shares it.
fn each_once<'a>(tracks: impl Iterator<Item = (Option<String>, &'a str)> + Clone) -> Vec<String> {
    let is_alone = |label: &String| tracks.clone().filter(|(other, _)| other.as_ref() == Some(label)).count() == 1;
    let one = |(label, name): (Option<String>, &str)| label.filter(is_alone).unwrap_or_else(|| name.to_owned());
    tracks.clone().map(one).collect()
}

fn called(language: &str, roles: &[TrackRole]) -> Option<String> {
    words::language(language).map(|language| format!("{language}{}", suffix(roles)))
}

fn suffix(roles: &[TrackRole]) -> &'static str {
    match roles.first() {
        None => "",
        Some(TrackRole::Forced) => " (forced)",
        Some(TrackRole::HearingImpaired) => " (SDH)",
        Some(TrackRole::Commentary) => " (commentary)",
        Some(TrackRole::Description) => " (audio description)",
    }
}

fn is_forced(track: &TextTrack) -> bool {
    track.roles.contains(&TrackRole::Forced)
}

fn of_role<'a>(tracks: &'a [TextTrack], role: Option<TrackRole>, language: &str) -> Option<&'a TextTrack> {
    let has_role = |track: &&TextTrack| match role {
        Some(role) => track.roles.contains(&role) && (role == TrackRole::Forced || !is_forced(track)),
        None => track.roles.is_empty(),
    };
    nearest(tracks.iter().filter(has_role), |track| nearness(language, &track.language, Medium::Text))
}

/// The first of those that are nearest.
fn nearest<'a, T>(tracks: impl Iterator<Item = &'a T>, near: impl Fn(&&'a T) -> Option<(u8, u8)>) -> Option<&'a T> {
    let known = tracks.enumerate().filter_map(|(index, track)| Some((near(&track)?, Reverse(index), track)));
    known.max_by_key(|(near, index, _)| (*near, *index)).map(|(_, _, track)| track)
}

/// How a language reaches the viewer: a script is read, and not heard.
#[derive(Clone, Copy)]
enum Medium {
    Sound,
    Text,
}

/// How near a language that is there is to the one that is wanted, by script and then by region; nothing for another language,
/// and for a text in another script.
fn nearness(wanted: &str, there: &str, medium: Medium) -> Option<(u8, u8)> {
    let (wanted, there) = (Tag::of(wanted)?, Tag::of(there)?);
    if wanted.language != there.language {
        return None;
    }
    let rank = |wanted: &Option<String>, there: &Option<String>| match (wanted, there) {
        (Some(wanted), Some(there)) => {
            if wanted == there {
                2
            } else {
                0
            }
        }
        (None, None) => 2,
        (Some(_), None) | (None, Some(_)) => 1,
    };
    let script = match (rank(&wanted.script, &there.script), medium) {
        (0, Medium::Text) => return None,
        (rank, Medium::Text | Medium::Sound) => rank,
    };
    Some((script, rank(&wanted.region, &there.region)))
}

/// A tag of BCP 47 (RFC 5646), as far as tracks have one.
struct Tag {
    language: String,
    script: Option<String>,
    region: Option<String>,
}

impl Tag {
    /// Nothing for what names no language.
    fn of(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let language = match parts.next()? {
            "" | "und" | "mul" | "zxx" | "mis" => return None,
            // Older and wider names of the same.
            "no" => "nb",
            "cmn" => "zh",
            "iw" => "he",
            "in" => "id",
            known => known,
        };
        let rest: Vec<&str> = parts.collect();
        let is_region =
            |part: &&&str| part.len() == 2 || part.len() == 3 && part.starts_with(|first: char| first.is_ascii_digit());
        let region = rest.iter().find(is_region).map(|region| (*region).to_owned());
        let script = rest.iter().find(|part| part.len() == 4).map(|script| (*script).to_owned());
        let likely = match (language, region.as_deref()) {
            ("zh", Some("tw" | "hk" | "mo")) => Some("hant".to_owned()),
            ("zh", Some("cn" | "sg" | "my")) => Some("hans".to_owned()),
            _ => None,
        };
        Some(Self { language: language.to_owned(), script: script.or(likely), region })
    }
}

#[cfg(test)]
mod tests;
