//! A state that is being changed, and which of its slices were.
//!
//! What reads a slice is told when it was changed, so a change has to be known: slices are reached for writing through the
//! draft alone, which remembers. No action costs a copy of the state, or a comparison of what it left as it was.

use std::ops::Deref;

use contract::{discovery::Job, identity::Watcher, ids::TitleId};

use super::{
    mutations::Mutations,
    resource::Resource,
    state::{BrowseState, DeviceState, HomeLists, Notices, Preferences, SavedState, SearchState, State, TitleState, WatchState},
    titles::{Mine, Titles},
};
use crate::route::Route;

/// Defines the slices: their names, and the way to each for writing.
macro_rules! slices {
    ($($slice:ident, $slice_mut:ident: $type:ty),* $(,)?) => {
        /// A part of the state that is told of by itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(non_camel_case_types, reason = "each is named like its field")]
        pub enum Slice {
            $($slice,)*
        }

        impl Draft<'_> {
            $(
                /// For writing.
                pub const fn $slice_mut(&mut self) -> &mut $type {
                    self.changed |= 1 << Slice::$slice as u32;
                    &mut self.state.$slice
                }
            )*
        }

        impl Changed {
            /// The slices that were changed.
            pub fn slices(self) -> impl Iterator<Item = Slice> {
                [$(Slice::$slice),*].into_iter().filter(move |slice| self.0 & (1 << *slice as u32) != 0)
            }
        }
    };
}

slices! {
    route, route_mut: Route,
    device, device_mut: DeviceState,
    titles, titles_mut: Titles,
    mine, mine_mut: Mine,
    home, home_mut: Resource<(), HomeLists>,
    continue_watching, continue_watching_mut: Resource<(), Vec<TitleId>>,
    preparation, preparation_mut: Vec<Job>,
    browse, browse_mut: BrowseState,
    search, search_mut: SearchState,
    title, title_mut: TitleState,
    watch, watch_mut: WatchState,
    watcher, watcher_mut: Option<Watcher>,
    viewer, viewer_mut: Option<String>,
    may_not_watch, may_not_watch_mut: bool,
    preferences, preferences_mut: Preferences,
    mutations, mutations_mut: Mutations,
    notices, notices_mut: Notices,
    saved, saved_mut: SavedState,
}

/// A state that is being changed.
pub struct Draft<'a> {
    state: &'a mut State,
    changed: u32,
}

/// Which slices were changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed(u32);

impl<'a> Draft<'a> {
    pub const fn new(state: &'a mut State) -> Self {
        Self { state, changed: 0 }
    }

    pub const fn changed(&self) -> Changed {
        Changed(self.changed)
    }
}

/// For reading.
impl Deref for Draft<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.state
    }
}
