//! Browsing: filters, facets, and pages that neither overlap nor miss a title.

use std::collections::{BTreeMap, HashSet};

use contract::{
    Code,
    catalog::{FacetCount, ListTitles, RuntimeBand, Sort, TitleCard, TitlePage},
};
use proptest::prelude::*;

use super::*;

async fn list(bench: &Bench, list: ListTitles) -> TitlePage {
    bench.catalog.list_titles(viewer(None), list).await.unwrap()
}

async fn all(bench: &Bench, filters: &ListTitles) -> Vec<TitleCard> {
    let mut cards = Vec::new();
    let mut page_token = None;
    loop {
        let page = list(bench, ListTitles { page_token, limit: Some(7), ..filters.clone() }).await;
        assert!(page.items.len() <= 7);
        cards.extend(page.items);
        page_token = page.next;
        if page_token.is_none() {
            assert_eq!(cards.len() as u64, page.total);
            return cards;
        }
    }
}

#[tokio::test]
async fn each_order_holds_over_all_pages_and_nothing_is_missing_or_twice() {
    let bench = Bench::with_films().await;
    for sort in [Sort::Popular, Sort::Newest, Sort::Oldest, Sort::Title, Sort::Added, Sort::HouseRating] {
        let cards = all(&bench, &ListTitles { sort: Some(sort), ..ListTitles::default() }).await;
        let ids: HashSet<_> = cards.iter().map(|card| card.id.clone()).collect();
        assert_eq!(ids.len(), FILMS.len(), "{sort:?}");
        let years: Vec<_> = cards.iter().map(|card| card.year.unwrap()).collect();
        match sort {
            Sort::Newest => assert!(years.is_sorted_by(|a, b| a >= b), "{years:?}"),
            Sort::Oldest => assert!(years.is_sorted(), "{years:?}"),
            Sort::Title => {
                let titles: Vec<_> = cards.iter().map(|card| card.title.as_str()).collect();
                assert_eq!(titles[..3], ["2001: A Space Odyssey", "Alien", "Alien: Resurrection"]);
                assert!(titles.iter().position(|t| *t == "The Godfather") < titles.iter().position(|t| *t == "Jaws"));
            }
            Sort::Popular => assert_eq!(cards[0].title, "The Godfather"),
            Sort::Added | Sort::HouseRating => {}
        }
    }
}

#[tokio::test]
async fn titles_added_between_two_pages_neither_shift_nor_repeat_the_others() {
    let mut bench = Bench::with_films().await;
    let sorted = |page_token| ListTitles { sort: Some(Sort::Title), limit: Some(10), page_token, ..ListTitles::default() };
    let first = list(&bench, sorted(None)).await;
    // Before, within and after the first page; each commit makes another segment.
    for title in ["0 Before All", "Alien Between", "Zzz Last"] {
        bench.add_one(NewTitle { source: format!("test:{title}"), title: title.into(), ..NewTitle::default() }).await;
    }
    let mut seen: Vec<String> = first.items.iter().map(|card| card.title.clone()).collect();
    let mut token = first.next;
    while token.is_some() {
        let page = list(&bench, sorted(token)).await;
        seen.extend(page.items.into_iter().map(|card| card.title));
        token = page.next;
    }
    let unique: HashSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len(), "{seen:?}");
    for (title, ..) in &FILMS {
        assert!(seen.iter().any(|found| found == title), "{title}");
    }
    assert_eq!(seen.last().map(String::as_str), Some("Zzz Last"));
}

#[test]
fn a_page_at_a_place_of_the_list_is_that_part_of_the_whole_list_however_many_segments_it_lies_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut bench = runtime.block_on(Bench::with_films());
    // Each commit makes another segment; many titles are liked alike, so that texts decide their order.
    for number in 0..9 {
        for title in 0..=number {
            let title = format!("Twin {title} of {number}");
            let new = NewTitle { source: format!("test:{title}"), title, ..NewTitle::default() };
            runtime.block_on(bench.add_one(new));
        }
    }
    let orders = [Sort::Popular, Sort::Newest, Sort::Oldest, Sort::Title, Sort::Added, Sort::HouseRating];
    let whole = orders.map(|sort| runtime.block_on(all(&bench, &ListTitles { sort: Some(sort), ..ListTitles::default() })));
    proptest!(ProptestConfig::with_cases(testing::cases(128, 2048)), |(order in 0..orders.len(), offset in 0_u32..120, limit in 1_u8..30)| {
        let sort = Some(orders[order]);
        let page = runtime.block_on(list(&bench, ListTitles { sort, offset: Some(offset), limit: Some(limit), ..ListTitles::default() }));
        let expected: Vec<_> = whole[order].iter().skip(offset as usize).take(usize::from(limit)).cloned().collect();
        prop_assert_eq!(page.total, whole[order].len() as u64);
        prop_assert_eq!(page.next.is_some(), (offset as usize + usize::from(limit)) < whole[order].len());
        prop_assert_eq!(page.items, expected);
    });
}

#[tokio::test]
async fn a_page_is_asked_for_by_its_place_or_by_a_token() {
    let bench = Bench::with_films().await;
    let token = list(&bench, ListTitles { limit: Some(1), ..ListTitles::default() }).await.next;
    let both = ListTitles { page_token: token, offset: Some(1), ..ListTitles::default() };
    assert_eq!(bench.catalog.list_titles(viewer(None), both).await.unwrap_err().fields[0].field, "offset");
    let beyond = ListTitles { offset: Some(1_000_000), ..ListTitles::default() };
    assert!(list(&bench, beyond).await.items.is_empty());
}

#[tokio::test]
async fn a_token_that_was_never_given_out_or_for_another_order_is_refused() {
    let bench = Bench::with_films().await;
    let token = list(&bench, ListTitles { limit: Some(1), ..ListTitles::default() }).await.next.unwrap();
    let wrong = [("nonsense!", None), ("bm9uc2Vuc2U", None), (token.as_str(), Some(Sort::Title))];
    for (token, sort) in wrong {
        let call = ListTitles { page_token: Some(token.to_owned()), sort, ..ListTitles::default() };
        let problem = bench.catalog.list_titles(viewer(None), call).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, "page_token"), "{token}");
    }
    for limit in [0, 101] {
        let call = ListTitles { limit: Some(limit), ..ListTitles::default() };
        assert_eq!(bench.catalog.list_titles(viewer(None), call).await.unwrap_err().fields[0].field, "limit");
    }
}

#[tokio::test]
async fn what_another_choice_would_give_follows_what_is_added_and_changed_and_is_counted_for_each_age() {
    let mut bench = Bench::with_films().await;
    let westerns = async |bench: &Bench, age, list: ListTitles| {
        let page = bench.catalog.list_titles(viewer(age), list).await.unwrap();
        (page.total, map(&page.facets.genre).get("Western").copied().unwrap_or(0))
    };
    let everything = ListTitles::default();
    let dramas = ListTitles { genre: Some("Drama".into()), ..ListTitles::default() };
    let (total, before) = westerns(&bench, None, dramas.clone()).await;
    let (_, for_children) = westerns(&bench, Some(6), dramas.clone()).await;
    let mut western = NewTitle {
        source: "test:High Plains".into(),
        title: "High Plains".into(),
        genres: vec!["Western".into()],
        maturity: Some("R".into()),
        ..NewTitle::default()
    };
    bench.add_one(western.clone()).await;
    assert_eq!(westerns(&bench, None, dramas.clone()).await, (total, before + 1));
    assert_eq!(westerns(&bench, None, everything.clone()).await, (FILMS.len() as u64 + 1, before + 1));
    assert_eq!(westerns(&bench, Some(6), dramas.clone()).await.1, for_children);
    western.genres = vec!["Drama".into()];
    bench.add_one(western).await;
    assert_eq!(westerns(&bench, None, dramas).await, (total + 1, before));
    assert_eq!(westerns(&bench, None, everything).await, (FILMS.len() as u64 + 1, before));
}

#[tokio::test]
async fn a_person_has_their_titles_and_no_others() {
    let bench = Bench::with_films().await;
    let page = list(&bench, ListTitles { person: Some("Steven Spielberg".into()), ..ListTitles::default() }).await;
    assert_eq!(page.total, 4);
    assert_eq!(page.facets.genre.iter().map(|count| count.count).sum::<u64>(), 4);
    let nobody = list(&bench, ListTitles { person: Some("steven spielberg".into()), ..ListTitles::default() }).await;
    assert_eq!((nobody.total, nobody.items.len()), (0, 0));
}

fn band(minutes: u16) -> &'static str {
    match minutes {
        0..40 => "short",
        40..90 => "under_ninety",
        90..120 => "under_two_hours",
        120.. => "long",
    }
}

const BANDS: [(RuntimeBand, &str); 4] = [
    (RuntimeBand::Short, "short"),
    (RuntimeBand::UnderNinety, "under_ninety"),
    (RuntimeBand::UnderTwoHours, "under_two_hours"),
    (RuntimeBand::Long, "long"),
];

/// Counts by hand what is left by all filters but the one named.
fn brute_force(filters: &ListTitles, own: &str, value: impl Fn(&Film) -> Option<String>) -> BTreeMap<String, u64> {
    let wanted_band = filters.runtime.map(|wanted| BANDS.iter().find(|(band, _)| *band == wanted).unwrap().1);
    let passes = |film: &&Film| {
        let (_, year, genre, _, maturity, minutes, ..) = **film;
        (own == "genre" || filters.genre.as_deref().is_none_or(|wanted| wanted == genre))
            && (own == "decade" || filters.decade.is_none_or(|wanted| wanted == year / 10 * 10))
            && (own == "maturity" || filters.maturity.as_deref().is_none_or(|wanted| wanted == maturity))
            && (own == "runtime" || wanted_band.is_none_or(|wanted| minutes > 0 && wanted == band(minutes)))
            && (own == "watchable" || filters.watchable.is_none_or(|wanted| !wanted))
    };
    let mut counts = BTreeMap::new();
    for value in FILMS.iter().filter(passes).filter_map(value) {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

fn map(counts: &[FacetCount]) -> BTreeMap<String, u64> {
    counts.iter().map(|count| (count.value.clone(), count.count)).collect()
}

fn filters() -> impl Strategy<Value = ListTitles> {
    (
        proptest::option::of(prop_oneof!["Drama", "Adventure", "Horror", "Thriller", "Musical"]),
        proptest::option::of(prop_oneof![Just(1970_u16), Just(1990), Just(2000), Just(1930)]),
        proptest::option::of(prop_oneof!["R", "PG-13", "PG", "NC-17"]),
        proptest::option::of(proptest::sample::select(&BANDS[..])),
        proptest::option::of(any::<bool>()),
    )
        .prop_map(|(genre, decade, maturity, runtime, watchable)| ListTitles {
            genre,
            decade,
            maturity,
            runtime: runtime.map(|(band, _)| band),
            watchable,
            ..ListTitles::default()
        })
}

#[test]
fn counts_agree_with_counting_by_hand_whatever_is_filtered() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(Bench::with_films());
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    proptest!(ProptestConfig::with_cases(testing::cases(64, 1024)), |(filters in filters())| {
        let page = runtime.block_on(list(&bench, filters.clone()));
        let facets = &page.facets;
        prop_assert_eq!(map(&facets.genre), brute_force(&filters, "genre", |film| text(film.2)));
        prop_assert_eq!(map(&facets.decade), brute_force(&filters, "decade", |film| Some((film.1 / 10 * 10).to_string())));
        prop_assert_eq!(map(&facets.maturity), brute_force(&filters, "maturity", |film| text(film.4)));
        prop_assert_eq!(
            map(&facets.runtime),
            brute_force(&filters, "runtime", |film| (film.5 > 0).then(|| band(film.5).to_owned()))
        );
        prop_assert_eq!(map(&facets.watchable), brute_force(&filters, "watchable", |_| Some("false".to_owned())));
        let total: u64 = brute_force(&filters, "", |_| Some(String::new())).values().sum();
        prop_assert_eq!(page.total, total);
    });
}

#[tokio::test]
async fn what_the_house_gave_is_on_the_card_and_sorts_and_filters_with_everything_else_and_what_nobody_rated_comes_last() {
    let mut bench = Bench::with_films().await;
    let ingest = bench.catalog.ingest();
    let all = list(&bench, ListTitles { limit: Some(100), sort: Some(Sort::Title), ..ListTitles::default() }).await;
    let id = |title: &str| all.items.iter().find(|card| card.title == title).unwrap().id.clone();
    for (title, rating) in [
        // In half stars in all, and by how many.
        ("Alien", Some((80, 10))),
        ("Aliens", Some((79, 10))),
        ("Jaws", Some((8, 1))),
        ("Up", Some((10, 1))),
        ("Memento", Some((10, 1))),
        ("Memento", None),
    ] {
        ingest.rate(&id(title), || async move { Ok(rating) }).await.unwrap();
    }
    ingest.rate(&"nowhere".parse().unwrap(), || async { Ok(Some((1, 1))) }).await.unwrap();
    bench.follower.catch_up().await.unwrap();
    let sort = Some(Sort::HouseRating);
    let names = |page: &TitlePage| page.items.iter().map(|card| card.title.clone()).collect::<Vec<_>>();
    let page = list(&bench, ListTitles { sort, limit: Some(5), ..ListTitles::default() }).await;
    assert_eq!(names(&page)[..4], ["Up", "Alien", "Jaws", "Aliens"], "by the mean, then by how many");
    assert_eq!((page.items[4].house_rating, page.total), (None, 36));
    let alien = page.items[1].house_rating.unwrap();
    assert!((alien.mean - 4.0).abs() < f64::EPSILON && alien.count == 10, "{alien:?}");
    let least = |least| ListTitles { sort, least_house_rating: Some(least), ..ListTitles::default() };
    assert_eq!(names(&list(&bench, least(8)).await), ["Up", "Alien", "Jaws"], "a little less is less");
    assert_eq!(list(&bench, least(1)).await.total, 4);
    let horror = list(&bench, ListTitles { genre: Some("Horror".into()), ..least(7) }).await;
    assert_eq!((names(&horror), horror.total), (vec!["Alien".to_owned()], 1));
    let counts: Vec<_> = horror.facets.genre.iter().map(|one| (one.value.as_str(), one.count)).collect();
    assert_eq!(counts, [("Action", 1), ("Adventure", 1), ("Horror", 1), ("Thriller", 1)], "what another genre would leave");
    let two = ListTitles { genre: Some("Horror".into()), decade: Some(1970), ..least(7) };
    assert_eq!(names(&list(&bench, two).await), ["Alien"]);
    let person = ListTitles { person: Some("Steven Spielberg".into()), ..least(7) };
    assert_eq!(names(&list(&bench, person).await), ["Jaws"]);
    // An import leaves it as it is.
    bench.add(FILMS.iter().map(|one| NewTitle { synopsis: Some("New.".into()), ..film(one) }).collect()).await;
    assert_eq!(list(&bench, least(8)).await.total, 3);
}
