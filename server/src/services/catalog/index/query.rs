//! From what somebody typed to a tantivy query whose score is a tier: how well a title fits, before how much
//! it is liked.
//!
//! Must never build more than a dozen automata: a query is 200 characters at most, and of those the first
//! words count.

use tantivy::{
    Term,
    query::{BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use super::{fold::Word, schema::Fields, spans::typos_allowed};

/// Words of a query that count.
pub const MOST_WORDS: usize = 10;

/// How well a title fits a query, from the least.
pub const ACROSS_WITH_TYPOS: u8 = 1;
pub const ACROSS: u8 = 2;
pub const TITLE_WITH_TWO_TYPOS: u8 = 3;
pub const TITLE_WITH_A_TYPO: u8 = 4;
pub const ALL_WORDS: u8 = 5;
pub const BEGINNING: u8 = 6;
pub const WHOLE_TITLE: u8 = 7;

/// Titles without a typo: the whole title, its beginning, all words in it, or words of it and of its people.
pub fn exact(fields: &Fields, words: &[Word]) -> DisjunctionMaxQuery {
    DisjunctionMaxQuery::new(exact_tiers(fields, words))
}

/// [`exact`], and what one or two typos away would be.
pub fn forgiving(fields: &Fields, words: &[Word]) -> DisjunctionMaxQuery {
    let mut tiers = exact_tiers(fields, words);
    let most = words.iter().map(allowed).max().unwrap_or(0);
    if most >= 1 {
        tiers.push(tier(TITLE_WITH_A_TYPO, all(words, |word, last| one(fields.title_words, word, last, allowed(word).min(1)))));
        tiers.push(tier(
            ACROSS_WITH_TYPOS,
            all(words, |word, last| {
                either([one(fields.title_words, word, last, allowed(word)), one(fields.people_words, word, last, allowed(word))])
            }),
        ));
    }
    if most >= 2 {
        tiers.push(tier(TITLE_WITH_TWO_TYPOS, all(words, |word, last| one(fields.title_words, word, last, allowed(word)))));
    }
    DisjunctionMaxQuery::new(tiers)
}

/// Titles that have all these words but one, typos forgiven: the last resort.
pub fn all_but_one(fields: &Fields, words: &[Word]) -> Box<dyn Query> {
    let last = words.len().saturating_sub(1);
    let each = words.iter().enumerate().map(|(at, word)| one(fields.title_words, word, at == last, allowed(word))).collect();
    tier(ACROSS_WITH_TYPOS, Box::new(BooleanQuery::union_with_minimum_required_clauses(each, last.max(1))))
}

/// Titles whose people have all these words among their names, typos forgiven.
pub fn people(fields: &Fields, words: &[Word]) -> Box<dyn Query> {
    all(words, |word, last| one(fields.people_words, word, last, allowed(word)))
}

fn exact_tiers(fields: &Fields, words: &[Word]) -> Vec<Box<dyn Query>> {
    let whole = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let whole = Term::from_field_text(fields.title_whole, &whole);
    vec![
        tier(WHOLE_TITLE, Box::new(TermQuery::new(whole.clone(), IndexRecordOption::Basic))),
        tier(BEGINNING, Box::new(FuzzyTermQuery::new_prefix(whole, 0, true))),
        tier(ALL_WORDS, all(words, |word, last| one(fields.title_words, word, last, 0))),
        tier(
            ACROSS,
            all(words, |word, last| either([one(fields.title_words, word, last, 0), one(fields.people_words, word, last, 0)])),
        ),
    ]
}

fn allowed(word: &Word) -> u8 {
    typos_allowed(word.places.len())
}

fn tier(tier: u8, query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, f32::from(tier)))
}

fn all(words: &[Word], each: impl Fn(&Word, bool) -> Box<dyn Query>) -> Box<dyn Query> {
    let last = words.len().saturating_sub(1);
    let words = words.iter().enumerate().map(|(at, word)| (Occur::Must, each(word, at == last))).collect();
    Box::new(BooleanQuery::new(words))
}

fn either(queries: [Box<dyn Query>; 2]) -> Box<dyn Query> {
    Box::new(BooleanQuery::union(queries.into()))
}

/// One word in one field. The last word of a query may still be growing, so that its beginning is enough.
fn one(field: Field, word: &Word, last: bool, typos: u8) -> Box<dyn Query> {
    let term = Term::from_field_text(field, &word.text);
    match (last, typos) {
        (true, typos) => Box::new(FuzzyTermQuery::new_prefix(term, typos, true)),
        (false, 0) => Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
        (false, typos) => Box::new(FuzzyTermQuery::new(term, typos, true)),
    }
}
