//! A lower bound of what any placement costs, even one that knew the year: Lagrangian decomposition (Guignard and Kim, 1987).
//!
//! Titles and months are solved apart. A title pays a price for each day in the flat store and takes its cheapest way ([`super::title`]); a month is
//! paid those prices for what it takes, and takes what its best step holds. Both choose for themselves, where a plan has to choose the same for both: for whatever
//! prices, what both cost together is at most what a plan costs. Relaxed beside that: a month fills its step on the mean of its days, by parts of titles, at the least
//! size that each has in it; traffic of moves is free in the flat store; the minimum of the per-view store is the least
//! of all sheets. Tiers are bounded by their conjugate. The prices are improved by subgradients (Polyak's steps). Numbers are `f64`: the bound
//! is lowered by a part in 10^9, far more than they round.

use super::{
    cells::Shares,
    problem::{Month, Problem, Title},
    title::Memory,
};
use crate::bill::Store;

/// The prices.
#[derive(Clone, Debug)]
pub(super) struct Multipliers {
    /// By title and its months: a whole month in the flat store.
    flat: Vec<Vec<f64>>,
    /// By month: a byte out of the flat store, and one out of the other.
    flat_out: Vec<f64>,
    out: Vec<f64>,
}

/// What is known at some prices.
#[derive(Clone, Debug)]
struct Value {
    bound: f64,
    gradient: Multipliers,
    steps: Vec<Option<usize>>,
    /// By month, the saving of a byte that no longer fits.
    margins: Vec<f64>,
}

/// The bound, and what of it helps to find a plan.
#[derive(Debug)]
pub(super) struct Bound {
    pub bound: f64,
    pub steps: Vec<Option<usize>>,
    pub margins: Vec<f64>,
    /// By month, how the margin is shared by its days.
    pub shares: Vec<Shares>,
    /// By month, what a byte out of the flat store is worth to others, and one out of the other store costs.
    pub flat_out: Vec<f64>,
    pub out: Vec<f64>,
}

fn at(values: &[f64], index: usize) -> f64 {
    values.get(index).copied().unwrap_or(0.0)
}

/// Prices that are being improved.
#[derive(Debug)]
pub(super) struct Search<'a> {
    problem: &'a Problem,
    memory: Memory,
    best: (Multipliers, Value),
}

impl<'a> Search<'a> {
    /// Begins at the best of several prices: those at which a title costs the same in both stores, on the mean of more or fewer months, and those that
    /// are the same for each byte.
    pub(super) fn new(problem: &'a Problem) -> Self {
        let mut memory = Memory::default();
        let first = start(problem, 0.0, 0);
        let value = evaluate(problem, &first, &mut memory);
        let mut search = Self { problem, memory, best: (first, value) };
        for traffic in [0.0, 0.5, 1.0] {
            for window in [0, 1, 3, 12] {
                search.take(start(problem, traffic, window));
            }
            let margins = search.best.1.margins.clone();
            search.take(by_the_byte(problem, traffic, &margins));
        }
        search
    }

    /// Whether these prices are better than all before.
    fn take(&mut self, multipliers: Multipliers) -> bool {
        let value = evaluate(self.problem, &multipliers, &mut self.memory);
        let better = value.bound > self.best.1.bound;
        if better {
            self.best = (multipliers, value);
        }
        better
    }

    /// By title and its months, what a whole month in the flat store costs at the best prices so far.
    pub(super) fn prices(&self) -> &[Vec<f64>] {
        &self.best.0.flat
    }

    /// What is known at the best prices so far.
    pub(super) fn bound(&self) -> Bound {
        let value = &self.best.1;
        let bound = value.bound - value.bound.abs() * 1e-9;
        let out = self.problem.months.iter().map(Month::mean_price).collect();
        let shares = self.problem.months.iter().map(|month| Shares::even(month.days.len())).collect();
        let (steps, margins) = (value.steps.clone(), value.margins.clone());
        Bound { bound, steps, margins, shares, flat_out: self.best.0.flat_out.clone(), out }
    }

    /// Improves the prices in so many rounds, where some plan costs `known`.
    pub(super) fn improve(&mut self, known: f64, rounds: usize) {
        let scale = start(self.problem, 0.0, 1);
        let (mut multipliers, mut value) = self.best.clone();
        let (mut pace, mut idle) = (1.0, 0);
        for _ in 0..rounds {
            let by = pace * (known - value.bound);
            // Beyond this the steps are too short to change anything that counts.
            if pace < 0.003 || by <= 0.0 || self.problem.improve(&mut multipliers, &value.gradient, &scale, by) <= 0.0 {
                break;
            }
            value = evaluate(self.problem, &multipliers, &mut self.memory);
            if value.bound > self.best.1.bound {
                self.best = (multipliers.clone(), value.clone());
                idle = 0;
            } else {
                idle += 1;
            }
            if idle >= 5 {
                (pace, idle) = (pace * 0.8, 0);
                (multipliers, value) = self.best.clone();
            }
        }
    }
}

/// Prices at which a title costs the same in both stores, on the mean of so many months before and after.
fn start(problem: &Problem, traffic: f64, window: usize) -> Multipliers {
    let mean = |title: &Title| {
        let count = title.months.len();
        let price = |month: usize| {
            let around = title.months.get(month.saturating_sub(window)..(month + window + 1).min(count)).unwrap_or_default();
            let first = title.first_month + month.saturating_sub(window);
            let present: f64 = around.iter().map(|month| month.present).sum();
            let cost = around.iter().zip(first..).map(|(month, at)| {
                let beyond = problem.months.get(at).map_or(0.0, |month| month.dear_traffic() * traffic);
                (month.per_view - month.out * beyond).max(0.0)
            });
            cost.sum::<f64>() / present.max(f64::MIN_POSITIVE)
        };
        (0..count).map(price).collect()
    };
    Multipliers {
        flat: problem.titles.iter().map(mean).collect(),
        flat_out: problem.months.iter().map(|month| month.dear_traffic() * traffic).collect(),
        out: problem.months.iter().map(|month| month.mean_price().min(month.last_price())).collect(),
    }
}

fn by_the_byte(problem: &Problem, traffic: f64, margins: &[f64]) -> Multipliers {
    let flat = problem.titles.iter().map(|title| {
        let months = title.months.iter().zip(title.first_month..);
        months.map(|(month, at_month)| month.bytes * at(margins, at_month)).collect()
    });
    Multipliers { flat: flat.collect(), ..start(problem, traffic, 0) }
}

impl Month {
    /// What traffic beyond the last step costs, where all traffic would be more than it includes.
    pub(super) fn dear_traffic(&self) -> f64 {
        let included = self.steps.first().map_or(0.0, |(_, _, traffic)| *traffic);
        if included < self.out { self.beyond } else { 0.0 }
    }
}

impl Problem {
    /// Changes the prices along a gradient, so far that the bound would rise by `by` were it linear; how long the gradient was.
    fn improve(&self, multipliers: &mut Multipliers, gradient: &Multipliers, scale: &Multipliers, by: f64) -> f64 {
        let titles =
            || self.titles.iter().enumerate().flat_map(|(at, title)| (0..title.months.len()).map(move |month| (at, month)));
        let of =
            |values: &Multipliers, (title, month): (usize, usize)| values.flat.get(title).map_or(0.0, |values| at(values, month));
        let traffic_scale = |month: &Month| month.dear_traffic() / month.out.max(1.0);
        let out_scale = |month: &Month| if month.tiers.len() > 2 { month.mean_price() / month.out.max(1.0) } else { 0.0 };
        let mut length: f64 = titles().map(|place| of(scale, place) * of(gradient, place).powi(2)).sum();
        for (place, month) in self.months.iter().enumerate() {
            length += traffic_scale(month) * at(&gradient.flat_out, place).powi(2);
            length += out_scale(month) * at(&gradient.out, place).powi(2);
        }
        if length <= 0.0 {
            return 0.0;
        }
        let step = by / length;
        for (title, month) in titles() {
            let change = step * of(scale, (title, month)) * of(gradient, (title, month));
            if let Some(price) = multipliers.flat.get_mut(title).and_then(|prices| prices.get_mut(month)) {
                *price = (*price + change).max(0.0);
            }
        }
        let months = multipliers.flat_out.iter_mut().zip(&mut multipliers.out).zip(&self.months).enumerate();
        for (place, ((flat_out, out), month)) in months {
            let change = step * traffic_scale(month) * at(&gradient.flat_out, place);
            *flat_out = (*flat_out + change).clamp(0.0, month.dear_traffic());
            *out = (*out + step * out_scale(month) * at(&gradient.out, place)).max(0.0);
        }
        length
    }
}

fn evaluate(problem: &Problem, multipliers: &Multipliers, memory: &mut Memory) -> Value {
    let months = problem.months.len();
    let mut gradient = Multipliers { flat: Vec::new(), flat_out: vec![0.0; months], out: vec![0.0; months] };
    let mut bound = 0.0;
    // By month what is offered to the flat store: price by the byte, title, and the title's month.
    let mut offers: Vec<Vec<(f64, usize, usize)>> = vec![Vec::new(); months];
    for (number, (title, prices)) in problem.titles.iter().zip(&multipliers.flat).enumerate() {
        memory.prices.clear();
        for day in &title.days {
            let days = problem.months.get(day.month).map_or(1, |month| month.days.len()).max(1);
            let price = at(prices, day.month.saturating_sub(title.first_month)) / days as f64;
            let flat = price + day.out * at(&multipliers.flat_out, day.month);
            memory.prices.push(day, at(&multipliers.out, day.month), flat);
        }
        bound += memory.solve(problem, title);
        let mut own = vec![0.0; title.months.len()];
        let next = memory.path.iter().skip(1).chain([&Store::PerView]);
        let before = [&Store::PerView].into_iter().chain(&memory.path);
        for (((day, store), next), before) in title.days.iter().zip(&memory.path).zip(next).zip(before) {
            let days = problem.months.get(day.month).map_or(1, |month| month.days.len()).max(1);
            match store {
                Store::Flat => {
                    own.iter_mut()
                        .skip(day.month.saturating_sub(title.first_month))
                        .take(1)
                        .for_each(|share| *share += 1.0 / days as f64);
                    gradient.flat_out.iter_mut().skip(day.month).take(1).for_each(|out| *out += day.out);
                }
                Store::PerView => gradient.out.iter_mut().skip(day.month).take(1).for_each(|out| {
                    let moves = [before, next].into_iter().filter(|other| **other == Store::Flat).count();
                    *out += day.out + day.stored * moves as f64;
                }),
            }
        }
        gradient.flat.push(own);
        for (own, (month, price)) in title.months.iter().zip(prices).enumerate() {
            if let Some(offers) = offers.get_mut(title.first_month + own) {
                offers.push((price / month.bytes.max(1.0), number, own));
            }
        }
    }
    let (mut steps, mut margins) = (Vec::new(), Vec::new());
    for (number, (month, mut offers)) in problem.months.iter().zip(offers).enumerate() {
        let price = at(&multipliers.out, number);
        let (cost, conjugate_at) = month.conjugate(price);
        bound += cost;
        gradient.out.iter_mut().skip(number).take(1).for_each(|out| *out -= conjugate_at);
        offers.sort_by(|one, other| other.0.total_cmp(&one.0));
        let flat_out = at(&multipliers.flat_out, number);
        let (mut best, mut margin): (Option<(f64, usize)>, f64) = (None, 0.0);
        for (at, (rent, capacity, traffic)) in month.steps.iter().enumerate() {
            let mut paid = flat_out * traffic.min(month.out);
            let last = problem.take(&offers, *capacity, |by_byte, bytes, _, _| paid += by_byte * bytes);
            if rent - paid < best.map_or(0.0, |(best, _)| best) {
                (best, margin) = (Some((rent - paid, at)), last);
            }
        }
        if let Some((cost, step)) = best {
            bound += cost;
            let (_, capacity, traffic) = month.steps.get(step).copied().unwrap_or_default();
            gradient.flat_out.iter_mut().skip(number).take(1).for_each(|out| *out -= traffic.min(month.out));
            let _ = problem.take(&offers, capacity, |_, bytes, title, own| {
                let size = problem.titles.get(title).and_then(|title| title.months.get(own)).map_or(1.0, |month| month.bytes);
                let share = gradient.flat.get_mut(title).and_then(|own_months| own_months.get_mut(own));
                share.into_iter().for_each(|share| *share -= bytes / size.max(1.0));
            });
        }
        steps.push(best.map(|(_, step)| step));
        margins.push(margin);
    }
    Value { bound, gradient, steps, margins }
}

impl Problem {
    /// Gives what fits into a capacity, the dearest by the byte first: its price, how many bytes of it (on the mean of the month's days), and whose it is.
    /// The price of the last one.
    fn take(&self, offers: &[(f64, usize, usize)], capacity: f64, mut each: impl FnMut(f64, f64, usize, usize)) -> f64 {
        let mut left = capacity;
        for (by_byte, title, own) in offers {
            let month = self.titles.get(*title).and_then(|title| title.months.get(*own)).copied().unwrap_or_default();
            let bytes = (month.present * month.bytes.max(1.0)).min(left);
            each(*by_byte, bytes, *title, *own);
            left -= bytes;
            if left <= 0.0 {
                return *by_byte;
            }
        }
        0.0
    }
}

impl Month {
    /// The least of what traffic costs less this price for each byte of it, and at how much traffic that is.
    fn conjugate(&self, price: f64) -> (f64, f64) {
        let costs = self.tiers.iter().map(|(out, cost)| (cost - price * out, *out));
        costs.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((0.0, 0.0))
    }
}
