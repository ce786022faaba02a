//! Which parts of a text a query matched, and how many typos that took.
//!
//! Works on the folded words of both, and answers in characters of the text as it is shown. Must agree with
//! [`super::query`] on what a typo is, or something would be found that is not marked.

use contract::catalog::Span;

use super::fold::Word;

/// How a query fits a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// In order, without overlaps.
    pub spans: Vec<Span>,
    pub typos: usize,
    /// Words of the query that the text lacks.
    pub missing: usize,
}

/// Typos that a word may have: none where nearly every other short word would match.
pub const fn typos_allowed(letters: usize) -> u8 {
    match letters {
        0..4 => 0,
        4..8 => 1,
        8.. => 2,
    }
}

/// Fits a query's words to a text's words. The last word of a query may still be growing.
pub fn fit(query: &[Word], text: &[Word]) -> Fit {
    let mut fit = Fit::default();
    let mut marked = Vec::with_capacity(query.len());
    for (at, word) in query.iter().enumerate() {
        let growing = at + 1 == query.len();
        let best = text.iter().filter_map(|candidate| closeness(word, candidate, growing).map(|found| (found, candidate)));
        match best.min_by_key(|(found, candidate)| (found.typos, found.letters < candidate.places.len(), candidate.joined)) {
            Some((found, candidate)) => {
                fit.typos += found.typos;
                marked.extend(span(candidate, found.letters));
            }
            None => fit.missing += 1,
        }
    }
    fit.spans = without_overlaps(marked);
    fit
}

/// How one word of the query matches one of the text: with so many typos, its first so many letters.
struct Closeness {
    typos: usize,
    letters: usize,
}

fn closeness(word: &Word, candidate: &Word, growing: bool) -> Option<Closeness> {
    let letters = word.places.len();
    let all = candidate.places.len();
    if word.text == candidate.text || (growing && candidate.text.starts_with(&word.text)) {
        return Some(Closeness { typos: 0, letters: letters.min(all) });
    }
    let allowed = usize::from(typos_allowed(letters));
    if allowed == 0 || all + allowed < letters || (!growing && letters + allowed < all) {
        return None;
    }
    // A growing word is compared with every beginning that could be meant.
    let shortest = if growing { letters.saturating_sub(allowed).min(all) } else { all };
    let longest = if growing { (letters + allowed).min(all) } else { all };
    let ends = candidate.text.char_indices().map(|(at, _)| at).chain([candidate.text.len()]);
    // Insertions, deletions, substitutions and swaps of neighbours cost one each (optimal string alignment).
    ends.enumerate()
        .filter(|(count, _)| (shortest..=longest).contains(count))
        .map(|(_, end)| Closeness { typos: strsim::osa_distance(&word.text, &candidate.text[..end]), letters: all })
        .filter(|found| found.typos <= allowed)
        .min_by_key(|found| found.typos)
}

fn span(word: &Word, letters: usize) -> Option<Span> {
    let first = *word.places.first()?;
    let last = *word.places.get(letters.checked_sub(1)?)?;
    Some(Span { start: u16::try_from(first).ok()?, end: u16::try_from(last + 1).ok()? })
}

fn without_overlaps(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(before) if span.start < before.end => before.end = before.end.max(span.end),
            Some(_) | None => apart.push(span),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::{super::fold::words, *};

    fn marked(query: &str, text: &str) -> (Vec<String>, usize, usize) {
        let query: Vec<Word> = words(query).into_iter().filter(|word| !word.joined).collect();
        let fit = fit(&query, &words(text));
        let letters: Vec<char> = text.chars().collect();
        let parts =
            fit.spans.iter().map(|span| letters[usize::from(span.start)..usize::from(span.end)].iter().collect()).collect();
        (parts, fit.typos, fit.missing)
    }

    #[test]
    fn what_matched_is_marked_in_the_title_as_it_is_written() {
        assert_eq!(marked("star w", "Star Wars"), (vec!["Star".into(), "W".into()], 0, 0));
        assert_eq!(marked("amelie", "Amélie"), (vec!["Amélie".into()], 0, 0));
        assert_eq!(marked("the godfathr", "The Godfather"), (vec!["The".into(), "Godfather".into()], 1, 0));
        assert_eq!(marked("spiderm", "Spider-Man 2"), (vec!["Spider-M".into()], 0, 0));
        assert_eq!(marked("ae", "Æon Flux"), (vec!["Æ".into()], 0, 0));
        assert_eq!(marked("teh matrix", "The Matrix"), (vec!["Matrix".into()], 0, 1));
        assert_eq!(marked("mtarix", "The Matrix"), (vec!["Matrix".into()], 1, 0));
    }

    #[test]
    fn a_word_that_is_not_there_is_missing_and_marks_nothing() {
        assert_eq!(marked("lord of dreams", "The Lord of the Rings"), (vec!["Lord".into(), "of".into()], 0, 1));
        assert_eq!(marked("cat", "Cut"), (vec![], 0, 1));
    }
}
