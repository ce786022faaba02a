//! Languages of tracks: what containers and file names say, as BCP 47 (RFC 5646), and what to call them.
//!
//! Must never guess a language from anything but a tag: an unknown one is `und`. A title only says which kind of a language
//! that is known it is.

use isolang::Language;

/// What is not known.
pub const UNKNOWN: &str = "und";

/// ISO 639-2's bibliographic codes, which Matroska and MP4 still carry, and their terminological twins.
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("alb", "sqi"),
    ("arm", "hye"),
    ("baq", "eus"),
    ("bur", "mya"),
    ("chi", "zho"),
    ("cze", "ces"),
    ("dut", "nld"),
    ("fre", "fra"),
    ("geo", "kat"),
    ("ger", "deu"),
    ("gre", "ell"),
    ("ice", "isl"),
    ("mac", "mkd"),
    ("mao", "mri"),
    ("may", "msa"),
    ("per", "fas"),
    ("rum", "ron"),
    ("slo", "slk"),
    ("tib", "bod"),
    ("wel", "cym"),
];

/// Words of titles that name a script or a region, with the language and the subtag: containers have no place for either.
const KINDS: [(&str, &str, &[&str]); 8] = [
    ("zh", "Hant", &["traditional", "繁"]),
    ("zh", "Hans", &["simplified", "简", "簡"]),
    ("pt", "BR", &["brazil", "brasil"]),
    ("pt", "PT", &["portugal", "european", "iberian"]),
    ("es", "419", &["latin"]),
    ("es", "ES", &["spain", "castilian", "european", "españa"]),
    ("fr", "CA", &["canad", "québ"]),
    ("sr", "Latn", &["latin"]),
];

/// What kinds of a language are called by their speakers, by script or region.
const KIND_NAMES: [(&str, &str); 9] = [
    ("zh-Hans", "简体"),
    ("zh-Hant", "繁體"),
    ("pt-BR", "Brasil"),
    ("pt-PT", "Portugal"),
    ("es-419", "Latinoamérica"),
    ("es-ES", "España"),
    ("fr-CA", "Canada"),
    ("sr-Latn", "latinica"),
    ("sr-Cyrl", "ћирилица"),
];

/// A language that is known as far as its tag says, and as far as a title says more.
pub fn refined(tag: String, title: &str) -> String {
    let title = title.to_lowercase();
    let kind = KINDS.iter().find(|(language, _, words)| tag == *language && words.iter().any(|word| title.contains(word)));
    kind.map_or_else(|| tag.clone(), |(language, kind, _)| format!("{language}-{kind}"))
}

/// `eng`, `ger`, `de`, `pt_BR`, `zh-hant`, ... as `en`, `de`, `de`, `pt-BR`, `zh-Hant`; anything else as `und`.
pub fn bcp47(tag: &str) -> String {
    parse(tag).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// As [`bcp47`], but nothing where the tag names no language.
pub fn parse(tag: &str) -> Option<String> {
    let mut parts = tag.trim().split(['-', '_']);
    let language = find(&parts.next()?.to_ascii_lowercase())?;
    let name = language.to_639_1().unwrap_or(language.to_639_3());
    let is_letters = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let rest: Vec<&str> = parts.collect();
    let script = rest.iter().find(|part| is_letters(part, 4)).map(|script| {
        let (first, others) = script.split_at(1);
        format!("{}{}", first.to_ascii_uppercase(), others.to_ascii_lowercase())
    });
    let is_region = |part: &str| is_letters(part, 2) || part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let region = rest.iter().find(|part| is_region(part)).map(|region| region.to_ascii_uppercase());
    let subtags = [Some(name.to_owned()), script, region];
    Some(subtags.into_iter().flatten().collect::<Vec<_>>().join("-"))
}

fn find(code: &str) -> Option<Language> {
    match code.len() {
        2 => Language::from_639_1(code),
        3 if code == UNKNOWN => None,
        3 => {
            let terminological = BIBLIOGRAPHIC.iter().find(|(old, _)| *old == code).map_or(code, |(_, new)| new);
            Language::from_639_3(terminological)
        }
        _ => None,
    }
}

/// What the language's own speakers call it; nothing for `und`.
pub fn autonym(bcp47: &str) -> Option<String> {
    let language = find(bcp47.split('-').next()?)?;
    let name = language.to_autonym().unwrap_or(language.to_name());
    // ISO's list gives variants after a comma or in brackets.
    let name = name.split([',', '(', ';']).next().unwrap_or(name).trim();
    let mut letters = name.chars();
    let first = letters.next()?;
    let name: String = first.to_uppercase().chain(letters).collect();
    let kind = KIND_NAMES.iter().find(|(tag, _)| *tag == bcp47);
    Some(kind.map_or_else(|| name.clone(), |(_, kind)| format!("{name} ({kind})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_language_comes_out_the_same() {
        for tag in ["de", "deu", "ger", "DE", "Ger"] {
            assert_eq!(bcp47(tag), "de", "{tag}");
        }
        assert_eq!(bcp47("pt_br"), "pt-BR");
        assert_eq!(bcp47("en-US"), "en-US");
        assert_eq!((bcp47("chi_HANT_tw"), bcp47("es-419")), ("zh-Hant-TW".to_owned(), "es-419".to_owned()));
        assert_eq!(bcp47("gsw"), "gsw");
        for tag in ["", "und", "xx", "english please", "\n", "q"] {
            assert_eq!(bcp47(tag), "und", "{tag:?}");
        }
    }

    #[test]
    fn a_language_is_called_what_its_speakers_call_it() {
        assert_eq!(autonym("de").as_deref(), Some("Deutsch"));
        assert_eq!(autonym("en-US").as_deref(), Some("English"));
        assert_eq!(autonym("fr").as_deref(), Some("Français"));
        assert_eq!(autonym("und"), None);
        assert_eq!(autonym("pt-BR").as_deref(), Some("Português (Brasil)"));
    }

    #[test]
    fn a_title_says_which_kind_of_a_language_it_is_and_never_another_one() {
        let cases = [
            ("zh", "Traditional", "zh-Hant"),
            ("zh", "简体中文", "zh-Hans"),
            ("pt", "Brazilian Portuguese", "pt-BR"),
            ("es", "Latin American", "es-419"),
            ("pt-PT", "Brazilian", "pt-PT"),
            ("en", "Traditional", "en"),
            ("und", "Brazilian", "und"),
        ];
        for (tag, title, wanted) in cases {
            assert_eq!(refined(tag.to_owned(), title), wanted, "{tag} called {title}");
        }
    }
}
