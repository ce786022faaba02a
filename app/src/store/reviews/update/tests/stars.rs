//! The viewer's stars on their way, as scripts of actions.

use super::*;

/// The viewer chooses these, at 1.
fn stars(half_stars: u8) -> Action {
    Action::StarsChosen { half_stars, now: 1 }
}

/// Stars that are sent: of which title, and with which text.
fn sent_stars(effects: &[ReviewsEffect]) -> Vec<(String, u8, String)> {
    let stars = |effect: &ReviewsEffect| match effect {
        LazyEffect::Send(ReviewsRequest::Stars { rating, at, .. }) => {
            assert!(rating.keeps_text && *at > 0, "{effect:?}");
            Some((rating.id.to_string(), rating.half_stars, rating.text.clone()))
        }
        LazyEffect::Send(_) | LazyEffect::Tell(_) => None,
    };
    effects.iter().filter_map(stars).collect()
}

/// The same of `heat` alone, and with this text.
fn of_heat(half_stars: u8, text: &str) -> Vec<(String, u8, String)> {
    vec![("heat".to_owned(), half_stars, text.to_owned())]
}

/// What is said in words.
fn said(effects: &[ReviewsEffect]) -> Vec<ReviewsEffect> {
    effects.iter().filter(|effect| matches!(effect, LazyEffect::Tell(_))).cloned().collect()
}

#[test]
fn the_last_stars_that_are_chosen_are_the_last_that_are_sent_one_request_at_a_time_and_the_text_stays() {
    let mut state = opened_with(Some(own(4, "Text")));
    assert_eq!(sent_stars(&update(&mut state, stars(6))), of_heat(6, "Text"));
    assert_eq!(state.own_stars(), Some(6), "at once");
    for half_stars in [7, 9] {
        assert_eq!(update(&mut state, stars(half_stars)), []);
    }
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(6, "Text")) });
    assert_eq!((sent_stars(&effects), state.own_stars()), (of_heat(9, "Text"), Some(9)));
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(9, "Text")) });
    assert!(matches!(effects.as_slice(), [LazyEffect::Send(ReviewsRequest::Summary(_))]), "{effects:?}");
    assert_eq!(state.own_stars(), Some(9));
}

#[test]
fn stars_that_are_refused_are_taken_back_in_words_and_none_are_sent_before_it_is_known_what_is_there() {
    let mut state = opened_with(None);
    update(&mut state, stars(6));
    let refused = Err(Problem::new(Code::RateLimited).with_detail("Wait a little."));
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: refused });
    assert_eq!((effects, state.own_stars()), (vec![LazyEffect::note("Wait a little.")], None));
    let mut state = Reviews::default();
    update(&mut state, Action::OwnWanted { id: id("heat") });
    assert_eq!(update(&mut state, stars(6)), []);
    assert_eq!(state.own_stars(), None);
}

#[test]
fn stars_that_are_chosen_while_a_text_is_saved_wait_for_it_and_do_not_bring_the_one_before_back() {
    for answer in [Ok(own_as(&draft("New"))), Err(Problem::new(Code::Unreachable))] {
        let mut state = opened_with(Some(own(4, "Old")));
        update(&mut state, Action::ReviewWanted(draft("New")));
        assert_eq!(update(&mut state, stars(6)), []);
        assert_eq!(update(&mut state, stars(8)), []);
        assert_eq!(state.own_stars(), Some(8));
        let text = if answer.is_ok() { "New" } else { "Old" };
        let effects =
            update(&mut state, Action::ReviewSaved { id: id("heat"), draft: draft("New"), name: None, way: WAY, answer });
        assert_eq!(sent_stars(&effects), of_heat(8, text));
    }
}

fn away() -> Result<OwnReview, Problem> {
    Err(Problem::new(Code::Unreachable))
}

/// 6 half stars for `heat`, chosen while the server was away.
fn rated_while_away() -> Reviews {
    let mut state = opened_with(Some(own(4, "Text")));
    update(&mut state, known("ada"));
    update(&mut state, stars(6));
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: away() });
    let [LazyEffect::Send(ReviewsRequest::KeepDrafts(kept)), LazyEffect::Send(ReviewsRequest::Wait), told] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(kept.stars_of(&id("heat")), Some(&Chosen { half_stars: 6, at: 1, sent: 0, is_late: true, is_stored: false }));
    assert_eq!(*told, LazyEffect::tell(AppAction::ChangedLater));
    state
}

#[test]
fn stars_that_do_not_arrive_stay_on_the_screen_and_are_sent_once_the_server_answers() {
    let mut state = rated_while_away();
    assert_eq!(state.own_stars(), Some(6));
    // It says what it has, and they are laid over that.
    let stored = Ok(MyReview { review: Some(own(4, "Text")), name: None, is_banned: false });
    let effects = update(&mut state, Action::OwnAnswered { id: id("heat"), answer: stored });
    assert_eq!((sent_stars(&effects), state.own_stars()), (of_heat(6, "Text"), Some(6)));
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: away() });
    assert!(!effects.contains(&LazyEffect::tell(AppAction::ChangedLater)), "said once");
    assert_eq!(sent_stars(&update(&mut state, Action::StarsDue)), of_heat(6, "Text"));
    assert_eq!(update(&mut state, Action::StarsDue), [], "they are on their way");
    update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(6, "Text")) });
    assert_eq!((state.own_stars(), state.drafts.stars_of(&id("heat"))), (Some(6), None));
}

#[test]
fn stars_that_wait_are_sent_also_from_another_page_and_never_for_somebody_else() {
    let mut state = rated_while_away();
    update(&mut state, Action::Opened(Route::Home));
    assert_eq!(sent_stars(&update(&mut state, known("ada"))), of_heat(6, ""));
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(6, "Text")) });
    assert!(matches!(effects.as_slice(), [LazyEffect::Send(ReviewsRequest::KeepDrafts(_))]), "{effects:?}");
    let mut state = rated_while_away();
    assert_eq!(update(&mut state, known("bob")), []);
    assert_eq!(update(&mut state, Action::StarsDue), []);
}

#[test]
fn however_many_titles_wait_it_is_waited_once() {
    let waits = |effects: &[ReviewsEffect]| effects.iter().filter(|one| **one == LazyEffect::Send(ReviewsRequest::Wait)).count();
    let mut state = rated_while_away();
    state.drafts.rate(&id("alien"), 9, 2);
    for _ in 0..3 {
        let sent = sent_stars(&update(&mut state, Action::StarsDue)).into_iter().map(|(id, half_stars, _)| (id, half_stars));
        assert_eq!(sent.collect::<Vec<_>>(), [("alien".to_owned(), 9), ("heat".to_owned(), 6)]);
        let failed =
            ["alien", "heat"].map(|title| update(&mut state, Action::StarsAnswered { id: id(title), way: WAY, answer: away() }));
        assert_eq!(failed.iter().map(|effects| waits(effects)).sum::<usize>(), 1);
    }
}

#[test]
fn stars_that_wait_are_over_once_a_text_took_them_along_or_the_viewer_deleted_their_rating() {
    let mut state = rated_while_away();
    update(&mut state, Action::ReviewWanted(draft("New")));
    let answer = Ok(OwnReview { half_stars: 6, ..own_as(&draft("New")) });
    let effects = update(&mut state, Action::ReviewSaved { id: id("heat"), draft: draft("New"), name: None, way: WAY, answer });
    assert_eq!((sent_stars(&effects), state.drafts.stars_of(&id("heat"))), (Vec::new(), None));
    let mut state = rated_while_away();
    let effects = update(&mut state, Action::RemovalWanted);
    let sent = [ReviewsRequest::KeepDrafts(state.drafts.clone()), ReviewsRequest::Remove(removal(id("heat")))];
    assert_eq!(effects, sent.map(LazyEffect::Send));
    assert_eq!(state.drafts.stars_of(&id("heat")), None);
}

/// What the server has where it does not take stars of `heat` that come late: the viewer said that since.
fn gave_way_to(stored: OwnReview) -> (Reviews, Vec<ReviewsEffect>) {
    let mut state = rated_while_away();
    update(&mut state, Action::StarsDue);
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(stored) });
    assert_eq!(state.drafts.stars_of(&id("heat")), None);
    (state, effects)
}

#[test]
fn stars_that_gave_way_to_what_was_said_since_show_that_and_say_so() {
    let (state, effects) = gave_way_to(own(9, "New"));
    assert_eq!((state.own_stars(), state.own_review().map(|own| own.text.as_str())), (Some(9), Some("New")));
    let words = "You gave 4½ stars after that: the earlier stars were not saved.";
    assert_eq!(said(&effects), [LazyEffect::note(words)]);
    let kept = |effect: &ReviewsEffect| matches!(effect, LazyEffect::Send(ReviewsRequest::KeepDrafts(_)));
    assert!(effects.iter().any(kept), "the tab, too, has them no more: {effects:?}");

    let (state, effects) = gave_way_to(OwnReview { is_removed: true, ..own(0, "") });
    assert_eq!((state.own_stars(), state.own_review()), (None, None));
    assert_eq!(said(&effects), [LazyEffect::note("You deleted your rating after that: the earlier stars were not saved.")]);

    let (state, effects) = gave_way_to(own(6, "Text"));
    assert_eq!((state.own_stars(), said(&effects)), (Some(6), Vec::new()), "they are what it has");
}

#[test]
fn nothing_is_said_of_stars_that_gave_way_while_others_were_chosen_which_are_sent_of_their_own_time() {
    let mut state = rated_while_away();
    update(&mut state, Action::StarsDue);
    update(&mut state, Action::StarsChosen { half_stars: 7, now: 5 });
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(9, "New")) });
    assert_eq!((sent_stars(&effects), said(&effects), state.own_stars()), (of_heat(7, "New"), Vec::new(), Some(7)));
    let at = |effect: &ReviewsEffect| match effect {
        LazyEffect::Send(ReviewsRequest::Stars { at, .. }) => Some(*at),
        LazyEffect::Send(_) | LazyEffect::Tell(_) => None,
    };
    assert_eq!(effects.iter().find_map(at), Some(5));
}

#[test]
fn stars_that_wait_are_sent_as_of_their_time_without_asking_first() {
    let mut state = rated_while_away();
    update(&mut state, Action::Opened(Route::Home));
    let rating = PutReview { keeps_text: true, ..PutReview::stars(id("heat"), 6) };
    let stars = ReviewsRequest::Stars { rating, at: 1, viewer: Some("ada".into()), is_stored: false };
    assert_eq!(update(&mut state, Action::StarsDue), [LazyEffect::Send(stars)]);
}

#[test]
fn stars_that_are_chosen_while_others_a_text_or_a_removal_are_on_a_slow_way_are_of_when_that_was_over() {
    let way = Way { begun: 10, ended: 70 };
    let sent_at = |effects: &[ReviewsEffect]| {
        let at = |effect: &ReviewsEffect| match effect {
            LazyEffect::Send(ReviewsRequest::Stars { rating, at, .. }) => Some((rating.half_stars, *at)),
            LazyEffect::Send(_) | LazyEffect::Tell(_) => None,
        };
        effects.iter().filter_map(at).collect::<Vec<_>>()
    };
    let chosen = |half_stars, now| Action::StarsChosen { half_stars, now };
    let sent = draft("New");
    let saved = Ok(own_as(&sent));
    for (wanted, ended) in [
        (chosen(6, 10), Action::StarsAnswered { id: id("heat"), way, answer: Ok(own(6, "Text")) }),
        (Action::ReviewWanted(sent.clone()), Action::ReviewSaved { id: id("heat"), draft: sent, name: None, way, answer: saved }),
        (Action::RemovalWanted, Action::Removed { id: id("heat"), way, answer: Ok(()) }),
    ] {
        let mut state = opened_with(Some(own(4, "Text")));
        update(&mut state, wanted);
        assert_eq!(update(&mut state, chosen(9, 30)), []);
        assert_eq!(sent_at(&update(&mut state, ended.clone())), [(9, 70)], "{ended:?}");
    }
    // Those of before may have arrived; the same ones are of when they were chosen.
    let mut state = opened_with(Some(own(4, "Text")));
    update(&mut state, chosen(6, 10));
    update(&mut state, Action::StarsAnswered { id: id("heat"), way, answer: away() });
    assert_eq!(sent_at(&update(&mut state, Action::StarsDue)), [(6, 10)]);
    update(&mut state, chosen(9, 80));
    update(&mut state, Action::StarsAnswered { id: id("heat"), way: Way { begun: 75, ended: 90 }, answer: away() });
    assert_eq!(sent_at(&update(&mut state, Action::StarsDue)), [(9, 90)]);
}

#[test]
fn what_is_on_its_way_as_stars_are_confirmed_may_be_older_and_is_asked_for_once_more() {
    let own_asked = || LazyEffect::Send(ReviewsRequest::Own(GetMyReview { id: id("heat") }));
    let mut state = opened_with(Some(own(4, "Text")));
    update(&mut state, stars(6));
    assert!(update(&mut state, Action::RatedElsewhere { id: id("heat") }).contains(&own_asked()));
    let effects = update(&mut state, Action::StarsAnswered { id: id("heat"), way: WAY, answer: Ok(own(6, "Text")) });
    assert!(effects.contains(&own_asked()), "{effects:?}");
}

#[test]
fn stars_are_later_than_those_before_them_although_the_clock_was_put_back() {
    let mut state = rated_while_away();
    update(&mut state, Action::StarsChosen { half_stars: 7, now: 0 });
    assert_eq!(state.drafts.stars_of(&id("heat")).map(|chosen| (chosen.half_stars, chosen.at)), Some((7, 2)));
}
