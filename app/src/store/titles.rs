//! Every title that is on the screen somewhere, once: lists hold ids, and a card that changes changes wherever it is shown.
//!
//! Beside it what is the viewer's own of each title. Both belong to one sign-in and profile, and go with the page when who
//! watches changes.

use std::{collections::BTreeMap, sync::Arc};

use contract::{catalog::TitleCard, ids::TitleId, playback::Progress};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::draft::Draft;

/// The cards by their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Titles(BTreeMap<TitleId, Arc<TitleCard>>);

impl Titles {
    pub fn get(&self, id: &TitleId) -> Option<&Arc<TitleCard>> {
        self.0.get(id)
    }

    /// The cards of these alone.
    #[cfg(feature = "ssr")]
    pub fn of(&self, ids: &[TitleId]) -> Self {
        Self(ids.iter().filter_map(|id| Some((id.clone(), Arc::clone(self.get(id)?)))).collect())
    }

    /// Whether every card of `others` is here, and is the very same.
    #[cfg(feature = "ssr")]
    pub fn holds(&self, others: &Self) -> bool {
        others.0.iter().all(|(id, card)| self.get(id).is_some_and(|known| Arc::ptr_eq(known, card)))
    }

    /// Bytes that the cards take, about.
    #[cfg(feature = "ssr")]
    pub fn weight(&self) -> usize {
        self.0.len() * (size_of::<TitleCard>() + size_of::<TitleId>())
    }
}

/// A card says its own id, so that a page carries each id once.
impl Serialize for Titles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values().map(Arc::as_ref))
    }
}

impl<'de> Deserialize<'de> for Titles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cards = Vec::<TitleCard>::deserialize(deserializer)?;
        Ok(Self(cards.into_iter().map(|card| (card.id.clone(), Arc::new(card))).collect()))
    }
}

/// What is the viewer's own, by title.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mine {
    /// Nothing where there is nothing to resume.
    progress: BTreeMap<TitleId, Option<Progress>>,
}

impl Mine {
    /// How far the viewer got.
    pub fn progress(&self, id: &TitleId) -> Option<&Progress> {
        self.progress.get(id)?.as_ref()
    }
}

impl Draft<'_> {
    /// Keeps a card; lists hold what comes back. A card that is known as it is costs nobody anything.
    pub fn keep_title(&mut self, card: TitleCard) -> TitleId {
        let id = card.id.clone();
        if self.titles.get(&id).is_none_or(|known| **known != card) {
            self.titles_mut().0.insert(id.clone(), Arc::new(card));
        }
        id
    }

    pub fn keep_titles(&mut self, cards: Vec<TitleCard>) -> Vec<TitleId> {
        cards.into_iter().map(|card| self.keep_title(card)).collect()
    }

    /// Notes how far the viewer got, or that nothing is to be resumed.
    pub fn keep_progress(&mut self, id: &TitleId, progress: Option<Progress>) {
        if self.mine.progress(id) == progress.as_ref() {
            return;
        }
        self.mine_mut().progress.insert(id.clone(), progress);
    }
}
