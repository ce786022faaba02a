//! Cards as the documents have them, kept in memory: whoever is recommended something is told a hundred at a time.
//!
//! The index's follower reads the change feed of the titles and lets go of each card that may be another; what is kept is out of date by no
//! more than lists are. Must never keep what was read before a change that was told of meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::{catalog::TitleCard, ids::TitleId};
use moka::sync::Cache;

/// Bytes of cards that are kept, about.
const CAPACITY: u64 = 32 * 1024 * 1024;
/// What a card takes beside its struct, about: its texts.
const TEXTS: usize = 300;
/// Nothing is kept for longer, should nobody follow the feed.
const LONGEST: Duration = Duration::from_secs(60);

/// See the module above.
pub struct KeptCards {
    cards: Cache<TitleId, Arc<TitleCard>>,
    /// How often something was let go of.
    changes: AtomicU64,
}

impl Default for KeptCards {
    fn default() -> Self {
        let weigh = |_: &TitleId, _: &Arc<TitleCard>| u32::try_from(size_of::<TitleCard>() + TEXTS).unwrap_or(u32::MAX);
        let cards = Cache::builder().max_capacity(CAPACITY).weigher(weigh).time_to_live(LONGEST).build();
        Self { cards, changes: AtomicU64::new(0) }
    }
}

/// When a card was asked for of the documents, as [`KeptCards`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(u64);

impl KeptCards {
    pub fn get(&self, id: &TitleId) -> Option<Arc<TitleCard>> {
        self.cards.get(id)
    }

    /// To be taken before the documents are asked.
    pub fn asked(&self) -> Asked {
        Asked(self.changes.load(Ordering::SeqCst))
    }

    /// Keeps a card that was read since, unless something has changed meanwhile.
    pub fn keep(&self, asked: Asked, card: &Arc<TitleCard>) {
        if self.asked() != asked {
            return;
        }
        self.cards.insert(card.id.clone(), Arc::clone(card));
        if self.asked() != asked {
            self.cards.invalidate(&card.id);
        }
    }

    /// These have changed.
    pub fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a TitleId>) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        for id in ids {
            self.cards.invalidate(id);
        }
    }

    /// Everything may have: the documents are another store's.
    pub fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.cards.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn card(title: &str) -> Arc<TitleCard> {
        let card = json!({ "id": "a", "title": title, "genres": [], "artwork": { "poster": "/p", "colour": "#000000" } });
        Arc::new(serde_json::from_value(card).unwrap())
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (kept, id) = (KeptCards::default(), "a".parse().unwrap());
        let asked = kept.asked();
        kept.keep(asked, &card("before"));
        assert_eq!(kept.get(&id).unwrap().title, "before");
        kept.forget([&id]);
        assert_eq!(kept.get(&id), None);
        kept.keep(asked, &card("before"));
        assert_eq!(kept.get(&id), None, "it was read before the change");
        kept.keep(kept.asked(), &card("after"));
        assert_eq!(kept.get(&id).unwrap().title, "after");
        kept.forget_all();
        assert_eq!(kept.get(&id), None);
    }
}
