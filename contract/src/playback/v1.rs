//! Playback's calls, version 1: start, heartbeat, stop, who plays, continue watching, and the device as it was seen.

mod playing;
mod quality;

use serde::{Deserialize, Serialize};

pub use self::quality::*;
use crate::{
    Access, Call, Method, Profiles, Scope,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    catalog::v1::TitleCard,
    device::DeviceReport,
    ids::{SessionId, StreamId, TitleId},
};

pub use playing::*;

/// Starts to play a title: claims a session and makes a grant for its video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartPlayback {
    pub title: TitleId,
    /// The session whose place among the account's streams this one takes over, and which ends with it: the film before this
    /// one, or an earlier session of this film. One that is over, or somebody else's, is as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<SessionId>,
}

/// Everything that a player needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaybackSession {
    pub session: SessionId,
    pub title: TitleCard,
    /// The HLS master playlist: `/media/{grant}/master.m3u8`.
    pub manifest: String,
    /// Which packaging of the film it is: what lies below two manifests of one version is the same, byte for byte.
    #[serde(default)]
    pub media_version: String,
    /// Seconds from the start to resume at; 0 for the beginning.
    pub resume_at: f64,
    pub duration_seconds: f64,
    /// The renditions that the device may have, highest first.
    pub renditions: Vec<Rendition>,
    pub audio: Vec<AudioTrack>,
    pub captions: Vec<TextTrack>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storyboard: Option<Storyboard>,
    pub chapters: Vec<Chapter>,
    /// What to offer when this one ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_next: Option<TitleCard>,
    /// Whether `up_next` may begin by itself. Not where this profile has watched it, or where that is not known: then it is
    /// offered alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub starts_next: bool,
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: u16,
    /// Seconds until the grant expires; a heartbeat does not renew it, a new session does.
    pub grant_seconds: u32,
}

/// One rung of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rendition {
    /// Lines.
    pub height: u16,
    pub width: u16,
    /// Bits in a second at the peak.
    pub bandwidth: u32,
}

/// One audio track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AudioTrack {
    /// Names the track among those of this packaging of the film.
    #[serde(default)]
    pub id: String,
    /// The `NAME` of the manifest's `EXT-X-MEDIA`: no two tracks of a film share one.
    pub name: String,
    /// BCP 47; `und` where it is not known.
    pub language: String,
    pub channels: u8,
    pub default: bool,
    /// Empty for what is simply heard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<TrackRole>,
}

/// What a track is for, beside what everybody hears and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrackRole {
    /// Captions of only what those who understand the sound's language cannot: signs, and what is said in another one.
    Forced,
    /// Captions that say what is heard beside the words (SDH).
    HearingImpaired,
    /// Somebody talks about the film.
    Commentary,
    /// A voice says what is to be seen.
    Description,
}

/// One track of captions or subtitles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TextTrack {
    /// Names the track among those of this packaging of the film.
    #[serde(default)]
    pub id: String,
    pub name: String,
    /// BCP 47; `und` where it is not known.
    pub language: String,
    /// The whole track as WebVTT, under the same grant.
    pub url: String,
    /// Empty for all that is said, for everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<TrackRole>,
}

/// Small pictures, one for every few seconds, many to a sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Storyboard {
    /// The sheets in order, under the same grant.
    pub sheets: Vec<String>,
    /// Seconds from one picture to the next.
    pub interval_seconds: f64,
    pub columns: u16,
    pub rows: u16,
    /// Pixels of one picture.
    pub tile_width: u16,
    pub tile_height: u16,
    /// Pictures in all.
    pub count: u32,
}

/// A named part of a title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chapter {
    pub title: String,
    /// Seconds from the start.
    pub start: f64,
}

/// Says where the viewer is; renews the session. POST, so that `navigator.sendBeacon` can send it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SaveProgress {
    pub session: SessionId,
    /// Seconds from the start.
    pub position: f64,
    pub state: PlayState,
    /// How the film plays, where the player measures it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<PlayQuality>,
    /// How much film is loaded ahead of the position, in milliseconds; at most an hour counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffered_millis: Option<u32>,
}

/// What the player is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlayState {
    Playing,
    Paused,
    /// The last second was reached: nothing to resume.
    Ended,
}

/// Ends the session; its grant stops working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StopPlayback {
    pub session: SessionId,
}

/// What plays on this account now, the latest started first; at most 100. A player that was paused for half a minute is
/// not among them, and holds no place. Guests without a limit hold no places: for them the list is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListStreams {}

/// One film that plays on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stream {
    pub id: StreamId,
    /// Absent where the film is not for the profile that asks to know of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<StreamedTitle>,
    /// On what, in words: `Firefox on Linux`.
    pub device: String,
    /// Milliseconds since 1970.
    pub started: u64,
    /// Whether it plays on the device that asks.
    pub is_here: bool,
}

/// Which film a stream plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StreamedTitle {
    pub id: TitleId,
    pub title: String,
}

/// Stops a stream of one's own account, whoever plays it: its place is free at once, its player is told with the next
/// heartbeat, and video stops within five seconds. Another account's is not found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StopStream {
    pub id: StreamId,
}

/// What this profile has begun and not finished, the latest first; at most 20.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListContinueWatching {}

/// A title that was begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContinueItem {
    #[serde(flatten)]
    pub card: TitleCard,
    pub progress: Progress,
}

/// How far a profile got in a title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// Seconds from the start.
    pub position: f64,
    pub duration_seconds: f64,
}

/// How far this profile got in one title.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetProgress {
    pub id: TitleId,
}

/// The answer to [`GetProgress`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProgressReport {
    /// Absent where the title was not begun, or was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// Says how far this profile got in a title, other than by playing it: what was forgotten is brought back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetProgress {
    pub id: TitleId,
    /// Seconds from the start; near the end the title counts as finished, and is forgotten.
    pub position: f64,
    /// How long ago the viewer did it: nothing is changed where this profile went on with the title, or forgot it, since. Now,
    /// where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds_ago: Option<u64>,
    /// As [`ForgetProgress::change`], where the title counts as finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// Takes this change back, the last by which the title was forgotten or finished: the place is what it was then, on
    /// whichever device, and so is the title's place among those that were begun; `position` does not count. Where the title was
    /// forgotten by another change since, nothing of that happens. A viewing that this change added to the history goes, and no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
}

/// Forgets that a title was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForgetProgress {
    pub id: TitleId,
    /// As [`SetProgress::milliseconds_ago`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds_ago: Option<u64>,
    /// A number of the client's that names this change, so that it can be sent again and be taken back ([`SetProgress::restores`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
}

/// The device as the server decided it to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetDevice {}

impl Call for StartPlayback {
    type Reply = PlaybackSession;
    const NAME: &'static str = "playback.v1.StartPlayback";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/playback";
    const ACCESS: Access = Access::Right(Right::Watch);
    const STATUS: u16 = 201;
}

impl Call for SaveProgress {
    type Reply = ();
    const NAME: &'static str = "playback.v1.SaveProgress";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/playback/{session}/progress";
    const BOUNDS: Bounds = &[("position", Bound::NotNegative)];
    const SCOPE: Option<Scope> = Some(Scope::Watch);
    const STATUS: u16 = 204;
}

impl Call for StopPlayback {
    type Reply = ();
    const NAME: &'static str = "playback.v1.StopPlayback";
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/playback/{session}";
    const SCOPE: Option<Scope> = Some(Scope::Watch);
    const STATUS: u16 = 204;
}

impl Call for ListStreams {
    type Reply = Vec<Stream>;
    const NAME: &'static str = "playback.v1.ListStreams";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/streams";
    const ACCESS: Access = Access::Right(Right::Watch);
}

impl Call for StopStream {
    type Reply = ();
    const NAME: &'static str = "playback.v1.StopStream";
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/streams/{id}";
    const ACCESS: Access = Access::Right(Right::Watch);
    /// It may be another profile's.
    const PROFILES: Profiles = Profiles::Unrestricted;
    const STATUS: u16 = 204;
}

impl Call for ListContinueWatching {
    type Reply = Vec<ContinueItem>;
    const NAME: &'static str = "playback.v1.ListContinueWatching";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/continue-watching";
    const ACCESS: Access = Access::Right(Right::Browse);
}

impl Call for GetProgress {
    type Reply = ProgressReport;
    const NAME: &'static str = "playback.v1.GetProgress";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/titles/{id}/progress";
}

impl Call for SetProgress {
    type Reply = ();
    const NAME: &'static str = "playback.v1.SetProgress";
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/api/v1/titles/{id}/progress";
    const ACCESS: Access = Access::Right(Right::Watch);
    const BOUNDS: Bounds = &[("position", Bound::NotNegative), ("milliseconds_ago", MILLISECONDS_AGO)];
    const STATUS: u16 = 204;
}

impl Call for ForgetProgress {
    type Reply = ();
    const NAME: &'static str = "playback.v1.ForgetProgress";
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/titles/{id}/progress";
    const BOUNDS: Bounds = &[("milliseconds_ago", MILLISECONDS_AGO)];
    const STATUS: u16 = 204;
}

const MILLISECONDS_AGO: Bound = Bound::Number { least: 0, most: bounds::MILLISECONDS_AGO };

impl Call for GetDevice {
    type Reply = DeviceReport;
    const NAME: &'static str = "playback.v1.GetDevice";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/device";
}
