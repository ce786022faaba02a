//! Searching: beginnings, typos, accents, and an exact title first.

use contract::{
    Code,
    catalog::{SearchResults, SearchTitles},
};

use super::*;

async fn search(bench: &Bench, q: &str) -> SearchResults {
    bench.catalog.search_titles(viewer(None), SearchTitles { q: q.to_owned(), limit: None }).await.unwrap()
}

async fn titles(bench: &Bench, q: &str) -> Vec<String> {
    search(bench, q).await.titles.into_iter().map(|hit| hit.card.title).collect()
}

#[tokio::test]
async fn what_people_type_finds_what_they_mean() {
    let bench = Bench::with_films().await;
    let cases = [
        ("the godfathr", "The Godfather"),
        ("godfather", "The Godfather"),
        ("the godfather part 2", "The Godfather: Part II"),
        ("teh matrix", "The Matrix"),
        ("matirx", "The Matrix"),
        ("amelie", "Le Fabuleux destin d'Amélie Poulain"),
        ("AMÉLIE", "Le Fabuleux destin d'Amélie Poulain"),
        ("amleie poulain", "Le Fabuleux destin d'Amélie Poulain"),
        ("star w", "Star Wars Ep. IV: A New Hope"),
        ("star trek", "Star Trek"),
        ("lord of rings", "The Lord of the Rings: The Fellowship of the Ring"),
        ("lord of the rigns return", "The Lord of the Rings: The Return of the King"),
        ("schindlers list", "Schindler's List"),
        ("schindler's lst", "Schindler's List"),
        ("spiderman", "Spider-Man"),
        ("spider man 2", "Spider-Man 2"),
        ("xmen", "X-Men"),
        ("et", "E.T. the Extra-Terrestrial"),
        ("angels and demons", "Angels & Demons"),
        ("space odysey", "2001: A Space Odyssey"),
        ("2001", "2001: A Space Odyssey"),
        ("jurasic", "Jurassic Park"),
        ("coppola apocalypse", "Apocalypse Now"),
        ("ring", "The Ring"),
        ("alien", "Alien"),
        ("up", "Up"),
    ];
    for (typed, meant) in cases {
        let found = titles(&bench, typed).await;
        assert_eq!(found.first().map(String::as_str), Some(meant), "{typed}: {found:?}");
    }
}

#[tokio::test]
async fn every_beginning_of_a_title_finds_it_while_one_types() {
    let bench = Bench::with_films().await;
    for title in ["Groundhog Day", "The Shining", "Nosferatu", "Memento", "Se7en"] {
        let folded = title.to_lowercase();
        for end in 3..=folded.len() {
            let typed = &folded[..end];
            let found = titles(&bench, typed).await;
            assert!(found.iter().any(|found| found == title), "{typed}: {found:?}");
        }
    }
}

#[tokio::test]
async fn an_exact_title_comes_before_a_beginning_and_that_before_other_words_and_typos() {
    let bench = Bench::with_films().await;
    assert_eq!(titles(&bench, "alien").await[..3], ["Alien", "Aliens", "Alien: Resurrection"]);
    let found = titles(&bench, "star").await;
    assert!(found[..4].iter().all(|title| title.starts_with("Star")), "{found:?}");
    assert_eq!(found[4], "A Star Is Born");
    let found = titles(&bench, "up").await;
    assert_eq!(found[..2], ["Up", "Up in the Air"]);
}

#[tokio::test]
async fn people_are_found_with_typos_and_counted() {
    let bench = Bench::with_films().await;
    let found = search(&bench, "spilberg").await;
    assert_eq!(found.people[0].name, "Steven Spielberg");
    assert_eq!(found.people[0].titles, 4);
    assert_eq!(found.people[0].matches.len(), 1);
    assert_eq!((found.people[0].matches[0].start, found.people[0].matches[0].end), (7, 16));
    let names: Vec<&str> = found.titles.iter().map(|hit| hit.card.title.as_str()).collect();
    assert_eq!(names[0], "Schindler's List");
    assert!(names.contains(&"Jaws"), "{names:?}");
    assert_eq!(search(&bench, "francis coppola").await.people[0].titles, 4);
    assert!(search(&bench, "jeunet").await.people.iter().any(|hit| hit.name == "Jean-Pierre Jeunet" && hit.titles == 2));
}

#[tokio::test]
async fn an_original_title_finds_the_title_it_is_shown_under() {
    let mut bench = Bench::new();
    let title = NewTitle {
        source: "test:amelie".into(),
        title: "Amelie".into(),
        original_title: Some("Le Fabuleux Destin d'Amélie Poulain".into()),
        ..NewTitle::default()
    };
    bench.add(vec![title]).await;
    let found = search(&bench, "fabuleux destin").await;
    assert_eq!(found.titles[0].card.title, "Amelie");
    assert_eq!(found.titles[0].matches, []);
}

#[tokio::test]
async fn nonsense_finds_nothing_and_breaks_nothing() {
    let bench = Bench::with_films().await;
    for empty in ["", "   ", "?!…", "\u{301}", "zzzzzzzz qqqqqqqq"] {
        assert_eq!(search(&bench, empty).await, SearchResults::default(), "{empty:?}");
    }
    for odd in [
        "*",
        "\"a",
        "title:x AND",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        &"x".repeat(200),
        &"é ".repeat(100),
        "\0\0a",
        "🎬 jaws",
    ] {
        search(&bench, odd).await;
    }
    let long = SearchTitles { q: "x".repeat(201), limit: None };
    let problem = bench.catalog.search_titles(viewer(None), long).await.unwrap_err();
    assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, "q"));
}
