//! Toasts with Undo, and what screen readers are told.

use contract::Problem;

use super::mutations;
use crate::store::{Action, Effect, draft::Draft, effect::Timer, message::Message, mutations::Change, state::Toast};

/// How long a toast stays; long enough to read it and reach Undo.
const TOAST_MILLISECONDS: u32 = 7_000;

/// Shows a toast, and lets it go after a while.
pub fn toast(state: &mut Draft<'_>, message: Message, undo: Option<Change>) -> Vec<Effect> {
    let notices = state.notices_mut();
    let id = notices.next_toast;
    notices.next_toast += 1;
    notices.toasts.push(Toast { id, message, undo });
    vec![Effect::After { timer: Timer::Toast(id), milliseconds: TOAST_MILLISECONDS, action: Box::new(Action::ToastDue { id }) }]
}

/// Says in a toast that something could not be done.
pub fn failed(state: &mut Draft<'_>, problem: &Problem) -> Vec<Effect> {
    toast(state, Message::Problem(problem.clone()), None)
}

/// A toast ran out or was closed.
pub fn toast_gone(state: &mut Draft<'_>, id: u64) -> Vec<Effect> {
    take(state, id);
    Vec::new()
}

pub fn undo(state: &mut Draft<'_>, id: u64, now: u64) -> Vec<Effect> {
    let inverse = take(state, id).and_then(|toast| toast.undo);
    inverse.map_or_else(Vec::new, |inverse| mutations::change(state, inverse, now))
}

pub fn announced(state: &mut Draft<'_>, message: Message) -> Vec<Effect> {
    state.notices_mut().announcement = Some(message);
    Vec::new()
}

fn take(state: &mut Draft<'_>, id: u64) -> Option<Toast> {
    let at = state.notices.toasts.iter().position(|toast| toast.id == id)?;
    Some(state.notices_mut().toasts.remove(at))
}
