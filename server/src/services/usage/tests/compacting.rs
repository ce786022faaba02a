//! A day that is over: its many parts become few files, and each event is read once, wherever that is broken off.

use super::*;

const DAY: &str = "2026-11-29";

/// As many parts of one day, with a second of film each.
async fn in_parts(world: &World, parts: u64) {
    let process = world.process();
    for number in 0..parts {
        process.watch("ada", &format!("title-{number}"), 1_000);
        process.journal().await;
        process.collector.publisher.publish(true).await.unwrap();
    }
}

/// The day is over, and its key gone.
async fn end_of_the_day(world: &World) {
    world.pass(3 * OF_A_DAY);
    let key = format!("usage/day-key/{DAY}");
    assert!(world.stores.keyvalue.delete(&key, storage::keyvalue::Expect::Anything).await.unwrap());
}

/// The titles of the events that are read of the day.
async fn titles(world: &World) -> Vec<String> {
    let title = |event: Event| match event.kind {
        Kind::PlaybackRenewed(playback) => playback.title,
        other => panic!("{other:?}"),
    };
    let mut titles: Vec<String> = world.events(DAY).await.into_iter().map(title).collect();
    titles.sort();
    titles
}

fn all(parts: u64) -> Vec<String> {
    let mut titles: Vec<String> = (0..parts).map(|number| format!("title-{number}")).collect();
    titles.sort();
    titles
}

/// The objects in the folder of the day, whatever they are.
async fn objects(world: &World) -> Vec<String> {
    parts::of_day(&world.stores.objects, DAY).await.unwrap().iter().map(|key| key.as_str().to_owned()).collect()
}

#[tokio::test]
async fn the_parts_of_a_day_become_one_file_once_its_key_is_gone_and_no_sooner() {
    let world = World::new().await;
    in_parts(&world, 6).await;
    compaction::sweep(&world.service).await.unwrap();
    world.pass(3 * OF_A_DAY);
    compaction::sweep(&world.service).await.unwrap();
    assert_eq!(objects(&world).await.len(), 6, "somebody may be taken out of it");
    world.now.fetch_sub(3 * OF_A_DAY, Ordering::Relaxed);
    end_of_the_day(&world).await;
    compaction::sweep(&world.service).await.unwrap();
    let files = objects(&world).await;
    assert!(files.len() == 1 && files[0].contains("compacted-"), "{files:?}");
    assert_eq!(titles(&world).await, all(6));
    compaction::sweep(&world.service).await.unwrap();
    assert_eq!(objects(&world).await, files, "it is done");
}

#[tokio::test]
async fn wherever_compacting_is_broken_off_each_event_is_read_once_then_and_when_it_was_gone_on_with() {
    for polls in 0.. {
        let world = World::new().await;
        in_parts(&world, 5).await;
        end_of_the_day(&world).await;
        let whole = give_up_after(polls, compaction::sweep(&world.service)).await;
        assert_eq!(titles(&world).await, all(5), "broken off after {polls} polls");
        // The lease of a node that is gone runs out.
        let _ = world.stores.keyvalue.delete("usage/compaction", storage::keyvalue::Expect::Anything).await.unwrap();
        compaction::sweep(&world.service).await.unwrap();
        assert_eq!((titles(&world).await, objects(&world).await.len()), (all(5), 1), "after {polls} polls and a second try");
        if whole {
            assert!(polls > 5, "nothing was broken off");
            return;
        }
    }
}

#[tokio::test]
async fn two_nodes_that_are_at_the_same_day_lose_nothing_and_nothing_is_read_twice() {
    for _ in 0..5 {
        let world = World::new().await;
        in_parts(&world, 5).await;
        end_of_the_day(&world).await;
        // As where the lease of one ran out while it wrote; what one of them deletes the other may miss, and says so.
        let compact = || compaction::compact(&world.service, DAY);
        let _ = tokio::join!(compact(), compact(), compact());
        assert_eq!(titles(&world).await, all(5));
        compaction::sweep(&world.service).await.unwrap();
        assert_eq!((titles(&world).await, objects(&world).await.len()), (all(5), 1));
    }
}

#[tokio::test]
async fn a_node_that_another_one_took_the_day_from_says_nothing_of_what_it_wrote() {
    let world = World::new().await;
    in_parts(&world, 5).await;
    end_of_the_day(&world).await;
    let claim = compaction::claim(&world.service, DAY, &[].into()).await.unwrap();
    let other = compaction::claim(&world.service, DAY, &[].into()).await.unwrap();
    let files = || ["compacted-x.parquet".to_owned()].into();
    let parts = || objects_by_name(&world);
    assert!(!compaction::say(&world.service, (DAY, claim), files(), parts().await).await.unwrap());
    assert_eq!(titles(&world).await, all(5));
    assert!(compaction::say(&world.service, (DAY, other), files(), parts().await).await.unwrap());
}

async fn objects_by_name(world: &World) -> std::collections::BTreeSet<String> {
    objects(world).await.iter().map(|key| key.rsplit('/').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_part_that_comes_again_is_not_read_twice_and_one_that_comes_late_is_read_beside_the_file() {
    let world = World::new().await;
    in_parts(&world, 5).await;
    end_of_the_day(&world).await;
    let part = parts::of_day(&world.stores.objects, DAY).await.unwrap().remove(0);
    let bytes = world.stores.objects.get(&part, u64::MAX).await.unwrap().unwrap();
    compaction::sweep(&world.service).await.unwrap();
    world.stores.objects.put(&part, bytes).await.unwrap();
    assert_eq!((titles(&world).await, objects(&world).await.len()), (all(5), 2));
    compaction::sweep(&world.service).await.unwrap();
    assert_eq!(objects(&world).await.len(), 1, "it goes");
    // A machine that was away since comes back.
    let late = playback("late", 1_000);
    let event = Event { at_millis: NOW, kind: Kind::PlaybackRenewed(late), profile: None };
    parts::put(&world.stores.objects, DAY, ("0123456789abcdef", 1, 1), vec![event]).await.unwrap();
    let mut expected = all(5);
    expected.insert(0, "late".to_owned());
    assert_eq!(titles(&world).await, expected);
}

#[tokio::test]
async fn a_file_whose_document_an_older_build_deleted_is_read_and_never_deleted() {
    let world = World::new().await;
    in_parts(&world, 5).await;
    end_of_the_day(&world).await;
    compaction::sweep(&world.service).await.unwrap();
    world.stores.documents.delete(&compaction::COMPACTIONS, DAY, storage::keyvalue::Expect::Anything).await.unwrap();
    assert_eq!(titles(&world).await, all(5));
    let late = |number: u64| Event {
        at_millis: NOW,
        kind: Kind::PlaybackRenewed(playback(&format!("title-{number}"), 1_000)),
        profile: None,
    };
    for number in 5..9 {
        parts::put(&world.stores.objects, DAY, ("0123456789abcdef", number, number), vec![late(number)]).await.unwrap();
    }
    for _ in 0..2 {
        compaction::sweep(&world.service).await.unwrap();
        assert_eq!((titles(&world).await, objects(&world).await.len()), (all(9), 2));
    }
}

#[tokio::test]
async fn what_was_written_and_not_noted_before_its_part_went_into_a_file_is_not_written_again_and_what_came_after_it_is() {
    let world = World::new().await;
    let process = world.process();
    let epoch = process.collector.intake.journal.lock().unwrap().folder().epoch.clone();
    // Four segments, of which three are in a part as the process is killed.
    let mut events = Vec::new();
    for number in 0..4 {
        process.watch("ada", &format!("title-{number}"), 1_000);
        process.journal().await;
        process.collector.intake.journal.lock().unwrap().close();
        events.push(Event {
            at_millis: NOW,
            kind: Kind::PlaybackRenewed(playback(&format!("title-{number}"), 1_000)),
            profile: None,
        });
    }
    events.pop();
    parts::put(&world.stores.objects, DAY, (&epoch, 1, 3), events).await.unwrap();
    drop(process);
    // The machine is away, and another node compacts the day.
    let other = tempfile::tempdir().unwrap();
    std::fs::rename(world.folder.path().join("usage"), other.path().join("usage")).unwrap();
    let late = Event { at_millis: NOW, kind: Kind::PlaybackRenewed(playback("title-4", 1_000)), profile: None };
    for number in 1..4 {
        let some = if number == 1 {
            vec![late.clone()]
        } else {
            vec![Event { kind: Kind::SignIn { method: usage::event::Method::Password, succeeded: true }, ..late.clone() }]
        };
        parts::put(&world.stores.objects, DAY, ("0123456789abcdef", number, number), some).await.unwrap();
    }
    end_of_the_day(&world).await;
    compaction::sweep(&world.service).await.unwrap();
    assert_eq!(objects(&world).await.len(), 1);
    std::fs::rename(other.path().join("usage"), world.folder.path().join("usage")).unwrap();
    world.process().collector.publisher.adopt().await.unwrap();
    compaction::sweep(&world.service).await.unwrap();
    assert_eq!((watched_titles(&world).await, world.segments()), (all(5), 0), "each once");
}

#[tokio::test]
async fn a_part_of_an_older_build_that_says_no_last_segment_is_replaced_by_one_that_does() {
    let world = World::new().await;
    let process = world.process();
    let epoch = process.collector.intake.journal.lock().unwrap().folder().epoch.clone();
    for number in 0..2 {
        process.watch("ada", &format!("title-{number}"), 1_000);
        process.journal().await;
        process.collector.intake.journal.lock().unwrap().close();
    }
    let event = Event { at_millis: NOW, kind: Kind::PlaybackRenewed(playback("title-0", 1_000)), profile: None };
    let key = storage::objects::ObjectKey::usage_events(DAY, Some(&format!("{epoch}-0000000001.parquet"))).unwrap();
    world.stores.objects.put(&key, usage::write(&[event], Vec::new()).unwrap().into()).await.unwrap();
    process.collector.publisher.publish(true).await.unwrap();
    assert_eq!((titles(&world).await, objects(&world).await.len()), (all(2), 1));
}

/// The titles of what was watched.
async fn watched_titles(world: &World) -> Vec<String> {
    let title = |event: Event| match event.kind {
        Kind::PlaybackRenewed(playback) => Some(playback.title),
        _ => None,
    };
    let mut titles: Vec<String> = world.events(DAY).await.into_iter().filter_map(title).collect();
    titles.sort();
    titles
}
