//! What tracks are for: by the container's flags, by the words of their titles, by the marks in the names of files.
//!
//! Pure. Must never take a role from a flag that the track cannot have: sound is not forced, and captions describe no picture.

use contract::playback::TrackRole;

/// Words of titles that name a role, in lower case. One of several words is looked for as it stands.
const WORDS: [(TrackRole, &[&str]); 4] = [
    (TrackRole::Forced, &["forced", "forciert", "forcés", "forcé", "forzados", "forzati"]),
    (
        TrackRole::HearingImpaired,
        &["sdh", "cc", "hoh", "hearing impaired", "hard of hearing", "closed captions", "malentendants"],
    ),
    (
        TrackRole::Commentary,
        &["commentary", "commentaries", "kommentar", "audiokommentar", "commentaire", "commentaires", "comentarios", "commento"],
    ),
    (
        TrackRole::Description,
        &[
            "audio description",
            "audio-description",
            "audiodescription",
            "audiodeskription",
            "descriptive",
            "described",
            "visually impaired",
            "dvs",
        ],
    ),
];

/// What else a title holds that does not name its track.
const PLAIN: [&str; 8] = ["audio", "track", "subtitles", "subtitle", "captions", "stereo", "surround", "mono"];

/// Roles of a sound track: the container's flags, and what its title says.
pub fn of_sound(flags: &[TrackRole], title: &str) -> Vec<TrackRole> {
    found(flags, title, |role| match role {
        TrackRole::Commentary | TrackRole::Description => true,
        TrackRole::Forced | TrackRole::HearingImpaired => false,
    })
}

/// Roles of a text track.
pub fn of_text(flags: &[TrackRole], title: &str) -> Vec<TrackRole> {
    found(flags, title, |role| match role {
        TrackRole::Forced | TrackRole::HearingImpaired | TrackRole::Commentary => true,
        TrackRole::Description => false,
    })
}

fn found(flags: &[TrackRole], title: &str, can_have: impl Fn(TrackRole) -> bool) -> Vec<TrackRole> {
    let title = title.to_lowercase();
    let said = |role: &TrackRole, words: &[&str]| flags.contains(role) || words.iter().any(|word| holds(&title, word));
    WORDS.iter().filter(|(role, words)| can_have(*role) && said(role, words)).map(|(role, _)| *role).collect()
}

/// Whether a title holds a word, or words, as whole ones.
fn holds(title: &str, words: &str) -> bool {
    let is_apart = |sign: Option<char>| !sign.is_some_and(char::is_alphanumeric);
    title.match_indices(words).any(|(at, _)| {
        let (before, after) = (title.get(..at).unwrap_or_default(), title.get(at + words.len()..).unwrap_or_default());
        is_apart(before.chars().next_back()) && is_apart(after.chars().next())
    })
}

/// What a mark in a text file's name says: `Film.en.sdh.srt`. `hi` is a language where it is the only one.
pub fn of_mark(mark: &str, has_language: bool) -> Option<TrackRole> {
    match mark.to_ascii_lowercase().as_str() {
        "forced" => Some(TrackRole::Forced),
        "sdh" | "cc" | "hoh" => Some(TrackRole::HearingImpaired),
        "hi" if has_language => Some(TrackRole::HearingImpaired),
        "commentary" => Some(TrackRole::Commentary),
        _ => None,
    }
}

/// Whether a title only says what a track is for, so that it needs its language beside it.
pub fn is_bare(title: &str) -> bool {
    let mut rest = title.to_lowercase();
    for word in WORDS.iter().flat_map(|(_, words)| words.iter()).chain(&PLAIN) {
        rest = rest.replace(word, " ");
    }
    !rest.chars().any(char::is_alphabetic)
}

/// What follows a track's name, so that nobody takes it for the plain one.
pub fn suffix(roles: &[TrackRole]) -> String {
    let word = |role: &TrackRole| match role {
        TrackRole::Forced => "forced",
        TrackRole::HearingImpaired => "SDH",
        TrackRole::Commentary => "commentary",
        TrackRole::Description => "audio description",
    };
    let words: Vec<&str> = roles.iter().map(word).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_say_what_a_track_is_for_in_whole_words_and_no_track_has_a_role_that_it_cannot_have() {
        let text = |title| of_text(&[], title);
        assert_eq!(text("English (SDH)"), [TrackRole::HearingImpaired]);
        assert_eq!(text("FORCED"), [TrackRole::Forced]);
        assert_eq!(text("Signs & Songs [Forced]"), [TrackRole::Forced]);
        assert_eq!(text("Director's Commentary"), [TrackRole::Commentary]);
        for plain in ["English", "Enforced", "Success", "Described Video", ""] {
            assert_eq!(text(plain), [], "{plain}");
        }
        let sound = |title| of_sound(&[], title);
        assert_eq!(sound("Kommentar"), [TrackRole::Commentary]);
        assert_eq!(sound("Audio Description (AD)"), [TrackRole::Description]);
        assert_eq!(sound("English Forced SDH"), []);
        assert_eq!(of_sound(&[TrackRole::Forced, TrackRole::Description], "English"), [TrackRole::Description]);
        assert_eq!(of_text(&[TrackRole::HearingImpaired], "SDH"), [TrackRole::HearingImpaired], "said twice");
    }

    #[test]
    fn a_title_that_says_only_what_a_track_is_for_is_bare() {
        for bare in ["SDH", "Forced", "(Commentary)", "Audio Description", "Stereo", "5.1"] {
            assert!(is_bare(bare), "{bare}");
        }
        for told in ["English SDH", "Commentary by the director", "Deutsch"] {
            assert!(!is_bare(told), "{told}");
        }
    }
}
