//! What plays now, for operators: who watches what on which device, stopping it with a message, and what was stopped.

use serde::{Deserialize, Serialize};

use super::StreamedTitle;
use crate::{
    Access, Call, Method,
    bounds::{Bound, Bounds},
    device::DeviceClass,
    ids::{AccountId, StreamId, TitleId},
};

/// Sessions that [`ListPlaying`] tells of at most.
pub const PLAYING: usize = 500;
/// Characters of the message with which something is stopped.
pub const STOP_MESSAGE: usize = 200;
/// Stops on a page at most.
const STOPS: u64 = 50;

/// What plays now on all accounts and of all guests, on every node, the latest started first; for operators. A session of which
/// nothing was heard for 90 seconds is over, and so is one whose node is gone and that no other node heard of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListPlaying {}

/// The answer to [`ListPlaying`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlayingNow {
    /// At most 500.
    pub items: Vec<PlayingSession>,
    /// How many there are in all.
    pub total: u64,
    /// When that was, by the server's clock, in milliseconds since 1970: what `started` and `heard` are compared with.
    pub now: u64,
}

/// One film that plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlayingSession {
    /// Names the session, and lets nobody speak for it.
    pub id: StreamId,
    pub title: StreamedTitle,
    /// Absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<PlayingAccount>,
    /// On what, in words: `Firefox on Linux`.
    pub device: String,
    pub device_class: DeviceClass,
    /// The class of the highest rendition that it may be sent, as the height of a 16:9 frame: 1080.
    pub class: u16,
    /// Seconds from the start, when it was heard of last.
    pub position: f64,
    pub duration_seconds: f64,
    pub is_paused: bool,
    /// How much film was loaded ahead of the position, in milliseconds; absent where the player does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffered_millis: Option<u32>,
    /// Milliseconds since 1970.
    pub started: u64,
    /// When it was heard of last, in milliseconds since 1970.
    pub heard: u64,
}

/// Whose film it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlayingAccount {
    pub id: AccountId,
    /// What is typed to sign in; absent where the account is gone, or cannot be looked up now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// What the profile that watches is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// Stops a session, whoever's it is; for operators. Its video is refused at once, by other nodes within five seconds, and its
/// player shows the message with the next heartbeat. Who did it is noted ([`ListPlayingStops`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StopPlaying {
    pub id: StreamId,
    /// What the viewer is told: plain text, in one line. They are told that an operator stopped it where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A page of what operators stopped, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListPlayingStops {
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 50; 20 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The answer to [`ListPlayingStops`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlayingStopPage {
    pub items: Vec<PlayingStop>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One film that an operator stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlayingStop {
    /// Milliseconds since 1970.
    pub at: u64,
    /// The operator's account; absent where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// What is typed to sign in to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_login: Option<String>,
    /// Whose film it was; absent where that account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Whether it was a guest's film.
    pub is_guest: bool,
    pub title: TitleId,
    /// What the title was called.
    pub title_name: String,
    /// On what it played, in words.
    pub device: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it is known to be done: it broke off otherwise, or is under way.
    pub is_done: bool,
}

impl Call for ListPlaying {
    type Reply = PlayingNow;
    const NAME: &'static str = "playback.v1.ListPlaying";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/playing";
    const ACCESS: Access = Access::Operator;
}

impl Call for StopPlaying {
    type Reply = ();
    const NAME: &'static str = "playback.v1.StopPlaying";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/playing/{id}/stop";
    const ACCESS: Access = Access::Operator;
    const BOUNDS: Bounds = &[("message", Bound::Line { least: 0, most: STOP_MESSAGE })];
    const STATUS: u16 = 204;
}

impl Call for ListPlayingStops {
    type Reply = PlayingStopPage;
    const NAME: &'static str = "playback.v1.ListPlayingStops";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/playing-stops";
    const ACCESS: Access = Access::Operator;
    const BOUNDS: Bounds = &[("limit", Bound::Number { least: 1, most: STOPS })];
}
