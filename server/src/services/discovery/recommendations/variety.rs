//! Rows that no one person fills: who likes one film of a director is told of others, and not of that director's alone.

use recommender::content::is_person;

use super::picks::Pick;
use crate::services::discovery::ROW;

/// Titles of one row at most that somebody is in, for as long as there are others.
const OF_A_PERSON: usize = 3;

/// The same picks, of which what would be one too many of somebody waits for the next row's length. Each keeps its place otherwise.
/// `reasons` are those of a title ([`recommender::Title::reasons`]).
pub fn varied<'a>(picks: Vec<Pick>, reasons: impl Fn(u32) -> &'a [u32]) -> Vec<Pick> {
    let people = |title: u32| reasons(title).iter().copied().filter(|reason| is_person(*reason));
    let (mut waiting, mut varied) = (picks, Vec::new());
    while !waiting.is_empty() {
        let (mut row, mut later): (Vec<Pick>, Vec<Pick>) = (Vec::new(), Vec::new());
        let mut seen: Vec<u32> = Vec::new();
        for pick in waiting {
            let has_enough = |person: u32| seen.iter().filter(|seen| **seen == person).count() >= OF_A_PERSON;
            if row.len() == ROW || people(pick.0).any(has_enough) {
                later.push(pick);
            } else {
                seen.extend(people(pick.0));
                row.push(pick);
            }
        }
        varied.append(&mut row);
        waiting = later;
    }
    varied
}

#[cfg(test)]
mod tests {
    use recommender::content::Reason;

    use super::*;

    #[test]
    fn somebody_is_in_three_titles_of_a_row_for_as_long_as_there_are_others_and_a_genre_in_any_number() {
        let (director, drama) = (Reason::Person("Martin Scorsese").number(), Reason::Genre("Drama").number());
        let (theirs, others) = ([director, drama], [drama]);
        let reasons = |title: u32| if title < 11 { &theirs[..] } else { &others[..] };
        let picks: Vec<Pick> = (0..30).map(|title| (title, None)).collect();
        let varied: Vec<u32> = varied(picks, reasons).into_iter().map(|(title, _)| title).collect();
        assert_eq!(varied[..ROW], [0, 1, 2, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
        assert_eq!(varied[ROW..ROW + 4], [3, 4, 5, 22], "the next row's length has three more");
        let mut all = varied.clone();
        all.sort_unstable();
        assert_eq!(all, (0..30).collect::<Vec<u32>>(), "nothing is lost");
        // Where there is nobody else.
        let picks: Vec<Pick> = (0..8).map(|title| (title, None)).collect();
        assert_eq!(super::varied(picks.clone(), |_| &theirs[..]), picks);
    }
}
