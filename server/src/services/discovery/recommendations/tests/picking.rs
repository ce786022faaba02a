//! What rows are made of, of models that are made for it.

use recommender::{
    content::{About, Contents},
    dataset::Builder,
    train::{Catalogue, Parts, Settings, train},
};

use super::{
    super::{
        hidden::Unwanted,
        known::History,
        picks::{Kind, Wishes, pick},
    },
    *,
};

/// When picks are made, in seconds since 1970.
const NOW_SECONDS: u64 = NOW / 1000;
const LONG_AGO: u64 = NOW_SECONDS - 365 * 24 * 60 * 60;

/// A film: its id, its genres, who is in it, and when it came, in seconds since 1970.
type Film<'a> = (&'a str, &'a [&'a str], &'a [&'a str], u64);

/// Of films of which one profile watched the first two: no audience says which belong together.
fn model(films: &[Film<'_>]) -> Model {
    let (mut builder, mut contents, mut added) = (Builder::default(), Contents::new(), Vec::new());
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    for (id, genres, people, came) in films {
        builder.title(id).unwrap();
        contents.push(&About { genres: &texts(genres), people: &texts(people), ..About::default() });
        added.push(*came);
    }
    for (id, ..) in films.iter().take(2) {
        builder.event("somebody", id, 1, 1.0).unwrap();
    }
    let (data, catalogue) = (builder.finish(), Catalogue { contents, added, popular: Vec::new() });
    let settings = Settings { threads: 1, ..Settings::default() };
    train(&data, &catalogue, &settings).model(&data, &catalogue, Parts::All, 1).unwrap().0
}

/// The titles of the first row of a kind, for whoever watched `watched`.
fn row(model: &Model, watched: &str, is_wanted: impl Fn(&Kind) -> bool) -> Option<Vec<String>> {
    let watched = Interaction {
        profile: "me".parse().unwrap(),
        title: watched.parse::<TitleId>().unwrap(),
        instant: NOW - DAY,
        weight: 1.0,
        act: Act::Watched,
    };
    let history = History { latest: vec![watched], ..History::default() };
    let wishes = Wishes { unwanted: Unwanted::default(), has_age_limit: false };
    let picked = pick(model, &history, &wishes, NOW_SECONDS);
    let (_, titles) = picked.rows.into_iter().find(|(kind, _)| is_wanted(kind))?;
    let mut titles: Vec<String> = titles.into_iter().map(|(title, _)| model.title(title).unwrap().id.to_string()).collect();
    titles.sort_unstable();
    Some(titles)
}

#[test]
fn what_came_lately_is_a_row_and_a_catalogue_that_came_at_once_is_no_news() {
    let ids: Vec<String> = (0..12).map(|at| format!("film{at}")).collect();
    let of = |new: usize| {
        let came = |at: usize| if at >= ids.len() - new { NOW_SECONDS - 60 } else { LONG_AGO };
        let films: Vec<Film<'_>> =
            ids.iter().enumerate().map(|(at, id)| (id.as_str(), &["Drama"][..], &[][..], came(at))).collect();
        row(&model(&films), "film0", |kind| *kind == Kind::New)
    };
    assert_eq!(of(3).unwrap(), ["film10", "film11", "film9"]);
    assert_eq!(of(12), None, "all of it was imported on one day");
    assert_eq!(of(8), None, "most of it was");
}

#[test]
fn what_is_said_to_be_because_of_a_film_has_more_in_common_with_it_than_what_most_films_are() {
    let films: [Film<'_>; 7] = [
        ("knight", &["Action", "Crime", "Drama", "Thriller"], &["Nolan", "Bale"], LONG_AGO),
        ("other", &["Western"], &["Nobody"], LONG_AGO),
        ("supernova", &["Horror", "Science Fiction", "Thriller"], &["Spader"], LONG_AGO),
        ("heat", &["Crime", "Action", "Romance"], &["Mann"], LONG_AGO),
        ("plain", &["Thriller"], &["Somebody"], LONG_AGO),
        ("prestige", &["Mystery", "Science Fiction", "Romance"], &["Nolan"], LONG_AGO),
        ("comedy", &["Comedy"], &["Anybody"], LONG_AGO),
    ];
    let because = row(&model(&films), "knight", |kind| matches!(kind, Kind::Because(_))).unwrap();
    assert_eq!(because, ["heat", "plain", "prestige"], "one genre of three is what it has in common with half of all films");
}
