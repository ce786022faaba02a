//! What an imported file says, whichever format it has: titles, and where they are to go.
//!
//! Reads a text and nothing else. Must never hold more entries than it was asked for.

use contract::{
    Problem,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    catalog::{TitleName, imdb_id},
    ids::{ListId, TitleId},
    library::{
        DocumentList, DocumentRating, DocumentTitle, DocumentWatched, FORMAT, FileFormat, ImportLibrary, ImportPart,
        LibraryDocument, VERSION,
    },
    reviews::{HALF_STARS, ReviewText},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    days::noon_of,
    history::Viewings,
    table::{self, Row, TITLE},
};
use crate::services::names::visible;

/// Lists of a document that are read.
pub const LISTS: usize = 100;
const REVIEWER: Bounds = &[("name", bounds::name(bounds::PROFILE_NAME))];
/// What a document says of a list, as [`contract::library::ReplaceList`] takes it.
const LIST: Bounds = &[("name", bounds::name(bounds::NAME)), ("note", Bound::Text { least: 0, most: bounds::NOTE })];

/// What a file says.
#[derive(Debug, Default)]
pub struct File {
    pub parts: Vec<Part>,
    /// As [`table::Table::unreadable`].
    pub unreadable: Vec<u64>,
    pub unreadable_total: u64,
    /// Entries beyond those that were wanted.
    pub left_out: u64,
    /// The name that its reviews were shown under.
    pub reviewer: Option<String>,
}

/// Titles that go to one place, in the file's order.
#[derive(Debug)]
pub struct Part {
    pub target: Target,
    pub entries: Vec<Entry>,
}

/// A list as a file has it: goes to the list of the profile that it was, or to one of that name, or to a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedList {
    pub id: Option<ListId>,
    pub name: String,
    /// Of a new one.
    pub note: String,
    /// Whether the others of the household see a new one; what others do not see goes to none that they do.
    pub is_shared: bool,
}

/// Where titles go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    History,
    Watchlist,
    Favourites,
    /// This list, which is there.
    Own(ListId),
    List(WantedList),
    /// What it is rated is asked of all entries, wherever they go.
    Ratings,
}

impl Target {
    /// What a profile needs to keep it.
    pub const fn right(&self) -> Right {
        match self {
            // Whoever may not rate imports the rest.
            Self::History | Self::Ratings => Right::Browse,
            Self::Watchlist | Self::Own(_) | Self::List { .. } => Right::Watchlists,
            Self::Favourites => Right::Favourites,
        }
    }

    /// The list as the file has it, where it is one that is to be found or made.
    pub const fn list(&self) -> Option<&WantedList> {
        match self {
            Self::List(wanted) => Some(wanted),
            Self::History | Self::Watchlist | Self::Favourites | Self::Own(_) | Self::Ratings => None,
        }
    }
}

/// Where the titles of a CSV file go.
///
/// # Errors
/// `invalid_request` where that is not said.
pub fn target(into: Option<ImportPart>, list: Option<ListId>) -> Result<Target, Problem> {
    match (into, list) {
        (Some(ImportPart::History), _) => Ok(Target::History),
        (Some(ImportPart::Watchlist), _) => Ok(Target::Watchlist),
        (Some(ImportPart::Favourites), _) => Ok(Target::Favourites),
        (Some(ImportPart::List), Some(list)) => Ok(Target::Own(list)),
        (Some(ImportPart::List), None) => Err(Problem::invalid("list", "say which list the titles of the file are to go to")),
        (None, _) => Err(Problem::invalid("into", "say where the titles of the file are to go")),
    }
}

/// A title that a file names.
#[derive(Debug)]
pub struct Entry {
    pub name: TitleName,
    /// What it was where it was exported.
    pub id: Option<TitleId>,
    /// Of a title on a list.
    pub note: String,
    /// Of a title in the history.
    pub viewings: Viewings,
    /// Where the file rates it.
    pub rating: Option<Rating>,
}

/// What a file says that a title is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    pub half_stars: u8,
    pub review: Option<ReviewText>,
}

/// Reads at most `most` entries, and days up to `latest`, in milliseconds since 1970.
///
/// # Errors
/// `invalid_request`, in words for whoever chose the file.
pub fn read(file: &ImportLibrary, most: usize, latest: u64) -> Result<File, Problem> {
    match file.format {
        FileFormat::Csv => read_csv(target(file.into, file.list.clone())?, &file.text, most, latest),
        FileFormat::Json => read_json(&file.text, most, latest),
    }
}

fn read_csv(target: Target, text: &str, most: usize, latest: u64) -> Result<File, Problem> {
    let table = table::read(text, most, (target == Target::History).then_some(latest))?;
    let entry = |Row { name, watched, rating }| {
        let viewings = Viewings { days: watched.into_iter().collect(), undated: u64::from(watched.is_none()) };
        let rating = rating.map(|half_stars| Rating { half_stars, review: None });
        Entry { name, id: None, note: String::new(), viewings, rating }
    };
    Ok(File {
        parts: vec![Part { target, entries: table.rows.into_iter().map(entry).collect() }],
        unreadable: table.unreadable,
        unreadable_total: table.unreadable_total,
        left_out: table.left_out,
        reviewer: None,
    })
}

/// What a document says of itself, whichever version it is.
#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u64,
}

fn read_json(text: &str, most: usize, latest: u64) -> Result<File, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let off = |message: String| Problem::invalid("text", message);
    // Read by whoever chose a file, and mostly the wrong one.
    let is_another = || {
        off("it is not one that Marquee saved. Choose the JSON file that \u{201c}Save everything\u{201d} made, or a CSV file"
            .to_owned())
    };
    let kind: Kind = serde_json::from_str(text).map_err(|_| is_another())?;
    if kind.format != FORMAT {
        return Err(is_another());
    }
    if kind.version != u64::from(VERSION) {
        return Err(off(format!("it is an export of version {}: this server reads version {VERSION}", kind.version)));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let document: LibraryDocument = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| off(format!("cannot be read at `{}`: {}", error.path(), error.inner())))?;
    let mut reading = Reading { left: most, file: File::default(), latest };
    reading.titles("watchlist", Target::Watchlist, document.watchlist)?;
    reading.titles("favourites", Target::Favourites, document.favourites)?;
    for (at, DocumentList { id, name, note, is_shared, titles }) in document.lists.into_iter().enumerate() {
        if at >= LISTS {
            reading.file.left_out += u64::try_from(titles.len().max(1)).unwrap_or(u64::MAX);
            continue;
        }
        check(&format!("lists[{at}]"), LIST, &json!({ "name": name, "note": note }))?;
        reading.titles(&format!("lists[{at}].titles"), Target::List(WantedList { id, name, note, is_shared }), titles)?;
    }
    reading.history(document.history)?;
    reading.ratings(document.ratings)?;
    if let Some(name) = &document.reviewer {
        check("reviewer", REVIEWER, &json!({ "name": name }))?;
    }
    // One that cannot be seen is none.
    reading.file.reviewer = document.reviewer.filter(|name| visible("name", name).is_ok());
    Ok(reading.file)
}

/// A document on its way to a [`File`].
struct Reading {
    /// Entries that are taken still.
    left: usize,
    file: File,
    latest: u64,
}

impl Reading {
    /// What is kept of so many entries.
    fn room(&mut self, wanted: usize) -> usize {
        let taken = wanted.min(self.left);
        self.left -= taken;
        self.file.left_out += u64::try_from(wanted - taken).unwrap_or(u64::MAX);
        taken
    }

    fn titles(&mut self, place: &str, target: Target, titles: Vec<DocumentTitle>) -> Result<(), Problem> {
        if let Some(at) = titles.iter().position(|title| title.note.chars().count() > bounds::NOTE) {
            let message = format!("cannot be read at `{place}[{at}].note`: at most {} characters", bounds::NOTE);
            return Err(Problem::invalid("text", message));
        }
        let room = self.room(titles.len());
        let entry = |DocumentTitle { name, id, note }| Entry {
            name: bounded(name),
            id,
            note,
            viewings: Viewings::default(),
            rating: None,
        };
        let entries: Vec<Entry> = titles.into_iter().take(room).map(entry).collect();
        // A list without titles is a list; "My list" and favourites are there anyway.
        if !entries.is_empty() || matches!(target, Target::List(_)) {
            self.file.parts.push(Part { target, entries });
        }
        Ok(())
    }

    /// Each day of a title is an entry.
    fn history(&mut self, watched: Vec<DocumentWatched>) -> Result<(), Problem> {
        let mut entries = Vec::new();
        for (at, DocumentWatched { name, id, dates }) in watched.into_iter().enumerate() {
            let room = self.room(dates.len().max(1));
            if room == 0 {
                continue;
            }
            let mut days = Vec::with_capacity(room.min(dates.len()));
            for (day_at, day) in dates.iter().take(room).enumerate() {
                let noon = noon_of(day).filter(|noon| *noon <= self.latest).ok_or_else(|| {
                    let place = format!("history[{at}].dates[{day_at}]");
                    Problem::invalid("text", format!("cannot be read at `{place}`: expected a day that was, like 2024-01-31"))
                })?;
                days.push(noon);
            }
            let viewings = Viewings { undated: u64::from(days.is_empty()), days };
            entries.push(Entry { name: bounded(name), id, note: String::new(), viewings, rating: None });
        }
        if !entries.is_empty() {
            self.file.parts.push(Part { target: Target::History, entries });
        }
        Ok(())
    }

    fn ratings(&mut self, ratings: Vec<DocumentRating>) -> Result<(), Problem> {
        if let Some(at) = ratings.iter().position(|rating| !(1..=HALF_STARS).contains(&rating.half_stars)) {
            return Err(Problem::invalid("text", format!("cannot be read at `ratings[{at}].half_stars`: 1 to {HALF_STARS}")));
        }
        for (at, review) in ratings.iter().enumerate().filter_map(|(at, rating)| Some((at, rating.review.as_ref()?))) {
            let said = json!({ "text": review.text, "language": review.language });
            check(&format!("ratings[{at}].review"), ReviewText::BOUNDS, &said)?;
        }
        let room = self.room(ratings.len());
        let entry = |DocumentRating { name, id, half_stars, review }| Entry {
            name: bounded(name),
            id,
            note: String::new(),
            viewings: Viewings::default(),
            rating: Some(Rating { half_stars, review }),
        };
        let entries: Vec<Entry> = ratings.into_iter().take(room).map(entry).collect();
        if !entries.is_empty() {
            self.file.parts.push(Part { target: Target::Ratings, entries });
        }
        Ok(())
    }
}

/// What a document says at a place, as a call would take it.
fn check(place: &str, bounds: Bounds, said: &Value) -> Result<(), Problem> {
    bounds::first_fault(bounds, said)
        .map_or(Ok(()), |fault| Err(Problem::invalid("text", format!("cannot be read at `{place}`: {}", fault.message))))
}

/// A name of no more than what may be one: what is longer is no title's, and is told again in the report.
fn bounded(name: TitleName) -> TitleName {
    let title = match name.title.char_indices().nth(TITLE + 1) {
        Some((end, _)) => name.title.get(..end).unwrap_or_default().to_owned(),
        None => name.title,
    };
    TitleName { title, imdb: name.imdb.filter(|imdb| imdb_id(imdb).is_some()), ..name }
}
