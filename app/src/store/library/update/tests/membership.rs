//! On which lists the title is whose actions are shown.

use super::*;

/// As the server tells the lists: "My list" and "Sunday".
fn told(on_sunday: bool) -> Vec<TitleList> {
    let ListWords { id, name, note, is_shared } = own_list("Sunday");
    let sunday = TitleList { id, name, note, is_shared, has_title: Some(on_sunday), ..my_list(0) };
    vec![TitleList { has_title: Some(false), ..my_list(0) }, sunday]
}

fn lists_of(name: &str) -> Effect {
    Effect::Send(Request::Lists(Some(id(name))))
}

fn answered_with(state: &mut Library, name: &str, on_sunday: bool) {
    update(state, Action::ListsAnswered { title: Some(id(name)), answer: Ok(told(on_sunday)) });
}

/// With the actions of "a" shown, and answered that it is on "Sunday", or is not.
fn shown(on_sunday: bool) -> Library {
    let mut state = open(&Shelf::my_list(), &[]);
    update(&mut state, Action::SheetWanted(Some(title("a"))));
    answered_with(&mut state, "a", on_sunday);
    state
}

fn has(state: &Library, pending: &[Pending]) -> Option<bool> {
    state.has_title(&own_list("Sunday").id, &id("a"), pending)
}

fn on_sunday(name: &str) -> Listed {
    Listed::on(own_list("Sunday").id, "Sunday", title(name))
}

#[test]
fn on_which_lists_a_title_is_is_asked_each_time_its_actions_are_shown_and_not_known_before() {
    let mut state = open(&Shelf::my_list(), &[]);
    let opened = Action::SheetWanted(Some(title("a")));
    assert_eq!(update(&mut state, opened.clone()), [lists_of("a")]);
    assert_eq!(has(&state, &[]), None);
    assert!(state.membership.is_loading());
    answered_with(&mut state, "a", true);
    assert_eq!(has(&state, &[]), Some(true));
    assert_eq!(state.has_title(&ListId::watchlist(), &id("a"), &[]), Some(false));
    assert_eq!(state.lists_with(&[]).unwrap().len(), 2, "one answer for both");

    assert_eq!(update(&mut state, Action::SheetWanted(None)), []);
    assert_eq!(update(&mut state, opened), [lists_of("a")]);
    assert_eq!(has(&state, &[]), Some(true), "what was known is shown meanwhile");
    assert_eq!(update(&mut state, Action::SheetWanted(Some(title("b")))), [lists_of("b")]);
    answered_with(&mut state, "a", true);
    assert_eq!(state.has_title(&own_list("Sunday").id, &id("b"), &[]), None, "it is the answer to another");
    assert_eq!(has(&state, &[]), None);
}

#[test]
fn a_title_is_on_a_list_and_off_it_as_it_is_changed_here_whether_or_not_it_was_known_before() {
    let [add, remove] = [LibraryChange::Add(on_sunday("a")), LibraryChange::Remove(on_sunday("a"))];
    let other = LibraryChange::Remove(on_sunday("b"));
    for mut state in [shown(true), shown(false), Library::default()] {
        assert_eq!(has(&state, &under_way(&[remove.clone(), add.clone(), other.clone()])), Some(true));
        assert_eq!(has(&state, &under_way(&[add.clone(), remove.clone()])), Some(false));
        let before = has(&state, &[]);
        assert_eq!(has(&state, &under_way(std::slice::from_ref(&other))), before);
        update(&mut state, Action::Confirmed(other.clone()));
        assert_eq!(has(&state, &[]), before);
    }
    let mut state = shown(false);
    assert_eq!(update(&mut state, Action::Confirmed(add)), [lists_of("a")]);
    assert_eq!(has(&state, &[]), Some(true), "and nothing jumps until the answer");
    answered_with(&mut state, "a", true);
    assert_eq!(update(&mut state, Action::Confirmed(remove)), []);
    assert_eq!(has(&state, &[]), Some(false));
}

#[test]
fn what_another_device_does_with_the_title_shows_at_once_and_no_answer_of_before_it_is_waited_for() {
    let mut state = shown(false);
    let elsewhere = |name: &str, is_on| Action::ListedElsewhere { list: own_list("Sunday").id, id: id(name), is_on };
    assert_eq!(update(&mut state, elsewhere("a", true)), [lists_of("a")]);
    assert_eq!(has(&state, &[]), Some(true));
    assert_eq!(update(&mut state, elsewhere("a", false)), [lists_of("a")], "what is on its way was read before it");
    assert_eq!(has(&state, &[]), Some(false));
    update(&mut state, elsewhere("b", true));
    assert_eq!(has(&state, &[]), Some(false), "it is about another title");
    let list = own_list("Sunday").id;
    assert_eq!(update(&mut state, Action::ListChangedElsewhere { id: list }), [lists_of("a")]);
    assert!(update(&mut state, Action::Resync).contains(&lists_of("a")));
    update(&mut state, Action::SheetWanted(None));
    assert!(update(&mut state, Action::Resync).contains(&Effect::Send(Request::Lists(None))), "nobody looks at it");
}

#[test]
fn what_is_not_answered_is_not_known_and_is_asked_for_again_with_the_lists() {
    let mut state = open(&Shelf::my_list(), &[]);
    update(&mut state, Action::SheetWanted(Some(title("a"))));
    let away = Err(Problem::new(Code::Unreachable));
    update(&mut state, Action::ListsAnswered { title: Some(id("a")), answer: away });
    assert_eq!((has(&state, &[]), state.membership.is_loading()), (None, false));
    assert_eq!(update(&mut state, Action::ServerAnswered), [lists_of("a")]);
    answered_with(&mut state, "a", true);
    assert_eq!(has(&state, &[]), Some(true));
}

#[test]
fn a_title_on_the_page_of_a_list_is_on_it_and_of_one_that_is_not_there_nothing_is_known() {
    let shelf = Shelf::List(own_list("Sunday").id);
    let state = open(&shelf, &["a"]);
    assert_eq!(has(&state, &[]), Some(true));
    assert_eq!(state.has_title(&own_list("Sunday").id, &id("b"), &[]), None, "there may be further pages");
    assert_eq!(state.has_title(&ListId::watchlist(), &id("a"), &[]), None);
}
