//! Tables of what films have, what is preferred, and what plays.

use super::*;

/// `en`, `en:c` (commentary), `en:d` (description), `en:s` (SDH), `en:f` (forced).
fn language_and_roles(text: &str) -> (String, Vec<TrackRole>) {
    let (language, role) = text.split_once(':').unwrap_or((text, ""));
    let roles = match role {
        "" => vec![],
        "c" => vec![TrackRole::Commentary],
        "d" => vec![TrackRole::Description],
        "s" => vec![TrackRole::HearingImpaired],
        "f" => vec![TrackRole::Forced],
        other => panic!("{other}"),
    };
    (language.to_owned(), roles)
}

fn wanted(text: &str) -> Wanted {
    let (language, roles) = language_and_roles(text);
    Wanted { language: Some(language).filter(|language| !language.is_empty()), role: roles.first().copied() }
}

/// Tracks of sound by language, role and channels; `*` marks the default.
fn sound(tracks: &[&str]) -> Vec<AudioTrack> {
    let track = |(index, text): (usize, &&str)| {
        let (text, default) = text.strip_suffix('*').map_or((*text, false), |text| (text, true));
        let (text, channels) = text.split_once(' ').map_or((text, 2), |(text, channels)| (text, channels.parse().unwrap()));
        let (language, roles) = language_and_roles(text);
        AudioTrack { id: format!("a{index}"), name: format!("Track {index}"), language, channels, default, roles }
    };
    tracks.iter().enumerate().map(track).collect()
}

fn texts(tracks: &[&str]) -> Vec<TextTrack> {
    let track = |(index, text): (usize, &&str)| {
        let (language, roles) = language_and_roles(text);
        TextTrack { id: format!("t{index}"), name: format!("Track {index}"), language, url: String::new(), roles }
    };
    tracks.iter().enumerate().map(track).collect()
}

#[test]
fn sound_is_picked_by_language_region_and_role_and_never_a_talk_by_its_language_alone() {
    let cases: [(&[&str], &str, &str); 16] = [
        (&["de", "en-GB*"], "en-US", "a1"),
        (&["de", "en-GB*"], "fr", "a1"),
        (&["de", "en*"], "", "a1"),
        (&["de", "en"], "", "a0"),
        (&["en:c", "en:d", "en"], "en", "a2"),
        (&["en:c*", "de"], "en", "a1"),
        (&["en:c*"], "en", "a0"),
        (&["en", "en:d"], "en:d", "a1"),
        (&["en", "de:d"], "en:d", "a0"),
        (&["en", "en:c"], "en:c", "a1"),
        (&["pt-PT", "pt-BR"], "pt-BR", "a1"),
        (&["pt-BR", "pt-PT"], "pt-PT", "a1"),
        (&["en", "pt-BR"], "pt-PT", "a1"),
        (&["es-419", "es"], "es-ES", "a1"),
        (&["und", "no"], "nb", "a1"),
        (&["en", "zh-Hans"], "zh-Hant", "a1"),
    ];
    for (tracks, preferred, id) in cases {
        let tracks = sound(tracks);
        assert_eq!(audio(&tracks, &wanted(preferred), 2).unwrap().id, id, "{preferred:?} of {tracks:?}");
    }
    assert_eq!(audio(&[], &wanted("en"), 2), None);
}

#[test]
fn two_loudspeakers_get_stereo_and_more_get_what_they_can_play() {
    let cases: [(&[&str], u8, &str); 7] = [
        (&["en 6", "en 2*"], 2, "a1"),
        (&["en 6", "en 2*"], 6, "a0"),
        (&["en 8", "en 6", "en 2"], 6, "a1"),
        (&["en 8", "en 6"], 2, "a1"),
        (&["en 1", "en 2"], 1, "a1"),
        (&["de 6", "de 2*", "en 6", "en 2"], 8, "a2"),
        (&["en 2", "en:c 6", "en 6"], 6, "a2"),
    ];
    for (tracks, loudspeakers, id) in cases {
        let tracks = sound(tracks);
        assert_eq!(audio(&tracks, &wanted("en"), loudspeakers).unwrap().id, id, "{loudspeakers} for {tracks:?}");
    }
}

#[test]
fn captions_are_picked_by_language_script_and_role() {
    let cases: [(&[&str], &str, Option<&str>); 18] = [
        (&["de-AT"], "de", Some("t0")),
        (&["de"], "", None),
        (&["de"], "fr", None),
        (&["en", "en:s"], "en", Some("t0")),
        (&["en:s", "en"], "en", Some("t1")),
        (&["en", "en:s"], "en:s", Some("t1")),
        (&["en", "de:s"], "en:s", Some("t0")),
        (&["en:s"], "en", Some("t0")),
        (&["en:c"], "en", None),
        (&["en:c", "en"], "en:c", Some("t0")),
        (&["en:f"], "en", None),
        (&["en:f", "en"], "en", Some("t1")),
        (&["en:f"], "en:f", Some("t0")),
        (&["zh-Hans", "zh-Hant"], "zh-Hant", Some("t1")),
        (&["zh-CN", "zh-TW"], "zh-Hant", Some("t1")),
        (&["zh-Hans"], "zh-TW", None),
        (&["zh"], "zh-Hant", Some("t0")),
        (&["pt-BR", "pt"], "pt-PT", Some("t1")),
    ];
    for (tracks, preferred, id) in cases {
        let tracks = texts(tracks);
        let picked = captions(&tracks, &wanted(preferred)).map(|track| track.id.as_str());
        assert_eq!(picked, id, "{preferred:?} of {tracks:?}");
    }
}

#[test]
fn a_language_without_a_region_is_the_one_of_whoever_watches() {
    let picked = |preferred: &str, own: &str| {
        let tracks = texts(&["pt-BR", "pt-PT", "de"]);
        captions(&tracks, &wanted(preferred).in_region_of(own)).unwrap().id.clone()
    };
    assert_eq!(picked("pt", "pt-PT"), "t1");
    assert_eq!(picked("pt", "en-US"), "t0");
    assert_eq!(picked("pt-BR", "pt-PT"), "t0", "who names a region means it");
}

#[test]
fn forced_captions_come_with_the_sounds_language_and_are_no_second_choice() {
    let tracks = texts(&["en", "en:f", "de:f", "fr:f", "de"]);
    assert_eq!(forced(&tracks, "en-GB").unwrap().id, "t1");
    assert_eq!(forced(&tracks, "it"), None);
    let ids = |sound| listed(&tracks, sound).iter().map(|track| track.id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids(Some("en")), ["t0", "t3", "t4"], "nothing else is there in French");
    assert_eq!(ids(Some("fr")), ["t0", "t4"], "it comes by itself");
    assert_eq!(ids(None), ["t0", "t3", "t4"]);
}

#[test]
fn captions_that_are_switched_on_are_in_the_likeliest_language() {
    let tracks = texts(&["en:f", "en:c", "fr", "en:s", "de"]);
    let id = |languages: &[&str]| first(&tracks, languages).unwrap().id.clone();
    assert_eq!(id(&["de", "en"]), "t4");
    assert_eq!(id(&["it", "en"]), "t3");
    assert_eq!(id(&[]), "t2");
    assert_eq!(first(&texts(&["en:f"]), &["en"]), None);
}

#[test]
fn no_two_captions_are_called_the_same() {
    let called = |tracks: &[&str]| {
        let tracks = texts(tracks);
        labels(&tracks.iter().collect::<Vec<_>>())
    };
    assert_eq!(called(&["en", "en:s", "de", "und"]), ["English", "English (SDH)", "German", "Track 3"]);
    assert_eq!(called(&["en", "en-GB"]), ["Track 0", "Track 1"]);
    assert_eq!(called(&["zh-Hans", "zh-Hant"]), ["Chinese (Simplified)", "Chinese (Traditional)"]);
}

#[test]
fn sound_is_called_in_the_same_language_as_captions_and_by_its_loudspeakers() {
    let called = |tracks: &[&str]| audio_labels(&sound(tracks));
    assert_eq!(called(&["en 6", "en*", "de", "de:d"]), ["English 5.1", "English", "German", "German (audio description)"]);
    assert_eq!(called(&["en", "en", "und 8"]), ["Track 0", "Track 1", "Track 2"]);
}
