//! What lists are counted as, and what is told of their use.

use std::sync::atomic::Ordering::Relaxed;

use contract::{authorization::Authorization, bounds::SHOWN};

use super::{
    super::lists::ListKey,
    lists::{HIDDEN, Lists, member},
    *,
};
use crate::services::{
    feeds::{Affected, Audience},
    recorder::Recorded,
};

#[tokio::test]
async fn what_an_age_leaves_of_long_lists_is_counted_in_few_questions_one_after_the_other_and_kept_until_it_changes() {
    let lists = Lists::new().await;
    let profile: ProfileId = "kim".parse().unwrap();
    let authorization = Arc::new(Authorization { maturity: Some(12), ..Authorization::default() });
    let kim = Viewer { authorization, ..member("kim", "a") };
    let long = SHOWN * 2 + 100;
    for number in 0..4 {
        let key = ListKey::new(&profile, &format!("{number:020}").parse().unwrap());
        lists.done(&kim, "PUT", &format!("/lists/{number:020}"), json!({ "name": "Long" })).await;
        let titles = (1..long).map(|title| format!("t{title}")).chain([HIDDEN.to_owned()]);
        let titles = titles.map(|title| (title.parse().unwrap(), String::new())).collect();
        lists.library.lists.add_many(&key, titles, false).await.unwrap();
    }
    // What was counted as the lists were made is out of date.
    let forget = || lists.library.changed(Affected::One(&Audience::Profile(profile.clone())));
    forget();
    let counts = async || {
        let all = lists.ask(&kim, "GET", "/lists", Value::Null).await.1;
        all.as_array().unwrap().iter().map(|list| list["count"].as_u64().unwrap()).sum::<u64>()
    };
    let shown = 4 * (long - 1) as u64;
    let before = lists.asked.shown.load(Relaxed);
    let all = futures::future::join_all((0..6).map(|_| counts())).await;
    assert_eq!(all, [shown; 6]);
    assert!(lists.asked.most.load(Relaxed) <= 2, "however many ask: {}", lists.asked.most.load(Relaxed));
    assert!(lists.asked.shown.load(Relaxed) > before);

    // Counted once, it is not counted again for each page; of a page alone cards are made.
    let (before, cards) = (lists.asked.shown.load(Relaxed), lists.asked.cards.load(Relaxed));
    let path = format!("/lists/{:020}", 0);
    for _ in 0..3 {
        assert_eq!(lists.ask(&kim, "GET", &format!("{path}?limit=20"), Value::Null).await.1["total"], long - 1);
        assert_eq!(counts().await, shown);
    }
    assert_eq!(lists.asked.shown.load(Relaxed), before);
    assert_eq!(lists.asked.cards.load(Relaxed) - cards, 60);

    // Something of it has changed: three questions for each list, and one for none of them is empty.
    forget();
    assert_eq!(counts().await, shown);
    assert_eq!(lists.asked.shown.load(Relaxed) - before, 4 * 3);
    let cards = lists.asked.cards.load(Relaxed);
    let marks = lists.ask(&kim, "GET", "/marks", Value::Null).await.1;
    assert_eq!(marks, json!({ "watchlist": [], "favourites": [], "watched": [] }));
    assert_eq!(lists.asked.cards.load(Relaxed), cards, "and marks ask for no card");
    // Whoever has no limit is told what the store counts.
    let before = lists.asked.shown.load(Relaxed);
    let whole = lists.ask(&member("kim", "a"), "GET", &path, Value::Null).await.1;
    assert_eq!((whole["total"].as_u64().unwrap(), lists.asked.shown.load(Relaxed)), (long as u64, before));
}

#[tokio::test]
async fn marks_up_to_an_age_are_found_out_once_however_many_ask_and_kept_until_something_changes() {
    let lists = Lists::new().await;
    let profile: ProfileId = "kim".parse().unwrap();
    let of_age = |age| {
        let authorization = Arc::new(Authorization { maturity: age, ..Authorization::default() });
        Viewer { authorization, ..member("kim", "a") }
    };
    let long = SHOWN * 2 + 100;
    let titles = (1..long).map(|title| format!("t{title}")).chain([HIDDEN.to_owned()]);
    let titles = titles.map(|title| (title.parse().unwrap(), String::new())).collect();
    lists.library.lists.add_many(&ListKey::watchlist(&profile), titles, false).await.unwrap();
    let marked = async |viewer: &Viewer| {
        let (status, marks) = lists.ask(viewer, "GET", "/marks", Value::Null).await;
        assert_eq!(status, 200, "{marks}");
        marks["watchlist"].as_array().unwrap().len()
    };
    let forget = || lists.library.changed(Affected::One(&Audience::Profile(profile.clone())));
    forget();
    let (kim, asked) = (of_age(Some(12)), || lists.asked.shown.load(Relaxed));
    assert_eq!(futures::future::join_all((0..50).map(|_| marked(&kim))).await, [long - 1; 50]);
    assert_eq!(asked(), 3, "a question for each thousand");
    assert_eq!((marked(&kim).await, asked()), (long - 1, 3));
    // What is kept is of that age alone, and of these rights.
    assert_eq!((marked(&of_age(Some(16))).await, asked()), (long - 1, 6));
    assert_eq!((marked(&of_age(None)).await, asked()), (long, 6));
    let authorization = Authorization { maturity: Some(16), may_keep_watchlists: false, ..Authorization::default() };
    let without = Viewer { authorization: Arc::new(authorization), ..member("kim", "a") };
    assert_eq!((marked(&without).await, asked()), (0, 6));
    assert_eq!((marked(&kim).await, asked()), (long - 1, 9));
    forget();
    assert_eq!((marked(&kim).await, asked()), (long - 1, 12));
}

#[tokio::test]
async fn what_changed_nothing_is_not_told_as_a_use_of_lists() {
    let lists = Lists::new().await;
    let ada = member("ada", "a");
    for method in ["DELETE", "PUT", "PUT", "DELETE", "DELETE"] {
        lists.done(&ada, method, "/favourites/t1", if method == "PUT" { json!({}) } else { Value::Null }).await;
    }
    let told = lists.recordings.take(100).await;
    let added = |recorded: &Recorded| {
        if let usage::event::Kind::ListChanged { added, .. } = &recorded.kind { Some(*added) } else { None }
    };
    assert_eq!(told.iter().filter_map(added).collect::<Vec<_>>(), [true, false]);
}
