//! What is promised of the demo's films, and one of them made from start to end.

use std::{collections::HashSet, sync::Arc};

use media::{
    candidate::Candidate,
    placement::Placements,
    progress::Silent,
    run::{Limits, Tools, encode},
    sink::Packaged,
    store::MediaStore,
};
use object_store::memory::InMemory;
use runtime::clock::Clock;
use storage::{documents::sqlite::SqliteDocuments, events::Events, sqlite::Sqlite};

use super::*;

struct Nobody;

#[async_trait::async_trait]
impl CatalogueSink for Nobody {
    async fn title_for(&self, _film: &Candidate) -> Result<TitleId, String> {
        Err("a short's title is known".to_owned())
    }

    async fn on_packaged(&self, _packaged: Packaged<'_>) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn there_are_at_least_twelve_shorts_of_30_to_90_seconds_no_two_alike() {
    let all = shorts();
    assert!(all.len() >= 12);
    assert!(all.iter().all(|short| (30..=90).contains(&short.seconds)));
    let ids: HashSet<_> = all.iter().map(|short| short.title.id().unwrap()).collect();
    let names: HashSet<_> = all.iter().map(|short| short.title.title).collect();
    assert_eq!((ids.len(), names.len()), (all.len(), all.len()));
    assert!(bunny::TITLE.id().is_ok() && bunny::TITLE.attribution.is_some());
}

#[test]
fn captions_are_in_time_in_two_languages() {
    for short in shorts() {
        assert!(short.cues.len() >= 4, "{}", short.title.key);
        assert!(short.cues.iter().all(|cue| cue.from < cue.to && cue.to < short.seconds), "{}", short.title.key);
        assert!(short.cues.windows(2).all(|pair| pair[0].to <= pair[1].from), "{}", short.title.key);
        assert!(short.cues.iter().all(|cue| !cue.english.is_empty() && !cue.german.is_empty()));
        assert!(short.cues.iter().all(|cue| cue.english.chars().count() <= 60 && cue.german.chars().count() <= 60));
    }
}

use media::argv::{Argv, Input};
#[tokio::test]
async fn every_short_can_be_drawn() {
    for short in shorts() {
        let tools = Tools::default();
        let argv = Argv::ffmpeg(&tools, Limits::QUICK);
        let argv = match short.picture {
            shorts::Picture::Drawn(graph) => argv.input(Input::Drawn(graph)),
            shorts::Picture::OfScore(filters) => argv
                .input(Input::Drawn("aevalsrc='0.5*sin(440*t)|0.5*sin(660*t)':s=48000"))
                .args(["-filter_complex".to_owned(), format!("[0:a]{filters}")]),
        };
        let argv = argv.args(["-frames:v", "2", "-f", "null", "-"]);
        encode(&tools, argv, &mut |_| {}).await.unwrap_or_else(|error| panic!("{}: {error}", short.title.key));
    }
}

#[tokio::test]
async fn a_short_becomes_a_title_with_music_and_captions_and_is_made_once() {
    let (work, objects) = (tempfile::tempdir().unwrap(), Arc::new(InMemory::new()));
    let documents = tempfile::tempdir().unwrap();
    let sqlite = Sqlite::open(&documents.path().join("marquee.db"), Events::default()).unwrap();
    let placements = Placements::new(Arc::new(SqliteDocuments::new(sqlite)), Clock::default());
    let importer = Importer::new(Tools::default(), MediaStore::new(objects), placements, work.path().to_owned());
    // A small and quick relative of the first short, so that the test is quick too.
    const SMALL: Short =
        Short { seconds: 30, picture: shorts::Picture::Drawn("gradients=s=64x36:r=5,scale=426:240"), ..shorts::FIRST };
    static SHORT: Short = SMALL;
    let made = make(&SHORT, &importer, &Nobody, &Silent).await.unwrap();
    assert!(made.manifest.complete && !made.unchanged);
    assert_eq!(made.manifest.duration_seconds, 30.0);
    let languages: Vec<_> = made.manifest.captions.iter().map(|track| track.language.as_str()).collect();
    assert_eq!(languages, ["en", "de"]);
    assert_eq!(made.manifest.audio.len(), 1);
    assert_eq!(std::fs::read_dir(work.path().join("demo")).unwrap().count(), 0, "its source is not kept");
    let again = make(&SHORT, &importer, &Nobody, &Silent).await.unwrap();
    assert!(again.unchanged);
}
