//! One import of a profile at a time, in this process: what there is room for is counted before it is written, and of two at once each
//! would fill it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use contract::ids::ProfileId;

/// The profiles that something is imported for.
#[derive(Default)]
pub struct Importing(Arc<Mutex<HashSet<ProfileId>>>);

/// One of them, until this is dropped.
pub struct ImportClaim {
    profiles: Arc<Mutex<HashSet<ProfileId>>>,
    profile: ProfileId,
}

impl Importing {
    /// Nothing where an import of this profile is under way.
    pub fn claim(&self, profile: &ProfileId) -> Option<ImportClaim> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(profile.clone());
        is_first.then(|| ImportClaim { profiles: Arc::clone(&self.0), profile: profile.clone() })
    }
}

impl Drop for ImportClaim {
    fn drop(&mut self) {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.profile);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_imports_one_file_at_a_time_and_others_do_not_wait_for_it() {
        let (importing, ada, bob) = (Importing::default(), "ada".parse().unwrap(), "bob".parse().unwrap());
        let first = importing.claim(&ada).unwrap();
        assert!(importing.claim(&ada).is_none());
        let other = importing.claim(&bob);
        assert!(other.is_some());
        drop(first);
        assert!(importing.claim(&ada).is_some() && importing.claim(&bob).is_none());
    }
}
