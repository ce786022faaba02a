//! What follows from what happens on the operator's pages: pure, a test is a script of actions.

use contract::{
    entitlements::{Entitlements, GetAccountEntitlements, ListPlans, Plan},
    identity::{Account, AccountPage, GetAccount, ListAccounts},
    ids::AccountId,
};

use super::{AccountList, OperatorAction as Action, OperatorEffect as Effect, OperatorRequest as Request, OperatorState};
use crate::{
    route::{Operator, Route},
    store::{Submission, action::Response},
};

/// The next state, in place, and what is to be done outside of it.
pub fn update(state: &mut OperatorState, action: Action) -> Vec<Effect> {
    match action {
        Action::Opened(route) => opened(state, route),
        Action::RetryWanted => retry(state),
        Action::FormOpened => {
            (state.saving, state.pricing) = (Submission::Idle, Submission::Idle);
            Vec::new()
        }
        Action::AccountsAnswered { asked, answer } => accounts_answered(state, &asked, answer),
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, answer } => more_answered(state, &asked, answer),
        Action::AccountWanted(call) => save(state, Request::AddAccount(call)),
        Action::AccountMade(answer) => account_made(state, answer),
        Action::AccountAnswered { id, answer } => {
            state.account.answer(&id, answer);
            Vec::new()
        }
        Action::AccountChangeWanted(call) => save(state, Request::ChangeAccount(call)),
        Action::AccountChanged(answer) => account_changed(state, answer),
        Action::EntitlementsAnswered { account, answer } => {
            state.entitlements.answer(&account, answer);
            Vec::new()
        }
        Action::EntitlementsWanted(call) => save(state, Request::PutEntitlements(call)),
        Action::EntitlementsSaved { account, answer } => entitlements_saved(state, &account, answer),
        Action::PlansAnswered(answer) => {
            state.plans.answer(&(), answer);
            Vec::new()
        }
        Action::PlanWanted(call) => save(state, Request::PutPlan(call)),
        Action::PlanSaved(answer) => plan_saved(state, answer),
        Action::PriceWanted(call) => state.pricing.begin().then_some(Effect::Send(Request::PutPrice(call))).into_iter().collect(),
        Action::PriceSaved(answer) => price_saved(state, answer),
    }
}

/// Everything is asked for anew: what an operator sees must be what is.
fn opened(state: &mut OperatorState, route: Route) -> Vec<Effect> {
    let Route::Operator(page) = &route else {
        *state = OperatorState::default();
        return Vec::new();
    };
    let page = page.clone();
    *state = OperatorState { page: Some(route), ..OperatorState::default() };
    ask(state, page)
}

/// What is on the screen stays until what is stored now is there.
fn retry(state: &mut OperatorState) -> Vec<Effect> {
    (state.saving, state.pricing) = (Submission::Idle, Submission::Idle);
    match state.page.clone() {
        Some(Route::Operator(page)) => ask(state, page),
        Some(_) | None => Vec::new(),
    }
}

fn ask(state: &mut OperatorState, page: Operator) -> Vec<Effect> {
    let requests = match page {
        Operator::Accounts { q } => {
            let list = accounts_from(&q);
            state.accounts.refresh(list.clone());
            vec![Request::Accounts(list)]
        }
        Operator::Account { id } => {
            state.account.refresh(id.clone());
            state.entitlements.refresh(id.clone());
            state.plans.refresh(());
            vec![
                Request::Account(GetAccount { id: id.clone() }),
                Request::Entitlements(GetAccountEntitlements { account: id }),
                Request::Plans(ListPlans {}),
            ]
        }
        Operator::Plans | Operator::Plan { .. } => {
            state.plans.refresh(());
            vec![Request::Plans(ListPlans {})]
        }
        // Slices of their own: `store/desk`, `store/moderation.rs`.
        Operator::Desk | Operator::Reviews { .. } => Vec::new(),
    };
    requests.into_iter().map(Effect::Send).collect()
}

fn accounts_from(q: &str) -> ListAccounts {
    let q = q.trim();
    ListAccounts { q: (!q.is_empty()).then(|| q.to_owned()), ..ListAccounts::default() }
}

fn accounts_answered(state: &mut OperatorState, asked: &ListAccounts, answer: Response<AccountPage>) -> Vec<Effect> {
    let list = answer.map(|page| AccountList { items: page.items, next: page.next, more: Submission::Idle });
    state.accounts.answer(asked, list);
    Vec::new()
}

fn more_wanted(state: &mut OperatorState) -> Vec<Effect> {
    let Some(asked) = state.accounts.key().cloned() else { return Vec::new() };
    let Some(list) = state.accounts.ready_mut() else { return Vec::new() };
    let Some(next) = list.next.clone() else { return Vec::new() };
    if !list.more.begin() {
        return Vec::new();
    }
    vec![Effect::Send(Request::MoreAccounts(ListAccounts { page_token: Some(next), ..asked }))]
}

fn more_answered(state: &mut OperatorState, asked: &ListAccounts, answer: Response<AccountPage>) -> Vec<Effect> {
    if state.accounts.key() != Some(&ListAccounts { page_token: None, ..asked.clone() }) {
        return Vec::new();
    }
    let Some(list) = state.accounts.ready_mut().filter(|list| list.next == asked.page_token) else { return Vec::new() };
    match answer {
        Ok(page) => {
            list.items.extend(page.items);
            list.next = page.next;
            list.more = Submission::Idle;
        }
        Err(problem) => list.more = Submission::Failed(problem),
    }
    Vec::new()
}

/// One thing at a time. What is refused stays as it was typed.
fn save(state: &mut OperatorState, request: Request) -> Vec<Effect> {
    state.saving.begin().then_some(Effect::Send(request)).into_iter().collect()
}

fn account_made(state: &mut OperatorState, answer: Response<Account>) -> Vec<Effect> {
    let Some(account) = state.saving.end(answer) else { return Vec::new() };
    let again = state.accounts.key().cloned().map(|list| {
        state.accounts.refresh(list.clone());
        Effect::Send(Request::Accounts(list))
    });
    [Effect::note(format!("{} can sign in now.", account.login))].into_iter().chain(again).collect()
}

fn account_changed(state: &mut OperatorState, answer: Response<Account>) -> Vec<Effect> {
    let Some(account) = state.saving.end(answer) else { return Vec::new() };
    let said = Effect::note(format!("{} is changed.", account.login));
    let id = account.id.clone();
    state.account.answer(&id, Ok(account));
    vec![said]
}

/// What came of it belongs to the account that was saved, whichever is on the screen by now.
fn entitlements_saved(state: &mut OperatorState, account: &AccountId, answer: Response<Entitlements>) -> Vec<Effect> {
    let Some(saved) = state.saving.end(answer) else { return Vec::new() };
    state.entitlements.answer(account, Ok(saved));
    vec![Effect::note("Saved. In force within five seconds.")]
}

fn plan_saved(state: &mut OperatorState, answer: Response<Plan>) -> Vec<Effect> {
    let Some(saved) = state.saving.end(answer) else { return Vec::new() };
    take_plan(state, saved);
    vec![Effect::note("Saved. In force within five seconds.")]
}

fn price_saved(state: &mut OperatorState, answer: Response<Plan>) -> Vec<Effect> {
    let Some(saved) = state.pricing.end(answer) else { return Vec::new() };
    let has_price = saved.price.as_ref().is_some_and(|price| !price.is_empty());
    take_plan(state, saved);
    vec![Effect::note(if has_price {
        "The price is saved. It counts from this month on."
    } else {
        "The plan has no price from this month on."
    })]
}

fn take_plan(state: &mut OperatorState, saved: Plan) {
    if let Some(plans) = state.plans.ready_mut() {
        plans.retain(|plan| plan.id != saved.id);
        plans.push(saved);
        plans.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use contract::{
        Code, Problem,
        authorization::Authorization,
        entitlements::{PutAccountEntitlements, PutPlan, ReplacePlanPrice},
    };
    use serde_json::{Map, Value};

    use super::*;
    use crate::store::Resource;

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
            Effect::Send(Request::Account(GetAccount { id: id.clone() })),
            Effect::Send(Request::Entitlements(GetAccountEntitlements { account: id.clone() })),
            Effect::Send(Request::Plans(ListPlans {})),
        ];
        assert_eq!(asked, expected);
        let late = Action::AccountAnswered { id: "b2".parse().unwrap(), answer: Err(Problem::internal()) };
        update(&mut state, late);
        assert_eq!(state.account.failed(), None, "an answer to another page");
    }

    #[test]
    fn what_is_saved_for_one_account_is_not_shown_as_another_ones() {
        let (one, other): (AccountId, AccountId) = ("a1".parse().unwrap(), "b2".parse().unwrap());
        let mut state = at(Operator::Account { id: one.clone() });
        let call = PutAccountEntitlements {
            account: one.clone(),
            plan: "family".parse().unwrap(),
            overrides: Map::new(),
            expected_version: 1,
        };
        update(&mut state, Action::EntitlementsWanted(call));
        update(&mut state, Action::Opened(Route::Operator(Operator::Account { id: other })));
        let saved = Entitlements {
            plan: "family".parse().unwrap(),
            plan_name: "Family".into(),
            overrides: Map::new(),
            authorization: Authorization::default(),
            version: 2,
            notice: None,
        };
        update(&mut state, Action::EntitlementsSaved { account: one, answer: Ok(saved) });
        assert_eq!(state.entitlements.ready(), None);
        assert_eq!(state.saving, Submission::Idle, "the other form was not sent");
    }

    #[test]
    fn a_refused_plan_is_asked_for_by_nobody_and_loses_nothing() {
        let mut state = at(Operator::Plans);
        state.plans = Resource::of((), Vec::new());
        assert_eq!(update(&mut state, Action::PlanWanted(put())), [Effect::Send(Request::PutPlan(put()))]);
        assert_eq!(update(&mut state, Action::PlanWanted(put())), [], "a second press");
        assert_eq!(update(&mut state, Action::PlanSaved(Err(Problem::new(Code::VersionConflict)))), []);
        assert_eq!(state.saving.failed().map(|problem| problem.code), Some(Code::VersionConflict));
        assert_eq!(state.plans.ready(), Some(&Vec::new()));
    }

    #[test]
    fn what_is_stored_by_now_is_asked_for_while_the_form_stays_where_it_is() {
        let mut state = at(Operator::Plans);
        state.plans = Resource::of((), Vec::new());
        state.saving = Submission::Failed(Problem::new(Code::VersionConflict));
        assert_eq!(update(&mut state, Action::RetryWanted), [Effect::Send(Request::Plans(ListPlans {}))]);
        assert_eq!((state.plans.ready(), &state.saving), (Some(&Vec::new()), &Submission::Idle));
    }

    #[test]
    fn a_saved_plan_takes_the_place_of_the_one_before() {
        let mut state = at(Operator::Plans);
        let plan = |version| Plan {
            id: "family".parse().unwrap(),
            name: "Family".into(),
            authorization: Map::new(),
            version,
            price: None,
            notice: None,
        };
        state.plans = Resource::of((), vec![plan(3)]);
        update(&mut state, Action::PlanWanted(put()));
        update(&mut state, Action::PlanSaved(Ok(plan(4))));
        assert_eq!(state.plans.ready(), Some(&vec![plan(4)]));
    }

    #[test]
    fn a_price_is_saved_once_at_a_time_beside_the_plan_and_a_refusal_leaves_both() {
        let mut state = at(Operator::Plans);
        let plan = |version, price: Option<Map<String, Value>>| Plan {
            id: "family".parse().unwrap(),
            name: "Family".into(),
            authorization: Map::new(),
            version,
            price,
            notice: None,
        };
        let price = Map::from_iter([("currency".to_owned(), Value::from("EUR"))]);
        let call = ReplacePlanPrice { id: "family".parse().unwrap(), price: price.clone(), expected_version: 3 };
        state.plans = Resource::of((), vec![plan(3, None)]);
        assert_eq!(update(&mut state, Action::PriceWanted(call.clone())), [Effect::Send(Request::PutPrice(call.clone()))]);
        assert_eq!(update(&mut state, Action::PriceWanted(call.clone())), [], "a second press");
        update(&mut state, Action::PriceSaved(Err(Problem::new(Code::VersionConflict))));
        assert_eq!((state.plans.ready(), state.saving.clone()), (Some(&vec![plan(3, None)]), Submission::Idle));
        assert_eq!(state.pricing.failed().map(|problem| problem.code), Some(Code::VersionConflict));
        update(&mut state, Action::PriceWanted(call));
        update(&mut state, Action::PriceSaved(Ok(plan(4, Some(price.clone())))));
        assert_eq!(state.plans.ready(), Some(&vec![plan(4, Some(price))]));
    }

    #[test]
    fn a_list_grows_by_pages_and_a_late_page_of_another_search_is_dropped() {
        let mut state = at(Operator::Accounts { q: "a".into() });
        let asked = ListAccounts { q: Some("a".into()), ..ListAccounts::default() };
        let page = AccountPage { items: Vec::new(), next: Some("t".into()) };
        update(&mut state, Action::AccountsAnswered { asked: asked.clone(), answer: Ok(page) });
        let more = ListAccounts { page_token: Some("t".into()), ..asked };
        assert_eq!(update(&mut state, Action::MoreWanted), [Effect::Send(Request::MoreAccounts(more.clone()))]);
        let other = ListAccounts { q: None, ..more.clone() };
        update(&mut state, Action::MoreAnswered { asked: other, answer: Ok(AccountPage::default()) });
        assert_eq!(state.accounts.ready().unwrap().more, Submission::Pending);
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
