//! File names: which are safe, and what film they name.
//!
//! Pure. Must never hand a part of a file's name on as a part of a path.

/// What a name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmName {
    pub title: String,
    pub year: Option<u16>,
}

/// The words that release groups put behind a title.
const RELEASE_WORDS: [&str; 40] = [
    "2160p",
    "1440p",
    "1080p",
    "1080i",
    "720p",
    "576p",
    "576i",
    "480p",
    "480i",
    "4k",
    "8k",
    "uhd",
    "hdr",
    "hdr10",
    "bluray",
    "blu-ray",
    "bdrip",
    "brrip",
    "dvdrip",
    "dvd",
    "webrip",
    "web-dl",
    "web",
    "hdtv",
    "remux",
    "x264",
    "x265",
    "h264",
    "h265",
    "h.264",
    "hevc",
    "avc",
    "av1",
    "aac",
    "ac3",
    "dts",
    "10bit",
    "proper",
    "repack",
    "remastered",
];

/// Why a name is refused, or nothing.
///
/// Programs get names as arguments that no character can break out of; but a name made to look like an option or a
/// way out of a folder was made to harm somebody, and sooner or later a person pastes it into a shell.
pub fn unsafe_name(name: &std::ffi::OsStr) -> Option<&'static str> {
    let Some(name) = name.to_str() else { return Some("it is not valid UTF-8") };
    if name.chars().any(char::is_control) {
        return Some("it contains a line break or another control character");
    }
    if name.chars().any(is_direction) {
        return Some("it contains characters that turn the direction of writing");
    }
    if name.starts_with('-') {
        return Some("it begins with a hyphen, as an option does");
    }
    let lower = name.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/").replace('\\', "/");
    let climbs = lower.starts_with("..") || lower.split('/').any(|part| part == "..");
    climbs.then_some("it contains \"..\", as a way out of a folder does")
}

/// Unicode's bidirectional overrides and isolates, which show a name as another.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What film a name means: `Title (2021).mkv`, `Title [2021].mkv`, `Title.2021.1080p.mkv`, `Title.mkv`.
pub fn film_name(file_name: &str) -> FilmName {
    let stem = stem(file_name);
    bracketed(stem).unwrap_or_else(|| dotted(stem))
}

/// A name without its extension. What follows the last dot is one if it is short and without a space.
pub fn stem(file_name: &str) -> &str {
    match file_name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && is_extension(extension) => stem,
        _ => file_name,
    }
}

fn is_extension(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && year(text).is_none()
}

/// The last year in brackets ends the title.
fn bracketed(stem: &str) -> Option<FilmName> {
    let open = stem.rmatch_indices(['(', '[']).find(|(at, _)| {
        let inside = &stem[at + 1..];
        inside.get(..4).and_then(year).is_some() && inside[4..].starts_with([')', ']'])
    });
    let (at, _) = open?;
    let title = words(&stem[..at]);
    (!title.is_empty()).then(|| FilmName { title, year: stem.get(at + 1..at + 5).and_then(year) })
}

/// Words between dots, underscores or spaces, up to the year or to what a release group added.
fn dotted(stem: &str) -> FilmName {
    let spaced = words(stem);
    let words: Vec<&str> = spaced.split(' ').collect();
    let tail = words.iter().skip(1).position(|word| is_release(word)).map_or(words.len(), |at| at + 1);
    // The last year before the release words: "2012 2009 1080p" is the film "2012".
    let dated = (1..tail).rev().find(|at| year(words[*at]).is_some());
    // A bare "Blade Runner 2049" without anything behind it may well be called so.
    let dated = dated.filter(|at| stem_is_release(stem) || *at + 1 < words.len());
    let end = dated.unwrap_or(tail);
    FilmName { title: words[..end].join(" "), year: dated.and_then(|at| year(words[at])) }
}

fn is_release(word: &str) -> bool {
    let word = word.trim_matches(['[', ']', '(', ')']).to_ascii_lowercase();
    RELEASE_WORDS.iter().any(|known| word == *known || word.strip_prefix(known).is_some_and(|rest| rest.starts_with('-')))
}

/// Written with dots or underscores for spaces, as only releases are.
fn stem_is_release(stem: &str) -> bool {
    !stem.contains(' ') && stem.contains(['.', '_'])
}

fn year(text: &str) -> Option<u16> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|year| digits && (1888..=2100).contains(year))
}

/// Underscores are spaces, and so are dots where no space is; what is left over at the ends goes.
fn words(text: &str) -> String {
    let dots = !text.trim().contains(' ');
    let spaced: String = text.chars().map(|c| if c == '_' || (c == '.' && dots) { ' ' } else { c }).collect();
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.trim_matches([' ', '-', '[', '(']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        let cases = [
            ("Title (2021).mkv", "Title", Some(2021)),
            ("Title [2021].mp4", "Title", Some(2021)),
            ("Title (2021) - 1080p.mkv", "Title", Some(2021)),
            ("Title.2021.1080p.mkv", "Title", Some(2021)),
            ("The.Long.Good.Friday.1980.REMASTERED.1080p.BluRay.x264-GROUP.mkv", "The Long Good Friday", Some(1980)),
            ("2001 A Space Odyssey (1968).mkv", "2001 A Space Odyssey", Some(1968)),
            ("1917 (2019).mkv", "1917", Some(2019)),
            ("2012.2009.1080p.mkv", "2012", Some(2009)),
            ("Blade Runner 2049.mkv", "Blade Runner 2049", None),
            ("Blade Runner 2049 (2017).mkv", "Blade Runner 2049", Some(2017)),
            ("tick, tick... BOOM! (2021).mkv", "tick, tick... BOOM!", Some(2021)),
            ("Amélie_2001_720p.avi", "Amélie", Some(2001)),
            ("Mr. Smith Goes.mkv", "Mr. Smith Goes", None),
            ("holiday.mov", "holiday", None),
            ("1984.mkv", "1984", None),
            ("(2021).mkv", "(2021)", Some(2021)),
            ("noextension", "noextension", None),
        ];
        for (name, title, year) in cases {
            let read = film_name(name);
            if name == "(2021).mkv" {
                // Nothing but a year: whatever it is called, it has a name.
                assert!(!read.title.is_empty());
                continue;
            }
            assert_eq!((read.title.as_str(), read.year), (title, year), "{name}");
        }
    }

    #[test]
    fn a_name_that_was_made_to_harm_is_refused() {
        let bad = ["..", "../x.mkv", "..mkv", "..\\..\\x.mkv", "%2e%2e%2fx.mkv", "a\nb.mkv", "-i.mkv", "a\u{202e}4pm.mkv"];
        for name in bad {
            assert!(unsafe_name(name.as_ref()).is_some(), "{name:?}");
        }
        for name in ["tick, tick... BOOM! (2021).mkv", "Ocean's 11.mkv", "50% – é (1999).mkv", "a:b.mkv", "x.-y.mkv"] {
            assert_eq!(unsafe_name(name.as_ref()), None, "{name:?}");
        }
    }
}
