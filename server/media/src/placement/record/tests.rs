//! What changes of a placement mean for the rest of it.

use serde_json::json;

use super::{
    super::retired::{CLAIMED_FOR_MILLIS, Left, RETIRED_FOR_MILLIS},
    *,
};

#[test]
fn what_a_build_with_one_store_wrote_lies_in_the_first_and_is_written_as_it_was() {
    let (plays, made, gone) = (Generation::random(), Generation::random(), Generation::random());
    let older = json!({
        "current": { "generation": plays, "content": "a" },
        "making": [{ "generation": made, "content": "b", "seen": 5 }],
        "retired": [{ "generation": gone, "delete_at": 7 }],
        "due": 7,
        "of a later version": true,
    });
    let record: PlacementRecord = serde_json::from_value(older.clone()).unwrap();
    assert_eq!(record.current.as_ref().unwrap().location(), Location::per_view(plays));
    assert_eq!(record.making[0].location(), Location::per_view(made));
    assert_eq!(record.retired[0].location(), Location::per_view(gone));
    assert_eq!(record.to_move(), None);
    assert_eq!(serde_json::to_value(&record).unwrap(), older);
}

#[test]
fn a_place_that_a_title_is_on_its_way_to_is_not_due_unless_somebody_deletes_it() {
    let plays = Location { generation: Generation::random(), store: StoreRole::Flat };
    let mut record = PlacementRecord { current: Some(Placed::new(plays, "a".to_owned())), ..PlacementRecord::default() };
    record.retire(Retired::played(plays.in_store(StoreRole::PerView), 7));
    record.settle();
    assert_eq!(record.due, Some(7));
    record.moving = Some(Moving::begin(StoreRole::PerView, 3));
    record.settle();
    assert_eq!((record.due, record.moving_since), (None, Some(3)));
    record.retired[0].claimed = Some(8);
    record.settle();
    assert_eq!(record.due, Some(8 + CLAIMED_FOR_MILLIS), "by somebody else, once whoever claimed it has given up");
    record.retired[0].claimed = None;
    record.cancel_move(9);
    record.settle();
    assert_eq!((record.due, record.moving_since, record.retired.len()), (Some(7), None, 1), "its own time holds");
}

#[test]
fn who_has_not_the_token_of_a_claim_leaves_it_as_it_is() {
    let place = Location::per_view(Generation::random());
    let mut claimed = Retired::played(place, 7);
    claimed.claim(1, 8, false);
    for left in [Left::Emptied, Left::Released, Left::Spared, Left::Claimed] {
        assert_eq!(claimed.clone().after(2, left, 9), Some(claimed.clone()), "{left:?}");
    }
    assert_eq!(claimed.clone().after(1, Left::Released, 9), Some(Retired::played(place, 7)));
    assert_eq!(claimed.after(1, Left::Emptied, 9), None);
}

#[test]
fn a_place_whose_claim_was_taken_over_is_emptied_once_more_before_anything_is_moved_there() {
    let plays = Location { generation: Generation::random(), store: StoreRole::Flat };
    let place = plays.in_store(StoreRole::PerView);
    let mut record = PlacementRecord { current: Some(Placed::new(plays, "a".to_owned())), ..PlacementRecord::default() };
    // Of a build whose claims had no token.
    record.retired = vec![Retired { claimed: Some(8), ..Retired::played(place, 7) }];
    assert_eq!(record.claim_due(1, 9), [], "whoever claimed it may be at it");
    let later = 8 + CLAIMED_FOR_MILLIS;
    assert_eq!(record.claim_due(2, later), [place]);
    record.retired = record.retired.into_iter().filter_map(|one| one.after(2, Left::Emptied, later)).collect();
    record.begin_move(StoreRole::PerView, later);
    assert!(record.is_being_deleted(place), "by their own clock they may have time left");
    assert_eq!(record.claim_due(3, later + CLAIMED_FOR_MILLIS - 1), []);
    assert_eq!(record.claim_due(4, later + CLAIMED_FOR_MILLIS), [place]);
    let after = record.retired.remove(0).after(4, Left::Emptied, later + CLAIMED_FOR_MILLIS);
    assert_eq!(after, None);
}

#[test]
fn a_place_stays_for_as_long_as_the_grants_of_a_film_that_is_longer_than_six_hours() {
    let hour = 60 * 60;
    for (seconds, hours) in [(None, 12), (Some(60), 12), (Some(6 * hour), 12), (Some(6 * hour + 1), 13), (Some(10 * hour), 16)] {
        let retired = retired_for(seconds);
        assert!(retired >= RETIRED_FOR_MILLIS && retired.div_ceil(1000).div_ceil(hour) == hours, "{seconds:?}: {retired}");
    }
    let mut before = Placed::new(Location::per_view(Generation::random()), "a".to_owned());
    before.note(Extent { objects: 1, bytes: 1, seconds: 10 * hour });
    let mut record = PlacementRecord { current: Some(before), ..PlacementRecord::default() };
    record.put_in_place(Placed::new(Location::per_view(Generation::random()), "b".to_owned()), None, 5);
    assert_eq!(record.retired[0].delete_at, 5 + 16 * hour * 1000);
}

#[test]
fn what_an_import_puts_where_a_move_that_is_given_up_led_comes_back_once_it_plays() {
    let plays = Location::per_view(Generation::random());
    let mut record = PlacementRecord { current: Some(Placed::new(plays, "a".to_owned())), ..PlacementRecord::default() };
    record.begin_move(StoreRole::Flat, 1);
    let made = Location { generation: Generation::random(), store: record.store_for(Generation::random(), StoreRole::PerView) };
    assert_eq!(made.store, StoreRole::Flat, "it goes where the title is to lie");
    let making = |then_to| Making { generation: made.generation, content: "b".to_owned(), store: made.store, seen: 2, then_to };
    record.making.push(making(None));
    record.cancel_move(3);
    assert_eq!(record.making, [making(Some(StoreRole::PerView))]);
    let mut asked_again = record.clone();
    record.put_in_place(Placed::new(made, "b".to_owned()), Some(StoreRole::PerView), 4);
    assert_eq!(record.to_move(), Some((made, made.in_store(StoreRole::PerView))));
    asked_again.begin_move(StoreRole::Flat, 4);
    assert_eq!(asked_again.making, [making(None)], "there is where it is to lie again");
}
