//! What the catalogue stores of a title, and how that becomes what the contract shows.
//!
//! Must never leave this folder, and must never lose a field that it does not know: what a newer version
//! wrote survives in `rest`.

use std::sync::atomic::{AtomicU64, Ordering};

use contract::catalog::{self, TitleCard, VideoFacts};
use contract::ids::TitleId;
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

use super::artwork;

/// Every title, under its id. The search index follows its changes.
pub static TITLES: Collection = Collection::declared("titles", &[]).numbered("catalogue");

/// Which title a source key belongs to. A collection of its own, so that a batch finds its titles in one
/// round trip, and so that two importers never make two titles of one source.
pub static SOURCES: Collection =
    Collection::declared("title_sources", &[Index { name: SOURCES_BY_TITLE, fields: &["title"], unique: false }]);

/// The sources of a title.
pub const SOURCES_BY_TITLE: &str = "by_title";

/// Titles that were deleted, under their ids: what is left of each is deleted once more while it is due, and the document
/// stays, so that a restored backup is told from one that knows.
pub static DELETED: Collection =
    Collection::declared("deleted_titles", &[Index { name: DELETED_BY_DUE, fields: &["due"], unique: false }]);

/// What is to be looked at again.
pub const DELETED_BY_DUE: &str = "by_due";

/// A document of [`DELETED`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletedRecord {
    /// Milliseconds since 1970.
    pub deleted: u64,
    /// Milliseconds since 1970 from which on what is left is deleted; absent where that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// It was done once: what is deleted now came back.
    #[serde(default)]
    pub is_second: bool,
    /// Where it came from; nothing in what an older build wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TitleRecord {
    /// Where it came from, for example `vega:12 Rounds (2009)`; the same source is the same title for ever.
    pub source: String,
    /// Microseconds since the epoch when it was last written; see [`next_change`]. Nothing is in its order: that has the store's
    /// change feed.
    pub change: u64,
    /// Milliseconds since the epoch when it came to this server.
    pub added: u64,
    pub facts: Facts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Video>,
    #[serde(default)]
    pub pictures: Pictures,
    /// What the members of this installation gave it; absent where nobody rated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_rating: Option<HouseRating>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is known of a film.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_minutes: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synopsis: Option<String>,
    #[serde(default)]
    pub genres: Vec<String>,
    #[serde(default)]
    pub people: Vec<Credit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<String>,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub scores: Vec<Score>,
    #[serde(default)]
    pub details: Vec<Detail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A person and what they did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    pub name: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub character: Option<String>,
}

/// What a person did for a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Director,
    Writer,
    Actor,
    Composer,
    Producer,
    Author,
}

/// What a publication or its readers gave, on its own scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub source: String,
    pub value: f32,
    pub out_of: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<u32>,
}

/// One line of the table of details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    pub label: String,
    pub value: String,
}

/// What can be played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Video {
    pub height: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u16>,
    pub duration_seconds: u32,
    #[serde(default)]
    pub audio: Vec<String>,
    #[serde(default)]
    pub captions: Vec<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Versions of the pictures that were taken from the video; each names its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures {
    /// Of `poster.jpg`; without it the poster is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<String>,
    /// Of `backdrop.jpg`; without it the backdrop is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backdrop: Option<String>,
}

/// Ratings as they were given: whole numbers, of which the mean is made where it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseRating {
    /// Given in all; a rating is 1 to 10.
    pub half_stars: u64,
    /// By how many; at least 1.
    pub count: u64,
}

impl HouseRating {
    /// In stars, 0.5 to 5.
    #[expect(clippy::cast_precision_loss, reason = "sums of ratings are far below 2^52")]
    pub fn mean(self) -> f64 {
        self.half_stars as f64 / 2.0 / self.count.max(1) as f64
    }
}

/// A change number for a record that is about to be written: the time, and more than any before it in this
/// process. Builds before the change feed look for it.
pub fn next_change() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = since_epoch().as_micros().try_into().unwrap_or(u64::MAX);
    let before = LAST.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(now.max(last + 1)));
    before.map_or(now, |last| now.max(last + 1))
}

/// Milliseconds since the epoch.
pub fn now_millis() -> u64 {
    Clock::default().millis()
}

fn since_epoch() -> std::time::Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

impl TitleRecord {
    /// What a card shows.
    pub fn card(&self, id: &TitleId) -> TitleCard {
        TitleCard {
            id: id.clone(),
            title: self.facts.title.clone(),
            year: self.facts.year,
            runtime_minutes: self.runtime_minutes(),
            maturity: self.facts.maturity.clone(),
            genres: self.facts.genres.iter().take(3).cloned().collect(),
            score: self.facts.mean_score().map(rounded),
            artwork: artwork::of(id, self),
            video: self.video.as_ref().map(|video| VideoFacts {
                height: video.height,
                class: video.class,
                duration_seconds: video.duration_seconds,
                audio: video.audio.clone(),
                captions: video.captions.clone(),
            }),
            house_rating: self.house_rating.map(|rating| catalog::HouseRating { mean: rating.mean(), count: rating.count }),
        }
    }

    /// What a title's page shows.
    pub fn title(self, id: &TitleId) -> catalog::Title {
        let card = self.card(id);
        let facts = self.facts;
        catalog::Title {
            card,
            original_title: facts.original_title,
            synopsis: facts.synopsis,
            all_genres: facts.genres,
            people: facts.people.into_iter().map(Into::into).collect(),
            languages: facts.languages,
            scores: facts.scores.into_iter().map(Into::into).collect(),
            released: facts.released,
            details: facts.details.into_iter().map(|line| catalog::Detail { label: line.label, value: line.value }).collect(),
            attribution: facts.attribution,
        }
    }

    /// As it is credited, or else as long as its video runs, begun minutes counted.
    pub fn runtime_minutes(&self) -> Option<u16> {
        let of_video = || self.video.as_ref().map(|video| video.duration_seconds.div_ceil(60));
        self.facts.runtime_minutes.or_else(|| of_video().and_then(|minutes| minutes.try_into().ok()))
    }
}

impl Facts {
    /// The mean of the scores on a scale of 0 to 100.
    pub fn mean_score(&self) -> Option<f32> {
        let shares: Vec<f32> =
            self.scores.iter().filter(|score| score.out_of > 0.0).map(|score| score.value / score.out_of).collect();
        if shares.is_empty() { None } else { Some(shares.iter().sum::<f32>() / shares.len() as f32 * 100.0) }
    }

    /// The first director.
    pub fn director(&self) -> Option<&str> {
        self.people.iter().find(|credit| credit.role == Role::Director).map(|credit| credit.name.as_str())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 first")]
fn rounded(score: f32) -> u8 {
    score.round().clamp(0.0, 100.0) as u8
}

impl From<Credit> for catalog::Credit {
    fn from(credit: Credit) -> Self {
        let role = match credit.role {
            Role::Director => catalog::Role::Director,
            Role::Writer => catalog::Role::Writer,
            Role::Actor => catalog::Role::Actor,
            Role::Composer => catalog::Role::Composer,
            Role::Producer => catalog::Role::Producer,
            Role::Author => catalog::Role::Author,
        };
        Self { name: credit.name, role, character: credit.character }
    }
}

impl From<Score> for catalog::Score {
    fn from(score: Score) -> Self {
        Self { source: score.source, value: score.value, out_of: score.out_of, votes: score.votes }
    }
}
