//! What a profile keeps, as files.

use std::collections::HashMap;

use contract::{
    Problem,
    authorization::Right,
    catalog::{TitleName, TitleReference},
    ids::TitleId,
    library::{
        CsvFile, DocumentList, DocumentRating, DocumentTitle, DocumentWatched, ExportCsv, ExportLibrary, FILE_ENTRIES, FORMAT,
        LibraryDocument, LibraryPart, VERSION,
    },
    reviews::MyRating,
};

use super::{
    super::super::{
        Library,
        days::day_of,
        lists::ListKey,
        record::{ListedRecord, WatchedRecord},
        table::{self, Line},
    },
    references,
};
use crate::{
    context::{RequestContext, Viewer},
    mount::check_right,
};

/// How many more entries a file takes, and how many it did not.
struct Room {
    left: usize,
    left_out: u64,
}

impl Room {
    const fn new() -> Self {
        Self { left: FILE_ENTRIES, left_out: 0 }
    }

    fn take(&mut self, taken: usize, total: u64) {
        self.left = self.left.saturating_sub(taken);
        self.left_out += total.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
    }
}

impl Library {
    pub(in super::super::super) async fn export_library(
        &self,
        context: RequestContext,
        _: ExportLibrary,
    ) -> Result<LibraryDocument, Problem> {
        let viewer = &context.viewer;
        let mut room = Room::new();
        let has = |right: Right| !viewer.is_new && viewer.authorization.grants(right);
        let (mut watchlist, mut lists, mut favourites, mut history) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        if has(Right::Watchlists) {
            watchlist = self.listed(&ListKey::watchlist(&viewer.profile), &mut room).await?;
        }
        if has(Right::Favourites) {
            favourites = self.listed(&ListKey::favourites(&viewer.profile), &mut room).await?;
        }
        if has(Right::Watchlists) {
            let mut own = self.lists.of(&viewer.profile).await?;
            own.sort_by_cached_key(|(_, list)| (list.name.to_lowercase(), list.name.clone()));
            for (key, list) in own {
                lists.push((list, self.listed(&key, &mut room).await?));
            }
        }
        if has(Right::Browse) {
            history = self.watched(viewer, &mut room).await?;
        }
        let mut ratings = super::ratings(&context).await?;
        let total = ratings.len();
        ratings.truncate(room.left);
        room.take(ratings.len(), u64::try_from(total).unwrap_or(u64::MAX));
        let of_lists = watchlist.iter().chain(&favourites).chain(lists.iter().flat_map(|(_, titles)| titles));
        let ids = of_lists.map(|listed| &listed.title).chain(history.iter().map(|watched| &watched.title));
        let ids = ids.chain(ratings.iter().map(|rating| &rating.id));
        let called = references(&context, ids).await?;
        let titles = |records: Vec<ListedRecord>| {
            let title = |listed: ListedRecord| {
                let (id, name) = named(&called, listed.title)?;
                Some(DocumentTitle { name, id, note: listed.note })
            };
            records.into_iter().filter_map(title).collect()
        };
        let watched = |record: WatchedRecord| {
            let (id, name) = named(&called, record.title)?;
            Some(DocumentWatched { name, id, dates: days(&record.dates) })
        };
        let rated = |MyRating { id, half_stars }: MyRating| {
            let (id, name) = named(&called, id)?;
            Some(DocumentRating { name, id, half_stars })
        };
        Ok(LibraryDocument {
            format: FORMAT.to_owned(),
            version: VERSION,
            watchlist: titles(watchlist),
            favourites: titles(favourites),
            lists: lists
                .into_iter()
                .map(|(list, records)| DocumentList { name: list.name, note: list.note, titles: titles(records) })
                .collect(),
            history: history.into_iter().filter_map(watched).collect(),
            ratings: ratings.into_iter().filter_map(rated).collect(),
            left_out: room.left_out,
        })
    }

    pub(in super::super::super) async fn export_csv(&self, context: RequestContext, call: ExportCsv) -> Result<CsvFile, Problem> {
        let viewer = &context.viewer;
        let mut room = Room::new();
        let (name, rows) = match call.part {
            LibraryPart::History => {
                let watched = if viewer.is_new { Vec::new() } else { self.watched(viewer, &mut room).await? };
                let rows = watched.into_iter().flat_map(|record| {
                    let title = record.title;
                    days(&record.dates).into_iter().map(move |day| (title.clone(), day))
                });
                ("history".to_owned(), rows.collect())
            }
            LibraryPart::Watchlist => {
                check_right(Right::Watchlists, viewer)?;
                ("watchlist".to_owned(), self.rows(viewer, &ListKey::watchlist(&viewer.profile), &mut room).await?)
            }
            LibraryPart::Favourites => {
                check_right(Right::Favourites, viewer)?;
                ("favourites".to_owned(), self.rows(viewer, &ListKey::favourites(&viewer.profile), &mut room).await?)
            }
            LibraryPart::List => {
                check_right(Right::Watchlists, viewer)?;
                let list = call.list.ok_or_else(|| Problem::invalid("list", "say which list"))?;
                let key = self.seen(viewer, &list).await?;
                (self.lists.name_of(&key).await?, self.rows(viewer, &key, &mut room).await?)
            }
        };
        let mut rows: Vec<(TitleId, String)> = rows;
        // A title has as many rows as days.
        let beyond = rows.split_off(rows.len().min(FILE_ENTRIES));
        let left_out = room.left_out + u64::try_from(beyond.len()).unwrap_or(u64::MAX);
        let called = references(&context, rows.iter().map(|(id, _)| id)).await?;
        let ratings = if rows.is_empty() { Vec::new() } else { super::ratings(&context).await? };
        let ratings: HashMap<TitleId, u8> = ratings.into_iter().map(|rating| (rating.id, rating.half_stars)).collect();
        let line = |(id, day): (TitleId, String)| {
            Some(Line { title: called.get(&id)?, rating: ratings.get(&id).copied(), watched: day })
        };
        let text = table::write(rows.into_iter().filter_map(line))?;
        Ok(CsvFile { name: file_name(&name), text, left_out })
    }

    /// A row for each title on a list.
    async fn rows(&self, viewer: &Viewer, key: &ListKey, room: &mut Room) -> Result<Vec<(TitleId, String)>, Problem> {
        let records = if viewer.is_new { Vec::new() } else { self.listed(key, room).await? };
        Ok(records.into_iter().map(|record| (record.title, String::new())).collect())
    }

    async fn listed(&self, key: &ListKey, room: &mut Room) -> Result<Vec<ListedRecord>, Problem> {
        let records = self.lists.records(key, room.left).await?;
        let total = if records.len() < room.left { 0 } else { self.lists.count(key).await? };
        room.take(records.len(), total);
        Ok(records)
    }

    async fn watched(&self, viewer: &Viewer, room: &mut Room) -> Result<Vec<WatchedRecord>, Problem> {
        let records = self.history.records(&viewer.profile, room.left).await?;
        let total = if records.len() < room.left { 0 } else { self.history.count(&viewer.profile).await? };
        room.take(records.len(), total);
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
