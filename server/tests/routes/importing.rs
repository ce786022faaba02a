//! Which title a file is: one that is refused is none, and one that was renamed is the same.

use std::{fs, path::Path, process::Command};

use contract::{
    catalog::{GetTitle, ListTitles},
    playback::{GetProgress, PlayState, SaveProgress, StartPlayback},
};
use media::{
    error::ImportError,
    import::{Choices, Imported},
};
use server::services::catalog;

use crate::{
    support::TestApp,
    watching::{film, import, import_with, watchable},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_leaves_no_title() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Broken (2020).mp4");
    film(&path);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let outcomes = import_with(&app, folder.path(), Choices::default()).await;
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
    let session = app.send(StartPlayback { title: title.clone(), replaces: None }).await.unwrap().session;
    app.send(SaveProgress { session, position: 2.0, state: PlayState::Paused, quality: None, buffered_millis: None })
        .await
        .unwrap();

    fs::rename(&path, folder.path().join("Am\u{e9}lie (2001).mp4")).unwrap();
    import(&app, folder.path()).await;
    let card = app.send(GetTitle { id: title.clone() }).await.unwrap().card;
    assert_eq!((card.title.as_str(), card.year), ("Am\u{e9}lie", Some(2001)));
    assert_eq!(app.server.stores.documents.count(catalog::COLLECTIONS[0]).await.unwrap(), 1);
    assert!(app.send(ListTitles::default()).await.unwrap().total <= 1);
    assert_eq!(app.send(GetProgress { id: title }).await.unwrap().progress.unwrap().position, 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_better_copy_of_a_film_is_the_same_title_and_takes_its_place_only_where_it_is_to_replace_it() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (first, better) = (folder.path().join("Lighthouse (1950).mp4"), folder.path().join("lighthouse.1950.mkv"));
    film(&first);
    import(&app, folder.path()).await;
    let title = watchable(&app).await.id;

    fs::remove_file(&first).unwrap();
    another_film(&better, 4);
    let outcome = import_one(&app, folder.path(), Choices::default()).await;
    assert!(matches!(&outcome, Err(ImportError::Occupied { title: occupied, .. }) if *occupied == title), "{outcome:?}");
    assert_eq!(titles_of(&app).await, 1, "a copy that is left out leaves no title");
    let replaced = import_one(&app, folder.path(), Choices { replace: true }).await.unwrap();
    assert_eq!((replaced.title, replaced.unchanged), (title.clone(), false));
    assert_eq!(titles_of(&app).await, 1);

    // What it was replaced by is known by its content.
    let again = import_one(&app, folder.path(), Choices::default()).await.unwrap();
    assert_eq!((again.title, again.unchanged), (title, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_whose_names_say_no_year_are_films_of_their_own_whatever_they_are_called() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Episode 1.mp4");
    film(&path);
    let first = import_one(&app, folder.path(), Choices::default()).await.unwrap().title;
    fs::remove_file(&path).unwrap();
    another_film(&path, 4);
    let second = import_one(&app, folder.path(), Choices { replace: true }).await.unwrap().title;
    assert_ne!(first, second);
    assert_eq!(titles_of(&app).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trailer_that_lies_beside_a_film_never_takes_its_place() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Harbour (2019).mp4");
    film(&path);
    let title = import_one(&app, folder.path(), Choices::default()).await.unwrap().title;
    fs::remove_file(&path).unwrap();
    let path = folder.path().join("Harbour (2019)-trailer.mp4");
    another_film(&path, 2);
    let trailer = import_one(&app, folder.path(), Choices { replace: true }).await.unwrap().title;
    assert_ne!(trailer, title);
    assert_eq!(app.send(GetTitle { id: title }).await.unwrap().card.video.unwrap().duration_seconds, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_of_a_film_that_are_imported_at_once_are_one_title_however_their_accents_are_written() {
    let app = TestApp::start().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    film(&one.path().join("Am\u{e9}lie (2001).mp4"));
    another_film(&two.path().join("Ame\u{301}lie (2001).mkv"), 4);
    let import = |folder| import_one(&app, folder, Choices::default());
    let (first, second) = tokio::join!(import(one.path()), import(two.path()));
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    assert_eq!(titles_of(&app).await, 1);
}

async fn titles_of(app: &TestApp) -> u64 {
    app.server.stores.documents.count(catalog::COLLECTIONS[0]).await.unwrap()
}

/// Imports the one film of a folder.
async fn import_one(app: &TestApp, folder: &Path, choices: Choices) -> Result<Imported, ImportError> {
    let mut outcomes = import_with(app, folder, choices).await;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0).result
}

/// As [`film`], of other pictures.
fn another_film(path: &Path, seconds: u32) {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &format!("smptebars=size=426x240:rate=24:duration={seconds}")])
        .args(["-c:v", "libx264", "-preset", "ultrafast"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}
