//! Choices of where video lies, from the press to the server's word: one request at a time of each, and the last press counts.

use contract::{
    Problem,
    ids::TitleId,
    storage_plan::{RemoveTitleStorageChoice, ReplaceStorageChoice, ReplaceTitleStorageChoice, StorageChoice},
};
use serde::Serialize;

use super::{Storage, StorageEffect as Effect, StorageRequest as Request};
use crate::store::{action::Response, lazy::LazyEffect};

/// What a choice is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Of {
    /// All titles that have none of their own.
    All,
    Title(TitleId),
}

/// A choice that is sent and not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnderWay {
    pub of: Of,
    sent: Option<StorageChoice>,
    /// What held before the first of those that wait for each other: what Undo brings back.
    before: Option<StorageChoice>,
    /// What was chosen since, and is sent next.
    pub wanted: Option<StorageChoice>,
}

/// A choice that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chosen {
    pub of: Of,
    pub now: Option<StorageChoice>,
    before: Option<StorageChoice>,
}

/// Why a choice is not in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    pub of: Of,
    pub problem: Problem,
}

impl Storage {
    /// The choice for all as the operator sees it; nothing where it is not known.
    pub fn choice(&self) -> Option<StorageChoice> {
        self.choice_of(&Of::All)
    }

    /// A title's own choice as the operator sees it; nothing where it follows that for all.
    pub fn choice_of(&self, of: &Of) -> Option<StorageChoice> {
        let under_way = self.under_way.iter().find(|under_way| under_way.of == *of);
        under_way.map_or_else(|| self.confirmed(of), |under_way| under_way.wanted)
    }

    fn confirmed(&self, of: &Of) -> Option<StorageChoice> {
        match of {
            Of::All => self.plan.latest().map(|plan| plan.choice),
            Of::Title(id) => {
                let items = &self.advice.latest()?.items;
                items.iter().find(|advice| advice.title == *id).and_then(|advice| advice.choice)
            }
        }
    }
}

/// Sends a choice, or has it wait for the one that is under way.
pub fn wanted(state: &mut Storage, of: Of, choice: Option<StorageChoice>) -> Vec<Effect> {
    if state.choice_of(&of) == choice {
        return Vec::new();
    }
    (state.chosen, state.refused) = (None, None);
    if let Some(under_way) = state.under_way.iter_mut().find(|under_way| under_way.of == of) {
        under_way.wanted = choice;
        return Vec::new();
    }
    let before = state.confirmed(&of);
    state.under_way.push(UnderWay { of: of.clone(), sent: choice, before, wanted: choice });
    send(of, choice)
}

/// What came of one. Returns whether something else is in force than before, so that it has to be asked what follows from it.
pub fn answered(state: &mut Storage, of: Of, answer: Response<()>) -> (Vec<Effect>, bool) {
    let Some(at) = state.under_way.iter().position(|under_way| under_way.of == of) else { return (Vec::new(), false) };
    let UnderWay { sent, before, wanted, .. } = state.under_way.remove(at);
    let is_done = answer.is_ok();
    match answer {
        Ok(()) => {
            confirm(state, &of, sent);
            state.chosen = Some(Chosen { of: of.clone(), now: sent, before });
        }
        // What was chosen since is tried all the same.
        Err(problem) if wanted == sent => state.refused = Some(Refused { of: of.clone(), problem }),
        Err(_) => {}
    }
    if wanted == sent || wanted == state.confirmed(&of) {
        return (Vec::new(), is_done);
    }
    state.chosen = None;
    state.under_way.push(UnderWay { of: of.clone(), sent: wanted, before, wanted });
    (send(of, wanted), is_done)
}

/// Takes the last choice back.
pub fn undone(state: &mut Storage) -> Vec<Effect> {
    let Some(Chosen { of, before, .. }) = state.chosen.take() else { return Vec::new() };
    wanted(state, of, before)
}

fn confirm(state: &mut Storage, of: &Of, choice: Option<StorageChoice>) {
    match of {
        Of::All => {
            if let (Some(plan), Some(choice)) = (state.plan.ready_mut(), choice) {
                plan.choice = choice;
            }
        }
        Of::Title(id) => {
            let items = state.advice.ready_mut().map(|list| &mut list.items).into_iter().flatten();
            items.filter(|advice| advice.title == *id).for_each(|advice| advice.choice = choice);
        }
    }
}

fn send(of: Of, choice: Option<StorageChoice>) -> Vec<Effect> {
    let request = match (of, choice) {
        (Of::All, Some(choice)) => Request::Choose(ReplaceStorageChoice { choice }),
        // There always is one for all.
        (Of::All, None) => return Vec::new(),
        (Of::Title(title), Some(choice)) => Request::ChooseOfTitle(ReplaceTitleStorageChoice { title, choice }),
        (Of::Title(title), None) => Request::FollowAll(RemoveTitleStorageChoice { title }),
    };
    vec![LazyEffect::Send(request)]
}
