//! Knows a viewer again by a signed cookie, and makes a new anonymous profile for whoever has none.
//!
//! The cookie is `v1.<profile>.<day>.<HMAC-SHA-256 over the rest>`, in base64url; behind HTTPS its name begins with
//! `__Host-`, and one of an older build without that is moved over. Must never say why a signature was not accepted.

use std::sync::Arc;

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::ids::ProfileId;
use hmac::{Hmac, Mac};
use runtime::clock::Clock;
use sha2::Sha256;

use crate::session;

pub const COOKIE: &str = "marquee_profile";
/// 400 days: the longest that browsers keep one (RFC 6265bis).
const MAX_AGE: u64 = 400 * 86_400;
/// Days after which a cookie is made anew, so that a viewer who comes by once a year is kept.
const RENEW_AFTER: u64 = 30;

/// Signs and checks. Cheap to clone.
#[derive(Clone)]
pub struct Anonymous {
    mac: Arc<Hmac<Sha256>>,
    clock: Clock,
}

/// What a cookie said.
#[derive(Debug, PartialEq, Eq)]
pub struct GuestCookie {
    pub profile: ProfileId,
    /// Whether the cookie is to be made anew.
    pub is_stale: bool,
}

impl Anonymous {
    pub fn new(key: &[u8; 32], clock: Clock) -> Self {
        // A key shorter than the hash's block is padded with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        Self { mac: Arc::new(Hmac::new(&block.into())), clock }
    }

    fn sign(&self, profile: &ProfileId, day: u64) -> String {
        let payload = format!("v1.{profile}.{day}");
        let tag = self.mac(&payload).finalize().into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn read(&self, value: &str, today: u64) -> Option<GuestCookie> {
        let (payload, tag) = value.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        // Compares in constant time.
        self.mac(payload).verify_slice(&tag).ok()?;
        let (profile, day) = payload.strip_prefix("v1.")?.split_once('.')?;
        let day: u64 = day.parse().ok()?;
        Some(GuestCookie { profile: profile.parse().ok()?, is_stale: today.saturating_sub(day) > RENEW_AFTER })
    }

    fn mac(&self, payload: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::clone(&self.mac);
        mac.update(payload.as_bytes());
        mac
    }

    /// The profile of whoever sent this, if its cookie holds.
    pub fn known(&self, headers: &HeaderMap, https: bool) -> Option<GuestCookie> {
        let named = |wanted: &str| {
            let mut values = session::pairs(headers).filter(|(name, _)| *name == wanted);
            values.find_map(|(_, value)| self.read(value, self.today()))
        };
        let current = named(&session::cookie_name(COOKIE, https));
        if !https {
            return current;
        }
        // An older build's, to be made anew under its new name.
        current.or_else(|| named(COOKIE).map(|known| GuestCookie { is_stale: true, ..known }))
    }

    /// A `Set-Cookie` line that keeps this profile.
    pub fn cookie(&self, profile: &ProfileId, https: bool) -> String {
        session::line(COOKIE, &self.sign(profile, self.today()), MAX_AGE, https)
    }

    /// The line that takes an older build's cookie away, where the request carries one that it should not have.
    pub fn outdated(headers: &HeaderMap, https: bool) -> Option<String> {
        let is_there = https && session::pairs(headers).any(|(name, _)| name == COOKIE);
        is_there.then(|| session::unprefixed_away(COOKIE))
    }

    fn today(&self) -> u64 {
        self.clock.seconds() / 86_400
    }
}

/// A profile for somebody who was never here.
pub fn fresh_profile() -> ProfileId {
    loop {
        // 22 characters, each one that an id may have.
        if let Ok(profile) = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()).parse() {
            return profile;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn anonymous() -> Anonymous {
        Anonymous::new(&[7; 32], Clock::default())
    }

    fn carrying(line: &str) -> HeaderMap {
        HeaderMap::from_iter([(axum::http::header::COOKIE, line.parse().unwrap())])
    }

    #[test]
    fn a_signed_cookie_is_known_again_and_renewed_after_a_month() {
        let profile = fresh_profile();
        let cookie = anonymous().sign(&profile, 1000);
        assert_eq!(anonymous().read(&cookie, 1000), Some(GuestCookie { profile: profile.clone(), is_stale: false }));
        assert_eq!(anonymous().read(&cookie, 1031), Some(GuestCookie { profile, is_stale: true }));
    }

    #[test]
    fn another_key_does_not_know_it() {
        let cookie = anonymous().sign(&fresh_profile(), 1);
        assert_eq!(Anonymous::new(&[8; 32], Clock::default()).read(&cookie, 1), None);
    }

    #[test]
    fn the_first_cookie_that_holds_is_taken_among_others() {
        let profile = fresh_profile();
        let line = format!("a=b; {COOKIE}=forged; {COOKIE}={}; c", anonymous().sign(&profile, 5));
        assert_eq!(anonymous().known(&carrying(&line), false).unwrap().profile, profile);
    }

    #[test]
    fn a_cookie_of_an_older_build_is_known_behind_https_and_moved_over_unless_there_is_a_new_one() {
        let (old, new) = (fresh_profile(), fresh_profile());
        let today = anonymous().today();
        let (signed_old, signed_new) = (anonymous().sign(&old, today), anonymous().sign(&new, today));
        let line = format!("{COOKIE}={signed_old}");
        let known = anonymous().known(&carrying(&line), true).unwrap();
        assert_eq!(known, GuestCookie { profile: old, is_stale: true });
        assert!(Anonymous::outdated(&carrying(&line), true).unwrap().starts_with("marquee_profile=; "));
        assert_eq!(Anonymous::outdated(&carrying(&line), false), None);
        let both = format!("{line}; __Host-{COOKIE}={signed_new}");
        assert_eq!(anonymous().known(&carrying(&both), true).unwrap(), GuestCookie { profile: new, is_stale: false });
    }

    proptest! {
        #[test]
        fn a_cookie_with_one_changed_character_is_not_known(at in 0_usize..200, to in "[A-Za-z0-9_.-]") {
            let cookie = anonymous().sign(&fresh_profile(), 20_000);
            let at = at % cookie.len();
            let mut changed = cookie.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != cookie);
            // The last character of the tag carries bits that decode to nothing; base64 refuses those that are not zero.
            prop_assert_eq!(anonymous().read(&changed, 20_000), None);
        }

        #[test]
        fn no_cookie_makes_it_panic(value in "\\PC*") {
            prop_assert_eq!(anonymous().read(&value, 1), None);
        }
    }
}
