//! What the log of changes does, as scripts of actions.

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
    assert_eq!(effects[..2], [Effect::Discard { id }, Effect::Discard { id: id + 1 }]);
    assert!(state.mutations.is_empty());
    let said: Vec<_> = state.notices.toasts.iter().map(|toast| (toast.message.clone(), toast.undo.clone())).collect();
    assert_eq!(said, [(Message::Text(NOT_THEIRS.to_owned()), None)], "that it was done is said no more");
    assert_eq!(answer(&mut state, id + 1, Err(Problem::new(Code::ViewerChanged))), [], "nor that it was not, twice");
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
