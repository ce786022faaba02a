//! What is stored of a title's placement, and what each change of it means for the rest of it. Pure.
//!
//! Must never say of a place to which what plays is on its way that it may be emptied.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    documents::{Collection, Index},
    objects::StoreRole,
};

use super::retired::{CLAIMED_FOR_MILLIS, Retired, retired_for};
use crate::{generation::Generation, location::Location};

/// How long an import may say nothing before what it made is given up.
pub(super) const ABANDONED_AFTER_MILLIS: u64 = 14 * 24 * 60 * 60 * 1000;
/// One document for each title that has a film.
pub static PLACEMENTS: Collection = Collection::declared(
    "placements",
    &[
        Index { name: BY_DUE, fields: &["due"], unique: false },
        Index { name: BY_MOVING, fields: &["moving_since"], unique: false },
    ],
);

pub(super) const BY_DUE: &str = "by_due";
/// Titles that are to be moved, the first that was asked for first.
pub(super) const BY_MOVING: &str = "by_moving_since";

/// What holds for all placements: one document, [`SETTINGS_ID`].
pub static PLACEMENT_SETTINGS: Collection = Collection::declared("placement_settings", &[]);
pub(super) const SETTINGS_ID: &str = "settings";

/// A document of [`PLACEMENT_SETTINGS`]. It is changed without a restart, and all nodes follow it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacementSettings {
    /// Where new titles go.
    #[serde(default)]
    pub default_store: StoreRole,
    /// What moves may read and write a second, in place of what the config says; absent where that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_bytes_per_second: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A document of [`PLACEMENTS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacementRecord {
    /// What plays; absent where nothing does yet, or any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Placed>,
    /// What imports are at work on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub making: Vec<Making>,
    /// What is to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// Where what plays is to lie; absent where it lies there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
    /// Milliseconds since 1970 from which on something of this is to be done; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// `moving.since`, by which moves are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_since: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The generation that plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub generation: Generation,
    /// `SourceFacts::fingerprint` of the file that it was made from: what a film is known by, whatever it is called.
    pub content: String,
    #[serde(default, skip_serializing_if = "StoreRole::is_default")]
    pub store: StoreRole,
    /// Milliseconds since 1970 since when it lies there; absent where an older build put it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// Of all its objects together; absent where nobody has counted them yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many objects those are; absent where nobody has counted them yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// Seconds that the film lasts, the last begun one counted whole; absent where nobody has looked yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Milliseconds since 1970 from which on whoever looks tells the catalogue of it; absent where it was told.
    #[serde(default, rename = "untold", skip_serializing_if = "Option::is_none")]
    pub announce_at: Option<u64>,
}

impl Placed {
    /// One of which nobody knows more.
    pub const fn new(location: Location, content: String) -> Self {
        let Location { generation, store } = location;
        Self { generation, content, store, since: None, bytes: None, objects: None, seconds: None, announce_at: None }
    }

    /// With what was counted of it.
    pub(super) const fn note(&mut self, extent: Extent) {
        let Extent { objects, bytes, seconds } = extent;
        (self.objects, self.bytes, self.seconds) = (Some(objects), Some(bytes), Some(seconds));
    }

    /// Whether everything of its [`Extent`] is known.
    pub(super) const fn is_counted(&self) -> bool {
        self.objects.is_some() && self.bytes.is_some() && self.seconds.is_some()
    }

    /// Whether less is there than was put there. An import that is at work on it adds to it, so that more is no fault.
    pub fn lacks_some_of(&self, objects: u64, bytes: u64) -> bool {
        // What was added since is counted when the catalogue is told of it.
        let (known_objects, known_bytes) = if self.announce_at.is_some() { (None, None) } else { (self.objects, self.bytes) };
        known_objects.is_some_and(|known| objects < known) || known_bytes.is_some_and(|known| bytes < known)
    }

    pub const fn location(&self) -> Location {
        Location { generation: self.generation, store: self.store }
    }
}

/// What there is of a packaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub objects: u64,
    /// Of all of them together.
    pub bytes: u64,
    /// That the film lasts, the last begun one counted whole.
    pub seconds: u64,
}

/// That what plays is to lie in another store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    pub to: StoreRole,
    /// Milliseconds since 1970 when it was asked for.
    pub since: u64,
    /// Another number whenever what was copied before is not enough: it was asked for anew, or something was added to what plays.
    #[serde(default)]
    pub epoch: u32,
}

impl Moving {
    pub(super) fn begin(to: StoreRole, since: u64) -> Self {
        Self { to, since, epoch: rand::random() }
    }
}

/// A generation that an import is at work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    pub generation: Generation,
    pub content: String,
    #[serde(default, skip_serializing_if = "StoreRole::is_default")]
    pub store: StoreRole,
    /// Milliseconds since 1970 when its import last said that it goes on.
    pub seen: u64,
    /// Where it is moved once it plays: the move that its import followed was given up meanwhile. Absent where it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then_to: Option<StoreRole>,
}

impl Making {
    pub const fn location(&self) -> Location {
        Location { generation: self.generation, store: self.store }
    }

    pub(super) const fn is_abandoned(&self, now: u64) -> bool {
        self.seen.saturating_add(ABANDONED_AFTER_MILLIS) <= now
    }
}

impl PlacementRecord {
    /// What it is found by, as the rest of it says.
    pub(super) fn settle(&mut self) {
        let announce_at = self.current.iter().filter_map(|current| current.announce_at);
        let retired = self.retired.iter().filter(|one| !self.is_spared(one)).map(|retired| self.delete_from(retired));
        let abandoned = self.making.iter().map(|making| making.seen.saturating_add(ABANDONED_AFTER_MILLIS));
        self.due = announce_at.chain(retired).chain(abandoned).min();
        self.moving_since = self.moving.as_ref().map(|moving| moving.since);
    }

    pub(super) fn retire(&mut self, retired: Retired) {
        match self.retired.iter_mut().find(|known| known.location() == retired.location()) {
            // Its own time holds: a grant may name it.
            Some(known) => known.again_at = known.again_at.max(retired.again_at),
            None => self.retired.push(retired),
        }
    }

    /// Where what plays is moved from and to; nothing where it is to stay.
    pub fn to_move(&self) -> Option<(Location, Location)> {
        let (from, to) = (self.current.as_ref()?.location(), self.moving.as_ref()?.to);
        (from.store != to).then(|| (from, from.in_store(to)))
    }

    /// What of the wish to move it has to be the same from the beginning of a copy to its swap.
    pub fn epoch(&self) -> Option<u32> {
        self.moving.as_ref().map(|moving| moving.epoch)
    }

    /// More of what plays can be watched than before.
    pub(super) const fn note_addition(&mut self) {
        if let Some(moving) = &mut self.moving {
            moving.epoch = moving.epoch.wrapping_add(1);
        }
    }

    /// From when on whoever looks deletes it. A place that what plays may move back to is deleted by one at a time: somebody
    /// who came late would delete what was copied there since.
    pub(super) fn delete_from(&self, retired: &Retired) -> u64 {
        match retired.claimed {
            Some(at) if self.is_current(retired.generation) => at.saturating_add(CLAIMED_FOR_MILLIS),
            Some(_) | None => retired.delete_at,
        }
    }

    /// Whether it may not be deleted though it is due: what plays is on its way there. What is being deleted already is deleted.
    pub(super) fn is_spared(&self, retired: &Retired) -> bool {
        !retired.is_being_deleted() && self.to_move().is_some_and(|(_, to)| to == retired.location())
    }

    /// Whether somebody deletes what is in this place, or may.
    pub fn is_being_deleted(&self, place: Location) -> bool {
        self.retired.iter().any(|retired| retired.is_being_deleted() && retired.location() == place)
    }

    /// Claims all that is due with this token; where it lies.
    pub(super) fn claim_due(&mut self, token: u32, now: u64) -> Vec<Location> {
        let is_due = |retired: &Retired| self.delete_from(retired) <= now && !self.is_spared(retired);
        let due: Vec<bool> = self.retired.iter().map(is_due).collect();
        let current = self.current.as_ref().map(|current| current.generation);
        let mut claimed = Vec::new();
        for (retired, _) in self.retired.iter_mut().zip(due).filter(|(_, is_due)| *is_due) {
            let is_taken_over = retired.claimed.is_some() && current == Some(retired.generation);
            retired.claim(token, now, is_taken_over);
            claimed.push(retired.location());
        }
        claimed
    }

    /// What plays from now on, in the place of what played: that is deleted when no grant names it any more, and what was
    /// copied of it to another store at once. It is moved on to `then_to`, where nothing else is asked for.
    pub(super) fn put_in_place(&mut self, placed: Placed, then_to: Option<StoreRole>, now: u64) {
        if let Some((_, copy)) = self.to_move() {
            self.retire(Retired::unfinished(copy, now));
        }
        let is_there = self.moving.as_ref().is_some_and(|moving| moving.to == placed.store);
        if is_there {
            self.moving = None;
        }
        if self.moving.is_none() {
            self.moving = then_to.filter(|to| *to != placed.store).map(|to| Moving::begin(to, now));
        }
        if let Some(before) = self.current.replace(placed) {
            self.retire(Retired::played(before.location(), now + retired_for(before.seconds)));
        }
    }

    /// What plays is to lie in another store, and so is what an import is at work on.
    pub(super) fn begin_move(&mut self, to: StoreRole, now: u64) {
        self.moving = Some(Moving::begin(to, now));
        self.making.iter_mut().for_each(|making| making.then_to = None);
    }

    /// What plays stays where it lies; what was copied of it goes. What an import puts where it was to lie comes back when it
    /// is whole.
    pub(super) fn cancel_move(&mut self, now: u64) {
        if let Some((from, to)) = self.to_move() {
            self.retire(Retired::unfinished(to, now));
            let follows = self.making.iter_mut().filter(|making| making.store == to.store);
            follows.for_each(|making| making.then_to = Some(from.store));
        }
        self.moving = None;
    }

    /// Whether an earlier run's work is still wanted. What a build without generations began has no entry of its own.
    pub(super) fn may_go_on(&self, generation: Generation) -> bool {
        let is_free = generation == Generation::UNNAMED
            && self.current.is_none()
            && self.retired.iter().all(|retired| retired.generation != generation);
        is_free || self.is_current(generation) || self.making.iter().any(|making| making.generation == generation)
    }

    pub(super) fn is_current(&self, generation: Generation) -> bool {
        self.current.as_ref().is_some_and(|current| current.generation == generation)
    }

    /// Where an import that goes on with a generation, or begins with it, puts its objects; `otherwise` where nothing of the
    /// title says so.
    pub(super) fn store_for(&self, generation: Generation, otherwise: StoreRole) -> StoreRole {
        if let Some(making) = self.making.iter().find(|making| making.generation == generation) {
            return making.store;
        }
        match (&self.current, &self.moving) {
            (Some(current), _) if current.generation == generation => current.store,
            _ if generation == Generation::UNNAMED => StoreRole::PerView,
            (Some(_), Some(moving)) => moving.to,
            (Some(current), None) => current.store,
            (None, _) => otherwise,
        }
    }
}

#[cfg(test)]
mod tests;
