//! What a year would have cost at least, had all of its usage been known before: a proven lower bound, and a plan that comes near to it.
//!
//! The exact optimum couples all titles by the capacity of each day, the step of each month and the tiers of its traffic. [`Optimum::bound`] is never above it (by Lagrangian decomposition,
//! by titles in [`bound`], by months in [`months`], by branches of their steps in [`branching`]); [`Optimum::feasible`] is what a plan costs that can be had, and never below it. Being within a factor of the bound proves
//! being within that factor of the optimum; the distance of both says how much of it is the bound's own weakness.

mod bound;
mod branching;
mod cells;
mod feasible;
mod months;
mod problem;
mod title;

use crate::{
    bill::{BillError, ObjectSize, Placements, Store, bills},
    money::Amount,
    sheet::Sheets,
    usage::History,
};

/// What a year costs in hindsight, in units of the currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// No placement costs less.
    pub bound: f64,
    /// A placement costs this: the best of the plans that were made, and of those that were given.
    pub feasible: f64,
}

/// What bills of a placement come to; infinite where the flat store does not hold it.
///
/// # Errors
/// Where there are no bills for another reason.
pub fn cost(
    history: &History,
    placements: &Placements,
    sheets: &Sheets,
    objects: ObjectSize,
) -> Result<Option<Amount>, BillError> {
    match bills(history, placements, sheets, objects) {
        Ok(bills) => Ok(Some(bills.iter().map(crate::bill::Bill::total).sum())),
        Err(BillError::BeyondCapacity { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Rounds in which the bound of a large year is improved; a tenth comes near to it.
pub const ROUNDS: usize = 1_500;

/// Computes both; `known` are placements of which the feasible plan is to be no worse. More `rounds` ([`ROUNDS`]) find a greater bound, which is proven whatever they are.
///
/// # Errors
/// As of [`bills`].
pub fn optimum(
    history: &History,
    sheets: &Sheets,
    objects: ObjectSize,
    known: &[&Placements],
    rounds: usize,
) -> Result<Optimum, BillError> {
    let problem = problem::Problem::new(history, sheets, objects);
    let per_view = Placements::all(history, Store::PerView);
    let flat = Placements::all(history, Store::Flat);
    let mut feasible = f64::INFINITY;
    for placements in known.iter().copied().chain([&per_view, &flat]) {
        if let Some(amount) = cost(history, placements, sheets, objects)? {
            feasible = feasible.min(amount.units());
        }
    }
    let mut search = bound::Search::new(&problem);
    // Plans are made twice: a better one tells how far prices may still be improved, and better prices make better plans.
    for _ in 0..2 {
        for placements in feasible::candidates(&problem, &search.bound()) {
            if let Some(amount) = cost(history, &placements, sheets, objects)? {
                feasible = feasible.min(amount.units());
            }
        }
        search.improve(feasible, rounds);
    }
    let base = search.bound();
    let mut months = months::Decomposition::new(&problem, &base, search.prices());
    months.improve(feasible, rounds);
    for placements in feasible::candidates(&problem, &months.bound()) {
        if let Some(amount) = cost(history, &placements, sheets, objects)? {
            feasible = feasible.min(amount.units());
        }
    }
    let leaves = branching::leaves(months, feasible, rounds);
    for placements in leaves.iter().flat_map(|leaf| feasible::of_bound(&problem, leaf)) {
        if let Some(amount) = cost(history, &placements, sheets, objects)? {
            feasible = feasible.min(amount.units());
        }
    }
    Ok(Optimum { bound: branching::least(&leaves).max(base.bound).max(0.0), feasible })
}

/// The bound by months alone, of which a bound by titles that is greater says nothing.
#[cfg(test)]
pub(crate) fn bound_by_months(history: &History, sheets: &Sheets, objects: ObjectSize, known: f64, rounds: usize) -> f64 {
    let problem = problem::Problem::new(history, sheets, objects);
    let mut search = bound::Search::new(&problem);
    search.improve(known, rounds);
    let mut months = months::Decomposition::new(&problem, &search.bound(), search.prices());
    months.improve(known, rounds);
    branching::least(&branching::leaves(months, known, rounds))
}

/// The least cost of the only title of a history, where each of its days in the flat store has a price. A bound that is improved towards a plan's cost
/// comes near to it even where a title's cost is wrong: this is what is compared with all placements.
#[cfg(test)]
pub(crate) fn cheapest(history: &History, sheets: &Sheets, objects: ObjectSize, flat: &[f64]) -> Option<f64> {
    let problem = problem::Problem::new(history, sheets, objects);
    let mut memory = title::Memory::default();
    let title = problem.titles.first()?;
    for (day, flat) in title.days.iter().zip(flat) {
        let price = problem.months.get(day.month)?.mean_price();
        memory.prices.push(day, price, *flat);
    }
    Some(memory.solve(&problem, title))
}
