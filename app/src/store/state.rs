//! Everything that the screen shows, as one serialisable tree.
//!
//! Each field of [`State`] is a slice: it has a file of its own under `update/`, is compared and set as a
//! whole, and notifies its readers alone. Must never hold what changes many times a second.

use contract::{
    catalog::{Facets, ListTitles, SearchResults, SearchTitles, Title, TitleCard},
    device::{DeviceProfile, DeviceReport},
    discovery::{Home, Job},
    identity::Watcher,
    ids::{SessionId, TitleId},
    playback::{ContinueItem, PlaybackSession, ProgressReport, TrackRole},
};
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

pub use super::caption_style::{
    CaptionColour, CaptionEdge, CaptionFont, CaptionGround, CaptionPosition, CaptionSize, CaptionStyle, GroundColour,
};
use super::{
    mutations::{Change, Mutations},
    resource::{Resource, Submission},
};
use crate::route::Route;

/// The whole screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Store)]
pub struct State {
    pub route: Route,
    pub device: DeviceState,
    pub home: Resource<(), Home>,
    pub continue_watching: Resource<(), Vec<ContinueItem>>,
    pub preparation: Vec<Job>,
    pub browse: BrowseState,
    pub search: SearchState,
    pub title: TitleState,
    /// Never written into a page: a session is claimed by the browser.
    #[serde(skip)]
    pub watch: WatchState,
    /// Who watches on this device; nothing for a guest.
    pub watcher: Option<Watcher>,
    pub preferences: Preferences,
    /// What the viewer changed and the server has not confirmed yet.
    #[serde(skip)]
    pub mutations: Mutations,
    pub notices: Notices,
    pub saved: SavedState,
}

impl State {
    /// Whether something on the screen failed that may work at another time, so that this screen is nobody else's.
    pub fn has_failed(&self) -> bool {
        let Self { route: _, device, home, continue_watching, preparation: _, browse, search, title, watch, .. } = self;
        device.report.has_failed()
            || home.has_failed()
            || home.ready().is_some_and(|home| !home.is_whole())
            || continue_watching.has_failed()
            || browse.list.has_failed()
            || browse.list.ready().is_some_and(|list| list.more.failed().is_some())
            || search.results.has_failed()
            || title.title.has_failed()
            || title.similar.has_failed()
            || watch.session.has_failed()
    }
}

/// What is known of the viewer's device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    /// As the server guessed it, then as the browser recognised it.
    pub profile: DeviceProfile,
    /// What the server decided; asked for on the settings page.
    pub report: Resource<(), DeviceReport>,
}

/// The browse page: a list that grows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrowseState {
    pub list: Resource<ListTitles, BrowseList>,
}

impl BrowseState {
    /// What the list is limited to.
    pub fn filters(&self) -> ListTitles {
        self.list.key().cloned().unwrap_or_default()
    }
}

/// The pages of a list that were loaded so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrowseList {
    pub items: Vec<TitleCard>,
    pub total: u64,
    pub facets: Facets,
    pub next: Option<String>,
    /// The page after these: `Idle` until it is wanted.
    pub more: Submission,
}

/// The search page, and the bar's search that opens in place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchState {
    pub query: String,
    /// The last answer stays on the screen while the next one is on its way.
    pub results: Resource<SearchTitles, SearchResults>,
}

/// The title page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TitleState {
    pub title: Resource<TitleId, Title>,
    pub similar: Resource<TitleId, Vec<TitleCard>>,
    pub progress: Resource<TitleId, ProgressReport>,
}

impl TitleState {
    /// Whose page it is.
    pub const fn id(&self) -> Option<&TitleId> {
        self.title.key()
    }
}

/// The watch page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchState {
    /// The session: one for each visit. One that is renewed plays on meanwhile.
    pub session: Resource<Visit, PlaybackSession>,
    /// Seconds from the start to begin at, where the address says so.
    pub at: Option<u32>,
    /// Visits so far, each with as many sessions as it took.
    pub attempts: u32,
    /// The session that was watched last: its place may be held until its end has arrived.
    pub left: Option<SessionId>,
    /// Renewals in a row that did not arrive.
    pub failures: u32,
}

impl WatchState {
    /// What is watched, or is to be.
    pub fn title(&self) -> Option<&TitleId> {
        self.session.key().map(|visit| &visit.title)
    }
}

/// What a session was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub title: TitleId,
    /// Which of [`WatchState::attempts`] it is: an answer to an earlier one is nobody's, also of the same film.
    pub attempt: u32,
}

/// What a viewer set; kept in the snapshot, so that it follows them to other devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    pub theme: Theme,
    /// Whether single-letter keys do something in the player (WCAG 2.2, 2.1.4).
    pub letter_keys: bool,
    pub autoplay_next: bool,
    /// BCP 47; the audio track that fits best is played.
    pub audio_language: Option<String>,
    /// What the sound was for that was chosen last: a description, say.
    pub audio_role: Option<TrackRole>,
    /// BCP 47; `None` shows no captions.
    pub caption_language: Option<String>,
    /// What the captions were for that were chosen last.
    pub caption_role: Option<TrackRole>,
    pub captions: CaptionStyle,
    /// Lines; `None` lets the player choose.
    pub quality: Option<u16>,
    /// 0 to 100.
    pub volume: u8,
    pub muted: bool,
    /// Per cent of normal speed.
    pub speed: u16,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            letter_keys: true,
            autoplay_next: true,
            audio_language: None,
            audio_role: None,
            caption_language: None,
            caption_role: None,
            captions: CaptionStyle::default(),
            quality: None,
            volume: 100,
            muted: false,
            speed: 100,
        }
    }
}

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    /// The value of `data-theme`; nothing lets the system decide.
    pub const fn as_attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Dark => Some("dark"),
            Self::Light => Some("light"),
        }
    }
}

/// What the interface says by the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    /// Read out by screen readers when it changes.
    pub announcement: String,
    #[serde(skip)]
    pub toasts: Vec<Toast>,
    pub next_toast: u64,
}

/// A short note that something was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u64,
    pub text: String,
    /// What Undo does.
    pub undo: Option<Change>,
}

/// Where the snapshot on the server stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// The revision that this screen follows.
    pub revision: u64,
    /// What the viewer had set in that revision: what differs from it was set here since.
    pub preferences: Preferences,
    /// Whether a save is due and its timer runs.
    pub is_due: bool,
    /// Where another device left off, to offer going on there.
    pub resume_offer: Option<Route>,
}
