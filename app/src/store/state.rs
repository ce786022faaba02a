//! Everything that the screen shows, as one serialisable tree.
//!
//! Each field of [`State`] is a slice: it has a file of its own under `update/`, is compared and set as a
//! whole, and notifies its readers alone. Must never hold what changes many times a second.

use contract::{
    Problem,
    catalog::{Facets, ListTitles, SearchResults, Title, TitleCard},
    device::{DeviceProfile, DeviceReport},
    discovery::{Home, Job},
    identity::Watcher,
    ids::TitleId,
    playback::{ContinueItem, PlaybackSession, Progress},
};
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

use crate::route::Route;

/// Something asked of the outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Load<T> {
    /// Not asked yet.
    #[default]
    Idle,
    /// Asked, not answered.
    Pending,
    Ready(T),
    Failed(Problem),
}

impl<T> Load<T> {
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Idle | Self::Pending | Self::Failed(_) => None,
        }
    }

    pub fn failed(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            Self::Idle | Self::Pending | Self::Ready(_) => None,
        }
    }

    /// Whether it failed for a reason that may be gone the next time: what does not exist, or is not for this viewer, is an
    /// answer.
    pub fn has_failed(&self) -> bool {
        self.failed().is_some_and(|problem| problem.status >= 500 || problem.is_transient())
    }

    /// Whether it has to be asked: it was not, or it failed. From now on it is on its way.
    pub fn ask_once(&mut self) -> bool {
        match self {
            Self::Idle | Self::Failed(_) => {
                *self = Self::Pending;
                true
            }
            Self::Pending | Self::Ready(_) => false,
        }
    }

    /// As if it had not been asked, where it failed.
    pub fn forget_failure(&mut self) {
        if self.failed().is_some() {
            *self = Self::Idle;
        }
    }

    /// Whether an answer may still come: neither there nor failed.
    pub fn is_waiting(&self) -> bool {
        match self {
            Self::Idle | Self::Pending => true,
            Self::Ready(_) | Self::Failed(_) => false,
        }
    }
}

impl<T> From<Result<T, Problem>> for Load<T> {
    fn from(answer: Result<T, Problem>) -> Self {
        match answer {
            Ok(value) => Self::Ready(value),
            Err(problem) => Self::Failed(problem),
        }
    }
}

/// The whole screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Store)]
pub struct State {
    pub route: Route,
    pub device: DeviceState,
    pub home: Load<Home>,
    pub continue_watching: Load<Vec<ContinueItem>>,
    pub preparation: Vec<Job>,
    pub browse: BrowseState,
    pub search: SearchState,
    pub title: TitleState,
    pub watch: WatchState,
    /// Who watches on this device; nothing for a guest.
    pub watcher: Option<Watcher>,
    pub preferences: Preferences,
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
            || browse.list.ready().is_some_and(|list| list.more.has_failed())
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
    pub report: Load<DeviceReport>,
}

/// The browse page: a list that grows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrowseState {
    pub filters: ListTitles,
    pub list: Load<BrowseList>,
}

/// The pages of a list that were loaded so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrowseList {
    pub items: Vec<TitleCard>,
    pub total: u64,
    pub facets: Facets,
    pub next: Option<String>,
    /// The page after these: `Idle` until it is wanted.
    pub more: Load<()>,
}

/// The search page, and the bar's search that opens in place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchState {
    pub query: String,
    /// The last answer; stays on the screen while the next one is on its way.
    pub results: Load<SearchResults>,
    /// Whether an answer to `query` is still to come.
    pub is_searching: bool,
}

/// The title page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TitleState {
    pub id: Option<TitleId>,
    pub title: Load<Title>,
    pub similar: Load<Vec<TitleCard>>,
    pub progress: Option<Progress>,
}

/// The watch page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchState {
    pub id: Option<TitleId>,
    pub session: Load<PlaybackSession>,
    /// The last position that was reported, in seconds: coarse, for the snapshot.
    pub position: f64,
}

/// What a viewer set; kept in the snapshot, so that it follows them to other devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    pub theme: Theme,
    /// Whether single-letter keys do something in the player (WCAG 2.2, 2.1.4).
    pub letter_keys: bool,
    pub autoplay_next: bool,
    /// BCP 47; the first audio track that fits is played.
    pub audio_language: Option<String>,
    /// BCP 47; `None` shows no captions.
    pub caption_language: Option<String>,
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
            caption_language: None,
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

/// How captions look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptionStyle {
    pub size: CaptionSize,
    pub ground: CaptionGround,
    /// Milliseconds that captions come later (or earlier, below zero).
    pub offset_ms: i32,
}

impl Default for CaptionStyle {
    fn default() -> Self {
        Self { size: CaptionSize::Medium, ground: CaptionGround::Shade, offset_ms: 0 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptionSize {
    Small,
    #[default]
    Medium,
    Large,
    Huge,
}

/// What lies behind the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptionGround {
    /// Nothing but an outline.
    Outline,
    #[default]
    Shade,
    Solid,
}

/// What the interface says by the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    /// Read out by screen readers when it changes.
    pub announcement: String,
    pub toasts: Vec<Toast>,
    pub next_toast: u64,
}

/// A short note that something was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Toast {
    pub id: u64,
    pub text: String,
    pub undo: Option<Undo>,
}

/// What the toast's Undo takes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Undo {
    /// The title was taken off "Continue watching" on the screen; the server is told when the toast goes.
    Forget(Box<ContinueItem>),
}

/// Where the snapshot on the server stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// The revision that this screen follows.
    pub revision: u64,
    /// Whether a save is due and its timer runs.
    pub is_due: bool,
    /// Where another device left off, to offer going on there.
    pub elsewhere: Option<Route>,
}
