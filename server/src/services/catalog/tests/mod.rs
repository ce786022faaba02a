//! The catalogue as a whole: real SQLite and a real index in a temporary folder.

mod art;
pub mod away;
mod browse;
mod feed;
mod following;
mod importing;
mod ingesting;
mod maturity;
mod names;
pub mod routes;
mod searching;

use std::{fs, path::Path, sync::Arc};

use contract::ids::TitleId;
use tempfile::TempDir;

use away::{Away, Switched};
use media::placement::Placements;
use poster::Typeface;
use routes::viewer;
use runtime::clock::Clock;
use storage::{
    documents::{Documents, sqlite::SqliteDocuments},
    events::Events,
    objects::Objects,
    sqlite::Sqlite,
};

use super::{
    Catalog, Dependencies, Follower,
    deletion::{self, TitleDeletions},
    facts::{Credit, NewTitle, Role, Score},
    ingest::Outcome,
};
use crate::{deletions::DeletionLog, services::keepers::Keepers};

/// A catalogue of its own.
pub struct Bench {
    pub folder: TempDir,
    pub documents: Arc<dyn Documents>,
    pub objects: Objects,
    pub events: Events,
    pub catalog: Arc<Catalog>,
    pub follower: Follower,
    /// Takes the documents away.
    pub away: Away,
}

impl Bench {
    pub fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    pub fn in_folder(folder: TempDir) -> Self {
        let events = Events::default();
        let sqlite = Sqlite::open(&folder.path().join("marquee.db"), events.clone()).unwrap();
        let away = Away::default();
        let documents: Arc<dyn Documents> =
            Arc::new(Switched { store: Arc::new(SqliteDocuments::new(sqlite)), away: away.clone() });
        fs::create_dir_all(folder.path().join("objects")).unwrap();
        let objects = Objects::in_directory(&folder.path().join("objects")).unwrap();
        let parts = Dependencies {
            documents: Arc::clone(&documents),
            objects: objects.clone(),
            events: events.clone(),
            index_folder: &folder.path().join("search"),
            typeface: Arc::new(typeface()),
            deletions: deletions(&documents, &events, folder.path()),
        };
        let catalog = Arc::new(Catalog::open(parts).unwrap());
        let follower = catalog.follower().unwrap();
        Self { folder, documents, objects, events, catalog, follower, away }
    }

    /// With [`FILMS`], indexed.
    pub async fn with_films() -> Self {
        let mut bench = Self::new();
        bench.add(FILMS.iter().map(film).collect()).await;
        bench
    }

    pub async fn add(&mut self, titles: Vec<NewTitle>) -> Vec<Outcome> {
        let outcomes = self.catalog.ingest().upsert_many(titles).await.unwrap();
        self.follower.catch_up().await.unwrap();
        outcomes
    }

    pub async fn add_one(&mut self, title: NewTitle) -> TitleId {
        self.add(vec![title]).await.remove(0).id
    }
}

/// The real one.
pub fn typeface() -> Typeface {
    let files = testing::typeface();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    Typeface::from_woff2(&files).unwrap()
}

/// Deletes titles where no other service keeps anything.
pub fn deletions(documents: &Arc<dyn Documents>, events: &Events, folder: &Path) -> Arc<TitleDeletions> {
    let clock = Clock::default();
    Arc::new(TitleDeletions::new(deletion::Dependencies {
        documents: Arc::clone(documents),
        placements: Placements::new(Arc::clone(documents), clock.clone()),
        keepers: Keepers::new(Vec::new()),
        log: Arc::new(DeletionLog::new(folder)),
        events: events.clone(),
        clock,
    }))
}

/// Title, year, genre, director, rating, minutes, IMDb's score in tenths and its votes.
pub type Film = (&'static str, u16, &'static str, &'static str, &'static str, u16, u8, u32);

pub fn film(film: &Film) -> NewTitle {
    let (title, year, genre, director, maturity, minutes, score, votes) = *film;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    NewTitle {
        source: format!("test:{title} ({year})"),
        title: title.to_owned(),
        year: Some(year),
        runtime_minutes: (minutes > 0).then_some(minutes),
        genres: some(genre).into_iter().collect(),
        maturity: some(maturity),
        people: some(director).map(|name| Credit { name, role: Role::Director, character: None }).into_iter().collect(),
        scores: (score > 0)
            .then(|| Score { source: "IMDb".to_owned(), value: f32::from(score) / 10.0, out_of: 10.0, votes: Some(votes) })
            .into_iter()
            .collect(),
        ..NewTitle::default()
    }
}

/// Real films, with what a search has to tell apart.
pub const FILMS: [Film; 36] = [
    ("The Godfather", 1972, "Drama", "Francis Ford Coppola", "R", 175, 92, 411_088),
    ("The Godfather: Part II", 1974, "Drama", "Francis Ford Coppola", "R", 200, 90, 245_271),
    ("The Godfather: Part III", 1990, "Drama", "Francis Ford Coppola", "R", 162, 76, 82_977),
    ("Apocalypse Now", 1979, "Drama", "Francis Ford Coppola", "R", 153, 86, 173_141),
    ("Le Fabuleux destin d'Amélie Poulain", 2001, "Romantic Comedy", "Jean-Pierre Jeunet", "R", 122, 85, 181_085),
    ("Schindler's List", 1993, "Drama", "Steven Spielberg", "R", 195, 89, 276_283),
    ("Jaws", 1975, "Thriller", "Steven Spielberg", "PG", 124, 83, 138_017),
    ("Jurassic Park", 1993, "Adventure", "Steven Spielberg", "PG-13", 127, 79, 151_365),
    ("E.T. the Extra-Terrestrial", 1982, "Adventure", "Steven Spielberg", "PG", 115, 79, 105_028),
    ("Star Wars Ep. IV: A New Hope", 1977, "Adventure", "George Lucas", "PG", 121, 88, 350_000),
    ("Star Wars Ep. I: The Phantom Menace", 1999, "Adventure", "George Lucas", "PG", 133, 65, 190_000),
    ("Star Trek", 2009, "Adventure", "J.J. Abrams", "PG-13", 127, 82, 134_187),
    ("Starship Troopers", 1997, "Action", "Paul Verhoeven", "R", 129, 71, 83_516),
    ("A Star Is Born", 1976, "Drama", "Frank Pierson", "R", 140, 58, 3_000),
    ("The Lord of the Rings: The Fellowship of the Ring", 2001, "Adventure", "Peter Jackson", "PG-13", 178, 88, 387_438),
    ("The Lord of the Rings: The Return of the King", 2003, "Adventure", "Peter Jackson", "PG-13", 201, 88, 364_077),
    ("The Ring", 2002, "Horror", "Gore Verbinski", "PG-13", 115, 72, 95_000),
    ("Lord of War", 2005, "Drama", "Andrew Niccol", "R", 122, 77, 80_124),
    ("Spider-Man", 2002, "Adventure", "Sam Raimi", "PG-13", 121, 74, 167_524),
    ("Spider-Man 2", 2004, "Adventure", "Sam Raimi", "PG-13", 127, 77, 141_940),
    ("X-Men", 2000, "Adventure", "Bryan Singer", "PG-13", 104, 74, 122_149),
    ("Alien", 1979, "Horror", "Ridley Scott", "R", 117, 85, 180_387),
    ("Aliens", 1986, "Action", "James Cameron", "R", 137, 85, 173_000),
    ("Alien: Resurrection", 1997, "Action", "Jean-Pierre Jeunet", "R", 108, 60, 66_141),
    ("The Matrix", 1999, "Action", "Andy Wachowski", "R", 136, 87, 380_934),
    ("Up", 2009, "Adventure", "Pete Docter", "PG", 96, 84, 110_491),
    ("Up in the Air", 2009, "Drama", "Jason Reitman", "R", 109, 77, 69_000),
    ("Groundhog Day", 1993, "Comedy", "Harold Ramis", "PG", 101, 82, 134_964),
    ("Duck Soup", 1933, "Comedy", "Leo McCarey", "Not Rated", 68, 82, 28_301),
    ("Angels & Demons", 2009, "Thriller", "Ron Howard", "PG-13", 138, 67, 59_114),
    ("Nosferatu", 1929, "Horror", "F.W. Murnau", "", 0, 81, 23_000),
    ("2001: A Space Odyssey", 1968, "Adventure", "Stanley Kubrick", "PG", 141, 84, 160_342),
    ("The Shining", 1980, "Horror", "Stanley Kubrick", "R", 0, 85, 177_762),
    ("Se7en", 1995, "Thriller", "David Fincher", "R", 127, 87, 278_918),
    ("Following", 1999, "", "Christopher Nolan", "R", 69, 77, 15_133),
    ("Memento", 2001, "Thriller", "Christopher Nolan", "R", 116, 87, 274_524),
];
