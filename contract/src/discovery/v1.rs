//! Discovery's calls, version 1: the home page, what is recommended to one profile, and what the server is still preparing.

mod recommendations;

pub use recommendations::*;
use serde::{Deserialize, Serialize};

use crate::{
    Access, Cache, Call, Method, Topic,
    authorization::Right,
    catalog::v1::{ListTitles, TitleCard},
};

/// The home page's hero and rows; the same for every viewer (what is personal comes from playback).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetHome {}

/// What the home page shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Home {
    /// At most five watchable titles that have a backdrop.
    pub hero: Vec<HeroTitle>,
    pub rows: Vec<HomeRow>,
    /// The keys of parts that are not here because the server could not make them just now: rows by their keys, `hero`, and
    /// `synopsis`, `people`, `genres`, `decades` for what is made of several answers. Asking again may bring them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl Home {
    /// Whether everything is here that the catalogue has for it.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }
}

/// One title of the hero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeroTitle {
    #[serde(flatten)]
    pub card: TitleCard,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synopsis: Option<String>,
}

/// One row of posters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HomeRow {
    /// Stable, to remember where the row was scrolled to.
    pub key: String,
    pub heading: String,
    /// The list that the heading links to.
    pub more: ListTitles,
    /// At most 20.
    pub items: Vec<TitleCard>,
}

/// What the server is still making: the demo library, an import.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetPreparation {}

/// Work under way; empty when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preparation {
    pub jobs: Vec<Job>,
}

/// One piece of work under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// What is being made, for a viewer: `The Sierpinski Walk`.
    pub name: String,
    /// What is being done to it now, for a viewer: `packaging 720p`.
    pub stage: String,
    /// 0 to 100.
    pub percent: u8,
}

impl Call for GetHome {
    type Reply = Home;
    const NAME: &'static str = "discovery.v1.GetHome";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/home";
    const ACCESS: Access = Access::Right(Right::Browse);
    const CACHE: Cache = Cache::Shared;
    const TOPICS: &'static [Topic] = &[Topic::Titles, Topic::Catalogue];
}

impl Call for GetPreparation {
    type Reply = Preparation;
    const NAME: &'static str = "discovery.v1.GetPreparation";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/preparation";
    const ACCESS: Access = Access::Right(Right::Browse);
}
