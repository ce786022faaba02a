//! Ratings as ages: from which age on a film is meant to be seen.
//!
//! Boards write differently; what none of these wrote says nothing about an age. Must never guess lower than a board.

/// The age that a rating stands for; nothing where it is no rating that is known.
///
/// Sources: MPA (G to NC-17) and the TV Parental Guidelines of the United States, BBFC of the United Kingdom (U to R18),
/// and boards that write the age itself (FSK, Kijkwijzer, PEGI).
pub fn age(rating: &str) -> Option<u8> {
    match rating.trim() {
        "G" | "U" | "TV-G" | "TV-Y" | "AL" => Some(0),
        "TV-Y7" => Some(7),
        "PG" | "TV-PG" => Some(8),
        "PG-13" => Some(13),
        "TV-14" => Some(14),
        "R" | "TV-MA" => Some(17),
        "NC-17" | "X" | "R18" => Some(18),
        other => {
            let digits = other.strip_prefix("FSK").unwrap_or(other).trim().trim_end_matches(['A', '+']);
            digits.parse().ok().filter(|age| *age <= 21)
        }
    }
}

/// Whether a film with this rating is for somebody up to this age. A film that nobody rated is for adults, where there
/// is a limit at all: who set one would rather hide too much.
pub fn is_for(rating: Option<&str>, limit: Option<u8>) -> bool {
    match limit {
        None => true,
        Some(limit) => rating.and_then(age).unwrap_or(ADULT) <= limit,
    }
}

const ADULT: u8 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_of_several_countries_are_read() {
        for (rating, expected) in [
            ("G", Some(0)),
            ("PG-13", Some(13)),
            ("R", Some(17)),
            ("12A", Some(12)),
            ("FSK 16", Some(16)),
            ("18+", Some(18)),
            ("Not Rated", None),
            ("99", None),
            ("", None),
        ] {
            assert_eq!(age(rating), expected, "{rating}");
        }
    }

    #[test]
    fn what_nobody_rated_is_for_adults_where_there_is_a_limit() {
        assert!(is_for(Some("PG"), Some(8)) && !is_for(Some("PG-13"), Some(12)));
        assert!(!is_for(None, Some(17)) && is_for(None, Some(18)));
        assert!(is_for(None, None) && is_for(Some("NC-17"), None));
    }
}
