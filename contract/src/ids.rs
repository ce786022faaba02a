//! Names of things, each a type of its own, so that one is never taken for another.
//!
//! An id is opaque: made by the service that owns the thing, unguessable, safe in a path and a file name
//! (1 to 64 of `a-z A-Z 0-9 _ -`). Must never be built from what a user typed without [`FromStr`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The text is no id: empty, longer than 64 bytes, or with something else than `a-z A-Z 0-9 _ -`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 64 of a-z, A-Z, 0-9, _ and -")]
pub struct InvalidId;

/// Bytes of the longest id.
const LONGEST: usize = 64;

fn check(text: &str) -> Result<(), InvalidId> {
    let fits = (1..=LONGEST).contains(&text.len());
    let clean = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if fits && clean { Ok(()) } else { Err(InvalidId) }
}

/// What [`check`] takes, as the document says it.
#[cfg(feature = "openapi")]
fn schema(doc: &str) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let description: Vec<&str> = doc.lines().map(str::trim).collect();
    let schema = utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .pattern(Some("^[A-Za-z0-9_-]+$"))
        .min_length(Some(1))
        .max_length(Some(LONGEST))
        .description(Some(description.join("\n").trim()));
    utoipa::openapi::RefOr::T(utoipa::openapi::Schema::Object(schema.build()))
}

macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                schema(concat!($($doc, "\n"),*))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A film or another thing that can be browsed.
    TitleId
);
id!(
    /// One viewer's own corner: progress, preferences.
    ProfileId
);
id!(
    /// One playback of one title, from play to stop.
    SessionId
);
id!(
    /// One playback as the rest of its account sees it: names it, and lets nobody speak for it.
    StreamId
);

id!(
    /// One list of titles that a profile keeps: `watchlist`, or one that the client named.
    ListId
);

impl ListId {
    /// "My list", which everybody has.
    pub fn watchlist() -> Self {
        Self(crate::library::WATCHLIST.to_owned())
    }
}
id!(
    /// One review of one title, as others see it: it does not say whose it is.
    ReviewId
);
id!(
    /// Somebody who can sign in.
    AccountId
);
id!(
    /// One device that is signed in, from sign-in to sign-out.
    SignInId
);
id!(
    /// One API token, from its making to its end.
    ApiTokenId
);
id!(
    /// A key that signs in without a password.
    PasskeyId
);
id!(
    /// A question for a browser's authenticator, from asking to answering.
    CeremonyId
);
id!(
    /// What a kind of account may do: `guest`, `member`, or what an operator made. Chosen by hand.
    PlanId
);

id!(
    /// One receiver of events elsewhere, as operators name it.
    WebhookId
);
id!(
    /// One event on its way to one webhook.
    DeliveryId
);
id!(
    /// A report that is written again and again.
    ReportScheduleId
);

/// A token lets its bearer in as a sign-in lets a browser in, under its own id.
impl From<ApiTokenId> for SignInId {
    fn from(ApiTokenId(id): ApiTokenId) -> Self {
        Self(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_escapes_its_path() {
        for bad in ["", "..", "a/b", "a%2fb", "a\nb", "ä", "a b", &"x".repeat(65)] {
            assert_eq!(bad.parse::<TitleId>(), Err(InvalidId), "{bad:?}");
            assert!(serde_json::from_value::<TitleId>(bad.into()).is_err(), "{bad:?}");
        }
        assert!("Az09_-".parse::<TitleId>().is_ok());
    }
}
