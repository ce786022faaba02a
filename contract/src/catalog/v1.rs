//! The catalogue's calls, version 1: browse, search, look at one title.

mod names;

pub use names::*;
use serde::{Deserialize, Serialize};

use crate::{
    Access, Cache, Call, Method, Scope, Topic,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    ids::TitleId,
};

/// One page of titles that match every filter given. Filters that are absent do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ListTitles {
    /// A genre as the facets name it, for example `Drama`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// The first year of a decade, for example `1990`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decade: Option<u16>,
    /// A maturity rating as the facets name it, for example `PG-13`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maturity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeBand>,
    /// `true` for titles with video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchable: Option<bool>,
    /// A person's name, exactly as it stands in a title's credits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Where the page before this one ended ([`TitlePage::next`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// Titles before the page, for whoever goes to a place in the list: at most 1,000,000. A list that changes meanwhile moves
    /// under it; [`ListTitles::page_token`] does not, and there is one of the two at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Titles on the page: 1 to 100, 40 where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// How long a title runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuntimeBand {
    /// Under 40 minutes (the Academy's line for a short film).
    Short,
    /// 40 to 89 minutes.
    UnderNinety,
    /// 90 to 119 minutes.
    UnderTwoHours,
    /// 120 minutes and more.
    Long,
}

/// The order of a list. Ties are broken by title, then by id, so that pages never overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Watchable titles first, then by how much they are liked and by how many.
    #[default]
    Popular,
    Newest,
    Oldest,
    Title,
    /// The latest added to this server first.
    Added,
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitlePage {
    pub items: Vec<TitleCard>,
    /// How many titles match in all.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Counts for each choice of each filter, with the other filters applied.
    pub facets: Facets,
}

/// How many titles each choice would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facets {
    pub genre: Vec<FacetCount>,
    pub decade: Vec<FacetCount>,
    pub maturity: Vec<FacetCount>,
    pub runtime: Vec<FacetCount>,
    pub watchable: Vec<FacetCount>,
}

/// One choice of one filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetCount {
    /// The value as the filter takes it.
    pub value: String,
    pub count: u64,
}

/// What a card shows: the least that a row or a grid needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleCard {
    pub id: TitleId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_minutes: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<String>,
    /// At most three, the most telling first.
    pub genres: Vec<String>,
    /// The mean of the scores, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    pub artwork: Artwork,
    /// Absent for a title without video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoFacts>,
}

/// Pictures. Each is an address on this server that needs no grant and never changes its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artwork {
    /// 2:3, drawn by the server where the film has none.
    pub poster: String,
    /// 16:9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backdrop: Option<String>,
    /// The poster's dominant colour, `#rrggbb`, to show while it loads.
    pub colour: String,
}

/// What can be played of a title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VideoFacts {
    /// The highest rendition's height in pixels, for example 800.
    pub height: u16,
    /// The class of the highest rendition: the height of the smallest 16:9 frame that holds it, for example 1080. Absent of
    /// what a build without classes packaged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u16>,
    pub duration_seconds: u32,
    /// BCP 47 languages of the audio tracks.
    pub audio: Vec<String>,
    /// BCP 47 languages of the text tracks.
    pub captions: Vec<String>,
}

impl VideoFacts {
    /// What the highest rendition is called by: `1080` in `1080p`.
    pub fn class(&self) -> u16 {
        self.class.unwrap_or(self.height)
    }
}

/// One title with everything its page shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetTitle {
    pub id: TitleId,
}

/// Everything known about a title; what is not known is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Title {
    #[serde(flatten)]
    pub card: TitleCard,
    /// The title in the language it was made in, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synopsis: Option<String>,
    /// Every genre, the most telling first.
    pub all_genres: Vec<String>,
    pub people: Vec<Credit>,
    /// BCP 47 languages that are spoken in it.
    pub languages: Vec<String>,
    pub scores: Vec<Score>,
    /// ISO 8601 date of the first release, as exactly as it is known: `1994`, `1994-10` or `1994-10-14`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
    /// Further facts for the table of details, in the order to show them.
    pub details: Vec<Detail>,
    /// Who must be named, where the licence asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
}

/// A person and what they did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credit {
    pub name: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub character: Option<String>,
}

/// What a person did for a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Director,
    Writer,
    Actor,
    Composer,
    Producer,
    Author,
}

/// What a publication or its readers gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Score {
    /// Who gave it, for example `IMDb`.
    pub source: String,
    /// On the source's own scale.
    pub value: f32,
    pub out_of: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<u32>,
}

/// One line of the table of details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Detail {
    pub label: String,
    pub value: String,
}

/// The cards of named titles, in the order asked for; ids that do not exist are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetTitleCards {
    /// At most 100.
    pub ids: Vec<TitleId>,
}

/// Titles like this one, the most alike first; at most 18.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListSimilarTitles {
    pub id: TitleId,
}

/// Search as one types: title, original title and people; a prefix is enough, one or two typos are
/// forgiven, accents are folded, and an exact title comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SearchTitles {
    /// At most 200 characters.
    pub q: String,
    /// Titles in the reply: 1 to 50, 20 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResults {
    pub titles: Vec<TitleHit>,
    /// At most 8.
    pub people: Vec<PersonHit>,
}

/// Deletes a title for good, with its film, its pictures and how far everybody got in it; what plays of it ends. What was
/// deleted comes back only where it is imported again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteTitle {
    pub id: TitleId,
}

/// A title that a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleHit {
    #[serde(flatten)]
    pub card: TitleCard,
    /// The parts of `title` that match.
    pub matches: Vec<Span>,
}

/// A person that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonHit {
    pub name: String,
    /// How many titles name them.
    pub titles: u32,
    /// The parts of `name` that match.
    pub matches: Vec<Span>,
}

/// A part of a text: characters (Unicode scalar values), `start` included, `end` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    pub start: u16,
    pub end: u16,
}

impl Call for ListTitles {
    type Reply = TitlePage;
    const NAME: &'static str = "catalog.v1.ListTitles";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/titles";
    const ACCESS: Access = Access::Right(Right::Browse);
    const CACHE: Cache = Cache::Shared;
    const TOPICS: &'static [Topic] = &[Topic::Catalogue];
    const BOUNDS: Bounds = &[
        ("limit", Bound::Number { least: 1, most: bounds::PAGE }),
        ("offset", Bound::Number { least: 0, most: bounds::OFFSET }),
        ("decade", Bound::Number { least: 0, most: 9999 }),
    ];
}

impl Call for GetTitle {
    type Reply = Title;
    const NAME: &'static str = "catalog.v1.GetTitle";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/titles/{id}";
    const ACCESS: Access = Access::Right(Right::Browse);
    const CACHE: Cache = Cache::Shared;
    const TOPICS: &'static [Topic] = &[Topic::Titles];
}

impl Call for GetTitleCards {
    type Reply = Vec<TitleCard>;
    const NAME: &'static str = "catalog.v1.GetTitleCards";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/title-cards";
    const ACCESS: Access = Access::Right(Right::Browse);
    /// It asks, and posts only because it asks for much.
    const SCOPE: Option<Scope> = Some(Scope::Read);
    const BOUNDS: Bounds = &[("ids", Bound::Items { least: 0, most: bounds::CARDS })];
}

impl Call for ListSimilarTitles {
    type Reply = Vec<TitleCard>;
    const NAME: &'static str = "catalog.v1.ListSimilarTitles";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/titles/{id}/similar";
    const ACCESS: Access = Access::Right(Right::Browse);
    const CACHE: Cache = Cache::Shared;
    const TOPICS: &'static [Topic] = &[Topic::Titles, Topic::Catalogue];
}

impl Call for SearchTitles {
    type Reply = SearchResults;
    const NAME: &'static str = "catalog.v1.SearchTitles";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/search";
    const ACCESS: Access = Access::Right(Right::Browse);
    const CACHE: Cache = Cache::Shared;
    const TOPICS: &'static [Topic] = &[Topic::Catalogue];
    const BOUNDS: Bounds =
        &[("q", Bound::Text { least: 0, most: bounds::QUERY }), ("limit", Bound::Number { least: 1, most: bounds::FOUND })];
}

impl Call for DeleteTitle {
    type Reply = ();
    const NAME: &'static str = "catalog.v1.DeleteTitle";
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/titles/{id}";
    const ACCESS: Access = Access::Operator;
    const SCOPE: Option<Scope> = Some(Scope::Operate);
    const WRITES: &'static [Topic] = &[Topic::Titles, Topic::Catalogue];
    const STATUS: u16 = 204;
}
