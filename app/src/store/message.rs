//! What the interface says by the way, as values: words are made where they are shown (`parts/words.rs`), in the viewer's language.

use contract::{Code, Problem};

use super::mutations::Change;

#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// So many titles are in the list.
    Titles(u32),
    /// A search found so much.
    Results(usize),
    NothingFound {
        q: String,
    },
    /// A change was made on this screen.
    Changed(Change),
    /// The server did not make it, and it is taken back.
    NotChanged(Change),
    /// The server does not answer: what is changed is sent later.
    ChangedLater,
    /// So many changes were made too long ago to be sent.
    ChangesTooOld(usize),
    /// The server would not have what was set, and why.
    SettingsNotSaved(Code),
    /// What the server says is wrong.
    Problem(Problem),
    /// The screen that was opened, by its title.
    Screen(String),
    /// Said by a part of the app in its own words.
    Text(String),
}
