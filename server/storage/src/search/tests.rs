//! The index's folder: what is refused, what is made anew, and what a kill between two steps of a swap leaves.

use std::{fs, os::unix::fs::symlink};

use tantivy::{
    doc,
    schema::{Field, STORED, STRING},
};

use super::*;

fn definition(revision: &str) -> (Definition, Field) {
    let mut schema = Schema::builder();
    let name = schema.add_text_field("name", STRING | STORED);
    (Definition { schema: schema.build(), tokenizers: Vec::new(), revision: revision.into() }, name)
}

fn open(folder: &Path, revision: &str) -> Result<SearchIndex, SearchError> {
    SearchIndex::open(folder, definition(revision).0)
}

fn put(text: &str) -> Put {
    let (_, name) = definition("");
    Put { key: Term::from_field_text(name, text), document: doc!(name => text) }
}

fn progress(number: u64) -> Progress {
    Progress { position: Position { feed: "feed".into(), number }, listed: None }
}

/// Where it stands; 0 where it has not begun.
fn number(generation: &Generation) -> u64 {
    generation.progress().unwrap().map_or(0, |progress| progress.position.number)
}

fn count(index: &SearchIndex) -> u64 {
    index.searcher().num_docs()
}

/// Every file below, with what is in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push((path.clone(), fs::read(path).unwrap_or_default())) }
    }
    found.sort();
    found
}

fn generations(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
}

/// As builds without generations left it: the index in the folder itself, without a marker.
fn left_by_an_older_build(folder: &Path, revision: &str) {
    let (definition, _) = definition(revision);
    fs::create_dir_all(folder).unwrap();
    let index = Index::create_in_dir(folder, definition.schema.clone()).unwrap();
    Generation::over(index, &definition, None).unwrap().apply(vec![put("one"), put("two")], Vec::new(), &progress(7)).unwrap();
}

#[test]
fn a_folder_of_films_is_refused_in_words_and_nothing_in_it_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("Alien (1979)")).unwrap();
    fs::write(folder.path().join("Alien (1979)/Alien.mkv"), "a film").unwrap();
    fs::write(folder.path().join(META), "{").unwrap();
    let before = files(folder.path());
    let Err(error) = open(folder.path(), "1") else { panic!("it was opened") };
    assert!(error.to_string().contains("Name a folder that is empty") && matches!(error, SearchError::Foreign(_)), "{error}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn an_index_of_an_older_build_opens_where_it_is_is_marked_and_makes_way_for_its_successor() {
    let folder = tempfile::tempdir().unwrap();
    left_by_an_older_build(folder.path(), "1");
    fs::write(folder.path().join("Alien (1979).mkv"), "a film").unwrap();
    let index = open(folder.path(), "1").unwrap();
    assert_eq!((count(&index), number(&index.current()), index.trouble()), (2, 7, None));
    assert!(folder.path().join(".marquee-index").exists());
    drop(index);
    let index = open(folder.path(), "2").unwrap();
    let next = index.anew().unwrap();
    next.apply(vec![put("one")], Vec::new(), &progress(9)).unwrap();
    index.replace_with(next).unwrap();
    drop(index);
    let index = open(folder.path(), "2").unwrap();
    assert_eq!((count(&index), number(&index.current()), index.trouble()), (1, 9, None));
    assert!(!folder.path().join(META).exists(), "what the older build made is gone");
    assert_eq!(fs::read_to_string(folder.path().join("Alien (1979).mkv")).unwrap(), "a film");
}

#[test]
fn an_index_that_cannot_be_read_stops_the_start_and_is_there_when_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path(), "1").unwrap();
    index.current().apply(vec![put("one")], Vec::new(), &progress(1)).unwrap();
    let meta = index.current().folder.clone().unwrap().join(META);
    drop(index);
    let hidden = folder.path().join("hidden");
    fs::rename(&meta, &hidden).unwrap();
    // The system refuses to open it, as it does where too many files are open.
    symlink(META, &meta).unwrap();
    let before = files(folder.path());
    let Err(error) = open(folder.path(), "1") else { panic!("it was opened") };
    assert!(matches!(error, SearchError::Index(_)), "{error}");
    assert_eq!(files(folder.path()), before, "nothing is deleted");
    fs::remove_file(&meta).unwrap();
    fs::rename(&hidden, &meta).unwrap();
    assert_eq!(count(&open(folder.path(), "1").unwrap()), 1);
}

#[test]
fn an_index_of_ours_whose_list_of_segments_is_broken_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path(), "1").unwrap();
    index.current().apply(vec![put("one")], Vec::new(), &progress(1)).unwrap();
    let broken = index.current().folder.clone().unwrap();
    drop(index);
    fs::write(broken.join(META), "{").unwrap();
    let index = open(folder.path(), "1").unwrap();
    assert_eq!((count(&index), number(&index.current()), index.trouble()), (0, 0, None));
    assert_eq!(generations(folder.path()), 1);
}

#[test]
fn an_index_of_another_revision_is_searched_and_written_as_what_it_is_until_its_successor_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path(), "1").unwrap();
    index.current().apply(vec![put("one")], Vec::new(), &progress(1)).unwrap();
    drop(index);
    let index = open(folder.path(), "2").unwrap();
    assert_eq!((count(&index), index.trouble()), (1, Some(Trouble::Outdated)));
    // What is written into it meanwhile does not make it new.
    index.current().apply(vec![put("two")], Vec::new(), &progress(2)).unwrap();
    drop(index);
    let index = open(folder.path(), "2").unwrap();
    assert_eq!((count(&index), index.trouble()), (2, Some(Trouble::Outdated)));
    let next = index.anew().unwrap();
    assert_eq!((count(&index), number(&next)), (2, 0), "the old one goes on while the new one is made");
    next.apply(vec![put("one"), put("two"), put("three")], Vec::new(), &progress(3)).unwrap();
    let searcher = index.searcher();
    index.replace_with(next).unwrap();
    assert_eq!((count(&index), index.trouble(), generations(folder.path())), (3, None, 1));
    assert_eq!(searcher.num_docs(), 2, "whoever searched the old one goes on");
    assert!(searcher.doc::<TantivyDocument>(tantivy::DocAddress::new(0, 0)).is_ok());
}

#[test]
fn a_swap_that_is_killed_between_any_two_steps_leaves_one_whole_index() {
    // By how many titles are found after it: two in the old one, three in the new one.
    let steps: [(&str, u64); 7] = [
        ("a folder is made", 2),
        ("an index is made in it", 2),
        ("it is half filled", 2),
        ("it is filled", 2),
        ("the pointer is written beside", 2),
        ("the pointer is swapped", 3),
        ("the old one is half deleted", 3),
    ];
    for is_flat in [false, true] {
        for (at, (step, found)) in steps.iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            if is_flat {
                left_by_an_older_build(folder.path(), "1");
            } else {
                open(folder.path(), "1")
                    .unwrap()
                    .current()
                    .apply(vec![put("one"), put("two")], Vec::new(), &progress(7))
                    .unwrap();
            }
            let (place, (definition, _)) = (IndexFolder::claim(folder.path()).unwrap(), definition("2"));
            let old = place.current().unwrap().unwrap();
            let next = if at == 0 { place.begin().map(|_| None) } else { create(&place, &definition).map(Some) }.unwrap();
            if at >= 2 {
                next.as_ref().unwrap().apply(vec![put("one")], Vec::new(), &progress(8)).unwrap();
            }
            if at >= 3 {
                next.as_ref().unwrap().apply(vec![put("two"), put("three")], Vec::new(), &progress(9)).unwrap();
            }
            if at == 4 {
                fs::write(folder.path().join("current.part"), "index-00").unwrap();
            }
            if at >= 5 {
                place.point_to(next.as_ref().unwrap().folder.as_deref().unwrap()).unwrap();
            }
            if at >= 6 {
                fs::remove_file(old.join(META)).unwrap();
            }
            drop(next);
            let index = open(folder.path(), "2").unwrap();
            assert_eq!(count(&index), *found, "{step}");
            assert_eq!(index.trouble(), (*found == 2).then_some(Trouble::Outdated), "{step}");
            assert_eq!(generations(folder.path()), usize::from(!is_flat || *found == 3), "{step}: what was begun is swept");
            assert_eq!(folder.path().join(META).exists(), is_flat && *found == 2, "{step}");
            // And what was broken off is done by the next try.
            let next = index.anew().unwrap();
            next.apply(vec![put("three")], Vec::new(), &progress(10)).unwrap();
            index.replace_with(next).unwrap();
            assert_eq!(count(&open(folder.path(), "2").unwrap()), 1, "{step}");
        }
    }
}

#[test]
fn a_folder_that_is_gone_is_told_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path(), "1").unwrap();
    assert_eq!(index.trouble(), None);
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(index.trouble(), Some(Trouble::Gone));
    let next = index.anew().unwrap();
    next.apply(vec![put("one")], Vec::new(), &progress(1)).unwrap();
    index.replace_with(next).unwrap();
    assert_eq!((index.trouble(), count(&index)), (None, 1));
    assert_eq!(count(&open(folder.path(), "1").unwrap()), 1);
}
