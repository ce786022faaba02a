//! What titles are about, told to whoever learns from it.

use async_trait::async_trait;
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Document, PAGE_LIMIT},
};

use super::{
    ingest::{self, Ingest},
    record::{HouseRating, Score, TITLES, TitleRecord},
};
use crate::services::interactions::{AboutTitle, Titles};

/// People of a title who tell something of it: those who are named first.
const PEOPLE: usize = 8;
/// For how many ratings given here what is thought elsewhere counts: a few do not bury a film (a weighted mean, as of the Internet Movie
/// Database's lists).
const PRIOR_RATINGS: f64 = 10.0;
/// What is thought of a title elsewhere, as a share of the best, where nobody said.
const TYPICAL: f64 = 0.7;
/// Fields in which importers leave a number of the Internet Movie Database.
const IMDB: [&str; 3] = ["imdb_id", "imdb", "imdbID"];

/// One that cannot be read is none.
fn about(document: Document) -> Option<AboutTitle> {
    let id = document.id.parse().ok()?;
    let record = ingest::into_record(document).ok()?;
    let imdb = imdb(&record);
    let score = score(record.house_rating, &record.facts.scores);
    let facts = record.facts;
    let people = facts.people.into_iter().take(PEOPLE).map(|credit| credit.name).collect();
    let synopsis = facts.synopsis.unwrap_or_default();
    Some(AboutTitle { id, added: record.added, genres: facts.genres, people, synopsis, imdb, score })
}

/// What is thought of it here and elsewhere, of a hundred; nothing where nobody said. Elsewhere is the first score, the one that is shown.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "between 0 and 100")]
fn score(here: Option<HouseRating>, elsewhere: &[Score]) -> Option<u8> {
    let elsewhere = elsewhere.first().map(|score| f64::from(score.value / score.out_of));
    let share = match here {
        None => elsewhere?,
        Some(here) => {
            let (count, prior) = (here.count as f64, elsewhere.unwrap_or(TYPICAL));
            (here.mean() / 5.0 * count + prior * PRIOR_RATINGS) / (count + PRIOR_RATINGS)
        }
    };
    Some((share * 100.0).clamp(0.0, 100.0).round() as u8)
}

fn imdb(record: &TitleRecord) -> Option<String> {
    let named = IMDB.iter().filter_map(|name| record.facts.rest.get(*name).or_else(|| record.rest.get(*name)));
    let named = named.filter_map(Value::as_str);
    let source = record.source.split_once(':').map(|(_, name)| name);
    let details = record.facts.details.iter().map(|detail| detail.value.as_str());
    named.chain(source).chain(details).find(|text| is_imdb(text)).map(str::to_owned)
}

/// `tt` and seven digits or more.
fn is_imdb(text: &str) -> bool {
    let digits = text.strip_prefix("tt").unwrap_or_default();
    (7..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[async_trait]
impl Titles for Ingest {
    async fn titles(&self, after: Option<&str>) -> Result<(Vec<AboutTitle>, Option<String>), StoreError> {
        let page = self.documents().list(&TITLES, after, PAGE_LIMIT).await?;
        Ok((page.documents.into_iter().filter_map(about).collect(), page.next))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.documents().count(&TITLES).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_ratings_bury_no_film_and_many_say_what_it_is_worth() {
        let scored = |imdb: Option<f32>, here: Option<(u64, u64)>| {
            let score = |value| Score { source: "IMDb".to_owned(), value, out_of: 10.0, votes: None };
            let here = here.map(|(count, half_stars)| HouseRating { half_stars, count });
            super::score(here, &imdb.map(score).into_iter().collect::<Vec<_>>())
        };
        assert_eq!(scored(None, None), None);
        assert_eq!(scored(Some(8.0), None), Some(80));
        assert_eq!(scored(Some(8.0), Some((3, 3))), Some(64), "three of half a star");
        assert_eq!(scored(None, Some((3, 3))), Some(56));
        assert_eq!(scored(Some(8.0), Some((990, 990))), Some(11), "nearly a thousand of half a star");
        assert_eq!(scored(Some(4.0), Some((990, 9_900))), Some(99));
    }
}
