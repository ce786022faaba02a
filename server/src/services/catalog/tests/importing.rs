//! Importing a catalogue: what is right comes in, what is wrong is named by line and field.

use std::{io::Cursor, sync::Mutex};

use contract::catalog::{GetTitle, SearchTitles};

use super::{
    super::{
        import::{BadRecord, Counts, import_catalogue},
        ingest::BATCH,
    },
    *,
};

async fn import(bench: &mut Bench, file: impl Into<Vec<u8>>) -> (Result<Counts, String>, Vec<BadRecord>, Vec<Counts>) {
    let (errors, progress) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let ingest = bench.catalog.ingest();
    let counts = import_catalogue(
        Cursor::new(file.into()),
        &ingest,
        |error| errors.lock().unwrap().push(error.clone()),
        |counts| progress.lock().unwrap().push(*counts),
    )
    .await;
    bench.follower.catch_up().await.unwrap();
    (counts.map_err(|error| error.to_string()), errors.into_inner().unwrap(), progress.into_inner().unwrap())
}

const FILE: &str = r#"[
  { "id": "tt0211915", "title": "Amelie", "original_title": "Le Fabuleux Destin d'Amélie Poulain", "year": 2001,
    "released": "2001-04-25", "runtime_minutes": 122, "synopsis": "A waitress decides to change lives.",
    "genres": ["Romantic Comedy"], "maturity": "R", "languages": ["fr"],
    "people": [{ "name": "Jean-Pierre Jeunet", "role": "director" },
               { "name": "Audrey Tautou", "role": "actor", "character": "Amélie" }],
    "scores": [{ "source": "IMDb", "value": 8.3, "out_of": 10, "votes": 700000 }],
    "details": [{ "label": "Distributor", "value": "UGC" }], "attribution": "Claudie Ossard" },
  { "title": "No Year" },
  { "titel": "Misspelt" },
  { "title": "Bad Role",
    "people": [{ "name": "A", "role": "director" },
               { "name": "B", "role": "king" }] },
  { "title": "Bad Year", "year": "nineteen" },
  { "title": "", "year": 1990 },
  { "year": 1990 },
  { "title": "Broken" "year": 1990 },
  "not an object",
  { "title": "Good", "year": 1990, "released": "1990-05" }
]"#;

#[tokio::test]
async fn each_bad_record_is_named_by_line_and_field_and_the_rest_is_imported() {
    let mut bench = Bench::new();
    let (counts, errors, progress) = import(&mut bench, FILE).await;
    assert_eq!(counts, Ok(Counts { created: 3, updated: 0, unchanged: 0, refused: 7 }));
    assert_eq!(progress.last(), Some(&counts.unwrap()));
    let places: Vec<(u64, &str)> = errors.iter().map(|error| (error.line, error.field.as_str())).collect();
    assert_eq!(
        places,
        [(10, "titel"), (13, "people[1].role"), (14, "year"), (15, "title"), (16, "title"), (17, "record"), (18, "record")],
        "{errors:?}"
    );
    assert!(errors[1].message.contains("unknown variant `king`"), "{}", errors[1]);
    let found = bench.catalog.search_titles(viewer(None), SearchTitles { q: "fabuleux".into(), limit: None }).await.unwrap();
    let title = bench.catalog.get_title(viewer(None), GetTitle { id: found.titles[0].card.id.clone() }).await.unwrap();
    assert_eq!(title.people[1].character.as_deref(), Some("Amélie"));
    assert_eq!((title.card.score, title.languages, title.card.year), (Some(83), vec!["fr".to_owned()], Some(2001)));
}

#[tokio::test]
async fn importing_the_same_file_again_changes_nothing() {
    let mut bench = Bench::new();
    let (first, ..) = import(&mut bench, FILE).await;
    assert_eq!(first.map(|counts| counts.created), Ok(3));
    let (counts, ..) = import(&mut bench, FILE).await;
    assert_eq!(counts, Ok(Counts { created: 0, updated: 0, unchanged: 3, refused: 7 }));
}

#[tokio::test]
async fn json_lines_are_imported_and_a_broken_line_costs_itself_alone() {
    let mut bench = Bench::new();
    let file = "{\"title\":\"One\"}\n{\"title\":\"Two\", \"genres\":[\"Dr\n\n{\"title\":\"Three\"}";
    let (counts, errors, _) = import(&mut bench, file).await;
    assert_eq!(counts, Ok(Counts { created: 2, refused: 1, ..Counts::default() }));
    assert_eq!(errors[0].line, 2);
}

#[tokio::test]
async fn a_file_that_breaks_off_keeps_what_came_before_and_says_where() {
    let mut bench = Bench::new();
    let titles: String = (0..450).map(|n| format!("{{\"title\":\"Film {n}\"}},\n")).collect();
    let (counts, ..) = import(&mut bench, format!("[{titles}{{\"title\": \"cut")).await;
    assert!(counts.unwrap_err().starts_with("line 451: "));
    assert_eq!(bench.catalog.visible(), 450);
    let (counts, ..) = import(&mut bench, "<html>").await;
    assert!(counts.unwrap_err().starts_with("line 1: expected an array"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_records_of_a_title_the_last_stands_and_each_is_counted_however_far_apart_they_are() {
    let record = |id: &str, title: &str| format!("{{ \"id\": \"{id}\", \"title\": \"{title}\" }}\n");
    for between in [0, 1, BATCH - 1, BATCH, 2 * BATCH] {
        let mut bench = Bench::new();
        let (counts, ..) = import(&mut bench, record("twice", "Last")).await;
        assert_eq!(counts.unwrap().created, 1);
        let others: String = (0..between).map(|number| record(&format!("other-{number}"), "Other")).collect();
        let fresh = record("fresh", "First") + &record("twice", "First");
        let (counts, ..) = import(&mut bench, fresh + &others + &record("twice", "Last") + &record("fresh", "Last")).await;
        let counts = counts.unwrap();
        assert_eq!(counts.created, between as u64 + 1, "{between}: {counts:?}");
        for source in ["import:twice", "import:fresh"] {
            let id = bench.catalog.ingest().find_source(source).await.unwrap().unwrap();
            let title = bench.catalog.get_title(viewer(None), GetTitle { id }).await.unwrap();
            assert_eq!(title.card.title, "Last", "{source} with {between} between");
        }
    }
}
