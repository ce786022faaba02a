//! What is decided of titles, of the past, sheets and choices: the crate `storage-plan` computes it, here it gets the form in which it is stored.

use storage_plan::{
    bill::Store,
    calendar::Day,
    money::{GB, Money},
    plan::{Choices, Decision, Reason, Stored},
    sheet::Sheets,
};

use super::{
    calendar,
    days::Past,
    record::{AdviceItem, Why},
    stock::Titles,
};
use crate::services::storage_sources::{Moving, Place};

/// What was decided, as it is stored.
pub(super) struct Advised {
    pub items: Vec<AdviceItem>,
    pub new_titles: Store,
    pub capacity_gb: Option<u64>,
    pub month: Money,
    pub month_unmoved: Money,
    pub rent: Money,
}

/// Where a title is, for the plan: what is on its way counts as there, so that nothing is turned back that was decided a short time ago.
fn lies(place: &Place, titles: &Titles, today: Day) -> (Store, Option<Day>, bool) {
    if let Some(Moving { to, since }) = &place.moving {
        return (*to, Some(calendar::day(*since)), true);
    }
    let since = place.since.map(calendar::day);
    match titles.get(place.title.as_str()) {
        Some(lies) if lies.store == place.store => (place.store, lies.since.map(Day::new), lies.moved),
        Some(_) => (place.store, Some(since.unwrap_or(today)), true),
        None => (place.store, since, false),
    }
}

/// A placement, its bytes, and where it lies for the plan.
type Measured<'a> = (&'a Place, u64, (Store, Option<Day>, bool));

/// Where each title is to lie from a day on.
pub(super) fn advise(today: Day, places: &[Place], past: &Past, sheets: &Sheets, choices: &Choices) -> Advised {
    let measured: Vec<Measured> =
        places.iter().filter_map(|place| Some((place, place.bytes?, lies(place, &past.titles, today)))).collect();
    let mut stored: Vec<Stored> = measured
        .iter()
        .map(|(place, bytes, (store, since, moved))| Stored {
            title: place.title.as_str(),
            bytes: *bytes,
            lies: Some((*store, since.unwrap_or_default())),
            moved: *moved,
        })
        .collect();
    let Decision { advice, step, month, month_unmoved, rent } = past.planner.decide(today, &stored, sheets, choices);
    // Once more with one that is to come, of which nothing is known: where it would be put.
    stored.push(Stored { title: "", bytes: past.titles.mean_bytes(), lies: None, moved: false });
    let with_new = past.planner.decide(today, &stored, sheets, choices);
    let (currency, flat) = (sheets.currency(), sheets.at(today.month()).1);
    let planned = step.and_then(|step| flat.steps.get(step));
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let by_gb = |step: &storage_plan::sheet::Step| step.month.units() / step.capacity_gb.max(1) as f64;
    let cheapest = flat.steps.iter().map(by_gb).fold(f64::INFINITY, f64::min);
    let flat_gb = planned.map_or(cheapest, by_gb);
    let new_titles = with_new.advice.last().map_or(Store::PerView, |advice| advice.store);
    let mut items: Vec<(f64, AdviceItem)> = measured
        .iter()
        .zip(&advice)
        .map(|((place, bytes, (store, since, _)), advice)| {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let flat_month = *bytes as f64 / GB as f64 * flat_gb;
            let saving = match advice.store {
                Store::PerView => flat_month - advice.per_view_month,
                Store::Flat => advice.per_view_month - flat_month,
            };
            let money = |units| Money::of_units(units, currency).amount;
            let item = AdviceItem {
                title: place.title.to_string(),
                bytes: *bytes,
                lies: place.store,
                since: since.map(Day::number),
                advice: advice.store,
                reason: why(advice.why),
                per_view: money(advice.per_view_month),
                flat: money(flat_month),
                moving: money(advice.moving),
                is_move: *store != advice.store,
            };
            (saving, item)
        })
        .collect();
    items.sort_by(|(one, first), (other, second)| other.total_cmp(one).then_with(|| first.title.cmp(&second.title)));
    Advised {
        items: items.into_iter().map(|(_, item)| item).collect(),
        new_titles,
        capacity_gb: planned.map(|step| step.capacity_gb),
        month: Money::of_units(month, currency),
        month_unmoved: Money::of_units(month_unmoved, currency),
        rent: Money::of_units(rent, currency),
    }
}

const fn why(reason: Reason) -> Why {
    match reason {
        Reason::Chosen => Why::Chosen,
        Reason::NoRoom => Why::NoRoom,
        Reason::MinimumStay => Why::MinimumStay,
        Reason::Cheapest => Why::Cheapest,
    }
}
