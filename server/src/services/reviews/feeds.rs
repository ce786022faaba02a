//! What is told of changes in reviews: to each profile what it rated.

use contract::{events::Event, ids::ProfileId};
use storage::documents::{
    feed::{Entry, State},
    parse,
};

use super::record::{REVIEWS, ReviewRecord};
use crate::services::feeds::{Feed, Notice};

pub const FEEDS: [Feed; 1] = [Feed { collection: &REVIEWS, tell }];

fn tell(entry: &Entry) -> Vec<Notice> {
    let parts = entry.id.split_once('/').and_then(|(title, profile)| Some((title.parse().ok()?, profile.parse().ok()?)));
    let Some((id, profile)): Option<(_, ProfileId)> = parts else { return Vec::new() };
    let half_stars = match &entry.state {
        State::Deleted => None,
        State::Unreadable => return Vec::new(),
        State::Stored(document) => match parse::<ReviewRecord>(document) {
            Ok(review) => Some(review.half_stars).filter(|half_stars| *half_stars > 0),
            Err(_) => return Vec::new(),
        },
    };
    vec![Notice::of(profile, Event::Rated { id, half_stars })]
}
