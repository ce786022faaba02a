//! The demo's films: `movies.json` of the npm package vega-datasets (BSD-3), mapped to catalogue titles.
//!
//! Reads the package's file where xtask put it; must never invent what the file does not say. There is no
//! synopsis in it, so there is none in the demo.
//!
//! | in the file | in the catalogue |
//! | --- | --- |
//! | `Title` | title; a number is its digits, nothing is skipped and reported; letters that were read in the wrong encoding are put right; `Seven, The` is `The Seven`; a year in brackets goes where it is the film's own |
//! | `Release Date` | released, year; a year after 2011 is a misread one of the century before |
//! | `MPAA Rating` | maturity, as it stands (`Not Rated` included) |
//! | `Running Time min` | runtime |
//! | `Major Genre` | genre; `Thriller/Suspense` is `Thriller`, `Concert/Performance` is `Concert` |
//! | `Director` | a person, as director |
//! | `IMDB Rating`, `IMDB Votes` | a score out of 10, with its votes |
//! | `Rotten Tomatoes Rating` | a score out of 100 |
//! | `Distributor`, `Source`, `Creative Type`, `Production Budget`, `US Gross`, `Worldwide Gross` | details, in this order; money in dollars, 0 is not known |

use std::io::BufRead;

use encoding_rs::{MACINTOSH, WINDOWS_1252};
use serde::Deserialize;
use serde_json::Value;

use crate::services::catalog::{
    facts::{Credit, Detail, NewTitle, Role, Score},
    scan::{Records, ScanError},
};

/// The dataset was closed in 2011: a later year was a two-digit year that went to the wrong century.
const LAST_YEAR: u16 = 2011;

/// Why a record of the file is not among the films.
#[derive(Debug, thiserror::Error)]
pub enum Skipped {
    #[error("line {line}: the record has no title")]
    Untitled { line: u64 },
    #[error("line {line}: {reason}")]
    Unreadable { line: u64, reason: String },
    #[error(transparent)]
    Scan(#[from] ScanError),
}

/// The films in `reader`, one at a time, in the file's order.
pub fn films(reader: impl BufRead) -> impl Iterator<Item = Result<NewTitle, Skipped>> {
    Records::new(reader).map(|record| {
        let record = record?;
        let line = record.line;
        let film: Film =
            serde_json::from_slice(&record.bytes).map_err(|error| Skipped::Unreadable { line, reason: error.to_string() })?;
        let title = film.title().ok_or(Skipped::Untitled { line })?;
        let new = film.into_title(&title);
        new.check().map_err(|wrong| Skipped::Unreadable { line, reason: format!("{}: {}", wrong.field, wrong.message) })?;
        Ok(new)
    })
}

/// A record as it stands in the file.
#[derive(Debug, Deserialize)]
struct Film {
    #[serde(rename = "Title")]
    title: Value,
    #[serde(rename = "Release Date")]
    release_date: Option<String>,
    #[serde(rename = "MPAA Rating")]
    maturity: Option<String>,
    #[serde(rename = "Running Time min")]
    runtime: Option<u16>,
    #[serde(rename = "Major Genre")]
    genre: Option<String>,
    #[serde(rename = "Creative Type")]
    creative_type: Option<String>,
    #[serde(rename = "Director")]
    director: Option<String>,
    #[serde(rename = "Distributor")]
    distributor: Option<String>,
    #[serde(rename = "Source")]
    origin: Option<String>,
    #[serde(rename = "Rotten Tomatoes Rating")]
    tomatoes: Option<f32>,
    #[serde(rename = "IMDB Rating")]
    imdb: Option<f32>,
    #[serde(rename = "IMDB Votes")]
    imdb_votes: Option<u32>,
    #[serde(rename = "Production Budget")]
    budget: Option<u64>,
    #[serde(rename = "US Gross")]
    us_gross: Option<u64>,
    #[serde(rename = "Worldwide Gross")]
    gross: Option<u64>,
}

impl Film {
    fn title(&self) -> Option<String> {
        let text = match &self.title {
            Value::String(text) => mended(text.trim()),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    fn into_title(self, title: &str) -> NewTitle {
        let released = self.release_date.as_deref().and_then(date);
        let year = released.map(|(year, _, _)| year);
        NewTitle {
            source: match year {
                Some(year) => format!("vega:{title} ({year})"),
                None => format!("vega:{title}"),
            },
            title: spoken_order(without_year(title, year)),
            year,
            released: released.map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}")),
            runtime_minutes: self.runtime.filter(|minutes| *minutes > 0),
            genres: self.genre.as_deref().map(genre).into_iter().collect(),
            people: self.director.into_iter().map(|name| Credit { name, role: Role::Director, character: None }).collect(),
            maturity: self.maturity,
            scores: scores(self.imdb, self.imdb_votes, self.tomatoes),
            details: [
                ("Distributor", self.distributor),
                ("Source", self.origin),
                ("Creative type", self.creative_type),
                ("Production budget", dollars(self.budget)),
                ("US gross", dollars(self.us_gross)),
                ("Worldwide gross", dollars(self.gross)),
            ]
            .into_iter()
            .filter_map(|(label, value)| Some(Detail { label: label.to_owned(), value: value? }))
            .collect(),
            ..NewTitle::default()
        }
    }
}

/// `AmÈlie` is `Amélie`: the dataset's titles went through a Macintosh that took Windows' bytes for its own.
fn mended(text: &str) -> String {
    let (bytes, _, strange) = MACINTOSH.encode(text);
    // A letter that no Macintosh had cannot have come from one, so that the title was right from the start.
    if strange { text.to_owned() } else { WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned() }
}

/// `Jun 12 1998` as year, month, day.
fn date(text: &str) -> Option<(u16, u8, u8)> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split_ascii_whitespace();
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| *name == month).and_then(|at| u8::try_from(at + 1).ok())?;
    let day: u8 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year: u16 = parts.next()?.parse().ok()?;
    let year = if year > LAST_YEAR { year - 100 } else { year };
    Some((year, month, day))
}

/// `King Kong (1933)` is `King Kong`, of 1933.
fn without_year(title: &str, year: Option<u16>) -> &str {
    let bracket = year.map(|year| format!("({year})"));
    bracket.and_then(|bracket| title.strip_suffix(&bracket)).map(str::trim_end).filter(|rest| !rest.is_empty()).unwrap_or(title)
}

/// `Charge of the Light Brigade, The` as one says it.
fn spoken_order(title: &str) -> String {
    let article = ["The", "A", "An"].into_iter().find_map(|article| {
        let rest = title.strip_suffix(article)?.strip_suffix(", ")?;
        Some(format!("{article} {rest}"))
    });
    article.unwrap_or_else(|| title.to_owned())
}

fn genre(name: &str) -> String {
    match name {
        "Thriller/Suspense" => "Thriller",
        "Concert/Performance" => "Concert",
        other => other,
    }
    .to_owned()
}

fn scores(imdb: Option<f32>, votes: Option<u32>, tomatoes: Option<f32>) -> Vec<Score> {
    let imdb = imdb.map(|value| Score { source: "IMDb".to_owned(), value, out_of: 10.0, votes });
    let tomatoes = tomatoes.map(|value| Score { source: "Rotten Tomatoes".to_owned(), value, out_of: 100.0, votes: None });
    imdb.into_iter().chain(tomatoes).collect()
}

/// `$12,234,694`.
fn dollars(amount: Option<u64>) -> Option<String> {
    let digits = amount.filter(|amount| *amount > 0)?.to_string();
    let mut text = String::with_capacity(digits.len() + 5);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    Some(format!("${text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"[
        {"Title":"12 Rounds","US Gross":12234694,"Worldwide Gross":18184083,"US DVD Sales":8283859,"Production Budget":20000000,"Release Date":"Mar 27 2009","MPAA Rating":"PG-13","Running Time min":108,"Distributor":"20th Century Fox","Source":"Original Screenplay","Major Genre":"Action","Creative Type":"Contemporary Fiction","Director":"Renny Harlin","Rotten Tomatoes Rating":28,"IMDB Rating":5.4,"IMDB Votes":8914},
        {"Title":1776,"US Gross":0,"Worldwide Gross":0,"US DVD Sales":null,"Production Budget":4000000,"Release Date":"Nov 09 1972","MPAA Rating":"Not Rated","Running Time min":null,"Distributor":null,"Source":null,"Major Genre":"Thriller/Suspense","Creative Type":null,"Director":null,"Rotten Tomatoes Rating":57,"IMDB Rating":null,"IMDB Votes":null},
        {"Title":null,"US Gross":26403,"Worldwide Gross":3080493,"US DVD Sales":null,"Production Budget":3700000,"Release Date":"Nov 03 2006","MPAA Rating":"Not Rated","Running Time min":85,"Distributor":"IFC Films","Source":"Original Screenplay","Major Genre":"Thriller/Suspense","Creative Type":"Contemporary Fiction","Director":null,"Rotten Tomatoes Rating":39,"IMDB Rating":6.6,"IMDB Votes":11986},
        {"Title":"Charge of the Light Brigade, The","US Gross":0,"Worldwide Gross":0,"US DVD Sales":null,"Production Budget":1200000,"Release Date":"Oct 20 2036","MPAA Rating":null,"Running Time min":null,"Distributor":null,"Source":null,"Major Genre":"Drama","Creative Type":"Fantasy","Director":null,"Rotten Tomatoes Rating":null,"IMDB Rating":6.7,"IMDB Votes":1248},
        {"Title":"King Kong (1933)","US Gross":10000000,"Worldwide Gross":10000650,"US DVD Sales":null,"Production Budget":670000,"Release Date":"Apr 07 2033","MPAA Rating":null,"Running Time min":100,"Distributor":null,"Source":null,"Major Genre":null,"Creative Type":null,"Director":"Merian C. Cooper","Rotten Tomatoes Rating":null,"IMDB Rating":null,"IMDB Votes":null}
    ]"#;

    #[test]
    fn a_film_keeps_everything_that_the_file_says_of_it() {
        let film = films(FILE.as_bytes()).next().unwrap().unwrap();
        assert_eq!(film.source, "vega:12 Rounds (2009)");
        assert_eq!((film.title.as_str(), film.year, film.runtime_minutes), ("12 Rounds", Some(2009), Some(108)));
        assert_eq!(film.released.as_deref(), Some("2009-03-27"));
        assert_eq!(film.maturity.as_deref(), Some("PG-13"));
        assert_eq!(film.genres, ["Action"]);
        assert_eq!(film.people, [Credit { name: "Renny Harlin".into(), role: Role::Director, character: None }]);
        let scores: Vec<_> = film.scores.iter().map(|score| (score.source.as_str(), score.value, score.votes)).collect();
        assert_eq!(scores, [("IMDb", 5.4, Some(8914)), ("Rotten Tomatoes", 28.0, None)]);
        let details: Vec<_> = film.details.iter().map(|line| (line.label.as_str(), line.value.as_str())).collect();
        assert_eq!(
            details,
            [
                ("Distributor", "20th Century Fox"),
                ("Source", "Original Screenplay"),
                ("Creative type", "Contemporary Fiction"),
                ("Production budget", "$20,000,000"),
                ("US gross", "$12,234,694"),
                ("Worldwide gross", "$18,184,083"),
            ]
        );
        assert_eq!(film.synopsis, None);
    }

    #[test]
    fn a_number_is_a_title_and_what_is_not_known_is_left_out() {
        let film = films(FILE.as_bytes()).nth(1).unwrap().unwrap();
        assert_eq!((film.title.as_str(), film.year), ("1776", Some(1972)));
        assert_eq!(film.genres, ["Thriller"]);
        assert_eq!((film.runtime_minutes, film.people.len()), (None, 0));
        assert_eq!(film.details, [Detail { label: "Production budget".into(), value: "$4,000,000".into() }]);
    }

    #[test]
    fn a_film_without_a_title_is_skipped_and_says_where_it_stands() {
        let skipped = films(FILE.as_bytes()).nth(2).unwrap().unwrap_err();
        assert_eq!(skipped.to_string(), "line 4: the record has no title");
    }

    #[test]
    fn a_year_of_the_wrong_century_is_put_right() {
        let film = films(FILE.as_bytes()).nth(3).unwrap().unwrap();
        assert_eq!((film.title.as_str(), film.year), ("The Charge of the Light Brigade", Some(1936)));
        let film = films(FILE.as_bytes()).nth(4).unwrap().unwrap();
        assert_eq!((film.title.as_str(), film.year), ("King Kong", Some(1933)));
        assert_eq!(date("Jan 01 2011"), Some((2011, 1, 1)));
        assert_eq!(date("Sep 17 2020"), Some((1920, 9, 17)));
        assert_eq!(date("sometime"), None);
    }

    #[test]
    fn letters_of_the_wrong_encoding_are_put_right_and_others_left() {
        for (stands, meant) in [
            ("Le Fabuleux destin d'Am\u{c8}lie Poulain", "Le Fabuleux destin d'Amélie Poulain"),
            ("D\u{c8}j\u{2021} Vu", "Déjà Vu"),
            ("The Naked Gun 2\u{3a9}: The Smell of Fear", "The Naked Gun 2½: The Smell of Fear"),
            ("Alien³", "Alien³"),
            ("Ri¢hie Ri¢h", "Ri¢hie Ri¢h"),
            ("Solaris", "Solaris"),
        ] {
            assert_eq!(mended(stands), meant);
        }
    }
}
