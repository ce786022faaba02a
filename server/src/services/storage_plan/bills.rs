//! Bills of this month and costs of days, of the quantities of the days that are known.
//!
//! Amounts are those of the sheets as they are now, of months and days that are over as well: sheets have months of their own. A line is rounded once; of days,
//! what the month comes to up to each, so that they add up.

use contract::{
    money::Money,
    storage_plan::{Bill, BillItem, BillLine, StorageBill, StorageChoice, StorageCostDay, StoreRole},
};
use storage_plan::{
    bill::{self, Item, Quantities, Store, bill},
    calendar::{Day, Month},
    money::{Amount, Currency},
    sheet::Sheets,
};

use super::{
    calendar,
    record::{DayQuantities, DayRecord},
};

/// Days whose mean is forecast.
pub const FORECAST_FROM: i32 = 28;

/// A plan, and what a day comes to by it.
type Plan = (StorageChoice, fn(&DayRecord) -> DayQuantities);

const PLANS: [Plan; 3] = [
    (StorageChoice::Auto, |day| day.actual),
    (StorageChoice::PerView, |day| day.per_view),
    (StorageChoice::Flat, |day| day.flat),
];

/// A month by each plan: `days` are those that are known and over, of this month and of [`FORECAST_FROM`] days before today; none where there are none.
/// What is after the month is left out.
pub fn of_month(month: Month, days: &[DayRecord], sheets: &Sheets) -> Vec<StorageBill> {
    let (first, next_month) = (month.first_day(), month.first_day().plus(month.days()));
    let days: Vec<&DayRecord> = days.iter().filter(|day| calendar::day(day.at) < next_month).collect();
    let Some(last) = days.last() else { return Vec::new() };
    let recent = calendar::day(last.at).plus(1 - FORECAST_FROM);
    let of_month = || days.iter().copied().filter(|day| calendar::day(day.at) >= first);
    let lately: Vec<&DayRecord> = days.iter().copied().filter(|day| calendar::day(day.at) >= recent).collect();
    let through = of_month().next_back().map(|day| calendar::day(day.at));
    let next = through.map_or(first, |through| through.plus(1));
    let left = i128::from(next_month.number().saturating_sub(next.number())).max(0);
    let plan = |(plan, of): Plan| {
        let so_far = sum(of_month().map(of));
        let mean = sum(lately.iter().map(|day| of(day)));
        let count = i128::try_from(lately.len()).unwrap_or(i128::MAX).max(1);
        let part = |all: i128| all * left / count;
        let mut forecast = so_far;
        forecast += Quantities {
            stored: part(mean.stored),
            early: part(mean.early),
            out: part(mean.out),
            reads: part(mean.reads),
            writes: part(mean.writes),
            // As much as lay there last.
            peak: if left > 0 { of(last).peak.into() } else { 0 },
            flat_out: part(mean.flat_out),
        };
        let through = through.map(|day| day.to_string());
        let bill = |quantities| told(bill(month, &quantities, sheets), sheets.currency());
        StorageBill { plan, month: month.to_string(), through, so_far: bill(so_far), forecast: bill(forecast) }
    };
    PLANS.into_iter().map(plan).collect()
}

fn sum(days: impl Iterator<Item = DayQuantities>) -> Quantities {
    days.fold(Quantities::default(), |mut sum, day| {
        sum += day.into();
        sum
    })
}

/// A bill as calls tell it.
fn told(made: Result<bill::Bill, bill::BillError>, currency: Currency) -> Bill {
    let made = match made {
        Ok(made) => made,
        Err(error) => return Bill { lines: Vec::new(), total: None, problem: Some(format!("{error}.")) },
    };
    let money = |amount: Amount| Money { amount: amount.rounded(currency).amount, currency: currency.code().to_owned() };
    let line = |store: StoreRole, line: &bill::Line| BillLine {
        store,
        item: item(line.item),
        quantity: u64::try_from(line.quantity).unwrap_or(u64::MAX),
        per: u64::try_from(line.per).unwrap_or(u64::MAX),
        unit_price: line.unit_price.to_string(),
        amount: money(line.amount),
    };
    let per_view = made.per_view.iter().map(|of| line(StoreRole::PerView, of));
    let lines: Vec<BillLine> = per_view.chain(made.flat.iter().map(|of| line(StoreRole::Flat, of))).collect();
    let amount = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.amount));
    Bill { lines, total: Some(Money { amount, currency: currency.code().to_owned() }), problem: None }
}

const fn item(item: Item) -> BillItem {
    match item {
        Item::Stored => BillItem::Stored,
        Item::StoredMinimum => BillItem::StoredMinimum,
        Item::Traffic => BillItem::Traffic,
        Item::Retrieval => BillItem::Retrieval,
        Item::Reads => BillItem::Reads,
        Item::Writes => BillItem::Writes,
        Item::Capacity => BillItem::Capacity,
        Item::TrafficBeyond => BillItem::TrafficBeyond,
    }
}

/// As calls say it.
pub const fn role(store: Store) -> StoreRole {
    match store {
        Store::PerView => StoreRole::PerView,
        Store::Flat => StoreRole::Flat,
    }
}

/// What each of these days cost by each plan; whole months, of which those before `from` are left out.
pub fn of_days(days: &[DayRecord], from: Day, sheets: Option<&Sheets>) -> Vec<StorageCostDay> {
    let month = |day: &DayRecord| calendar::day(day.at).month();
    let mut told: Vec<StorageCostDay> = Vec::new();
    for of_month in days.chunk_by(|one, next| month(one) == month(next)) {
        let costs = sheets.map(|sheets| PLANS.map(|(_, of)| month_by_day(of_month, of, sheets)));
        for (at, day) in of_month.iter().enumerate().filter(|(_, day)| calendar::day(day.at) >= from) {
            let cost = |plan: usize| costs.as_ref().and_then(|costs| costs.get(plan)?.as_ref()?.get(at).copied());
            let (actual, per_view, flat) = (cost(0), cost(1), cost(2));
            told.push(StorageCostDay {
                day: calendar::day(day.at).to_string(),
                per_view_bytes: day.in_per_view.bytes,
                flat_bytes: day.in_flat.bytes,
                bytes_out: day.bytes_out,
                auto_per_view: actual.map(|(per_view, _)| per_view),
                auto_flat: actual.map(|(_, flat)| flat),
                per_view: per_view.map(|(per_view, _)| per_view),
                flat: flat.map(|(_, flat)| flat),
            });
        }
    }
    told
}

/// What the per-view and the flat store cost on each of a month's days; nothing where the flat store could not hold it.
fn month_by_day(days: &[DayRecord], of: fn(&DayRecord) -> DayQuantities, sheets: &Sheets) -> Option<Vec<(i64, i64)>> {
    let (month, currency) = (calendar::day(days.first()?.at).month(), sheets.currency());
    let rounded = |amount: Amount| amount.rounded(currency).amount;
    let lines = |lines: &[bill::Line]| lines.iter().fold(0_i64, |sum, line| sum.saturating_add(rounded(line.amount)));
    let whole = bill(month, &sum(days.iter().map(of)), sheets).ok()?;
    let rent = whole.flat.iter().filter(|line| line.item == Item::Capacity).map(|line| rounded(line.amount)).sum::<i64>();
    let (mut so_far, mut before) = (Quantities::default(), (0, 0));
    let mut costs = Vec::with_capacity(days.len());
    for day in days {
        so_far += of(day).into();
        let made = bill(month, &so_far, sheets).ok()?;
        let passed = i64::from(calendar::day(day.at).number() - month.first_day().number() + 1);
        let beyond: Vec<bill::Line> = made.flat.iter().filter(|line| line.item != Item::Capacity).copied().collect();
        let now = (lines(&made.per_view), rent.saturating_mul(passed) / i64::from(month.days()) + lines(&beyond));
        costs.push((now.0 - before.0, now.1 - before.1));
        before = now;
    }
    Some(costs)
}
