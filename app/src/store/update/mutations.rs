//! Changes on their way to the server.

use contract::playback::ListContinueWatching;

use super::notices;
use crate::store::{Effect, Request, action::Response, draft::Draft, mutations::Change};

/// Makes a change: on the screen at once, and on the server after those of the same title that are under way.
pub fn change(state: &mut Draft<'_>, change: Change) -> Vec<Effect> {
    if let Some(items) = state.continue_watching_mut().ready_mut() {
        change.apply(items);
    }
    let due = state.mutations_mut().add(change);
    due.map(|mutation| Effect::Send(Request::Mutate(mutation))).into_iter().collect()
}

/// One that was refused is taken back, and nothing is left of it to be undone.
pub fn answered(state: &mut Draft<'_>, id: u64, answer: Response<()>) -> Vec<Effect> {
    let Some((answered, next)) = state.mutations_mut().take(id) else { return Vec::new() };
    let mut effects: Vec<Effect> = next.map(|next| Effect::Send(Request::Mutate(next))).into_iter().collect();
    if answer.is_err() {
        let (text, inverse) = (answered.change.failure(), answered.change.inverse());
        if effects.is_empty()
            && let Some(items) = state.continue_watching_mut().ready_mut()
        {
            inverse.apply(items);
        }
        state.notices_mut().toasts.retain(|toast| toast.undo.as_ref() != Some(&inverse));
        effects.extend(notices::toast(state, text, None));
    }
    // A list that was asked for before is out of date, and this ends it where it is still on its way.
    state.continue_watching_mut().refresh(());
    effects.push(Effect::Send(Request::Continue(ListContinueWatching {})));
    effects
}
