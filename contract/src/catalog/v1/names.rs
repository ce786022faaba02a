//! Titles by the names that they have elsewhere: what an export writes of a title, and which title an import means.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method, Scope,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    ids::TitleId,
};

/// The titles that are meant by names of elsewhere.
///
/// By IMDb's id first, then by the whole title, whatever its case, accents and punctuation, and the year: the same one, else one year
/// off. A name without a year means the one title that is called so. Of several that are meant alike, the most popular one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MatchTitles {
    /// At most 100.
    pub titles: Vec<TitleName>,
}

/// What a title is called elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleName {
    /// Of more than 300 characters it is no title's. May be empty where there is an id of IMDb.
    pub title: String,
    /// Of the first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// IMDb's id, like `tt0211915`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imdb: Option<String>,
}

/// What a [`TitleName`] means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleMatch {
    /// Absent where no title is meant that is for whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TitleId>,
}

/// What titles are called elsewhere, in the order asked for; ids that do not exist are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetTitleReferences {
    /// At most 100.
    pub ids: Vec<TitleId>,
}

/// A title with what it is called elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleReference {
    pub id: TitleId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// IMDb's id, like `tt0211915`, where the title was imported under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imdb: Option<String>,
}

/// IMDb's id of a title in a text, which is nothing but that: `tt` and 7 to 10 digits.
pub fn imdb_id(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("tt")?;
    ((7..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

impl Call for MatchTitles {
    /// One for each name, in their order.
    type Reply = Vec<TitleMatch>;
    const NAME: &'static str = "catalog.v1.MatchTitles";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/title-matches";
    const ACCESS: Access = Access::Right(Right::Browse);
    /// It asks, and posts only because it asks for much.
    const SCOPE: Option<Scope> = Some(Scope::Read);
    const BOUNDS: Bounds = &[("titles", Bound::Items { least: 0, most: bounds::CARDS })];
}

impl Call for GetTitleReferences {
    type Reply = Vec<TitleReference>;
    const NAME: &'static str = "catalog.v1.GetTitleReferences";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/title-references";
    const ACCESS: Access = Access::Right(Right::Browse);
    /// As [`MatchTitles`].
    const SCOPE: Option<Scope> = Some(Scope::Read);
    const BOUNDS: Bounds = &[("ids", Bound::Items { least: 0, most: bounds::CARDS })];
}

#[cfg(test)]
mod tests {
    use super::imdb_id;

    #[test]
    fn an_id_of_imdb_is_told_from_everything_else() {
        for good in ["tt0211915", "tt12345678", "tt1234567890"] {
            assert_eq!(imdb_id(good), Some(good));
        }
        for bad in ["", "tt", "tt021191", "tt12345678901", "nm0000123", "TT0211915", "tt02119１5", " tt0211915", "tt0211915/"] {
            assert_eq!(imdb_id(bad), None, "{bad:?}");
        }
    }
}
