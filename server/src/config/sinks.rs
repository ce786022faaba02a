//! Where the gateway's middleware writes what it sees, line by line.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Deserializer};
use url::Url;

use super::{Bounded, value::text};

/// `[gateway.sinks]`, by the names that middleware is given one by.
pub type Sinks = BTreeMap<String, Sink>;

/// `[gateway.sinks.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Sink {
    /// A file of lines of JSON. A full one is renamed to `path.1`, that one to `path.2`, and so on.
    File {
        path: PathBuf,
        /// Bytes of a file that is full.
        #[serde(default = "Sink::max_bytes")]
        max_bytes: Bounded<4096, 1_000_000_000_000>,
        /// Full files that are kept.
        #[serde(default = "Sink::keep")]
        keep: Bounded<1, 1000>,
    },
    /// Lines of JSON that are posted, many at a time (`application/x-ndjson`).
    Http {
        url: SinkUrl,
        /// Lines of one request at most.
        #[serde(default = "Sink::batch")]
        batch: Bounded<1, 10_000>,
    },
    /// Standard output, a line of JSON at a time.
    Stdout {},
}

/// An address over HTTP or HTTPS. It may have a secret in it, and is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SinkUrl(pub Url);

impl Sink {
    fn max_bytes() -> Bounded<4096, 1_000_000_000_000> {
        Bounded::of(64 * 1024 * 1024)
    }

    fn keep() -> Bounded<1, 1000> {
        Bounded::of(5)
    }

    fn batch() -> Bounded<1, 10_000> {
        Bounded::of(500)
    }
}

impl SinkUrl {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Self(url))
    }
}

impl std::fmt::Debug for SinkUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SinkUrl")
    }
}

impl<'de> Deserialize<'de> for SinkUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "an address over HTTP or HTTPS, like https://logs.example/marquee", Self::parse)
    }
}
