//! How good the model is on data that was made, and what training promises of itself.

use super::{settings, small, trained};
use crate::{
    dataset::Builder,
    evaluate::evaluate,
    generate::{Size, generate},
    train::{Catalogue, Parts, train},
};

#[test]
fn the_model_comes_at_least_half_of_the_way_from_popularity_to_who_knows_the_tastes() {
    let size = Size { profiles: 800, titles: 300, events: 24_000, tastes: 6, seed: 9 };
    let made = generate(size);
    let table =
        evaluate(generate(size).data, &made.catalogue, &settings(), Some(&|profile, seen| made.oracle(profile, seen))).unwrap();
    let (model, popularity, oracle) = (table.ndcg("model"), table.ndcg("popularity"), table.ndcg("oracle"));
    assert!(popularity < oracle, "{table}");
    assert!(model - popularity >= (oracle - popularity) / 2.0, "{table}");
    assert!(table.ndcg("random") < popularity, "{table}");
    let names: Vec<&str> = table.lines.iter().map(|line| line.name).collect();
    assert_eq!(names, ["model", "iALS", "EASE (head)", "content", "popularity", "random", "oracle"]);
    for line in &table.lines {
        assert!((0.0..=1.0).contains(&line.recall) && line.ndcg <= line.recall && line.coverage <= 1.0, "{table}");
    }
    assert!(table.to_string().contains("NDCG@10"));
}

#[test]
fn the_same_data_makes_the_same_model() {
    let (one, other) = (trained(&small()).0, trained(&small()).0);
    assert_eq!(one.to_bytes(), other.to_bytes());
}

#[test]
fn what_is_trained_on_nothing_or_on_one_event_is_a_model() {
    for events in 0..2 {
        let mut builder = Builder::default();
        for _ in 0..events {
            builder.event("p", "t", 1, 1.0).unwrap();
        }
        let (data, catalogue) = (builder.finish(), Catalogue::default());
        let (model, _) = train(&data, &catalogue, &settings()).model(&data, &catalogue, Parts::All, 1).unwrap();
        assert_eq!(model.len(), events);
        assert_eq!(model.fold_in(&[]).best(5, |_| false).len(), events);
    }
}
