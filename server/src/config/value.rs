//! Values that know what they may be, so that a refusal can say it.

use std::{fmt, net::SocketAddr};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

impl Default for Address {
    fn default() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 3000)))
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an address with a port, like 127.0.0.1:3000 or [::]:3000";
        text(deserializer, expected, |text| text.parse().ok().map(Self))
    }
}

/// The name of a region; empty where there is one alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let is_name =
            |text: &str| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let expected = "at most 64 letters, digits, `-` and `_`";
        text(deserializer, expected, |text| is_name(text).then(|| Self(text.to_owned())))
    }
}

/// Scheme, host and port of a site, without a path: `https://films.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// Reads an origin; one slash at its end is forgiven.
    pub fn parse(text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        let is_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        (is_bare && is_anonymous && is_web).then(|| Self(url.origin().ascii_serialization()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl<'de> Deserialize<'de> for WebOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a site's address without a path, like https://films.example", Self::parse)
    }
}

/// Directives of `tracing_subscriber::EnvFilter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(pub String);

impl Default for Filter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "levels (off, error, warn, info, debug, trace) by module, like info,media=debug";
        text(deserializer, expected, |text| {
            // The filter itself takes any word for a module's name; a lone word is meant as a level.
            let levels = ["off", "error", "warn", "info", "debug", "trace"];
            let is_sound = |directive: &str| directive.contains('=') || levels.contains(&directive.trim());
            let sound = !text.is_empty() && text.split(',').all(is_sound);
            let parses = || tracing_subscriber::EnvFilter::builder().parse(text).is_ok();
            (sound && parses()).then(|| Self(text.to_owned()))
        })
    }
}

impl Filter {
    /// The directives. Modules that became crates go by their own name; a config of before names them within the server.
    pub fn directives(&self) -> String {
        let crates = ["storage", "vault", "media", "poster"];
        let today = |directive: &str| {
            let directive = directive.trim();
            let is_crate = |rest: &&str| crates.iter().any(|name| rest.split([':', '=', '[']).next() == Some(name));
            directive.strip_prefix("server::").filter(is_crate).unwrap_or(directive).to_owned()
        };
        self.0.split(',').map(today).collect::<Vec<_>>().join(",")
    }
}

/// Reads a string through `parse`; what it refuses is reported as not being what was `expected`.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Text<T, F>(&'static str, F, std::marker::PhantomData<T>);

    impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Text<T, F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.1)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self.0))
        }
    }

    deserializer.deserialize_any(Text(expected, parse, std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_before_names_what_are_crates_today() {
        let named = |filter: &str| Filter(filter.to_owned()).directives();
        assert_eq!(named("warn,server::vault=info, server::media::run=debug"), "warn,vault=info,media::run=debug");
        assert_eq!(named("info,server::mount=debug,server::vaults=off"), "info,server::mount=debug,server::vaults=off");
    }
}
