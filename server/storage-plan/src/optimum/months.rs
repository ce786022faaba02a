//! A lower bound that takes the year apart into its months: Lagrangian decomposition over time, each month enumerating its steps.
//!
//! Where a title lies when a month ends and where it lies when the next one begins are two variables, and their difference is what is relaxed (Lagrangian relaxation: Geoffrion, 1974).
//! A month is then a problem of its own, and its optimum is the least of its *cells*: a step (or none), and a range of traffic in which its tiers are convex. That is
//! branching on all steps of a month at once (Land and Doig, 1960), with a bound for each branch: its own prices of capacity and traffic, where
//! [`super::bound`] has the same for all steps and so pays for 0.6 of one and 0.4 of the next. Why it is proven: for whatever prices, a cell's Lagrangian is at most what any plan costs
//! in that cell, the least of all cells at most what it costs in that month, and what titles pay at a month's end they are paid at the next one's beginning. Prices that are
//! bad make a bound that is low, never one that is wrong. A step has to hold each of its days, so the price of its capacity may be shared by them in any way: it is the days on which
//! most is stored that it comes to. Still relaxed: the minimum of the per-view store; parts of titles may lie in either store; traffic of moves at a month's end is free in the flat one.

use super::{
    bound::Bound,
    cells::{Cell, Prices, Searched, Shares, Stay, Swept, cells, least, sweep},
    problem::{Month, Problem, Title},
};

/// A month's problem.
#[derive(Clone, Debug)]
struct Part {
    stays: Vec<Stay>,
    cells: Vec<Cell>,
}

/// What is being improved.
#[derive(Clone, Debug)]
pub(super) struct Decomposition<'a> {
    problem: &'a Problem,
    parts: Vec<Part>,
    /// What lying in the flat store rather than in the other costs, by title and month's end.
    potentials: Vec<f64>,
    scale: Vec<f64>,
    best: Best,
}

#[derive(Clone, Debug, Default)]
struct Best {
    bound: f64,
    potentials: Vec<f64>,
    prices: Vec<Vec<([Searched; 3], Shares)>>,
    steps: Vec<Option<usize>>,
    /// By month, the prices at which the cell that was taken had its bound.
    paid: Vec<Prices>,
}

/// Cells whose prices are improved at once, of each month.
const CELLS: usize = 2;
/// Rounds in which prices of all cells are improved, before potentials are.
const ALONE: usize = 15;

impl<'a> Decomposition<'a> {
    /// Begins at prices of [`super::bound`], at which what titles lose and win at a month's end is computed backwards.
    pub(super) fn new(problem: &'a Problem, base: &Bound, prices: &[Vec<f64>]) -> Self {
        let margins = &base.margins;
        let mut parts: Vec<Part> = problem
            .months
            .iter()
            .zip(margins.iter().copied().chain(std::iter::repeat(0.0)))
            .map(|(month, margin)| Part { stays: Vec::new(), cells: cells(month, margin) })
            .collect();
        let (mut potentials, mut scale) = (Vec::new(), Vec::new());
        for (number, title) in problem.titles.iter().enumerate() {
            let values = to_go(problem, title, prices.get(number).map(Vec::as_slice).unwrap_or_default(), &base.flat_out);
            let (mut from, mut before) = (0, None);
            while let Some(first) = title.days.get(from) {
                let until = title
                    .days
                    .iter()
                    .skip(from)
                    .position(|day| day.month != first.month)
                    .map_or(title.days.len(), |at| from + at);
                let after = (until < title.days.len()).then_some(potentials.len());
                if after.is_some() {
                    potentials.push(values.get(until).copied().unwrap_or(0.0));
                    let day = title.days.get(until).copied().unwrap_or_default();
                    let price = problem.months.get(day.month).map_or(0.0, Month::mean_price);
                    scale.push(day.enter + 2.0 * (day.leave + day.stored * price) + first.per_view);
                }
                if let Some(part) = parts.get_mut(first.month) {
                    part.stays.push(Stay { title: number, days: from..until, before, after });
                }
                (from, before) = (until, after);
            }
        }
        let best = Best { bound: f64::NEG_INFINITY, ..Best::default() };
        Self { problem, parts, potentials, scale, best }
    }

    /// The greatest bound so far.
    pub(super) fn value(&self) -> f64 {
        self.best.bound
    }

    pub(super) fn bound(&self) -> Bound {
        let Best { bound, steps, paid, .. } = &self.best;
        let of = |price: fn(&Prices) -> f64| paid.iter().map(price).collect();
        Bound {
            bound: bound - bound.abs() * 1e-9,
            steps: steps.clone(),
            margins: of(|paid| paid.capacity),
            shares: paid.iter().map(|paid| paid.shares).collect(),
            flat_out: of(|paid| paid.flat_out),
            out: of(|paid| paid.out),
        }
    }

    /// Improves the bound in so many rounds, where some plan costs `known`: subgradients, each smoothed by those before.
    pub(super) fn improve(&mut self, known: f64, rounds: usize) {
        self.climb(known, rounds, 0.3, ALONE);
    }

    fn climb(&mut self, known: f64, rounds: usize, mut pace: f64, alone: usize) {
        let mut idle = 0;
        let mut direction = vec![0.0; self.potentials.len()];
        for round in 0..rounds.saturating_add(alone) {
            let before = self.best.bound;
            let (bound, gradient) = self.round(if round < alone { usize::MAX } else { CELLS }, pace);
            if pace < 0.003 || known <= self.best.bound {
                break;
            }
            if round < alone {
                continue;
            }
            idle = if bound > before + bound.abs() * 1e-5 { 0 } else { idle + 1 };
            if idle >= 10 {
                (pace, idle) = (pace * 0.8, 0);
                self.restore();
                continue;
            }
            for (direction, slope) in direction.iter_mut().zip(&gradient) {
                *direction = *direction * 0.7 + slope * 0.3;
            }
            let length: f64 = direction.iter().zip(&self.scale).map(|(slope, scale)| slope * slope * scale).sum();
            if length <= 0.0 {
                continue;
            }
            // Where few titles differ, Polyak's step would be longer than all that a move costs.
            let step = (pace * (known - bound) / length).min(pace * 0.1);
            for ((potential, slope), scale) in self.potentials.iter_mut().zip(&direction).zip(&self.scale) {
                *potential += step * slope * scale;
            }
        }
    }

    /// Back to the best prices so far.
    fn restore(&mut self) {
        self.potentials.clone_from(&self.best.potentials);
        for (part, prices) in self.parts.iter_mut().zip(&self.best.prices) {
            part.cells.iter_mut().zip(prices).for_each(|(cell, prices)| (cell.prices, cell.shares) = *prices);
        }
    }

    /// The same with the steps of a month up to one, and with those beyond it: every plan is in one of both. The month is the one whose second step costs
    /// least more than its first, where prices leave both; none where another step is everywhere so dear that no plan can be better with it.
    pub(super) fn branches(&self, known: f64, rounds: usize) -> Option<[Self; 2]> {
        let differences = self.parts.iter().enumerate().filter_map(|(at, part)| {
            let by_value = |one: &&Cell, other: &&Cell| one.value.total_cmp(&other.value);
            let first = part.cells.iter().min_by(by_value)?;
            let second = part.cells.iter().filter(|cell| cell.rank() != first.rank()).min_by(by_value)?;
            Some((second.value - first.value, at, first.rank().min(second.rank())))
        });
        let (difference, month, rank) = differences.min_by(|(one, ..), (other, ..)| one.total_cmp(other))?;
        if self.best.bound + difference >= known {
            return None;
        }
        Some([true, false].map(|up_to| {
            let mut branch = self.clone();
            branch.restore();
            if let Some(part) = branch.parts.get_mut(month) {
                part.cells.retain(|cell| (cell.rank() <= rank) == up_to);
            }
            branch.best = Best { bound: f64::NEG_INFINITY, ..Best::default() };
            branch.climb(known, rounds, 0.15, 0);
            // At the same prices no branch is below the whole, whatever was tried since.
            branch.best.bound = branch.best.bound.max(self.best.bound);
            branch
        }))
    }

    /// The bound at the present prices, and its gradient by the potentials; prices of the cells that count are improved then.
    fn round(&mut self, count: usize, pace: f64) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; self.potentials.len()];
        let (mut bound, mut steps, mut paid, mut prices) = (0.0, Vec::new(), Vec::new(), Vec::new());
        for (part, month) in self.parts.iter_mut().zip(&self.problem.months) {
            prices.push(part.cells.iter().map(|cell| (cell.prices, cell.shares)).collect::<Vec<_>>());
            let mut order: Vec<usize> = (0..part.cells.len()).collect();
            order.sort_by(|one, other| {
                let value = |at: &usize| part.cells.get(*at).map_or(0.0, |cell| cell.value);
                value(one).total_cmp(&value(other))
            });
            let unseen = part.cells.iter().filter(|cell| cell.value.is_infinite()).count();
            order.truncate(count.max(unseen));
            let look = |at: usize| {
                let cell = part.cells.get(at)?;
                Some((at, sweep(self.problem, month, &part.stays, &self.potentials, cell.prices())))
            };
            let mut swept: Vec<(usize, Swept)> = order.into_iter().filter_map(look).collect();
            let (values, of) = loop {
                let (values, least) = least(month, &part.cells, &swept);
                match least {
                    // Only a cell whose own prices were tried says how low the month is.
                    Some((at, ..)) if swept.iter().all(|(of, _)| *of != at) => swept.extend(look(at)),
                    _ => break (values, least),
                }
            };
            let of = of.and_then(|(at, by, least)| Some((part.cells.get(at)?, &swept.get(by)?.1, least)));
            if let Some((cell, swept, least)) = of {
                bound += least;
                steps.push(cell.step);
                paid.push(swept.prices);
                for (stay, (began, ends)) in part.stays.iter().zip(&swept.ends) {
                    let mut add = |at: Option<usize>, by: f64| {
                        if let Some(slope) = at.and_then(|at| gradient.get_mut(at)) {
                            *slope += by;
                        }
                    };
                    add(stay.before, if *began { -1.0 } else { 0.0 });
                    add(stay.after, if *ends { 1.0 } else { 0.0 });
                }
            }
            for (at, swept) in swept {
                let Some(cell) = part.cells.get_mut(at) else { continue };
                let (_, out) = cell.cost(month, swept.prices);
                let (_, included) = cell.traffic(month, swept.prices.flat_out);
                let [capacity, flat_out, of_out] = &mut cell.prices;
                capacity.follow(swept.stored - cell.capacity);
                cell.shares.follow(&swept.stored_by_day, pace);
                flat_out.follow(swept.total.flat_out - included);
                of_out.follow(swept.total.out - out);
            }
            part.cells.iter_mut().zip(values).for_each(|(cell, value)| cell.value = value);
        }
        if bound > self.best.bound {
            self.best.bound = bound;
            self.best.potentials.clone_from(&self.potentials);
            (self.best.prices, self.best.steps, self.best.paid) = (prices, steps, paid);
        }
        (bound, gradient)
    }
}

/// What beginning a day in the flat store rather than in the other one costs a title until its end, by day, at prices of its months and of traffic.
fn to_go(problem: &Problem, title: &Title, prices: &[f64], flat_out: &[f64]) -> Vec<f64> {
    let days = &title.days;
    let mut values = vec![0.0; days.len()];
    let (mut per_view, mut flat, mut last) = (0.0_f64, 0.0_f64, true);
    for (day, value) in days.iter().zip(&mut values).rev() {
        let Some(month) = problem.months.get(day.month) else { continue };
        let price = month.mean_price();
        let own =
            prices.get(day.month.saturating_sub(title.first_month)).copied().unwrap_or(0.0) / month.days.len().max(1) as f64;
        let leaves = if last { f64::INFINITY } else { day.leave + day.stored * price + flat };
        let through = per_view.min(leaves) + day.per_view + day.out * price;
        let stays = flat + own + day.out * flat_out.get(day.month).copied().unwrap_or(0.0);
        (per_view, flat) = (through, stays.min(through + day.enter + day.leave + day.stored * price));
        *value = flat - per_view;
        last = false;
    }
    values
}
