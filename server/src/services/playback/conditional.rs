//! What a request's conditions and range ask for, by RFC 9110: section 13 (conditions) and section 14 (ranges).
//!
//! Pure: headers in, a decision out. The crates that parse ranges refuse what the RFC allows (a suffix longer
//! than the object, leading zeros), so the forty lines that do it right stand here.

use std::{
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::mount::negotiate;

/// The state of the thing asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators {
    /// Strong: with its quotes.
    pub etag: HeaderValue,
    /// In whole seconds; absent for what is rendered.
    pub modified: Option<SystemTime>,
    /// Bytes.
    pub length: u64,
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// 200.
    Whole,
    /// 206; never empty.
    Part(Range<u64>),
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416.
    Unsatisfiable,
}

impl Validators {
    pub fn new(etag: HeaderValue, modified: Option<SystemTime>, length: u64) -> Self {
        Self { etag, modified: modified.map(whole_seconds), length }
    }

    /// Decides in the order of RFC 9110, section 13.2.2.
    pub fn decide(&self, method: &Method, headers: &HeaderMap) -> Decision {
        if headers.contains_key(header::IF_MATCH) {
            if !self.names(headers, negotiate::is_matched) {
                return Decision::PreconditionFailed;
            }
        } else if let (Some(since), Some(modified)) = (date(headers, header::IF_UNMODIFIED_SINCE), self.modified)
            && modified > since
        {
            return Decision::PreconditionFailed;
        }
        if headers.contains_key(header::IF_NONE_MATCH) {
            if self.names(headers, negotiate::is_known) {
                return Decision::NotModified;
            }
        } else if let (Some(since), Some(modified)) = (date(headers, header::IF_MODIFIED_SINCE), self.modified)
            && modified <= since
        {
            return Decision::NotModified;
        }
        // Section 14.2: a range means something on GET alone.
        if *method != Method::GET || !self.range_applies(headers) {
            return Decision::Whole;
        }
        match headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
            Some(range) => asked_for(range, self.length),
            None => Decision::Whole,
        }
    }

    /// Section 13.1.5: with `If-Range`, a range is for exactly the bytes that the client has a part of.
    fn range_applies(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(header::IF_RANGE) else { return true };
        match (value.as_bytes().first(), date(headers, header::IF_RANGE)) {
            (Some(b'"'), _) => value == self.etag,
            (_, Some(date)) => self.modified == Some(date),
            (_, None) => false,
        }
    }

    fn names(&self, headers: &HeaderMap, condition: fn(&HeaderMap, &str) -> bool) -> bool {
        self.etag.to_str().is_ok_and(|own| condition(headers, own))
    }
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// Sections 14.1.2 and 14.2. What is not understood, and a list of several ranges, is answered with the whole:
/// the RFC allows it, and no player asks for several.
fn asked_for(range: &str, length: u64) -> Decision {
    let Some((unit, specs)) = range.split_once('=') else { return Decision::Whole };
    let mut specs = specs.split(',').map(|spec| spec.trim_matches([' ', '\t'])).filter(|spec| !spec.is_empty());
    let (Some(spec), None) = (specs.next(), specs.next()) else { return Decision::Whole };
    let Some((first, last)) = spec.split_once('-').filter(|_| unit.eq_ignore_ascii_case("bytes")) else {
        return Decision::Whole;
    };
    let range = match (position(first), position(last)) {
        (Position::Absent, Position::At(suffix)) => length.saturating_sub(suffix)..length,
        (Position::At(first), Position::Absent) => first..length,
        (Position::At(first), Position::At(last)) if first <= last => first..length.min(last.saturating_add(1)),
        (Position::At(_), Position::At(_)) | (Position::Absent, Position::Absent) | (Position::Off, _) | (_, Position::Off) => {
            return Decision::Whole;
        }
    };
    if range.is_empty() { Decision::Unsatisfiable } else { Decision::Part(range) }
}

enum Position {
    Absent,
    At(u64),
    Off,
}

fn position(text: &str) -> Position {
    match text {
        "" => Position::Absent,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More digits than a length can have: past the end of everything.
            Position::At(digits.parse().unwrap_or(u64::MAX))
        }
        _ => Position::Off,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MODIFIED: &str = "Sun, 22 Nov 2026 10:00:00 GMT";
    const BEFORE: &str = "Sun, 22 Nov 2026 09:59:59 GMT";

    fn decide(method: Method, headers: &[(HeaderName, &str)]) -> Decision {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        let modified = httpdate::parse_http_date(MODIFIED).unwrap() + Duration::from_millis(400);
        Validators::new(HeaderValue::from_static("\"tag\""), Some(modified), 1000).decide(&method, &map)
    }

    fn range(value: &str) -> Decision {
        decide(Method::GET, &[(header::RANGE, value)])
    }

    #[test]
    fn one_range_is_a_part() {
        for (value, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-999", 0..1000),
            ("bytes=10-", 10..1000),
            ("bytes=-10", 990..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=990-5000", 990..1000),
            ("bytes=007-8", 7..9),
            ("Bytes=1-2", 1..3),
            ("bytes= 1-2 ", 1..3),
            ("bytes=1-2,", 1..3),
            ("bytes=999-99999999999999999999999", 999..1000),
        ] {
            assert_eq!(range(value), Decision::Part(part), "{value}");
        }
    }

    #[test]
    fn a_range_that_is_past_the_end_or_of_nothing_is_unsatisfiable() {
        for value in ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(range(value), Decision::Unsatisfiable, "{value}");
        }
    }

    #[test]
    fn a_range_that_is_not_understood_is_passed_over() {
        for value in
            ["bytes", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "bytes=1-b", "bytes=+1-2", "lines=1-2", "bytes=--1", ""]
        {
            assert_eq!(range(value), Decision::Whole, "{value}");
        }
    }

    #[test]
    fn several_ranges_are_answered_with_the_whole() {
        assert_eq!(range("bytes=0-1,5-6"), Decision::Whole);
    }

    #[test]
    fn head_has_no_ranges() {
        assert_eq!(decide(Method::HEAD, &[(header::RANGE, "bytes=0-1")]), Decision::Whole);
        assert_eq!(decide(Method::HEAD, &[(header::RANGE, "bytes=5000-")]), Decision::Whole);
    }

    #[test]
    fn a_known_tag_or_date_is_not_modified() {
        for (name, value) in [
            (header::IF_NONE_MATCH, "\"tag\""),
            (header::IF_NONE_MATCH, "W/\"tag\""),
            (header::IF_NONE_MATCH, "\"a\" , \"tag\""),
            (header::IF_NONE_MATCH, "*"),
            (header::IF_MODIFIED_SINCE, MODIFIED),
        ] {
            assert_eq!(decide(Method::GET, &[(name.clone(), value)]), Decision::NotModified, "{name} {value}");
            assert_eq!(decide(Method::HEAD, &[(name, value), (header::RANGE, "bytes=0-1")]), Decision::NotModified);
        }
    }

    #[test]
    fn another_tag_is_modified_whatever_the_date_says() {
        let headers = [(header::IF_NONE_MATCH, "\"other\""), (header::IF_MODIFIED_SINCE, MODIFIED)];
        assert_eq!(decide(Method::GET, &headers), Decision::Whole);
        assert_eq!(decide(Method::GET, &[(header::IF_MODIFIED_SINCE, BEFORE)]), Decision::Whole);
        assert_eq!(decide(Method::GET, &[(header::IF_MODIFIED_SINCE, "yesterday")]), Decision::Whole);
    }

    #[test]
    fn a_precondition_that_does_not_hold_is_said() {
        for (name, value) in
            [(header::IF_MATCH, "\"other\""), (header::IF_MATCH, "W/\"tag\""), (header::IF_UNMODIFIED_SINCE, BEFORE)]
        {
            assert_eq!(decide(Method::GET, &[(name.clone(), value)]), Decision::PreconditionFailed, "{name} {value}");
        }
        for (name, value) in [(header::IF_MATCH, "*"), (header::IF_MATCH, "\"tag\""), (header::IF_UNMODIFIED_SINCE, MODIFIED)] {
            assert_eq!(decide(Method::GET, &[(name, value)]), Decision::Whole);
        }
    }

    #[test]
    fn a_range_holds_only_for_the_same_bytes() {
        for (value, decision) in [
            ("\"tag\"", Decision::Part(0..2)),
            (MODIFIED, Decision::Part(0..2)),
            ("\"other\"", Decision::Whole),
            ("W/\"tag\"", Decision::Whole),
            (BEFORE, Decision::Whole),
            ("nonsense", Decision::Whole),
        ] {
            let headers = [(header::RANGE, "bytes=0-1"), (header::IF_RANGE, value)];
            assert_eq!(decide(Method::GET, &headers), decision, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_past_the_end(value in "bytes=[0-9]{0,4}-[0-9]{0,22}", length in 0..3000_u64) {
            if let Decision::Part(part) = asked_for(&value, length) {
                prop_assert!(part.start < part.end && part.end <= length, "{value} of {length}: {part:?}");
            }
        }

        #[test]
        fn no_text_breaks_the_reader(value in ".{0,60}", length in any::<u64>()) {
            let _ = asked_for(&value, length);
        }
    }
}
