//! What is told of a change in how far somebody got.

use contract::events::Event;
use storage::documents::feed::{Entry, State};

use super::record::{PROGRESS, ProgressRecord};
use crate::services::feeds::{Feed, Notice};

pub const FEED: Feed = Feed { collection: &PROGRESS, tell };

fn tell(entry: &Entry) -> Vec<Notice> {
    let Some((Ok(profile), Ok(id))) = entry.id.split_once('/').map(|(profile, title)| (profile.parse(), title.parse())) else {
        return Vec::new();
    };
    let event = match &entry.state {
        State::Deleted => Event::Progress { id, progress: None, is_paused: false, by: None },
        State::Stored(document) => match serde_json::from_value::<ProgressRecord>(document.body.clone()) {
            Ok(record) => {
                let (is_paused, by) = (record.is_paused, record.by.clone());
                Event::Progress { id, progress: Some(record.into()), is_paused, by }
            }
            Err(_) => return Vec::new(),
        },
        State::Unreadable => return Vec::new(),
    };
    vec![Notice::of(profile, event)]
}
