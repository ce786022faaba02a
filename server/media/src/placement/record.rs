//! What is stored of a title's placement, and what each change of it means for the rest of it. Pure.
//!
//! Must never say of a place to which what plays is on its way that it may be emptied.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    documents::{Collection, Index},
    objects::StoreRole,
};

use crate::{generation::Generation, location::Location};

/// How long a replaced generation, or the place that a title was moved from, stays: longer than the grant of any film that is not
/// longer than six hours.
pub const RETIRED_FOR_MILLIS: u64 = 12 * 60 * 60 * 1000;
/// How long an import may say nothing before what it made is given up.
pub(super) const ABANDONED_AFTER_MILLIS: u64 = 14 * 24 * 60 * 60 * 1000;
/// How long somebody who deletes is left alone with it; they give up before that.
pub(super) const CLAIMED_FOR_MILLIS: u64 = 20 * 60 * 1000;
/// How long an import or a move may be at work on a step before it notices that what it makes was given up.
const UNNOTICED_FOR_MILLIS: u64 = 24 * 60 * 60 * 1000;

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
    /// Milliseconds since 1970 from which on whoever looks tells the catalogue of it; absent where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<u64>,
}

impl Placed {
    /// One of which nobody knows more.
    pub const fn new(location: Location, content: String) -> Self {
        let Location { generation, store } = location;
        Self { generation, content, store, since: None, bytes: None, untold: None }
    }

    pub const fn location(&self) -> Location {
        Location { generation: self.generation, store: self.store }
    }
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
}

impl Making {
    pub const fn location(&self) -> Location {
        Location { generation: self.generation, store: self.store }
    }

    pub(super) const fn is_abandoned(&self, now: u64) -> bool {
        self.seen.saturating_add(ABANDONED_AFTER_MILLIS) <= now
    }
}

/// A place where nothing plays any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    pub generation: Generation,
    #[serde(default, skip_serializing_if = "StoreRole::is_default")]
    pub store: StoreRole,
    /// Milliseconds since 1970 from which on it is deleted.
    pub delete_at: u64,
    /// When it is deleted once more: an import or a move that was at work on it may have stored something meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<u64>,
    /// Milliseconds since 1970 when somebody began to delete it: it is no place to move a title to before that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<u64>,
}

impl Retired {
    pub(super) const fn played(at: Location, delete_at: u64) -> Self {
        let Location { generation, store } = at;
        Self { generation, store, delete_at, again_at: None, claimed: None }
    }

    pub(super) const fn unfinished(at: Location, now: u64) -> Self {
        Self { again_at: Some(now + UNNOTICED_FOR_MILLIS), ..Self::played(at, now) }
    }

    pub const fn location(&self) -> Location {
        Location { generation: self.generation, store: self.store }
    }

    /// What is left to be done about it once these were deleted.
    pub(super) fn after(self, deleted: &[Location]) -> Option<Self> {
        if !deleted.contains(&self.location()) {
            return Some(self);
        }
        self.again_at.map(|again_at| Self { delete_at: again_at, again_at: None, claimed: None, ..self })
    }
}

impl PlacementRecord {
    /// What it is found by, as the rest of it says.
    pub(super) fn settle(&mut self) {
        let untold = self.current.iter().filter_map(|current| current.untold);
        let retired = self.retired.iter().filter(|one| !self.is_spared(one)).map(|retired| self.delete_from(retired));
        let abandoned = self.making.iter().map(|making| making.seen.saturating_add(ABANDONED_AFTER_MILLIS));
        self.due = untold.chain(retired).chain(abandoned).min();
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

    /// From when on whoever looks deletes it. A place that what plays may move back to is deleted by one at a time: somebody who came
    /// late would delete what was copied there since.
    pub(super) fn delete_from(&self, retired: &Retired) -> u64 {
        match retired.claimed {
            Some(at) if self.is_current(retired.generation) => at.saturating_add(CLAIMED_FOR_MILLIS),
            Some(_) | None => retired.delete_at,
        }
    }

    /// Whether it may not be deleted though it is due: what plays is on its way there. What is being deleted already is deleted.
    pub(super) fn is_spared(&self, retired: &Retired) -> bool {
        retired.claimed.is_none() && self.to_move().is_some_and(|(_, to)| to == retired.location())
    }

    /// Whether somebody deletes what is in this place.
    pub fn is_being_deleted(&self, place: Location) -> bool {
        self.retired.iter().any(|retired| retired.claimed.is_some() && retired.location() == place)
    }

    /// What plays from now on, in the place of what played: that is deleted when no grant names it any more, and what was copied of it
    /// to another store at once.
    pub(super) fn put_in_place(&mut self, placed: Placed, now: u64) {
        if let Some((_, copy)) = self.to_move() {
            self.retire(Retired::unfinished(copy, now));
        }
        let is_there = self.moving.as_ref().is_some_and(|moving| moving.to == placed.store);
        if is_there {
            self.moving = None;
        }
        if let Some(before) = self.current.replace(placed) {
            self.retire(Retired::played(before.location(), now + RETIRED_FOR_MILLIS));
        }
    }

    /// What plays stays where it lies; what was copied of it goes.
    pub(super) fn cancel_move(&mut self, now: u64) {
        if let Some((_, to)) = self.to_move() {
            self.retire(Retired::unfinished(to, now));
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

    /// Where an import that goes on with a generation, or begins with it, puts its objects; `otherwise` where nothing of the title says so.
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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_build_with_one_store_wrote_lies_in_the_first_and_is_written_as_it_was() {
        let (plays, made, gone) = (Generation::random(), Generation::random(), Generation::random());
        let older = json!({
            "current": { "generation": plays, "content": "a" },
            "making": [{ "generation": made, "content": "b", "seen": 5 }],
            "retired": [{ "generation": gone, "delete_at": 7 }],
            "due": 7,
            "of a later version": true,
        });
        let record: PlacementRecord = serde_json::from_value(older.clone()).unwrap();
        assert_eq!(record.current.as_ref().unwrap().location(), Location::per_view(plays));
        assert_eq!(record.making[0].location(), Location::per_view(made));
        assert_eq!(record.retired[0].location(), Location::per_view(gone));
        assert_eq!(record.to_move(), None);
        assert_eq!(serde_json::to_value(&record).unwrap(), older);
    }

    #[test]
    fn a_place_that_a_title_is_on_its_way_to_is_not_due_unless_somebody_deletes_it() {
        let plays = Location { generation: Generation::random(), store: StoreRole::Flat };
        let mut record = PlacementRecord { current: Some(Placed::new(plays, "a".to_owned())), ..PlacementRecord::default() };
        record.retire(Retired::played(plays.in_store(StoreRole::PerView), 7));
        record.settle();
        assert_eq!(record.due, Some(7));
        record.moving = Some(Moving::begin(StoreRole::PerView, 3));
        record.settle();
        assert_eq!((record.due, record.moving_since), (None, Some(3)));
        record.retired[0].claimed = Some(8);
        record.settle();
        assert_eq!(record.due, Some(8 + CLAIMED_FOR_MILLIS), "by somebody else, once whoever claimed it has given up");
        record.retired[0].claimed = None;
        record.cancel_move(9);
        record.settle();
        assert_eq!((record.due, record.moving_since, record.retired.len()), (Some(7), None, 1), "its own time holds");
    }
}
