//! The two cookies: read from a request, written to a response.
//!
//! Both are HttpOnly and SameSite=Lax: no script reads them, and no other site's form sends them. Where viewers come over
//! HTTPS they are Secure as well, and their names begin with `__Host-` (RFC 6265bis, section 4.1.3.2), so that no other host
//! of the domain, and nobody on the way of a plain request, can put theirs in their place. Older builds had no prefix: a
//! browser with such cookies and no others is known by them, and is given the new ones with its next tokens.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};

use super::{ACCESS_SECONDS, Tokens};

/// The cookie of the access token.
pub const ACCESS: &str = "marquee_access";
const REFRESH: &str = "marquee_refresh";
/// Before the names of cookies behind HTTPS.
const HOST_PREFIX: &str = "__Host-";
/// A device that was not used for so long signs in again.
pub const REFRESH_SECONDS: u64 = 60 * 86_400;

/// What a request carries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cookies<'a> {
    pub access: Option<&'a str>,
    pub refresh: Option<&'a str>,
    /// How to answer it.
    pub jar: Jar,
}

/// How a browser's cookies are to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jar {
    /// The browser comes over HTTPS.
    pub https: bool,
    /// It carries cookies without the prefix that they ought to have.
    has_unprefixed: bool,
}

impl<'a> Cookies<'a> {
    pub fn read(headers: &'a HeaderMap, https: bool) -> Self {
        let (mut prefixed, mut plain) = ([None; 2], [None; 2]);
        for (name, value) in pairs(headers) {
            let (name, found) = match name.strip_prefix(HOST_PREFIX) {
                Some(name) => (name, &mut prefixed),
                None => (name, &mut plain),
            };
            match name {
                ACCESS => found[0] = Some(value),
                REFRESH => found[1] = Some(value),
                _ => {}
            }
        }
        // One with the prefix outweighs all without: those may be anybody's.
        let is_moved = https && prefixed != [None; 2];
        let [access, refresh] = if is_moved { prefixed } else { plain };
        Self { access, refresh, jar: Jar { https, has_unprefixed: https && plain != [None; 2] } }
    }

    /// Whether there is anything to take back.
    pub fn any(&self) -> bool {
        self.access.is_some() || self.refresh.is_some()
    }
}

impl Jar {
    /// The `Set-Cookie` lines that give a browser these tokens.
    pub fn set(self, tokens: &Tokens) -> Vec<String> {
        let access = line(ACCESS, &tokens.access, ACCESS_SECONDS, self.https);
        let refresh = tokens.refresh.as_ref().map(|refresh| line(REFRESH, refresh, REFRESH_SECONDS, self.https));
        [access].into_iter().chain(refresh).chain(self.unprefixed_away()).collect()
    }

    /// The `Set-Cookie` lines that take them away.
    pub fn unset(self) -> Vec<String> {
        let away = [line(ACCESS, "", 0, self.https), line(REFRESH, "", 0, self.https)];
        away.into_iter().chain(self.unprefixed_away()).collect()
    }

    fn unprefixed_away(self) -> impl Iterator<Item = String> {
        [ACCESS, REFRESH].into_iter().filter(move |_| self.has_unprefixed).map(unprefixed_away)
    }
}

/// The name that a cookie has: with the prefix behind HTTPS.
pub fn name(name: &str, https: bool) -> Cow<'_, str> {
    if https { Cow::Owned(format!("{HOST_PREFIX}{name}")) } else { Cow::Borrowed(name) }
}

/// The line that takes away a cookie of an older build, which had no prefix.
pub fn unprefixed_away(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure")
}

/// Every cookie that a request carries, by name.
pub fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// A `Set-Cookie` line for a cookie of ours, kept for so many seconds.
pub fn line(plain: &str, value: &str, seconds: u64, https: bool) -> String {
    let (name, secure) = (name(plain, https), if https { "; Secure" } else { "" });
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrying(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())])
    }

    fn tokens() -> Tokens {
        Tokens { access: "a.b.c".to_owned(), refresh: Some("x.y.1.z".to_owned()) }
    }

    #[test]
    fn what_is_set_is_read_again() {
        for https in [false, true] {
            let lines = Jar { https, has_unprefixed: false }.set(&tokens());
            for line in &lines {
                assert!(line.contains("; Path=/;") && line.contains("; HttpOnly; SameSite=Lax"), "{line}");
                assert_eq!((line.starts_with("__Host-"), line.ends_with("; Secure")), (https, https), "{line}");
                assert!(!line.contains("Domain"), "{line}");
            }
            let pairs: Vec<&str> = lines.iter().map(|line| line.split(';').next().unwrap()).collect();
            let headers = carrying(&pairs.join("; "));
            let read = Cookies::read(&headers, https);
            assert_eq!((read.access, read.refresh), (Some("a.b.c"), Some("x.y.1.z")));
            assert!(read.jar.unset().iter().all(|line| line.contains("Max-Age=0")));
            assert_eq!(read.jar.unset().len(), 2);
        }
    }

    #[test]
    fn cookies_of_an_older_build_are_read_behind_https_and_moved_over() {
        let headers = carrying("marquee_access=a.b.c; marquee_refresh=x.y.1.z");
        let read = Cookies::read(&headers, true);
        assert_eq!((read.access, read.refresh), (Some("a.b.c"), Some("x.y.1.z")));
        for lines in [read.jar.set(&tokens()), read.jar.unset()] {
            let of = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
            assert_eq!((of("__Host-marquee_"), of("marquee_access=; "), of("marquee_refresh=; ")), (2, 1, 1), "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_without_the_prefix_counts_for_nothing_beside_one_that_has_it() {
        let headers = carrying("marquee_access=planted; __Host-marquee_refresh=mine; marquee_refresh=planted");
        let read = Cookies::read(&headers, true);
        assert_eq!((read.access, read.refresh), (None, Some("mine")));
        assert_eq!(read.jar.set(&tokens()).len(), 4, "and it is taken away");
        // Over plain HTTP no browser sends one with the prefix.
        assert_eq!(Cookies::read(&headers, false).refresh, Some("planted"));
    }
}
