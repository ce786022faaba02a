//! What follows from what happens on the operator's pages: pure, a test is a script of actions.

use contract::{
    entitlements::{Entitlements, GetAccountEntitlements, ListPlans, Plan},
    identity::{Account, AccountPage, GetAccount, ListAccounts},
    ids::AccountId,
};

use super::{AccountList, OperatorAction as Action, OperatorEffect as Effect, OperatorQuestion as Question, OperatorState};
use crate::{
    route::{Operator, Route},
    store::{Load, action::Answer},
};

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut OperatorState, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, route),
        Action::RetryWanted => state.page.take().map_or_else(Vec::new, |page| opened(state, page)),
        Action::FormOpened => {
            state.saving = Load::Idle;
            Vec::new()
        }
        Action::AccountsAnswered { asked, answer } => accounts_answered(state, &asked, answer),
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, answer } => more_answered(state, &asked, answer),
        Action::AccountWanted(call) => save(state, Question::AddAccount(call)),
        Action::AccountMade(answer) => account_made(state, answer),
        Action::AccountAnswered { id, answer } => {
            if is_on_screen(state, &id) {
                state.account = answer.into();
            }
            Vec::new()
        }
        Action::AccountChangeWanted(call) => save(state, Question::ChangeAccount(call)),
        Action::AccountChanged(answer) => account_changed(state, answer),
        Action::EntitlementsAnswered { account, answer } => {
            if is_on_screen(state, &account) {
                state.entitlements = answer.into();
            }
            Vec::new()
        }
        Action::EntitlementsWanted(call) => save(state, Question::PutEntitlements(call)),
        Action::EntitlementsSaved(answer) => entitlements_saved(state, answer),
        Action::PlansAnswered(answer) => {
            state.plans = answer.into();
            Vec::new()
        }
        Action::PlanWanted(call) => save(state, Question::PutPlan(call)),
        Action::PlanSaved(answer) => plan_saved(state, answer),
    }
}

/// Everything is asked for anew: what an operator sees must be what is.
fn opened(state: &mut OperatorState, route: Route) -> Vec<Effect> {
    let page = match &route {
        Route::Operator(page) => page,
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Title { .. }
        | Route::Watch { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles
        | Route::NotFound => {
            *state = OperatorState::default();
            return Vec::new();
        }
    };
    let questions = match page {
        Operator::Accounts { q } => vec![Question::Accounts(accounts_from(q))],
        Operator::Account { id } => vec![
            Question::Account(GetAccount { id: id.clone() }),
            Question::Entitlements(GetAccountEntitlements { account: id.clone() }),
            Question::Plans(ListPlans {}),
        ],
        Operator::Plans | Operator::Plan { .. } => vec![Question::Plans(ListPlans {})],
    };
    *state = OperatorState {
        page: Some(route),
        accounts: Load::Pending,
        account: Load::Pending,
        entitlements: Load::Pending,
        plans: Load::Pending,
        saving: Load::Idle,
    };
    questions.into_iter().map(Effect::Ask).collect()
}

fn accounts_from(q: &str) -> ListAccounts {
    let q = q.trim();
    ListAccounts { q: (!q.is_empty()).then(|| q.to_owned()), ..ListAccounts::default() }
}

/// The list that is on the screen, where one is.
fn list_on_screen(state: &OperatorState) -> Option<ListAccounts> {
    let Some(Route::Operator(Operator::Accounts { q })) = &state.page else { return None };
    Some(accounts_from(q))
}

fn is_on_screen(state: &OperatorState, account: &AccountId) -> bool {
    matches!(&state.page, Some(Route::Operator(Operator::Account { id })) if id == account)
}

fn accounts_answered(state: &mut OperatorState, asked: &ListAccounts, answer: Answer<AccountPage>) -> Vec<Effect> {
    if list_on_screen(state).as_ref() == Some(asked) {
        state.accounts = answer.map(|page| AccountList { items: page.items, next: page.next, more: Load::Idle }).into();
    }
    Vec::new()
}

fn more_wanted(state: &mut OperatorState) -> Vec<Effect> {
    let asked = list_on_screen(state);
    let (Some(asked), Load::Ready(list)) = (asked, &mut state.accounts) else { return Vec::new() };
    let (Some(next), Load::Idle | Load::Failed(_)) = (&list.next, &list.more) else { return Vec::new() };
    let question = ListAccounts { page_token: Some(next.clone()), ..asked };
    list.more = Load::Pending;
    vec![Effect::Ask(Question::MoreAccounts(question))]
}

fn more_answered(state: &mut OperatorState, asked: &ListAccounts, answer: Answer<AccountPage>) -> Vec<Effect> {
    let first = ListAccounts { page_token: None, ..asked.clone() };
    let is_of_list = list_on_screen(state) == Some(first);
    let Load::Ready(list) = &mut state.accounts else { return Vec::new() };
    if !is_of_list || list.next != asked.page_token {
        return Vec::new();
    }
    match answer {
        Ok(page) => {
            list.items.extend(page.items);
            list.next = page.next;
            list.more = Load::Idle;
        }
        Err(problem) => list.more = Load::Failed(problem),
    }
    Vec::new()
}

/// One thing at a time, so that an answer belongs to what is on the screen.
fn save(state: &mut OperatorState, question: Question) -> Vec<Effect> {
    if state.saving == Load::Pending {
        return Vec::new();
    }
    state.saving = Load::Pending;
    vec![Effect::Ask(question)]
}

/// What was refused stays as it was typed.
fn refused<T>(state: &mut OperatorState, answer: Answer<T>) -> Option<T> {
    match answer {
        Ok(saved) => {
            state.saving = Load::Ready(());
            Some(saved)
        }
        Err(problem) => {
            state.saving = Load::Failed(problem);
            None
        }
    }
}

fn account_made(state: &mut OperatorState, answer: Answer<Account>) -> Vec<Effect> {
    let Some(account) = refused(state, answer) else { return Vec::new() };
    let again = list_on_screen(state).map(|list| Effect::Ask(Question::Accounts(list)));
    [Effect::note(format!("{} can sign in now.", account.login))].into_iter().chain(again).collect()
}

fn account_changed(state: &mut OperatorState, answer: Answer<Account>) -> Vec<Effect> {
    let Some(account) = refused(state, answer) else { return Vec::new() };
    let said = Effect::note(format!("{} is changed.", account.login));
    if is_on_screen(state, &account.id) {
        state.account = Load::Ready(account);
    }
    vec![said]
}

fn entitlements_saved(state: &mut OperatorState, answer: Answer<Entitlements>) -> Vec<Effect> {
    let Some(saved) = refused(state, answer) else { return Vec::new() };
    state.entitlements = Load::Ready(saved);
    vec![Effect::note("Saved. In force within five seconds.")]
}

fn plan_saved(state: &mut OperatorState, answer: Answer<Plan>) -> Vec<Effect> {
    let Some(saved) = refused(state, answer) else { return Vec::new() };
    if let Load::Ready(plans) = &mut state.plans {
        plans.retain(|plan| plan.id != saved.id);
        plans.push(saved);
        plans.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
    }
    vec![Effect::note("Saved. In force within five seconds.")]
}

#[cfg(test)]
mod tests {
    use contract::{Code, Problem, entitlements::PutPlan};
    use serde_json::Map;

    use super::*;

    fn at(page: Operator) -> OperatorState {
        let mut state = OperatorState::default();
        update(&mut state, Action::Opened(Route::Operator(page)));
        state
    }

    fn put() -> PutPlan {
        PutPlan { id: "family".parse().unwrap(), name: "Family".into(), authorization: Map::new(), expected_version: 3 }
    }

    #[test]
    fn an_account_is_asked_for_with_what_it_may_do_and_what_it_could_be_given() {
        let id: AccountId = "a1".parse().unwrap();
        let mut state = OperatorState::default();
        let asked = update(&mut state, Action::Opened(Route::Operator(Operator::Account { id: id.clone() })));
        let expected = [
            Effect::Ask(Question::Account(GetAccount { id: id.clone() })),
            Effect::Ask(Question::Entitlements(GetAccountEntitlements { account: id.clone() })),
            Effect::Ask(Question::Plans(ListPlans {})),
        ];
        assert_eq!(asked, expected);
        let late = Action::AccountAnswered { id: "b2".parse().unwrap(), answer: Err(Problem::internal()) };
        update(&mut state, late);
        assert_eq!(state.account, Load::Pending, "an answer to another page");
    }

    #[test]
    fn a_refused_plan_is_asked_for_by_nobody_and_loses_nothing() {
        let mut state = at(Operator::Plans);
        state.plans = Load::Ready(Vec::new());
        assert_eq!(update(&mut state, Action::PlanWanted(put())), [Effect::Ask(Question::PutPlan(put()))]);
        assert_eq!(update(&mut state, Action::PlanWanted(put())), [], "a second press");
        assert_eq!(update(&mut state, Action::PlanSaved(Err(Problem::new(Code::VersionConflict)))), []);
        assert_eq!(state.saving.failed().map(|problem| problem.code), Some(Code::VersionConflict));
        assert_eq!(state.plans, Load::Ready(Vec::new()));
    }

    #[test]
    fn a_saved_plan_takes_the_place_of_the_one_before() {
        let mut state = at(Operator::Plans);
        let plan = |version| Plan {
            id: "family".parse().unwrap(),
            name: "Family".into(),
            authorization: Map::new(),
            version,
            notice: None,
        };
        state.plans = Load::Ready(vec![plan(3)]);
        update(&mut state, Action::PlanWanted(put()));
        update(&mut state, Action::PlanSaved(Ok(plan(4))));
        assert_eq!(state.plans, Load::Ready(vec![plan(4)]));
    }

    #[test]
    fn a_list_grows_by_pages_and_a_late_page_of_another_search_is_dropped() {
        let mut state = at(Operator::Accounts { q: "a".into() });
        let asked = ListAccounts { q: Some("a".into()), ..ListAccounts::default() };
        let page = AccountPage { items: Vec::new(), next: Some("t".into()) };
        update(&mut state, Action::AccountsAnswered { asked: asked.clone(), answer: Ok(page) });
        let more = ListAccounts { page_token: Some("t".into()), ..asked };
        assert_eq!(update(&mut state, Action::MoreWanted), [Effect::Ask(Question::MoreAccounts(more.clone()))]);
        let other = ListAccounts { q: None, ..more.clone() };
        update(&mut state, Action::MoreAnswered { asked: other, answer: Ok(AccountPage::default()) });
        assert_eq!(state.accounts.ready().unwrap().more, Load::Pending);
        update(&mut state, Action::MoreAnswered { asked: more, answer: Ok(AccountPage::default()) });
        assert_eq!(state.accounts.ready().unwrap().next, None);
    }

    #[test]
    fn elsewhere_nothing_of_it_is_kept() {
        let mut state = at(Operator::Plans);
        assert_eq!(update(&mut state, Action::Opened(Route::Home)), []);
        assert_eq!(state, OperatorState::default());
    }
}
