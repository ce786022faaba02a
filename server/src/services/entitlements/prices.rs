//! What plans cost, and cost before: of a month that is over the price and the plan count that were there at its end.
//!
//! A plan's document has its price; whoever changes it in a later month than it was changed in before notes what held until then,
//! and so does an account's document where it is given another plan. A month whose end nothing was noted for has what was noted next,
//! or else what is there now. What a clock that was ahead noted through a month that is not over counts through the month that was
//! known to be over then.
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
use crate::{
    services::statement_sources::{PlanOfMonth, PlanPrice, Plans},
    trusted_time::ClockReading,
};

/// Changes that are remembered, one a month at most: statements go back for three years.
const REMEMBERED: usize = 36;
/// In milliseconds.
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;

/// What held through the end of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before<T> {
    /// `2026-10`.
    pub through: String,
    /// The same where the clock was in doubt, by the latest time that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    pub was: T,
}

impl<T> Before<T> {
    /// Through which month it counts, where `over` is the last one that is over. Nothing where only a clock that was ahead said that
    /// its month was.
    fn through(&self, over: &str) -> Option<&str> {
        [Some(&self.through), self.known.as_ref()].into_iter().flatten().map(String::as_str).find(|through| *through <= over)
    }
}

/// The month of an instant in milliseconds since 1970.
fn month(millis: u64) -> Month {
    Day::new(i32::try_from(millis / OF_A_DAY).unwrap_or(i32::MAX)).month()
}

/// The last month that is over then.
fn over(millis: u64) -> String {
    month(millis).first_day().plus(-1).month().to_string()
}

/// Notes what held until now, where it held at the end of a month that is over. What was noted through a month that is not is put
/// right, or dropped.
fn note<T>(before: &mut Vec<Before<T>>, was: T, time: &ClockReading) {
    let through = over(time.latest());
    let known = time.is_doubted.then(|| over(time.known)).filter(|known| *known < through);
    let settled = std::mem::take(before).into_iter().filter_map(|note| {
        let counts = note.through(&through)?.to_owned();
        let known = note.known.filter(|known| *known < counts);
        Some(Before { through: counts, known, was: note.was })
    });
    before.extend(settled);
    if before.last().is_none_or(|last| last.through < through) {
        before.push(Before { through, known, was });
        before.drain(..before.len().saturating_sub(REMEMBERED));
    }
}

/// What held at the end of a month; `over` is the last one that is over.
fn at_end_of<'a, T>(before: &'a [Before<T>], now: &'a T, (month, over): (&str, &str)) -> &'a T {
    before.iter().find(|before| before.through(over).is_some_and(|through| through >= month)).map_or(now, |before| &before.was)
}

impl PlanRecord {
    /// With another price from this month on; nothing where it is free.
    #[must_use]
    pub fn priced(mut self, price: Option<Map<String, Value>>, time: &ClockReading) -> Self {
        let was = std::mem::replace(&mut self.price, price);
        note(&mut self.price_before, was, time);
        self
    }

    fn price_of(&self, months: (&str, &str)) -> Option<&Map<String, Value>> {
        at_end_of(&self.price_before, &self.price, months).as_ref()
    }
}

impl EntitlementRecord {
    /// With another plan from this month on.
    #[must_use]
    pub fn with_plan(mut self, plan: PlanId, time: &ClockReading) -> Self {
        if plan != self.plan {
            let was = std::mem::replace(&mut self.plan, plan);
            note(&mut self.plan_before, was, time);
        }
        self
    }

    fn plan_of(&self, months: (&str, &str)) -> &PlanId {
        at_end_of(&self.plan_before, &self.plan, months)
    }
}

#[async_trait::async_trait]
impl Plans for Entitlements {
    async fn of_month(&self, accounts: &[AccountId], month: &str) -> Result<Vec<Result<PlanOfMonth, StoreError>>, StoreError> {
        let over = over(self.time.compare().await?.latest());
        let months = (month, over.as_str());
        let entitlements = self.store.entitlements(accounts).await?;
        let plans = self.store.plans_of(entitlements.iter().map(|entitlement| entitlement.record.plan_of(months))).await?;
        let told = entitlements.iter().map(|entitlement| {
            let corrupt = |why: &str| StoreError::corrupt(format_args!("entitlements/{}", entitlement.id), why);
            if let Some(Fault::Plan(why) | Fault::Billed(why)) = &entitlement.fault {
                return Err(corrupt(why));
            }
            let id = entitlement.record.plan_of(months);
            let plan = plans.get(id).ok_or_else(|| corrupt("its plan does not exist"))?;
            if let Some(Fault::Plan(why) | Fault::Billed(why) | Fault::Overrides(why)) = &plan.fault {
                return Err(StoreError::corrupt(format_args!("plans/{id}"), why));
            }
            let read = |price| PlanPrice::read(price).map_err(|(_, why)| StoreError::corrupt(format_args!("plans/{id}"), why));
            let price = plan.record.price_of(months).map(read).transpose()?;
            Ok(PlanOfMonth { plan: id.clone(), name: plan.record.name.clone(), price })
        });
        Ok(told.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first millisecond of a day.
    fn at(day: &str) -> u64 {
        u64::try_from(Day::parse(day).unwrap().number()).unwrap() * OF_A_DAY
    }

    fn right(day: &str) -> ClockReading {
        ClockReading::of(at(day), at(day))
    }

    fn read(before: &[Before<char>], month: &str, today: &str) -> char {
        *at_end_of(before, &'!', (month, &over(at(today))))
    }

    #[test]
    fn a_month_that_is_over_keeps_what_held_at_its_end_however_often_it_is_changed_later() {
        let mut before = Vec::new();
        // It was `a` for good, then `b` and `c` within November, and `d` in January.
        note(&mut before, 'a', &right("2026-11-03"));
        note(&mut before, 'b', &right("2026-11-30"));
        note(&mut before, 'c', &right("2027-01-01"));
        let of = |month: &str| read(&before, month, "2027-01-02");
        assert_eq!(["2025-01", "2026-10", "2026-11", "2026-12", "2027-01", "2030-05"].map(of), ['a', 'a', 'c', 'c', '!', '!']);
        assert!(before.iter().all(|note| note.known.is_none()));
    }

    #[test]
    fn what_is_changed_while_the_clock_is_ahead_freezes_no_later_month_and_what_held_before_stays() {
        let mut before = Vec::new();
        note(&mut before, 'a', &right("2026-05-03"));
        // `b` became `c` in November, by a clock that said January of 2028.
        note(&mut before, 'b', &ClockReading::of(at("2028-01-09"), at("2026-11-20")));
        let told = |before: &[Before<char>], today: &str| {
            ["2026-04", "2026-10", "2026-11", "2026-12"].map(|month| read(before, month, today))
        };
        assert_eq!(told(&before, "2026-11-20"), ['a', 'b', '!', '!']);
        assert_eq!(told(&before, "2026-12-01"), ['a', 'b', '!', '!']);
        // Where it was the clock that was right, it held through 2027.
        assert_eq!(told(&before, "2028-01-09"), ['a', 'b', 'b', 'b']);
        // `c` becomes `d` in January.
        note(&mut before, 'c', &right("2027-01-05"));
        for today in ["2027-01-05", "2030-01-01"] {
            assert_eq!(told(&before, today), ['a', 'b', 'c', 'c'], "{today}");
        }
    }

    #[test]
    fn a_note_of_an_older_build_through_a_month_that_is_not_over_counts_for_none_and_is_dropped() {
        let note_of = |through: &str, was| Before { through: through.into(), known: None, was };
        let mut before = vec![note_of("2026-04", 'a'), note_of("2027-12", 'b')];
        assert_eq!(["2026-04", "2026-11"].map(|month| read(&before, month, "2026-12-01")), ['a', '!']);
        note(&mut before, 'c', &right("2026-12-01"));
        assert_eq!(before, [note_of("2026-04", 'a'), note_of("2026-11", 'c')]);
    }

    #[test]
    fn a_clock_that_is_behind_drops_nothing_and_notes_by_the_latest_time_that_is_known() {
        let mut before = Vec::new();
        note(&mut before, 'a', &right("2026-05-03"));
        note(&mut before, 'b', &ClockReading::of(at("2020-01-01"), at("2026-11-20")));
        assert_eq!(before.iter().map(|note| note.through.as_str()).collect::<Vec<_>>(), ["2026-04", "2026-10"]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut before = Vec::new();
        for year in 2000..2050 {
            note(&mut before, year, &right(&format!("{year}-05-01")));
        }
        assert_eq!((before.len(), before[0].was), (REMEMBERED, 2014));
    }
}
