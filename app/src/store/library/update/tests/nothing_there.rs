//! What follows where there is no list at the address of one, or nothing on it.

use super::*;

#[test]
fn a_list_that_there_is_none_of_is_asked_for_once_however_the_events_begin() {
    let shelf = Shelf::List(own_list("Sunday").id);
    let mut state = Library::default();
    update(&mut state, Action::Opened(shelf.route()));
    update(&mut state, Action::PageAnswered { asked: shelf.clone(), answer: Err(Problem::not_found("list")) });
    let page = Effect::Send(Request::Page(shelf.clone()));
    assert!(!update(&mut state, Action::Resync).contains(&page));
    assert!(state.failed().is_some(), "the words stay on the screen");

    update(&mut state, Action::Opened(Route::Home));
    assert!(update(&mut state, Action::Opened(shelf.route())).contains(&page), "who comes back may find it");
    let away = Err(Problem::new(Code::Unreachable));
    update(&mut state, Action::PageAnswered { asked: shelf, answer: away });
    assert!(update(&mut state, Action::Resync).contains(&page), "of one that could not be asked for nothing is known");
}

#[test]
fn where_a_list_is_empty_it_is_asked_whether_there_is_anything_to_find_until_there_is() {
    let (size, shelf) = (Effect::Send(Request::Size), Shelf::my_list());
    let answered =
        |state: &mut Library, ids: &[&str]| update(state, Action::PageAnswered { asked: shelf.clone(), answer: Ok(page(ids)) });
    let mut state = Library::default();
    update(&mut state, Action::Opened(shelf.route()));
    assert_eq!(answered(&mut state, &["a"]), [], "there is");
    assert_eq!(answered(&mut state, &[]), std::slice::from_ref(&size));
    update(&mut state, Action::SizeAnswered(Ok(0)));
    assert_eq!(answered(&mut state, &[]), [size], "films may have come since");
    update(&mut state, Action::SizeAnswered(Ok(3)));
    assert_eq!(answered(&mut state, &[]), []);
    let other = Action::PageAnswered { asked: Shelf::History, answer: Ok(page(&[])) };
    assert_eq!(update(&mut Library::default(), other), [], "nobody waits for it");
}
