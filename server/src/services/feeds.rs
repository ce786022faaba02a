//! What services tell of changes in what they keep: which collection, whom each change concerns, and what they are told.
//!
//! Must never tell what whoever it concerns could not ask for: whoever follows is told events as they are made here, but for
//! titles that are not for them.

use std::sync::Arc;

use contract::{
    events::Event,
    ids::{AccountId, ProfileId, TitleId},
};
use storage::documents::{Collection, feed::Entry};

/// A numbered collection, and what its changes mean.
#[derive(Clone, Copy)]
pub struct Feed {
    pub collection: &'static Collection,
    /// Nothing where a change concerns nobody, or cannot be read.
    pub tell: fn(&Entry) -> Vec<Notice>,
}

/// What those are told whom a change concerns.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub audience: Audience,
    /// Nothing where the change concerns what this server keeps in memory of them, and no page.
    pub event: Option<Event>,
}

/// Whom something concerns. A session follows its own profile and its own account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    Profile(ProfileId),
    /// Every profile of the account.
    Account(AccountId),
    /// Whoever may ask what plays now.
    Operators,
}

/// By this name playback says that other films play than before ([`storage::events::Events::wrote`]), on whichever node.
pub const PLAYING_CHANGED: &str = "playing";

/// What somebody hears who is told of every change.
#[derive(Clone, Copy, Debug)]
pub enum Affected<'a> {
    /// Something of theirs has changed.
    One(&'a Audience),
    /// Something may have, and it is not known whose.
    Anybody,
}

/// Hears of every change, after it was stored. Called with nothing locked that it could wait for, and must not take long.
pub type Listener = Arc<dyn Fn(Affected<'_>) + Send + Sync>;

impl Notice {
    /// For one profile.
    pub fn of(profile: ProfileId, event: Event) -> Self {
        Self { audience: Audience::Profile(profile), event: Some(event) }
    }

    /// That something of a profile has changed of which no page is told.
    pub const fn silent(profile: ProfileId) -> Self {
        Self { audience: Audience::Profile(profile), event: None }
    }
}

/// The title that an event names, which whoever is told of it must be shown.
pub const fn title_of(event: &Event) -> Option<&TitleId> {
    match event {
        Event::Listed { id, .. }
        | Event::Favourite { id, .. }
        | Event::Watched { id, .. }
        | Event::Rated { id, .. }
        | Event::Progress { id, .. } => Some(id),
        Event::Unwanted { title, .. } => title.as_ref(),
        Event::Begun
        | Event::Resync
        | Event::Heartbeat
        | Event::ViewerChanged
        | Event::Stopping
        | Event::ListChanged { .. }
        | Event::SettingsChanged { .. }
        | Event::RecommendationsChanged
        | Event::PlayingChanged => None,
    }
}
