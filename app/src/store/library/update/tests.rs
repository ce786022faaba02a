//! What is tried of lists, favourites and the history, in the slice and in the log of changes.

mod elsewhere;
mod hidden;
mod membership;
mod nothing_there;
mod taking_back;

use std::sync::Arc;

use contract::{
    Code, Problem,
    ids::TitleId,
    library::{Marks, TitleList},
};

use super::*;
use crate::store::{
    Action as AppAction, Effect as AppEffect, Request as AppRequest, State,
    action::Response,
    library::{
        change::{Between, ListWords, Listed, Named, Pending, pending, tests::*},
        shelf::ShelfItem,
    },
    message::Message,
    mutations::Mutation,
    update::tests::{begun, card, update as update_app},
};

const NOW: u64 = 1_800_000_000_000;

fn id(id: &str) -> TitleId {
    id.parse().unwrap()
}

fn page(ids: &[&str]) -> ShelfPage {
    let items: Vec<ShelfItem> = ids.iter().map(|id| ShelfItem::of(Arc::new(card(id)))).collect();
    ShelfPage { total: u64::try_from(items.len()).unwrap(), items, ..ShelfPage::default() }
}

fn ids(page: &ShelfPage) -> Vec<&str> {
    page.items.iter().map(|item| item.card.id.as_str()).collect()
}

/// With `ids` on the list that is open, and all else answered.
fn open(shelf: &Shelf, ids: &[&str]) -> Library {
    let mut state = Library::default();
    update(&mut state, Action::Opened(shelf.route()));
    update(&mut state, Action::MarksWanted);
    let marks = Marks { watchlist: ids.iter().map(|text| id(text)).collect(), ..Marks::default() };
    update(&mut state, Action::MarksAnswered(Ok(marks.into())));
    update(&mut state, Action::ListsAnswered { title: None, answer: Ok(vec![my_list(ids.len())]) });
    update(&mut state, Action::PageAnswered { asked: shelf.clone(), answer: Ok(page(ids)) });
    state
}

fn my_list(count: usize) -> TitleList {
    let (name, count) = ("My list".into(), u64::try_from(count).unwrap());
    TitleList {
        id: ListId::watchlist(),
        name,
        note: String::new(),
        is_shared: false,
        is_own: true,
        shared_by: None,
        count,
        has_title: None,
    }
}

fn under_way(changes: &[LibraryChange]) -> Vec<Pending> {
    changes.iter().cloned().map(Pending::Library).collect()
}

fn wanted(change: LibraryChange) -> AppAction {
    AppAction::LibraryChangeWanted { entry: change.entry(), now: NOW }
}

fn sent(effects: &[AppEffect]) -> Vec<u64> {
    let sent =
        |effect| if let &AppEffect::Send(AppRequest::Mutate { ref mutation, .. }) = effect { Some(mutation.id) } else { None };
    effects.iter().filter_map(sent).collect()
}

fn answered(state: &mut State, id: u64, answer: Response<()>) -> Vec<AppEffect> {
    update_app(state, AppAction::MutationAnswered { id, answer })
}

#[test]
fn a_change_is_shown_while_it_is_under_way_and_nothing_jumps_as_it_is_confirmed() {
    let lists = [Shelf::my_list(), Shelf::Favourites, Shelf::History];
    for shelf in lists {
        for change in every_change() {
            let mut state = open(&shelf, &["a", "b", "c"]);
            if shelf == Shelf::History {
                state.page.ready_mut().unwrap().items.iter_mut().for_each(|item| item.dates = vec![7, 3]);
            }
            update(&mut state, Action::SettingsAnswered(Ok(HistorySettings { is_kept: true })));
            let pending = under_way(std::slice::from_ref(&change));
            let shown = |state: &Library, pending: &[Pending]| {
                let page = state.page_with(pending).unwrap();
                (page, state.lists_with(pending), state.marks_of(&id("a"), pending), state.keeps_history(pending))
            };
            let before = shown(&state, &pending);
            update(&mut state, Action::Confirmed(change.clone()));
            assert_eq!(shown(&state, &[]), before, "{change:?} on {shelf:?}");
            // Told once more, by a change that was sent again, it is the same.
            let is_count = matches!(change, LibraryChange::Add(_) | LibraryChange::Remove(_));
            update(&mut state, Action::Confirmed(change.clone()));
            if !is_count {
                assert_eq!(shown(&state, &[]), before, "{change:?} twice on {shelf:?}");
            }
        }
    }
}

#[test]
fn what_is_taken_off_comes_back_to_its_place() {
    let mut state = open(&Shelf::my_list(), &["a", "b", "c"]);
    state.page.ready_mut().unwrap().items[1].note = "With Kim.".to_owned();
    let taken = state.listed(ListId::watchlist(), "My list", listed("b").title);
    assert_eq!(taken.between, Some(Between { before: Some(id("a")), behind: Some(id("c")) }));
    let other = state.listed("sunday".parse().unwrap(), "Sunday", listed("b").title);
    assert_eq!((other.between, other.note.as_str()), (None, ""), "of another list nothing is known");
    let remove = LibraryChange::Remove(taken);
    let mut log = vec![remove.clone()];
    assert_eq!(ids(&state.page_with(&under_way(&log)).unwrap()), ["a", "c"]);
    log.push(remove.inverse().unwrap());
    let page = state.page_with(&under_way(&log)).unwrap();
    assert_eq!((ids(&page), page.total), (vec!["a", "b", "c"], 3));
    assert_eq!(page.items[1].note, "With Kim.", "and what is noted of it");
}

#[test]
fn a_title_moves_to_between_two_others_and_back() {
    let state = open(&Shelf::my_list(), &["a", "b", "c"]);
    let to = Between { before: Some(id("c")), behind: None };
    let from = Between { before: None, behind: Some(id("b")) };
    let change = LibraryChange::Move { listed: Listed { between: Some(to), ..listed("a") }, from };
    assert_eq!(ids(&state.page_with(&under_way(std::slice::from_ref(&change))).unwrap()), ["b", "c", "a"]);
    let both = [change.clone(), change.inverse().unwrap()];
    assert_eq!(ids(&state.page_with(&under_way(&both)).unwrap()), ["a", "b", "c"]);
}

#[test]
fn three_changes_made_without_a_network_are_sent_one_after_the_other_in_their_order_and_each_once() {
    let mut state = begun();
    let changes = [LibraryChange::Add(listed("a")), LibraryChange::Add(listed("b")), LibraryChange::AddFavourite(title("a"))];
    let mut first = Vec::new();
    for change in changes.clone() {
        first.extend(sent(&update_app(&mut state, wanted(change))));
    }
    assert_eq!(first.len(), 1, "the others wait for the first: what was added last stands on top");
    answered(&mut state, first[0], Err(Problem::new(Code::Unreachable)));
    let all: Vec<u64> = state.mutations.all().iter().map(|mutation| mutation.id).collect();

    // The tab was closed: the next page has what was kept, and sends it.
    let kept: Vec<(Option<String>, Mutation)> = state.mutations.all().into_iter().rev().map(|kept| (None, kept)).collect();
    let mut next = State::default();
    update_app(
        &mut next,
        AppAction::WatcherAnswered(Ok(contract::identity::Watching {
            viewer: Some("guest".to_owned()),
            ..contract::identity::Watching::default()
        })),
    );
    let mut due = sent(&update_app(&mut next, AppAction::KeptRead { kept, now: NOW }));
    let shown: Vec<Pending> = changes.map(Pending::Library).to_vec();
    assert_eq!(pending(&next.mutations), shown, "and shows it in the order in which it was made");
    let mut order = Vec::new();
    while let [id] = due[..] {
        order.push(id);
        due = sent(&answered(&mut next, id, Ok(())));
    }
    assert_eq!(order, all);
    assert!(next.mutations.is_empty());
}

#[test]
fn a_change_that_is_refused_is_gone_says_why_and_leaves_nothing_to_be_undone() {
    let mut state = begun();
    let change = LibraryChange::AddFavourite(title("a"));
    let [id] = sent(&update_app(&mut state, wanted(change.clone())))[..] else { panic!() };
    assert_eq!(state.notices.toasts.len(), 1);
    let why = Problem::new(Code::NotAllowed).with_detail(change.refused(&Problem::new(Code::NotAllowed)));
    let effects = answered(&mut state, id, Err(why.clone()));
    assert!(effects.contains(&AppEffect::Discard { id }));
    assert!(state.mutations.is_empty());
    let said: Vec<_> = state.notices.toasts.iter().map(|toast| (toast.message.clone(), toast.undo.is_some())).collect();
    assert_eq!(said, [(Message::Problem(why), false)]);
}

#[test]
fn undo_is_the_inverse_change_and_what_cannot_be_taken_back_offers_none() {
    let mut state = begun();
    update_app(&mut state, wanted(LibraryChange::Add(listed("a"))));
    let toast = state.notices.toasts[0].id;
    update_app(&mut state, AppAction::UndoWanted { id: toast, now: NOW });
    let log = under_way(&[LibraryChange::Add(listed("a")), LibraryChange::Remove(listed("a"))]);
    assert_eq!(pending(&state.mutations), log);
    update_app(&mut state, wanted(LibraryChange::ForgetHistory));
    assert!(state.notices.toasts.last().unwrap().undo.is_none());
    // A move says nothing: it is seen.
    let toasts = state.notices.toasts.len();
    update_app(&mut state, wanted(LibraryChange::Move { listed: listed("a"), from: Between::default() }));
    assert_eq!(state.notices.toasts.len(), toasts);
}

#[test]
fn the_librarys_changes_and_those_of_what_was_begun_do_not_wait_for_each_other() {
    let mut state = begun();
    assert_eq!(sent(&update_app(&mut state, wanted(LibraryChange::AddFavourite(title("a"))))).len(), 1);
    assert_eq!(sent(&update_app(&mut state, AppAction::ForgetWanted { id: id("a"), now: NOW })).len(), 1);
    assert_eq!(state.continue_watching.ready().unwrap(), &[id("b")]);
}

#[test]
fn what_is_marked_as_watched_by_being_played_to_its_end_is_so_before_the_server_says_it() {
    let mut app = begun();
    update_app(&mut app, AppAction::FinishWanted { id: id("a"), now: NOW });
    let state = open(&Shelf::my_list(), &[]);
    assert!(state.marks_of(&id("a"), &pending(&app.mutations)).unwrap().is_watched);
    assert!(!state.marks_of(&id("b"), &pending(&app.mutations)).unwrap().is_watched);
}

#[test]
fn a_list_that_is_made_is_there_with_what_is_on_it_before_the_server_knows_it() {
    let list = own_list("Sunday");
    let shelf = Shelf::List(list.id.clone());
    let mut state = open(&Shelf::my_list(), &["a"]);
    update(&mut state, Action::Opened(shelf.route()));
    let made = LibraryChange::SaveList { list: list.clone(), before: None };
    let add = LibraryChange::Add(Listed::on(list.id.clone(), "Sunday", title("a")));
    let log = under_way(&[made.clone(), add]);
    assert_eq!(ids(&state.page_with(&log).unwrap()), ["a"]);
    let names: Vec<_> = state.lists_with(&log).unwrap().into_iter().map(|list| (list.name, list.count)).collect();
    assert_eq!(names, [("My list".to_owned(), 1), ("Sunday".to_owned(), 1)]);
    // It was asked for before it was there.
    let gone = Err(Problem::not_found("list"));
    update(&mut state, Action::PageAnswered { asked: shelf.clone(), answer: gone });
    let effects = update(&mut state, Action::Confirmed(made));
    assert_eq!(effects, [Effect::Send(Request::Page(shelf))]);
    assert_eq!(state.page_with(&[]), Some(ShelfPage::default()));
}

#[test]
fn a_list_that_is_just_made_is_not_asked_for_before_the_server_knows_it() {
    let mut state = open(&Shelf::my_list(), &["a"]);
    let list = own_list("Sunday");
    update(&mut state, Action::ListMade { id: list.id.clone() });
    let shelf = Shelf::List(list.id.clone());
    assert_eq!(update(&mut state, Action::Opened(shelf.route())), []);
    assert_eq!(update(&mut state, Action::Confirmed(LibraryChange::SaveList { list, before: None })), []);
    update(&mut state, Action::Opened(Route::Home));
    assert_eq!(update(&mut state, Action::Opened(shelf.route())), [Effect::Send(Request::Page(shelf))]);
}

#[test]
fn pages_follow_each_other_one_at_a_time_and_an_answer_to_another_list_is_nobodys() {
    let shelf = Shelf::my_list();
    let mut state = open(&shelf, &["a"]);
    state.page.ready_mut().unwrap().next = Some("p2".into());
    let asked = Effect::Send(Request::More { shelf: shelf.clone(), token: "p2".into() });
    assert_eq!(update(&mut state, Action::MoreWanted), std::slice::from_ref(&asked));
    assert_eq!(update(&mut state, Action::MoreWanted), [], "it is on its way");
    let answer = |answer| Action::MoreAnswered { asked: Shelf::my_list(), token: "p2".into(), answer };
    update(&mut state, answer(Err(Problem::new(Code::Unreachable))));
    assert!(state.page.ready().unwrap().more.failed().is_some());
    assert_eq!(update(&mut state, Action::RetryWanted), [asked]);
    let of_before = Action::MoreAnswered { asked: Shelf::my_list(), token: "p1".into(), answer: Ok(page(&["y"])) };
    update(&mut state, of_before);
    update(&mut state, answer(Ok(page(&["b"]))));
    assert_eq!(ids(state.page.ready().unwrap()), ["a", "b"], "what follows on what was asked for before is nobody's");
    update(&mut state, Action::Opened(Shelf::Favourites.route()));
    update(&mut state, Action::PageAnswered { asked: Shelf::Favourites, answer: Ok(page(&["z"])) });
    update(&mut state, answer(Ok(page(&["c"]))));
    assert_eq!(ids(state.page.ready().unwrap()), ["z"]);
}

#[test]
fn a_title_that_was_on_the_list_already_is_counted_once_in_the_end() {
    let mut state = open(&Shelf::Favourites, &["a"]);
    let effects = update(&mut state, Action::Confirmed(LibraryChange::Add(listed("a"))));
    assert_eq!(effects, [Effect::Send(Request::Lists(None))]);
}

#[test]
fn nothing_is_asked_for_that_nothing_shows() {
    let mut state = Library::default();
    assert_eq!(update(&mut state, Action::Opened(Route::Home)), []);
    assert_eq!(update(&mut state, Action::Resync), []);
    assert_eq!(update(&mut state, Action::HistoryChanged), []);
}

#[test]
fn after_a_film_what_is_watched_is_asked_for_again() {
    let mut state = open(&Shelf::my_list(), &[]);
    assert_eq!(update(&mut state, Action::Opened(Route::watch(id("a")))), []);
    assert_eq!(update(&mut state, Action::Opened(Route::Home)), [Effect::Send(Request::Marks)]);
    assert_eq!(
        update(&mut state, Action::Opened(Shelf::my_list().route()))[..1],
        [Effect::Send(Request::Page(Shelf::my_list()))]
    );
}

#[test]
fn a_title_that_is_not_watched_any_more_comes_back_with_its_dates() {
    let mut state = open(&Shelf::History, &["a"]);
    state.page.ready_mut().unwrap().items[0].dates = vec![9, 5];
    let named = Named { id: id("a"), name: "A".into() };
    let change = state.watched_change(named, false, NOW);
    let removed = state.page_with(&under_way(std::slice::from_ref(&change))).unwrap();
    assert_eq!((ids(&removed), removed.total), (vec![], 0));
    let both = [change.clone(), change.inverse().unwrap()];
    let back = state.page_with(&under_way(&both)).unwrap();
    assert_eq!(back.items[0].dates, [9, 5]);
}

#[test]
fn a_title_that_comes_back_with_dates_that_this_page_was_never_shown_is_asked_for_with_them() {
    let mut state = open(&Shelf::my_list(), &["a"]);
    let change = state.watched_change(title("a"), false, NOW);
    assert_eq!(change, LibraryChange::Unwatch { title: title("a"), dates: vec![], is_never: true }, "and none is made up");
    update(&mut state, Action::Opened(Shelf::History.route()));
    update(&mut state, Action::PageAnswered { asked: Shelf::History, answer: Ok(page(&["a"])) });
    update(&mut state, Action::Confirmed(change.clone()));
    assert!(!state.marks_of(&id("a"), &[]).unwrap().is_watched);
    let effects = update(&mut state, Action::Confirmed(change.inverse().unwrap()));
    assert!(effects.contains(&Effect::Send(Request::Page(Shelf::History))), "{effects:?}");
    assert!(state.marks_of(&id("a"), &[]).unwrap().is_watched);
}

#[test]
fn a_list_that_the_server_does_not_make_says_why_and_is_not_shown_as_an_empty_one() {
    let list = own_list("Sunday");
    let shelf = Shelf::List(list.id.clone());
    let mut state = open(&Shelf::my_list(), &["a"]);
    update(&mut state, Action::ListMade { id: list.id.clone() });
    update(&mut state, Action::Opened(shelf.route()));
    assert!(state.page.ready().is_some());
    let change = LibraryChange::SaveList { list: list.clone(), before: None };
    let effects = update(&mut state, Action::Refused { change, words: "No.".into() });
    assert!(effects.contains(&Effect::Send(Request::Page(shelf))), "{effects:?}");
    assert!(state.page.ready().is_none());
    assert_eq!(state.refusal, Some((list.id, "No.".into())));
}

#[test]
fn what_was_shown_stays_while_the_server_is_away_and_what_failed_is_asked_for_again_once_it_answers() {
    let shelf = Shelf::my_list();
    let mut state = open(&shelf, &["a"]);
    let away = || Err(Problem::new(Code::Unreachable));
    let shown = |state: &Library| (state.page_with(&[]), state.lists_with(&[]), state.mark_counts(&[]));
    let before = shown(&state);
    update(&mut state, Action::Opened(Route::Home));
    update(&mut state, Action::Resync);
    update(&mut state, Action::MarksAnswered(away().map(|()| Default::default())));
    update(&mut state, Action::ListsAnswered { title: None, answer: away().map(|()| Vec::new()) });
    update(&mut state, Action::Opened(shelf.route()));
    update(&mut state, Action::ListsAnswered { title: None, answer: away().map(|()| Vec::new()) });
    update(&mut state, Action::PageAnswered { asked: shelf.clone(), answer: away().map(|()| ShelfPage::default()) });
    assert_eq!(shown(&state), before);
    assert_eq!(state.failed(), None);
    let all = [Effect::Send(Request::Lists(None)), Effect::Send(Request::Marks), Effect::Send(Request::Page(shelf.clone()))];
    assert_eq!(update(&mut state, Action::ServerAnswered), all);
    assert_eq!(update(&mut state, Action::ServerAnswered), [], "they are on their way");

    let mut fresh = Library::default();
    update(&mut fresh, Action::Opened(shelf.route()));
    update(&mut fresh, Action::ListsAnswered { title: None, answer: away().map(|()| Vec::new()) });
    let refused = Err(Problem::not_found("list"));
    update(&mut fresh, Action::PageAnswered { asked: shelf.clone(), answer: refused });
    assert_eq!(
        update(&mut fresh, Action::ServerAnswered),
        [Effect::Send(Request::Lists(None))],
        "that there is none is an answer"
    );
    assert_eq!(update(&mut fresh, Action::RetryWanted), [Effect::Send(Request::Page(shelf))]);
}
