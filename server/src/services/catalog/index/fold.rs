//! Cuts a text into folded words and remembers where each letter stood, so that what matched can be shown.
//!
//! Titles are indexed and queries are read through this one door: accents, case and compatibility forms fall
//! away (NFKD, Unicode Standard Annex 15), apostrophes vanish, `&` is `and`. Must never depend on a language.

use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The name under which the index knows this tokenizer.
pub const FOLDED: &str = "folded";

/// Letters of a word that count; more is no word that anybody types.
const LONGEST: usize = 64;

/// One word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// For each letter of `text`, the place of the character it came from, counted from 0.
    pub places: Vec<usize>,
    /// Made of several: `spiderman` of `Spider-Man`, `et` of `E.T.`
    pub joined: bool,
}

impl Word {
    fn push(&mut self, letter: char, place: usize) {
        if self.places.len() < LONGEST {
            self.text.push(letter);
            self.places.push(place);
        }
    }
}

/// The words of a text in order; what was written in one piece and cut also comes joined, after its parts.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut piece = Vec::new();
    let mut word = Word::default();
    for (place, character) in text.chars().enumerate() {
        if character.is_whitespace() {
            end_word(&mut word, &mut piece);
            end_piece(&mut piece, &mut words);
        } else if character == '&' {
            end_word(&mut word, &mut piece);
            piece.push(Word { text: "and".to_owned(), places: vec![place; 3], joined: false });
        } else if !fold_into(&mut word, character, place) {
            end_word(&mut word, &mut piece);
        }
    }
    end_word(&mut word, &mut piece);
    end_piece(&mut piece, &mut words);
    words
}

/// Adds a character's letters; `false` where it parts words.
fn fold_into(word: &mut Word, character: char, place: usize) -> bool {
    if is_combining_mark(character) || matches!(character, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '`' | '\u{b4}') {
        return true;
    }
    if !character.is_alphanumeric() {
        return false;
    }
    for part in std::iter::once(character).nfkd().filter(|part| part.is_alphanumeric()) {
        match plain(part) {
            Some(letters) => letters.chars().for_each(|letter| word.push(letter, place)),
            None => part.to_lowercase().filter(|letter| letter.is_alphanumeric()).for_each(|letter| word.push(letter, place)),
        }
    }
    true
}

/// Letters that people type in another way, and that have no decomposition.
const fn plain(letter: char) -> Option<&'static str> {
    match letter {
        'ß' | 'ẞ' => Some("ss"),
        'æ' | 'Æ' => Some("ae"),
        'œ' | 'Œ' => Some("oe"),
        'ø' | 'Ø' => Some("o"),
        'ł' | 'Ł' => Some("l"),
        'đ' | 'Đ' | 'ð' | 'Ð' => Some("d"),
        'þ' | 'Þ' => Some("th"),
        'ı' => Some("i"),
        _ => None,
    }
}

fn end_word(word: &mut Word, piece: &mut Vec<Word>) {
    if !word.text.is_empty() {
        piece.push(std::mem::take(word));
    }
}

fn end_piece(piece: &mut Vec<Word>, words: &mut Vec<Word>) {
    let joined = (piece.len() > 1).then(|| {
        let mut joined = Word { joined: true, ..Word::default() };
        for word in piece.iter() {
            word.text.chars().zip(&word.places).for_each(|(letter, place)| joined.push(letter, *place));
        }
        joined
    });
    words.append(piece);
    words.extend(joined);
}

/// The folded forms under which a title is found as a whole: as it is, without its article, written together.
pub fn whole_forms(text: &str) -> Vec<String> {
    let words = words(text);
    let plain = plain_words(&words);
    let compact = compact(&words);
    let mut forms: Vec<String> =
        [plain.as_str(), &compact].into_iter().flat_map(|form| [form, without_article(form)]).map(str::to_owned).collect();
    forms.retain(|form| !form.is_empty());
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// A title as it is written, folded; in lower case where there is neither letter nor digit in it.
pub fn as_written(text: &str) -> String {
    let plain = plain_words(&words(text));
    if plain.is_empty() { text.to_lowercase() } else { plain }
}

/// What a title is sorted by: folded, without a leading `The`, `A` or `An`, as libraries file it.
pub fn sort_key(text: &str) -> String {
    let plain = plain_words(&words(text));
    if plain.is_empty() { text.to_lowercase() } else { without_article(&plain).to_owned() }
}

/// `spiderman 2` of `Spider-Man 2`.
fn compact(words: &[Word]) -> String {
    let mut kept: Vec<&Word> = Vec::with_capacity(words.len());
    for word in words {
        if word.joined {
            // Its parts came right before it.
            while kept.last().is_some_and(|part| within(part, word)) {
                kept.pop();
            }
        }
        kept.push(word);
    }
    join(kept.into_iter())
}

fn within(part: &Word, whole: &Word) -> bool {
    match (part.places.first(), whole.places.first(), whole.places.last()) {
        (Some(place), Some(first), Some(last)) => (first..=last).contains(&place),
        (Some(_) | None, Some(_) | None, Some(_) | None) => false,
    }
}

fn plain_words(words: &[Word]) -> String {
    join(words.iter().filter(|word| !word.joined))
}

fn join<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    let texts: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

fn without_article(folded: &str) -> &str {
    ["the ", "a ", "an "].into_iter().find_map(|article| folded.strip_prefix(article)).unwrap_or(folded)
}

/// [`words`] as tantivy wants it.
#[derive(Clone, Default)]
pub struct Folding {
    tokens: Vec<Token>,
}

/// The words of one text.
pub struct Folded<'a> {
    tokens: &'a mut Vec<Token>,
    at: usize,
}

impl Folding {
    pub fn analyzer() -> TextAnalyzer {
        TextAnalyzer::from(Self::default())
    }
}

impl Tokenizer for Folding {
    type TokenStream<'a> = Folded<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Folded<'a> {
        self.tokens = words(text)
            .into_iter()
            .enumerate()
            .map(|(position, word)| Token { offset_from: 0, offset_to: 0, position, text: word.text, position_length: 1 })
            .collect();
        // The stream begins before its first word.
        self.tokens.insert(0, Token::default());
        Folded { tokens: &mut self.tokens, at: 0 }
    }
}

impl TokenStream for Folded<'_> {
    fn advance(&mut self) -> bool {
        self.at += 1;
        self.at < self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn token_mut(&mut self) -> &mut Token {
        let last = self.tokens.len() - 1;
        &mut self.tokens[self.at.min(last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn accents_case_and_apostrophes_fall_away() {
        assert_eq!(texts("Amélie"), ["amelie"]);
        assert_eq!(texts("Ame\u{301}lie"), ["amelie"]);
        assert_eq!(texts("Schindler’s List"), ["schindlers", "list"]);
        assert_eq!(texts("Smørrebrød Straße ﬁn"), ["smorrebrod", "strasse", "fin"]);
        assert_eq!(texts("İstanbul"), ["istanbul"]);
        assert_eq!(texts("  --  "), [""; 0]);
    }

    #[test]
    fn what_is_written_in_one_piece_is_also_found_in_one_piece() {
        assert_eq!(texts("Spider-Man 2"), ["spider", "man", "spiderman", "2"]);
        assert_eq!(texts("E.T."), ["e", "t", "et"]);
        assert_eq!(texts("Angels & Demons"), ["angels", "and", "demons"]);
        assert_eq!(whole_forms("The X-Men"), ["the x men", "the xmen", "x men", "xmen"]);
    }

    #[test]
    fn each_letter_knows_where_it_came_from() {
        let words = words("Æon ﬂux");
        assert_eq!(words[0].places, [0, 0, 1, 2]);
        assert_eq!(words[1].places, [4, 4, 5, 6]);
    }

    #[test]
    fn a_title_is_filed_without_its_article() {
        assert_eq!(sort_key("The Godfather"), "godfather");
        assert_eq!(sort_key("A Beautiful Mind"), "beautiful mind");
        assert_eq!(sort_key("Thelma"), "thelma");
        assert_eq!(sort_key("???"), "???");
    }
}
