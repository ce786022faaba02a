//! One import of a profile at a time, in this process: what there is room for is counted before it is written, and of two at once each
//! would fill it.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use contract::ids::ProfileId;
use tokio::sync::Notify;

/// The profiles that something is imported for. Cheap to clone.
#[derive(Clone, Default)]
pub struct Importing(Arc<Inner>);

#[derive(Default)]
struct Inner {
    profiles: Mutex<HashSet<ProfileId>>,
    ended: Notify,
}

/// One of them, until this is dropped.
pub struct ImportClaim {
    importing: Importing,
    profile: ProfileId,
}

impl Importing {
    /// Waits for those of the same profile that came before.
    pub async fn claim(&self, profile: &ProfileId) -> ImportClaim {
        loop {
            let mut ended = pin!(self.0.ended.notified());
            // Before it is looked: one that ends between the two is heard.
            ended.as_mut().enable();
            if self.0.profiles.lock().unwrap_or_else(PoisonError::into_inner).insert(profile.clone()) {
                return ImportClaim { importing: self.clone(), profile: profile.clone() };
            }
            ended.await;
        }
    }
}

impl Drop for ImportClaim {
    fn drop(&mut self) {
        self.importing.0.profiles.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.profile);
        self.importing.0.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_profile_imports_one_file_after_the_other_and_others_do_not_wait_for_it() {
        let (importing, ada, bob) = (Importing::default(), "ada".parse().unwrap(), "bob".parse().unwrap());
        let first = importing.claim(&ada).await;
        let mut second = Box::pin(importing.claim(&ada));
        assert!((&mut second).now_or_never().is_none());
        let other = importing.claim(&bob).now_or_never();
        assert!(other.is_some());
        drop(first);
        let second = second.now_or_never();
        assert!(second.is_some() && importing.claim(&ada).now_or_never().is_none());
    }
}
