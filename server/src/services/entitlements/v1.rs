//! The handlers of entitlements' calls, version 1.

use contract::{
    Code, DispatchExt, Problem,
    entitlements::{
        Entitlements as Shown, GetAccountEntitlements, GetEntitlements, ListPlans, Plan, PutAccountEntitlements, PutPlan,
    },
    identity::GetAccount,
    ids::{AccountId, PlanId},
};
use serde_json::Map;

use super::{
    Entitlements, merge,
    record::{self, EntitlementRecord, PLANS_AT_MOST, PlanRecord, Versioned},
};
use crate::{context::RequestContext, storage::events::Change};

const NAME_LIMIT: usize = 64;

impl Entitlements {
    pub(super) async fn get(&self, context: RequestContext, _: GetEntitlements) -> Result<Shown, Problem> {
        match &context.viewer.member {
            Some(member) => self.shown(&member.account).await,
            None => {
                let plan = self.store.plan(&record::guests()).await?;
                let nothing = EntitlementRecord { plan: plan.id.clone(), overrides: Map::new(), unknown: Map::new() };
                let shown = show(&Versioned { id: (), version: 0, record: nothing }, &plan)?;
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
        merge::check(&plan.record.authorization, &call.overrides).map_err(|reason| Problem::invalid("overrides", reason))?;
        let (stored, _) = self.store.of(&account.id).await?;
        let record = EntitlementRecord { plan: call.plan, overrides: call.overrides, unknown: stored.record.unknown };
        let changed = Versioned { id: account.id, version: call.expected_version, record };
        let version = self.store.put_entitlement(&changed).await?;
        show(&Versioned { version, ..changed }, &plan)
    }

    pub(super) async fn list_plans(&self, _: RequestContext, _: ListPlans) -> Result<Vec<Plan>, Problem> {
        Ok(self.store.plans().await?.into_iter().map(Plan::from).collect())
    }

    pub(super) async fn put_plan(&self, _: RequestContext, call: PutPlan) -> Result<Plan, Problem> {
        let name = call.name.trim();
        if name.is_empty() || name.chars().count() > NAME_LIMIT {
            return Err(Problem::invalid("name", "1 to 64 characters"));
        }
        merge::check(&call.authorization, &Map::new()).map_err(|reason| Problem::invalid("authorization", reason))?;
        let plans = self.store.plans().await?;
        let known = plans.iter().find(|plan| plan.id == call.id);
        if known.is_none() && plans.len() >= PLANS_AT_MOST as usize {
            return Err(Problem::new(Code::LimitReached).with_detail(format!("There are {PLANS_AT_MOST} plans already.")));
        }
        let unknown = known.map(|plan| plan.record.unknown.clone()).unwrap_or_default();
        let record = PlanRecord { name: name.to_owned(), authorization: call.authorization, unknown };
        let plan = Versioned { id: call.id, version: call.expected_version, record };
        let version = self.store.put_plan(&plan).await?;
        // What was rendered for guests may not be theirs any more.
        self.events.publish(Change::Guests);
        Ok(Versioned { version, ..plan }.into())
    }

    async fn shown(&self, account: &AccountId) -> Result<Shown, Problem> {
        let (entitlement, plan) = self.store.of(account).await?;
        show(&entitlement, &plan)
    }
}

fn show<I>(entitlement: &Versioned<I, EntitlementRecord>, plan: &Versioned<PlanId, PlanRecord>) -> Result<Shown, Problem> {
    Ok(Shown {
        plan: plan.id.clone(),
        plan_name: plan.record.name.clone(),
        overrides: entitlement.record.overrides.clone(),
        authorization: merge::authorization(&plan.record.authorization, &entitlement.record.overrides)?,
        version: entitlement.version,
    })
}

impl From<Versioned<PlanId, PlanRecord>> for Plan {
    fn from(plan: Versioned<PlanId, PlanRecord>) -> Self {
        Self { id: plan.id, name: plan.record.name, authorization: plan.record.authorization, version: plan.version }
    }
}
