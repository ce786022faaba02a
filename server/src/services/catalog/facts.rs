//! A title as it is handed in: by `marquee import-catalogue`, by the demo, by the import of a video.
//!
//! This is the documented shape of the import file. Must never let a value pass that a page could not show.

use contract::FieldError;
use serde::Deserialize;

use super::record::Facts;
pub use super::record::{Credit, Detail, Role, Score};

/// One title to add or to update. Only `title` must be there; what is not known is left out.
///
/// ```json
/// { "id": "tt0211915", "title": "Amelie", "original_title": "Le Fabuleux Destin d'Amélie Poulain",
///   "year": 2001, "released": "2001-04-25", "runtime_minutes": 122, "synopsis": "…",
///   "genres": ["Romantic Comedy"], "maturity": "R", "languages": ["fr"],
///   "people": [{ "name": "Jean-Pierre Jeunet", "role": "director" },
///              { "name": "Audrey Tautou", "role": "actor", "character": "Amélie" }],
///   "scores": [{ "source": "IMDb", "value": 8.3, "out_of": 10, "votes": 700000 }],
///   "details": [{ "label": "Distributor", "value": "UGC" }], "attribution": "…" }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTitle {
    /// What makes it the same title the next time. In an import file this is `id`, the file's own name for
    /// the title; without one, its title and year stand in.
    #[serde(default, rename = "id")]
    pub source: String,
    pub title: String,
    #[serde(default)]
    pub original_title: Option<String>,
    /// Of the first release.
    #[serde(default)]
    pub year: Option<u16>,
    /// `1994`, `1994-10` or `1994-10-14`.
    #[serde(default)]
    pub released: Option<String>,
    #[serde(default)]
    pub runtime_minutes: Option<u16>,
    #[serde(default)]
    pub synopsis: Option<String>,
    /// The most telling first.
    #[serde(default)]
    pub genres: Vec<String>,
    #[serde(default)]
    pub people: Vec<Credit>,
    #[serde(default)]
    pub maturity: Option<String>,
    /// BCP 47.
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub scores: Vec<Score>,
    #[serde(default)]
    pub details: Vec<Detail>,
    #[serde(default)]
    pub attribution: Option<String>,
}

impl NewTitle {
    /// The first thing that is wrong with it, with its field.
    ///
    /// # Errors
    /// One [`FieldError`].
    pub fn check(&self) -> Result<(), FieldError> {
        text("id", &self.source, 200, true)?;
        text("title", &self.title, 300, false)?;
        optional("original_title", self.original_title.as_deref(), 300)?;
        optional("synopsis", self.synopsis.as_deref(), 10_000)?;
        optional("maturity", self.maturity.as_deref(), 40)?;
        optional("attribution", self.attribution.as_deref(), 1_000)?;
        if self.year.is_some_and(|year| !(1870..=2200).contains(&year)) {
            return Err(wrong("year", "expected a year from 1870 to 2200"));
        }
        if self.released.as_deref().is_some_and(|date| !is_date(date)) {
            return Err(wrong("released", "expected a date such as 1994, 1994-10 or 1994-10-14"));
        }
        if self.runtime_minutes.is_some_and(|minutes| !(1..=10_000).contains(&minutes)) {
            return Err(wrong("runtime_minutes", "expected 1 to 10000 minutes"));
        }
        self.check_lists()
    }

    fn check_lists(&self) -> Result<(), FieldError> {
        bounded("genres", self.genres.len(), 20)?;
        bounded("people", self.people.len(), 500)?;
        bounded("languages", self.languages.len(), 50)?;
        bounded("scores", self.scores.len(), 20)?;
        bounded("details", self.details.len(), 50)?;
        for (at, genre) in self.genres.iter().enumerate() {
            text(&format!("genres[{at}]"), genre, 60, false)?;
        }
        for (at, language) in self.languages.iter().enumerate() {
            text(&format!("languages[{at}]"), language, 35, false)?;
        }
        for (at, credit) in self.people.iter().enumerate() {
            text(&format!("people[{at}].name"), &credit.name, 200, false)?;
            optional(&format!("people[{at}].character"), credit.character.as_deref(), 200)?;
        }
        for (at, score) in self.scores.iter().enumerate() {
            text(&format!("scores[{at}].source"), &score.source, 60, false)?;
            if !(score.out_of > 0.0 && (0.0..=score.out_of).contains(&score.value)) {
                return Err(wrong(&format!("scores[{at}].value"), "expected a value from 0 to out_of"));
            }
        }
        for (at, line) in self.details.iter().enumerate() {
            text(&format!("details[{at}].label"), &line.label, 60, false)?;
            text(&format!("details[{at}].value"), &line.value, 500, false)?;
        }
        Ok(())
    }

    /// The source of a title that names none.
    pub fn title_and_year(&self) -> String {
        title_and_year(&self.title, self.year)
    }
}

/// `Heat (1995)`, or `Heat` where the year is not known.
pub fn title_and_year(title: &str, year: Option<u16>) -> String {
    match year {
        Some(year) => format!("{} ({year})", title.trim()),
        None => title.trim().to_owned(),
    }
}

impl From<NewTitle> for Facts {
    fn from(new: NewTitle) -> Self {
        let year = new.year.or_else(|| new.released.as_deref().and_then(|date| date.get(..4)?.parse().ok()));
        Self {
            title: new.title.trim().to_owned(),
            original_title: new.original_title.filter(|original| *original != new.title),
            year,
            released: new.released,
            runtime_minutes: new.runtime_minutes,
            synopsis: new.synopsis,
            genres: new.genres,
            people: new.people,
            maturity: new.maturity,
            languages: new.languages,
            scores: new.scores,
            details: new.details,
            attribution: new.attribution,
            rest: serde_json::Map::new(),
        }
    }
}

fn wrong(field: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), message: message.to_owned() }
}

fn text(field: &str, value: &str, most: usize, may_be_empty: bool) -> Result<(), FieldError> {
    if value.trim().is_empty() && !may_be_empty {
        return Err(wrong(field, "expected a text that is not empty"));
    }
    if value.chars().count() > most {
        return Err(wrong(field, &format!("expected at most {most} characters")));
    }
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err(wrong(field, "expected no control characters"));
    }
    Ok(())
}

fn optional(field: &str, value: Option<&str>, most: usize) -> Result<(), FieldError> {
    value.map_or(Ok(()), |value| text(field, value, most, false))
}

fn bounded(field: &str, length: usize, most: usize) -> Result<(), FieldError> {
    if length > most { Err(wrong(field, &format!("expected at most {most} entries"))) } else { Ok(()) }
}

/// ISO 8601, to the year, the month or the day.
fn is_date(date: &str) -> bool {
    let parts: Vec<&str> = date.split('-').collect();
    let widths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<u16>().ok());
    digits
        && matches!(widths.as_slice(), [4] | [4, 2] | [4, 2, 2])
        && number(1).is_none_or(|month| (1..=12).contains(&month))
        && number(2).is_none_or(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_taken_as_exactly_as_it_is_known_and_no_other_way() {
        for good in ["1994", "1994-10", "1994-10-14"] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["", "94", "1994-13", "1994-1", "1994-10-32", "1994-10-14-01", "Oct 14 1994", "1994-", "+994"] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn a_value_that_no_page_could_show_is_refused_with_its_field() {
        let score = |value, out_of| Score { source: "IMDb".into(), value, out_of, votes: None };
        let good = NewTitle { title: "M".into(), ..NewTitle::default() };
        assert_eq!(good.check(), Ok(()));
        let cases = [
            ("title", NewTitle { title: " \n".into(), ..good.clone() }),
            ("title", NewTitle { title: "x".repeat(301), ..good.clone() }),
            ("title", NewTitle { title: "M\u{0}".into(), ..good.clone() }),
            ("year", NewTitle { year: Some(31), ..good.clone() }),
            ("runtime_minutes", NewTitle { runtime_minutes: Some(0), ..good.clone() }),
            ("genres[1]", NewTitle { genres: vec!["Drama".into(), String::new()], ..good.clone() }),
            ("scores[0].value", NewTitle { scores: vec![score(11.0, 10.0)], ..good.clone() }),
            ("scores[0].value", NewTitle { scores: vec![score(1.0, 0.0)], ..good.clone() }),
            ("scores[0].value", NewTitle { scores: vec![score(f32::NAN, 10.0)], ..good.clone() }),
        ];
        for (field, title) in cases {
            assert_eq!(title.check().unwrap_err().field, field, "{title:?}");
        }
    }
}
