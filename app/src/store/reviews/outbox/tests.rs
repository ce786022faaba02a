//! Entries of stars, by themselves.

use super::*;
use crate::parts::dom::given_storage;

const NOW: u64 = 1_800_000_000_000;

fn heat() -> TitleId {
    "heat".parse().unwrap()
}

fn chosen(half_stars: u8, at: u64) -> Chosen {
    Chosen { half_stars, at, sent: 0, is_late: true, is_stored: true }
}

fn kept() -> Option<(u8, u64)> {
    all("ada").get(&heat()).map(|chosen| (chosen.half_stars, chosen.at))
}

#[test]
fn the_latest_stars_of_a_title_stay_whoever_keeps_or_settles_others() {
    let _given = given_storage::storages();
    for (half_stars, at, there) in [(6, 5, (6, 5)), (8, 7, (8, 7)), (2, 6, (8, 7))] {
        assert!(put("ada", &heat(), &chosen(half_stars, at)));
        assert_eq!(kept(), Some(there));
    }
    settle("ada", &heat(), 6);
    assert_eq!(kept(), Some((8, 7)), "they were chosen since");
    settle("ada", &heat(), 8);
    assert_eq!(kept(), None);
    settle("ada", &heat(), 8);
}

#[test]
fn one_tab_at_a_time_sends_stars_until_it_is_answered_or_was_silent_for_long() {
    let _given = given_storage::storages();
    put("ada", &heat(), &chosen(6, 5));
    let may_send = |at, now| lease("ada", &heat(), (at, true), now);
    assert!(may_send(5, NOW));
    assert!(!may_send(5, NOW + LEASE - 1), "another tab");
    assert!(may_send(5, NOW + LEASE), "the first one may be closed");
    assert!(may_send(5, NOW - 1), "the clock was put back");
    release("ada", &heat(), 5);
    assert!(may_send(5, NOW));
    assert!(may_send(6, NOW), "later ones do not wait for it");
    assert!(!may_send(4, NOW + LEASE), "later ones wait");
    settle("ada", &heat(), 5);
    assert!(!may_send(5, NOW + LEASE), "they arrived");
    assert!(lease("ada", &heat(), (5, false), NOW), "they were never kept");
}

#[test]
fn what_an_older_build_kept_is_taken_over_once_and_gives_way_to_what_is_later() {
    let given = given_storage::storages();
    given.set(WebStorage::Local, DRAFT, "ada\n{}\n{\"alien\":{\"half_stars\":4,\"at\":3},\"heat\":{\"half_stars\":6,\"at\":5}}");
    assert!(all("bob").is_empty());
    put("ada", &heat(), &chosen(8, 7));
    for _ in 0..2 {
        let all = all("ada");
        assert_eq!(all.len(), 2);
        assert_eq!(kept(), Some((8, 7)));
        assert_eq!(names_in(WebStorage::Local, DRAFT), ["marquee.draft.alien", "marquee.draft.heat"]);
    }
    settle("ada", &"alien".parse().unwrap(), 3);
    assert_eq!(all("ada").len(), 1);
}

#[test]
fn what_is_nothing_of_ours_is_nobodys_stars() {
    let given = given_storage::storages();
    for text in [
        "",
        "ada",
        "ada\n",
        "ada\n{}",
        "ada\n{\"half_stars\":0,\"at\":1}",
        "ada\n{\"half_stars\":11,\"at\":1}",
        "bob\n{\"half_stars\":8,\"at\":1}",
    ] {
        given.set(WebStorage::Local, "marquee.draft.heat", text);
        assert!(all("ada").is_empty(), "{text}");
    }
    given.set(WebStorage::Local, "marquee.draft.", "ada\n{\"half_stars\":8,\"at\":1}");
    assert!(all("ada").is_empty());
    assert!(put("ada", &heat(), &chosen(6, 5)), "it is written over");
    assert_eq!(kept(), Some((6, 5)));
}
