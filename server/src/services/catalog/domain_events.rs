//! What other systems are told of titles: that they come, change and go.

use serde_json::{Value, json};
use storage::{
    StoreError,
    documents::{Document, parse},
};

use super::record::{TITLES, TitleRecord};
use crate::services::domain_events::{ChangeSource, DomainEvent};

pub const SOURCES: [ChangeSource; 1] = [ChangeSource { collection: &TITLES, note, events, is_followed_here_alone: false }];

/// What is told of a title, and a digest of what its page shows. How members rate it is none of that: it changes all the time.
fn note(document: &Document) -> Result<Option<Value>, StoreError> {
    let title: TitleRecord = parse(document)?;
    let shown = json!([title.facts, title.video, title.pictures]).to_string();
    let digest = blake3::hash(shown.as_bytes()).to_hex();
    Ok(Some(json!({
        "title": title.facts.title, "year": title.facts.year, "is_watchable": title.video.is_some(), "digest": digest.as_str(),
    })))
}

fn events(id: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<DomainEvent> {
    let kind = match (before, after) {
        (None, Some(_)) => "title.published",
        (Some(before), Some(after)) if before != after => "title.changed",
        (Some(_), None) => "title.deleted",
        (Some(_), Some(_)) | (None, None) => return Vec::new(),
    };
    let told = after.or(before);
    let part = |name: &str| told.and_then(|note| note.get(name));
    let data = json!({ "id": id, "title": part("title"), "year": part("year"), "is_watchable": part("is_watchable") });
    vec![DomainEvent::new(kind, data)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(rating: u64, title: &str) -> Value {
        let body = json!({
            "source": "test:1", "change": rating, "added": 1, "facts": { "title": title, "year": 1927 },
            "house_rating": { "half_stars": rating, "count": 1 },
        });
        note(&Document { id: "t".into(), version: 1, body }).unwrap().unwrap()
    }

    #[test]
    fn a_title_is_told_of_when_it_comes_changes_and_goes_and_not_when_it_is_rated() {
        let (one, other) = (noted(1, "Metropolis"), noted(1, "Metropolis (restored)"));
        assert_eq!(events("t", Some(&one), Some(&noted(9, "Metropolis"))), []);
        let kind = |before, after| events("t", before, after)[0].kind;
        assert_eq!(kind(None, Some(&one)), "title.published");
        assert_eq!(kind(Some(&one), Some(&other)), "title.changed");
        assert_eq!(kind(Some(&one), None), "title.deleted");
        let data = json!({ "id": "t", "title": "Metropolis", "year": 1927, "is_watchable": false });
        assert_eq!(events("t", Some(&one), None)[0].data, data);
    }

    #[test]
    fn a_title_that_only_a_later_build_can_read_is_none_that_is_gone() {
        let body = json!({ "source": { "of": "a later build" }, "facts": {} });
        assert!(matches!(note(&Document { id: "t".into(), version: 1, body }), Err(StoreError::Corrupt { .. })));
    }
}
