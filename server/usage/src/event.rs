//! What happened: one event, its kind, and the hashes that stand in for profiles and sessions.
//!
//! Names of kinds, devices, methods and lists are stable: they are stored, and reports are read by them.

use std::fmt;

use serde::{Deserialize, Serialize, de};

/// Bytes of a hash.
pub const HASH: usize = 16;
/// Bytes of a text in an event at most.
pub const LONGEST: usize = 1024;

/// An event that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("`{field}` is {value}, and at most {} can be kept", i64::MAX)]
    TooLarge { field: &'static str, value: u64 },
    #[error("`{field}` has {length} bytes, and at most {LONGEST} are kept")]
    TooLong { field: &'static str, length: usize },
}

macro_rules! hashes {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; HASH]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", u128::from_be_bytes(self.0))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let whole = text.len() == 2 * HASH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                let number = whole.then(|| u128::from_str_radix(&text, 16).ok()).flatten();
                Ok(Self(number.ok_or_else(|| de::Error::custom("a hash is 32 hexadecimal digits"))?.to_be_bytes()))
            }
        }
    )*};
}

hashes! {
    /// A profile, as one day knows it: the next day's key makes another hash of it, so that days cannot be joined.
    ProfileHash,
    /// A playback session: one viewing of one title on one device, as one day knows it; of whoever is nobody, as nobody else can.
    SessionHash,
}

impl ProfileHash {
    /// The first 16 bytes of the keyed BLAKE3 of the profile's id. Who throws a day's key away makes its hashes anonymous.
    pub fn new(day_key: &[u8; 32], profile: &str) -> Self {
        Self(truncated(blake3::keyed_hash(day_key, profile.as_bytes())))
    }
}

impl SessionHash {
    /// As [`ProfileHash::new`], of a session's id.
    pub fn new(day_key: &[u8; 32], session: &str) -> Self {
        Self(truncated(blake3::keyed_hash(day_key, session.as_bytes())))
    }

    /// The same session as another key makes it: who has only the two hashes cannot tell that they are of one session.
    #[must_use]
    pub fn under(self, key: &[u8; 32]) -> Self {
        Self::new(key, &self.to_string())
    }
}

fn truncated(hash: blake3::Hash) -> [u8; HASH] {
    let mut bytes = [0; HASH];
    bytes.iter_mut().zip(hash.as_bytes()).for_each(|(byte, of)| *byte = *of);
    bytes
}

macro_rules! names {
    ($($(#[doc = $about:literal])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $text:literal,)* } else $unknown:ident)*) => {$(
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "&'static str")]
        pub enum $name { $($(#[doc = $doc])* $variant,)* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whose name this is; what this build does not know is the last one.
            pub fn named(name: &str) -> Self {
                Self::ALL.iter().copied().find(|one| one.as_str() == name).unwrap_or(Self::$unknown)
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self::named(&name)
            }
        }

        impl From<$name> for &'static str {
            fn from(name: $name) -> Self {
                name.as_str()
            }
        }
    )*};
}

names! {
    /// What a title is watched on.
    Device {
        Phone = "phone",
        Tablet = "tablet",
        Desktop = "desktop",
        Tv = "tv",
        /// One that this build does not know.
        Other = "other",
    } else Other
    /// How somebody signs in.
    Method {
        Password = "password",
        Passkey = "passkey",
        /// An identity provider (OpenID Connect).
        Provider = "provider",
        Other = "other",
    } else Other
    /// What kept a film from playing.
    PlayError {
        Network = "network",
        Decode = "decode",
        Unsupported = "unsupported",
        Other = "other",
    } else Other
    /// A list of titles.
    List {
        Watchlist = "watchlist",
        Favourites = "favourites",
        /// One of the profile's own.
        Custom = "custom",
    } else Custom
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds since 1970, UTC.
    pub at_millis: u64,
    #[serde(flatten)]
    pub kind: Kind,
    /// Whoever it was; nobody where it is not known or not to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileHash>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    PlaybackStarted(Playback),
    PlaybackRenewed(Playback),
    PlaybackStopped(Playback),
    Quality(Quality),
    Search {
        /// What was asked; kept only where nothing was found.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<String>,
        hits: u32,
    },
    SignIn {
        method: Method,
        succeeded: bool,
    },
    ListChanged {
        list: List,
        title: String,
        /// Whether the title came onto the list, or went.
        added: bool,
    },
    ReviewWritten {
        title: String,
        /// From 1 to 10.
        half_stars: u8,
    },
}

impl Kind {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PlaybackStarted(_) => "playback_started",
            Self::PlaybackRenewed(_) => "playback_renewed",
            Self::PlaybackStopped(_) => "playback_stopped",
            Self::Quality(_) => "quality",
            Self::Search { .. } => "search",
            Self::SignIn { .. } => "sign_in",
            Self::ListChanged { .. } => "list_changed",
            Self::ReviewWritten { .. } => "review_written",
        }
    }

    /// The session that it is of, where it is of one.
    pub const fn session_mut(&mut self) -> Option<&mut SessionHash> {
        match self {
            Self::PlaybackStarted(playback) | Self::PlaybackRenewed(playback) | Self::PlaybackStopped(playback) => {
                Some(&mut playback.session)
            }
            Self::Quality(quality) => Some(&mut quality.session),
            Self::Search { .. } | Self::SignIn { .. } | Self::ListChanged { .. } | Self::ReviewWritten { .. } => None,
        }
    }
}

/// What a session did since its event before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    pub session: SessionHash,
    pub title: String,
    /// Which packaging of the title.
    pub generation: String,
    /// The class of height of the video in pixels, such as 1080.
    pub class: u16,
    pub device: Device,
    pub region: String,
    /// The object store that served.
    pub store: String,
    pub watched_millis: u64,
    pub bytes: u64,
    pub requests: u32,
}

/// How well a session played, as its player tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    pub session: SessionHash,
    pub title: String,
    pub device: Device,
    pub class: u16,
    /// From the press on Play to the first picture; nothing where none came or it was told before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_picture_millis: Option<u32>,
    pub stalls: u32,
    pub stalled_millis: u32,
    pub errors: u32,
    /// The last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<PlayError>,
    /// Whether they are the first of their session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first_error: bool,
    /// The mean of what was played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate_kbps: Option<u32>,
    pub played_millis: u64,
}
