//! Where a title stands on a list: a fraction between 0 and 1 as digits of base 36, which sort as text does.
//!
//! Between any two there is another one, so that whatever is moved is written alone (known as fractional indexing). Must never end in
//! a zero: between `a` and `a0` there would be nothing.

use serde::{Deserialize, Serialize};

const BASE: u8 = 36;
/// Milliseconds that are counted down from: 9 digits, some thousand years.
const LAST: u64 = 36_u64.pow(9) - 1;
/// Digits at most: a gap into which hundreds of titles were moved is narrow.
const LONGEST: usize = 200;

/// A place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(Vec<u8>);

/// What is stored is no place.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no place on a list")]
pub struct InvalidPlace(String);

impl Place {
    /// On top of `first`, for what is added at an instant in milliseconds since 1970: as long as all others, however many are
    /// added.
    pub fn on_top(first: Option<&Self>, now: u64) -> Self {
        let mut left = LAST.saturating_sub(now);
        let mut digits = vec![BASE / 2; 10];
        for digit in digits.iter_mut().take(9).rev() {
            // Below the base.
            *digit = u8::try_from(left % u64::from(BASE)).unwrap_or(0);
            left /= u64::from(BASE);
        }
        let timely = Self(digits);
        match first {
            // What was moved there, or added under a clock that was ahead.
            Some(first) if *first <= timely => Self(between(&[], Some(&first.0))),
            Some(_) | None => timely,
        }
    }

    /// So many places on top of `first`, in their order, for what is added together: longer than one by a few digits.
    pub fn several_on_top(first: Option<&Self>, now: u64, count: usize) -> Vec<Self> {
        let Some(others) = count.checked_sub(1) else { return Vec::new() };
        let top = Self::on_top(first, now);
        let mut places = vec![top.clone()];
        Self::fill(&mut places, &top, first, others);
        places
    }

    /// Puts so many places that lie between two behind those that there are, in their order, each half of the way between two
    /// others: of thousands each is a few digits longer.
    fn fill(places: &mut Vec<Self>, low: &Self, high: Option<&Self>, count: usize) {
        let Some(others) = count.checked_sub(1) else { return };
        let middle = Self(between(&low.0, high.map(|high| &*high.0)));
        Self::fill(places, low, Some(&middle), others / 2);
        places.push(middle.clone());
        Self::fill(places, &middle, high, others - others / 2);
    }

    /// Between two places, or a place and an end. Nothing where they stand the other way round, or no digits are left.
    pub fn between(before: Option<&Self>, behind: Option<&Self>) -> Option<Self> {
        if before.is_some_and(|before| behind.is_some_and(|behind| before >= behind)) {
            return None;
        }
        let digits = between(before.map_or(&[], |place| &place.0), behind.map(|place| &*place.0));
        (digits.len() <= LONGEST).then_some(Self(digits))
    }
}

/// The digits of a fraction above `low` and below `high`, or 1.
fn between(low: &[u8], high: Option<&[u8]>) -> Vec<u8> {
    let digit = |place: usize| low.get(place).copied().unwrap_or(0);
    let shared = high.map_or(0, |high| high.iter().enumerate().take_while(|(place, other)| digit(*place) == **other).count());
    let mut digits: Vec<u8> = (0..shared).map(digit).collect();
    let (low, high) = (low.get(shared..).unwrap_or_default(), high.and_then(|high| high.get(shared..)));
    let first = low.first().copied().unwrap_or(0);
    match high.and_then(<[u8]>::split_first) {
        // Half of the way.
        Some((last, _)) if last - first > 1 => digits.push(first + (last - first) / 2),
        // The digit alone is below what it begins.
        Some((last, rest)) if !rest.is_empty() => digits.push(*last),
        Some(_) => digits.extend([&[first], &*between(low.get(1..).unwrap_or_default(), None)].concat()),
        None if BASE - first > 1 => digits.push(first + (BASE - first) / 2),
        None => digits.extend([&[first], &*between(low.get(1..).unwrap_or_default(), None)].concat()),
    }
    digits
}

impl TryFrom<String> for Place {
    type Error = InvalidPlace;

    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'z' => Some(byte - b'a' + 10),
            _ => None,
        };
        let digits: Option<Vec<u8>> = text.bytes().map(digit).collect();
        let digits = digits.filter(|digits| digits.last().is_some_and(|last| *last > 0));
        digits.map(Self).ok_or(InvalidPlace(text))
    }
}

impl From<Place> for String {
    fn from(Place(digits): Place) -> Self {
        digits.into_iter().map(|digit| char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn place(text: &str) -> Place {
        Place::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn what_is_added_later_is_before_and_no_longer() {
        let mut first = None;
        for step in 0..5_000 {
            let next = Place::on_top(first.as_ref(), NOW + step);
            assert!(first.as_ref().is_none_or(|first| next < *first) && next.0.len() == 10);
            first = Some(next);
        }
        let of_a_clock_ahead = Place::on_top(None, NOW + 1_000_000);
        assert!(Place::on_top(Some(&of_a_clock_ahead), NOW) < of_a_clock_ahead);
        assert!(Place::on_top(Some(&place("01")), u64::MAX) < place("01"));
    }

    #[test]
    fn thousands_that_are_added_at_once_stand_in_their_order_on_top_of_the_rest() {
        let ahead = Place::on_top(None, NOW + 1_000_000);
        let narrow = place(&format!("{}1", "0".repeat(30)));
        for first in [None, Some(Place::on_top(None, NOW - 1)), Some(Place::on_top(None, NOW)), Some(ahead), Some(narrow)] {
            let longest = 10.max(first.as_ref().map_or(0, |first| first.0.len())) + 6;
            for count in [0, 1, 2, 3, 5_000] {
                let places = Place::several_on_top(first.as_ref(), NOW, count);
                assert_eq!(places.len(), count);
                assert!(places.iter().chain(&first).is_sorted_by(|one, next| one < next), "{first:?}");
                assert!(places.iter().all(|place| place.0.len() <= longest && place.0.last() != Some(&0)), "{first:?}");
            }
            let next = Place::several_on_top(first.as_ref(), NOW, 5_000).swap_remove(0);
            assert!(Place::on_top(Some(&next), NOW + 1) < next, "what comes later is before");
        }
    }

    #[test]
    fn there_is_nothing_between_what_stands_the_other_way_round() {
        let (a, b) = (place("a"), place("b"));
        assert_eq!((Place::between(Some(&b), Some(&a)), Place::between(Some(&a), Some(&a))), (None, None));
        assert!(["", "0", "a0", "A", "é", "a b"].into_iter().all(|text| Place::try_from(text.to_owned()).is_err()));
    }

    #[test]
    fn a_gap_that_hundreds_were_moved_into_says_so_in_place_of_growing() {
        let (low, mut high, mut moved) = (place("a"), place("b"), 0);
        while let Some(next) = Place::between(Some(&low), Some(&high)) {
            assert!(low < next && next < high);
            (high, moved) = (next, moved + 1);
        }
        assert!(moved > 800 && high.0.len() <= LONGEST, "{moved}");
    }

    proptest! {
        #[test]
        fn between_any_two_there_is_another_and_it_sorts_as_text(texts in proptest::collection::vec("[0-9a-z]{0,6}[1-9a-z]", 1..20)) {
            let mut places: Vec<Place> = texts.iter().map(|text| place(text)).collect();
            places.sort_unstable();
            places.dedup();
            let mut all = vec![Place::between(None, places.first()).unwrap()];
            for (at, one) in places.iter().enumerate() {
                all.push(one.clone());
                all.push(Place::between(Some(one), places.get(at + 1)).unwrap());
            }
            prop_assert!(all.is_sorted_by(|one, other| one < other));
            let told: Vec<String> = all.iter().cloned().map(Into::into).collect();
            prop_assert!(told.is_sorted_by(|one, other| one < other));
            prop_assert!(told.into_iter().zip(all).all(|(text, it)| place(&text) == it));
        }
    }
}
