//! What sums are kept by, and their text, which is a part of documents' ids.

use std::{borrow::Cow, fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{columns::Row, event::Device};

/// What is written as it is; anything else is percent-encoded (RFC 3986).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// What sums are of.
///
/// Its text is `total`, or the name of the dimension, a colon and the value: `title:t1`, `class:1080`, `title-store:t1:cold`. It has
/// letters, digits and `:-_.%` alone, and each dimension has one text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Dimension {
    /// Everything.
    Total,
    /// A title, by id.
    Title(String),
    Device(Device),
    /// Pixels of height.
    Class(u16),
    Region(String),
    /// An object store.
    Store(String),
    /// What a title cost at an object store.
    TitleStore {
        title: String,
        store: String,
    },
}

/// A text that is no dimension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no dimension")]
pub struct NoDimension(String);

impl Dimension {
    /// Those that an event counts to: the total, and each whose value it has.
    pub fn of(row: &Row<'_>) -> impl Iterator<Item = Self> {
        let class = row.class.map(|class| Self::Class(u16::try_from(class).unwrap_or(u16::MAX)));
        let both = row.title.zip(row.store);
        [
            Some(Self::Total),
            row.title.map(|title| Self::Title(title.to_owned())),
            row.device.map(|device| Self::Device(Device::named(device))),
            class,
            row.region.map(|region| Self::Region(region.to_owned())),
            row.store.map(|store| Self::Store(store.to_owned())),
            both.map(|(title, store)| Self::TitleStore { title: title.to_owned(), store: store.to_owned() }),
        ]
        .into_iter()
        .flatten()
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = |text| utf8_percent_encode(text, ENCODED);
        match self {
            Self::Total => f.write_str("total"),
            Self::Title(title) => write!(f, "title:{}", encoded(title)),
            Self::Device(device) => write!(f, "device:{}", device.as_str()),
            Self::Class(class) => write!(f, "class:{class}"),
            Self::Region(region) => write!(f, "region:{}", encoded(region)),
            Self::Store(store) => write!(f, "store:{}", encoded(store)),
            Self::TitleStore { title, store } => write!(f, "title-store:{}:{}", encoded(title), encoded(store)),
        }
    }
}

impl FromStr for Dimension {
    type Err = NoDimension;

    fn from_str(text: &str) -> Result<Self, NoDimension> {
        let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned);
        let parsed = match text.split_once(':') {
            None => (text == "total").then_some(Self::Total),
            Some(("title", title)) => decoded(title).map(Self::Title),
            Some(("device", device)) => Some(Self::Device(Device::named(device))),
            Some(("class", class)) => class.parse().ok().map(Self::Class),
            Some(("region", region)) => decoded(region).map(Self::Region),
            Some(("store", store)) => decoded(store).map(Self::Store),
            Some(("title-store", both)) => both
                .split_once(':')
                .and_then(|(title, store)| Some(Self::TitleStore { title: decoded(title)?, store: decoded(store)? })),
            Some(_) => None,
        };
        // What is not written as this build writes it would be a second id of the same sums.
        parsed.filter(|dimension| dimension.to_string() == text).ok_or_else(|| NoDimension(text.to_owned()))
    }
}

impl TryFrom<String> for Dimension {
    type Error = NoDimension;

    fn try_from(text: String) -> Result<Self, NoDimension> {
        text.parse()
    }
}

impl From<Dimension> for String {
    fn from(dimension: Dimension) -> Self {
        dimension.to_string()
    }
}
