//! What a request says that it has and what it takes: `If-None-Match` and `If-Match`, `Accept-Encoding`, `Accept`.
//!
//! The one reader of each, for replies, pages, pictures, the site's files and media. A field may come in several lines,
//! which mean the same as one with commas (RFC 9110, section 5.3). Must never read the first line alone.

use axum::http::{HeaderMap, HeaderName, header};

/// Whether the client has what this entity tag names: weak comparison, as `If-None-Match` asks for (section 13.1.2).
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    lists(headers, header::IF_NONE_MATCH, |known, own| opaque(known) == opaque(own), etag)
}

/// Whether `If-Match` names this entity tag: strong comparison, so that a weak one never matches (section 13.1.1).
pub fn is_matched(headers: &HeaderMap, etag: &str) -> bool {
    lists(headers, header::IF_MATCH, |known, own| known == own && !known.starts_with("W/"), etag)
}

fn lists(headers: &HeaderMap, name: HeaderName, same: fn(&str, &str) -> bool, own: &str) -> bool {
    // Tags of our own have no comma inside, so a foreign one that is cut here cannot equal them.
    members(headers, name).any(|tag| tag == "*" || same(tag, own))
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Whether a body may come with this content coding (section 12.5.3). One that is not named is taken by `*` alone.
pub fn accepts_encoding(headers: &HeaderMap, coding: &str) -> bool {
    let named = |wanted: &str| weighted(headers, header::ACCEPT_ENCODING).find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    named(coding).or_else(|| named("*")).is_some_and(|(_, weight)| weight > 0.0)
}

/// Whether whoever asks would rather have a page than JSON: a browser that goes somewhere names HTML first, a script says
/// that it takes anything (section 12.5.1).
pub fn prefers_page(headers: &HeaderMap) -> bool {
    let weight_of = |wanted: &[&str]| {
        let named =
            weighted(headers, header::ACCEPT).filter(|(range, _)| wanted.iter().any(|one| range.eq_ignore_ascii_case(one)));
        named.map(|(_, weight)| weight).fold(0.0, f32::max)
    };
    let page = weight_of(&["text/html", "application/xhtml+xml"]);
    page > 0.0 && page > weight_of(&["application/json", contract::problem::MEDIA_TYPE, "application/*"])
}

/// The members of a list, whatever lines they came in.
fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

/// The members of a list with their weights (section 12.4.2); 1 where none is given, 0 where it cannot be read.
fn weighted(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, f32)> {
    members(headers, name).map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (name, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn a_tag_is_known_in_whatever_line_it_stands_and_however_weak() {
        for lines in [&["\"a\""][..], &["W/\"a\""], &["\"b\" , \"a\""], &["*"], &["\"b\"", "\"a\""], &["\"b\"", "\"c\", W/\"a\""]]
        {
            let headers = headers(header::IF_NONE_MATCH, lines);
            assert!(is_known(&headers, "\"a\"") && is_known(&headers, "W/\"a\""), "{lines:?}");
        }
        for lines in [&["\"b\""][..], &["a"], &[], &["\"b\"", "\"c\""], &["W/W/\"a\""]] {
            assert!(!is_known(&headers(header::IF_NONE_MATCH, lines), "\"a\""), "{lines:?}");
        }
    }

    #[test]
    fn a_weak_tag_never_matches_strongly() {
        assert!(is_matched(&headers(header::IF_MATCH, &["\"b\"", "\"a\""]), "\"a\""));
        assert!(!is_matched(&headers(header::IF_MATCH, &["W/\"a\""]), "\"a\""));
        assert!(!is_matched(&headers(header::IF_MATCH, &["W/\"a\""]), "W/\"a\""));
    }

    #[test]
    fn a_coding_is_taken_where_it_is_named_or_meant_and_not_refused() {
        for lines in [&["gzip, br"][..], &["gzip", "br;q=0.1"], &["BR"], &["*"], &["gzip;q=1.0, *;q=0.5"]] {
            assert!(accepts_encoding(&headers(header::ACCEPT_ENCODING, lines), "br"), "{lines:?}");
        }
        for lines in [&["gzip"][..], &[], &["br;q=0"], &["br;q=0.000"], &["*, br;q=0"], &["*;q=0"], &["br;q=much"], &["brotli"]] {
            assert!(!accepts_encoding(&headers(header::ACCEPT_ENCODING, lines), "br"), "{lines:?}");
        }
    }

    #[test]
    fn a_browser_that_goes_somewhere_would_rather_have_a_page() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        assert!(prefers_page(&headers(header::ACCEPT, &[browser])));
        assert!(prefers_page(&headers(header::ACCEPT, &["application/json;q=0.5", "text/html"])));
        for lines in [
            &["*/*"][..],
            &[],
            &["application/json"],
            &["application/json, text/html;q=0.9"],
            &["text/html;q=0"],
            &["image/webp,*/*"],
        ] {
            assert!(!prefers_page(&headers(header::ACCEPT, lines)), "{lines:?}");
        }
    }
}
