//! One title and several files: what plays is not touched by what is to replace it, and a film is known by its content.

use storage::documents::Expect;
use tokio::sync::Notify;

use super::*;
use crate::{
    placement::{PLACEMENTS, RETIRED_FOR_MILLIS},
    progress::Update,
};

const TITLE: &str = "the-title";

/// A bench on which every file is the same title's.
fn bench() -> Bench {
    let bench = Bench::new();
    *bench.catalogue.only.lock().unwrap() = Some(title());
    bench
}

fn title() -> TitleId {
    TITLE.parse().unwrap()
}

fn small(bench: &Bench, name: &str, size: &str) -> PathBuf {
    bench.film(name, &args(&drawn(size, 1), &[]))
}

impl Bench {
    /// Imports as `--replace` does.
    async fn replaced(&self, path: &Path) -> Result<Imported, ImportError> {
        let importer = self.importer.clone().with(Choices { replace: true });
        importer.import_path(path, &self.catalogue, &Silent).await.pop().unwrap().result
    }

    async fn plays(&self) -> Option<Generation> {
        self.placements.current(&title()).await.unwrap().map(|placed| placed.generation)
    }

    async fn sweep(&self) {
        for title in self.placements.due(100).await.unwrap() {
            let over = self.placements.to_delete(&title).await.unwrap();
            self.placements.sweep(&title, &over, &self.media()).await.unwrap();
        }
    }

    fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    async fn objects_of(&self, generation: Generation) -> Vec<(String, Option<String>)> {
        let below = format!("media/{TITLE}/{generation}/");
        self.objects().await.into_iter().filter(|(key, _)| key.starts_with(&below)).collect()
    }
}

#[tokio::test]
async fn of_two_files_of_one_title_the_first_stays_until_the_second_is_to_replace_it() {
    let bench = bench();
    let first = bench.imported(&small(&bench, "a.mkv", "160x120")).await;
    let other = small(&bench, "b.mkv", "128x96");
    let before = bench.objects().await;
    for _ in 0..2 {
        let words = bench.refused(&other).await.to_string();
        assert!(words.contains("made from a.mkv") && words.contains("--replace"), "{words}");
        assert!(bench.imported(&bench.path("a.mkv")).await.unchanged);
    }
    assert_eq!(bench.objects().await, before, "neither run made anything");

    let second = bench.replaced(&other).await.unwrap();
    assert_ne!(second.generation, first.generation);
    assert_eq!(bench.plays().await, Some(second.generation));
    for object in &before {
        assert!(bench.objects().await.contains(object), "{object:?} plays on for whoever watches it");
    }
}

/// Rings when a step of some number is in work.
struct Bell(usize, Notify);

impl Progress for Bell {
    fn update(&self, update: &Update<'_>) {
        if update.steps_done >= self.0 {
            self.1.notify_one();
        }
    }
}

#[tokio::test]
async fn a_replacement_that_is_killed_in_any_step_leaves_what_plays_and_goes_on() {
    let bench = bench();
    let first = bench.imported(&small(&bench, "a.mkv", "160x120")).await;
    let before = bench.objects().await;
    let input = ["-f", "lavfi", "-i", "testsrc2=s=640x360:d=2", "-f", "lavfi", "-i", "sine=d=2"];
    let other = bench.film("b.mkv", &[&input[..], &QUICK, &["-c:a", "aac"]].concat());
    for at in 0..5 {
        let importer = bench.importer.clone().with(Choices { replace: true });
        let bell = Bell(at, Notify::new());
        tokio::select! {
            biased;
            () = bell.1.notified() => {}
            _ = importer.import_path(&other, &bench.catalogue, &bell) => {}
        }
        assert_eq!(bench.plays().await, Some(first.generation), "killed in step {at}");
        assert_eq!(bench.objects_of(first.generation).await, before, "killed in step {at}");
        assert!(bench.imported(&bench.path("a.mkv")).await.unchanged);
    }
    let second = bench.replaced(&other).await.unwrap();
    assert_eq!(bench.plays().await, Some(second.generation));
    assert!(second.manifest.complete);
    let generations: Vec<_> =
        bench.objects().await.into_iter().map(|(key, _)| key.split('/').nth(2).unwrap().to_owned()).collect();
    let distinct: std::collections::HashSet<_> = generations.into_iter().collect();
    assert_eq!(distinct.len(), 2, "what was begun was gone on with, and nothing else was begun: {distinct:?}");
}

#[tokio::test]
async fn a_replacement_that_fails_leaves_what_plays() {
    let bench = bench();
    let first = bench.imported(&small(&bench, "a.mkv", "160x120")).await;
    let before = bench.objects().await;
    let cut = bench.film("b.mkv", &args(&drawn("128x96", 20), &["-b:v", "1M"]));
    let bytes = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 3]).unwrap();
    assert!(bench.replaced(&cut).await.is_err());
    assert_eq!(bench.plays().await, Some(first.generation));
    for object in &before {
        assert!(bench.objects().await.contains(object), "{object:?}");
    }
}

#[tokio::test]
async fn a_file_that_was_renamed_is_the_same_film() {
    let bench = bench();
    let path = small(&bench, "a.mkv", "160x120");
    let first = bench.imported(&path).await;
    let before = bench.objects().await;
    let renamed = bench.path("Another name (2001).mkv");
    std::fs::rename(&path, &renamed).unwrap();
    let again = bench.imported(&renamed).await;
    assert!(again.unchanged);
    assert_eq!((again.title, again.generation), (first.title, first.generation));
    assert_eq!(bench.objects().await, before);
}

#[tokio::test]
async fn what_was_replaced_is_deleted_when_no_grant_names_it_any_more() {
    let bench = bench();
    let first = bench.imported(&small(&bench, "a.mkv", "160x120")).await;
    let second = bench.replaced(&small(&bench, "b.mkv", "128x96")).await.unwrap();
    bench.pass(RETIRED_FOR_MILLIS - 1);
    bench.sweep().await;
    assert!(!bench.objects_of(first.generation).await.is_empty(), "a grant may still name it");
    bench.pass(1);
    bench.sweep().await;
    assert!(bench.objects_of(first.generation).await.is_empty());
    assert!(!bench.objects_of(second.generation).await.is_empty());
    assert!(bench.placements.due(100).await.unwrap().is_empty(), "nothing is left to do");
}

#[tokio::test]
async fn a_title_that_is_deleted_during_its_import_is_not_brought_back_by_it() {
    let bench = bench();
    let input = ["-f", "lavfi", "-i", "testsrc2=s=640x360:d=2"];
    let path = bench.film("a.mkv", &[&input[..], &QUICK].concat());
    // Steps: 360p, artwork, storyboard, 240p.
    for at in 0..4 {
        let bell = Bell(at, Notify::new());
        let (imported, ()) = tokio::join!(bench.importer.import_path(&path, &bench.catalogue, &bell), async {
            bell.1.notified().await;
            bench.placements.withdraw(&title()).await.unwrap();
        });
        let outcome = &imported[0].result;
        assert!(matches!(outcome, Err(ImportError::Withdrawn)), "deleted in step {at}: {outcome:?}");
        assert_eq!(bench.plays().await, None);
        bench.sweep().await;
        assert_eq!(bench.objects().await, [], "deleted in step {at}");
    }
    bench.pass(25 * 60 * 60 * 1000);
    bench.sweep().await;
    assert_eq!(bench.placements.record(&title()).await.unwrap(), None, "nothing is left to do");
    assert!(bench.imported(&path).await.manifest.complete, "whoever imports it again has it again");
}

/// Lays a film where builds without generations laid it.
async fn as_an_older_build_left_it(bench: &Bench) {
    let generation = bench.plays().await.unwrap();
    for (key, _) in bench.objects_of(generation).await {
        let bytes = bench.objects.get(&key.as_str().into()).await.unwrap().bytes().await.unwrap();
        let older = key.replace(&format!("{generation}/"), "");
        bench.objects.put(&older.as_str().into(), bytes.into()).await.unwrap();
        bench.objects.delete(&key.as_str().into()).await.unwrap();
    }
    bench.documents.delete(&PLACEMENTS, TITLE, Expect::Anything).await.unwrap();
}

#[tokio::test]
async fn what_an_older_build_packaged_is_known_and_replaced_as_others_are() {
    let bench = bench();
    let path = small(&bench, "a.mkv", "160x120");
    bench.imported(&path).await;
    as_an_older_build_left_it(&bench).await;
    let older = bench.objects().await;

    let again = bench.imported(&path).await;
    assert!(again.unchanged && again.generation == Generation::UNNAMED);
    let second = bench.replaced(&small(&bench, "b.mkv", "128x96")).await.unwrap();
    assert_eq!(bench.plays().await, Some(second.generation));
    for object in &older {
        assert!(bench.objects().await.contains(object), "{object:?} plays on");
    }
    bench.pass(RETIRED_FOR_MILLIS);
    bench.sweep().await;
    assert_eq!(bench.objects().await, bench.objects_of(second.generation).await, "the older film alone is gone");
}
