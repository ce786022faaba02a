//! What is told of changes in what a profile wants of recommendations.

use contract::{events::Event, ids::ProfileId};
use storage::documents::{
    feed::{Entry, State},
    parse,
};

use super::record::{HIDDEN, HiddenRecord, SETTINGS};
use crate::services::feeds::{Feed, Notice};

pub const FEEDS: [Feed; 2] =
    [Feed { collection: &SETTINGS, tell: tell_settings }, Feed { collection: &HIDDEN, tell: tell_hidden }];

fn tell_settings(entry: &Entry) -> Vec<Notice> {
    profile(entry).map(|profile| Notice::of(profile, Event::RecommendationsChanged)).into_iter().collect()
}

/// What is wanted again has left nothing that says what it was.
fn tell_hidden(entry: &Entry) -> Vec<Notice> {
    let Some(profile) = profile(entry) else { return Vec::new() };
    let unwanted = match &entry.state {
        State::Stored(document) => parse::<HiddenRecord>(document).ok(),
        State::Deleted | State::Unreadable => None,
    };
    let event = unwanted.map_or(Event::RecommendationsChanged, |HiddenRecord { kind, of, title, .. }| Event::Unwanted {
        what: kind,
        of,
        title,
    });
    vec![Notice::of(profile, event)]
}

/// Both are kept under the profile's id, or below it.
fn profile(entry: &Entry) -> Option<ProfileId> {
    entry.id.split('/').next().and_then(|profile| profile.parse().ok())
}
