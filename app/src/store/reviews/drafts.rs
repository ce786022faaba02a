//! Reviews that were begun and not saved: kept a title for as long as the page lives and the same profile watches, so that whoever
//! goes elsewhere and comes back goes on writing.

use std::collections::BTreeMap;

use contract::ids::TitleId;
use serde::{Deserialize, Serialize};

/// What stands in the fields of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDraft {
    pub text: String,
    pub has_spoilers: bool,
    /// BCP 47; empty where none is chosen.
    pub language: String,
    /// What the review is to be shown under.
    pub name: String,
}

/// The drafts of one profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafts {
    /// Whose they are; nothing while it is not known.
    viewer: Option<String>,
    kept: BTreeMap<TitleId, ReviewDraft>,
}

impl Drafts {
    /// `viewer` watches. What somebody else began is nothing for them.
    pub fn belong_to(&mut self, viewer: String) {
        if self.viewer.as_ref().is_some_and(|known| *known != viewer) {
            self.kept.clear();
        }
        self.viewer = Some(viewer);
    }

    pub fn keep(&mut self, id: TitleId, draft: ReviewDraft) {
        self.kept.insert(id, draft);
    }

    pub fn discard(&mut self, id: &TitleId) {
        self.kept.remove(id);
    }

    pub fn of(&self, id: &TitleId) -> Option<&ReviewDraft> {
        self.kept.get(id)
    }
}
