//! Who watches with an account.

use serde::{Deserialize, Serialize};

use crate::{Access, bounds, ids::ProfileId};

/// Who watches with this account, in the order they were made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListProfiles {}

/// Somebody who watches with an account: with progress, lists and settings of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    pub id: ProfileId,
    pub name: String,
    /// A colour, `#rrggbb`, behind the name's first letter.
    pub colour: String,
    /// The age up to which films are shown to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<u8>,
    /// The language they would rather hear and read, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether it asks for a PIN.
    pub has_pin: bool,
    /// Counts up with every change; for `expected_version`.
    #[serde(default)]
    pub version: u64,
    /// The one that watches on this device now.
    pub is_current: bool,
}

/// Who watches on this device now; for every page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetWatcher {}

/// Whether somebody watches who has a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Watching {
    /// Absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watcher: Option<Watcher>,
    /// The profile is gone, so that there is no watcher either: until another is chosen, all but the choice is refused with
    /// `profile_required`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub must_choose: bool,
    /// The account may not play anything, whatever it asks for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_not_watch: bool,
    /// Whose what is kept in this browser is: another one after each sign-in and each choice of a profile. A request that says
    /// it as [`VIEWER_HEADER`] is refused with `viewer_changed` once somebody else watches. Absent of a guest who is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<String>,
}

/// The header by which a request says for whom it was made ([`Watching::viewer`]).
pub const VIEWER_HEADER: &str = "marquee-viewer";

/// What every page shows of the profile that watches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Watcher {
    pub name: String,
    /// `#rrggbb`.
    pub colour: String,
    /// The language they would rather hear and read, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// It has an age limit: the account is out of its reach, and leaving it asks for a PIN or a factor of the account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_age_limit: bool,
    /// The account is an operator's, and within its reach.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_operator: bool,
}

/// Adds a profile to the account. Refused with `limit_reached` beyond what the installation allows.
///
/// What is sent again makes another one: [`ReplaceProfile`] with an id of one's own does not.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateProfile {
    /// 1 to 32 characters.
    pub name: String,
    pub colour: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<u8>,
    /// The language they would rather hear and read, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// 4 to 8 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

/// Replaces what a profile says of itself, or makes one.
///
/// Whoever makes one chooses its id, 20 to 32 letters and digits that are drawn at random, so that a request may be sent
/// again when its answer was lost: where the first one arrived, the second is refused with `version_conflict`, and there is
/// one profile. Refused with `limit_reached` beyond what the installation allows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceProfile {
    pub id: ProfileId,
    /// 0 for a profile that is to be made; else the version that was read, and `version_conflict` where it is another by
    /// now. Without it the profile is replaced, whatever it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    pub name: String,
    pub colour: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<u8>,
    /// The language they would rather hear and read, BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A new PIN; absent leaves the one there is, empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// The PIN there is. To change or take away that of a profile that is not the current one it asks for this, or for a
    /// factor of the account that was just confirmed: `confirmation_required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_pin: Option<String>,
}

/// Removes a profile, but never the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteProfile {
    pub id: ProfileId,
}

/// From now on this profile watches on this device. It asks for its PIN; where it has none and the one before has an age
/// limit or is gone, for a factor of the account that was just confirmed ([`Confirm`](super::Confirm)):
/// `confirmation_required`. What was confirmed before counts no more once a profile with an age limit is chosen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SelectProfile {
    pub id: ProfileId,
    /// Where the profile has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}
discreet!(CreateProfile, ReplaceProfile, SelectProfile);

call!(GetWatcher -> Watching, 200, Get "/api/v1/profile", Access::Guest => NotRequired);
call!(ListProfiles -> Vec<Profile>, 200, Get "/api/v1/profiles", Access::Member => NotRequired, Read);
call!(CreateProfile -> Profile, 201, Post "/api/v1/profiles", Access::Member; bounds::NEW_PROFILE);
call!(ReplaceProfile -> Profile, 200, Put "/api/v1/profiles/{id}", Access::Member; bounds::OTHER_PROFILE);
call!(DeleteProfile -> (), 204, Delete "/api/v1/profiles/{id}", Access::Member);
call!(SelectProfile -> Profile, 200, Put "/api/v1/profile", Access::Member => NotRequired);
