//! Replies that serve every viewer of an age limit, kept as bytes until something in the catalogue changes.
//!
//! Only calls that declare `Cache::Shared` come here. Must never keep what depends on more of whoever asked than the age
//! up to which films are shown to them.

use std::sync::Arc;

use axum::http::Uri;
use moka::sync::Cache;

use super::reply::Prepared;
use crate::storage::events::Events;

/// Bytes of replies kept at most, all together.
const CAPACITY: u64 = 12 * 1024 * 1024;

#[derive(Clone)]
struct Kept {
    revision: u64,
    reply: Arc<Prepared>,
}

/// The shared replies of this process. Cheap to clone.
#[derive(Clone)]
pub struct SharedReplies {
    kept: Cache<Box<str>, Kept>,
    events: Events,
}

impl SharedReplies {
    pub fn new(events: Events) -> Self {
        let kept = Cache::<Box<str>, Kept>::builder()
            .max_capacity(CAPACITY)
            .weigher(|key, kept| u32::try_from(key.len() + kept.reply.weight()).unwrap_or(u32::MAX))
            .build();
        Self { kept, events }
    }

    /// Where the change feed stands; read before a reply is made, and given to [`SharedReplies::keep`].
    pub fn revision(&self) -> u64 {
        self.events.revision()
    }

    /// The reply under `key`, unless something changed since it was made.
    pub fn get(&self, key: &str) -> Option<Arc<Prepared>> {
        self.kept.get(key).filter(|kept| kept.revision == self.events.revision()).map(|kept| kept.reply)
    }

    /// Keeps a reply that was begun at `revision`.
    pub fn keep(&self, key: Box<str>, reply: Prepared, revision: u64) -> Arc<Prepared> {
        let reply = Arc::new(reply.compressed());
        self.kept.insert(key, Kept { revision, reply: Arc::clone(&reply) });
        reply
    }
}

/// Two requests with the same key get the same reply. An address has no space, so that none ends in what says an age.
pub fn key(name: &str, uri: &Uri, age: Option<u8>) -> Box<str> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let key = match age {
        None => format!("{name} {path}"),
        Some(age) => format!("{name} {path} {age}"),
    };
    key.into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_age_has_a_key_of_its_own_and_no_address_is_another_ages_key() {
        let uri: Uri = "/api/v1/titles?genre=Drama".parse().unwrap();
        let keys = [None, Some(0), Some(6), Some(16)].map(|age| key("catalog.v1.ListTitles", &uri, age));
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert!("/api/v1/titles?genre=Drama 6".parse::<Uri>().is_err());
        let escaped: Uri = "/api/v1/titles?genre=Drama%206".parse().unwrap();
        assert_ne!(key("catalog.v1.ListTitles", &escaped, None), keys[2]);
    }
}
