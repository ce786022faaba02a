//! The catalogue's calls, version 1: browse, search, look at one title.

mod card;
mod names;

pub use names::*;
use serde::{Deserialize, Serialize};

use crate::{
    Access, Cache, Call, Method, Scope, Topic,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    ids::TitleId,
};

pub use card::*;

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
    /// Titles whose house rating is at least so many half stars, 1 to 10: what nobody rated here is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_house_rating: Option<u8>,
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
    /// By the mean of the ratings given here, the highest first, then by how many gave one; what nobody rated comes last.
    HouseRating,
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
    /// Whether a change of a moment ago has to be in them, as for whoever is about to write of a title; others are told what is kept, which
    /// is as old as lists are: a second or two.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fresh: bool,
}

/// Which of named titles whoever asks is shown, as lists and searches find them. For whoever has many and shows few:
/// no title is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListShownTitles {
    /// At most 1000.
    pub ids: Vec<TitleId>,
}

/// The answer to [`ListShownTitles`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownTitles {
    /// In the order asked for.
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
        ("least_house_rating", Bound::Number { least: 1, most: 10 }),
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

impl Call for ListShownTitles {
    type Reply = ShownTitles;
    const NAME: &'static str = "catalog.v1.ListShownTitles";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/shown-titles";
    const ACCESS: Access = Access::Right(Right::Browse);
    /// As [`GetTitleCards`].
    const SCOPE: Option<Scope> = Some(Scope::Read);
    const BOUNDS: Bounds = &[("ids", Bound::Items { least: 0, most: bounds::SHOWN })];
    /// Ids of 64 letters each.
    const BODY_LIMIT: usize = 2 * bounds::BODY;
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

    const IS_SEARCH: bool = true;

    fn searched(&self) -> Option<&str> {
        Some(&self.q)
    }

    fn hits(reply: &SearchResults) -> Option<u32> {
        u32::try_from(reply.titles.len().saturating_add(reply.people.len())).ok()
    }
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
