//! What the server says of what is hidden: asked for again where a change is newer, or where it failed.

use contract::discovery::{Hidden, HiddenKind};

use super::*;
use crate::store::library::unwanted::Unwanted;

const ASKED: [Effect; 1] = [Effect::Send(Request::Hidden)];

fn unwanted(name: &str) -> Unwanted {
    Unwanted::title(&id(name), name)
}

fn said(name: &str) -> Hidden {
    Hidden { kind: HiddenKind::Title, of: name.into(), title: None, since: 0 }
}

/// One thing is hidden, and it was asked whether it still is.
fn asking() -> Library {
    let mut state = Library::default();
    update(&mut state, Action::Confirmed(LibraryChange::Hide(unwanted("u"))));
    assert_eq!(update(&mut state, Action::WantedElsewhere), ASKED);
    state
}

fn is_hidden(state: &Library, name: &str) -> bool {
    state.verdicts.iter().any(|(of, is_hidden)| *is_hidden && *of == unwanted(name))
}

#[test]
fn an_answer_of_before_does_not_bring_back_what_was_hidden_after_all_else_was_wanted_again() {
    let mut state = asking();
    assert_eq!(update(&mut state, Action::Confirmed(LibraryChange::Recommend(unwanted("u")))), ASKED);
    assert_eq!(update(&mut state, Action::WantedElsewhere), [], "nothing is taken out of rows");
    assert_eq!(update(&mut state, Action::Confirmed(LibraryChange::Hide(unwanted("v")))), ASKED, "what is on its way is older");
    // The answer to that is the one that counts: the store gives the older request up.
    update(&mut state, Action::HiddenAnswered(Ok(vec![said("v")])));
    assert!(is_hidden(&state, "v"));
}

#[test]
fn an_answer_that_failed_is_asked_for_again_with_the_others_and_then_no_more() {
    let mut state = asking();
    update(&mut state, Action::HiddenAnswered(Err(Problem::new(Code::Unreachable))));
    assert!(is_hidden(&state, "u"), "nothing is known of it");
    assert_eq!(update(&mut state, Action::ServerAnswered), ASKED);
    assert_eq!(update(&mut state, Action::ServerAnswered), [], "it is on its way");
    update(&mut state, Action::HiddenAnswered(Ok(Vec::new())));
    assert!(!is_hidden(&state, "u"));
    assert_eq!(update(&mut state, Action::ServerAnswered), []);
}

#[test]
fn how_many_titles_there_are_is_asked_for_again_where_that_failed() {
    let mut state = open(&Shelf::my_list(), &[]);
    assert!(state.size.is_loading());
    update(&mut state, Action::SizeAnswered(Err(Problem::new(Code::Unreachable))));
    assert_eq!(update(&mut state, Action::ServerAnswered), [Effect::Send(Request::Size)]);
    assert_eq!(update(&mut state, Action::ServerAnswered), [], "it is on its way");
}
