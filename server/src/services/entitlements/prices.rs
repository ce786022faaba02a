//! What plans cost, and cost before: of a month that is over the price and the plan count that were there at its end.
//!
//! A plan's document has its price; whoever changes it in a later month than it was changed in before notes what held until then, and so does an account's document
//! where it is given another plan. A month whose end nothing was noted for has what was noted next, or else what is there now.
//! Must never change what a month that is over comes to.

use contract::ids::{AccountId, PlanId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::StoreError;
use storage_plan::calendar::{Day, Month};

use super::{
    Entitlements,
    record::{EntitlementRecord, Fault, PlanRecord},
};
use crate::services::statement_sources::{PlanOfMonth, PlanPrice, Plans};

/// Changes that are remembered, one a month at most: statements go back for three years.
const REMEMBERED: usize = 36;
/// In milliseconds.
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;

/// What held through the end of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before<T> {
    /// `2026-10`.
    pub through: String,
    pub was: T,
}

/// The month of an instant in milliseconds since 1970.
fn month(millis: u64) -> Month {
    Day::new(i32::try_from(millis / OF_A_DAY).unwrap_or(i32::MAX)).month()
}

/// Notes what held until now, where it held at the end of a month that is over.
fn note<T>(before: &mut Vec<Before<T>>, was: T, now: u64) {
    let through = month(now).first_day().plus(-1).month().to_string();
    if before.last().is_none_or(|last| last.through < through) {
        before.push(Before { through, was });
        before.drain(..before.len().saturating_sub(REMEMBERED));
    }
}

/// What held at the end of a month.
fn at_end_of<'a, T>(before: &'a [Before<T>], now: &'a T, month: &str) -> &'a T {
    before.iter().find(|before| before.through.as_str() >= month).map_or(now, |before| &before.was)
}

impl PlanRecord {
    /// With another price from this month on; nothing where it is free.
    #[must_use]
    pub fn priced(mut self, price: Option<Map<String, Value>>, now: u64) -> Self {
        let was = std::mem::replace(&mut self.price, price);
        note(&mut self.price_before, was, now);
        self
    }

    fn price_of(&self, month: &str) -> Option<&Map<String, Value>> {
        at_end_of(&self.price_before, &self.price, month).as_ref()
    }
}

impl EntitlementRecord {
    /// With another plan from this month on.
    #[must_use]
    pub fn with_plan(mut self, plan: PlanId, now: u64) -> Self {
        if plan != self.plan {
            let was = std::mem::replace(&mut self.plan, plan);
            note(&mut self.plan_before, was, now);
        }
        self
    }

    fn plan_of(&self, month: &str) -> &PlanId {
        at_end_of(&self.plan_before, &self.plan, month)
    }
}

#[async_trait::async_trait]
impl Plans for Entitlements {
    async fn of_month(&self, accounts: &[AccountId], month: &str) -> Result<Vec<PlanOfMonth>, StoreError> {
        let (entitlements, plans) = (self.store.of_many(accounts).await?, self.store.plans().await?);
        let told = entitlements.iter().map(|(entitlement, _)| {
            let corrupt = |why: &str| StoreError::corrupt(format_args!("entitlements/{}", entitlement.id), why);
            if let Some(Fault::Plan(why) | Fault::Billed(why)) = &entitlement.fault {
                return Err(corrupt(why));
            }
            let id = entitlement.record.plan_of(month);
            let plan = plans.iter().find(|plan| plan.id == *id).ok_or_else(|| corrupt("its plan does not exist"))?;
            if let Some(Fault::Plan(why) | Fault::Billed(why) | Fault::Overrides(why)) = &plan.fault {
                return Err(StoreError::corrupt(format_args!("plans/{id}"), why));
            }
            let read = |price| PlanPrice::read(price).map_err(|(_, why)| StoreError::corrupt(format_args!("plans/{id}"), why));
            let price = plan.record.price_of(month).map(read).transpose()?;
            Ok(PlanOfMonth { plan: id.clone(), name: plan.record.name.clone(), price })
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first millisecond of a day.
    fn at(day: &str) -> u64 {
        u64::try_from(Day::parse(day).unwrap().number()).unwrap() * OF_A_DAY
    }

    #[test]
    fn a_month_that_is_over_keeps_what_held_at_its_end_however_often_it_is_changed_later() {
        let mut before = Vec::new();
        // It was `a` for good, then `b` and `c` within November, and `d` in January.
        note(&mut before, 'a', at("2026-11-03"));
        note(&mut before, 'b', at("2026-11-30"));
        note(&mut before, 'c', at("2027-01-01"));
        let of = |month: &str| *at_end_of(&before, &'d', month);
        assert_eq!(["2025-01", "2026-10", "2026-11", "2026-12", "2027-01", "2030-05"].map(of), ['a', 'a', 'c', 'c', 'd', 'd']);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut before = Vec::new();
        for year in 2000..2050 {
            note(&mut before, year, at(&format!("{year}-05-01")));
        }
        assert_eq!((before.len(), before[0].was), (REMEMBERED, 2014));
    }
}
