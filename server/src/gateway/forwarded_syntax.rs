//! How proxies write down for whom they ask: lists of `X-Forwarded-For`, and `Forwarded` (RFC 7239).
//!
//! Must never decide who is believed; and what cannot be read is an unknown address, never a guess.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::host;

/// Addresses that are looked at, from the last one on: more proxies than that are not ours.
const MOST_HOPS: usize = 32;

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
    let is_https = elements(headers, scheme).pop().is_some_and(|scheme| is_https(scheme.trim()));
    let hop = |text: &str| Hop { address: address(text), is_https, host: None };
    elements(headers, addresses).into_iter().map(|text| hop(text.trim())).collect()
}

/// RFC 7239, section 4.
pub fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    elements(headers, &header::FORWARDED).into_iter().map(element).collect()
}

fn element(text: &str) -> Hop {
    let mut hop = Hop { address: None, is_https: false, host: None };
    for pair in split(text, ';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let Some(value) = unquoted(value.trim()) else { continue };
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

/// The elements of all lines together, in order, without empty ones (RFC 9110, section 5.6.1).
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    let mut elements: Vec<&str> = lines.flat_map(|line| split(line, ',')).filter(|text| !text.trim().is_empty()).collect();
    let older = elements.len().saturating_sub(MOST_HOPS);
    elements.drain(..older);
    elements
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

    proptest! {
        #[test]
        fn no_header_makes_it_panic(value in "[ -~]*") {
            let mut headers = HeaderMap::new();
            headers.insert(header::FORWARDED, value.parse().unwrap());
            forwarded(&headers);
        }
    }
}
