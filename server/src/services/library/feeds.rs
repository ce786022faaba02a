//! What is told of changes in lists, in the history, and in what was set.

use contract::{
    events::Event,
    ids::{ListId, ProfileId, TitleId},
};
use storage::documents::{
    feed::{Entry, State},
    parse,
};

use super::{
    lists::FAVOURITES,
    record::{HOUSEHOLD_LISTS, HouseholdListRecord, LISTED, LISTS, ListRecord, SETTINGS_CHANGES, SettingsChangeRecord, WATCHED},
};
use crate::services::feeds::{Audience, Feed, Notice};

pub const FEEDS: [Feed; 5] = [
    Feed { collection: &LISTS, tell: tell_list },
    Feed { collection: &HOUSEHOLD_LISTS, tell: tell_household },
    Feed { collection: &LISTED, tell: tell_listed },
    Feed { collection: &WATCHED, tell: tell_watched },
    Feed { collection: &SETTINGS_CHANGES, tell: tell_settings },
];

/// A list is told of to its profile, and to the household that sees it; that it sees it no more [`tell_household`] says.
fn tell_list(entry: &Entry) -> Vec<Notice> {
    let Some((profile, id)) = parts::<ProfileId, ListId>(&entry.id) else { return Vec::new() };
    let event = Event::ListChanged { id };
    let household = match &entry.state {
        State::Stored(document) => parse::<ListRecord>(document).ok().and_then(|list| list.household),
        State::Deleted | State::Unreadable => None,
    };
    let household = household.map(|account| Notice { audience: Audience::Account(account), event: Some(event.clone()) });
    // Whoever made it is of the household, too.
    vec![household.unwrap_or_else(|| Notice::of(profile, event))]
}

/// A household is told which list it sees no more.
fn tell_household(entry: &Entry) -> Vec<Notice> {
    let State::Stored(document) = &entry.state else { return Vec::new() };
    let (Ok(account), Ok(HouseholdListRecord { list, .. })) = (entry.id.parse(), parse(document)) else { return Vec::new() };
    vec![Notice { audience: Audience::Account(account), event: Some(Event::ListChanged { id: list }) }]
}

fn tell_listed(entry: &Entry) -> Vec<Notice> {
    let Some(is_on) = is_there(entry) else { return Vec::new() };
    let Some((profile, place)) = entry.id.split_once('/') else { return Vec::new() };
    let (Ok(profile), Some((list, title))) = (profile.parse(), place.split_once('/')) else { return Vec::new() };
    let Ok(id) = title.parse() else { return Vec::new() };
    let event = match list.parse() {
        Ok(_) if list == FAVOURITES => Event::Favourite { id, is_on },
        Ok(list) => Event::Listed { list, id, is_on },
        Err(_) => return Vec::new(),
    };
    vec![Notice::of(profile, event)]
}

fn tell_watched(entry: &Entry) -> Vec<Notice> {
    let (Some(is_watched), Some((profile, id))) = (is_there(entry), parts::<ProfileId, TitleId>(&entry.id)) else {
        return Vec::new();
    };
    vec![Notice::of(profile, Event::Watched { id, is_watched })]
}

fn tell_settings(entry: &Entry) -> Vec<Notice> {
    let State::Stored(document) = &entry.state else { return Vec::new() };
    let (Ok(profile), Ok(SettingsChangeRecord { revision, .. })) = (entry.id.parse(), parse(document)) else { return Vec::new() };
    vec![Notice::of(profile, Event::SettingsChanged { revision })]
}

fn is_there(entry: &Entry) -> Option<bool> {
    match entry.state {
        State::Stored(_) => Some(true),
        State::Deleted => Some(false),
        State::Unreadable => None,
    }
}

/// The two names that an id is made of.
fn parts<A: std::str::FromStr, B: std::str::FromStr>(id: &str) -> Option<(A, B)> {
    let (first, second) = id.split_once('/')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}
