//! What a profile keeps, taken elsewhere and back: as one document of Marquee's own with everything in it, or a part at a time as
//! CSV, in the columns that Letterboxd gives and takes.
//!
//! A file names titles by title, year and IMDb's id, never by what they are here alone. Titles above the age of whoever asks are
//! neither told nor found. Days are those of UTC, as in [`super::WatchedTitle::dates`].

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method,
    authorization::Right,
    bounds,
    catalog::v1::TitleName,
    ids::{ListId, TitleId},
    reviews::v1::{ReviewText, is_zero},
};

/// What [`LibraryDocument::format`] says.
pub const FORMAT: &str = "marquee-library";
/// What [`LibraryDocument::version`] says.
pub const VERSION: u16 = 1;
/// Titles on lists, days of the history and ratings that one file has at most.
pub const FILE_ENTRIES: usize = 20_000;
/// The same of a file that a guest imports.
pub const GUEST_FILE_ENTRIES: usize = 1_000;
/// Titles and rows that an [`ImportReport`] names at most.
pub const REPORTED: usize = 200;

/// Everything that this profile keeps: "My list", favourites, the lists that it made, its history, its ratings and its reviews. What the viewer may not
/// keep is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportLibrary {}

/// The answer to [`ExportLibrary`], and what [`ImportLibrary`] takes as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LibraryDocument {
    /// `marquee-library`.
    pub format: String,
    /// 1.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub version: u16,
    /// In the order of the list.
    #[serde(default)]
    pub watchlist: Vec<DocumentTitle>,
    /// The latest first.
    #[serde(default)]
    pub favourites: Vec<DocumentTitle>,
    /// By name.
    #[serde(default)]
    pub lists: Vec<DocumentList>,
    /// The latest first.
    #[serde(default)]
    pub history: Vec<DocumentWatched>,
    /// The latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<DocumentRating>,
    /// The name that reviews are shown under, where there is one. Of no use where the profile has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// Titles on lists, days of the history and ratings that are not in the document, because [`ImportLibrary`] would not take them with the
    /// others: those beyond 20000, of lists beyond 100, and beyond 4 MiB of the request.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// A list that the profile made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentList {
    /// Which list it was: what is saved goes back to that one, whatever others are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ListId>,
    /// 1 to 64 characters.
    pub name: String,
    /// At most 500 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether the other profiles of the account see it. Of a list that is there already the file changes nothing, and what is in one that
    /// nobody else sees goes to none that others do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_shared: bool,
    /// In the order of the list.
    #[serde(default)]
    pub titles: Vec<DocumentTitle>,
}

/// A title on a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentTitle {
    #[serde(flatten)]
    pub name: TitleName,
    /// What it is here: of several titles that are called alike the one that is meant. Of no use elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TitleId>,
    /// At most 500 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A title that was watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentWatched {
    #[serde(flatten)]
    pub name: TitleName,
    /// As [`DocumentTitle::id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TitleId>,
    /// The days on which it was watched (RFC 3339, `full-date`), the latest first.
    pub dates: Vec<String>,
}

/// What the profile gave a title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentRating {
    #[serde(flatten)]
    pub name: TitleName,
    /// As [`DocumentTitle::id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TitleId>,
    /// 1 (half a star) to 10 (five stars).
    pub half_stars: u8,
    /// What the profile wrote of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewText>,
}

/// A part of what this profile keeps, as CSV (RFC 4180, UTF-8) with the columns `Title`, `Year`, `imdbID`, `Rating` and
/// `WatchedDate`. A row for each day on which a title was watched, or for each title of a list; `Rating` is what the profile gave the
/// title, 0.5 to 5 stars, and empty where it gave none. A cell that a spreadsheet would
/// take for a formula begins with an apostrophe, which [`ImportLibrary`] takes off again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportCsv {
    pub part: LibraryPart,
    /// Which list, where the part is `list`: one of this profile's, or one that it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListId>,
}

/// What [`ExportCsv`] can be asked for. Lists ask for the right to lists, favourites for theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LibraryPart {
    History,
    Watchlist,
    Favourites,
    List,
}

/// A file to save.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CsvFile {
    /// What to call it: letters, digits, `-` and `.` alone.
    pub name: String,
    pub text: String,
    /// Rows beyond 20000, and beyond the 4 MiB that an import takes, which are not in the file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// Adds what a file says to what there is; what is there stays as it is, so that the same file twice adds nothing.
///
/// CSV has a row of names above the others, in any order and case: `Title` or `Name`, `Year`, `imdbID`, `Const` or `IMDb ID`,
/// and for the history `WatchedDate`, `Watched Date`, `Date` or `Date Rated`. `Rating` has stars
/// (0.5 to 5), `Rating10` and `Your Rating` have points (1 to 10): what a profile has not rated yet is rated so, wherever the titles
/// go. Other columns are not looked at. JSON is the document
/// of [`ExportLibrary`]; its lists go onto those of the same name, or are made. What is on top in a
/// file is on top of a list. Where a file says no day for a title that was never watched, it was watched now.
///
/// Refused with `invalid_request` where the file cannot be read, and with `not_allowed` where it has what the viewer may not keep:
/// then nothing was added. Ratings and reviews of who may not write them are left out, and the rest is added.
///
/// Texts of reviews are published: under the name that the profile has for them, or else under the one in the file, which is the
/// profile's from then on. Where there is neither, their stars are taken alone, and the texts with a later import of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportLibrary {
    pub format: FileFormat,
    /// Where the titles of a CSV file go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<ImportPart>,
    /// Which list of this profile's, where that is `list`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListId>,
    /// What is in the file.
    pub text: String,
}

/// What [`ImportLibrary`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    Csv,
    Json,
}

/// Where [`ImportLibrary`] puts the titles of a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportPart {
    History,
    Watchlist,
    Favourites,
    List,
}

/// What became of an import: titles of lists and viewings, each counted once for each time that the file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// That are there now and were not before.
    pub added: u64,
    /// That were there before.
    pub known: u64,
    /// That no title here is called; the first 200, each once.
    pub unmatched: Vec<TitleName>,
    /// How many those are in all.
    pub unmatched_total: u64,
    /// The rows of a CSV file that cannot be read, counted from the row of names, which is the first; the first 200.
    pub unreadable: Vec<u64>,
    /// How many those are in all.
    pub unreadable_total: u64,
    /// Beyond what a file, a list or a history may have; ratings and texts that were not taken, which the four below count apart.
    pub left_out: u64,
    /// Of those left out, ratings that the viewer may not give.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_allowed: u64,
    /// Of those left out, ratings that are too many within an hour: the file can be imported again later.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rate_limited: u64,
    /// Of those left out, texts without a name to show them under: once the profile has one, the file can be imported again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nameless: u64,
    /// Of those left out, ratings of titles of which an operator hid what the profile had written, and took away since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden: u64,
    /// Titles that are rated now and were not before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rated: u64,
    /// Ratings of titles that were rated before: these stay as they are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rated_before: u64,
    /// Texts that others read from now on: with titles that are rated now, and with the very stars that were there without one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reviews: u64,
    /// The name that these texts are shown under, where there are any: the profile's own, or the one in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
}

impl Call for ExportLibrary {
    type Reply = LibraryDocument;
    const NAME: &'static str = "library.v1.ExportLibrary";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/library/export";
    const ACCESS: Access = Access::Right(Right::Browse);
}

impl Call for ExportCsv {
    type Reply = CsvFile;
    const NAME: &'static str = "library.v1.ExportCsv";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/library/csv";
    const ACCESS: Access = Access::Right(Right::Browse);
}

impl Call for ImportLibrary {
    type Reply = ImportReport;
    const NAME: &'static str = "library.v1.ImportLibrary";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/library/import";
    const ACCESS: Access = Access::Right(Right::Browse);
    const BODY_LIMIT: usize = bounds::FILE;
}
