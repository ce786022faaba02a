//! The two cookies: read from a request, written to a response.
//!
//! Both are HttpOnly and SameSite=Lax, and Secure wherever viewers come over HTTPS: no script reads them, and no other
//! site's form sends them.

use axum::http::{HeaderMap, header};

use super::{ACCESS_SECONDS, Tokens};

/// The cookie of the access token.
pub const ACCESS: &str = "marquee_access";
const REFRESH: &str = "marquee_refresh";
/// A device that was not used for so long signs in again.
pub const REFRESH_SECONDS: u64 = 60 * 86_400;

/// What a request carries.
#[derive(Clone, Copy, Default)]
pub struct Cookies<'a> {
    pub access: Option<&'a str>,
    pub refresh: Option<&'a str>,
}

impl<'a> Cookies<'a> {
    pub fn read(headers: &'a HeaderMap) -> Self {
        let mut read = Self::default();
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        for (name, value) in lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('=')) {
            match name {
                ACCESS => read.access = Some(value),
                REFRESH => read.refresh = Some(value),
                _ => {}
            }
        }
        read
    }

    /// Whether there is anything to take back.
    pub fn any(&self) -> bool {
        self.access.is_some() || self.refresh.is_some()
    }
}

/// The `Set-Cookie` lines that give a browser these tokens.
pub fn set(tokens: &Tokens, https: bool) -> Vec<String> {
    let access = line(ACCESS, &tokens.access, ACCESS_SECONDS, https);
    let refresh = tokens.refresh.as_ref().map(|refresh| line(REFRESH, refresh, REFRESH_SECONDS, https));
    [Some(access), refresh].into_iter().flatten().collect()
}

/// The `Set-Cookie` lines that take them away.
pub fn unset(https: bool) -> Vec<String> {
    vec![line(ACCESS, "", 0, https), line(REFRESH, "", 0, https)]
}

fn line(name: &str, value: &str, seconds: u64, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read_again() {
        let tokens = Tokens { access: "a.b.c".to_owned(), refresh: Some("x.y.1.z".to_owned()) };
        let lines = set(&tokens, true);
        assert!(lines.iter().all(|line| line.contains("; HttpOnly; SameSite=Lax; Secure")), "{lines:?}");
        let pairs: Vec<&str> = lines.iter().map(|line| line.split(';').next().unwrap()).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        let read = Cookies::read(&headers);
        assert_eq!((read.access, read.refresh), (Some("a.b.c"), Some("x.y.1.z")));
        assert!(unset(false).iter().all(|line| line.contains("Max-Age=0") && !line.contains("Secure")));
    }
}
