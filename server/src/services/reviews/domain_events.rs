//! What other systems are told of reviews: that one was reported, and why; not by whom.

use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Document, parse},
};

use super::record::{Kind, REACTIONS, ReactionRecord};
use crate::services::domain_events::{ChangeSource, DomainEvent};

pub const SOURCES: [ChangeSource; 1] = [ChangeSource { collection: &REACTIONS, note, events, is_followed_here_alone: false }];

fn note(document: &Document) -> Result<Option<Value>, StoreError> {
    let reaction: ReactionRecord = parse(document)?;
    let data = || json!({ "review": reaction.review, "title": reaction.title, "reason": reaction.reason });
    Ok((reaction.kind == Kind::Report).then(data))
}

fn events(_: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<DomainEvent> {
    match (before, after) {
        (None, Some(report)) => vec![DomainEvent::new("review.reported", report.clone())],
        (Some(_), Some(_)) | (_, None) => Vec::new(),
    }
}
