//! Titles by the names that they have elsewhere: what is meant, and for whom.

use contract::{
    Problem,
    catalog::{GetTitleReferences, MatchTitles, TitleName, TitleReference},
    maturity::is_for,
};

use super::*;

/// What a text like `Heat (1995) tt0113277` names.
fn name(text: &str) -> TitleName {
    let (text, imdb) = match text.rsplit_once(" tt") {
        Some((text, digits)) => (text, Some(format!("tt{digits}"))),
        None => (text, None),
    };
    let year = text.rsplit_once(" (").and_then(|(title, year)| Some((title, year.strip_suffix(')')?.parse().ok()?)));
    let (title, year) = year.map_or((text, None), |(title, year)| (title, Some(year)));
    TitleName { title: title.to_owned(), year, imdb }
}

impl Bench {
    async fn matches(&self, age: Option<u8>, names: &[&str]) -> Result<Vec<Option<TitleId>>, Problem> {
        let titles = names.iter().map(|text| name(text)).collect();
        let found = self.catalog.match_titles(viewer(age), MatchTitles { titles }).await?;
        Ok(found.into_iter().map(|found| found.id).collect())
    }

    /// What names mean, as titles with their years; `-` where they mean none.
    async fn meant(&self, age: Option<u8>, names: &[&str]) -> Vec<String> {
        let ids = self.matches(age, names).await.unwrap();
        let wanted = ids.iter().flatten().cloned().collect();
        let called = self.catalog.get_title_references(viewer(age), GetTitleReferences { ids: wanted }).await.unwrap();
        let mut called = called.into_iter();
        let told = |title: TitleReference| format!("{} ({})", title.title, title.year.unwrap_or_default());
        ids.iter().map(|id| id.as_ref().map_or("-".to_owned(), |_| told(called.next().unwrap()))).collect()
    }
}

fn called(title: &str, year: Option<u16>) -> NewTitle {
    NewTitle { source: format!("test:{title} {year:?}"), title: title.to_owned(), year, ..NewTitle::default() }
}

#[tokio::test]
async fn a_title_is_meant_by_its_whole_name_and_its_year_however_it_is_written() {
    let bench = Bench::with_films().await;
    for (names, title) in [
        (["The Matrix (1999)", "the MATRIX (1999)", "Matrix (1998)", "The Matrix"], "The Matrix (1999)"),
        (["Spider-Man (2002)", "SpiderMan (2002)", "Spider Man (2001)", "spider-man"], "Spider-Man (2002)"),
        (
            ["Angels and Demons (2009)", "Angels & Demons (2010)", "ANGELS  &DEMONS", "angels-and-demons (2009)"],
            "Angels & Demons (2009)",
        ),
        (
            [
                "Le fabuleux destin d’Amelie Poulain (2001)",
                "Le Fabuleux destin dAmélie Poulain (2002)",
                "LE FABULEUX DESTIN D'AME\u{301}LIE POULAIN",
                "Le fabuleux destin d'Amélie Poulain (2000)",
            ],
            "Le Fabuleux destin d'Amélie Poulain (2001)",
        ),
        (
            ["Schindlers List (1993)", "Schindler's List", "Schindler`s List (1994)", " Schindler’s List "],
            "Schindler's List (1993)",
        ),
    ] {
        assert_eq!(bench.meant(None, &names).await, [title; 4], "{names:?}");
    }
    let none = ["Matrix Reloaded (1999)", "The Matri (1999)", "The Matrix (1997)", "The Matrix (2001)", "", "  ", "The"];
    assert_eq!(bench.meant(None, &none).await, ["-"; 7]);
    let long = "x".repeat(301);
    assert_eq!(bench.meant(None, &[&long, &"matrix ".repeat(40)]).await, ["-", "-"]);
}

#[tokio::test]
async fn of_titles_that_are_called_alike_the_year_the_article_and_then_how_liked_they_are_decides() {
    let mut bench = Bench::with_films().await;
    bench.add(vec![called("Ring", Some(1998)), called("Ring", Some(2002)), called("The Ring", Some(1927))]).await;
    let names = ["The Ring (2002)", "Ring (2002)", "Ring (1998)", "The Ring (1998)", "The Ring (1928)", "Ring", "The Ring"];
    let meant = ["The Ring (2002)", "Ring (2002)", "Ring (1998)", "Ring (1998)", "The Ring (1927)", "-", "-"];
    assert_eq!(bench.meant(None, &names).await, meant);
    bench.add(vec![called("Up", None), called("Alien", Some(1980)), called("Jaws", Some(1975))]).await;
    assert_eq!(
        bench.meant(None, &["Up", "Up (2009)", "Alien (1979)", "Alien (1980)"]).await,
        ["-", "Up (2009)", "Alien (1979)", "Alien (1980)"]
    );
    let jaws = bench.matches(None, &["Jaws (1975)"]).await.unwrap();
    let card = bench
        .catalog
        .get_title_cards(viewer(None), contract::catalog::GetTitleCards { ids: vec![jaws[0].clone().unwrap()], is_fresh: true });
    assert_eq!(card.await.unwrap()[0].score, Some(83), "the one that is liked");
}

#[tokio::test]
async fn an_id_of_imdb_counts_before_the_name_and_is_told_of_what_was_imported_under_it() {
    let mut bench = Bench::with_films().await;
    let amelie = NewTitle {
        source: "import:tt0211915".into(),
        original_title: Some("Amélie of Montmartre".into()),
        ..called("Amelie", Some(2001))
    };
    let other = NewTitle { source: "import:Heat (1995)".into(), ..called("Heat", Some(1995)) };
    let ids: Vec<TitleId> = bench.add(vec![amelie, other]).await.into_iter().map(|outcome| outcome.id).collect();
    let names =
        ["Jaws (1975) tt0211915", " tt0211915", "Jaws (1975) tt9999999", "Jaws (1975) ttx", "Amélie of Montmartre (2001)"];
    assert_eq!(
        bench.meant(None, &names).await,
        ["Amelie (2001)", "Amelie (2001)", "Jaws (1975)", "Jaws (1975)", "Amelie (2001)"]
    );
    let mut asked = ids.clone();
    asked.insert(1, "nobody".parse().unwrap());
    let told = bench.catalog.get_title_references(viewer(None), GetTitleReferences { ids: asked }).await.unwrap();
    let imdb: Vec<_> = told.iter().map(|title| (title.id.clone(), title.imdb.as_deref())).collect();
    assert_eq!(imdb, [(ids[0].clone(), Some("tt0211915")), (ids[1].clone(), None)]);
}

#[tokio::test]
async fn no_name_means_a_title_above_the_age_and_no_other_is_taken_for_it() {
    let mut bench = Bench::with_films().await;
    let rated = |source: &str, title: &str, year, maturity: &str| NewTitle {
        source: source.into(),
        maturity: Some(maturity.into()),
        ..called(title, Some(year))
    };
    let new = vec![rated("import:tt0000001", "Dusk", 2010, "R"), rated("test:dusk", "Dusk", 2011, "PG")];
    let ids: Vec<TitleId> = bench.add(new).await.into_iter().map(|outcome| outcome.id).collect();
    let names: Vec<String> = FILMS.iter().map(|film| format!("{} ({})", film.0, film.1)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for age in [Some(0), Some(12), Some(17), None] {
        let expected: Vec<&str> =
            FILMS.iter().zip(&names).map(|(film, name)| if is_for(Some(film.4), age) { *name } else { "-" }).collect();
        assert_eq!(bench.meant(age, &names).await, expected, "{age:?}");
    }
    assert_eq!(bench.meant(Some(12), &["Dusk (2010) tt0000001", "Dusk (2011)"]).await, ["-", "Dusk (2011)"]);
    assert_eq!(bench.meant(None, &["Dusk (2010) tt0000001"]).await, ["Dusk (2010)"]);
    let told = bench.catalog.get_title_references(viewer(Some(12)), GetTitleReferences { ids: ids.clone() }).await.unwrap();
    assert_eq!(told.into_iter().map(|title| title.id).collect::<Vec<_>>(), ids[1..]);
}

#[tokio::test]
async fn titles_of_signs_alone_and_with_signs_that_nobody_sees_are_meant_as_well() {
    let titles = ["???", "🎬🎬", "!", "<b>Bold</b>", "\u{202e}live\u{202c}", "Zero\u{200b}Width", "=1+1", "$9.99", "東京物語"];
    let mut bench = Bench::new();
    bench.add(titles.iter().map(|title| called(title, Some(2001))).collect()).await;
    let expected: Vec<String> = titles.iter().map(|title| format!("{title} (2001)")).collect();
    let names: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_eq!(bench.meant(None, &names).await, expected);
    assert_eq!(bench.meant(None, &titles).await, expected);
    assert_eq!(bench.meant(None, &["??", "🎬", "<i>Bold</b>", "!!"]).await, ["-"; 4]);
    let emoji = "🎬".repeat(10_000);
    assert_eq!(bench.meant(None, &[&emoji]).await, ["-"]);
}

#[tokio::test]
async fn a_hundred_are_asked_for_at_once_and_no_more() {
    let bench = Bench::with_films().await;
    let names = vec!["Jaws (1975)"; 101];
    assert_eq!(bench.meant(None, &names[..100]).await, ["Jaws (1975)"; 100]);
    let refused = bench.matches(None, &names).await.unwrap_err();
    assert_eq!((refused.status, refused.fields[0].field.as_str()), (422, "titles"));
    let ids = vec!["x".parse().unwrap(); 101];
    let refused = bench.catalog.get_title_references(viewer(None), GetTitleReferences { ids }).await.unwrap_err();
    assert_eq!((refused.status, refused.fields[0].field.as_str()), (422, "ids"));
    assert_eq!(bench.meant(None, &[]).await, [""; 0]);
}

#[tokio::test]
async fn what_was_deleted_is_not_meant_any_more_by_its_id_or_its_name() {
    let mut bench = Bench::new();
    let id = bench.add_one(NewTitle { source: "import:tt0113277".into(), ..called("Heat", Some(1995)) }).await;
    assert_eq!(bench.meant(None, &["Heat (1995) tt0113277"]).await, ["Heat (1995)"]);
    bench.catalog.deletions.delete(&id).await.unwrap();
    bench.follower.catch_up().await.unwrap();
    assert_eq!(bench.meant(None, &["Heat (1995) tt0113277", "Heat (1995)"]).await, ["-", "-"]);
}
