//! What a viewer changes of lists, favourites and the history: what takes it back, and the words for both.
//!
//! The log (`store/mutations.rs`) holds each as a text that this file writes and reads, so that its code is in the chunks that
//! make and send changes alone.

use contract::{
    Code, Problem,
    ids::{ListId, TitleId},
    library::WATCHLIST,
};
use serde::{Deserialize, Serialize};

use super::unwanted::Unwanted;
use crate::{
    json,
    parts::words,
    store::mutations::{Change, LibraryEntry, Mutations},
};

/// Something that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LibraryChange {
    Add(Listed),
    Remove(Listed),
    /// Moves a title on a list of one's own.
    Move {
        listed: Listed,
        from: Between,
    },
    AddFavourite(Named),
    RemoveFavourite(Named),
    /// Watched at these times, in milliseconds since 1970.
    Watch {
        title: Named,
        dates: Vec<u64>,
    },
    /// Not watched at these times, or never.
    Unwatch {
        title: Named,
        dates: Vec<u64>,
        is_never: bool,
    },
    /// Makes a list, or changes what it says of itself.
    SaveList {
        list: ListWords,
        before: Option<ListWords>,
    },
    DeleteList(ListWords),
    ForgetHistory,
    KeepHistory {
        is_kept: bool,
    },
    /// Nothing of it is to be recommended.
    Hide(Unwanted),
    /// It may be recommended again.
    Recommend(Unwanted),
}

/// A title, with its name for words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub id: TitleId,
    pub name: String,
}

/// A title and the list that it is on, or is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub list: ListId,
    /// The list's name, for words.
    pub list_name: String,
    pub title: Named,
    pub note: String,
    /// Where it stands; on top where that is not said.
    pub between: Option<Between>,
}

/// The titles before and behind a place on a list; nothing at its ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    pub before: Option<TitleId>,
    pub behind: Option<TitleId>,
}

/// What a list of one's own says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListWords {
    pub id: ListId,
    pub name: String,
    pub note: String,
    pub is_shared: bool,
}

/// A change under way, as the slice sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    Library(LibraryChange),
    /// A title was played, or said to be, to its end: it is watched.
    Finished(TitleId),
}

impl LibraryChange {
    /// What takes it back; nothing where nothing does.
    pub fn inverse(self) -> Option<Self> {
        match self {
            Self::Add(listed) => Some(Self::Remove(listed)),
            Self::Remove(listed) => Some(Self::Add(listed)),
            Self::Move { mut listed, from } => {
                let to = listed.between.replace(from).unwrap_or_default();
                Some(Self::Move { listed, from: to })
            }
            Self::AddFavourite(title) => Some(Self::RemoveFavourite(title)),
            Self::RemoveFavourite(title) => Some(Self::AddFavourite(title)),
            Self::Watch { title, dates } => Some(Self::Unwatch { title, dates, is_never: false }),
            Self::Unwatch { title, dates, is_never: _ } => Some(Self::Watch { title, dates }),
            Self::SaveList { list, before: Some(before) } => Some(Self::SaveList { list: before, before: Some(list) }),
            Self::SaveList { list, before: None } => Some(Self::DeleteList(list)),
            Self::DeleteList(_) | Self::ForgetHistory => None,
            Self::KeepHistory { is_kept } => Some(Self::KeepHistory { is_kept: !is_kept }),
            Self::Hide(unwanted) => Some(Self::Recommend(unwanted)),
            Self::Recommend(unwanted) => Some(Self::Hide(unwanted)),
        }
    }

    /// As the log takes it. A move says nothing: where the title stands shows it.
    pub fn entry(self) -> LibraryEntry {
        let said = if let Self::Move { .. } = self { String::new() } else { self.said() };
        let change = text(&self);
        let inverse = self.inverse().as_ref().map(text).unwrap_or_default();
        LibraryEntry { said, change, inverse, takes_back: None }
    }

    /// What a text of the log is; nothing where another build wrote it.
    pub fn read(text: &str) -> Option<Self> {
        json::read(text)
    }

    /// What is said once it is done.
    pub fn said(&self) -> String {
        match self {
            Self::Add(listed) => format!("{} is on {}.", listed.title.quoted(), listed.list_words()),
            Self::Remove(listed) => format!("{} is no longer on {}.", listed.title.quoted(), listed.list_words()),
            Self::Move { listed, from: _ } => format!("{} has moved.", listed.title.quoted()),
            Self::AddFavourite(title) => format!("{} is a favourite.", title.quoted()),
            Self::RemoveFavourite(title) => format!("{} is no longer a favourite.", title.quoted()),
            Self::Watch { title, .. } => format!("{} is marked as watched.", title.quoted()),
            Self::Unwatch { title, is_never: true, .. } => format!("{} is marked as not watched.", title.quoted()),
            Self::Unwatch { title, .. } => format!("A viewing of {} is removed.", title.quoted()),
            Self::SaveList { list, before: None } => format!("The list {} was created.", list.quoted()),
            Self::SaveList { list, before: Some(_) } => format!("The list {} is changed.", list.quoted()),
            Self::DeleteList(list) => format!("The list {} is deleted.", list.quoted()),
            Self::ForgetHistory => "Your history is empty.".to_owned(),
            Self::KeepHistory { is_kept: true } => "A history of what you watch is kept from now on.".to_owned(),
            Self::KeepHistory { is_kept: false } => "No history of what you watch is kept from now on.".to_owned(),
            Self::Hide(unwanted) => format!("{} is not recommended any more. You can change that in Settings.", unwanted.words()),
            Self::Recommend(unwanted) => format!("{} may be recommended again.", unwanted.words()),
        }
    }

    /// What is said where the server refused it, and why it did.
    pub fn refused(&self, problem: &Problem) -> String {
        let what = match self {
            Self::Add(listed) => format!("{} could not be put on {}.", listed.title.quoted(), listed.list_words()),
            Self::Remove(listed) => format!("{} could not be taken off {}.", listed.title.quoted(), listed.list_words()),
            Self::Move { .. } if problem.code == Code::VersionConflict => {
                return "The list was changed elsewhere meanwhile. It is shown as it is now.".to_owned();
            }
            Self::Move { listed, from: _ } => format!("{} could not be moved.", listed.title.quoted()),
            Self::AddFavourite(title) => format!("{} could not be made a favourite.", title.quoted()),
            Self::RemoveFavourite(title) => format!("{} could not be taken off your favourites.", title.quoted()),
            Self::Watch { title, .. } => format!("{} could not be marked as watched.", title.quoted()),
            Self::Unwatch { title, .. } => format!("{} could not be marked as not watched.", title.quoted()),
            Self::SaveList { list, .. } => format!("The list {} could not be saved.", list.quoted()),
            Self::DeleteList(list) => format!("The list {} could not be deleted.", list.quoted()),
            Self::ForgetHistory => "Your history could not be removed.".to_owned(),
            Self::KeepHistory { .. } => "Whether a history is kept could not be changed.".to_owned(),
            Self::Hide(_) | Self::Recommend(_) => "What is recommended to you could not be changed.".to_owned(),
        };
        let field = problem.fields.first().map(|field| format!("The {} {}.", field.field, field.message.trim_end_matches('.')));
        let why = field.unwrap_or_else(|| words::problem(problem));
        // Which right is missing comes first: names may be long, and a notice has few lines.
        if problem.code == Code::NotAllowed { format!("{why} {what}") } else { format!("{what} {why}") }
    }
}

fn text(change: &LibraryChange) -> String {
    serde_json::to_string(change).unwrap_or_default()
}

/// In quotation marks, and in a direction of its own: what somebody else wrote changes nothing of the words around it (Unicode
/// Bidirectional Algorithm, isolates).
pub fn quoted(name: &str) -> String {
    format!("\u{201c}\u{2068}{name}\u{2069}\u{201d}")
}

impl Named {
    pub fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

impl ListWords {
    pub fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

impl Listed {
    /// On top of a list.
    pub fn on(list: ListId, list_name: &str, title: Named) -> Self {
        Self { list, list_name: list_name.to_owned(), title, note: String::new(), between: None }
    }

    fn list_words(&self) -> String {
        if self.list.as_str() == WATCHLIST { "My list".to_owned() } else { quoted(&self.list_name) }
    }
}

/// What is under way of the library, the oldest first.
pub fn pending(log: &Mutations) -> Vec<Pending> {
    let of = |change: &Change| match change {
        Change::Library(entry) => LibraryChange::read(&entry.change).map(Pending::Library),
        Change::Finish(begun) => Some(Pending::Finished(begun.id.clone())),
        // Whether a title that is gone on with was watched before, the server alone knows.
        Change::Forget(_) | Change::Restore(..) => None,
    };
    log.changes().filter_map(of).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn title(id: &str) -> Named {
        Named { id: id.parse().unwrap(), name: id.to_uppercase() }
    }

    pub fn listed(id: &str) -> Listed {
        Listed::on(ListId::watchlist(), "My list", title(id))
    }

    pub fn own_list(name: &str) -> ListWords {
        ListWords { id: "0123456789abcdef0123".parse().unwrap(), name: name.to_owned(), note: String::new(), is_shared: false }
    }

    pub fn every_change() -> Vec<LibraryChange> {
        let between = |before: &str| Between { before: Some(before.parse().unwrap()), behind: None };
        vec![
            LibraryChange::Add(listed("a")),
            LibraryChange::Remove(Listed { note: "n".into(), between: Some(between("b")), ..listed("a") }),
            LibraryChange::Move { listed: Listed { between: Some(between("b")), ..listed("a") }, from: Between::default() },
            LibraryChange::AddFavourite(title("a")),
            LibraryChange::RemoveFavourite(title("a")),
            LibraryChange::Watch { title: title("a"), dates: vec![7] },
            LibraryChange::Unwatch { title: title("a"), dates: vec![7, 3], is_never: true },
            LibraryChange::Unwatch { title: title("a"), dates: vec![7], is_never: false },
            LibraryChange::SaveList { list: own_list("Sunday"), before: None },
            LibraryChange::SaveList { list: own_list("Sunday"), before: Some(own_list("Monday")) },
            LibraryChange::DeleteList(own_list("Sunday")),
            LibraryChange::ForgetHistory,
            LibraryChange::KeepHistory { is_kept: false },
            LibraryChange::Hide(Unwanted::genre("Drama")),
            LibraryChange::Recommend(Unwanted::title(&"a".parse().unwrap(), "A")),
        ]
    }

    #[test]
    fn every_change_is_read_as_it_was_written_into_the_log_and_so_is_what_takes_it_back() {
        for change in every_change() {
            let entry = change.clone().entry();
            assert_eq!(LibraryChange::read(&entry.change), Some(change.clone()));
            assert_eq!(LibraryChange::read(&entry.inverse), change.inverse());
        }
    }

    #[test]
    fn taking_back_twice_is_the_change_itself_where_nothing_is_lost_by_it() {
        for change in every_change() {
            let twice = change.clone().inverse().and_then(LibraryChange::inverse);
            match &change {
                LibraryChange::DeleteList(_) | LibraryChange::ForgetHistory => assert_eq!(twice, None),
                // A list that was made and is deleted stays deleted.
                LibraryChange::SaveList { before: None, .. } => assert_eq!(twice, None),
                LibraryChange::Unwatch { title, dates, is_never: true } => {
                    let viewings = LibraryChange::Unwatch { title: title.clone(), dates: dates.clone(), is_never: false };
                    assert_eq!(twice, Some(viewings), "the viewings that it brought back, and no other");
                }
                other => assert_eq!(twice.as_ref(), Some(other)),
            }
        }
    }

    #[test]
    fn what_was_refused_says_what_and_why() {
        let problem = Problem::new(Code::LimitReached).with_detail("A list has 5,000 titles at most.");
        let words = LibraryChange::Add(listed("a")).refused(&problem);
        assert_eq!(words, "\u{201c}\u{2068}A\u{2069}\u{201d} could not be put on My list. A list has 5,000 titles at most.");
    }

    #[test]
    fn what_a_plan_lacks_is_said_first_and_in_few_words() {
        let problem = Problem::new(Code::NotAllowed).with_detail("Your plan does not include favourites.");
        let words = LibraryChange::AddFavourite(title("a")).refused(&problem);
        assert_eq!(
            words,
            "Your plan does not include favourites. \u{201c}\u{2068}A\u{2069}\u{201d} could not be made a favourite."
        );
    }

    #[test]
    fn a_name_keeps_its_direction_to_itself() {
        let said = LibraryChange::SaveList { list: own_list("\u{202e}abc"), before: None }.said();
        assert_eq!(said, "The list \u{201c}\u{2068}\u{202e}abc\u{2069}\u{201d} was created.");
    }
}
