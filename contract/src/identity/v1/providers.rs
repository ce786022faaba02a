//! Entering through an OpenID Connect provider.

use serde::{Deserialize, Serialize};

/// An OpenID Connect provider that the operator named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// As the config names it.
    pub id: String,
    /// For a button.
    pub name: String,
    /// Where to send the browser.
    pub url: String,
}

/// Why a provider's word did not let somebody in: `/sign-in?refused=...` says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryRefusal {
    /// They changed their mind there, or the provider did not allow it.
    Declined,
    /// The way back was not the one they had been sent on, was used before, or took too long.
    Expired,
    /// The provider does not answer.
    Unreachable,
    /// The provider's answer does not prove who they are.
    Untrusted,
    /// The config and the provider do not fit together: waiting does not help, only whoever runs the place.
    Misconfigured,
    /// To confirm something, they had to sign in at the provider anew, and it does not say that they did.
    NotFresh,
    /// To confirm something, they had to sign in at the provider as whoever is signed in here.
    OtherAccount,
    /// The operator lets other people in, or not them any more.
    NotAllowed,
    /// The plan does not allow one more device.
    TooManyDevices,
    /// Something broke on this side.
    Internal,
}

impl EntryRefusal {
    /// As it stands in the address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "untrusted",
            Self::Misconfigured => "misconfigured",
            Self::NotFresh => "not_fresh",
            Self::OtherAccount => "other_account",
            Self::NotAllowed => "not_allowed",
            Self::TooManyDevices => "too_many_devices",
            Self::Internal => "internal",
        }
    }
}
