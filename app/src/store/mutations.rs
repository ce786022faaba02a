//! What the viewer changed and the server has not confirmed yet.
//!
//! A change is on the screen at once and sent at once. Until it is confirmed it is laid over whatever the server says; one that is
//! refused is taken back in words. Undo is another change, the inverse: it works whether or not the first has arrived, because
//! changes of one title are sent one after the other.

use contract::{ids::TitleId, playback::ContinueItem};

/// The changes under way, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutations {
    next: u64,
    pending: Vec<Mutation>,
}

/// A change under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    pub id: u64,
    pub change: Change,
}

/// Something that a viewer changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Takes a title off "Continue watching", from that place.
    Forget { item: Box<ContinueItem>, place: usize },
    /// Puts it there.
    Restore { item: Box<ContinueItem>, place: usize },
}

impl Change {
    /// What takes it back.
    pub fn inverse(self) -> Self {
        match self {
            Self::Forget { item, place } => Self::Restore { item, place },
            Self::Restore { item, place } => Self::Forget { item, place },
        }
    }

    /// The list as it is with this change.
    pub fn apply(&self, items: &mut Vec<ContinueItem>) {
        items.retain(|item| item.card.id != *self.title());
        match self {
            Self::Forget { .. } => {}
            Self::Restore { item, place } => items.insert((*place).min(items.len()), ContinueItem::clone(item)),
        }
    }

    /// Where the server did not do it.
    pub fn failure(&self) -> String {
        match self {
            Self::Forget { item, .. } => format!("\u{201c}{}\u{201d} could not be taken off Continue watching.", item.card.title),
            Self::Restore { item, .. } => format!("\u{201c}{}\u{201d} could not be put back.", item.card.title),
        }
    }

    fn title(&self) -> &TitleId {
        match self {
            Self::Forget { item, .. } | Self::Restore { item, .. } => &item.card.id,
        }
    }
}

impl Mutations {
    /// Adds a change; it is to be sent now where none of the same title is under way.
    pub fn add(&mut self, change: Change) -> Option<Mutation> {
        let is_first = self.pending.iter().all(|other| other.change.title() != change.title());
        let mutation = Mutation { id: self.next, change };
        self.next += 1;
        self.pending.push(mutation.clone());
        is_first.then_some(mutation)
    }

    /// Takes out a change that was answered: it, and the next of the same title, which is to be sent now.
    pub fn take(&mut self, id: u64) -> Option<(Mutation, Option<Mutation>)> {
        let at = self.pending.iter().position(|mutation| mutation.id == id)?;
        let answered = self.pending.remove(at);
        let next = self.pending.iter().find(|other| other.change.title() == answered.change.title()).cloned();
        Some((answered, next))
    }

    /// The list as it is once everything under way is done.
    pub fn lay_over(&self, items: &mut Vec<ContinueItem>) {
        self.pending.iter().for_each(|mutation| mutation.change.apply(items));
    }
}
