//! The details as a table: only what is known has a line.

use contract::catalog::{Score, Title};
use leptos::prelude::*;

use super::style;
use crate::parts::words;

/// A line: what it is called, and what is known of it.
type Line = (String, String);

/// `is_wide` where they have the whole width: then they stand in two halves, one beside the other.
#[component]
pub fn Details(lines: Vec<Line>, is_wide: bool) -> impl IntoView {
    let half = if is_wide { lines.len().div_ceil(2) } else { lines.len() };
    (!lines.is_empty()).then(|| {
        view! {
            <section aria-labelledby="details">
                <h2 class=style::heading id="details">"Details"</h2>
                <div class=style::tables>{lines.chunks(half).map(table).collect_view()}</div>
            </section>
        }
    })
}

fn table(lines: &[Line]) -> impl IntoView + use<> {
    let row = |(label, value): Line| view! { <tr><th scope="row">{label}</th><td>{value}</td></tr> };
    let rows = lines.iter().cloned().map(row).collect_view();
    view! {
        <table class=style::table aria-labelledby="details">
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Whether there is much less to tell of people than of all else: beside it most of a column would be empty.
pub const fn is_wide(people: usize, lines: usize) -> bool {
    people * 2 < lines
}

/// What is known, each under its name.
pub fn lines(title: &Title) -> Vec<Line> {
    let card = &title.card;
    let video = card.video.as_ref();
    let known = [
        ("Original title", title.original_title.clone()),
        ("Released", title.released.as_deref().map(words::date).or_else(|| card.year.map(|year| year.to_string()))),
        ("Running time", words::runtime(card)),
        ("Rated", card.maturity.clone()),
        (
            if title.all_genres.len() == 1 { "Genre" } else { "Genres" },
            (!title.all_genres.is_empty()).then(|| title.all_genres.join(", ")),
        ),
        ("Spoken in", words::languages(&title.languages)),
        ("Picture", video.map(|video| format!("up to {}p", video.class()))),
        ("Sound", video.and_then(|video| words::languages(&video.audio))),
        ("Captions", video.and_then(|video| words::languages(&video.captions))),
    ];
    let known = known.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?)));
    let average = average(title).map(|average| ("Average score".to_owned(), average));
    let scores = title.scores.iter().map(|score| (score.source.clone(), score_line(score)));
    let further = title.details.iter().map(|detail| (detail.label.clone(), detail.value.clone()));
    let mut lines: Vec<Line> = Vec::new();
    for (label, value) in known.chain(average).chain(scores).chain(further) {
        // A source may name again what the card knows already.
        if !lines.iter().any(|(said, _)| *said == label) {
            lines.push((label, value));
        }
    }
    lines
}

/// What the number at the head of the page is made of, where it is that of no single source.
fn average(title: &Title) -> Option<String> {
    let sources: Vec<&str> = title.scores.iter().map(|score| score.source.as_str()).collect();
    let [others @ .., last] = sources.as_slice() else { return None };
    let mean = words::score(title.card.score?);
    (!others.is_empty()).then(|| format!("{mean} of 10, average of {} and {last}", others.join(", ")))
}

fn score_line(score: &Score) -> String {
    let votes = score.votes.map(|votes| format!(" from {} votes", words::count(u64::from(votes)))).unwrap_or_default();
    format!("{} of {}{votes}", score.value, score.out_of)
}

#[cfg(test)]
mod tests {
    use contract::catalog::{Artwork, Detail, TitleCard};

    use super::*;

    fn bare() -> Title {
        Title {
            card: TitleCard {
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
            },
            original_title: None,
            synopsis: None,
            all_genres: Vec::new(),
            people: Vec::new(),
            languages: vec!["und".into()],
            scores: Vec::new(),
            released: None,
            details: Vec::new(),
            attribution: None,
        }
    }

    #[test]
    fn details_have_the_whole_width_where_few_people_are_known() {
        assert!(is_wide(1, 12) && is_wide(0, 1));
        assert!(!is_wide(9, 12) && !is_wide(0, 0));
    }

    #[test]
    fn what_is_not_known_has_no_line() {
        assert_eq!(lines(&bare()), []);
    }

    #[test]
    fn each_label_stands_once_and_scores_say_their_scale() {
        let mut title = bare();
        title.card.year = Some(1994);
        title.scores = vec![Score { source: "IMDb".into(), value: 7.8, out_of: 10.0, votes: Some(12_345) }];
        title.details = vec![Detail { label: "Released".into(), value: "1995".into() }];
        let expected = [("Released", "1994"), ("IMDb", "7.8 of 10 from 12,345 votes")];
        assert_eq!(lines(&title), expected.map(|(label, value)| (label.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_number_at_the_head_says_whose_it_is_where_it_is_that_of_no_single_source() {
        let score = |source: &str, value| Score { source: source.into(), value, out_of: 10.0, votes: None };
        let mut title = bare();
        title.card.score = Some(96);
        title.scores = vec![score("IMDb", 9.2)];
        assert_eq!(average(&title), None, "its own line says it");
        title.scores.push(score("Metacritic", 10.0));
        assert_eq!(average(&title).as_deref(), Some("9.6 of 10, average of IMDb and Metacritic"));
    }
}
