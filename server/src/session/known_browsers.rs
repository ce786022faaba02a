//! The cookies by which a browser shows that somebody signed in with it before (OWASP, "device cookies"): one a login, for a
//! year.
//!
//! They let nobody in: a guess that comes with one is counted apart from those of strangers. Each is bound to its login by a
//! key of this installation, and says neither whose it is nor when it was used. Must never be logged.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, header};
use rand::distr::{Alphanumeric, SampleString};

use crate::secret::MasterSecret;

const NAME: &str = "marquee_known_";
/// What browsers take from this very host alone, and over HTTPS (RFC 6265bis, section 4.1.3.2).
const HOST: &str = "__Host-";
const KEPT_SECONDS: u64 = 365 * 86_400;
/// Of one browser that are looked at.
const AT_MOST: usize = 16;
/// 119 random bits.
const RANDOM: usize = 20;

/// Makes and checks them. Cheap to clone.
#[derive(Clone)]
pub struct KnownBrowserKey([u8; 32]);

/// Those that a request carries, and the one that its browser is given. Cheap to clone.
#[derive(Clone, Default)]
pub struct KnownBrowser {
    carried: Option<Arc<[(String, String)]>>,
    given: Arc<Mutex<Option<String>>>,
}

impl KnownBrowserKey {
    pub fn new(secret: &MasterSecret) -> Self {
        Self(secret.derive("known browser v1"))
    }

    /// From now on the browser is known to have signed in to a login, by its key.
    pub fn give(&self, browser: &KnownBrowser, login_key: &str, now_seconds: u64, https: bool) {
        let said = format!("{now_seconds:x}.{}", Alphanumeric.sample_string(&mut rand::rng(), RANDOM));
        let (prefix, secure) = if https { (HOST, "; Secure") } else { ("", "") };
        let line = format!(
            "{prefix}{NAME}{}={said}.{}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}",
            self.name(login_key),
            self.mac(login_key, &said).to_hex()
        );
        *browser.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    /// Which of the browsers it is that signed in to this login before; nothing where it is none of them.
    pub fn which(&self, browser: &KnownBrowser, login_key: &str, now_seconds: u64) -> Option<String> {
        let name = self.name(login_key);
        let carried = browser.carried.as_deref().unwrap_or_default();
        let mut values = carried.iter().filter(|(carried, _)| *carried == name).map(|(_, value)| value);
        values.find_map(|value| self.read(login_key, value, now_seconds))
    }

    fn read(&self, login_key: &str, value: &str, now_seconds: u64) -> Option<String> {
        let (said, mac) = value.rsplit_once('.')?;
        let (since, _) = said.split_once('.')?;
        let since = u64::from_str_radix(since, 16).ok()?;
        // `blake3::Hash` compares in constant time.
        let is_ours = blake3::Hash::from_hex(mac).is_ok_and(|mac| mac == self.mac(login_key, said));
        (is_ours && now_seconds.saturating_sub(since) < KEPT_SECONDS).then(|| said.to_owned())
    }

    /// Whose a cookie is, to whoever has the key.
    fn name(&self, login_key: &str) -> String {
        blake3::keyed_hash(&self.0, format!("name {login_key}").as_bytes()).to_hex()[..16].to_owned()
    }

    fn mac(&self, login_key: &str, said: &str) -> blake3::Hash {
        // What is said holds no space.
        blake3::keyed_hash(&self.0, format!("browser {said} {login_key}").as_bytes())
    }
}

impl KnownBrowser {
    /// What a request carries.
    pub fn read(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let ours = pairs.filter_map(|(name, value)| {
            let name = name.strip_prefix(HOST).unwrap_or(name).strip_prefix(NAME)?;
            Some((name.to_owned(), value.to_owned()))
        });
        let carried: Vec<_> = ours.take(AT_MOST).collect();
        Self { carried: (!carried.is_empty()).then(|| carried.into()), given: Arc::default() }
    }

    /// The `Set-Cookie` line for what it was given, once.
    pub fn take(&self) -> Option<String> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for KnownBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownBrowser(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (tempfile::TempDir, KnownBrowserKey) {
        let folder = tempfile::tempdir().unwrap();
        let key = KnownBrowserKey::new(&MasterSecret::open(folder.path()).unwrap());
        (folder, key)
    }

    fn carrying(line: &str) -> KnownBrowser {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("a=b; {}", line.split(';').next().unwrap()).parse().unwrap());
        KnownBrowser::read(&headers)
    }

    #[test]
    fn a_browser_is_known_for_its_own_login_and_for_a_year() {
        let (_folder, key) = key();
        for https in [false, true] {
            let browser = KnownBrowser::default();
            key.give(&browser, "ada.lovelace", 1000, https);
            let line = browser.take().unwrap();
            assert_eq!(browser.take(), None);
            assert!(line.contains("; HttpOnly; SameSite=Lax") && !line.contains("lovelace"), "{line}");
            assert_eq!((line.ends_with("; Secure"), line.starts_with("__Host-")), (https, https));
            let known = carrying(&line);
            assert!(key.which(&known, "ada.lovelace", 2000).is_some());
            assert!(key.which(&known, "ada.lovelace", 0).is_some(), "the clock was put back");
            assert_eq!(key.which(&known, "bob", 2000), None);
            assert_eq!(key.which(&known, "ada.lovelace", 1000 + KEPT_SECONDS), None);
        }
    }

    #[test]
    fn what_was_not_made_here_is_nobodys() {
        let (_folder, key) = key();
        let (_other, theirs) = self::key();
        let browser = KnownBrowser::default();
        theirs.give(&browser, "ada", 1000, false);
        let line = browser.take().unwrap();
        let value = line.split_once('=').unwrap().1;
        assert_eq!(key.which(&carrying(&format!("{NAME}{}={value}", key.name("ada"))), "ada", 1000), None);
        for value in ["", ".", "..", "3e8.x.00", "x.y.z", "3e8"] {
            assert_eq!(key.which(&carrying(&format!("{NAME}{}={value}", key.name("ada"))), "ada", 1000), None, "{value}");
        }
        key.give(&browser, "ada", 1000, false);
        let changed = browser.take().unwrap().replacen("=3e8.", "=3e9.", 1);
        assert_eq!(key.which(&carrying(&changed), "ada", 1000), None);
    }
}
