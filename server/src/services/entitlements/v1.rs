//! The handlers of entitlements' calls, version 1.

use contract::{
    Code, DispatchExt, Problem,
    entitlements::{
        Entitlements as Shown, GetAccountEntitlements, GetEntitlements, ListPlans, Plan, PutAccountEntitlements, PutPlan,
        ReplacePlanPrice,
    },
    identity::GetAccount,
    ids::{AccountId, PlanId},
};
use serde_json::Map;
use storage::{StoreError, events::Change, guard::stale};

use super::{
    Entitlements, fallback, merge,
    record::{self, EntitlementRecord, Fault, PLANS_AT_MOST, PlanRecord, Versioned},
};
use crate::{
    context::RequestContext,
    services::{names::visible, statement_sources::PlanPrice},
};

const NAME_LIMIT: usize = contract::bounds::NAME;
/// Accounts that are named where a plan does not fit them; the others are counted.
const NAMED: usize = 5;

impl Entitlements {
    pub(super) async fn get(&self, context: RequestContext, _: GetEntitlements) -> Result<Shown, Problem> {
        match &context.viewer.member {
            Some(member) => self.shown(&member.account).await,
            None => {
                let plan = self.store.plan(&record::guests()).await?;
                let shown = self.show("guests", &record::as_it_is(&plan), &plan);
                // Whether there are accounts decides it, too.
                Ok(Shown { authorization: (*context.viewer.authorization).clone(), ..shown })
            }
        }
    }

    pub(super) async fn get_of_account(&self, context: RequestContext, call: GetAccountEntitlements) -> Result<Shown, Problem> {
        let account = context.send(GetAccount { id: call.account }).await?;
        self.shown(&account.id).await
    }

    pub(super) async fn put_of_account(&self, context: RequestContext, call: PutAccountEntitlements) -> Result<Shown, Problem> {
        let account = context.send(GetAccount { id: call.account }).await?;
        if !self.store.has_plan(&call.plan).await? {
            return Err(Problem::invalid("plan", "names no plan"));
        }
        let plan = self.store.plan(&call.plan).await?;
        if let Some(Fault::Plan(reason) | Fault::Billed(reason) | Fault::Overrides(reason)) = plan.fault {
            return Err(Problem::invalid("plan", format!("cannot be read ({reason}): write it anew first")));
        }
        merge::check(&plan.record.authorization, &call.overrides).map_err(|reason| Problem::invalid("overrides", reason))?;
        let (stored, _) = self.store.of(&account.id).await?;
        is_as_expected(&account.id, &stored, call.expected_version)?;
        let time = self.time.compare().await?;
        let record = EntitlementRecord { overrides: call.overrides, ..stored.record.with_plan(call.plan, &time) };
        let changed = Versioned { id: account.id, version: call.expected_version, record, fault: None };
        self.store.put_entitlement(&changed).await?;
        // As it is stored now: the plan may have been changed in between, and then this says what counts.
        self.shown(&changed.id).await
    }

    pub(super) async fn list_plans(&self, _: RequestContext, _: ListPlans) -> Result<Vec<Plan>, Problem> {
        Ok(self.store.plans().await?.into_iter().map(Plan::from).collect())
    }

    pub(super) async fn put_plan(&self, context: RequestContext, call: PutPlan) -> Result<Plan, Problem> {
        let name = visible("name", &call.name)?;
        if name.chars().count() > NAME_LIMIT {
            return Err(Problem::invalid("name", "1 to 64 characters"));
        }
        merge::check(&call.authorization, &Map::new()).map_err(|reason| Problem::invalid("authorization", reason))?;
        self.check_accounts(&context, &call).await?;
        let plans = self.store.plans().await?;
        let known = plans.iter().find(|plan| plan.id == call.id);
        if known.is_none() && plans.len() >= PLANS_AT_MOST as usize {
            return Err(Problem::new(Code::LimitReached).with_detail(format!("There are {PLANS_AT_MOST} plans already.")));
        }
        if let Some(known) = known {
            is_as_expected(&call.id, known, call.expected_version)?;
        }
        let before = known.map(|plan| plan.record.clone()).unwrap_or_default();
        let record = PlanRecord { name, authorization: call.authorization, ..before };
        let plan = Versioned { id: call.id, version: call.expected_version, record, fault: None };
        let version = self.store.put_plan(&plan).await?;
        // What was rendered for guests may not be theirs any more.
        self.events.publish(Change::Guests);
        Ok(Versioned { version, ..plan }.into())
    }

    pub(super) async fn replace_plan_price(&self, _: RequestContext, call: ReplacePlanPrice) -> Result<Plan, Problem> {
        let price = Some(call.price).filter(|price| !price.is_empty());
        if let Some(price) = &price {
            PlanPrice::read(price).map_err(|(path, why)| {
                let field = if path.is_empty() || path == "." { "price".to_owned() } else { format!("price.{path}") };
                Problem::invalid(&field, why)
            })?;
        }
        if !self.store.has_plan(&call.id).await? {
            return Err(Problem::not_found("plan"));
        }
        let stored = self.store.plan(&call.id).await?;
        if let Some(Fault::Plan(reason) | Fault::Billed(reason) | Fault::Overrides(reason)) = stored.fault {
            return Err(Problem::invalid("id", format!("names a plan that cannot be read ({reason}): write it anew first")));
        }
        is_as_expected(&call.id, &stored, call.expected_version)?;
        let time = self.time.compare().await?;
        let plan = Versioned { version: call.expected_version, record: stored.record.priced(price, &time), ..stored };
        let version = self.store.put_plan(&plan).await?;
        Ok(Versioned { version, ..plan }.into())
    }

    /// Whether a plan fits what differs from it, for each account that has it.
    ///
    /// # Errors
    /// `invalid_request` with the accounts, by their logins.
    async fn check_accounts(&self, context: &RequestContext, call: &PutPlan) -> Result<(), Problem> {
        let mut reason = None;
        let misfits = self.store.with_plan(&call.id, |overrides| match merge::check(&call.authorization, overrides) {
            Ok(_) => false,
            Err(why) => {
                reason.get_or_insert(why);
                true
            }
        });
        let (misfits, age) = stale::observe(misfits).await;
        let misfits = misfits?;
        if age.is_some() {
            return Err(StoreError::Unavailable { reason: "which accounts have the plan is not known now".to_owned() }.into());
        }
        let Some(reason) = reason else { return Ok(()) };
        let mut names = Vec::new();
        for account in misfits.iter().take(NAMED) {
            let found = context.send(GetAccount { id: account.clone() }).await;
            names.push(found.map_or_else(|_| account.to_string(), |account| account.login));
        }
        let more = match misfits.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let whom = format!("does not fit what differs from it for {}{more} ({reason}): change that first", names.join(", "));
        Err(Problem::invalid("authorization", whom))
    }

    async fn shown(&self, account: &AccountId) -> Result<Shown, Problem> {
        let (entitlement, plan) = self.store.of(account).await?;
        Ok(self.show(account.as_str(), &entitlement, &plan))
    }

    fn show<I>(&self, whom: &str, entitlement: &Versioned<I, EntitlementRecord>, plan: &Versioned<PlanId, PlanRecord>) -> Shown {
        let effective = self.effective(whom, plan, entitlement);
        Shown {
            plan: plan.id.clone(),
            plan_name: plan.record.name.clone(),
            overrides: entitlement.record.overrides.clone(),
            authorization: effective.authorization,
            version: entitlement.version,
            notice: effective.notice,
        }
    }
}

/// Whether what was read may be written over: it is of the version that the caller read, and what was billed by it is known. What was read may come from
/// memory, so that the version that is written over has to be that of what is written back.
///
/// # Errors
/// `version_conflict`; `invalid_request` where what was billed by it would be lost.
fn is_as_expected<R>(id: &impl std::fmt::Display, stored: &Versioned<impl Sized, R>, expected: u64) -> Result<(), Problem> {
    if stored.version != expected {
        return Err(StoreError::Conflict { key: format!("entitlements/{id}") }.into());
    }
    if let Some(Fault::Billed(reason)) = &stored.fault {
        let detail =
            format!("What was billed by {id} cannot be read ({reason}), and would be lost: mend that in the store first.");
        return Err(Problem::invalid("id", "is of what cannot be read").with_detail(detail));
    }
    Ok(())
}

impl From<Versioned<PlanId, PlanRecord>> for Plan {
    fn from(plan: Versioned<PlanId, PlanRecord>) -> Self {
        let notice = fallback::effective(&plan, &record::as_it_is(&plan)).notice;
        let Versioned { id, version, record, .. } = plan;
        Self { id, name: record.name, authorization: record.authorization, version, price: record.price, notice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over_that_was_read_of_another_version_or_of_which_the_price_is_not_known() {
        let plan = |version, fault| Versioned { id: (), version, record: PlanRecord::default(), fault };
        let code =
            |stored: &Versioned<(), PlanRecord>, expected| is_as_expected(&"a", stored, expected).map_err(|problem| problem.code);
        assert_eq!(code(&plan(3, None), 3), Ok(()));
        // What was read is older than what the caller read, or the other way round.
        assert_eq!(code(&plan(3, None), 4), Err(Code::VersionConflict));
        assert_eq!(code(&plan(3, None), 2), Err(Code::VersionConflict));
        assert_eq!(code(&plan(3, Some(Fault::Plan("broken".into()))), 3), Ok(()), "it is written anew");
        assert_eq!(code(&plan(3, Some(Fault::Billed("broken".into()))), 3), Err(Code::InvalidRequest));
    }
}
