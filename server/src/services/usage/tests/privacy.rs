//! Whose something was: a hash of the day, or nobody's.

use super::*;

/// What is stored of `profile` in every document, object and journal, as text.
async fn everything(world: &World) -> String {
    let mut text = String::new();
    for collection in COLLECTIONS {
        let page = world.stores.documents.list(collection, None, 1000).await.unwrap();
        page.documents.iter().for_each(|document| text.push_str(&format!("{} {}\n", document.id, document.body)));
    }
    for day in ["2026-11-29", "2026-11-30"] {
        for event in world.events(day).await {
            text.push_str(&serde_json::to_string(&event).unwrap());
        }
    }
    text
}

#[tokio::test]
async fn no_profile_is_stored_by_its_id_and_no_two_days_of_one_can_be_joined() {
    let world = World::new().await;
    let process = world.process();
    for _ in 0..2 {
        process.watch("ada-the-profile", "heat", 1_000);
        process.journal().await;
        world.pass(OF_A_DAY);
    }
    let journal = std::fs::read_dir(world.folder.path().join("usage")).unwrap().next().unwrap().unwrap().path();
    let journalled = std::fs::read_to_string(journal.join("0000000001.jsonl")).unwrap();
    assert!(!journalled.contains("ada-the-profile\""), "{journalled}");
    let both = |line: &&str| line.contains("ada-the-profiles-account") && line.contains("profile\":");
    assert_eq!((journalled.lines().count(), journalled.lines().find(both)), (4, None), "whose it is, and which account's");
    process.collector.publisher.publish(true).await.unwrap();
    let stored = everything(&world).await;
    assert!(!stored.replace("ada-the-profiles-account", "").contains("ada-the-profile"), "{stored}");
    let (one, other) = (world.events("2026-11-29").await[0].profile, world.events("2026-11-30").await[0].profile);
    assert!(one.is_some() && other.is_some() && one != other);
}

#[tokio::test]
async fn who_wants_to_be_left_out_is_counted_as_nobody_and_their_words_are_not_kept() {
    let world = World::new().await;
    let (process, ada) = (world.process(), "ada".parse().unwrap());
    world.service.choices.put(&ada, true).await.unwrap();
    process.watch("ada", "heat", 1_000);
    process.watch("bob", "heat", 1_000);
    let search = || Kind::Search { query: Some("something private".into()), hits: 0 };
    process.recorder.record(search(), Some(&ada), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    let events = world.events("2026-11-29").await;
    assert_eq!(events.iter().map(|event| event.profile.is_some()).collect::<Vec<_>>(), [false, true, false]);
    assert!(!everything(&world).await.contains("something private"));
    assert_eq!((world.total("watched_millis").await, world.total("searches").await), (2_000, 1), "it counts all the same");
    world.service.choices.put(&ada, false).await.unwrap();
    process.recorder.record(search(), Some(&ada), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    assert!(everything(&world).await.contains("something private"));
}

/// The sessions and profiles of all events of two days, in their order.
async fn sessions(world: &World) -> Vec<(SessionHash, Option<usage::ProfileHash>)> {
    let mut all = Vec::new();
    for day in ["2026-11-29", "2026-11-30"] {
        let of = |mut event: Event| (*event.kind.session_mut().unwrap(), event.profile);
        all.extend(world.events(day).await.into_iter().map(of));
    }
    all
}

#[tokio::test]
async fn a_film_over_midnight_joins_no_two_days_and_is_one_session_in_the_sums() {
    let world = World::new().await;
    let process = world.process();
    let ada = "ada".parse().unwrap();
    process.recorder.record(Kind::PlaybackStarted(playback("heat", 0)), Some(&ada), None);
    process.watch("ada", "heat", 1_000);
    process.journal().await;
    world.pass(5 * HOUR);
    process.watch("ada", "heat", 1_000);
    process.recorder.record(Kind::PlaybackStopped(playback("heat", 1_000)), Some(&ada), None);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    let [begun, before, after, ended] = sessions(&world).await.try_into().unwrap();
    assert_eq!((begun.0, after.0), (before.0, ended.0), "a day knows it as one");
    assert_ne!(before.0, after.0);
    let recorded = SessionHash([7; 16]);
    assert!(before.0 != recorded && after.0 != recorded);
    assert_eq!((world.total("sessions").await, world.total("watched_millis").await), (1, 3_000));
}

#[tokio::test]
async fn a_film_in_whose_middle_somebody_chose_to_be_left_out_is_not_joined_with_what_they_did_before() {
    let world = World::new().await;
    let (process, ada) = (world.process(), "ada".parse().unwrap());
    for is_left_out in [false, true, false] {
        world.service.choices.put(&ada, is_left_out).await.unwrap();
        process.watch("ada", "heat", 1_000);
        process.watch("ada", "heat", 1_000);
        process.journal().await;
    }
    process.collector.publisher.publish(true).await.unwrap();
    let all = sessions(&world).await;
    assert_eq!(all.iter().map(|(_, profile)| profile.is_some()).collect::<Vec<_>>(), [true, true, false, false, true, true]);
    assert_ne!(all[1].0, all[2].0);
    assert_eq!((all[2].0, all[0].0), (all[3].0, all[4].0), "each is one");
    // Whoever has the day's key and knows the session cannot tell that it is the one of nobody.
    let key = world.service.keys.of(NOW).await.unwrap();
    assert_eq!(all[0].0, SessionHash([7; 16]).under(&key));
    assert!(all[2].0 != SessionHash([7; 16]).under(&key) && all[2].0 != SessionHash([7; 16]));
}

#[tokio::test]
async fn what_nobody_did_is_kept_under_a_key_that_goes_with_the_process_and_that_no_store_has() {
    let (world, ada) = (World::new().await, "ada".parse().unwrap());
    world.service.choices.put(&ada, true).await.unwrap();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let process = world.process();
        process.watch("ada", "heat", 1_000);
        process.watch("ada", "heat", 1_000);
        keys.push(process.collector.intake.nobodys);
        process.journal().await;
        process.collector.publisher.publish(true).await.unwrap();
        process.collector.close().await;
    }
    let [one, again, other, last] = sessions(&world).await.try_into().unwrap();
    assert_eq!((one, other), (again, last), "each process knows it as one");
    assert_ne!(one.0, other.0, "and nobody knows that both are the same");
    assert!([&one, &other].iter().all(|(hash, profile)| profile.is_none() && *hash != SessionHash([7; 16]).under(&[0; 32])));
    let mut stored = everything(&world).await.into_bytes();
    world.service.keys.of(NOW).await.unwrap();
    let entries = world.stores.keyvalue.scan("", None, 1_000).await.unwrap();
    assert!(!entries.is_empty(), "the day's key is there");
    entries.iter().for_each(|(_, entry)| stored.extend_from_slice(&entry.value));
    for key in keys {
        let (hex, list) = (blake3::Hash::from_bytes(key).to_hex(), serde_json::to_string(&key).unwrap());
        for form in [&key[..], hex.as_bytes(), list.as_bytes()] {
            assert!(!stored.windows(form.len()).any(|window| window == form));
        }
    }
}
