//! Reviews that were begun and not saved: kept a title for as long as the same profile watches, so that whoever goes elsewhere and
//! comes back goes on writing; in the tab over a reload, too.

use std::collections::BTreeMap;

use contract::{
    ids::TitleId,
    reviews::{MyReview, PutReview},
};
use serde::{Deserialize, Serialize};

use crate::{json, parts::dom};

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

impl ReviewDraft {
    /// What is saved of it.
    pub fn review(&self, id: TitleId, half_stars: u8) -> PutReview {
        PutReview {
            id,
            half_stars,
            text: self.text.replace("\r\n", "\n"),
            has_spoilers: self.has_spoilers,
            language: Some(self.language.clone()).filter(|language| !language.is_empty()),
        }
    }

    pub fn shown_as(&self) -> &str {
        self.name.trim()
    }

    /// Whether it says what is stored, which ends where its last line does.
    pub fn is_stored(&self, own: &MyReview) -> bool {
        own.review.as_ref().is_some_and(|stored| {
            self.text.replace("\r\n", "\n").trim_end() == stored.text
                && self.has_spoilers == stored.has_spoilers
                && self.language == stored.language.as_deref().unwrap_or_default()
        }) && self.shown_as() == own.name.as_deref().unwrap_or_default()
    }
}

/// The drafts of one profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafts {
    /// Whose they are; nothing while it is not known.
    viewer: Option<String>,
    kept: BTreeMap<TitleId, ReviewDraft>,
}

impl Drafts {
    /// Those of this viewer that the tab has from an earlier document.
    pub fn in_tab(viewer: String) -> Self {
        let kept = dom::kept_in_tab(&viewer).as_deref().and_then(json::read).unwrap_or_default();
        Self { viewer: Some(viewer), kept }
    }

    /// Lays them up in the tab.
    pub fn keep_in_tab(&self) {
        if let (Some(viewer), Ok(text)) = (&self.viewer, serde_json::to_string(&self.kept)) {
            dom::keep_in_tab(viewer, &text);
        }
    }

    /// Whose they are is known, and what the tab has of theirs. What somebody else began is nothing for them.
    pub fn belong_to(&mut self, in_tab: Self) {
        if self.viewer != in_tab.viewer {
            *self = in_tab;
        }
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
