//! The text that is being written as the document goes: kept in the tab until the same page is there again, after a reload or where
//! the browser let go of a tab that nobody looked at.

use contract::ids::TitleId;
use serde::{Deserialize, Serialize};

use crate::{json, parts::dom, store::reviews::ReviewDraft};

const NAME: &str = "marquee.draft";

#[derive(Serialize, Deserialize)]
struct Entry {
    viewer: String,
    id: TitleId,
    draft: ReviewDraft,
}

pub fn keep(viewer: String, id: TitleId, draft: ReviewDraft) {
    if let Ok(text) = serde_json::to_string(&Entry { viewer, id, draft }) {
        dom::keep_in_tab(NAME, &text);
    }
}

/// What `viewer` was writing about `id`. Whatever is kept goes: what somebody else wrote is for nobody's eyes.
pub fn take(viewer: &str, id: &TitleId) -> Option<ReviewDraft> {
    let entry = dom::take_from_tab(NAME).as_deref().and_then(json::read::<Entry>);
    entry.filter(|entry| entry.viewer == viewer && entry.id == *id).map(|entry| entry.draft)
}

pub fn forget() {
    let _ = dom::take_from_tab(NAME);
}
