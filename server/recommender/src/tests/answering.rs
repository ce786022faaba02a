//! What is recommended, why, and what is left out.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{settings, small, trained, two_circles};
use crate::{
    Entry, Model, Preference,
    content::{About, Contents, Reason},
    dataset::Builder,
    generate::{Size, generate},
    train::{Catalogue, Parts, Settings, train},
};

fn watched(model: &Model, titles: &[&str]) -> Vec<Entry> {
    titles.iter().map(|title| Entry { title: model.number(title).unwrap(), weight: 1.0 }).collect()
}

fn ids(model: &Model, titles: &[u32]) -> Vec<String> {
    titles.iter().map(|title| model.title(*title).unwrap().id.to_string()).collect()
}

#[test]
fn who_watches_what_one_circle_watches_is_recommended_the_rest_of_it_because_of_what_they_watched() {
    let model = two_circles();
    for (circle, other) in [("space", "court"), ("court", "space")] {
        let history = watched(&model, &[&format!("{circle}0"), &format!("{circle}1")]);
        let seen: HashSet<u32> = history.iter().map(|entry| entry.title).collect();
        let taste = model.fold_in(&history);
        let best = taste.best(4, |title| seen.contains(&title));
        let names = ids(&model, &best);
        assert!(names.iter().all(|name| !name.starts_with(other)), "{names:?}");
        for title in best {
            assert!(seen.contains(&taste.because(title).unwrap()));
        }
        let foreign = model.number(&format!("{other}3")).unwrap();
        assert_eq!(taste.because(foreign), None, "nothing that was watched speaks for it");
    }
}

#[test]
fn a_title_that_nobody_watched_is_ranked_by_what_it_is_about() {
    let model = two_circles();
    let new = model.number("new").unwrap();
    let of_court = model.fold_in(&watched(&model, &["court0", "court1"]));
    let of_space = model.fold_in(&watched(&model, &["space0", "space1"]));
    let foreign = model.number("space5").unwrap();
    assert_eq!(of_court.ranked([foreign, new].into_iter(), 1, |_| false), [new]);
    assert_eq!(of_space.ranked([foreign, new].into_iter(), 1, |_| false), [foreign]);
    assert_eq!(model.newest().next(), Some(new));
}

#[test]
fn what_is_like_a_title_is_of_its_circle_and_never_the_title_itself() {
    let model = two_circles();
    let title = model.number("space2").unwrap();
    let similar = model.similar(title, 5, |_| false);
    assert!(ids(&model, &similar).iter().all(|name| name.starts_with("space")) && !similar.contains(&title));
    assert_eq!(similar.len(), 5);
    assert!(!model.similar(title, 5, |other| other == similar[0]).contains(&similar[0]));
}

#[test]
fn a_history_of_nothing_that_is_known_leaves_what_is_popular() {
    let (model, _) = trained(&small());
    let taste = model.fold_in(&[Entry { title: 4_000_000, weight: 1.0 }, Entry { title: 0, weight: f32::NAN }]);
    assert!(taste.is_unknown());
    let supports: Vec<u32> = taste.best(20, |_| false).iter().map(|title| model.title(*title).unwrap().support).collect();
    assert!(supports.is_sorted_by(|one, other| one >= other), "{supports:?}");
    assert!(supports[0] > supports[19]);
}

#[test]
fn a_model_that_knows_nothing_answers_with_nothing() {
    let model = Model::empty();
    let taste = model.fold_in(&[Entry { title: 0, weight: 1.0 }]);
    assert_eq!((taste.best(10, |_| false), taste.because(0), model.similar(0, 10, |_| false)), (vec![], None, vec![]));
    assert!(model.is_empty());
}

#[test]
fn a_title_has_its_genres_and_people_as_reasons_whatever_their_case() {
    let model = two_circles();
    let reasons = |title: &str| model.title(model.number(title).unwrap()).unwrap().reasons.clone();
    assert_eq!(reasons("new"), [Reason::Genre("COURT").number()]);
    assert_ne!(reasons("new"), reasons("space0"));
    assert_ne!(Reason::Genre("court").number(), Reason::Person("court").number());
    assert_eq!(ids(&model, model.popular()), ["space3", "space0"]);
}

/// So many that the walk has several steps, and few of them in the linear model's head.
fn of_many_titles() -> Model {
    let made = generate(Size { profiles: 200, titles: 1_500, events: 3_000, tastes: 4, seed: 7 });
    let learnt = train(&made.data, &made.catalogue, &Settings { head: 8, ..settings() });
    learnt.model(&made.data, &made.catalogue, Parts::All, 1).unwrap().0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The walk that ends early finds what a look at every title finds.
    #[test]
    fn the_best_are_the_best_of_all(titles in prop::collection::vec(0u32..1_500, 0..12), count in 0usize..200, out in 2u32..9) {
        thread_local! {
            static MODEL: Model = of_many_titles();
        }
        MODEL.with(|model| {
            let history: Vec<Entry> = titles.iter().map(|title| Entry { title: *title, weight: 1.0 }).collect();
            let taste = model.fold_in(&history);
            let best = taste.best(count, |title| title % out == 0);
            let all = taste.ranked(0..1_500, count, |title| title % out == 0);
            prop_assert_eq!(best, all);
            Ok(())
        })?;
    }
}

#[test]
fn of_what_nobody_here_watched_the_poor_come_last() {
    let scores = [("poor", Some(0.13)), ("unknown", None), ("good", Some(0.8)), ("fair", Some(0.5))];
    let mut builder = Builder::default();
    let mut contents = Contents::new();
    let genre = ["court".to_owned()];
    let seen: Vec<String> = (0..6).map(|title| format!("court{title}")).collect();
    for (title, score) in seen.iter().map(|title| (title.as_str(), None)).chain(scores) {
        builder.title(title).unwrap();
        contents.push(&About { genres: &genre, score, ..About::default() });
    }
    for profile in 0..10 {
        for title in seen.iter().enumerate().filter(|(at, _)| (profile + at) % 3 != 0).map(|(_, title)| title) {
            builder.event(&format!("profile{profile}"), title, 1, 1.0).unwrap();
        }
    }
    let (data, catalogue) = (builder.finish(), Catalogue { contents, ..Catalogue::default() });
    let (model, _) = train(&data, &catalogue, &settings()).model(&data, &catalogue, Parts::All, 5).unwrap();
    let known: HashSet<u32> = seen.iter().filter_map(|title| model.number(title)).collect();
    let best = model.fold_in(&watched(&model, &["court0", "court1"])).best(4, |title| known.contains(&title));
    let names = ids(&model, &best);
    assert_eq!(names[2..], ["fair", "poor"], "{names:?}");
}

/// Films of three genres, four of each, of which `events` tells who has which.
fn of_genres(events: &[(&str, Option<u32>, &str)]) -> Model {
    let (mut builder, mut contents) = (Builder::default(), Contents::new());
    for genre in ["Western", "Comedy", "Horror"] {
        for at in 0..4 {
            builder.title(&format!("{genre}{at}")).unwrap();
            let (genres, people) = ([genre.to_owned()], [format!("Somebody of {genre}{at}")]);
            contents.push(&About { genres: &genres, people: &people, synopsis: &format!("word{genre}{at}"), score: None });
        }
    }
    for (at, (profile, account, title)) in events.iter().enumerate() {
        builder.event(profile, title, at as u64, 1.0).unwrap();
        account.iter().for_each(|account| builder.belongs(profile, *account));
    }
    let (data, catalogue) = (builder.finish(), Catalogue { contents, ..Catalogue::default() });
    train(&data, &catalogue, &settings()).model(&data, &catalogue, Parts::All, 5).unwrap().0
}

#[test]
fn of_what_fewer_than_three_accounts_have_a_model_says_what_it_says_where_nobody_has_it() {
    let alike = ["a", "b", "c"].map(|profile| (profile, None, "Western0"));
    let nobody = of_genres(&alike);
    // One, two, and three profiles of two accounts.
    let few: [&[(&str, Option<u32>, &str)]; 3] = [
        &[("a", None, "Western1"), ("a", None, "Horror1")],
        &[("a", None, "Horror1"), ("b", None, "Horror1"), ("b", None, "Comedy1")],
        &[("d", Some(1), "Horror1"), ("e", Some(1), "Horror1"), ("a", None, "Horror1")],
    ];
    for events in few {
        let model = of_genres(&[&alike, events].concat());
        let of = |model: &Model, title: &str| {
            let number = model.number(title).unwrap();
            (model.title(number).unwrap().support, model.vector(number).to_vec())
        };
        for title in ["Horror1", "Horror2", "Comedy1", "Western1", "Western3"] {
            let ((support, vector), (_, without)) = (of(&model, title), of(&nobody, title));
            let most = vector.iter().zip(&without).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
            assert!(support == 0 && most < 1e-4, "{title} by {most} after {events:?}");
        }
    }
    let three = of_genres(&[&alike[..], &["a", "b", "c"].map(|profile| (profile, None, "Horror1"))].concat());
    let number = three.number("Horror1").unwrap();
    assert_eq!(three.title(number).unwrap().support, 3);
    let taste = three.fold_in(&watched(&three, &["Western0"]));
    let best = Preference::new(&three, &taste).best(1, |title| Some(title) == three.number("Western0"));
    assert_eq!(ids(&three, &best), ["Horror1"], "what three have speaks");
}

#[test]
fn with_no_audience_what_is_like_the_history_is_what_it_is_about_and_of_nothing_there_is_nothing() {
    let model = of_genres(&[("a", None, "Horror1"), ("a", None, "Comedy1")]);
    let seen = watched(&model, &["Comedy0", "Comedy1"]);
    let taste = model.fold_in(&seen);
    let preference = Preference::new(&model, &taste);
    let best = preference.best(20, |title| seen.iter().any(|entry| entry.title == title));
    let mut names = ids(&model, &best);
    names.sort_unstable();
    assert_eq!(names, ["Comedy2", "Comedy3"]);
    assert!(seen.iter().any(|entry| Some(entry.title) == preference.because(best[0])));
    assert_eq!(preference.because(model.number("Horror1").unwrap()), None);
    for wanted in [1, 3, 20] {
        let is_out = |title: u32| title.is_multiple_of(5);
        assert_eq!(preference.best(wanted, is_out), preference.ranked(0..12, wanted, is_out), "{wanted} of all");
    }
    assert_eq!(preference.ranked(0..12, 1, |_| false).len(), 1);

    let one = [Entry { title: 0, weight: 1.0 }];
    let empty = Model::empty();
    let taste = empty.fold_in(&one);
    assert_eq!(Preference::new(&empty, &taste).best(10, |_| false), []);
}

#[test]
fn of_what_is_equally_like_a_history_comes_first_what_is_thought_well_of() {
    let (mut builder, mut contents) = (Builder::default(), Contents::new());
    let scores = [("seen", None), ("poor", Some(0.2)), ("untold", None), ("fine", Some(0.8)), ("best", Some(0.9))];
    for (id, score) in scores.into_iter().chain([("other", Some(1.0))]) {
        builder.title(id).unwrap();
        let genres = [if id == "other" { "War" } else { "Comedy" }.to_owned()];
        contents.push(&About { genres: &genres, people: &[], synopsis: id, score });
    }
    let (data, catalogue) = (builder.finish(), Catalogue { contents, ..Catalogue::default() });
    let (model, _) = train(&data, &catalogue, &settings()).model(&data, &catalogue, Parts::All, 5).unwrap();
    let model = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    let seen = watched(&model, &["seen"]);
    let taste = model.fold_in(&seen);
    let best = Preference::new(&model, &taste).best(10, |title| seen[0].title == title);
    assert_eq!(ids(&model, &best), ["best", "fine", "untold", "poor"]);
}

#[test]
fn audiences_speak_for_a_history_of_which_at_least_half_has_one() {
    let audience: Vec<_> =
        ["a", "b", "c"].iter().flat_map(|profile| ["Western0", "Horror1"].map(|title| (*profile, None, title))).collect();
    let model = of_genres(&audience);
    let horror = model.number("Horror1").unwrap();
    for (titles, is_of_audiences) in
        [(vec!["Western0"], true), (vec!["Western0", "Comedy0"], true), (vec!["Western0", "Comedy0", "Comedy1"], false)]
    {
        let seen = watched(&model, &titles);
        let taste = model.fold_in(&seen);
        let preference = Preference::new(&model, &taste);
        let is_out = |title: u32| seen.iter().any(|entry| entry.title == title);
        for best in [preference.best(20, is_out), preference.ranked(0..12, 20, is_out)] {
            assert_eq!(best.contains(&horror), is_of_audiences, "{titles:?}: {:?}", ids(&model, &best));
        }
        assert_eq!(preference.because(horror), model.number("Western0").filter(|_| is_of_audiences), "{titles:?}");
    }
}
