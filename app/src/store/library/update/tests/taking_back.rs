//! What follows from an Undo that the server made.

use super::*;

#[test]
fn what_was_taken_back_is_asked_for_because_the_server_alone_knows_what_the_change_had_done() {
    let (list, own) = (Shelf::my_list(), LibraryChange::Remove(listed("a")));
    let mut state = open(&list, &["a"]);
    let all = [Effect::Send(Request::Marks), Effect::Send(Request::Lists(None)), Effect::Send(Request::Page(list.clone()))];
    assert_eq!(update(&mut state, Action::TakenBack(own)), all);
    // It was there before, and stays.
    update(&mut state, Action::MarksAnswered(Ok(Marks { watchlist: vec![id("a")], ..Marks::default() }.into())));
    update(&mut state, Action::PageAnswered { asked: list, answer: Ok(page(&["a"])) });
    assert!(state.marks_of(&id("a"), &[]).unwrap().is_listed);
    assert_eq!(ids(&state.page_with(&[]).unwrap()), ["a"]);
    for change in every_change() {
        let effects = update(&mut state, Action::TakenBack(change.clone()));
        for request in [Request::Marks, Request::Lists(None)] {
            let wanted = Effect::Send(request);
            assert!(effects.iter().filter(|effect| **effect == wanted).count() <= 1, "{change:?}: {effects:?}");
        }
    }
}
