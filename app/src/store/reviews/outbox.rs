//! Stars that did not arrive, as the browser keeps them for all its tabs, in an entry for each title: no tab overwrites or removes
//! what another keeps of other titles. Whoever sends them takes a lease first, so that not every tab sends the same; what is sent twice
//! all the same says nothing new to the server, which dates it by when it was given. Whoever was answered removes it, unless something
//! else was kept since.

use std::collections::BTreeMap;

use contract::{ids::TitleId, reviews::HALF_STARS};
use serde::{Deserialize, Serialize};

use super::Chosen;
use crate::{
    json,
    parts::dom::{DRAFT, WebStorage, keep_text, kept_text, names_in},
};

/// How long stars are left to the tab that sends them, in milliseconds; it may be closed before it is answered.
const LEASE: u64 = 10_000;

#[derive(Serialize, Deserialize)]
struct Entry {
    half_stars: u8,
    /// When they were chosen, in milliseconds since 1970.
    at: u64,
    /// Since when a tab is sending them.
    #[serde(default)]
    leased: Option<u64>,
}

impl Entry {
    /// By a clock that was put back since, it is over.
    fn is_leased(&self, now: u64) -> bool {
        self.leased.and_then(|since| now.checked_sub(since)).is_some_and(|age| age < LEASE)
    }
}

/// Keeps stars of this viewer's, unless there are later ones of the title. Whether they, or those, are there now.
pub fn put(viewer: &str, id: &TitleId, chosen: &Chosen) -> bool {
    let Chosen { half_stars, at, .. } = *chosen;
    read(viewer, id).is_some_and(|entry| entry.at >= at) || write(viewer, id, &Entry { half_stars, at, leased: None })
}

/// All that are kept of this viewer's.
pub fn all(viewer: &str) -> BTreeMap<TitleId, Chosen> {
    let mut all = taken_over(viewer);
    for name in names_in(WebStorage::Local, &name("")) {
        let id = name.rsplit('.').next().and_then(|id| id.parse::<TitleId>().ok());
        if let Some((id, entry)) = id.and_then(|id| read(viewer, &id).map(|entry| (id, entry))) {
            let Entry { half_stars, at, .. } = entry;
            all.insert(id, Chosen { half_stars, at, sent: 0, is_late: true, is_stored: true });
        }
    }
    all
}

/// Whether stars of this time are to be sent by whoever asks, which other tabs leave to them from now on; not where another tab does
/// so, or has later ones, or where they are gone: they were sent, or given up.
pub fn lease(viewer: &str, id: &TitleId, (at, is_stored): (u64, bool), now: u64) -> bool {
    let Some(entry) = read(viewer, id) else { return !is_stored };
    if entry.at < at {
        return true;
    }
    let is_free = entry.at == at && !entry.is_leased(now);
    if is_free {
        write(viewer, id, &Entry { leased: Some(now), ..entry });
    }
    is_free
}

/// They did not arrive: whichever tab comes next sends them.
pub fn release(viewer: &str, id: &TitleId, at: u64) {
    if let Some(entry) = read(viewer, id).filter(|entry| entry.at == at) {
        write(viewer, id, &Entry { leased: None, ..entry });
    }
}

/// What was said of the title at this time, or before, was answered.
pub fn settle(viewer: &str, id: &TitleId, at: u64) {
    if read(viewer, id).is_some_and(|entry| entry.at <= at) {
        keep_text(WebStorage::Local, &name(id.as_str()), viewer, None);
    }
}

/// An older build kept those of all titles in one entry: each has its own from now on. Those for which there is no room are given back.
fn taken_over(viewer: &str) -> BTreeMap<TitleId, Chosen> {
    let Some(text) = kept_text(WebStorage::Local, DRAFT, viewer) else { return BTreeMap::new() };
    let mut stars = stars_behind(&text);
    stars.retain(|id, chosen| !put(viewer, id, chosen));
    keep_text(WebStorage::Local, DRAFT, viewer, None);
    // That made room.
    stars.retain(|id, chosen| !put(viewer, id, chosen));
    stars
}

/// Stars behind the first line of a text. Whether they arrived is not known: they count as late.
pub fn stars_behind(text: &str) -> BTreeMap<TitleId, Chosen> {
    let mut stars: BTreeMap<TitleId, Chosen> = text.split_once('\n').and_then(|(_, stars)| json::read(stars)).unwrap_or_default();
    stars.retain(|_, chosen| are_stars(chosen.half_stars));
    stars.values_mut().for_each(|chosen| chosen.is_late = true);
    stars
}

const fn are_stars(half_stars: u8) -> bool {
    matches!(half_stars, 1..=HALF_STARS)
}

fn read(viewer: &str, id: &TitleId) -> Option<Entry> {
    let text = kept_text(WebStorage::Local, &name(id.as_str()), viewer)?;
    json::read::<Entry>(&text).filter(|entry| are_stars(entry.half_stars))
}

fn write(viewer: &str, id: &TitleId, entry: &Entry) -> bool {
    serde_json::to_string(entry).is_ok_and(|text| keep_text(WebStorage::Local, &name(id.as_str()), viewer, Some(&text)))
}

fn name(id: &str) -> String {
    format!("{DRAFT}.{id}")
}

#[cfg(test)]
#[cfg(not(feature = "browser"))]
mod tests;
