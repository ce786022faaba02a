//! Which rows a home page could have, and what they are called.
//!
//! A row is a list of the catalogue under a heading. Must never name what the list does not hold.

use contract::catalog::{FacetCount, Facets, ListTitles, Sort};

/// Titles that a row needs to be worth its heading.
const LEAST: usize = 8;
/// The same for one person's films.
const LEAST_OF_A_PERSON: usize = 6;
/// Rows of one kind at most.
const GENRES: usize = 7;
const DECADES: usize = 3;
/// The score, of a hundred, from which on a title counts as liked.
const LIKED: u8 = 65;

/// A row before its titles are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub key: String,
    pub heading: String,
    /// What it is called where its titles are liked.
    pub praise: Option<&'static str>,
    pub list: ListTitles,
    /// Titles below which there is no such row.
    pub least: usize,
    pub is_person: bool,
}

impl Plan {
    /// What the row is called with titles of these scores in it: it praises what has the scores for it alone.
    pub fn heading_over(&self, scores: &[Option<u8>]) -> String {
        let liked = scores.iter().flatten().filter(|score| **score >= LIKED).count();
        let is_liked = liked * 2 > scores.len();
        self.praise.filter(|_| is_liked).map_or_else(|| self.heading.clone(), str::to_owned)
    }
}

/// What can be watched at once. Shown however few they are.
pub fn watchable() -> Plan {
    let list = ListTitles { watchable: Some(true), ..ListTitles::default() };
    Plan { key: "watchable".to_owned(), heading: "Ready to watch".to_owned(), praise: None, list, least: 1, is_person: false }
}

/// The films of one person.
pub fn person(name: &str) -> Plan {
    let list = ListTitles { person: Some(name.to_owned()), ..ListTitles::default() };
    Plan {
        key: format!("person-{}", slug(name)),
        heading: format!("The films of {name}"),
        praise: None,
        list,
        least: LEAST_OF_A_PERSON,
        is_person: true,
    }
}

/// Rows that follow from what the catalogue holds most of: genres and decades, mixed.
pub fn of_facets(facets: &Facets) -> Vec<Plan> {
    let enough = |counts: &[FacetCount]| counts.iter().filter(|count| count.count >= LEAST as u64).cloned().collect::<Vec<_>>();
    let genres = enough(&facets.genre).into_iter().take(GENRES).map(|count| genre(&count.value));
    let mut decades = enough(&facets.decade);
    // The fullest decades, from the latest.
    decades.sort_by_key(|count| std::cmp::Reverse(count.count));
    decades.truncate(DECADES);
    let mut decades: Vec<u16> = decades.iter().filter_map(|count| count.value.parse().ok()).collect();
    decades.sort_unstable_by_key(|decade| std::cmp::Reverse(*decade));
    let mut decades = decades.into_iter().map(decade);
    let mut rows = Vec::with_capacity(GENRES + DECADES);
    for (at, genre) in genres.enumerate() {
        rows.push(genre);
        if at % 2 == 1 {
            rows.extend(decades.next());
        }
    }
    rows.extend(decades);
    rows
}

fn genre(name: &str) -> Plan {
    let (heading, praise) = match name {
        "Drama" => ("Dramas", Some("Acclaimed dramas")),
        "Comedy" => ("Comedies", Some("Comedies people love")),
        "Action" => ("Action", Some("Action at its best")),
        "Adventure" => ("Adventures", Some("Great adventures")),
        "Thriller" => ("Thrillers to the last minute", None),
        "Horror" => ("Horror after dark", None),
        "Romantic Comedy" => ("Romantic comedies", None),
        "Black Comedy" => ("Comedies with a bite", None),
        "Musical" => ("Musicals", None),
        "Documentary" => ("Documentaries", None),
        "Western" => ("Westerns", None),
        other => (other, None),
    };
    let list = ListTitles { genre: Some(name.to_owned()), ..ListTitles::default() };
    Plan { key: format!("genre-{}", slug(name)), heading: heading.to_owned(), praise, list, least: LEAST, is_person: false }
}

fn decade(decade: u16) -> Plan {
    let name = match decade {
        1920 => "the twenties",
        1930 => "the thirties",
        1940 => "the forties",
        1950 => "the fifties",
        1960 => "the sixties",
        1970 => "the seventies",
        1980 => "the eighties",
        1990 => "the nineties",
        _ => "",
    };
    let heading = if name.is_empty() { format!("From the {decade}s") } else { format!("From {name}") };
    let list = ListTitles { decade: Some(decade), ..ListTitles::default() };
    Plan { key: format!("decade-{decade}"), heading, praise: None, list, least: LEAST, is_person: false }
}

/// The newest titles on this server.
pub fn added() -> Plan {
    let list = ListTitles { sort: Some(Sort::Added), ..ListTitles::default() };
    Plan { key: "added".to_owned(), heading: "New on this server".to_owned(), praise: None, list, least: LEAST, is_person: false }
}

fn slug(name: &str) -> String {
    let letters = name.chars().map(|letter| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(value: &str, count: u64) -> FacetCount {
        FacetCount { value: value.to_owned(), count }
    }

    #[test]
    fn rows_follow_what_there_is_most_of_and_leave_out_what_there_is_too_little_of() {
        let facets = Facets {
            genre: vec![count("Drama", 90), count("Film Noir", 20), count("Western", 7)],
            decade: vec![count("2010", 9), count("2000", 80), count("1990", 50), count("1930", 8), count("1900", 2)],
            ..Facets::default()
        };
        let headings: Vec<String> = of_facets(&facets).into_iter().map(|plan| plan.heading).collect();
        assert_eq!(headings, ["Dramas", "Film Noir", "From the 2010s", "From the 2000s", "From the nineties"],);
        assert_eq!(of_facets(&Facets::default()), []);
    }

    #[test]
    fn a_row_praises_its_titles_only_where_most_of_them_are_liked() {
        let dramas = genre("Drama");
        assert_eq!(dramas.heading_over(&[Some(80), Some(70), None]), "Acclaimed dramas");
        assert_eq!(dramas.heading_over(&[None, None, None]), "Dramas", "nobody rated them");
        assert_eq!(dramas.heading_over(&[Some(80), Some(20), Some(30)]), "Dramas");
        assert_eq!(genre("Western").heading_over(&[Some(90)]), "Westerns");
    }
}
