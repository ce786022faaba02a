//! How imports share a server: one of an account at a time, some at once, and of their work a slice at a time in turn.
//!
//! What there is room for is counted before it is written, and of two at once each would fill it. A file takes memory for as long as its
//! import goes on, so that there are places for some; what an import does it does in slices, before each of which it waits for its turn
//! behind the others: a long file makes no short one wait. Of this process alone.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use contract::ids::{AccountId, ProfileId};
use tokio::sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::context::Viewer;

/// Imports that go on at once: each holds what a file of some megabytes says.
const PLACES: usize = 8;
/// Slices of them that are worked on at once.
const TURNS: usize = 2;

/// The imports that go on. Cheap to clone.
#[derive(Clone)]
pub struct Importing(Arc<Inner>);

struct Inner {
    importers: Mutex<HashSet<Importer>>,
    ended: Notify,
    places: Arc<Semaphore>,
    turns: Semaphore,
}

/// Who imports one file after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Importer {
    /// All profiles of it.
    Account(AccountId),
    Guest(ProfileId),
}

impl Importer {
    pub fn of(viewer: &Viewer) -> Self {
        match &viewer.member {
            Some(member) => Self::Account(member.account.clone()),
            None => Self::Guest(viewer.profile.clone()),
        }
    }
}

/// One import, until this is dropped.
pub struct ImportClaim {
    importing: Importing,
    importer: Importer,
    /// None while it waits for one.
    place: Option<OwnedSemaphorePermit>,
}

impl Default for Importing {
    fn default() -> Self {
        Self(Arc::new(Inner {
            importers: Mutex::default(),
            ended: Notify::new(),
            places: Arc::new(Semaphore::new(PLACES)),
            turns: Semaphore::new(TURNS),
        }))
    }
}

impl Importing {
    /// Waits for those of the same importer that came before, and then for a place.
    ///
    /// # Errors
    /// Never: the places are not closed.
    pub async fn claim(&self, importer: &Importer) -> Result<ImportClaim, AcquireError> {
        let mut claim = self.alone(importer).await;
        claim.place = Some(Arc::clone(&self.0.places).acquire_owned().await?);
        Ok(claim)
    }

    async fn alone(&self, importer: &Importer) -> ImportClaim {
        loop {
            let mut ended = pin!(self.0.ended.notified());
            // Before it is looked: one that ends between the two is heard.
            ended.as_mut().enable();
            if self.0.importers.lock().unwrap_or_else(PoisonError::into_inner).insert(importer.clone()) {
                return ImportClaim { importing: self.clone(), importer: importer.clone(), place: None };
            }
            ended.await;
        }
    }

    /// Waits until a slice of work may be done, behind those who wait already; until the answer is dropped.
    ///
    /// # Errors
    /// Never: as [`Importing::claim`].
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.0.turns.acquire().await
    }
}

impl Drop for ImportClaim {
    fn drop(&mut self) {
        self.importing.0.importers.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.importer);
        self.importing.0.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn account(id: &str) -> Importer {
        Importer::Account(id.parse().unwrap())
    }

    #[tokio::test]
    async fn an_account_imports_one_file_after_the_other_and_others_do_not_wait_for_it() {
        let (importing, ada, bob) = (Importing::default(), account("ada"), Importer::Guest("ada".parse().unwrap()));
        let first = importing.claim(&ada).await;
        let mut second = Box::pin(importing.claim(&ada));
        assert!((&mut second).now_or_never().is_none());
        let other = importing.claim(&bob).now_or_never();
        assert!(other.is_some());
        drop(first);
        let second = second.now_or_never();
        assert!(second.is_some() && importing.claim(&ada).now_or_never().is_none());
    }

    #[tokio::test]
    async fn as_many_go_on_as_there_are_places_and_who_gives_up_waiting_keeps_nobody_out() {
        let (importing, late) = (Importing::default(), account("late"));
        let mut all = Vec::new();
        for at in 0..PLACES {
            all.push(importing.claim(&account(&format!("a{at}"))).now_or_never().unwrap());
        }
        let mut waiting = Box::pin(importing.claim(&late));
        assert!((&mut waiting).now_or_never().is_none());
        drop(waiting);
        drop(all.pop());
        assert!(importing.claim(&late).now_or_never().is_some());
    }

    #[tokio::test]
    async fn whoever_takes_one_slice_after_the_other_lets_those_who_wait_go_first() {
        let importing = Importing::default();
        let mut long: Vec<_> = (0..TURNS).map(|_| importing.turn().now_or_never().unwrap()).collect();
        let mut short = Box::pin(importing.turn());
        assert!((&mut short).now_or_never().is_none());
        drop(long.pop());
        let next = importing.turn().now_or_never();
        assert!(next.is_none(), "it is the short one's turn");
        assert!(short.now_or_never().is_some());
    }
}
