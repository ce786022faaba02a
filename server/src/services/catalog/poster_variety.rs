//! Which posters hang side by side: picks the ids of new titles, from which the artist draws.
//!
//! Two neighbours in the same inks with the same motif look like one film. Must never delay an import over
//! taste: after a few tries the last id is good enough.

use std::collections::VecDeque;

use poster::{Brief, alike};

use super::{facts::NewTitle, new_id::new_id};

/// How far back the last film of the same genre is looked for.
const REACH: usize = 24;

/// Chance repeats a look about once in a hundred: five times in a row, once in ten thousand million.
const TRIES: usize = 5;

/// The posters hung last, in the order of the import.
#[derive(Default)]
pub struct PosterVariety {
    hung: VecDeque<Hung>,
}

struct Hung {
    id: String,
    genre: Option<String>,
}

impl PosterVariety {
    /// An unguessable id under which the title's poster differs from the one hung last, and from the last of its genre.
    pub fn new_id(&self, title: &NewTitle) -> String {
        let mut id = new_id();
        for _ in 1..TRIES {
            if !self.repeats(&id, title.genres.first().map(String::as_str)) {
                break;
            }
            id = new_id();
        }
        id
    }

    /// Hangs a poster beside the others.
    pub fn hang(&mut self, id: &str, title: &NewTitle) {
        if self.hung.len() == REACH {
            self.hung.pop_front();
        }
        self.hung.push_back(Hung { id: id.to_owned(), genre: title.genres.first().cloned() });
    }

    fn repeats(&self, id: &str, genre: Option<&str>) -> bool {
        let last = self.hung.back();
        let kin = self.hung.iter().rfind(|hung| hung.genre.as_deref() == genre);
        let new = brief(id, genre);
        [last, kin].into_iter().flatten().any(|hung| alike(&brief(&hung.id, hung.genre.as_deref()), &new))
    }
}

/// What motif and inks are chosen from.
fn brief<'a>(id: &'a str, genre: Option<&'a str>) -> Brief<'a> {
    Brief { id, title: "", year: None, director: None, genre }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ten_thousand_films_no_two_neighbours_are_alike() {
        let genres = ["Drama", "Comedy", "Drama", "Western", "Drama", "Drama"];
        let mut variety = PosterVariety::default();
        let hung: Vec<(String, &str)> = (0..10_000)
            .map(|at| {
                let genre = genres[at % genres.len()];
                let title = NewTitle { genres: vec![genre.to_owned()], ..NewTitle::default() };
                let id = variety.new_id(&title);
                variety.hang(&id, &title);
                (id, genre)
            })
            .collect();
        let same =
            |one: &(String, &str), other: &(String, &str)| alike(&brief(&one.0, Some(one.1)), &brief(&other.0, Some(other.1)));
        assert_eq!(hung.windows(2).filter(|pair| same(&pair[0], &pair[1])).count(), 0);
        let dramas: Vec<&(String, &str)> = hung.iter().filter(|(_, genre)| *genre == "Drama").collect();
        assert_eq!(dramas.windows(2).filter(|pair| same(pair[0], pair[1])).count(), 0);
    }

    #[test]
    fn only_the_last_are_remembered() {
        let mut variety = PosterVariety::default();
        for at in 0..100 {
            variety.hang(&at.to_string(), &NewTitle::default());
        }
        assert_eq!(variety.hung.len(), REACH);
    }
}
