//! The title page: facts, what is like it, how far the viewer got.

use contract::{
    catalog::{Title, TitleCard},
    ids::TitleId,
    playback::ProgressReport,
};

use crate::store::{Effect, action::Response, draft::Draft};

pub fn answered(state: &mut Draft<'_>, id: &TitleId, answer: Response<Title>) -> Vec<Effect> {
    state.title_mut().title.answer(id, answer);
    Vec::new()
}

pub fn similar_answered(state: &mut Draft<'_>, id: &TitleId, answer: Response<Vec<TitleCard>>) -> Vec<Effect> {
    state.title_mut().similar.answer(id, answer);
    Vec::new()
}

/// Without an answer the page offers Play instead of Resume, which is no failure worth a word.
pub fn progress_answered(state: &mut Draft<'_>, id: &TitleId, answer: Response<ProgressReport>) -> Vec<Effect> {
    state.title_mut().progress.answer(id, answer);
    Vec::new()
}
