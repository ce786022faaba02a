//! Which title a file is: one that is refused is none, and one that was renamed is the same.

use std::fs;

use contract::{
    catalog::{GetTitle, ListTitles},
    playback::{GetProgress, PlayState, SaveProgress, StartPlayback},
};
use media::{error::ImportError, progress::Silent};
use server::{catalogue_sink::Cataloguer, services::catalog};

use crate::{
    support::TestApp,
    watching::{film, import, importer, watchable},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_leaves_no_title() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Broken (2020).mp4");
    film(&path);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let work = tempfile::tempdir().unwrap();
    let sink = Cataloguer::new(app.server.catalog.ingest(), app.server.stores.objects.clone());
    let outcomes = importer(&app, work.path()).import_path(folder.path(), &sink, &Silent).await;
    assert!(matches!(outcomes[0].result, Err(ImportError::Broken(_))), "{outcomes:?}");
    let titles = app.server.stores.documents.count(catalog::COLLECTIONS[0]).await.unwrap();
    assert_eq!(titles, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_renamed_is_the_same_title_under_its_new_name_and_keeps_the_viewers_place() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Amelie.mp4");
    film(&path);
    import(&app, folder.path()).await;
    let title = watchable(&app).await.id;
    let session = app.send(StartPlayback { title: title.clone() }).await.unwrap().session;
    app.send(SaveProgress { session, position: 2.0, state: PlayState::Paused }).await.unwrap();

    fs::rename(&path, folder.path().join("Am\u{e9}lie (2001).mp4")).unwrap();
    import(&app, folder.path()).await;
    let card = app.send(GetTitle { id: title.clone() }).await.unwrap().card;
    assert_eq!((card.title.as_str(), card.year), ("Am\u{e9}lie", Some(2001)));
    assert_eq!(app.server.stores.documents.count(catalog::COLLECTIONS[0]).await.unwrap(), 1);
    assert!(app.send(ListTitles::default()).await.unwrap().total <= 1);
    assert_eq!(app.send(GetProgress { id: title }).await.unwrap().progress.unwrap().position, 2.0);
}
