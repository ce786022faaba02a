//! What of a home page is drawn for one viewer, kept until something of it is another: their name, or what they go on with.

use std::sync::Arc;

use app::{
    pages::home::frame::{ViewerParts, ViewerState},
    store::State,
};
use bytes::Bytes;
use contract::ids::ProfileId;
use moka::sync::Cache;

/// Bytes that are kept at most: each viewer's take some thousand.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// What the state that parts were drawn of takes, about.
const STATE: usize = 2 * 1024;

/// By profile.
pub struct KeptParts(Cache<ProfileId, DrawnParts>);

#[derive(Clone)]
struct DrawnParts {
    drawn_of: Arc<ViewerState>,
    parts: Arc<Parts>,
}

/// As [`ViewerParts`], ready to be sent.
pub struct Parts {
    pub profile_menu: Bytes,
    pub phone_profile_menu: Bytes,
    pub continue_watching: Bytes,
}

impl Parts {
    fn of(viewer: &ViewerState) -> Self {
        let ViewerParts { profile_menu, phone_profile_menu, continue_watching } = ViewerParts::of(viewer);
        Self {
            profile_menu: profile_menu.into(),
            phone_profile_menu: phone_profile_menu.into(),
            continue_watching: continue_watching.into(),
        }
    }

    fn weight(&self) -> usize {
        self.profile_menu.len() + self.phone_profile_menu.len() + self.continue_watching.len()
    }
}

impl Default for KeptParts {
    fn default() -> Self {
        let weigh = |_: &_, kept: &DrawnParts| u32::try_from(kept.parts.weight() + STATE).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }
}

impl KeptParts {
    /// Those of a viewer whose page has this state.
    pub fn of(&self, profile: &ProfileId, state: &State) -> Arc<Parts> {
        let own = ViewerState::of(state);
        if let Some(kept) = self.0.get(profile).filter(|kept| *kept.drawn_of == own) {
            return kept.parts;
        }
        let parts = Arc::new(Parts::of(&own));
        self.0.insert(profile.clone(), DrawnParts { drawn_of: Arc::new(own), parts: Arc::clone(&parts) });
        parts
    }
}
