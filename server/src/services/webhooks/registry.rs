//! The webhooks that there are, as the rest of this service knows them.

use contract::{
    ids::WebhookId,
    webhooks::{EVENT_TYPES, TEST},
};
use serde_json::json;
use storage::{
    StoreError,
    documents::{Expect, PAGE_LIMIT, Write, parse},
};

use super::{
    Webhooks,
    record::{WEBHOOKS, WebhookRecord},
};

/// A webhook that is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredWebhook {
    pub id: WebhookId,
    /// The document's, for compare-and-set.
    pub revision: u64,
    pub record: WebhookRecord,
}

impl StoredWebhook {
    pub fn is_enabled(&self) -> bool {
        self.record.is_enabled && self.record.deleted.is_none()
    }

    /// Whether it is told of events of this type.
    pub fn wants(&self, kind: &str) -> bool {
        kind == TEST || self.record.events.iter().any(|filter| matches(filter, kind))
    }
}

/// Whether a type is meant by a filter: a type, a prefix like `title.*`, or `*`.
pub fn matches(filter: &str, kind: &str) -> bool {
    match filter.strip_suffix('*') {
        Some(prefix) => kind.starts_with(prefix),
        None => kind == filter,
    }
}

/// Whether a filter means anything that there is.
pub fn means_something(filter: &str) -> bool {
    let is_form = filter == "*" || filter.strip_suffix('*').is_none_or(|prefix| prefix.ends_with('.'));
    is_form && EVENT_TYPES.iter().any(|kind| matches(filter, kind))
}

impl Webhooks {
    /// Every webhook, those included that were deleted a moment ago. One that cannot be read is left out, and said in the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn known(&self) -> Result<Vec<StoredWebhook>, StoreError> {
        let (mut documents, mut after) = (Vec::new(), None::<String>);
        loop {
            // Those that were deleted may be many: whoever makes and deletes hides no other.
            let page = self.documents.list(&WEBHOOKS, after.as_deref(), PAGE_LIMIT).await?;
            documents.extend(page.documents);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let known = documents.into_iter().filter_map(|document| {
            let read =
                document.id.parse().map_err(|error| StoreError::corrupt(&document.id, error)).and_then(|id| {
                    Ok(StoredWebhook { id, revision: document.version, record: parse::<WebhookRecord>(&document)? })
                });
            read.inspect_err(|error| tracing::error!(%error, "a webhook cannot be read, and is told nothing")).ok()
        });
        let mut known: Vec<StoredWebhook> = known.collect();
        known.sort_by(|one, other| (one.record.created, one.id.as_str()).cmp(&(other.record.created, other.id.as_str())));
        Ok(known)
    }

    /// Writes a webhook onto the version that was read.
    pub(super) async fn put(&self, known: &StoredWebhook) -> Result<u64, StoreError> {
        let expect = match known.revision {
            0 => Expect::Absent,
            revision => Expect::Version(revision),
        };
        self.documents.put(&WEBHOOKS, Write { id: known.id.to_string(), body: json!(known.record), expect }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_type_a_prefix_that_ends_at_a_dot_or_everything() {
        assert!(matches("title.deleted", "title.deleted") && !matches("title.deleted", "title.deleted.again"));
        assert!(matches("title.*", "title.changed") && !matches("title.*", "titles.changed") && matches("*", "import.failed"));
        for (filter, means) in [
            ("*", true),
            ("account.*", true),
            ("review.reported", true),
            ("acc*", false),
            ("accounts.*", false),
            ("", false),
            ("title", false),
            ("**", false),
        ] {
            assert_eq!(means_something(filter), means, "{filter}");
        }
    }
}
