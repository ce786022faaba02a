//! Changes on their way to the server: at once on the screen, then confirmed, taken back, or kept until there is a network.

use contract::{
    Code, Problem,
    identity::GetWatcher,
    ids::TitleId,
    playback::{ListContinueWatching, Progress},
};

use super::notices;
use crate::store::{
    Action, Effect, Request,
    action::Response,
    draft::Draft,
    effect::Timer,
    message::Message,
    mutations::{Begun, Change, Mutation, Mutations},
    resource::may_pass,
    state::Undo,
};

/// Until a change that did not arrive is sent again: doubled each time, up to some minutes.
const AGAIN_MILLISECONDS: u32 = 2_000;
const DOUBLINGS: u32 = 7;

/// Makes a change: on the screen at once, and on the server after those of the same title that are under way.
pub fn change(state: &mut Draft<'_>, change: Change, now: u64) -> Vec<Effect> {
    apply(state, &change);
    let mutation = state.mutations_mut().add(change, now);
    let mut effects = vec![Effect::Keep { viewer: state.viewer.clone(), mutation }];
    effects.extend(send(state));
    if state.viewer.is_none() {
        // Of a guest who was new as their page was rendered: known once they are, it is kept under their name.
        effects.push(Effect::Send(Request::Watcher(GetWatcher {})));
    }
    effects
}

fn send(state: &mut Draft<'_>) -> Vec<Effect> {
    let viewer = state.viewer.clone();
    let due = state.mutations_mut().send_next().into_iter();
    due.map(|mutation| Effect::Send(Request::Mutate { mutation, viewer: viewer.clone() })).collect()
}

/// One that was refused is taken back, and nothing is left of it to be undone. One that did not arrive is sent again.
pub fn answered(state: &mut Draft<'_>, id: u64, answer: Response<()>) -> Vec<Effect> {
    match answer {
        // Nothing of this page is theirs who watch now.
        Err(problem) if problem.code == Code::ViewerChanged => forget(state),
        Err(problem) if may_pass(&problem) => delay(state, id),
        Err(problem) => refused(state, id, problem),
        Ok(()) => {
            state.mutations_mut().failures = 0;
            notices::network_is_back(state);
            let is_library = state.mutations_mut().take(id).is_some_and(|mutation| mutation.change.begun().is_none());
            done(state, id, is_library)
        }
    }
}

/// What is left of the log is sent, and the list that was asked for before is out of date, unless the change was the library's: this
/// ends it where it is still on its way.
fn done(state: &mut Draft<'_>, id: u64, is_library: bool) -> Vec<Effect> {
    let mut effects = vec![Effect::Discard { id }];
    effects.extend(send(state));
    if is_library {
        return effects;
    }
    state.continue_watching_mut().refresh(());
    effects.push(Effect::Send(Request::Continue(ListContinueWatching {})));
    effects
}

/// Of the library the problem itself says what could not be done, in its own code's words.
fn refused(state: &mut Draft<'_>, id: u64, problem: Problem) -> Vec<Effect> {
    let Some(Mutation { change, .. }) = state.mutations_mut().take(id) else { return Vec::new() };
    let is_library = change.begun().is_none();
    let message = if is_library { Message::Problem(problem) } else { Message::NotChanged(change.clone()) };
    let inverse = change.inverse(id);
    let title = inverse.begun().map(|begun| &begun.id);
    if state.mutations.changes().all(|other| other.begun().map(|begun| &begun.id) != title) {
        apply(state, &inverse);
    }
    let undo = Some(Undo::Change(inverse));
    state.notices_mut().toasts.retain(|toast| toast.undo != undo);
    let mut effects = notices::toast(state, message, None);
    effects.extend(done(state, id, is_library));
    effects
}

fn delay(state: &mut Draft<'_>, id: u64) -> Vec<Effect> {
    let mutations = state.mutations_mut();
    mutations.keep(id);
    let milliseconds = AGAIN_MILLISECONDS << mutations.failures.min(DOUBLINGS);
    let is_first = mutations.failures == 0;
    mutations.failures += 1;
    let mut effects = vec![Effect::After { timer: Timer::Mutations, milliseconds, action: Box::new(Action::MutationsDue) }];
    if is_first {
        effects.extend(notices::changed_later(state));
    }
    effects
}

/// Time to send again what did not arrive, or a network to do it.
pub fn due(state: &mut Draft<'_>) -> Vec<Effect> {
    if state.mutations.is_empty() { Vec::new() } else { send(state) }
}

/// What earlier pages kept was read, each with whose it is. What is nobody's, or another viewer's, is never sent.
pub fn kept(state: &mut Draft<'_>, kept: Vec<(Option<String>, Mutation)>, now: u64) -> Vec<Effect> {
    if kept.is_empty() {
        return Vec::new();
    }
    let Some(viewer) = state.viewer.clone() else {
        // Who watches is not known yet: asked first, and read again then.
        return vec![Effect::Send(Request::Watcher(GetWatcher {}))];
    };
    // A guest's browser is known only once it was given a profile: what was kept before is theirs.
    let is_guest = state.watcher.is_none();
    let is_own = |whose: &Option<String>| whose.as_ref().map_or(is_guest, |whose| *whose == viewer);
    let (own, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(whose, _)| is_own(whose));
    let mut effects: Vec<Effect> = others.into_iter().map(|(_, other)| Effect::Discard { id: other.id }).collect();
    let own: Vec<Mutation> = own.into_iter().map(|(_, mutation)| mutation).collect();
    let ids: Vec<u64> = own.iter().map(|mutation| mutation.id).collect();
    let old = state.mutations_mut().restore(own, now);
    if old > 0 {
        let pending = state.mutations.all();
        let is_old = |id: &u64| pending.iter().all(|mutation| mutation.id != *id);
        effects.extend(ids.into_iter().filter(is_old).map(|id| Effect::Discard { id }));
        effects.extend(notices::toast(state, Message::ChangesTooOld(old), None));
    }
    relay(state);
    effects.extend(send(state));
    effects
}

/// Who watches became known: what was changed before is kept under their name, and what was kept is read.
pub fn viewer_known(state: &mut Draft<'_>) -> Vec<Effect> {
    let keep = |mutation| Effect::Keep { viewer: state.viewer.clone(), mutation };
    let mut effects: Vec<Effect> = state.mutations.all().into_iter().map(keep).collect();
    effects.push(Effect::ReadKept);
    effects
}

/// Somebody else watches from now on: nothing of what is under way is theirs.
pub fn forget(state: &mut Draft<'_>) -> Vec<Effect> {
    let effects = state.mutations.all().into_iter().map(|mutation| Effect::Discard { id: mutation.id }).collect();
    *state.mutations_mut() = Mutations::default();
    effects
}

/// Lays everything under way over what the server said of "Continue watching".
pub fn lay_over(state: &mut Draft<'_>, titles: &mut Vec<TitleId>) {
    let changes: Vec<Change> = state.mutations.changes().cloned().collect();
    for change in changes {
        let Some(begun) = change.begun() else { continue };
        state.keep_progress(&begun.id, change.progress());
        list_with(state, &change, begun, titles);
    }
}

/// What the server said of one title, with everything under way.
pub fn progress_with(state: &Draft<'_>, id: &TitleId, progress: Option<Progress>) -> Option<Progress> {
    let last = state.mutations.changes().rfind(|change| change.begun().is_some_and(|begun| begun.id == *id));
    last.map_or(progress, Change::progress)
}

fn relay(state: &mut Draft<'_>) {
    if let Some(mut titles) = state.continue_watching.ready().cloned() {
        lay_over(state, &mut titles);
        if let Some(list) = state.continue_watching_mut().ready_mut() {
            *list = titles;
        }
    }
}

/// What the library's change changes, its slice shows from the log.
fn apply(state: &mut Draft<'_>, change: &Change) {
    let Some(begun) = change.begun() else { return };
    state.keep_progress(&begun.id, change.progress());
    if let Some(mut titles) = state.continue_watching.ready().cloned() {
        list_with(state, change, begun, &mut titles);
        if let Some(list) = state.continue_watching_mut().ready_mut() {
            *list = titles;
        }
    }
}

fn list_with(state: &Draft<'_>, change: &Change, begun: &Begun, titles: &mut Vec<TitleId>) {
    titles.retain(|id| *id != begun.id);
    // Of a title that nobody showed to this page there is no card to stand there.
    if change.progress().is_some() && state.titles.get(&begun.id).is_some() {
        titles.insert(begun.place.min(titles.len()), begun.id.clone());
    }
}

#[cfg(test)]
mod tests {
    use contract::identity::{Watcher, Watching};

    use super::*;
    use crate::{
        route::Route,
        store::{
            State,
            update::tests::{begun, continue_item, update},
        },
    };

    const NOW: u64 = 1_800_000_000_000;
    const DAY: u64 = 24 * 60 * 60 * 1_000;

    fn forget(id: &str) -> Action {
        Action::ForgetWanted { id: id.parse().unwrap(), now: NOW }
    }

    fn ids(state: &State) -> Vec<&str> {
        state.continue_watching.ready().unwrap().iter().map(TitleId::as_str).collect()
    }

    fn sent(effects: &[Effect]) -> Vec<&Mutation> {
        let sent = |effect| if let &Effect::Send(Request::Mutate { ref mutation, .. }) = effect { Some(mutation) } else { None };
        effects.iter().filter_map(sent).collect()
    }

    fn answer(state: &mut State, id: u64, answer: Response<()>) -> Vec<Effect> {
        update(state, Action::MutationAnswered { id, answer })
    }

    fn away() -> Response<()> {
        Err(Problem::new(Code::Unreachable))
    }

    fn known(state: &mut State, viewer: &str) -> Vec<Effect> {
        let watching = Watching { viewer: Some(viewer.to_owned()), ..Watching::default() };
        update(state, Action::WatcherAnswered(Ok(watching)))
    }

    #[test]
    fn a_title_is_forgotten_at_once_on_the_screen_and_on_the_server_and_kept_until_that_is_confirmed() {
        let mut state = begun();
        let effects = update(&mut state, forget("a"));
        assert!(matches!(sent(&effects).as_slice(), [Mutation { change: Change::Forget { .. }, .. }]), "{effects:?}");
        let id = sent(&effects)[0].id;
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Keep { mutation, .. } if mutation.id == id)));
        assert_eq!(ids(&state), ["b"]);
        // The server has not done it yet.
        update(&mut state, Action::Opened(Route::Home));
        update(&mut state, Action::ContinueAnswered(Ok(vec![continue_item("a"), continue_item("b")])));
        assert_eq!(ids(&state), ["b"]);
        let film: TitleId = "a".parse().unwrap();
        let report = contract::playback::ProgressReport { progress: Some(continue_item("a").progress) };
        update(&mut state, Action::ProgressAnswered { id: film.clone(), answer: Ok(report) });
        assert_eq!(state.mine.progress(&film), None, "on the title's page as well");
        assert!(answer(&mut state, id, Ok(())).contains(&Effect::Discard { id }));
    }

    #[test]
    fn undo_brings_the_title_back_to_its_place_on_the_screen_and_then_on_the_server() {
        let mut state = begun();
        let effects = update(&mut state, forget("b"));
        let forgotten = sent(&effects)[0].id;
        let toast = state.notices.toasts[0].id;
        let effects = update(&mut state, Action::UndoWanted { id: toast, now: NOW });
        assert_eq!((sent(&effects), ids(&state)), (vec![], vec!["a", "b"]), "after what is under way");
        let effects = answer(&mut state, forgotten, Ok(()));
        let restored = sent(&effects)[0].clone();
        assert!(matches!(restored.change, Change::Restore(..)));
        assert!(restored.id > forgotten, "an order, also within a millisecond");
        let effects = answer(&mut state, restored.id, Ok(()));
        let asked = Effect::Send(Request::Continue(ListContinueWatching {}));
        assert_eq!(effects, [Effect::Discard { id: restored.id }, asked], "what was asked before is out of date");
        assert_eq!(ids(&state), ["a", "b"]);
        assert_eq!(update(&mut state, Action::ToastDue { id: toast }), []);
    }

    #[test]
    fn what_the_server_refuses_is_taken_back_in_words() {
        let mut state = begun();
        let effects = update(&mut state, forget("a"));
        let id = sent(&effects)[0].id;
        let effects = answer(&mut state, id, Err(Problem::new(Code::NotAllowed)));
        assert!(effects.contains(&Effect::Discard { id }));
        assert_eq!(ids(&state), ["a", "b"]);
        assert!(state.mine.progress(&"a".parse().unwrap()).is_some());
        let toasts = &state.notices.toasts;
        assert!(matches!(toasts.as_slice(), [toast] if matches!(toast.message, Message::NotChanged(_)) && toast.undo.is_none()));
    }

    #[test]
    fn what_is_marked_as_watched_is_nowhere_to_be_resumed_and_comes_back_by_undo() {
        let mut state = begun();
        let effects = update(&mut state, Action::FinishWanted { id: "a".parse().unwrap(), now: NOW });
        assert!(matches!(sent(&effects)[0].change, Change::Finish(_)));
        assert_eq!((ids(&state), state.mine.progress(&"a".parse().unwrap())), (vec!["b"], None));
        let toast = state.notices.toasts[0].id;
        update(&mut state, Action::UndoWanted { id: toast, now: NOW });
        assert_eq!(ids(&state), ["a", "b"]);
    }

    #[test]
    fn three_changes_made_without_a_network_are_sent_in_their_order_when_it_is_back_and_once() {
        let mut state = begun();
        let first = sent(&update(&mut state, forget("a")))[0].id;
        let effects = answer(&mut state, first, away());
        let pause = |effects: &[Effect]| {
            let pause = |effect| {
                if let &Effect::After { timer: Timer::Mutations, milliseconds, .. } = effect { Some(milliseconds) } else { None }
            };
            effects.iter().find_map(pause)
        };
        assert_eq!(pause(&effects), Some(2_000));
        assert!(matches!(state.notices.toasts.last().unwrap().message, Message::ChangedLater));
        let undo = state.notices.toasts[0].id;
        let effects = update(&mut state, Action::UndoWanted { id: undo, now: NOW });
        // A change of the same title waits for the one before it, which is tried again.
        assert_eq!(sent(&effects).iter().map(|mutation| mutation.id).collect::<Vec<_>>(), [first]);
        let second = sent(&update(&mut state, forget("b")))[0].id;
        let toasts = state.notices.toasts.len();
        assert_eq!(pause(&answer(&mut state, first, away())), Some(4_000));
        answer(&mut state, second, away());
        assert_eq!((ids(&state), state.notices.toasts.len()), (vec!["a"], toasts), "it is said once");

        let effects = update(&mut state, Action::CameOnline);
        assert_eq!(sent(&effects).iter().map(|mutation| mutation.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!(sent(&update(&mut state, Action::CameOnline)), Vec::<&Mutation>::new(), "they are on their way");
        let effects = answer(&mut state, first, Ok(()));
        let restored = sent(&effects)[0].id;
        answer(&mut state, restored, Ok(()));
        answer(&mut state, second, Ok(()));
        assert!(state.mutations.is_empty());
        assert_eq!(ids(&state), ["a"]);
    }

    /// A change as an earlier page kept it.
    fn kept(viewer: Option<&str>, id: u64, title: &str) -> (Option<String>, Mutation) {
        let progress = continue_item(title).progress;
        let begun = Begun { id: title.parse().unwrap(), name: title.to_owned(), progress, place: 0 };
        (viewer.map(str::to_owned), Mutation { id, change: Change::Forget(begun) })
    }

    #[test]
    fn what_an_earlier_page_kept_is_sent_by_the_next_for_the_same_viewer_alone() {
        let mut state = begun();
        let all = vec![kept(Some("ada"), NOW - 5, "a"), kept(Some("bob"), NOW - 4, "b"), kept(None, NOW - 3, "b")];
        let read = || Action::KeptRead { kept: all.clone(), now: NOW };
        let effects = update(&mut state, read());
        assert_eq!(effects, [Effect::Send(Request::Watcher(GetWatcher {}))], "who watches is asked first");
        assert!(known(&mut state, "ada").contains(&Effect::ReadKept));
        state.watcher = Some(Watcher::default());
        let effects = update(&mut state, read());
        assert!(effects.contains(&Effect::Discard { id: NOW - 4 }) && effects.contains(&Effect::Discard { id: NOW - 3 }));
        let [Effect::Send(Request::Mutate { mutation, viewer })] = &effects[2..] else { panic!("{effects:?}") };
        assert_eq!((mutation.id, viewer.as_deref(), mutation.milliseconds_ago(NOW + 60_000)), (NOW - 5, Some("ada"), 60_005));
        assert_eq!(ids(&state), ["b"], "and laid over what is on the screen");
        assert_eq!(update(&mut state, read()).len(), 2, "it is on its way");
    }

    #[test]
    fn what_a_guest_did_before_they_were_known_is_theirs_and_nobody_elses() {
        let mut state = begun();
        known(&mut state, "guest");
        let read = vec![kept(None, NOW - 3, "b")];
        let effects = update(&mut state, Action::KeptRead { kept: read, now: NOW });
        assert!(matches!(effects.as_slice(), [Effect::Send(Request::Mutate { .. })]), "{effects:?}");
    }

    #[test]
    fn what_is_older_than_thirty_days_is_dropped_in_words() {
        let mut state = begun();
        known(&mut state, "ada");
        let old = vec![kept(Some("ada"), NOW - 31 * DAY, "a"), kept(Some("ada"), NOW - 29 * DAY, "b")];
        let effects = update(&mut state, Action::KeptRead { kept: old, now: NOW });
        assert!(effects.contains(&Effect::Discard { id: NOW - 31 * DAY }));
        assert_eq!(sent(&effects).iter().map(|mutation| mutation.id).collect::<Vec<_>>(), [NOW - 29 * DAY]);
        assert!(matches!(state.notices.toasts[0].message, Message::ChangesTooOld(1)));
    }

    #[test]
    fn once_somebody_else_watches_nothing_of_the_log_is_sent_or_kept() {
        let mut state = begun();
        known(&mut state, "ada");
        let id = sent(&update(&mut state, forget("a")))[0].id;
        update(&mut state, forget("b"));
        let effects = answer(&mut state, id, Err(Problem::new(Code::ViewerChanged)));
        assert_eq!(effects, [Effect::Discard { id }, Effect::Discard { id: id + 1 }]);
        assert!(state.mutations.is_empty());
        let mut state = begun();
        let id = sent(&update(&mut state, forget("a")))[0].id;
        let effects = update(&mut state, Action::ViewerChanged { address: "/".to_owned() });
        assert!(effects.contains(&Effect::Discard { id }));
    }

    #[test]
    fn what_was_changed_before_the_viewer_was_known_is_kept_under_their_name_once_they_are() {
        let mut state = begun();
        assert!(matches!(&update(&mut state, forget("a"))[0], Effect::Keep { viewer: None, .. }));
        assert!(matches!(&known(&mut state, "ada")[0], Effect::Keep { viewer: Some(viewer), .. } if viewer == "ada"));
    }
}
