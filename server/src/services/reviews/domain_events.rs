//! What other systems are told of reviews: that one was reported, and why; not by whom.

use serde_json::{Value, json};
use storage::documents::{Document, parse};

use super::record::{Kind, REACTIONS, ReactionRecord};
use crate::services::domain_events::{DomainEvent, Source};

pub const SOURCES: [Source; 1] = [Source { collection: &REACTIONS, note, events, is_followed_here_alone: false }];

fn note(document: &Document) -> Option<Value> {
    let reaction: ReactionRecord = parse(document).ok()?;
    let data = || json!({ "review": reaction.review, "title": reaction.title, "reason": reaction.reason });
    (reaction.kind == Kind::Report).then(data)
}

fn events(_: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<DomainEvent> {
    match (before, after) {
        (None, Some(report)) => vec![DomainEvent::new("review.reported", report.clone())],
        (Some(_), Some(_)) | (_, None) => Vec::new(),
    }
}
