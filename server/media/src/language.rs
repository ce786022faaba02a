//! Languages of tracks: what containers and file names say, as BCP 47 (RFC 5646), and what to call them.
//!
//! Must never guess a language from anything but a tag: an unknown one is `und`.

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

/// `eng`, `ger`, `de`, `pt_BR`, ... as `en`, `de`, `de`, `pt-BR`; anything else as `und`.
pub fn bcp47(tag: &str) -> String {
    parse(tag).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// As [`bcp47`], but nothing where the tag names no language.
pub fn parse(tag: &str) -> Option<String> {
    let mut parts = tag.trim().split(['-', '_']);
    let language = find(&parts.next()?.to_ascii_lowercase())?;
    let mut name = language.to_639_1().unwrap_or(language.to_639_3()).to_owned();
    if let Some(region) = parts.find(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        name.push('-');
        name.push_str(&region.to_ascii_uppercase());
    }
    Some(name)
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
    Some(first.to_uppercase().chain(letters).collect())
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
    }
}
