//! What is told of changes in what a profile wants of recommendations.

use storage::documents::feed::Entry;

use super::record::{HIDDEN, SETTINGS};
use crate::services::feeds::{Feed, Notice};

pub const FEEDS: [Feed; 2] = [Feed { collection: &SETTINGS, tell }, Feed { collection: &HIDDEN, tell }];

/// Both are kept under the profile's id, or below it.
fn tell(entry: &Entry) -> Vec<Notice> {
    let profile = entry.id.split('/').next().and_then(|profile| profile.parse().ok());
    profile.map(Notice::silent).into_iter().collect()
}
