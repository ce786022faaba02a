//! What titles are about, told to whoever learns from it.

use async_trait::async_trait;
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Document, PAGE_LIMIT},
};

use super::{
    ingest::{self, Ingest},
    record::{TITLES, TitleRecord},
};
use crate::services::interactions::{AboutTitle, Titles};

/// People of a title who tell something of it: those who are named first.
const PEOPLE: usize = 8;
/// Ratings given here that count for more than what is thought elsewhere.
const ENOUGH: u64 = 3;
/// Fields in which importers leave a number of the Internet Movie Database.
const IMDB: [&str; 3] = ["imdb_id", "imdb", "imdbID"];

/// One that cannot be read is none.
fn about(document: Document) -> Option<AboutTitle> {
    let id = document.id.parse().ok()?;
    let record = ingest::into_record(document).ok()?;
    let imdb = imdb(&record);
    let score = score(&record);
    let facts = record.facts;
    let people = facts.people.into_iter().take(PEOPLE).map(|credit| credit.name).collect();
    let synopsis = facts.synopsis.unwrap_or_default();
    Some(AboutTitle { id, added: record.added, genres: facts.genres, people, synopsis, imdb, score })
}

/// The first score is the one that is shown.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
fn score(record: &TitleRecord) -> Option<u8> {
    let here = record.house_rating.filter(|rating| rating.count >= ENOUGH).map(|rating| rating.mean() / 5.0);
    let share = here.or_else(|| record.facts.scores.first().map(|score| f64::from(score.value / score.out_of)))?;
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
