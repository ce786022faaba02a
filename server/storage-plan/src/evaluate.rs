//! How good `auto` is: a year is replayed day by day, beside fixed choices and what hindsight would have cost at least.
//!
//! The days before the year are known to `auto` and cost nobody anything. On the year's first day everybody may lay what is there anywhere, free of charge: that is
//! where a fixed choice and the optimum begin as well. From then on everything is billed by [`crate::bill`].

use std::{collections::HashMap, fmt};

use crate::{
    bill::{BillError, Placements, Store},
    calendar::Day,
    money::{Amount, Currency},
    optimum::{Optimum, cost, optimum},
    plan::{Choices, Planner, Settings, Stored},
    sheet::Sheets,
    usage::History,
};

/// What a year costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub currency: Currency,
    pub titles: usize,
    pub first: Day,
    pub days: usize,
    pub auto: Amount,
    pub per_view: Amount,
    /// None where not everything fits.
    pub flat: Option<Amount>,
    pub optimum: Optimum,
    /// Titles that `auto` moved, each time.
    pub moves: usize,
    /// The share of bytes and days that `auto` had in the flat store.
    pub in_flat: f64,
}

impl Report {
    /// `auto` over the lower bound of what hindsight would have cost.
    pub fn to_bound(&self) -> f64 {
        ratio(self.auto.units(), self.optimum.bound)
    }

    /// `auto` over the better of the two fixed choices.
    pub fn to_fixed(&self) -> f64 {
        ratio(self.auto.units(), self.flat.map_or(self.per_view, |flat| flat.min(self.per_view)).units())
    }

    /// The plan that hindsight found over the bound: the optimum is between both.
    pub fn gap(&self) -> f64 {
        ratio(self.optimum.feasible, self.optimum.bound)
    }
}

fn ratio(cost: f64, base: f64) -> f64 {
    if base > 0.0 {
        cost / base
    } else if cost > 0.0 {
        f64::INFINITY
    } else {
        1.0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { currency, titles, first, days, auto, per_view, flat, optimum, moves, in_flat } = self;
        writeln!(f, "{titles} titles on {days} days from {first} on, in {}", currency.code())?;
        let minor = |units: f64| format!("{units:.*}", currency.decimals() as usize);
        let mut line = |name: &str, cost: f64| writeln!(f, "{name:<24} {:>16} {:>8.3}", minor(cost), ratio(cost, optimum.bound));
        line("auto", auto.units())?;
        line("always per view", per_view.units())?;
        if let Some(flat) = flat {
            line("always flat", flat.units())?;
        }
        line("hindsight, a plan", optimum.feasible)?;
        line("hindsight, lower bound", optimum.bound)?;
        if flat.is_none() {
            writeln!(f, "always flat: more is stored than the last step holds")?;
        }
        let (to_fixed, in_flat) = (self.to_fixed(), in_flat * 100.0);
        write!(
            f,
            "auto is {to_fixed:.3} of the better fixed choice; {moves} moves; {in_flat:.0} % of bytes and days in the flat store"
        )
    }
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    #[error("the history has {days} days, which leaves none to bill after the {before} that are known before")]
    TooShort { days: usize, before: usize },
    #[error(transparent)]
    Bill(#[from] BillError),
}

/// Replays a history from its day `before` on; what is earlier is known to `auto` at its beginning. `rounds` are those of
/// [`crate::optimum::optimum`].
///
/// # Errors
/// Where nothing is left to replay, or there is no bill.
pub fn evaluate(
    history: &History,
    before: usize,
    sheets: &Sheets,
    settings: Settings,
    rounds: usize,
) -> Result<Report, EvaluateError> {
    if before >= history.days {
        return Err(EvaluateError::TooShort { days: history.days, before });
    }
    let year = history.since(before);
    let replayed = replay(history, before, sheets, &Choices::default(), settings);
    let of = |placements: &Placements| cost(&year, placements, sheets, settings.objects);
    let capacity = || BillError::Placements;
    let auto = of(&replayed)?.ok_or_else(capacity)?;
    let per_view = of(&Placements::all(&year, Store::PerView))?.ok_or_else(capacity)?;
    let flat = of(&Placements::all(&year, Store::Flat))?;
    let optimum = optimum(&year, sheets, settings.objects, &[&replayed], rounds)?;
    let changes = |stores: &Vec<Store>| stores.iter().zip(stores.iter().skip(1)).filter(|(one, next)| one != next).count();
    let moves = replayed.0.iter().map(changes).sum();
    let (mut all, mut flat_bytes) = (0.0, 0.0);
    for (day, store) in
        year.lifetimes.iter().map(|lifetime| &lifetime.days).zip(&replayed.0).flat_map(|(days, stores)| days.iter().zip(stores))
    {
        all += day.stored_bytes as f64;
        flat_bytes += if *store == Store::Flat { day.stored_bytes as f64 } else { 0.0 };
    }
    Ok(Report {
        currency: sheets.currency(),
        titles: year.lifetimes.len(),
        first: year.first,
        days: year.days,
        auto,
        per_view,
        flat,
        optimum,
        moves,
        in_flat: if all > 0.0 { flat_bytes / all } else { 0.0 },
    })
}

/// Where titles lie from the day `before` of a history on, as decided day by day.
pub fn replay(history: &History, before: usize, sheets: &Sheets, choices: &Choices, settings: Settings) -> Placements {
    let mut planner = Planner::new(settings);
    let mut lies: HashMap<usize, (Store, Day, bool)> = HashMap::new();
    let mut placements: Vec<Vec<Store>> = vec![Vec::new(); history.lifetimes.len()];
    for at in 0..history.days {
        let here =
            || history.lifetimes.iter().enumerate().filter_map(|(number, lifetime)| Some((number, lifetime, lifetime.on(at)?)));
        if at >= before {
            let day = history.day(at);
            let stored: Vec<(usize, Stored)> = here()
                .map(|(number, lifetime, usage)| {
                    let lies = lies.get(&number).copied();
                    let (lies, moved) = (lies.map(|(store, since, _)| (store, since)), lies.is_some_and(|(_, _, moved)| moved));
                    (number, Stored { title: &lifetime.title, bytes: usage.stored_bytes, lies, moved })
                })
                .collect();
            let titles: Vec<Stored> = stored.iter().map(|(_, stored)| *stored).collect();
            let decision = planner.decide(day, &titles, sheets, choices);
            for ((number, stored), advice) in stored.iter().zip(&decision.advice) {
                if stored.lies.map(|(store, _)| store) != Some(advice.store) {
                    lies.insert(*number, (advice.store, day, stored.lies.is_some()));
                }
                placements.iter_mut().skip(*number).take(1).for_each(|stores| stores.push(advice.store));
            }
        }
        planner.observe(here().map(|(_, lifetime, usage)| (lifetime.title.as_str(), usage)));
    }
    placements
        .into_iter()
        .zip(&history.lifetimes)
        .filter(|(_, lifetime)| lifetime.end() > before)
        .map(|(stores, _)| stores)
        .collect::<Vec<_>>()
        .into()
}

impl From<Vec<Vec<Store>>> for Placements {
    fn from(stores: Vec<Vec<Store>>) -> Self {
        Self(stores)
    }
}
