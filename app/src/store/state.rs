//! Everything that the screen shows, as one serialisable tree.
//!
//! Each field of [`State`] is a slice: it has a file of its own under `update/`, is compared and set as a
//! whole, and notifies its readers alone. Must never hold what changes many times a second.

use contract::{
    catalog::{Facets, ListTitles, PersonHit, SearchTitles, Span, Title},
    device::{DeviceProfile, DeviceReport},
    discovery::Job,
    identity::Watcher,
    ids::{SessionId, TitleId},
    playback::{PlaybackSession, TrackRole},
};
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

pub use super::caption_style::{
    CaptionColour, CaptionEdge, CaptionFont, CaptionGround, CaptionPosition, CaptionSize, CaptionStyle, GroundColour,
};
use super::{
    hidden_rows::HiddenRows,
    message::Message,
    mutations::{Change, Mutations},
    resource::{Resource, Submission},
    titles::{Mine, Titles},
};
use crate::route::Route;

/// The whole screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Store)]
pub struct State {
    pub route: Route,
    pub device: DeviceState,
    /// The cards of whatever lists hold the ids of.
    pub titles: Titles,
    pub mine: Mine,
    pub home: Resource<(), HomeLists>,
    pub continue_watching: Resource<(), Vec<TitleId>>,
    pub preparation: Vec<Job>,
    pub browse: BrowseState,
    pub search: SearchState,
    pub title: TitleState,
    /// Never written into a page: a session is claimed by the browser.
    #[serde(skip)]
    pub watch: WatchState,
    /// Who watches on this device; nothing for a guest.
    pub watcher: Option<Watcher>,
    /// Whose what is kept in this browser is; nothing while it is not known.
    pub viewer: Option<String>,
    /// The account may not play anything.
    pub may_not_watch: bool,
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
            || home.ready().is_some_and(|home| !home.missing.is_empty())
            || continue_watching.has_failed()
            || browse.list.has_failed()
            || browse.list.ready().is_some_and(|list| list.page.failed().is_some())
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

/// The home page: its hero and its rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HomeLists {
    pub hero: Vec<HeroEntry>,
    pub rows: Vec<RowEntry>,
    /// The keys of parts that the server could not make just now.
    pub missing: Vec<String>,
}

/// One title of the hero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeroEntry {
    pub id: TitleId,
    pub synopsis: Option<String>,
}

/// One row of posters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowEntry {
    /// Stable, to remember where the row was scrolled to.
    pub key: String,
    pub heading: String,
    /// The list that the heading links to.
    pub more: ListTitles,
    pub items: Vec<TitleId>,
}

/// The browse page: a list of any length.
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

/// What was loaded so far of a list whose titles have numbers: the part that is on the screen, and what was on it before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BrowseList {
    /// Each [`PAGE`] titles long but the last; one that was not asked for is empty.
    pub pages: Vec<Vec<TitleId>>,
    pub total: u32,
    /// Pages that were loaded while the list had another total: titles came or went since, and moved the others.
    pub outdated: Vec<u32>,
    pub facets: Facets,
    /// The numbers of the first title that is on the screen, or near it, and of the first that is not any more.
    pub shown: (u32, u32),
    /// The page that is asked for: one at a time, and of those that lack the one that is shown first.
    pub page: Submission,
}

/// Titles on a page of the browse page's list: what the server gives where a request does not say.
pub const PAGE: u32 = 40;

impl BrowseList {
    /// The title of a number, where its page is loaded.
    pub fn title(&self, number: u32) -> Option<&TitleId> {
        let (page, within) = (usize::try_from(number / PAGE).ok()?, usize::try_from(number % PAGE).ok()?);
        self.pages.get(page)?.get(within)
    }

    /// The first page of those shown that is not there as a whole.
    pub fn missing(&self) -> Option<u32> {
        let (from, to) = (self.shown.0, self.shown.1.min(self.total));
        let mut pages = from / PAGE..to.div_ceil(PAGE);
        pages.find(|page| {
            let end = page.saturating_add(1).saturating_mul(PAGE).min(self.total);
            self.title(end.saturating_sub(1)).is_none()
        })
    }

    /// The first page of those shown that may be another by now.
    pub fn outdated(&self) -> Option<u32> {
        let pages = self.shown.0 / PAGE..self.shown.1.min(self.total).div_ceil(PAGE);
        self.outdated.iter().copied().filter(|page| pages.contains(page)).min()
    }

    /// Takes a page of a list that has `total` titles by now. A page that is not full is the last, whatever is said.
    pub fn put(&mut self, page: u32, titles: Vec<TitleId>, total: u32) {
        let size = u32::try_from(titles.len()).unwrap_or(u32::MAX);
        let total = if size < PAGE { page.saturating_mul(PAGE).saturating_add(size) } else { total };
        if total != self.total {
            self.outdated = (0..).zip(&self.pages).filter(|(_, titles)| !titles.is_empty()).map(|(page, _)| page).collect();
        }
        self.outdated.retain(|outdated| *outdated != page);
        self.total = total;
        let Ok(page) = usize::try_from(page) else { return };
        if self.pages.len() <= page {
            self.pages.resize(page.saturating_add(1), Vec::new());
        }
        if let Some(there) = self.pages.get_mut(page) {
            *there = titles;
        }
    }
}

/// The search page, and the bar's search that opens in place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchState {
    pub query: String,
    /// The last answer stays on the screen while the next one is on its way.
    pub results: Resource<SearchTitles, SearchHits>,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchHits {
    pub titles: Vec<SearchHit>,
    pub people: Vec<PersonHit>,
}

/// A title that a search found, and the parts of its name that match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchHit {
    pub id: TitleId,
    pub matches: Vec<Span>,
}

/// The title page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TitleState {
    pub title: Resource<TitleId, Title>,
    pub similar: Resource<TitleId, Vec<TitleId>>,
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
    /// Whether single-letter keys do something on titles and in the player (WCAG 2.2, 2.1.4).
    pub letter_keys: bool,
    pub autoplay_next: bool,
    /// Of the home page.
    pub hidden_rows: HiddenRows,
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
            hidden_rows: HiddenRows::default(),
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    /// What the browser's own bars are coloured like where the system is dark, and where it is light: the grounds of
    /// `style/tokens.scss`.
    pub const fn bars(self) -> [&'static str; 2] {
        const DARK: &str = "#0b0c0f";
        const LIGHT: &str = "#fbfaf7";
        match self {
            Self::System => [DARK, LIGHT],
            Self::Dark => [DARK, DARK],
            Self::Light => [LIGHT, LIGHT],
        }
    }

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
    /// Read out by screen readers when it changes. Never written into a page: a page that is loaded is read out by itself.
    #[serde(skip)]
    pub announcement: Option<Announcement>,
    #[serde(skip)]
    pub toasts: Vec<Toast>,
    pub next_toast: u64,
    /// The viewer is at the toasts, which stay meanwhile (WCAG 2.2, 2.2.1).
    #[serde(skip)]
    pub is_held: bool,
}

/// What is read out.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    pub message: Message,
    /// Differs from the one before in this alone, where the words are the same.
    pub is_again: bool,
}

/// A short note that something was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u64,
    pub message: Message,
    pub undo: Option<Undo>,
}

/// What Undo does.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    /// Makes a change, the inverse of one.
    Change(Change),
    /// Shows the row of this key again.
    ShowRow(String),
}

/// Where the snapshot on the server stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// The latest of the server's that is known of; 0 before the first.
    pub revision: u64,
    /// The latest with which something was set, here or elsewhere.
    pub told: u64,
    /// What is stored, as far as this screen knows: what differs from it was set here since.
    pub preferences: Preferences,
    /// What was sent since and not answered: each may have arrived, or may yet.
    pub unanswered: Vec<Preferences>,
    /// Whether something is to be saved: its timer runs, or a save is under way that is without it.
    pub is_due: bool,
    pub is_under_way: bool,
    /// The server would not have what was set last, and the viewer was told.
    pub is_refused: bool,
    /// The film that another device left off in, to offer going on there.
    pub resume_offer: Option<TitleId>,
}

impl SavedState {
    /// Whether what is set may be something else than what is stored.
    pub fn differs_from(&self, preferences: &Preferences) -> bool {
        self.unanswered.iter().chain([&self.preferences]).any(|stored| stored != preferences)
    }
}
