//! How proxies write down for whom they ask: lists of `X-Forwarded-For`, and `Forwarded` (RFC 7239).
//!
//! Must never decide who is believed; and what cannot be read is an unknown address, never a guess.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::host;

/// Addresses that are looked at, from the last one on: more proxies than that are not ours.
const MOST_HOPS: usize = 32;

/// Stands for what cannot be read: it is no address and no pair.
const UNREADABLE: &str = "?";

/// What one proxy said of whoever asked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Absent where it is hidden or cannot be read.
    pub address: Option<IpAddr>,
    pub is_https: bool,
    /// Under which name it was asked.
    pub host: Option<HeaderValue>,
}

/// The last proxy's word stands last. Every hop has the scheme of the last one: the header beside names only one.
pub fn x_forwarded(headers: &HeaderMap, addresses: &HeaderName, scheme: &HeaderName) -> Vec<Hop> {
    let is_https = listed(headers, scheme).pop().is_some_and(|scheme| is_https(scheme.trim()));
    let hop = |text: &str| Hop { address: address(text), is_https, host: None };
    listed(headers, addresses).into_iter().map(|text| hop(text.trim())).collect()
}

/// RFC 7239, section 4. A client can leave a quote open that swallows what its proxy adds to the line: of such a line, and of
/// an element that is no list of pairs, nothing is believed.
pub fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let line = |line| if ends_in_quotes(line) { vec![UNREADABLE] } else { split(line, ',') };
    last_ones(headers, &header::FORWARDED, line).into_iter().map(element).collect()
}

fn element(text: &str) -> Hop {
    let unknown = Hop { address: None, is_https: false, host: None };
    let mut hop = unknown.clone();
    for pair in split(text, ';').into_iter().filter(|pair| !pair.trim().is_empty()) {
        let Some((name, value)) = pair.split_once('=') else { return unknown };
        let Some(value) = unquoted(value.trim()) else { return unknown };
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.address = address(&value),
            "proto" => hop.is_https = is_https(&value),
            "host" => hop.host = HeaderValue::from_str(&value).ok().filter(host::is_host),
            // `by`, and what comes later.
            _ => {}
        }
    }
    hop
}

fn is_https(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https")
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.parse::<IpAddr>().ok();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare().or_else(bracketed).or_else(with_port).map(|address| address.to_canonical())
}

/// The elements of a list that knows no quotes.
fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    last_ones(headers, name, |line| line.split(',').collect())
}

/// The elements of all lines together, in order, without empty ones (RFC 9110, section 5.6.1).
fn last_ones<'a>(headers: &'a HeaderMap, name: &HeaderName, elements_of: fn(&'a str) -> Vec<&'a str>) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or(UNREADABLE));
    let mut elements: Vec<&str> = lines.flat_map(elements_of).filter(|text| !text.trim().is_empty()).collect();
    let older = elements.len().saturating_sub(MOST_HOPS);
    elements.drain(..older);
    elements
}

/// Whether a quote is opened in it and never closed.
fn ends_in_quotes(line: &str) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in line.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => is_escaped = true,
            _ => {}
        }
    }
    is_quoted
}

/// At each `separator` that does not stand in quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let is_separator = |character: char| {
        let is_it = character == separator && !is_quoted;
        if is_escaped {
            is_escaped = false;
        } else {
            match character {
                '"' => is_quoted = !is_quoted,
                '\\' if is_quoted => is_escaped = true,
                _ => {}
            }
        }
        is_it
    };
    text.split(is_separator).collect()
}

/// A token, or what a quoted string says; nothing where its end is missing.
fn unquoted(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else { return (!text.contains('"')).then(|| text.to_owned()) };
    let quoted = quoted.strip_suffix('"')?;
    let mut is_escaped = false;
    let kept = |character: &char| {
        is_escaped = *character == '\\' && !is_escaped;
        !is_escaped
    };
    Some(quoted.chars().filter(kept).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_keep_separators_together() {
        assert_eq!(split("a;b=\"c;\\\"d;\";e", ';'), ["a", "b=\"c;\\\"d;\"", "e"]);
        assert_eq!(unquoted("\"a\\\"b\\\\c\"").as_deref(), Some("a\"b\\c"));
        assert_eq!(unquoted("\"a"), None);
    }

    #[test]
    fn of_a_very_long_list_the_last_ones_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert(header::FORWARDED, format!("{}for=192.0.2.1", "for=6.6.6.6,".repeat(500)).parse().unwrap());
        let hops = forwarded(&headers);
        assert_eq!(hops.len(), MOST_HOPS);
        assert_eq!(hops.last().unwrap().address, Some([192, 0, 2, 1].into()));
    }

    #[test]
    fn a_quote_that_a_client_leaves_open_takes_its_proxys_word_with_it_and_wins_nothing() {
        let unknown = Hop { address: None, is_https: false, host: None };
        for line in [
            "for=7.7.7.1;x=\", for=203.0.113.9;proto=https",
            "for=7.7.7.1;proto=https;host=evil.example;x=\"a\\\", for=203.0.113.9",
            "for=7.7.7.1;x",
            "for=7.7.7.1;x=a\"b\"c",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::FORWARDED, line.parse().unwrap());
            assert_eq!(forwarded(&headers), std::slice::from_ref(&unknown), "{line}");
        }
        let (addresses, scheme) = (HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-forwarded-proto"));
        let mut headers = HeaderMap::new();
        headers.insert(&addresses, "6.6.6.6, \", 203.0.113.9".parse().unwrap());
        let hops = x_forwarded(&headers, &addresses, &scheme);
        assert_eq!(hops.last().unwrap().address, Some([203, 0, 113, 9].into()));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(value in "[ -~]*") {
            let mut headers = HeaderMap::new();
            headers.insert(header::FORWARDED, value.parse().unwrap());
            forwarded(&headers);
        }
    }
}
