//! Toasts with Undo, and what screen readers are told.

use contract::Problem;

use super::home;
use crate::store::{
    Action, Effect, State,
    effect::Timer,
    state::{Toast, Undo},
};

/// How long a toast stays; long enough to read it and reach Undo.
const TOAST_MILLISECONDS: u32 = 7_000;

/// Shows a toast, and lets it go after a while.
pub fn toast(state: &mut State, text: String, undo: Option<Undo>) -> Vec<Effect> {
    let id = state.notices.next_toast;
    state.notices.next_toast += 1;
    state.notices.toasts.push(Toast { id, text, undo });
    vec![Effect::After { timer: Timer::Toast(id), milliseconds: TOAST_MILLISECONDS, action: Box::new(Action::ToastDue { id }) }]
}

/// Says in a toast that something could not be done.
pub fn failed(state: &mut State, problem: &Problem) -> Vec<Effect> {
    let text = problem.detail.clone().unwrap_or_else(|| problem.title.clone());
    toast(state, text, None)
}

/// A toast ran out or was closed: what it could have undone is done for good.
pub fn toast_gone(state: &mut State, id: u64) -> Vec<Effect> {
    match take(state, id).and_then(|toast| toast.undo) {
        Some(Undo::Forget(item)) => vec![home::forget_for_good(&item)],
        None => Vec::new(),
    }
}

pub fn undo(state: &mut State, id: u64) -> Vec<Effect> {
    match take(state, id).and_then(|toast| toast.undo) {
        Some(Undo::Forget(item)) => home::restore(state, *item),
        None => {}
    }
    Vec::new()
}

pub fn announced(state: &mut State, text: String) -> Vec<Effect> {
    state.notices.announcement = text;
    Vec::new()
}

fn take(state: &mut State, id: u64) -> Option<Toast> {
    let at = state.notices.toasts.iter().position(|toast| toast.id == id)?;
    Some(state.notices.toasts.remove(at))
}
