//! What a player says of how it plays, with each request for video: Common Media Client Data (CTA-5004), in headers, which are dictionaries
//! of structured fields (RFC 9651). hls.js sends it, and so do other players.
//!
//! It is what a stranger says of themselves: it counts, and decides nothing. What is no CMCD is none.

use axum::http::HeaderMap;
use sfv::{BareItem, Dictionary, ListEntry, Parser};

/// Names that are longer are not read.
const MOST_BYTES: usize = 1024;
/// The longest that a segment is taken for, in milliseconds.
const LONGEST: u64 = 60_000;
/// The highest bit rate that is believed, in kilobits a second.
const HIGHEST: u64 = 1_000_000;

/// Of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayerReport {
    /// The player ran out of film since its request before.
    pub has_starved: bool,
    /// Kilobits a second of the picture that is asked for, and for how many milliseconds of it.
    pub picture: Option<(u64, u64)>,
}

impl PlayerReport {
    pub fn of(headers: &HeaderMap) -> Self {
        let has_starved = dictionary(headers, "cmcd-status").is_some_and(|status| flag(&status, "bs"));
        let picture = dictionary(headers, "cmcd-object").and_then(|object| {
            let is_picture = matches!(item(&object, "ot")?, BareItem::Token(token) if ["v", "av"].contains(&token.as_str()));
            let number = |name, most: u64| match item(&object, name)? {
                BareItem::Integer(number) => u64::try_from(i64::from(*number)).ok().map(|number| number.min(most)),
                _ => None,
            };
            is_picture.then_some((number("br", HIGHEST)?, number("d", LONGEST)?))
        });
        Self { has_starved, picture }
    }

    /// The same with a bit rate of so many bits a second at most: that of the heaviest that its player may ask for.
    #[must_use]
    pub fn up_to(self, heaviest: u32) -> Self {
        let most = u64::from(heaviest).div_ceil(1000);
        Self { picture: self.picture.map(|(kilobits, millis)| (kilobits.min(most), millis)), ..self }
    }
}

fn dictionary(headers: &HeaderMap, name: &str) -> Option<Dictionary> {
    let text = headers.get(name)?.as_bytes();
    if text.len() > MOST_BYTES {
        return None;
    }
    Parser::new(text).parse().ok()
}

fn item<'a>(dictionary: &'a Dictionary, name: &str) -> Option<&'a BareItem> {
    match dictionary.get(name)? {
        ListEntry::Item(item) => Some(&item.bare_item),
        ListEntry::InnerList(_) => None,
    }
}

fn flag(dictionary: &Dictionary, name: &str) -> bool {
    matches!(item(dictionary, name), Some(BareItem::Boolean(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(headers: &[(&'static str, &str)]) -> PlayerReport {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        PlayerReport::of(&headers.collect())
    }

    #[test]
    fn what_hls_js_says_is_read() {
        let told = report(&[
            ("cmcd-object", "br=3200,d=4004,ot=v,tb=6000"),
            ("cmcd-request", "bl=8000,mtp=25400,su"),
            ("cmcd-session", "cid=\"heat\",sf=h,sid=\"6e2fb550-c457-11e9-bb97-0800200c9a66\",st=v"),
            ("cmcd-status", "bs"),
        ]);
        assert_eq!(told, PlayerReport { has_starved: true, picture: Some((3200, 4004)) });
        assert_eq!(report(&[("cmcd-object", "br=128,d=4004,ot=a")]).picture, None, "sound is no picture");
    }

    #[test]
    fn what_is_none_says_nothing_and_what_nobody_believes_is_cut() {
        for object in
            ["", "br", "br=1.5,d=4,ot=v", "br=-1,d=4,ot=v", "br=1,ot=v", "\u{e9}", "br=(1 2),d=1,ot=v", &"a,".repeat(600)]
        {
            assert_eq!(report(&[("cmcd-object", object), ("cmcd-status", "bs=?0")]), PlayerReport::default(), "{object}");
        }
        let cut = report(&[("cmcd-object", "br=999999999999,d=999999999999,ot=av")]);
        assert_eq!(cut.picture, Some((HIGHEST, LONGEST)));
        assert_eq!(cut.up_to(6_000_001).picture, Some((6_001, LONGEST)));
        assert_eq!(report(&[("cmcd-object", "br=3200,d=4004,ot=v")]).up_to(6_000_000).picture, Some((3200, 4004)));
    }
}
