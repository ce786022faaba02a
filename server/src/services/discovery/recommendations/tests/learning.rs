//! Whom it is learnt from, when, and what is left of whoever goes.

use storage::documents::PAGE_LIMIT;

use super::*;
use crate::services::discovery::recommendations::{import, record::CURRENT};

#[tokio::test]
async fn nothing_of_a_profile_with_an_age_limit_or_that_is_gone_or_wants_none_is_in_the_model() {
    let world = World::new().await;
    let title = &world.westerns[0];
    let before = 9;
    world.viewer("kid", "account-kid", false);
    world.viewer("off", "account-off", true);
    for profile in ["kid", "off", "gone"] {
        world.watch(profile, title);
    }
    let body = json!({ "is_on": false });
    assert_eq!(world.ask("off", "PUT", "/api/v1/recommendation-settings", body).await.0, 204);
    world.service.look().await.unwrap();
    assert_eq!(world.support(title), before);
    world.viewer("on", "account-on", true);
    world.watch("on", title);
    world.service.make_due().await.unwrap();
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(world.support(title), before + 1, "one that it may be learnt from is");
}

#[tokio::test]
async fn popular_here_is_what_three_accounts_watched_however_many_profiles_and_times() {
    let world = World::new().await;
    let number = |title: &TitleId| world.service.model().number(title.as_str()).unwrap();
    let mut bench = Vec::new();
    for (at, accounts) in [(0, ["x", "x", "x"]), (1, ["x", "y", "y"]), (2, ["x", "y", "z"])] {
        let title = world.bench.catalog.ingest();
        let film = NewTitle { source: format!("test:rare {at}"), title: format!("Rare {at}"), ..NewTitle::default() };
        let id = title.upsert_many(vec![film]).await.unwrap().remove(0).id;
        for (viewer, account) in accounts.into_iter().enumerate() {
            world.viewer(&format!("rare{at}{viewer}"), &format!("account-{account}"), true);
            world.watch(&format!("rare{at}{viewer}"), &id);
        }
        bench.push(id);
    }
    world.service.look().await.unwrap();
    let popular = world.service.model().popular().to_vec();
    let is_popular: Vec<bool> = bench.iter().map(|title| popular.contains(&number(title))).collect();
    assert_eq!(is_popular, [false, false, true]);
}

#[tokio::test]
async fn it_is_trained_at_most_every_ten_minutes_and_then_where_something_went_or_enough_came() {
    let world = World::trained().await;
    let trained = || world.service.model().trained();
    let first = trained();
    world.service.forget(&"w0".parse().unwrap()).await.unwrap();
    world.pass(9 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(trained(), first, "too early");
    world.pass(2 * 60 * 1000);
    world.service.look().await.unwrap();
    let second = trained();
    assert!(second > first, "something went");
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(trained(), second, "nothing changed");
    for _ in 0..21 {
        world.watch("w1", &world.westerns[1]);
    }
    world.service.look().await.unwrap();
    let third = trained();
    assert!(third > second, "enough came");
    let film = NewTitle { source: "test:new".into(), title: "New".into(), ..NewTitle::default() };
    world.bench.catalog.ingest().upsert_many(vec![film]).await.unwrap();
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert!(trained() > third, "a title came");
}

#[tokio::test]
async fn who_is_to_be_learnt_from_no_more_is_in_no_model_within_the_hour_and_makes_none_due_every_ten_minutes() {
    let world = World::trained().await;
    let (trained, title) = (|| world.service.model().trained(), &world.westerns[1]);
    let (first, before) = (trained(), world.support(title));
    let settings = "/api/v1/recommendation-settings";
    let as_member = || {
        let member = crate::context::Member {
            account: "account-w0".parse().unwrap(),
            sign_in: "s".parse().unwrap(),
            role: contract::identity::AccountRole::Member,
            active_profile: crate::context::ActiveProfile::Unrestricted,
            scopes: None,
        };
        Asker { member: Some(member), ..asker("w0", Authorization::default()) }
    };
    for is_on in [false, true, false, false] {
        assert_eq!(world.ask_as(as_member(), "PUT", settings, json!({ "is_on": is_on })).await.0, 204);
        world.pass(11 * 60 * 1000);
        world.service.look().await.unwrap();
        assert_eq!(trained(), first, "too early");
    }
    let state = world.service.state().await.unwrap();
    assert_eq!((state.withdrawals, state.withdrawals_seen), (2, 0), "what is off already is switched off no more");
    // 51 minutes after the first of them.
    world.pass(7 * 60 * 1000);
    world.service.look().await.unwrap();
    assert!(trained() > first);
    assert_eq!(world.support(title), before - 1);
    let second = trained();
    world.pass(7 * 60 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(trained(), second, "once");
}

#[tokio::test]
async fn one_node_trains_and_the_others_load_what_it_made() {
    let world = World::new().await;
    let other = world.another_node();
    let lease =
        world.keyvalue.put("discovery/training", bytes::Bytes::new(), storage::keyvalue::Expect::Absent, None).await.unwrap();
    other.look().await.unwrap();
    assert!(other.model().is_empty(), "somebody else is at it");
    world.keyvalue.delete("discovery/training", storage::keyvalue::Expect::Version(lease)).await.unwrap();
    world.service.look().await.unwrap();
    other.look().await.unwrap();
    assert_eq!((other.model().trained(), world.models().len()), (world.service.model().trained(), 1));
    let late = world.another_node();
    late.look().await.unwrap();
    assert_eq!(late.model().to_bytes().unwrap(), world.models().remove(0), "a start loads what is stored");
}

#[tokio::test]
async fn a_model_that_is_damaged_is_refused_and_replaced_and_the_one_of_before_answers_meanwhile() {
    let world = World::trained().await;
    let folder = world.bench.folder.path().join("objects/models");
    let path = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&path).unwrap();
    for bytes in [whole[..whole.len() / 2].to_vec(), Vec::new()] {
        std::fs::write(&path, bytes).unwrap();
        let node = world.another_node();
        let lease =
            world.keyvalue.put("discovery/training", bytes::Bytes::new(), storage::keyvalue::Expect::Absent, None).await.unwrap();
        node.look().await.unwrap();
        assert!(node.model().is_empty(), "never half of it");
        world.keyvalue.delete("discovery/training", storage::keyvalue::Expect::Version(lease)).await.unwrap();
    }
    let node = world.another_node();
    world.pass(1);
    node.look().await.unwrap();
    assert!(!node.model().is_empty(), "another was made");
    world.service.look().await.unwrap();
    assert_eq!(world.service.model().trained(), node.model().trained());
}

#[tokio::test]
async fn where_it_cannot_be_read_which_model_is_the_current_one_another_is_trained_at_once_and_nobodys_call_fails() {
    let world = World::trained().await;
    let spoil = async |fields: Value| {
        let mut body = world.bench.documents.get(&STATE, CURRENT).await.unwrap().unwrap().body;
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let write = Write { id: CURRENT.into(), body, expect: Expect::Anything };
        world.bench.documents.put(&STATE, write).await.unwrap();
    };
    // What it says of who went counts, whatever it said before.
    for fields in [json!({ "trained": "x" }), json!({ "removals": "x", "removals_seen": 7 }), json!({ "object": "no/model" })] {
        let before = world.service.model().trained();
        world.pass(1_000);
        spoil(fields.clone()).await;
        world.service.look().await.unwrap();
        assert!(world.service.model().trained() > before, "{fields}");
        assert_eq!(world.models().len(), 2, "{fields}: the one of before is still named");
    }
    spoil(json!({ "trained": "x" })).await;
    world.service.note_withdrawal().await.unwrap();
    spoil(json!({ "trained": "x" })).await;
    world.service.forget(&"w1".parse().unwrap()).await.unwrap();
    let state = world.service.state().await.unwrap();
    assert!(state.object.is_some() && state.removals > state.removals_seen && state.trained == 0, "{state:?}");
    let before = world.service.model().trained();
    world.pass(1_000);
    world.another_node().look().await.unwrap();
    world.service.look().await.unwrap();
    assert!(world.service.model().trained() > before);
}

#[tokio::test]
async fn what_a_guest_wants_is_taken_along_also_where_it_cannot_be_read_and_leads_to_less() {
    let world = World::new().await;
    let settings = "/api/v1/recommendation-settings";
    let spoil = async |profile: &str| {
        let write = Write { id: profile.into(), body: json!({ "is_on": "x" }), expect: Expect::Anything };
        world.bench.documents.put(&SETTINGS, write).await.unwrap();
    };
    spoil("guest").await;
    world.service.merge(&"guest".parse().unwrap(), &"me".parse().unwrap()).await.unwrap();
    spoil("you").await;
    assert_eq!(world.ask("guest", "PUT", settings, json!({ "is_on": true })).await.0, 204);
    world.service.merge(&"guest".parse().unwrap(), &"you".parse().unwrap()).await.unwrap();
    for profile in ["me", "you"] {
        assert_eq!(world.ask(profile, "GET", settings, Value::Null).await.1, json!({ "is_on": false }), "{profile}");
    }
}

#[tokio::test]
async fn of_models_that_were_replaced_one_stays_for_whoever_reads_it() {
    let world = World::trained().await;
    for _ in 0..4 {
        world.service.make_due().await.unwrap();
        world.pass(11 * 60 * 1000);
        world.service.look().await.unwrap();
    }
    assert_eq!(world.models().len(), 2);
}

#[tokio::test]
async fn who_is_deleted_is_in_no_document_and_no_model() {
    let world = World::trained().await;
    let hidden = "/api/v1/hidden-recommendations";
    for profile in ["w0", "w1"] {
        assert_eq!(world.ask(profile, "PUT", hidden, json!({ "kind": "genre", "of": "Comedy" })).await.0, 204);
        assert_eq!(world.ask(profile, "PUT", "/api/v1/recommendation-settings", json!({ "is_on": true })).await.0, 204);
        // One that does not say since when.
        let body = json!({ "profile": profile, "kind": "genre" });
        let write = Write { id: format!("{profile}/spoiled"), body, expect: Expect::Absent };
        world.bench.documents.put(&HIDDEN, write).await.unwrap();
    }
    let told = async |profile: &str| {
        let mut found = Vec::new();
        for collection in COLLECTIONS {
            let page = world.bench.documents.list(collection, None, PAGE_LIMIT).await.unwrap();
            found.extend(page.documents.into_iter().filter(|document| {
                document.id.split('/').any(|part| part == profile) || document.body["profile"] == json!(profile)
            }));
        }
        found.len()
    };
    assert_eq!(told("w0").await, 3);
    world.households.viewers.lock().unwrap().retain(|viewer| viewer.profile.as_str() != "w0");
    world.service.forget(&"w0".parse().unwrap()).await.unwrap();
    assert_eq!((told("w0").await, told("w1").await), (0, 3));
    let before = world.support(&world.westerns[1]);
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(world.support(&world.westerns[1]), before - 1, "nor does it count any more");
    for model in world.models() {
        for text in ["account-", "\u{2}w0", "\u{2}w1", "profile"] {
            assert!(!has(&model, text), "{text:?}");
        }
        assert!(has(&model, world.westerns[1].as_str()));
    }
}

#[tokio::test]
async fn what_a_guest_did_not_want_is_taken_along() {
    let world = World::trained().await;
    let hidden = "/api/v1/hidden-recommendations";
    world.ask("guest", "PUT", hidden, json!({ "kind": "genre", "of": "Comedy" })).await;
    world.ask("guest", "PUT", "/api/v1/recommendation-settings", json!({ "is_on": false })).await;
    for _ in 0..2 {
        world.service.merge(&"guest".parse().unwrap(), &"me".parse().unwrap()).await.unwrap();
    }
    assert_eq!(world.ask("guest", "GET", hidden, Value::Null).await.1, json!([]));
    assert_eq!(world.ask("me", "GET", hidden, Value::Null).await.1[0]["of"], "Comedy");
    assert_eq!(world.ask("me", "GET", "/api/v1/recommendation-settings", Value::Null).await.1, json!({ "is_on": false }));
    assert_eq!(world.service.expire_guests(u64::MAX).await.unwrap(), 0, "what was taken along stays");
    world.ask("guest2", "PUT", hidden, json!({ "kind": "genre", "of": "Comedy" })).await;
    world.ask("guest2", "PUT", "/api/v1/recommendation-settings", json!({ "is_on": false })).await;
    assert_eq!(world.service.expire_guests(u64::MAX).await.unwrap(), 2);
}

#[tokio::test]
async fn histories_from_elsewhere_train_the_model_and_name_nobody() {
    let world = World::new().await;
    let (title, other) = (&world.westerns[0], &world.comedies[0]);
    let file = format!(
        "user,title,timestamp,weight\nJane Doe,{title},5,1\nJane Doe,{other},6,\nJim,{title},7,0.5\nJim,tt0000001,8,1\nJim,tt0000001,9,1\n"
    );
    let read =
        async || import::import(file.as_bytes(), &*world.bench.documents, &world.bench.catalog.ingest(), &[7; 32]).await.unwrap();
    let expected = import::Imported { events: 3, strangers: 2, unmatched: 2, unmatched_titles: 1 };
    assert_eq!((read().await, read().await), (expected, expected));
    let stored = async || world.bench.documents.list(&IMPORTED, None, PAGE_LIMIT).await.unwrap().documents;
    let all = stored().await;
    assert_eq!(all.len(), 2, "the same file again is the same strangers");
    assert!(all.iter().all(|document| !format!("{document:?}").contains("Jane")));
    world.service.look().await.unwrap();
    assert_eq!((world.support(title), world.support(other)), (11, 10));
    world.service.forget_title(title).await.unwrap();
    assert!(stored().await.iter().all(|document| !format!("{document:?}").contains(title.as_str())));
    assert!(stored().await.iter().any(|document| format!("{document:?}").contains(other.as_str())));
    let state = world.service.state().await.unwrap();
    assert!(state.removals > state.removals_seen, "the next model is due");
}

#[tokio::test]
async fn who_watched_a_title_and_gave_it_one_star_speaks_for_it_to_nobody_and_is_not_recommended_it() {
    let world = World::new().await;
    let (disliked, liked) = (&world.westerns[3], &world.comedies[3]);
    world.viewer("critic", "account-critic", true);
    for title in [disliked, liked] {
        world.watch("critic", title);
    }
    world.service.look().await.unwrap();
    let (of_disliked, of_liked) = (world.support(disliked), world.support(liked));
    let because = |rows: &[MyRow], title: &TitleId| {
        rows.iter()
            .any(|row| serde_json::to_string(row).unwrap().contains(&format!("\"because_you_watched\",\"id\":\"{title}\"")))
    };
    let before = world.rows("critic").await;
    assert!(because(&before, disliked) && because(&before, liked), "{before:?}");

    world.interact("critic", disliked, -1.0, Act::Rated);
    let after = world.rows("critic").await;
    assert!(!because(&after, disliked) && because(&after, liked), "{after:?}");
    assert!(!ids(&after).contains(disliked), "{after:?}");
    world.service.make_due().await.unwrap();
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!((world.support(disliked), world.support(liked)), (of_disliked - 1, of_liked));
    // One that was rated alone, and highly, counts as a film that was watched does, but is popular by no stars.
    world.interact("critic", &world.westerns[3], 0.0, Act::Listed);
    world.viewer("fan", "account-fan", true);
    world.interact("fan", liked, 1.5, Act::Rated);
    world.service.make_due().await.unwrap();
    world.pass(11 * 60 * 1000);
    world.service.look().await.unwrap();
    assert_eq!(world.support(liked), of_liked + 1);
    assert!(!ids(&world.rows("fan").await).contains(liked), "what it rated it knows");
}
