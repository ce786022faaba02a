//! The fields of the search index, and how a record becomes a document of it.
//!
//! Whatever changes here changes [`REVISION`], so that an index made before is made anew. Must never hold
//! what a list or a search does not need.

use contract::{catalog::RuntimeBand, ids::TitleId, maturity};
use storage::search::{Definition, Put};
use tantivy::{
    TantivyDocument, Term,
    schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions},
};

use super::fold::{self, FOLDED};
use crate::services::catalog::{
    artwork,
    record::{HouseRating, TitleRecord},
};

/// Counts up with every change to what is indexed.
const REVISION: u32 = 3;

/// Above every popularity that scores alone can reach.
pub const WATCHABLE_FIRST: u64 = 1 << 32;

/// The fields, by what they are for.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub id: Field,
    /// The card as JSON: a page is made without reading a document.
    pub card: Field,
    /// The title in the language it was made in, to show what a search matched.
    pub original: Field,
    pub title_words: Field,
    /// Whole titles, folded.
    pub title_whole: Field,
    pub people_words: Field,
    /// Names as they are credited.
    pub person: Field,
    pub genre: Field,
    pub maturity: Field,
    /// From which age on it is shown: every title has one, so that one that nobody rated is kept from children.
    pub age: Field,
    pub decade: Field,
    pub runtime: Field,
    pub watchable: Field,
    /// The score in tens, to find titles liked as much.
    pub score_band: Field,
    pub popularity: Field,
    /// `19941014`; 0 where it is not known.
    pub released: Field,
    pub added: Field,
    /// What the house gave it: hundredths of a half star, to filter by; absent where nobody rated it.
    pub house_rating: Field,
    /// The same with how many gave it, to sort by; 0 where nobody did.
    pub house_rank: Field,
    pub sort_key: Field,
}

impl Fields {
    /// The schema with its fields.
    pub fn define() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let words = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(FOLDED).set_index_option(IndexRecordOption::Basic).set_fieldnorms(false),
        );
        let fields = Self {
            id: schema.add_text_field("id", STRING | FAST),
            card: schema.add_text_field("card", STORED),
            original: schema.add_text_field("original", STORED),
            title_words: schema.add_text_field("title_words", words.clone()),
            title_whole: schema.add_text_field("title_whole", STRING),
            people_words: schema.add_text_field("people_words", words),
            person: schema.add_text_field("person", STRING | FAST),
            genre: schema.add_text_field("genre", STRING | FAST),
            maturity: schema.add_text_field("maturity", STRING | FAST),
            age: schema.add_u64_field("age", INDEXED | FAST),
            decade: schema.add_u64_field("decade", INDEXED | FAST),
            runtime: schema.add_u64_field("runtime", INDEXED | FAST),
            watchable: schema.add_u64_field("watchable", INDEXED | FAST),
            score_band: schema.add_u64_field("score_band", INDEXED),
            popularity: schema.add_u64_field("popularity", FAST),
            released: schema.add_u64_field("released", FAST),
            added: schema.add_u64_field("added", FAST),
            house_rating: schema.add_u64_field("house_rating", INDEXED | FAST),
            house_rank: schema.add_u64_field("house_rank", FAST),
            sort_key: schema.add_text_field("sort_key", STRING | FAST),
        };
        (schema.build(), fields)
    }

    /// What the storage opens.
    pub fn definition() -> (Definition, Self) {
        let (schema, fields) = Self::define();
        // A card names the version of its drawn poster, so another artist means other cards.
        let revision = format!("{REVISION}.{}", artwork::ARTIST);
        let definition = Definition { schema, tokenizers: vec![(FOLDED, fold::Folding::analyzer())], revision };
        (definition, fields)
    }

    /// The document of one title.
    ///
    /// # Errors
    /// Where its card cannot be written as JSON.
    pub fn document(&self, id: &TitleId, record: &TitleRecord) -> Result<Put, serde_json::Error> {
        let facts = &record.facts;
        let mut document = TantivyDocument::default();
        document.add_text(self.id, id.as_str());
        document.add_text(self.card, serde_json::to_string(&record.card(id))?);
        self.add_titles(&mut document, &facts.title, facts.original_title.as_deref());
        let mut names: Vec<&str> = facts.people.iter().map(|credit| credit.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            document.add_text(self.people_words, name);
            document.add_text(self.person, name);
        }
        for genre in &facts.genres {
            document.add_text(self.genre, genre);
        }
        if let Some(maturity) = &facts.maturity {
            document.add_text(self.maturity, maturity);
        }
        document.add_u64(self.age, u64::from(maturity::least_age(facts.maturity.as_deref())));
        if let Some(year) = facts.year {
            document.add_u64(self.decade, u64::from(year / 10 * 10));
        }
        if let Some(minutes) = record.runtime_minutes() {
            document.add_u64(self.runtime, band_number(band_of(minutes)));
        }
        document.add_u64(self.watchable, u64::from(record.video.is_some()));
        if let Some(score) = facts.mean_score() {
            document.add_u64(self.score_band, whole(score / 10.0));
        }
        document.add_u64(self.popularity, popularity(record));
        document.add_u64(self.released, released(record));
        document.add_u64(self.added, record.added);
        if let Some(rating) = record.house_rating {
            document.add_u64(self.house_rating, house_rating(rating));
        }
        document.add_u64(self.house_rank, record.house_rating.map_or(0, house_rank));
        document.add_text(self.sort_key, fold::sort_key(&facts.title));
        Ok(Put { key: self.key(id.as_str()), document })
    }

    /// What names the document of a title in the index.
    pub fn key(&self, id: &str) -> Term {
        Term::from_field_text(self.id, id)
    }

    fn add_titles(&self, document: &mut TantivyDocument, title: &str, original: Option<&str>) {
        document.add_text(self.title_words, title);
        let mut wholes = fold::whole_forms(title);
        if let Some(original) = original {
            document.add_text(self.original, original);
            document.add_text(self.title_words, original);
            wholes.extend(fold::whole_forms(original));
        }
        for whole in wholes {
            document.add_text(self.title_whole, whole);
        }
    }
}

/// The bands in order of length; a band's number in the index is its place here.
pub const BANDS: [RuntimeBand; 4] = [RuntimeBand::Short, RuntimeBand::UnderNinety, RuntimeBand::UnderTwoHours, RuntimeBand::Long];

/// The band that a runtime falls in.
pub const fn band_of(minutes: u16) -> RuntimeBand {
    match minutes {
        0..40 => RuntimeBand::Short,
        40..90 => RuntimeBand::UnderNinety,
        90..120 => RuntimeBand::UnderTwoHours,
        120.. => RuntimeBand::Long,
    }
}

/// A band as the index holds it.
pub const fn band_number(band: RuntimeBand) -> u64 {
    match band {
        RuntimeBand::Short => 0,
        RuntimeBand::UnderNinety => 1,
        RuntimeBand::UnderTwoHours => 2,
        RuntimeBand::Long => 3,
    }
}

/// A band as the filter takes it.
pub const fn band_name(band: RuntimeBand) -> &'static str {
    match band {
        RuntimeBand::Short => "short",
        RuntimeBand::UnderNinety => "under_ninety",
        RuntimeBand::UnderTwoHours => "under_two_hours",
        RuntimeBand::Long => "long",
    }
}

/// How much a title is liked, weighed by how many said so: the mean drawn towards the middle as if 5,000
/// voters had given 55 of 100 (the "true Bayesian estimate" that IMDb's top list was made with). Watchable
/// titles stand before all others; a title nobody scored stands last.
fn popularity(record: &TitleRecord) -> u64 {
    const PRIOR_VOTES: f32 = 5_000.0;
    const PRIOR_MEAN: f32 = 55.0;
    let votes = record.facts.scores.iter().filter_map(|score| score.votes).max().unwrap_or(100);
    let liked = record.facts.mean_score().map_or(0, |mean| {
        #[expect(clippy::cast_precision_loss, reason = "seven digits of a count of votes are enough")]
        let votes = votes as f32;
        whole((votes * mean + PRIOR_VOTES * PRIOR_MEAN) / (votes + PRIOR_VOTES) * 1_000.0)
    });
    if record.video.is_some() { WATCHABLE_FIRST + liked } else { liked }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "scores are small and not negative")]
fn whole(value: f32) -> u64 {
    value.max(0.0) as u64
}

/// The mean in hundredths of a half star, as a filter compares it: a mean that is a little less than four stars is less.
const fn house_rating(rating: HouseRating) -> u64 {
    match (rating.half_stars.saturating_mul(100)).checked_div(rating.count) {
        Some(hundredths) => hundredths,
        None => 0,
    }
}

/// The mean in millionths of a half star, then how many gave one.
fn house_rank(rating: HouseRating) -> u64 {
    const COUNT_BITS: u32 = 24;
    let millionths = rating.half_stars.saturating_mul(1_000_000).checked_div(rating.count).unwrap_or(0);
    (millionths << COUNT_BITS) | rating.count.min((1 << COUNT_BITS) - 1)
}

fn released(record: &TitleRecord) -> u64 {
    let parts = record.facts.released.as_deref().unwrap_or_default();
    let mut parts = parts.split('-').map(|part| part.parse::<u64>().unwrap_or(0));
    let year = parts.next().filter(|year| *year > 0).or(record.facts.year.map(u64::from)).unwrap_or(0);
    let (month, day) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    year * 10_000 + month * 100 + day
}
