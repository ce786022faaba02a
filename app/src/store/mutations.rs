//! What the viewer changed and the server has not confirmed yet: one log, from which Undo and what is done offline follow.
//!
//! A change is on the screen at once and sent at once. Until it is confirmed it is laid over whatever the server says, and kept in
//! the browser, so that a tab that is closed and a network that is away only delay it; one that is refused is taken back in words.
//! Undo is another change, the inverse: it works whether or not the first has arrived, because changes of one title are sent one
//! after the other. So are all changes of lists, favourites and the history: what these are and how they are sent is code of a chunk
//! (`store/library/change.rs`), and here each is a text.

use contract::{ids::TitleId, playback::Progress};
use serde::{Deserialize, Serialize};

/// How long a change that did not arrive is kept, in milliseconds: 30 days.
const KEPT_MILLISECONDS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// The changes under way, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutations {
    pending: Vec<Pending>,
    /// The last id that was given.
    last: u64,
    /// Tries in a row that did not arrive.
    pub failures: u32,
}

#[derive(Clone, Debug, PartialEq)]
struct Pending {
    mutation: Mutation,
    is_sent: bool,
}

/// A change under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutation {
    /// When it was made, in milliseconds since 1970, or the next that was free: an order, and a name.
    pub id: u64,
    pub change: Change,
}

impl Mutation {
    /// How long ago it was made.
    pub const fn milliseconds_ago(&self, now: u64) -> u64 {
        now.saturating_sub(self.id)
    }
}

/// Something that a viewer changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Takes a title off "Continue watching".
    Forget(Begun),
    /// Marks a title as watched: it is as if it had been played to its end.
    Finish(Begun),
    /// Has it there again, as it was before this change.
    Restore(Begun, u64),
    /// Changes a list, a favourite or the history.
    Library(LibraryEntry),
}

/// A change of lists, favourites or the history, as the log holds it: `store/library/change.rs` writes and reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LibraryEntry {
    /// What is said of it once it is made; nothing where it is empty.
    pub said: String,
    /// What it is.
    pub change: String,
    /// What takes it back; empty where nothing does.
    pub inverse: String,
    /// The id of the change that this one takes back, where it is an Undo: what that one did the server may know better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_back: Option<u64>,
}

/// A title that was begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub id: TitleId,
    /// Its name, for words.
    pub name: String,
    pub progress: Progress,
    /// Where on "Continue watching" it stands.
    pub place: usize,
}

impl Change {
    /// What takes it back, where it is the change of this id.
    pub fn inverse(self, id: u64) -> Self {
        match self {
            Self::Forget(begun) | Self::Finish(begun) => Self::Restore(begun, id),
            Self::Restore(begun, _) => Self::Forget(begun),
            Self::Library(LibraryEntry { said, change, inverse, takes_back: _ }) => {
                Self::Library(LibraryEntry { said, change: inverse, inverse: change, takes_back: Some(id) })
            }
        }
    }

    /// The title as it is with this change; nothing where it is one of the library's.
    pub const fn begun(&self) -> Option<&Begun> {
        match self {
            Self::Forget(begun) | Self::Finish(begun) | Self::Restore(begun, _) => Some(begun),
            Self::Library(_) => None,
        }
    }

    /// How far the viewer is with this change.
    pub fn progress(&self) -> Option<Progress> {
        match self {
            Self::Forget(_) | Self::Finish(_) | Self::Library(_) => None,
            Self::Restore(begun, _) => Some(begun.progress.clone()),
        }
    }
}

impl Mutations {
    /// Adds a change that is made now, in milliseconds since 1970. It is to be sent where [`Mutations::send_next`] says so.
    pub fn add(&mut self, change: Change, now: u64) -> Mutation {
        self.last = now.max(self.last.saturating_add(1));
        let mutation = Mutation { id: self.last, change };
        self.pending.push(Pending { mutation: mutation.clone(), is_sent: false });
        mutation
    }

    /// Adds what an earlier page kept; how many were too old, of which nothing comes.
    pub fn restore(&mut self, kept: Vec<Mutation>, now: u64) -> usize {
        let mut old = 0;
        for mutation in kept {
            if now.saturating_sub(mutation.id) >= KEPT_MILLISECONDS {
                old += 1;
                continue;
            }
            // A few: where each belongs is found by looking.
            let at = self.pending.iter().position(|other| other.mutation.id >= mutation.id).unwrap_or(self.pending.len());
            if self.pending.get(at).is_none_or(|other| other.mutation.id != mutation.id) {
                self.last = self.last.max(mutation.id);
                self.pending.insert(at, Pending { mutation, is_sent: false });
            }
        }
        old
    }

    /// What is to be sent now: of each title, and of the library, the oldest change, where none of it is under way.
    pub fn send_next(&mut self) -> Vec<Mutation> {
        let mut titles: Vec<Option<TitleId>> = Vec::new();
        let mut due = Vec::new();
        for pending in &mut self.pending {
            let title = pending.mutation.change.begun().map(|begun| begun.id.clone());
            if titles.contains(&title) {
                continue;
            }
            titles.push(title);
            if !pending.is_sent {
                pending.is_sent = true;
                due.push(pending.mutation.clone());
            }
        }
        due
    }

    /// Takes out a change that was answered.
    pub fn take(&mut self, id: u64) -> Option<Mutation> {
        let at = self.pending.iter().position(|pending| pending.mutation.id == id)?;
        Some(self.pending.remove(at).mutation)
    }

    /// A change did not arrive: it stays, to be sent another time.
    pub fn keep(&mut self, id: u64) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.mutation.id == id) {
            pending.is_sent = false;
        }
    }

    /// What is under way, the oldest first.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.pending.iter().map(|pending| &pending.mutation.change)
    }

    /// The id of the change that was added last.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Everything that is under way, the oldest first.
    pub fn all(&self) -> Vec<Mutation> {
        self.pending.iter().map(|pending| pending.mutation.clone()).collect()
    }

    pub const fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_names_the_change_that_it_takes_back_and_what_an_older_build_kept_names_none() {
        let kept = r#"{"Library":{"said":"Watched.","change":"watch","inverse":"unwatch"}}"#;
        let change: Change = serde_json::from_str(kept).unwrap();
        assert_eq!(serde_json::to_string(&change).unwrap(), kept);
        let mut log = Mutations::default();
        let made = log.add(change, 5);
        let Change::Library(undo) = made.change.clone().inverse(made.id) else { panic!("{made:?}") };
        assert_eq!((undo.change.as_str(), undo.takes_back), ("unwatch", Some(5)));
    }
}
