//! Scripts of actions: choices, advice by pages, sheets.

use contract::{
    Code, Problem,
    money::Money,
    storage_plan::{
        AdviceReason, RemoveTitleStorageChoice, ReplaceStorageChoice, ReplaceTitleStorageChoice, StorageChoice, StorageMove,
        StoragePlan, StoreRole,
    },
};
use serde_json::Map;

use super::{super::Of, *};

fn plan(choice: StorageChoice) -> StoragePlan {
    StoragePlan {
        choice,
        chosen_titles: 0,
        has_flat_store: true,
        sheets: None,
        sheets_version: 3,
        stores: Vec::new(),
        stores_day: None,
        decision: None,
        bills: Vec::new(),
        notices: Vec::new(),
    }
}

fn advice(id: &str) -> StorageAdvice {
    let money = Money { amount: 0, currency: "EUR".into() };
    StorageAdvice {
        title: id.parse().unwrap(),
        bytes: 10,
        lies: StoreRole::PerView,
        since: None,
        advice: StoreRole::Flat,
        reason: AdviceReason::Cheapest,
        choice: None,
        per_view_month: money.clone(),
        flat_month: money.clone(),
        saving_month: money.clone(),
        moving: money,
        moves: None,
    }
}

fn listed(ids: &[&str], next: Option<&str>) -> StorageAdvicePage {
    let items = ids.iter().map(|id| advice(id)).collect();
    StorageAdvicePage { items, day: None, total: 9, next: next.map(str::to_owned) }
}

fn opened() -> Storage {
    let mut state = Storage::default();
    let asked = update(&mut state, Action::Opened(Route::Operator(Operator::Desk)));
    assert_eq!(asked.len(), 3, "{asked:?}");
    update(&mut state, Action::PlanAnswered(Ok(plan(StorageChoice::Auto))));
    update(&mut state, Action::AdviceAnswered(Ok(listed(&["heat", "ran"], None))));
    state
}

fn choose(state: &mut Storage, choice: StorageChoice) -> Vec<Effect> {
    update(state, Action::ChoiceWanted { of: Of::All, choice: Some(choice) })
}

fn sent(choice: StorageChoice) -> Effect {
    LazyEffect::Send(Request::Choose(ReplaceStorageChoice { choice }))
}

fn answer(state: &mut Storage, answer: Response<()>) -> Vec<Effect> {
    update(state, Action::ChoiceAnswered { of: Of::All, answer })
}

#[test]
fn a_choice_is_on_the_screen_at_once_and_a_refusal_takes_it_back_in_words() {
    let mut state = opened();
    assert_eq!(choose(&mut state, StorageChoice::Flat), [sent(StorageChoice::Flat)]);
    assert_eq!(state.choice(), Some(StorageChoice::Flat));
    assert_eq!(answer(&mut state, Err(Problem::internal())), []);
    assert_eq!((state.choice(), state.chosen.clone()), (Some(StorageChoice::Auto), None));
    assert_eq!(state.refused.clone().map(|refused| refused.problem.code), Some(Code::Internal));
    choose(&mut state, StorageChoice::PerView);
    assert_eq!(state.refused, None, "another try");
}

#[test]
fn one_choice_is_under_way_at_a_time_and_the_last_press_counts() {
    let mut state = opened();
    choose(&mut state, StorageChoice::Flat);
    assert_eq!(choose(&mut state, StorageChoice::PerView), []);
    assert_eq!(state.choice(), Some(StorageChoice::PerView));
    let after = answer(&mut state, Ok(()));
    assert!(after.contains(&sent(StorageChoice::PerView)), "{after:?}");
    // Whatever the server says of the one before.
    assert_eq!(state.choice(), Some(StorageChoice::PerView));
    answer(&mut state, Ok(()));
    assert_eq!((state.choice(), state.under_way.len()), (Some(StorageChoice::PerView), 0));
}

#[test]
fn undo_chooses_what_was_before_and_can_be_undone() {
    let mut state = opened();
    choose(&mut state, StorageChoice::Flat);
    assert_eq!(update(&mut state, Action::UndoWanted), [], "nothing is saved yet");
    answer(&mut state, Ok(()));
    assert_eq!(update(&mut state, Action::UndoWanted), [sent(StorageChoice::Auto)]);
    assert_eq!(state.choice(), Some(StorageChoice::Auto));
    answer(&mut state, Ok(()));
    assert_eq!(update(&mut state, Action::UndoWanted), [sent(StorageChoice::Flat)]);
}

#[test]
fn undo_brings_back_what_held_before_all_that_was_pressed_while_the_first_was_on_its_way() {
    let mut state = opened();
    choose(&mut state, StorageChoice::PerView);
    choose(&mut state, StorageChoice::Flat);
    answer(&mut state, Ok(()));
    answer(&mut state, Ok(()));
    assert_eq!(state.choice(), Some(StorageChoice::Flat));
    assert_eq!(update(&mut state, Action::UndoWanted), [sent(StorageChoice::Auto)]);
}

#[test]
fn what_is_chosen_already_is_not_sent_again() {
    let mut state = opened();
    assert_eq!(choose(&mut state, StorageChoice::Auto), []);
}

#[test]
fn a_title_gets_a_choice_of_its_own_and_follows_that_for_all_again() {
    let mut state = opened();
    let title: TitleId = "heat".parse().unwrap();
    let of = Of::Title(title.clone());
    let own = Action::ChoiceWanted { of: of.clone(), choice: Some(StorageChoice::Flat) };
    let call = ReplaceTitleStorageChoice { title: title.clone(), choice: StorageChoice::Flat };
    assert_eq!(update(&mut state, own), [LazyEffect::Send(Request::ChooseOfTitle(call))]);
    assert_eq!((state.choice_of(&of), state.choice()), (Some(StorageChoice::Flat), Some(StorageChoice::Auto)));
    update(&mut state, Action::ChoiceAnswered { of: of.clone(), answer: Ok(()) });
    assert_eq!(state.choice_of(&of), Some(StorageChoice::Flat));
    assert_eq!(state.choice_of(&Of::Title("ran".parse().unwrap())), None);
    let follow = LazyEffect::Send(Request::FollowAll(RemoveTitleStorageChoice { title }));
    assert_eq!(update(&mut state, Action::UndoWanted), [follow]);
}

#[test]
fn what_follows_from_a_choice_is_asked_for_once_it_is_in_force() {
    let mut state = opened();
    choose(&mut state, StorageChoice::Flat);
    let asked = answer(&mut state, Ok(()));
    assert!(matches!(&asked[..], [LazyEffect::Send(Request::Plan(_)), LazyEffect::Send(Request::Advice(_))]), "{asked:?}");
}

#[test]
fn it_is_looked_often_while_a_title_moves_and_now_and_then_else() {
    let mut state = opened();
    let looks = |state: &mut Storage| (0..4).map(|_| update(state, Action::LookDue).len()).collect::<Vec<_>>();
    assert_eq!(looks(&mut state), [0, 0, 0, 2]);
    let mut moving = listed(&["heat"], None);
    moving.items[0].moves = Some(StorageMove { to: StoreRole::Flat, copied_bytes: 1 });
    update(&mut state, Action::AdviceAnswered(Ok(moving)));
    assert_eq!(looks(&mut state), [2, 2, 2, 2]);
}

#[test]
fn further_titles_stay_while_the_first_page_is_asked_for_anew_and_none_is_there_twice() {
    let mut state = opened();
    update(&mut state, Action::RetryWanted);
    update(&mut state, Action::AdviceAnswered(Ok(listed(&["heat", "ran"], Some("t")))));
    let more = LazyEffect::Send(Request::MoreAdvice(page(Some("t".into()))));
    assert_eq!(update(&mut state, Action::MoreWanted), [more]);
    assert_eq!(update(&mut state, Action::MoreWanted), [], "a second press");
    let asked = update(&mut state, Action::MoreAnswered(Ok(listed(&["ran", "solaris"], Some("u")))));
    assert!(matches!(&asked[..], [LazyEffect::Send(Request::Cards(_))]), "{asked:?}");
    let ids = |state: &Storage| {
        let items = state.advice.ready().unwrap().items.iter();
        items.map(|advice| advice.title.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&state), ["heat", "ran", "solaris"]);
    update(&mut state, Action::RetryWanted);
    update(&mut state, Action::AdviceAnswered(Ok(listed(&["solaris", "heat"], Some("t")))));
    assert_eq!(ids(&state), ["solaris", "heat"], "the order changed: what fell out is on the next page");
    assert_eq!(state.advice.ready().unwrap().next.as_deref(), Some("t"));
}

#[test]
fn refused_sheets_leave_those_that_are_stored_and_saved_ones_lead_to_new_figures() {
    let mut state = opened();
    let call = ReplaceCostSheets { sheets: Map::new(), expected_version: 3 };
    let put = LazyEffect::Send(Request::PutSheets(call.clone()));
    assert_eq!(update(&mut state, Action::SheetsWanted(call.clone())), [put]);
    assert_eq!(update(&mut state, Action::SheetsWanted(call.clone())), [], "a second press");
    assert_eq!(update(&mut state, Action::SheetsSaved(Err(Problem::new(Code::VersionConflict)))), []);
    assert_eq!(state.plan.ready().map(|plan| plan.sheets_version), Some(3));
    update(&mut state, Action::SheetsWanted(call));
    let asked = update(&mut state, Action::SheetsSaved(Ok(CostSheets { sheets: Map::new(), version: 4 })));
    assert_eq!(asked.len(), 4, "plan, advice, costs, and words: {asked:?}");
    assert_eq!(state.plan.ready().map(|plan| plan.sheets_version), Some(4));
}

#[test]
fn elsewhere_nothing_of_it_is_kept() {
    let mut state = opened();
    assert_eq!(update(&mut state, Action::Opened(Route::Operator(Operator::Plans))), []);
    assert_eq!(state, Storage::default());
    assert_eq!(update(&mut state, Action::LookDue), []);
}
