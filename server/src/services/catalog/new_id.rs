//! Ids of new titles: nobody guesses one, and they sort by when they were made.
//!
//! Seven letters say the millisecond, thirteen are drawn: 77 random bits. What is made one after the other lies side by side
//! in every index of a store, which so writes a few pages for a batch of titles, and not one for each (RFC 9562, section 2.1,
//! says it of UUIDs). Must never be what access hangs on.

use rand::distr::{Alphanumeric, SampleString};
use runtime::clock::Clock;

/// In the order of their bytes, which is how stores sort ids.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Letters of the millisecond: until the year 2081, after which ids begin again with the first.
const TIME: usize = 7;
const RANDOM: usize = 13;

/// 20 letters and digits, safe in a path.
pub fn new_id() -> String {
    let mut id = time(Clock::default().millis());
    id.push_str(&Alphanumeric.sample_string(&mut rand::rng(), RANDOM));
    id
}

fn time(mut millis: u64) -> String {
    let mut letters = [LETTERS[0]; TIME];
    for letter in letters.iter_mut().rev() {
        *letter = LETTERS[usize::try_from(millis % 62).unwrap_or_default()];
        millis /= 62;
    }
    letters.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use contract::ids::TitleId;

    use super::*;

    #[test]
    fn an_id_is_one_of_a_title_and_sorts_by_its_time() {
        let ids: BTreeSet<String> = (0..1000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == TIME + RANDOM && id.parse::<TitleId>().is_ok()));
        let times = [0, 1, 61, 62, 3843, 3844, 1_764_000_000_000, 1_764_000_000_001, 3_500_000_000_000];
        assert!(times.map(time).is_sorted_by(|one, next| one < next));
        assert_eq!(time(62_u64.pow(7) - 1), "zzzzzzz");
    }
}
