//! Titles that nobody filmed: as many as are wanted, the same ones each time, with the genres, years and people of a catalogue.
//!
//! Must never draw from the clock or the system: two runs measure the same work.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use anyhow::Result;
use serde_json::json;

pub const GENRES: [&str; 20] = [
    "Drama",
    "Comedy",
    "Action",
    "Adventure",
    "Thriller",
    "Horror",
    "Romance",
    "Western",
    "Musical",
    "Documentary",
    "Animation",
    "Crime",
    "Mystery",
    "Fantasy",
    "War",
    "History",
    "Family",
    "Sport",
    "Biography",
    "Science Fiction",
];
pub const MATURITIES: [&str; 4] = ["G", "PG", "PG-13", "R"];
pub const FIRST_DECADE: u16 = 1910;
pub const DECADES: u16 = 12;
/// People who are credited somewhere.
pub const PEOPLE: u64 = 20_000;

const FIRST: [&str; 16] = [
    "Silent", "Golden", "Broken", "Hidden", "Distant", "Crimson", "Endless", "Secret", "Burning", "Frozen", "Velvet", "Hollow",
    "Electric", "Paper", "Midnight", "Wild",
];
const SECOND: [&str; 16] = [
    "River", "Garden", "Empire", "Mirror", "Harbour", "Summer", "Letters", "Machine", "Orchard", "Voyage", "Kingdom", "Shadow",
    "Island", "Winter", "Station", "Promise",
];
const WORDS: [&str; 16] = [
    "a", "the", "stranger", "returns", "home", "after", "years", "and", "finds", "that", "nothing", "is", "as", "it", "was",
    "before",
];

/// Numbers that look drawn (splitmix64, Steele, Lea and Flood 2014).
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let at = self.below(choices.len().max(1) as u64);
        usize::try_from(at).ok().and_then(|at| choices.get(at)).copied().unwrap_or_default()
    }
}

pub fn person(number: u64) -> String {
    format!("Person Number {number}")
}

/// Two words that some titles have, for searches.
pub fn words(draws: &mut Draws) -> (&'static str, &'static str) {
    (draws.of(&FIRST), draws.of(&SECOND))
}

/// A title's id in the import file, in the form of IMDb's: histories name titles by it.
pub fn imdb(number: u64) -> String {
    format!("tt{:07}", number + 1)
}

/// The record of an import file.
fn record(number: u64) -> serde_json::Value {
    let mut draws = Draws(number.wrapping_mul(0x2545_F491_4F6C_DD1D));
    let (first, second) = words(&mut draws);
    let year = u64::from(FIRST_DECADE) + draws.below(u64::from(DECADES) * 10);
    let genres: Vec<&str> = (0..=draws.below(3)).map(|_| draws.of(&GENRES)).collect();
    let mut credit = |role: &str, among: u64| json!({ "name": person(draws.below(among)), "role": role });
    let people = [credit("director", PEOPLE / 10), credit("actor", PEOPLE), credit("actor", PEOPLE), credit("actor", PEOPLE)];
    let mut synopsis = String::new();
    for _ in 0..60 {
        let _ = write!(synopsis, "{} ", draws.of(&WORDS));
    }
    let half_points = u32::try_from(4 + draws.below(17)).unwrap_or(4);
    json!({
        "id": imdb(number), "title": format!("{first} {second} {number}"), "year": year, "genres": genres,
        "people": people, "maturity": draws.of(&MATURITIES), "runtime_minutes": 30 + draws.below(150),
        "synopsis": synopsis.trim_end(), "languages": ["en"],
        "scores": [{ "source": "IMDb", "value": f64::from(half_points) / 2.0, "out_of": 10, "votes": draws.below(100_000) }],
    })
}

/// An import file of these titles, one to a line.
///
/// # Errors
/// Where it cannot be written.
pub fn write(file: &Path, numbers: impl Iterator<Item = u64>) -> Result<()> {
    let mut lines = BufWriter::new(File::create(file)?);
    for number in numbers {
        writeln!(lines, "{}", record(number))?;
    }
    Ok(lines.flush()?)
}

/// An import file of the titles of [`write`], each changed: all of one genre.
///
/// # Errors
/// As [`write`].
pub fn write_revised(file: &Path, numbers: impl Iterator<Item = u64>, genre: &str) -> Result<()> {
    let mut lines = BufWriter::new(File::create(file)?);
    for number in numbers {
        let mut record = record(number);
        record["genres"] = json!([genre]);
        writeln!(lines, "{record}")?;
    }
    Ok(lines.flush()?)
}

/// An import file of titles with these names, all by one person.
///
/// # Errors
/// As [`write`].
pub fn write_named(file: &Path, person: &str, names: &[String]) -> Result<()> {
    let mut lines = BufWriter::new(File::create(file)?);
    for name in names {
        let people = [json!({ "name": person, "role": "director" })];
        writeln!(lines, "{}", json!({ "id": name, "title": name, "year": 2026, "genres": ["Drama"], "people": people }))?;
    }
    Ok(lines.flush()?)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs};

    use super::*;

    #[test]
    fn the_same_number_is_the_same_title_and_another_is_another() {
        assert_eq!(record(7), record(7));
        let titles: HashSet<String> = (0..1000).map(|number| record(number).to_string()).collect();
        assert_eq!(titles.len(), 1000);
    }

    #[test]
    fn a_file_has_a_record_on_each_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.path(), 0..50).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let genres: HashSet<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["genres"][0].as_str().unwrap().to_owned())
            .collect();
        assert!(text.lines().count() == 50 && genres.len() > 10, "{genres:?}");
    }
}
