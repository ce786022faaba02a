//! The title page: facts, what is like it, how far the viewer got.

use contract::{
    catalog::{Title, TitleCard},
    ids::TitleId,
    playback::ProgressReport,
};

use super::mutations;
use crate::store::{Effect, action::Response, draft::Draft};

pub fn answered(state: &mut Draft<'_>, id: &TitleId, answer: Response<Title>) -> Vec<Effect> {
    if let Ok(title) = &answer {
        state.keep_title(title.card.clone());
    }
    state.title_mut().title.answer(id, answer);
    Vec::new()
}

pub fn similar_answered(state: &mut Draft<'_>, id: &TitleId, answer: Response<Vec<TitleCard>>) -> Vec<Effect> {
    let answer = answer.map(|cards| state.keep_titles(cards));
    state.title_mut().similar.answer(id, answer);
    Vec::new()
}

/// Without an answer the page offers Play instead of Resume, which is no failure worth a word.
pub fn progress_answered(state: &mut Draft<'_>, id: &TitleId, answer: Response<ProgressReport>) -> Vec<Effect> {
    if let Ok(ProgressReport { progress }) = answer {
        let progress = mutations::progress_with(state, id, progress);
        state.keep_progress(id, progress);
    }
    Vec::new()
}
