//! The title page: facts, what is like it, how far the viewer got.

use contract::{
    catalog::{Title, TitleCard},
    ids::TitleId,
    playback::ProgressReport,
};

use crate::store::{Effect, State, action::Answer};

pub fn answered(state: &mut State, id: &TitleId, answer: Answer<Title>) -> Vec<Effect> {
    if state.title.id.as_ref() == Some(id) {
        state.title.title = answer.into();
    }
    Vec::new()
}

pub fn similar_answered(state: &mut State, id: &TitleId, answer: Answer<Vec<TitleCard>>) -> Vec<Effect> {
    if state.title.id.as_ref() == Some(id) {
        state.title.similar = answer.into();
    }
    Vec::new()
}

/// Without an answer the page offers Play instead of Resume, which is no failure worth a word.
pub fn progress_answered(state: &mut State, id: &TitleId, answer: Answer<ProgressReport>) -> Vec<Effect> {
    if state.title.id.as_ref() == Some(id) {
        state.title.progress = answer.ok().and_then(|report| report.progress);
    }
    Vec::new()
}
