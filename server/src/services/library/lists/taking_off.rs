//! A title goes off a list, and what takes back that it was put on.
//!
//! How it stood and which changes are known of it is kept before it goes, under the name of what took it off: what is broken off
//! between the two leaves a title that is there, which alone says what was done with it, and the same call goes on. Must never
//! take off what another change put there where a change is taken back.

use contract::ids::{ProfileId, TitleId};
use storage::{
    StoreError,
    documents::{Change, Find, PAGE_LIMIT, all_of, delete_unchanged, read},
};

use super::{
    super::{
        changes::{known, note},
        readable::{delete_unreadable, update_readable},
        record::{LISTED, ListedChange, ListedRecord, TAKEN_OFF, TAKEN_OFF_BY_PROFILE, TakenOffRecord},
    },
    KNOWN, ListKey, Lists,
};

/// Titles of one profile that are known once they are off: the oldest give way.
const KEPT: u64 = 100;
/// How often a title is taken off that another writes at the same time.
const TRIES: u8 = 16;

/// How a title is taken off.
#[derive(Clone, Copy, Debug, Default)]
pub struct TakingOff {
    pub is_guest: bool,
    /// The name of this change.
    pub change: Option<u64>,
    /// The change that put it on, which this one takes back.
    pub undoes: Option<u64>,
}

impl Lists {
    /// Takes a title off; whether it was on it, and put there by the change that this one takes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_off(&self, key: &ListKey, title: &TitleId, taking: TakingOff) -> Result<bool, StoreError> {
        let id = key.title(title);
        for _ in 0..TRIES {
            let found = match read::<ListedRecord>(&*self.store, &LISTED, &id).await {
                // Whoever put it there, it is nothing that is shown.
                Err(StoreError::Corrupt { .. }) if taking.undoes.is_none() => {
                    delete_unreadable::<ListedRecord>(&*self.store, &LISTED, &id).await?;
                    None
                }
                Err(StoreError::Corrupt { .. }) => None,
                found => found?,
            };
            let Some((stored, version)) = found else {
                self.note_off((key, title), taking).await?;
                return Ok(false);
            };
            if taking.change.is_some_and(|number| known(&stored.changes, number).is_some()) {
                return Ok(false);
            }
            if let Some(number) = taking.undoes.filter(|number| stored.added_by != Some(*number)) {
                // Another put it there; this one may still come.
                if self.note_there(&id, ListedChange::taken_back(number), None).await? {
                    return Ok(false);
                }
                continue;
            }
            if taking.change.is_some() || taking.undoes.is_some() || !stored.changes.is_empty() {
                self.keep_taken_off((key, title), stored, taking).await?;
            }
            if delete_unchanged(&*self.store, &LISTED, (&id, version)).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Contended { key: id })
    }

    /// Keeps how a title stands that is taken off, and what is known of it.
    async fn keep_taken_off(&self, title: (&ListKey, &TitleId), was: ListedRecord, taking: TakingOff) -> Result<(), StoreError> {
        let (now, is_noted) =
            (self.clock.millis(), [taking.undoes.map(ListedChange::taken_back), taking.change.map(ListedChange::done)]);
        self.change_taken_off(title, taking.is_guest, |mut off| {
            let changes = was.changes.iter().cloned().chain(is_noted.iter().flatten().cloned());
            changes.for_each(|change| note(&mut off.changes, change, KNOWN));
            let stood = ListedRecord { changes: Vec::new(), ..was.clone() };
            let (change, was) = (taking.change, taking.change.map(|_| stood));
            Some(TakenOffRecord { taken_off: now, change, was, ..off })
        })
        .await
    }

    /// Notes of a title that is off its list what was to take it off, or was taken back before it came.
    async fn note_off(&self, title: (&ListKey, &TitleId), taking: TakingOff) -> Result<(), StoreError> {
        let undone = taking.undoes.map(ListedChange::taken_back);
        let Some(change) = undone.or_else(|| taking.change.map(ListedChange::done)) else { return Ok(()) };
        self.change_taken_off(title, taking.is_guest, |mut off| {
            if known(&off.changes, change.change).is_some() {
                return None;
            }
            note(&mut off.changes, change.clone(), KNOWN);
            Some(off)
        })
        .await
    }

    /// Has a change taken back that is not known of a title, wherever the title is: should it still come, it does nothing.
    pub(super) async fn note_taken_back(
        &self,
        title: (&ListKey, &TitleId),
        number: u64,
        is_guest: bool,
    ) -> Result<(), StoreError> {
        if self.note_there(&title.0.title(title.1), ListedChange::taken_back(number), None).await? {
            return Ok(());
        }
        self.note_off(title, TakingOff { is_guest, change: None, undoes: Some(number) }).await
    }

    /// Changes what is known of a title that is off a list, or goes off it; nothing where `change` says nothing.
    async fn change_taken_off(
        &self,
        (key, title): (&ListKey, &TitleId),
        is_guest: bool,
        change: impl Fn(TakenOffRecord) -> Option<TakenOffRecord>,
    ) -> Result<(), StoreError> {
        let (now, id, mut is_new) = (self.clock.millis(), key.title(title), false);
        let changed = update_readable(&*self.store, &TAKEN_OFF, &id, |stored: Option<TakenOffRecord>| {
            is_new = stored.is_none();
            let known = match stored {
                // What an earlier build noted is noted as now.
                Some(stored) => TakenOffRecord { changes: stored.known_changes(), is_restored: false, ..stored },
                None => TakenOffRecord {
                    profile: key.profile.clone(),
                    list: key.id(),
                    title: title.clone(),
                    taken_off: now,
                    change: None,
                    is_restored: false,
                    was: None,
                    changes: Vec::new(),
                    guest_updated: None,
                    unknown: serde_json::Map::new(),
                },
            };
            let changed = change(known).map(|off| TakenOffRecord { guest_updated: is_guest.then_some(now), ..off });
            Ok(changed.map_or(Change::Keep, Change::Put))
        });
        changed.await?;
        if is_new { self.keep_within(&key.profile).await } else { Ok(()) }
    }

    async fn keep_within(&self, profile: &ProfileId) -> Result<(), StoreError> {
        let kept = all_of(TAKEN_OFF_BY_PROFILE, &[profile.as_str()]);
        let beyond = self.store.count_found(&TAKEN_OFF, kept.clone()).await?.saturating_sub(KEPT);
        let Some(limit) = u32::try_from(beyond).ok().filter(|beyond| *beyond > 0) else { return Ok(()) };
        let oldest = self.store.find(&TAKEN_OFF, Find { limit: limit.min(PAGE_LIMIT), ..kept }).await?.documents;
        for document in oldest {
            // One that was kept anew meanwhile is not the oldest.
            delete_unchanged(&*self.store, &TAKEN_OFF, (&document.id, document.version)).await?;
        }
        Ok(())
    }
}
