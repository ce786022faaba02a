//! Everything that can happen, in the past tense or as a wish of the viewer.
//!
//! An answer carries its request, so that a late one is recognised and dropped.

use contract::{
    Problem,
    catalog::{ListTitles, SearchResults, SearchTitles, Title, TitleCard, TitlePage},
    device::{DeviceProfile, DeviceReport},
    discovery::{Home, Preparation},
    identity::Watching,
    ids::{SessionId, TitleId},
    library::SnapshotRevision,
    playback::{ContinueItem, PlaybackSession, ProgressReport, SaveProgress},
};
use serde::{Deserialize, Serialize};

use super::{
    hidden_rows::HiddenRow,
    mutations::{LibraryEntry, Mutation},
    state::{Preferences, Visit},
};
use crate::route::Route;

/// What came back.
pub type Response<T> = Result<T, Problem>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// The first screen was asked for.
    Started(Route),
    /// The browser took over a screen that the server rendered.
    Hydrated,
    /// The address changed.
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,

    HomeAnswered(Response<Home>),
    ContinueAnswered(Response<Vec<ContinueItem>>),
    PreparationAnswered(Response<Preparation>),
    /// Time to ask again what the server is preparing.
    PreparationDue,

    BrowseAnswered {
        asked: ListTitles,
        answer: Response<TitlePage>,
    },
    /// These numbers of the list are on the screen or near it.
    BrowseShown {
        from: u32,
        to: u32,
    },
    BrowsePageAnswered {
        asked: ListTitles,
        answer: Response<TitlePage>,
    },

    /// The viewer typed; `q` is the whole field.
    SearchTyped {
        q: String,
    },
    /// The viewer paused typing.
    SearchDue {
        q: String,
    },
    SearchAnswered {
        asked: SearchTitles,
        answer: Response<SearchResults>,
    },

    TitleAnswered {
        id: TitleId,
        answer: Response<Title>,
    },
    SimilarAnswered {
        id: TitleId,
        answer: Response<Vec<TitleCard>>,
    },
    ProgressAnswered {
        id: TitleId,
        answer: Response<ProgressReport>,
    },

    PlaybackAnswered {
        visit: Visit,
        answer: Response<PlaybackSession>,
    },
    /// The player was refused a part of the film: the server takes its session for none any more.
    SessionLost(SaveProgress),
    /// Time to ask again for a session that did not come.
    RenewalDue {
        visit: Visit,
    },
    /// The browser has a network again.
    CameOnline,
    /// The player is somewhere: every few seconds, on pause, on seek, at the end.
    Watched(SaveProgress),
    /// The player goes away; `closing` where the whole page does.
    WatchLeft {
        save: SaveProgress,
        closing: bool,
    },
    WatchSaved {
        session: SessionId,
        answer: Response<()>,
    },

    /// The viewer wants a title off "Continue watching".
    ForgetWanted {
        id: TitleId,
        now: u64,
    },
    /// The viewer has seen a title, wherever that was.
    FinishWanted {
        id: TitleId,
        now: u64,
    },
    /// The viewer changes a list, a favourite or the history.
    LibraryChangeWanted {
        entry: LibraryEntry,
        now: u64,
    },
    /// The server made a change, or refused it.
    MutationAnswered {
        id: u64,
        answer: Response<()>,
    },
    /// Time to send again what did not arrive.
    MutationsDue,
    /// What earlier pages kept in the browser, each with whose it is.
    KeptRead {
        kept: Vec<(Option<String>, Mutation)>,
        now: u64,
    },

    DeviceRecognised(DeviceProfile),
    DeviceAnswered(Response<DeviceReport>),

    PreferencesChanged(Preferences),
    /// The viewer wants a row of the home page no more; `text` says that it is hidden.
    RowHidden {
        row: HiddenRow,
        text: String,
    },
    /// The viewer wants it back.
    RowShown {
        key: String,
        text: String,
    },

    /// The browser shows the page again as it was left, which may be long ago.
    Woken,
    /// The server says that somebody else watches with this browser, by the stream or by refusing a call: this tab or another has chosen,
    /// or signed in or out.
    ViewerMayHaveChanged,
    /// The viewer is somebody else from now on, and goes on at this address: a screen, or the site of a provider.
    ViewerChanged {
        address: String,
    },

    WatcherAnswered(Response<Watching>),
    SnapshotAnswered(Response<SnapshotRevision>),
    /// Something was set with this revision, here or elsewhere; whether, and with which, is not known where it is absent.
    SettingsMayHaveChanged {
        revision: Option<u64>,
    },
    /// Nothing worth keeping changed for a while: time to save what did.
    SaveDue,
    /// The page goes, or is put away.
    Left,
    SaveAnswered {
        /// What was to be saved.
        preferences: Preferences,
        answer: Response<SnapshotRevision>,
    },
    /// The viewer does not want to go on where another device left off.
    ResumeOfferDismissed,

    /// Something did not arrive, and a part of the app keeps it until it does.
    ChangedLater,
    /// Something was done, or could not be, in words for the viewer.
    Noted {
        text: String,
    },
    ToastDue {
        id: u64,
    },
    ToastDismissed {
        id: u64,
    },
    UndoWanted {
        id: u64,
        now: u64,
    },
    /// A screen was opened that has this title.
    ScreenNamed(String),
    /// The pointer or the focus is on the toasts, or no more.
    ToastsHeld {
        is_held: bool,
    },
}
