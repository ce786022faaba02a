//! What follows from what happens to storage on the desk: pure, a test is a script of actions.

use contract::{
    catalog::GetTitleCards,
    ids::TitleId,
    storage_plan::{
        CostSheets, GetStoragePlan, ListStorageAdvice, ListStorageCosts, ReplaceCostSheets, StorageAdvice, StorageAdvicePage,
    },
};

use super::{AdviceList, Storage, StorageAction as Action, StorageEffect as Effect, StorageRequest as Request, choices};
use crate::{
    route::{Operator, Route},
    store::{Submission, action::Response, lazy::LazyEffect},
};

/// Titles on a page of advice.
const TITLES: u8 = 20;
/// Of how many looks one asks where nothing moves: what was chosen is decided within a minute.
const REST_EVERY: u32 = 4;

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut Storage, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(Route::Operator(Operator::Desk)) => {
            *state = Storage { is_open: true, ..Storage::default() };
            ask_everything(state)
        }
        Action::Opened(_) => {
            *state = Storage::default();
            Vec::new()
        }
        _ if !state.is_open => Vec::new(),
        Action::RetryWanted => ask_everything(state),
        Action::LookDue => look_due(state),
        Action::PlanAnswered(answer) => {
            state.plan.answer(&(), answer);
            Vec::new()
        }
        Action::CostsAnswered(answer) => {
            state.costs.answer(&(), answer);
            Vec::new()
        }
        Action::AdviceAnswered(answer) => advice_answered(state, answer),
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered(answer) => more_answered(state, answer),
        // Until they are there titles are shown without a name, and asked for with the next look.
        Action::CardsAnswered(answer) => {
            let new = answer.unwrap_or_default();
            state.cards.retain(|old| new.iter().all(|card| card.id != old.id));
            state.cards.extend(new);
            Vec::new()
        }
        Action::ChoiceWanted { of, choice } => choices::wanted(state, of, choice),
        Action::ChoiceAnswered { of, answer } => {
            let (mut effects, is_done) = choices::answered(state, of, answer);
            if is_done {
                effects.extend(ask_now(state));
            }
            effects
        }
        Action::UndoWanted => choices::undone(state),
        Action::SheetsWanted(call) => save_sheets(state, call),
        Action::SheetsSaved(answer) => sheets_saved(state, answer),
    }
}

fn ask_everything(state: &mut Storage) -> Vec<Effect> {
    if state.saving_sheets != Submission::Pending {
        state.saving_sheets = Submission::Idle;
    }
    state.costs.refresh(());
    let mut effects = ask_now(state);
    effects.push(LazyEffect::Send(Request::Costs(ListStorageCosts::default())));
    effects
}

/// What is so at this moment.
fn ask_now(state: &mut Storage) -> Vec<Effect> {
    state.plan.refresh(());
    state.advice.refresh(());
    [Request::Plan(GetStoragePlan {}), Request::Advice(page(None))].map(LazyEffect::Send).into()
}

fn page(page_token: Option<String>) -> ListStorageAdvice {
    ListStorageAdvice { page_token, limit: Some(TITLES) }
}

/// As often as titles move one sees how far they are; else now and then.
fn look_due(state: &mut Storage) -> Vec<Effect> {
    state.looks = state.looks.wrapping_add(1);
    let moves = state.advice.latest().is_some_and(|list| list.items.iter().any(|advice| advice.moves.is_some()));
    if moves || state.looks.is_multiple_of(REST_EVERY) { ask_now(state) } else { Vec::new() }
}

/// What was loaded beyond the first page stays, as far as it was not told anew.
fn advice_answered(state: &mut Storage, answer: Response<StorageAdvicePage>) -> Vec<Effect> {
    let before = state.advice.latest().cloned().unwrap_or_default();
    let answer = answer.map(|page| {
        let (first, is_longer) = (page.items.len(), before.items.len() > page.items.len());
        let is_kept = |old: &StorageAdvice| page.items.iter().all(|new| new.title != old.title);
        let later: Vec<StorageAdvice> = if is_longer && page.next.is_some() {
            before.items.into_iter().skip(first).filter(is_kept).collect()
        } else {
            Vec::new()
        };
        let (next, more) = if later.is_empty() { (page.next, Submission::Idle) } else { (before.next, before.more) };
        AdviceList { items: page.items.into_iter().chain(later).collect(), total: page.total, next, more }
    });
    state.advice.answer(&(), answer);
    ask_cards(state)
}

fn more_wanted(state: &mut Storage) -> Vec<Effect> {
    let Some(list) = state.advice.ready_mut() else { return Vec::new() };
    let Some(next) = list.next.clone() else { return Vec::new() };
    if list.more.begin() { vec![LazyEffect::Send(Request::MoreAdvice(page(Some(next))))] } else { Vec::new() }
}

fn more_answered(state: &mut Storage, answer: Response<StorageAdvicePage>) -> Vec<Effect> {
    let Some(list) = state.advice.ready_mut() else { return Vec::new() };
    // The list began anew meanwhile.
    if list.more != Submission::Pending {
        return Vec::new();
    }
    let Some(page) = list.more.end(answer) else { return Vec::new() };
    list.more = Submission::Idle;
    list.next = page.next;
    list.total = page.total;
    let known: Vec<TitleId> = list.items.iter().map(|advice| advice.title.clone()).collect();
    list.items.extend(page.items.into_iter().filter(|advice| !known.contains(&advice.title)));
    ask_cards(state)
}

/// Those that are not known yet, as many as the call takes; those of titles that are not advised of any more go.
fn ask_cards(state: &mut Storage) -> Vec<Effect> {
    const MOST: usize = 100;
    let items = state.advice.latest().map(|list| list.items.as_slice()).unwrap_or_default();
    state.cards.retain(|card| items.iter().any(|advice| advice.title == card.id));
    let unknown = items.iter().map(|advice| &advice.title).filter(|id| state.cards.iter().all(|card| card.id != **id));
    let ids: Vec<TitleId> = unknown.take(MOST).cloned().collect();
    if ids.is_empty() { Vec::new() } else { vec![LazyEffect::Send(Request::Cards(GetTitleCards { ids, is_fresh: false }))] }
}

fn save_sheets(state: &mut Storage, call: ReplaceCostSheets) -> Vec<Effect> {
    state.saving_sheets.begin().then_some(LazyEffect::Send(Request::PutSheets(call))).into_iter().collect()
}

/// Bills, costs and advice follow from the sheets.
fn sheets_saved(state: &mut Storage, answer: Response<CostSheets>) -> Vec<Effect> {
    let Some(CostSheets { sheets, version }) = state.saving_sheets.end(answer) else { return Vec::new() };
    if let Some(plan) = state.plan.ready_mut() {
        (plan.sheets, plan.sheets_version) = (Some(sheets), version);
    }
    let mut effects = ask_everything(state);
    effects.push(LazyEffect::note("The cost sheets are saved. What follows from them is there within a minute."));
    effects
}

#[cfg(test)]
mod tests;
