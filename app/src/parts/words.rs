//! Numbers and codes as a viewer reads them: running times, what is left, resolutions, languages, counts.
//!
//! Pure, so that server and browser say the same; but that a device is offline, only a browser knows. Must never say that something
//! is unknown: it says nothing.

use contract::{
    Code, Problem,
    catalog::{RuntimeBand, Sort, TitleCard, VideoFacts},
    playback::Progress,
};

use crate::{
    parts::dom,
    store::{message::Message, mutations::Change},
};

/// What the interface says by the way.
pub fn message(message: &Message) -> String {
    // As `library::change::quoted` has it, whose code is in other chunks.
    let named = |change: &Change| format!("\u{201c}\u{2068}{}\u{2069}\u{201d}", change.begun().map_or("", |begun| &begun.name));
    match message {
        Message::Titles(total) => titles(u64::from(*total)),
        Message::Results(1) => "1 result".to_owned(),
        Message::Results(count) => format!("{count} results"),
        Message::NothingFound { q } => format!("Nothing found for {q}"),
        Message::Changed(change @ Change::Forget(_)) => format!("{} was taken off Continue watching.", named(change)),
        Message::Changed(change @ Change::Finish(_)) => format!("{} is marked as watched.", named(change)),
        Message::Changed(change @ Change::Restore(..)) => format!("{} is back on Continue watching.", named(change)),
        Message::NotChanged(change @ Change::Forget(_)) => format!("{} could not be taken off Continue watching.", named(change)),
        Message::NotChanged(change @ Change::Finish(_)) => format!("{} could not be marked as watched.", named(change)),
        Message::NotChanged(change @ Change::Restore(..)) => format!("{} could not be put back.", named(change)),
        Message::Changed(Change::Library(entry)) | Message::NotChanged(Change::Library(entry)) => entry.said.clone(),
        Message::ChangedLater if dom::is_offline() => "You are offline. Your changes are kept and sent later.".to_owned(),
        Message::ChangedLater => "No connection to the server. Your changes are kept and sent later.".to_owned(),
        Message::ChangesTooOld(1) => {
            "A change that you made more than 30 days ago never reached the server, and is dropped.".to_owned()
        }
        Message::ChangesTooOld(count) => {
            format!("{count} changes that you made more than 30 days ago never reached the server, and are dropped.")
        }
        Message::SettingsNotSaved(Code::VersionConflict) => {
            "A newer version of Marquee keeps your settings. Load this page again to change them.".to_owned()
        }
        Message::SettingsNotSaved(_) => "Your settings could not be saved: what you set now holds on this page alone.".to_owned(),
        Message::Problem(problem) => problem.detail.clone().unwrap_or_else(|| title(problem)),
        Message::Screen(text) | Message::Text(text) => text.clone(),
    }
}

/// How long a title runs: `1 h 52 min`, `47 s`; of its video where nothing else says so, or where it is over before a minute is.
pub fn runtime(card: &TitleCard) -> Option<String> {
    let of_video = card.video.as_ref().map(|video| video.duration_seconds);
    match (card.runtime_minutes, of_video) {
        // Minutes count as soon as they begin.
        (Some(0..=1), Some(seconds @ 1..60)) => Some(span(seconds)),
        (Some(minutes), _) => Some(hours(u32::from(minutes))),
        (None, seconds) => seconds.map(span),
    }
}

/// `12 min left`.
pub fn left(progress: &Progress) -> String {
    let seconds = (progress.duration_seconds - progress.position).max(0.0);
    // Rounded up: somebody who has thirty seconds before them has not nothing left.
    let minutes = (seconds / 60.0).ceil();
    if seconds < 60.0 { format!("{} s left", seconds.round() as u32) } else { format!("{} left", hours(minutes as u32)) }
}

fn span(seconds: u32) -> String {
    if seconds < 60 { format!("{seconds} s") } else { hours(seconds.div_ceil(60)) }
}

fn hours(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest} min"),
        (full, 0) => format!("{full} h"),
        (full, rest) => format!("{full} h {rest} min"),
    }
}

/// The mark of a resolution worth a mark: `8K`, `4K`, `HD`.
pub fn resolution(video: &VideoFacts) -> Option<&'static str> {
    match video.class() {
        4320.. => Some("8K"),
        2160.. => Some("4K"),
        720.. => Some("HD"),
        _ => None,
    }
}

/// The mean score on the scale of ten that people are used to: `7.8`.
pub fn score(out_of_hundred: u8) -> String {
    format!("{}.{}", out_of_hundred / 10, out_of_hundred % 10)
}

/// Half stars as people count them: `3½`, `4`, `½`.
pub fn stars(half_stars: u8) -> String {
    match (half_stars / 2, half_stars % 2) {
        (0, 0) => "0".to_owned(),
        (0, _) => "½".to_owned(),
        (whole, 0) => whole.to_string(),
        (whole, _) => format!("{whole}½"),
    }
}

/// Half stars with their noun: `Half a star`, `1 star`, `1½ stars`.
pub fn star_count(half_stars: u8) -> String {
    match half_stars {
        1 => "Half a star".to_owned(),
        2 => "1 star".to_owned(),
        _ => format!("{} stars", stars(half_stars)),
    }
}

/// `3,213`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 title`, `3,213 titles`.
pub fn titles(number: u64) -> String {
    if number == 1 { "1 title".to_owned() } else { format!("{} titles", count(number)) }
}

/// A decade's name: `1990s`.
pub fn decade(first_year: &str) -> String {
    format!("{first_year}s")
}

/// How long, as the browse page's filter says it.
pub fn band(band: RuntimeBand) -> &'static str {
    match band {
        RuntimeBand::Short => "Under 40 min",
        RuntimeBand::UnderNinety => "40 to 90 min",
        RuntimeBand::UnderTwoHours => "90 min to 2 h",
        RuntimeBand::Long => "2 h and more",
    }
}

/// An order's name.
pub fn sort(order: Sort) -> &'static str {
    match order {
        Sort::Popular => "Popular",
        Sort::Newest => "Newest",
        Sort::Oldest => "Oldest",
        Sort::Title => "A to Z",
        Sort::Added => "Just added",
        Sort::HouseRating => "Rated best by members",
    }
}

/// Whether a problem's detail says all that its title would: which of several it was; what is not there, or what the limit is;
/// how long one waits, and who need not; which right is missing; why a film ended.
pub fn is_told_by_detail(code: Code) -> bool {
    matches!(
        code,
        Code::WrongCredentials | Code::RateLimited | Code::NotFound | Code::LimitReached | Code::NotAllowed | Code::SessionEnded
    )
}

/// What a problem is called, as a person would say it here: the server says it to programs, too.
pub fn title(problem: &Problem) -> String {
    let is_of_another = problem.code == Code::ViewerChanged;
    if is_of_another { "The profile was changed on this device.".to_owned() } else { problem.title.clone() }
}

/// A problem in a sentence or two; what is wrong with a field stands at the field.
pub fn problem(problem: &Problem) -> String {
    if problem.code == Code::Unreachable && dom::is_offline() {
        return "You are offline. Try again when there is a connection.".to_owned();
    }
    let words = match &problem.detail {
        Some(detail) if is_told_by_detail(problem.code) => detail.clone(),
        Some(detail) => format!("{} {detail}", title(problem)),
        None => title(problem),
    };
    match problem.retry_after {
        Some(_) if problem.code == Code::RateLimited && problem.detail.is_some() => words,
        Some(seconds) => format!("{words} {}", try_again(seconds)),
        None => words,
    }
}

/// When another try may help.
pub fn try_again(seconds: u32) -> String {
    match seconds {
        0 | 1 => "Try again in a second.".to_owned(),
        _ => format!("Try again in {seconds} seconds."),
    }
}

/// Whom films are for that are limited to an age.
pub fn up_to_age(age: u8) -> String {
    match age {
        0 => "all ages".to_owned(),
        1 => "up to a year".to_owned(),
        _ => format!("up to {age} years"),
    }
}

/// The languages that the settings offer, as BCP 47 and in English.
pub const LANGUAGES: [(&str, &str); 41] = [
    ("ar", "Arabic"),
    ("bg", "Bulgarian"),
    ("ca", "Catalan"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("es-419", "Spanish (Latin America)"),
    ("et", "Estonian"),
    ("fa", "Persian"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hr", "Croatian"),
    ("hu", "Hungarian"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("lt", "Lithuanian"),
    ("lv", "Latvian"),
    ("nb", "Norwegian"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("pt-BR", "Portuguese (Brazil)"),
    ("pt-PT", "Portuguese (Portugal)"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sk", "Slovak"),
    ("sv", "Swedish"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
    ("zh-Hans", "Chinese (Simplified)"),
    ("zh-Hant", "Chinese (Traditional)"),
];

/// A language's name, or its tag where the name is not at hand; nothing for tags that mean "none" (`und`, `zxx`).
pub fn language(tag: &str) -> Option<String> {
    let find = |tag: &str| LANGUAGES.iter().find(|(code, _)| *code == tag).map(|(_, name)| *name);
    let primary = tag.split('-').next().unwrap_or(tag);
    match primary {
        "und" | "zxx" | "mul" | "mis" | "" => None,
        _ => Some(find(tag).or_else(|| find(primary)).unwrap_or(tag).to_owned()),
    }
}

/// Names of languages in a line, each once: `English, German`. Nothing where none has a name.
pub fn languages(tags: &[String]) -> Option<String> {
    let mut names: Vec<String> = Vec::with_capacity(tags.len());
    for name in tags.iter().filter_map(|tag| language(tag)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// A date as exactly as it is known: `1994`, `October 1994`, `14 October 1994`; as it stands where it is no ISO date.
pub fn date(iso: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = |text: &str| text.parse::<usize>().ok().and_then(|number| MONTHS.get(number.wrapping_sub(1)));
    let parts: Vec<&str> = iso.split('-').collect();
    match parts.as_slice() {
        [year, number] => month(number).map_or_else(|| iso.to_owned(), |name| format!("{name} {year}")),
        [year, number, day] => match (month(number), day.parse::<u8>()) {
            (Some(name), Ok(day)) => format!("{day} {name} {year}"),
            (None, _) | (_, Err(_)) => iso.to_owned(),
        },
        _ => iso.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use contract::catalog::Artwork;

    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let left_of = |position| left(&Progress { position, duration_seconds: 7200.0 });
        assert_eq!(left_of(0.0), "2 h left");
        assert_eq!(left_of(6500.0), "12 min left");
        assert_eq!(left_of(7170.0), "30 s left");
        assert_eq!(left_of(9000.0), "0 s left");
        assert_eq!(hours(112), "1 h 52 min");
        assert_eq!(span(47), "47 s");
        assert_eq!(span(90), "2 min");
        assert_eq!(span(634), "11 min");
    }

    #[test]
    fn a_film_that_is_over_before_a_minute_is_says_its_seconds_and_a_credited_length_is_believed() {
        let card = || TitleCard {
            id: "a".parse().unwrap(),
            title: "A".into(),
            year: None,
            runtime_minutes: None,
            maturity: None,
            genres: Vec::new(),
            score: None,
            artwork: Artwork { poster: String::new(), backdrop: None, colour: String::new() },
            house_rating: None,
            video: None,
        };
        let of = |runtime_minutes, duration_seconds| {
            let video = Some(VideoFacts { duration_seconds, ..VideoFacts::default() });
            runtime(&TitleCard { runtime_minutes, video, ..card() })
        };
        assert_eq!(of(Some(1), 30).as_deref(), Some("30 s"));
        assert_eq!(of(Some(1), 60).as_deref(), Some("1 min"));
        assert_eq!(of(Some(122), 30).as_deref(), Some("2 h 2 min"), "what is there is a part of it");
        assert_eq!(of(None, 47).as_deref(), Some("47 s"));
        assert_eq!(runtime(&TitleCard { runtime_minutes: Some(1), ..card() }).as_deref(), Some("1 min"));
        assert_eq!(runtime(&card()), None);
    }

    #[test]
    fn stars_are_counted_as_people_do() {
        let said = [0, 1, 2, 3, 4, 10].map(star_count);
        assert_eq!(said, ["0 stars", "Half a star", "1 star", "1½ stars", "2 stars", "5 stars"]);
    }

    #[test]
    fn numbers_are_grouped_and_titles_counted() {
        assert_eq!(count(7), "7");
        assert_eq!(count(3213), "3,213");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(titles(1), "1 title");
        assert_eq!(titles(0), "0 titles");
    }

    #[test]
    fn a_language_without_a_name_says_its_tag_and_no_language_says_nothing() {
        assert_eq!(languages(&["en".into(), "en-GB".into(), "de".into()]).as_deref(), Some("English, German"));
        assert_eq!(languages(&["und".into(), "zxx".into()]), None);
        assert_eq!(language("tlh").as_deref(), Some("tlh"));
    }

    #[test]
    fn a_date_says_as_much_as_is_known() {
        assert_eq!(date("1994"), "1994");
        assert_eq!(date("1994-10"), "October 1994");
        assert_eq!(date("1994-10-04"), "4 October 1994");
        assert_eq!(date("1994-19-04"), "1994-19-04");
    }

    #[test]
    fn of_a_right_that_is_missing_only_which_one_it_is_is_said_and_of_a_film_that_ended_why() {
        let ended = Problem::new(Code::SessionEnded).with_detail("This film was taken out of the library.");
        assert_eq!(problem(&ended), "This film was taken out of the library.");
        assert_eq!(problem(&Problem::new(Code::ViewerChanged)), "The profile was changed on this device.");
        let told = Problem::new(Code::NotAllowed).with_detail("Your plan does not include reviews.");
        assert_eq!(problem(&told), "Your plan does not include reviews.");
        assert_eq!(problem(&Problem::new(Code::NotAllowed)), "This account may not do that.");
    }

    #[test]
    fn whoever_has_to_wait_is_told_so_in_the_servers_words_and_once() {
        let told = Problem::new(Code::RateLimited).with_detail("Too many tries: wait 2 minutes.").with_retry_after(72);
        assert_eq!(problem(&told), "Too many tries: wait 2 minutes.");
        let bare = Problem::new(Code::RateLimited).with_retry_after(2);
        assert_eq!(problem(&bare), "Too many requests. Try again in 2 seconds.");
    }
}
