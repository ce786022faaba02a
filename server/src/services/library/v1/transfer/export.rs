//! What a profile keeps, as files.

use std::collections::HashMap;

use contract::{
    Problem,
    authorization::Right,
    bounds,
    catalog::{TitleName, TitleReference},
    ids::TitleId,
    library::{
        CsvFile, DocumentList, DocumentRating, DocumentTitle, DocumentWatched, ExportCsv, ExportLibrary, FILE_ENTRIES, FORMAT,
        LibraryDocument, LibraryPart, VERSION,
    },
    reviews::MyRating,
};
use serde::Serialize;
use storage::documents::PAGE_LIMIT;

use super::{
    super::super::{
        Library,
        days::day_of,
        file::LISTS,
        lists::ListKey,
        record::{ListedRecord, WatchedRecord},
        table::{self, Line},
        transfers::Transfer,
    },
    Said, references, said,
};
use crate::{
    context::{RequestContext, Viewer},
    mount::check_right,
};

/// Bytes of an import beside its entries: the fields of the request, and the names of the document's.
const FRAME: usize = 1_024;
/// Bytes of a row of CSV at most, as an import has it, beside its title.
const ROW: usize = 64;

/// How many more records are read for a file, and how many were not; each list and each page of the history in turn with others.
struct Reading<'a> {
    transfer: &'a Transfer,
    left: usize,
    left_out: u64,
}

impl<'a> Reading<'a> {
    const fn new(transfer: &'a Transfer) -> Self {
        Self { transfer, left: FILE_ENTRIES, left_out: 0 }
    }

    fn take(&mut self, taken: usize, total: u64) {
        self.left = self.left.saturating_sub(taken);
        self.left_out += total.saturating_sub(count(taken));
    }
}

/// How much more a file takes, and how many entries it did not: by what an import of it takes, in entries and in bytes of the request, so
/// that what is saved is taken back whole.
struct Room {
    entries: usize,
    bytes: usize,
    left_out: u64,
}

impl Room {
    const fn after(reading: &Reading<'_>) -> Self {
        Self { entries: FILE_ENTRIES, bytes: bounds::FILE - FRAME, left_out: reading.left_out }
    }

    /// Whether so many entries of so many bytes are in the file. Behind the first that are not there are none: what is left out is the end.
    fn holds(&mut self, entries: usize, bytes: usize) -> bool {
        let is_held = entries <= self.entries && bytes <= self.bytes;
        (self.entries, self.bytes) = if is_held { (self.entries - entries, self.bytes - bytes) } else { (0, 0) };
        if !is_held {
            self.left_out += count(entries);
        }
        is_held
    }

    fn titles(
        &mut self,
        called: &HashMap<TitleId, TitleReference>,
        records: Vec<ListedRecord>,
    ) -> Result<Vec<DocumentTitle>, Problem> {
        let mut titles = Vec::with_capacity(records.len().min(self.entries));
        for ListedRecord { title, note, .. } in records {
            let Some((id, name)) = named(called, title) else { continue };
            let title = DocumentTitle { name, id, note };
            if self.holds(1, in_import(&title)?) {
                titles.push(title);
            }
        }
        Ok(titles)
    }

    /// As many days of each title as there is room for, the latest.
    fn history(
        &mut self,
        called: &HashMap<TitleId, TitleReference>,
        records: Vec<WatchedRecord>,
    ) -> Result<Vec<DocumentWatched>, Problem> {
        let mut history = Vec::with_capacity(records.len().min(self.entries));
        for WatchedRecord { title, dates, .. } in records {
            let Some((id, name)) = named(called, title) else { continue };
            let mut watched = DocumentWatched { name, id, dates: days(&dates) };
            let entries = watched.dates.len().max(1);
            let taken = entries.min(self.entries.max(1));
            watched.dates.truncate(taken);
            if self.holds(taken, in_import(&watched)?) {
                history.push(watched);
            }
            self.left_out += count(entries - taken);
        }
        Ok(history)
    }
}

fn count(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}

/// Bytes of an entry of a document, with the comma, where the document is a text in the request that imports it.
fn in_import(entry: &impl Serialize) -> Result<usize, Problem> {
    let json = serde_json::to_string(entry).map_err(|_| Problem::internal())?;
    Ok(in_text(&json) + 1)
}

/// Bytes of a text in JSON, without the quotation marks around it.
fn in_text(text: &str) -> usize {
    let in_json = |character: char| match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    };
    text.chars().map(in_json).sum()
}

impl Library {
    pub(in super::super::super) async fn export_library(
        &self,
        context: RequestContext,
        _: ExportLibrary,
    ) -> Result<LibraryDocument, Problem> {
        let viewer = &context.viewer;
        let transfer = self.transfers.begin(&context).await?;
        let mut reading = Reading::new(&transfer);
        let has = |right: Right| !viewer.is_new && viewer.authorization.grants(right);
        let (mut watchlist, mut lists, mut favourites, mut history) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        if has(Right::Watchlists) {
            watchlist = self.listed(&ListKey::watchlist(&viewer.profile), &mut reading).await?;
        }
        if has(Right::Favourites) {
            favourites = self.listed(&ListKey::favourites(&viewer.profile), &mut reading).await?;
        }
        if has(Right::Watchlists) {
            let mut own = self.lists.of(&viewer.profile).await?;
            own.sort_by_cached_key(|(_, list)| (list.name.to_lowercase(), list.name.clone()));
            for (at, (key, list)) in own.into_iter().enumerate() {
                if at < LISTS {
                    let id = key.list_id().ok();
                    lists.push((id, list, self.listed(&key, &mut reading).await?));
                } else {
                    reading.left_out += self.lists.count(&key).await?.max(1);
                }
            }
        }
        if has(Right::Browse) {
            history = self.watched(viewer, &mut reading).await?;
        }
        let Said { mut ratings, name: reviewer } = said(&context, &transfer, true).await?;
        let total = ratings.len();
        ratings.truncate(reading.left);
        reading.take(ratings.len(), count(total));
        let of_lists = watchlist.iter().chain(&favourites).chain(lists.iter().flat_map(|(.., titles)| titles));
        let ids = of_lists.map(|listed| &listed.title).chain(history.iter().map(|watched| &watched.title));
        let ids = ids.chain(ratings.iter().map(|rating| &rating.id));
        let called = references(&context, &transfer, ids).await?;
        let mut room = Room::after(&reading);
        let watchlist = room.titles(&called, watchlist)?;
        let favourites = room.titles(&called, favourites)?;
        let mut own = Vec::with_capacity(lists.len());
        for (id, list, records) in lists {
            let is_shared = list.household.is_some();
            let mut list = DocumentList { id, name: list.name, note: list.note, is_shared, titles: Vec::new() };
            if room.holds(0, in_import(&list)?) {
                list.titles = room.titles(&called, records)?;
                own.push(list);
            } else {
                room.left_out += count(records.len().max(1));
            }
        }
        let history = room.history(&called, history)?;
        let mut rated = Vec::with_capacity(ratings.len());
        for MyRating { id, half_stars, review } in ratings {
            let Some((id, name)) = named(&called, id) else { continue };
            let rating = DocumentRating { name, id, half_stars, review };
            if room.holds(1, in_import(&rating)?) {
                rated.push(rating);
            }
        }
        Ok(LibraryDocument {
            format: FORMAT.to_owned(),
            version: VERSION,
            watchlist,
            favourites,
            lists: own,
            history,
            reviewer: reviewer.filter(|_| rated.iter().any(|rating| rating.review.is_some())),
            ratings: rated,
            left_out: room.left_out,
        })
    }

    pub(in super::super::super) async fn export_csv(&self, context: RequestContext, call: ExportCsv) -> Result<CsvFile, Problem> {
        let viewer = &context.viewer;
        let transfer = self.transfers.begin(&context).await?;
        let mut reading = Reading::new(&transfer);
        let (name, rows) = match call.part {
            LibraryPart::History => {
                let watched = if viewer.is_new { Vec::new() } else { self.watched(viewer, &mut reading).await? };
                let rows = watched.into_iter().flat_map(|record| {
                    let title = record.title;
                    days(&record.dates).into_iter().map(move |day| (title.clone(), day))
                });
                ("history".to_owned(), rows.collect())
            }
            LibraryPart::Watchlist => {
                check_right(Right::Watchlists, viewer)?;
                ("watchlist".to_owned(), self.rows(viewer, &ListKey::watchlist(&viewer.profile), &mut reading).await?)
            }
            LibraryPart::Favourites => {
                check_right(Right::Favourites, viewer)?;
                ("favourites".to_owned(), self.rows(viewer, &ListKey::favourites(&viewer.profile), &mut reading).await?)
            }
            LibraryPart::List => {
                check_right(Right::Watchlists, viewer)?;
                let list = call.list.ok_or_else(|| Problem::invalid("list", "say which list"))?;
                let key = self.seen(viewer, &list).await?;
                (self.lists.name_of(&key).await?, self.rows(viewer, &key, &mut reading).await?)
            }
        };
        let mut rows: Vec<(TitleId, String)> = rows;
        // A title has as many rows as days.
        let beyond = rows.split_off(rows.len().min(FILE_ENTRIES));
        reading.left_out += count(beyond.len());
        let called = references(&context, &transfer, rows.iter().map(|(id, _)| id)).await?;
        let ratings = if rows.is_empty() { Vec::new() } else { said(&context, &transfer, false).await?.ratings };
        let ratings: HashMap<TitleId, u8> = ratings.into_iter().map(|rating| (rating.id, rating.half_stars)).collect();
        let mut room = Room::after(&reading);
        let mut lines = Vec::with_capacity(rows.len());
        for (id, day) in rows {
            let Some(title) = called.get(&id) else { continue };
            if room.holds(1, in_text(&title.title.replace('"', "\"\"")) + ROW) {
                lines.push(Line { title, rating: ratings.get(&id).copied(), watched: day });
            }
        }
        let text = table::write(lines.into_iter())?;
        Ok(CsvFile { name: file_name(&name), text, left_out: room.left_out })
    }

    /// A row for each title on a list.
    async fn rows(&self, viewer: &Viewer, key: &ListKey, reading: &mut Reading<'_>) -> Result<Vec<(TitleId, String)>, Problem> {
        let records = if viewer.is_new { Vec::new() } else { self.listed(key, reading).await? };
        Ok(records.into_iter().map(|record| (record.title, String::new())).collect())
    }

    async fn listed(&self, key: &ListKey, reading: &mut Reading<'_>) -> Result<Vec<ListedRecord>, Problem> {
        let _turn = reading.transfer.turn().await?;
        let records = self.lists.records(key, reading.left).await?;
        let total = if records.len() < reading.left { 0 } else { self.lists.count(key).await? };
        reading.take(records.len(), total);
        Ok(records)
    }

    async fn watched(&self, viewer: &Viewer, reading: &mut Reading<'_>) -> Result<Vec<WatchedRecord>, Problem> {
        let (mut records, mut after) = (Vec::new(), None::<String>);
        loop {
            let _turn = reading.transfer.turn().await?;
            let (page, next) = self.history.page(&viewer.profile, after.as_deref(), PAGE_LIMIT).await?;
            records.extend(page);
            match next {
                Some(next) if records.len() < reading.left => after = Some(next),
                Some(_) | None => break,
            }
        }
        records.truncate(reading.left);
        let total = if records.len() < reading.left { 0 } else { self.history.count(&viewer.profile).await? };
        reading.take(records.len(), total);
        Ok(records)
    }
}

fn named(called: &HashMap<TitleId, TitleReference>, id: TitleId) -> Option<(Option<TitleId>, TitleName)> {
    let TitleReference { title, year, imdb, .. } = called.get(&id)?.clone();
    Some((Some(id), TitleName { title, year, imdb }))
}

/// The days of viewings, each once, in their order.
fn days(dates: &[u64]) -> Vec<String> {
    let mut days: Vec<String> = dates.iter().filter_map(|date| day_of(*date)).collect();
    days.dedup();
    days
}

/// `marquee-old-westerns.csv` of `Old Westerns!`.
fn file_name(name: &str) -> String {
    let name: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    let name = if words.is_empty() { "list".to_owned() } else { words.join("-") };
    format!("marquee-{name}.csv")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_is_called_by_letters_and_digits_alone() {
        assert_eq!(file_name("Old Westerns!"), "marquee-old-westerns.csv");
        assert_eq!(file_name("../../etc/passwd\u{202e}vsc.exe"), "marquee-etc-passwd-vsc-exe.csv");
        assert_eq!(file_name("🎬"), "marquee-list.csv");
        assert_eq!(file_name("Été 2024"), "marquee-été-2024.csv");
    }
}
