//! What the settings say of moves, and what is told of them.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn two_settings_that_name_one_store_move_nothing_and_delete_nothing() {
    let bench = Bench::new().await;
    let one = VideoStores { per_view: bench.stores.objects.clone(), flat: Some(bench.stores.objects.clone()) };
    let placements = bench.node().placements;
    let keyvalue = Arc::clone(&bench.stores.keyvalue);
    let mover = Mover::new(placements.clone(), MediaStore::of(&one), keyvalue, (bench.clock(), 1_000_000_000));
    placements.request_move(&title(), StoreRole::Flat).await.unwrap();
    mover.look().await.unwrap();
    assert_eq!((mover.counts().titles, mover.counts().failures), (0, 1));
    assert_eq!(bench.plays().await, Some(Location::per_view(bench.first)));
    bench.assert_plays_whole("first", "after it").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_not_mounted_gets_no_copy_and_loses_none_and_its_folder_is_not_made_anew() {
    let bench = Bench::new().await;
    let [disk, elsewhere] = ["flat", "elsewhere"].map(|name| bench.folder.path().join(name));
    std::fs::rename(&disk, &elsewhere).unwrap();
    let node = bench.node();
    node.request(StoreRole::Flat).await;
    node.mover.look().await.unwrap();
    assert_eq!((bench.plays().await, node.mover.counts().failures), (Some(Location::per_view(bench.first)), 1));
    assert!(!disk.exists());
    std::fs::rename(&elsewhere, &disk).unwrap();
    bench.node().move_all().await;
    assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);

    // Where what plays cannot be found, what is left elsewhere is not deleted.
    bench.pass(RETIRED_FOR_MILLIS);
    std::fs::rename(&disk, &elsewhere).unwrap();
    std::fs::create_dir(&disk).unwrap();
    let node = bench.node();
    let claim = node.placements.to_delete(&title()).await.unwrap();
    node.placements.sweep(&title(), &claim, &node.media).await.ok();
    assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"));
    assert_eq!(std::fs::read_dir(&disk).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_move_is_every_node_can_say() {
    let bench = Bench::new().await;
    let (node, other) = (bench.node(), bench.node());
    node.request(StoreRole::Flat).await;
    assert_eq!(other.mover.status().await.unwrap(), (1, None));
    let lease = Lease::take(&bench.stores.keyvalue).await.unwrap().unwrap();
    node.mover.each(&[title()], &lease).await;
    lease.renew().await.unwrap();
    let (waiting, progress) = other.mover.status().await.unwrap();
    let bytes: usize = film("first").values().map(Bytes::len).sum();
    let progress = progress.unwrap();
    assert_eq!((waiting, progress.title, progress.to, progress.bytes_total), (0, title(), StoreRole::Flat, bytes as u64));
    assert_eq!(progress.bytes_done, bytes as u64 - film("first")[MANIFEST_FILE].len() as u64);
    lease.give_back().await;
    assert_eq!(other.mover.status().await.unwrap(), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_take_the_bandwidth_that_the_settings_say_and_follow_a_change() {
    let limit = Bandwidth::new(1024);
    limit.take(copy::PART).await;
    let begun = Instant::now();
    let waiting = limit.take(copy::PART);
    let changed = async {
        tokio::task::yield_now().await;
        limit.set(1 << 40);
    };
    tokio::join!(waiting, changed);
    assert!(begun.elapsed() < Duration::from_secs(30), "at the rate before it would have taken two hours");

    let bench = Bench::new().await;
    let node = bench.node();
    let slow = |settings: &mut crate::placement::PlacementSettings| settings.move_bytes_per_second = Some(4 << 20);
    node.placements.change_settings(slow).await.unwrap();
    node.request(StoreRole::Flat).await;
    let begun = Instant::now();
    node.move_all().await;
    // Two parts and a little are read here, written there and read there: of 48 MiB and more, 8 at once.
    assert!(begun.elapsed() > Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn new_titles_go_where_the_settings_say_and_others_to_where_they_lie() {
    let bench = Bench::new().await;
    let node = bench.node();
    node.placements.change_settings(|settings| settings.default_store = StoreRole::Flat).await.unwrap();
    let begun = node.placements.begin(&"another".parse().unwrap(), "content", None).await.unwrap();
    assert_eq!(begun.store, StoreRole::Flat);
    assert_eq!(node.placements.begin(&title(), "second", None).await.unwrap().store, StoreRole::PerView);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_store_is_not_configured_any_more_films_are_imported_into_the_one_that_is() {
    let bench = Bench::new().await;
    let node = bench.node();
    node.placements.change_settings(|settings| settings.default_store = StoreRole::Flat).await.unwrap();
    let another: TitleId = "another".parse().unwrap();
    let begun = node.placements.begin(&another, "content", None).await.unwrap();
    let one = MediaStore::new(bench.stores.objects.backend());
    let placements = node.placements.clone().within(&one);
    assert_eq!(placements.begin(&"a-third".parse().unwrap(), "content", None).await.unwrap().store, StoreRole::PerView);
    let anew = placements.begin(&another, "content", Some(begun.generation)).await.unwrap();
    assert_eq!(anew.store, StoreRole::PerView);
    assert!(anew.generation != begun.generation, "what was begun in a store that is away is not gone on with elsewhere");
    node.request(StoreRole::Flat).await;
    assert_eq!(placements.begin(&title(), "second", None).await.unwrap().store, StoreRole::PerView);
}
