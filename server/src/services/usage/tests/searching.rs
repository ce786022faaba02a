//! What was searched for and not found: told where several asked it, and of nobody by themselves.

use super::*;

impl Process {
    fn search(&self, profile: &str, query: &str) {
        let kind = Kind::Search { query: Some(query.to_owned()), hits: 0 };
        self.recorder.record(kind, Some(&profile.parse().unwrap()), None);
    }
}

async fn told(world: &World) -> (Vec<(Cell, Cell)>, Vec<String>) {
    let report = world.report(ReportKind::SearchesWithoutAHit).await;
    (report.rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect(), report.notes)
}

fn row(query: &str, times: u64) -> (Cell, Cell) {
    (Cell::Text(query.to_owned()), Cell::Number(times))
}

#[tokio::test]
async fn a_query_is_told_once_three_different_viewers_asked_it_and_others_are_counted_and_not_named() {
    let world = World::new().await;
    let (here, there) = (world.process(), world.process());
    for (process, profile) in [(&here, "ada"), (&there, "bob"), (&here, "ada")] {
        process.search(profile, "dune 3");
        process.search("ada", "where is ada");
    }
    here.publish().await.unwrap();
    there.publish().await.unwrap();
    let (rows, notes) = told(&world).await;
    assert_eq!(rows, [], "two viewers");
    assert!(notes.iter().any(|note| note.starts_with("6 more searches")), "{notes:?}");
    there.search("eve", "dune 3");
    there.publish().await.unwrap();
    there.publish().await.unwrap();
    assert_eq!(told(&world).await.0, [row("dune 3", 4)]);
    // The next day one viewer asks it once more: it counts.
    world.pass(OF_A_DAY);
    here.search("ada", "dune 3");
    here.publish().await.unwrap();
    let (rows, notes) = told(&world).await;
    assert_eq!(rows, [row("dune 3", 5)]);
    assert!(notes.iter().any(|note| note.starts_with("3 more searches")), "{notes:?}");
}

#[tokio::test]
async fn one_viewer_on_three_days_and_one_who_is_left_out_are_not_three_viewers() {
    let world = World::new().await;
    let process = world.process();
    world.service.choices.put(&"kim".parse().unwrap(), true).await.unwrap();
    for _ in 0..4 {
        process.search("ada", "of one");
        process.search("kim", "of one");
        world.pass(OF_A_DAY);
    }
    process.publish().await.unwrap();
    assert_eq!(told(&world).await.0, []);
}

#[tokio::test]
async fn what_somebody_asked_who_is_gone_is_nowhere_and_what_enough_others_asked_stays() {
    let world = World::new().await;
    let process = world.process();
    for profile in ["ada", "bob", "eve"] {
        process.search(profile, "dune 3");
    }
    process.search("ada", "where is ada");
    process.publish().await.unwrap();
    let stored = async || {
        let page = world.stores.documents.list(&queries::QUERIES, None, 1000).await.unwrap();
        page.documents.iter().map(|document| document.body.to_string()).collect::<String>()
    };
    assert!(stored().await.contains("where is ada"));
    for _ in 0..2 {
        world.service.forget(&"ada".parse().unwrap()).await.unwrap();
        forgetting::sweep(&world.service).await.unwrap();
        assert!(!stored().await.contains("where is ada"), "{}", stored().await);
        assert_eq!(told(&world).await.0, [row("dune 3", 3)]);
    }
}

#[tokio::test]
async fn queries_go_with_the_events_of_their_day() {
    let world = World::new().await;
    let process = world.process();
    process.search("ada", "dune 3");
    process.publish().await.unwrap();
    let count = async || world.stores.documents.count(&queries::QUERIES).await.unwrap();
    let kept = u64::from(Settings::default().events_days.as_u32()) * OF_A_DAY;
    world.pass(kept - OF_A_DAY);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(count().await, 1);
    world.pass(OF_A_DAY);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(count().await, 0);
}
