//! A place where nothing plays any more: from when on it is deleted, by whom, and what is left to be done after that. Pure.
//!
//! Must never let anybody act on a claim that is not their own.

use serde::{Deserialize, Serialize};
use storage::objects::StoreRole;

use crate::{generation::Generation, location::Location};

/// How long a replaced generation, or the place that a title was moved from, stays at least: longer than the grant of any film
/// that is not longer than six hours. That of a longer film stays for as long as its grants ([`retired_for`]).
pub const RETIRED_FOR_MILLIS: u64 = 12 * 60 * 60 * 1000;
/// How long a grant holds beyond the length of its film.
const GRANT_SPARE_MILLIS: u64 = 6 * 60 * 60 * 1000;
/// How long somebody who deletes is left alone with it; they give up before that.
pub(super) const CLAIMED_FOR_MILLIS: u64 = 20 * 60 * 1000;
/// How long a place waits to be emptied where what plays could not be read.
const LOOKED_AGAIN_AFTER_MILLIS: u64 = 60 * 60 * 1000;
/// How long an import or a move may be at work on a step before it notices that what it makes was given up.
const UNNOTICED_FOR_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// How long the place of a film that lasts so many seconds stays after nothing plays from there any more: no grant outlives it.
pub fn retired_for(seconds: Option<u64>) -> u64 {
    let grant = seconds.map_or(0, |seconds| seconds.saturating_mul(1000).saturating_add(GRANT_SPARE_MILLIS));
    grant.max(RETIRED_FOR_MILLIS)
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
    /// Drawn by whoever claimed it: only who knows it acts on the claim. Absent where an older build claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<u32>,
    /// Milliseconds since 1970 until when whoever claimed it before, and never let go, may still be deleting: by their clock
    /// they may have time left. Until it was emptied once more after that, nothing is moved there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreleased: Option<u64>,
}

/// What became of a claimed place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing is there any more.
    Emptied,
    /// What is left of it is anybody's again.
    Released,
    /// It is left as it is for an hour, because what plays cannot be read where it plays.
    Spared,
    /// What was asked of the store may still be done: the claim stands until it runs out.
    Claimed,
}

impl Retired {
    pub(super) const fn played(at: Location, delete_at: u64) -> Self {
        let Location { generation, store } = at;
        Self { generation, store, delete_at, again_at: None, claimed: None, claim: None, unreleased: None }
    }

    pub(super) const fn unfinished(at: Location, now: u64) -> Self {
        Self { again_at: Some(now + UNNOTICED_FOR_MILLIS), ..Self::played(at, now) }
    }

    pub const fn location(&self) -> Location {
        Location { generation: self.generation, store: self.store }
    }

    /// Whether somebody deletes what is there, or may.
    pub(super) const fn is_being_deleted(&self) -> bool {
        self.claimed.is_some() || self.unreleased.is_some()
    }

    /// Claims it with this token. `is_taken_over` says that somebody has claimed it who never let go.
    pub(super) fn claim(&mut self, token: u32, now: u64, is_taken_over: bool) {
        self.unreleased = match is_taken_over {
            true => Some(now.saturating_add(CLAIMED_FOR_MILLIS)),
            false => self.unreleased.filter(|until| *until > now),
        };
        (self.claimed, self.claim) = (Some(now), Some(token));
    }

    /// What is left to be done about it by whoever claimed it with this token; of another's claim everything is.
    pub(super) fn after(self, token: u32, left: Left, now: u64) -> Option<Self> {
        if self.claim != Some(token) {
            return Some(self);
        }
        let released = Self { claimed: None, claim: None, ..self };
        match left {
            Left::Claimed => Some(self),
            Left::Released => Some(released),
            Left::Spared => Some(Self { delete_at: now.saturating_add(LOOKED_AGAIN_AFTER_MILLIS), ..released }),
            Left::Emptied => match (self.unreleased, self.again_at) {
                (Some(until), _) => Some(Self { delete_at: until, ..released }),
                (None, Some(again_at)) => Some(Self { delete_at: again_at, again_at: None, ..released }),
                (None, None) => None,
            },
        }
    }
}
