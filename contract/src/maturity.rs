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

/// From which age on a film with this rating is shown. A film that nobody rated, or with a rating that is not known, is
/// for adults: who set a limit would rather hide too much. Streaming services hide unrated films from children, too.
pub fn least_age(rating: Option<&str>) -> u8 {
    rating.and_then(age).unwrap_or(ADULT)
}

/// Whether a film with this rating is for somebody up to this age; where there is no limit, every film is.
pub fn is_for(rating: Option<&str>, limit: Option<u8>) -> bool {
    limit.is_none_or(|limit| least_age(rating) <= limit)
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
