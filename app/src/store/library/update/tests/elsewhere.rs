//! What is told of other devices, and answers that were on their way as something changed.

use super::*;
use crate::store::library::{MarkSets, unwanted::Unwanted};

#[test]
fn what_another_device_did_is_shown_and_what_is_not_on_the_screen_is_asked_for_when_it_is() {
    let shelf = Shelf::my_list();
    let mut state = open(&shelf, &["a"]);
    let elsewhere = Action::ListedElsewhere { list: ListId::watchlist(), id: id("z"), is_on: true };
    let effects = update(&mut state, elsewhere);
    assert_eq!(effects, [Effect::Send(Request::Lists(None)), Effect::Send(Request::Page(shelf.clone()))]);
    assert!(state.marks_of(&id("z"), &[]).unwrap().is_listed);
    assert_eq!(update(&mut state, Action::FavouredElsewhere { id: id("z"), is_on: true }), []);
    assert_eq!(update(&mut state, Action::WatchedElsewhere { id: id("z"), is_on: true }), []);
    let marks = state.marks_of(&id("z"), &[]).unwrap();
    assert!(marks.is_favourite && marks.is_watched);
    update(&mut state, Action::WatchedElsewhere { id: id("z"), is_on: false });
    assert!(!state.marks_of(&id("z"), &[]).unwrap().is_watched);

    let effects = update(&mut state, Action::Resync);
    assert_eq!(
        effects,
        [Effect::Send(Request::Marks), Effect::Send(Request::Lists(None)), Effect::Send(Request::Page(shelf.clone()))]
    );
    update(&mut state, Action::Opened(Route::Home));
    assert_eq!(
        update(&mut state, Action::ListChangedElsewhere { id: ListId::watchlist() }),
        [Effect::Send(Request::Lists(None))]
    );
    assert!(update(&mut state, Action::Opened(shelf.route())).contains(&Effect::Send(Request::Page(shelf))));
}

#[test]
fn marks_that_were_on_their_way_as_another_device_changed_some_are_asked_for_once_more() {
    let again = Effect::Send(Request::Marks);
    let changes = [
        Action::ListedElsewhere { list: ListId::watchlist(), id: id("z"), is_on: true },
        Action::FavouredElsewhere { id: id("z"), is_on: true },
        Action::WatchedElsewhere { id: id("z"), is_on: true },
    ];
    for change in changes {
        let mut state = Library::default();
        assert_eq!(update(&mut state, Action::MarksWanted), std::slice::from_ref(&again));
        assert_eq!(&update(&mut state, change.clone())[..1], std::slice::from_ref(&again), "{change:?}");
        update(&mut state, Action::MarksAnswered(Ok(MarkSets::default())));
        assert!(!update(&mut state, change).contains(&again), "the answer is there, and is changed in place");
    }
}

#[test]
fn an_answer_that_was_on_its_way_as_a_change_was_confirmed_is_asked_for_once_more() {
    let shelf = Shelf::my_list();
    let mut state = open(&shelf, &["a"]);
    assert_eq!(update(&mut state, Action::Confirmed(LibraryChange::AddFavourite(title("a")))), []);
    let all = [Effect::Send(Request::Marks), Effect::Send(Request::Lists(None)), Effect::Send(Request::Page(shelf))];
    assert_eq!(update(&mut state, Action::Resync), all);
    assert_eq!(update(&mut state, Action::Confirmed(LibraryChange::Remove(listed("a")))), all, "it knows nothing of the change");
}

#[test]
fn what_is_unwanted_elsewhere_holds_although_an_answer_of_before_says_nothing_of_it() {
    let mut state = Library::default();
    let unwanted = |name: &str| Action::UnwantedElsewhere(Unwanted::genre(name));
    assert_eq!(update(&mut state, unwanted("Western")), []);
    let asked = [Effect::Send(Request::Hidden)];
    assert_eq!(update(&mut state, Action::WantedElsewhere), asked);
    assert_eq!(update(&mut state, unwanted("Noir")), asked, "what is on its way was read before it");
    update(&mut state, Action::HiddenAnswered(Ok(Vec::new())));
    assert_eq!(update(&mut state, unwanted("Noir")), [], "nothing is on its way");
}
