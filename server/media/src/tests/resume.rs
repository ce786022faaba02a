//! Kills at any moment, and second runs.

use std::sync::atomic::AtomicUsize;

use tokio::sync::Notify;

use super::*;
use crate::progress::Update;

/// Rings when a step of some number is in work.
struct Bell {
    at: usize,
    bell: Notify,
    steps: AtomicUsize,
}

impl Bell {
    fn at(step: usize) -> Self {
        Self { at: step, bell: Notify::new(), steps: AtomicUsize::new(0) }
    }
}

impl Progress for Bell {
    fn update(&self, update: &Update<'_>) {
        assert!((0.0..=1.0).contains(&update.fraction), "{update:?}");
        self.steps.fetch_max(update.steps_done, Ordering::Relaxed);
        if update.steps_done == self.at {
            self.bell.notify_one();
        }
    }
}

fn two_rungs(bench: &Bench) -> PathBuf {
    let input = ["-f", "lavfi", "-i", "testsrc2=s=640x360:d=6", "-f", "lavfi", "-i", "sine=d=6"];
    bench.film("film.mkv", &[&input[..], &QUICK, &["-c:a", "aac"]].concat())
}

/// The folders of steps that were broken off.
fn unfinished(work: &Path) -> Vec<PathBuf> {
    let films = std::fs::read_dir(work).unwrap().map(|entry| entry.unwrap().path());
    let steps = films.flat_map(|film| std::fs::read_dir(film).unwrap().map(|entry| entry.unwrap().path()));
    steps.filter(|step| step.file_name().unwrap().to_string_lossy().starts_with("tmp-")).collect()
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_where_it_was() {
    let bench = Bench::new();
    let path = two_rungs(&bench);
    // Steps: 360p, sound, artwork, storyboard, 240p. Ended in the middle of each in turn.
    for at in 0..5 {
        let before = bench.objects().await;
        let bell = Bell::at(at);
        tokio::select! {
            biased;
            () = async {
                bell.bell.notified().await;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            } => {}
            _ = bench.import_told(&path, &bell) => {}
        }
        let after = bench.objects().await;
        for object in before.iter().filter(|(key, _)| !key.ends_with("manifest.json")) {
            assert!(after.contains(object), "{object:?} was made again by the run that was ended in step {at}");
        }
        assert_eq!(unfinished(bench.work.path()), Vec::<PathBuf>::new(), "after the run that was ended in step {at}");
    }
    let before = bench.objects().await;
    assert!(before.iter().any(|(key, _)| key.contains("/v360/")) && before.iter().any(|(key, _)| key.contains("/a0/")));
    let imported = bench.imported(&path).await;
    let after = bench.objects().await;
    for object in before.iter().filter(|(key, _)| !key.ends_with("manifest.json")) {
        assert!(after.contains(object), "{object:?} was made again");
    }
    assert!(imported.manifest.complete);
    assert_eq!(imported.manifest.renditions.len(), 2);
    assert_eq!(imported.manifest.audio.len(), 1);
    let leftovers = std::fs::read_dir(bench.work.path()).unwrap().count();
    assert_eq!(leftovers, 0, "the work folder is empty when all is done");
}

#[tokio::test]
async fn what_an_interrupted_import_makes_is_what_an_undisturbed_one_makes() {
    let (calm, rough) = (Bench::new(), Bench::new());
    let path = two_rungs(&calm);
    let undisturbed = calm.imported(&path).await;
    let bell = Bell::at(4);
    tokio::select! {
        biased;
        () = bell.bell.notified() => {}
        _ = rough.import_told(&path, &bell) => {}
    }
    let mut resumed = rough.imported(&path).await;
    resumed.manifest.revision = undisturbed.manifest.revision;
    // Under a bit rate limit x264 on several threads spends a few bits differently from run to run.
    for (again, once) in resumed.manifest.renditions.iter_mut().zip(&undisturbed.manifest.renditions) {
        assert!(again.bandwidth.abs_diff(once.bandwidth) < once.bandwidth / 50, "{again:?} {once:?}");
        assert!(again.average_bandwidth.abs_diff(once.average_bandwidth) < once.average_bandwidth / 50, "{again:?} {once:?}");
        (again.bandwidth, again.average_bandwidth) = (once.bandwidth, once.average_bandwidth);
    }
    assert_eq!(resumed.manifest, undisturbed.manifest);
    let keys = |objects: Vec<(String, Option<String>)>, of: &Imported| {
        let own = of.generation.to_string();
        objects.into_iter().map(|(key, _)| key.replace(&own, "GENERATION")).collect::<Vec<_>>()
    };
    assert_eq!(keys(rough.objects().await, &resumed), keys(calm.objects().await, &undisturbed));
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let bench = Bench::new();
    let path = bench.film("film.mkv", &args(&drawn("160x120", 1), &[]));
    let first = bench.imported(&path).await;
    assert!(!first.unchanged);
    let before = bench.objects().await;
    let second = bench.imported(&path).await;
    assert!(second.unchanged);
    assert_eq!(second.manifest, first.manifest);
    assert_eq!(bench.objects().await, before);
}

#[tokio::test]
async fn an_import_can_run_on_any_thread() {
    let bench = Arc::new(Bench::new());
    let path = bench.film("film.mkv", &args(&drawn("160x120", 1), &[]));
    let shared = bench.clone();
    let outcomes = tokio::spawn(async move { shared.import(&path).await.len() }).await.unwrap();
    assert_eq!(outcomes, 1);
}

#[tokio::test]
async fn every_object_that_the_manifest_names_is_stored() {
    let bench = Bench::new();
    let path = two_rungs(&bench);
    let imported = bench.imported(&path).await;
    let stored = bench.text(&imported.title, "manifest.json").await;
    let manifest: MediaManifest = serde_json::from_str(&stored).unwrap();
    assert_eq!(manifest, imported.manifest);
    let mut names: Vec<String> = manifest.renditions.iter().map(|one| one.playlist.clone()).collect();
    names.extend(manifest.audio.iter().map(|one| one.playlist.clone()));
    names.extend(manifest.storyboard.into_iter().flat_map(|board| board.sheets));
    names.extend(manifest.poster.into_iter().chain(manifest.backdrop).map(|picture| picture.file));
    for name in names {
        assert!(!bench.object(&imported.title, &name).await.is_empty(), "{name}");
    }
    assert!(bench.objects().await.iter().all(|(key, _)| !key.contains("done.json")));
}
