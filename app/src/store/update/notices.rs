//! Toasts with Undo, and what screen readers are told.

use contract::{Problem, device::DeviceClass};

use super::{mutations, settings};
use crate::store::{
    Action, Effect,
    draft::Draft,
    effect::Timer,
    message::Message,
    state::{Announcement, Toast, Undo},
};

/// How long a toast stays; long enough to read it and reach Undo.
const TOAST_MILLISECONDS: u32 = 7_000;
/// The same under a remote control, whose way there is longer.
const TOAST_MILLISECONDS_TV: u32 = 15_000;

/// Toasts that there are at once; more would cover what the viewer is at.
const MOST: usize = 2;

/// Shows a toast, and lets it go after a while. Where there are enough, the oldest goes: of those first that say what was done, which
/// the screen shows as well. The one that the viewer may be at stays.
pub fn toast(state: &mut Draft<'_>, message: Message, undo: Option<Undo>) -> Vec<Effect> {
    let notices = state.notices_mut();
    let id = notices.next_toast;
    notices.next_toast += 1;
    while notices.toasts.len() >= MOST && !notices.is_held {
        let oldest = notices.toasts.iter().position(|toast| toast.undo.is_some()).unwrap_or(0);
        notices.toasts.remove(oldest);
    }
    notices.toasts.push(Toast { id, message, undo });
    vec![lets_go(state, id)]
}

/// Says in a toast that something could not be done.
pub fn failed(state: &mut Draft<'_>, problem: &Problem) -> Vec<Effect> {
    toast(state, Message::Problem(problem.clone()), None)
}

/// The time of a toast is over; one that the viewer is at stays, and is looked at again.
pub fn toast_due(state: &mut Draft<'_>, id: u64) -> Vec<Effect> {
    if !state.notices.is_held {
        return toast_gone(state, id);
    }
    let is_there = state.notices.toasts.iter().any(|toast| toast.id == id);
    is_there.then(|| lets_go(state, id)).into_iter().collect()
}

fn lets_go(state: &Draft<'_>, id: u64) -> Effect {
    let is_tv = state.device.profile.class == DeviceClass::Tv;
    let milliseconds = if is_tv { TOAST_MILLISECONDS_TV } else { TOAST_MILLISECONDS };
    Effect::After { timer: Timer::Toast(id), milliseconds, action: Box::new(Action::ToastDue { id }) }
}

pub fn toasts_held(state: &mut Draft<'_>, is_held: bool) -> Vec<Effect> {
    state.notices_mut().is_held = is_held;
    Vec::new()
}

/// A toast ran out or was closed.
pub fn toast_gone(state: &mut Draft<'_>, id: u64) -> Vec<Effect> {
    take(state, id);
    Vec::new()
}

pub fn undo(state: &mut Draft<'_>, id: u64, now: u64) -> Vec<Effect> {
    match take(state, id).and_then(|toast| toast.undo) {
        Some(Undo::Change(inverse)) => mutations::change(state, inverse, now),
        Some(Undo::ShowRow(key)) => settings::row_shown(state, &key, None),
        None => Vec::new(),
    }
}

/// Says that what is changed is sent later: once, however much it is.
pub fn changed_later(state: &mut Draft<'_>) -> Vec<Effect> {
    network_is_back(state);
    toast(state, Message::ChangedLater, None)
}

/// That changes wait for a network is over, at once and not when its time is.
pub fn network_is_back(state: &mut Draft<'_>) {
    if state.notices.toasts.iter().any(|toast| toast.message == Message::ChangedLater) {
        state.notices_mut().toasts.retain(|toast| toast.message != Message::ChangedLater);
    }
}

/// Screen readers read what changed: the same words once more are told apart.
pub fn announced(state: &mut Draft<'_>, message: Message) -> Vec<Effect> {
    let notices = state.notices_mut();
    let before = notices.announcement.as_ref();
    let is_again = before.is_some_and(|before| before.message == message && !before.is_again);
    notices.announcement = Some(Announcement { message, is_again });
    Vec::new()
}

fn take(state: &mut Draft<'_>, id: u64) -> Option<Toast> {
    let at = state.notices.toasts.iter().position(|toast| toast.id == id)?;
    let notices = state.notices_mut();
    // Nobody says that they left what is gone under them.
    notices.is_held = false;
    Some(notices.toasts.remove(at))
}

#[cfg(test)]
mod tests {
    use contract::Code;

    use super::*;
    use crate::store::{
        State,
        update::tests::{begun, update},
    };

    #[test]
    fn the_same_words_are_read_out_again() {
        let mut state = State::default();
        let mut said = Vec::new();
        for _ in 0..3 {
            update(&mut state, Action::ScreenNamed("Browse".into()));
            said.push(state.notices.announcement.clone().unwrap());
        }
        assert!(said[0] != said[1] && said[1] != said[2], "{said:?}");
        assert!(said.iter().all(|said| said.message == Message::Screen("Browse".into())), "{said:?}");
    }

    #[test]
    fn a_toast_stays_longer_where_it_is_reached_by_a_remote_control() {
        let stays = |class| {
            let mut state = State::default();
            state.device.profile.class = class;
            let effects = update(&mut state, Action::Noted { text: "Done.".into() });
            let [Effect::After { milliseconds, .. }] = effects.as_slice() else { panic!("{effects:?}") };
            *milliseconds
        };
        assert!(stays(DeviceClass::Tv) >= 2 * stays(DeviceClass::Desktop));
    }

    #[test]
    fn a_toast_that_the_viewer_is_at_stays_until_they_leave_it() {
        let mut state = State::default();
        let shown = update(&mut state, Action::Noted { text: "Done.".into() });
        update(&mut state, Action::ToastsHeld { is_held: true });
        assert_eq!(update(&mut state, Action::ToastDue { id: 0 }), shown, "its time begins anew");
        assert_eq!(state.notices.toasts.len(), 1);
        update(&mut state, Action::ToastsHeld { is_held: false });
        assert_eq!(update(&mut state, Action::ToastDue { id: 0 }), []);
        assert_eq!(state.notices.toasts, []);
        update(&mut state, Action::ToastsHeld { is_held: true });
        assert_eq!(update(&mut state, Action::ToastDue { id: 0 }), [], "one that was closed meanwhile");
    }

    #[test]
    fn of_several_toasts_two_are_there_and_what_was_done_goes_before_what_was_not() {
        let mut state = begun();
        let texts = |state: &State| state.notices.toasts.iter().map(|toast| toast.id).collect::<Vec<_>>();
        update(&mut state, Action::Noted { text: "It failed.".into() });
        for id in ["a", "b"] {
            update(&mut state, Action::ForgetWanted { id: id.parse().unwrap(), now: 1 });
        }
        assert_eq!(texts(&state), [0, 2]);
        update(&mut state, Action::ToastsHeld { is_held: true });
        update(&mut state, Action::Noted { text: "Done.".into() });
        assert_eq!(texts(&state), [0, 2, 3], "nothing is taken from whoever is at it");
    }

    #[test]
    fn that_changes_wait_is_said_no_longer_than_it_is_so() {
        let mut state = begun();
        update(&mut state, Action::ForgetWanted { id: "a".parse().unwrap(), now: 1 });
        update(&mut state, Action::MutationAnswered { id: 1, answer: Err(Problem::new(Code::Unreachable)) });
        let waits = |state: &State| state.notices.toasts.iter().any(|toast| toast.message == Message::ChangedLater);
        assert!(waits(&state));
        let before = state.notices.toasts.len();
        update(&mut state, Action::ChangedLater);
        assert_eq!(state.notices.toasts.len(), before, "one message, whatever waits");
        assert!(waits(&state));
        update(&mut state, Action::CameOnline);
        assert!(!waits(&state));
    }
}
