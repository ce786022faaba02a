//! The stream of what changes for a viewer, version 1.
//!
//! What is told follows from the session alone: what the profile keeps and plays, on whichever device, and what concerns its
//! account. An event says what is now; an older one of the same thing is worth nothing. A profile with an age limit is told of
//! no title above it.

use serde::{Deserialize, Serialize};

use crate::{
    discovery::HiddenKind,
    ids::{ListId, TitleId},
    playback::v1::Progress,
    stream::Stream,
};

/// Follows what changes for this viewer, on every device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Follow {
    /// The id of the last event that was taken, for whoever cannot send it as `Last-Event-ID`; where both are there the header
    /// counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The first of a stream: from here on nothing is missed.
    Begun,
    /// The first of a stream that does not go on from where whoever follows it was, or the last of one that fell behind: ask for
    /// everything anew.
    Resync,
    /// Nothing happened: the connection lives. Every 15 seconds.
    Heartbeat,
    /// Who watches here, or what they may do, is something else, or the sign-in ended: the last event of its stream.
    ViewerChanged,
    /// The server stops: the last event of its stream. Another one answers.
    Stopping,
    /// A title was put on "My list" or another list of this profile's, moved on it, or taken off it.
    Listed { list: ListId, id: TitleId, is_on: bool },
    /// A title became a favourite, or is none any more.
    Favourite { id: TitleId, is_on: bool },
    /// A list of this profile's, or one that its household shares, was made, changed or deleted.
    ListChanged { id: ListId },
    /// What this profile set is something else, as of this revision of its snapshot ([`crate::library::SnapshotRevision`]).
    SettingsChanged { revision: u64 },
    /// A title was watched, or counts as not watched.
    Watched { id: TitleId, is_watched: bool },
    /// This profile rated a title, or reviewed it; absent stars where it took that back.
    Rated {
        id: TitleId,
        /// 1 to 10.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        half_stars: Option<u8>,
    },
    /// This profile wants to be recommended nothing of something.
    Unwanted {
        what: HiddenKind,
        /// The title's id, or the name.
        of: String,
        /// Where it is a title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<TitleId>,
    },
    /// What this profile wants of recommendations is something else: something may be recommended again, or they were switched on or off.
    RecommendationsChanged,
    /// How far the profile is in a title; absent where it was finished or forgotten.
    Progress {
        id: TitleId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<Progress>,
        /// Whether it stands there: it was paused or left.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_paused: bool,
        /// Which browser played it: the `viewer` that this one speaks for is its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A film was begun, paused, gone on with or stopped, whoever watches: for operators, at most once a second, and not told to
    /// whoever comes back later ([`crate::playback::ListPlaying`]).
    PlayingChanged,
}

impl Stream for Follow {
    type Event = Event;
    const NAME: &'static str = "events.v1.Follow";
    const PATH: &'static str = "/api/v1/events";
}
