//! Tests of the whole crate: what is recommended, what is refused, and how good it is on data that was made.

mod answering;
mod evaluating;
mod forms;

use crate::{
    Model,
    content::{About, Contents},
    dataset::Builder,
    generate::{Generated, Size, generate},
    train::{Catalogue, Parts, Settings, train},
};

/// Histories that are made, few enough for a build without optimisation.
fn small() -> Generated {
    generate(Size { profiles: 150, titles: 400, events: 2_000, tastes: 4, seed: 7 })
}

fn settings() -> Settings {
    let mut settings = Settings { threads: 2, head: 100, ..Settings::default() };
    (settings.als.factors, settings.als.rounds) = (8, 6);
    settings
}

fn trained(made: &Generated) -> (Model, Vec<u32>) {
    let learnt = train(&made.data, &made.catalogue, &settings());
    learnt.model(&made.data, &made.catalogue, Parts::All, 1_700_000_000_000).unwrap()
}

/// Two circles of ten profiles each, who watch nothing of each other's; `new` is of the second's genre, and nobody watched it.
fn two_circles() -> Model {
    let mut builder = Builder::default();
    let mut genres = Vec::new();
    for circle in ["space", "court"] {
        for title in 0..6 {
            builder.title(&format!("{circle}{title}")).unwrap();
            genres.push(circle.to_owned());
        }
    }
    builder.title("new").unwrap();
    genres.push("court".to_owned());
    for (at, circle) in ["space", "court"].into_iter().enumerate() {
        for profile in 0..10 {
            for title in (0..6).filter(|title| (profile + title) % 3 != 0) {
                let name = format!("profile-{at}-{profile}");
                builder.event(&name, &format!("{circle}{title}"), title as u64, 1.0).unwrap();
            }
        }
    }
    let mut contents = Contents::new();
    for genre in &genres {
        contents.push(&About { genres: std::slice::from_ref(genre), ..About::default() });
    }
    let added = (0..genres.len() as u64).collect();
    let catalogue = Catalogue { contents, added, popular: vec![3, 0] };
    let data = builder.finish();
    train(&data, &catalogue, &settings()).model(&data, &catalogue, Parts::All, 5).unwrap().0
}
