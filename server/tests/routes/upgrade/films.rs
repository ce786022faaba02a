//! The films and titles of an older build: a film that it packaged plays, and is replaced while somebody watches; its
//! titles, which had no numbers, are all in the change feed.

use std::{path::Path, sync::Arc, time::Duration};

use contract::{
    ids::TitleId,
    playback::{PlaybackSession, StartPlayback},
};
use media::{
    collect::source_at,
    import::Choices,
    placement::{Placements, RETIRED_FOR_MILLIS},
    progress::Silent,
};
use server::{catalogue_sink::Cataloguer, collections};
use storage::documents::feed::Since;

use super::{
    embedded,
    fixture::{BEFORE_GENERATIONS, FIRST, Recorded},
    unpacked,
};
use crate::{
    deleting::left_of,
    support::TestApp,
    watching::{addresses, film, importer, text, watchable},
};

/// The first piece of a film that plays, by its address.
async fn first_segment(app: &TestApp, session: &PlaybackSession) -> String {
    let variants = addresses(&text(app, &session.manifest).await, &session.manifest);
    addresses(&text(app, &variants[0]).await, &variants[0]).remove(0)
}

/// Packages another film for a title, in the place of what plays.
async fn replace(app: &TestApp, title: &TitleId, file: &Path) {
    let work = tempfile::tempdir().unwrap();
    let sink = Cataloguer::new(app.server.catalog.ingest(), app.server.stores.video());
    let importer = importer(app, work.path()).with(Choices { replace: true });
    let film = importer.look(source_at(file).unwrap()).await.unwrap();
    importer.package(&film, title.clone(), &sink, &Silent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_an_older_build_packaged_is_replaced_while_it_plays() {
    for commit in [FIRST, BEFORE_GENERATIONS] {
        let told = Recorded::read(commit, "embedded");
        let (folder, hands) = (unpacked(&told), told.hands());
        let configure = |config: &mut _| super::configure(folder.path(), config);
        let opened = TestApp::opened(Arc::clone(&folder), configure, |surroundings| surroundings.clock = hands.clock());
        let app = opened.await.unwrap();
        app.be(told.cookies["ada"].clone());
        assert_eq!(watchable(&app).await.id, told.film);
        let before = app.send(StartPlayback { title: told.film.clone(), replaces: None }).await.unwrap();
        let segment = first_segment(&app, &before).await;
        let bytes = app.get(&segment).await.body;

        let file = folder.path().join("Lighthouse (1950).mp4");
        film(&file);
        replace(&app, &told.film, &file).await;
        let after = app.send(StartPlayback { title: told.film.clone(), replaces: None }).await.unwrap();
        assert_eq!(app.get(&segment).await.body, bytes, "{commit}: who watches sees the film that they began");
        let other = app.get(&first_segment(&app, &after).await).await.body;
        assert!(!other.is_empty() && other != bytes, "{commit}: who begins sees the other");

        // The import went by this machine's clock.
        let since = u64::try_from(told.delay()).unwrap();
        hands.forward(Duration::from_millis(RETIRED_FOR_MILLIS + since));
        app.server.media.look().await.unwrap();
        let placements = Placements::new(Arc::clone(&app.server.stores.documents), hands.clock());
        let generation = placements.current(&told.film).await.unwrap().unwrap().generation;
        let left = left_of(&app.server.stores, &told.film).await;
        let of_media: Vec<_> = left.iter().filter(|key| key.starts_with("media/")).collect();
        assert!(!of_media.is_empty() && of_media.iter().all(|key| key.contains(&generation.to_string())), "{commit}: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_change_feed_is_told_of_every_title_of_an_older_build() {
    for commit in [FIRST, BEFORE_GENERATIONS] {
        let told = Recorded::read(commit, "embedded");
        let app = embedded(&unpacked(&told), &told).await;
        let titles = collections::all().into_iter().find(|collection| collection.name == "titles").unwrap();
        let changes = app.server.stores.documents.changes(titles, Since::Listing(""), 100).await.unwrap().unwrap();
        assert_eq!(changes.entries.len(), told.titles.len(), "{commit}: {changes:?}");
        assert!(changes.entries.iter().any(|entry| entry.id == told.film.as_str()), "{commit}");
    }
}
