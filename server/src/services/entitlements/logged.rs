//! What was said in the log already: what is found at every request must not be said at every request.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// Things said that are remembered; beyond that they are said again.
const AT_MOST: usize = 1000;

#[derive(Default)]
pub struct LoggedOnce(Mutex<HashSet<(String, u64, u64)>>);

impl LoggedOnce {
    /// Whether it was not said yet of these versions of a plan and of what differs from it.
    pub fn is_new(&self, whom: &str, plan: u64, entitlement: u64) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= AT_MOST {
            told.clear();
        }
        told.insert((whom.to_owned(), plan, entitlement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_said_once_until_something_changes_and_what_is_remembered_is_bounded() {
        let told = LoggedOnce::default();
        assert!(told.is_new("ada", 1, 1));
        assert!(!told.is_new("ada", 1, 1));
        assert!(told.is_new("ada", 2, 1));
        for version in 0..3 * AT_MOST as u64 {
            told.is_new("bob", version, 0);
        }
        assert!(told.0.lock().unwrap().len() <= AT_MOST);
    }
}
