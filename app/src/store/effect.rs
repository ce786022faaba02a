//! Everything that can be asked of the outside, as data: what `update` returns and `run` carries out.

use contract::{
    catalog::{GetTitle, ListTitles, SearchTitles},
    device::DeviceProfile,
    discovery::{GetHome, GetPreparation, ListRelatedTitles},
    identity::GetWatcher,
    library::{GetSnapshot, MergeSnapshot},
    playback::{GetProgress, ListContinueWatching, SaveProgress, StartPlayback, StopPlayback},
};

use super::{
    action::Action,
    mutations::Mutation,
    state::{Preferences, Visit},
};

/// Something to be done outside of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A call whose answer is an action.
    Send(Request),
    /// An action after a while; a later timer of the same name replaces it.
    After { timer: Timer, milliseconds: u32, action: Box<Action> },
    /// Saves progress in a way that survives the page going away.
    Beacon(SaveProgress),
    /// Saves what the viewer set, while the page goes: nobody waits for the answer.
    SaveOnLeaving { call: MergeSnapshot, viewer: Option<String> },
    /// Ends a session; nobody waits for the answer, and the page may go meanwhile.
    Stop(StopPlayback),
    /// Sends this profile of the device with every call from now on.
    Identify(DeviceProfile),
    /// Makes the document look as the preferences say.
    Apply(Preferences),
    /// Goes where it leads that the viewer is somebody else from now on.
    Load { address: String },
    /// Loads the document of this address, because somebody else watches by now; unless the page goes elsewhere already.
    LoadAnew { address: String },
    /// Keeps a change in the browser, as this viewer's, until it is discarded.
    Keep { viewer: Option<String>, mutation: Mutation },
    /// Keeps this change no longer.
    Discard { id: u64 },
    /// Forgets what anybody but this viewer was writing in this tab; of all where nobody is known to watch.
    ForgetDrafts { but_of: Option<String> },
    /// Reads what is kept; an action where that is something.
    ReadKept,
}

/// What a timer is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Preparation,
    Search,
    Save,
    Renewal,
    Mutations,
    Viewer,
    Toast(u64),
}

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Home(GetHome),
    Continue(ListContinueWatching),
    Preparation(GetPreparation),
    Browse(ListTitles),
    /// A further page of the list on the screen.
    BrowsePage(ListTitles),
    Search(SearchTitles),
    Title(GetTitle),
    Similar(ListRelatedTitles),
    Progress(GetProgress),
    Playback {
        visit: Visit,
        call: StartPlayback,
        /// The last word on the session before, sent first: where that was ended on purpose, its answer says why.
        last: Option<SaveProgress>,
    },
    SaveProgress(SaveProgress),
    /// The last word on a session, which is stopped once that is kept.
    SaveLast(SaveProgress),
    Mutate {
        mutation: Mutation,
        /// Who made it.
        viewer: Option<String>,
    },
    Device,
    Snapshot(GetSnapshot),
    Save {
        call: MergeSnapshot,
        /// Those in `call`.
        preferences: Preferences,
    },
    Watcher(GetWatcher),
}

impl Request {
    /// Whether asking changes nothing, so that a server may ask it while it renders (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Home(_)
            | Self::Continue(_)
            | Self::Preparation(_)
            | Self::Browse(_)
            | Self::BrowsePage(_)
            | Self::Search(_)
            | Self::Title(_)
            | Self::Similar(_)
            | Self::Progress(_)
            | Self::Device
            | Self::Snapshot(_)
            | Self::Watcher(_) => true,
            Self::Playback { .. } | Self::SaveProgress(_) | Self::SaveLast(_) | Self::Mutate { .. } | Self::Save { .. } => false,
        }
    }
}
