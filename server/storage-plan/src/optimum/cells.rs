//! A month by itself: its cells, which are a step (or none) and a range of traffic in which tiers are convex, and what they cost at some prices.
//!
//! A cell's Lagrangian is what all titles cost at its prices ([`sweep`]) beside what the cell costs less what it is paid ([`Cell::cost`]): never above what any
//! placement costs that month in that cell. Prices are good for all cells, whichever they were made for, so that few sweeps bound many cells.

use std::ops::Range;

use super::problem::{Month, Problem, TitleDay};

/// Days of the longest month.
const DAYS: usize = 31;

/// What a cell pays for a byte: of capacity for a month, out of the flat store beyond what is included, and out of the per-view store.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Prices {
    pub capacity: f64,
    pub shares: Shares,
    pub flat_out: f64,
    pub out: f64,
}

/// A price that is searched by the signs of its derivative (Rprop, Riedmiller and Braun 1993): of a concave function, with each other month's prices changing a little.
#[derive(Clone, Copy, Debug)]
pub(super) struct Searched {
    at: f64,
    step: f64,
    scale: f64,
    rising: Option<bool>,
}

impl Searched {
    fn new(at: f64, scale: f64) -> Self {
        Self { at, step: scale * 0.25, scale, rising: None }
    }

    pub(super) fn follow(&mut self, derivative: f64) {
        if derivative.abs() <= f64::EPSILON {
            return;
        }
        let rising = derivative > 0.0;
        if let Some(before) = self.rising {
            self.step = (self.step * if before == rising { 1.3 } else { 0.5 }).clamp(self.scale * 1e-5, self.scale);
        }
        self.rising = Some(rising);
        self.at = (self.at + if rising { self.step } else { -self.step }).max(0.0);
    }
}

/// The share of each day in the price of a month's capacity. All together are one, so that capacity costs the same however they are: a step has to hold each day,
/// and where the catalogue grows it is the last ones that it is rented for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shares([f64; DAYS]);

impl Shares {
    pub(super) fn even(days: usize) -> Self {
        let mut shares = [0.0; DAYS];
        shares.iter_mut().take(days).for_each(|share| *share = 1.0 / days.max(1) as f64);
        Self(shares)
    }

    pub(super) fn of(&self, day: usize) -> f64 {
        self.0.get(day).copied().unwrap_or(0.0)
    }

    /// Days on which more is stored than on the mean become dearer, the others cheaper (multiplicative weights), by at most `pace`.
    pub(super) fn follow(&mut self, stored: &[f64; DAYS], pace: f64) {
        let mean: f64 = self.0.iter().zip(stored).map(|(share, stored)| share * stored).sum();
        let differs = |(share, stored): (&f64, &f64)| if *share > 0.0 { (stored - mean).abs() } else { 0.0 };
        let spread = self.0.iter().zip(stored).map(differs).fold(0.0, f64::max);
        if spread <= mean * 1e-6 {
            return;
        }
        // None becomes nothing, or it would stay so for ever.
        for (share, stored) in self.0.iter_mut().zip(stored).filter(|(share, _)| **share > 0.0) {
            *share = (*share * (pace * (stored - mean) / spread).exp()).max(1e-9);
        }
        let sum: f64 = self.0.iter().sum();
        self.0.iter_mut().for_each(|share| *share /= sum);
    }
}

/// A step of a month, or none, and a range of its traffic.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub step: Option<usize>,
    rent: f64,
    pub capacity: f64,
    traffic: f64,
    /// Of the month's tiers, the points of the range.
    tiers: Range<usize>,
    pub prices: [Searched; 3],
    pub shares: Shares,
    /// The bound when it was last looked at.
    pub value: f64,
}

impl Cell {
    pub(super) fn prices(&self) -> Prices {
        let [capacity, flat_out, out] = self.prices.map(|price| price.at);
        Prices { capacity, shares: self.shares, flat_out, out }
    }

    /// Its step as a number: none before the first one.
    pub(super) fn rank(&self) -> usize {
        self.step.map_or(0, |step| step + 1)
    }

    /// What is paid for at these prices beside what titles pay, and at how much traffic of the per-view store.
    pub(super) fn cost(&self, month: &Month, prices: Prices) -> (f64, f64) {
        let points = month.tiers.get(self.tiers.clone()).unwrap_or_default();
        let costs = points.iter().map(|(out, cost)| (cost - prices.out * out, *out));
        let (tiers, out) = costs.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((0.0, 0.0));
        (self.rent - prices.capacity * self.capacity + self.traffic(month, prices.flat_out).0 + tiers, out)
    }

    /// The least of what traffic of the flat store costs less a price for each byte of it, and at how much traffic that is. More than is included can be had of
    /// the last step alone; more than all views and moves cannot be had.
    pub(super) fn traffic(&self, month: &Month, price: f64) -> (f64, f64) {
        let most = month.tiers.last().map_or(month.out, |(out, _)| *out);
        let included = self.traffic.min(most);
        let within = (-price * included, included);
        let beyond = (month.beyond * (most - included) - price * most, most);
        if self.step.is_some_and(|step| step + 1 == month.steps.len()) && beyond.0 < within.0 { beyond } else { within }
    }
}

/// A title's days in a month, and where its potentials are before and after them.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    pub title: usize,
    pub days: Range<usize>,
    pub before: Option<usize>,
    pub after: Option<usize>,
}

/// A title's cheapest way to where it is, and what it takes on it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    pub cost: f64,
    /// Whether it was in the flat store when the month began.
    began_flat: bool,
    /// On which of the month's days it is in the flat store, as bits from the first one on; and bytes out of both.
    flat_days: u32,
    pub flat_out: f64,
    pub out: f64,
}

impl Way {
    fn moving(self, cost: f64, out: f64) -> Self {
        Self { cost: self.cost + cost, out: self.out + out, ..self }
    }

    fn reading(self, bytes: f64, price: f64) -> Self {
        Self { cost: self.cost + bytes * price, flat_out: self.flat_out + bytes, ..self }
    }

    fn or(self, other: Self) -> Self {
        if other.cost < self.cost { other } else { self }
    }
}

/// All titles of a month at some prices.
#[derive(Debug, Default)]
pub(super) struct Swept {
    pub prices: Prices,
    pub total: Way,
    /// Bytes in the flat store by day, and on the mean of days, weighed by their shares.
    pub stored_by_day: [f64; DAYS],
    pub stored: f64,
    /// By title, whether it begins and ends in the flat store.
    pub ends: Vec<(bool, bool)>,
}

/// The bound of each cell, by the best of several prices: they are good for each, whichever they were made for. Then the cell that is the least, by which of the
/// prices, and its bound.
pub(super) fn least(month: &Month, cells: &[Cell], swept: &[(usize, Swept)]) -> (Vec<f64>, Option<(usize, usize, f64)>) {
    let mut values = Vec::with_capacity(cells.len());
    let mut least: Option<(usize, usize, f64)> = None;
    for (at, cell) in cells.iter().enumerate() {
        let bounds = swept.iter().map(|(_, swept)| cell.cost(month, swept.prices).0 + swept.total.cost);
        let best = bounds.enumerate().max_by(|(_, one), (_, other)| one.total_cmp(other));
        let (by, value) = best.unwrap_or((0, f64::NEG_INFINITY));
        values.push(value);
        if least.is_none_or(|(.., least)| value < least) {
            least = Some((at, by, value));
        }
    }
    (values, least)
}

/// A month's steps and none, each with all ranges of traffic.
pub(super) fn cells(month: &Month, margin: f64) -> Vec<Cell> {
    let none = [(None, (0.0, 0.0, 0.0))];
    let steps = month.steps.iter().enumerate().map(|(at, step)| (Some(at), *step)).chain(none);
    let by_the_byte = month.steps.iter().map(|(rent, capacity, _)| rent / capacity.max(1.0)).fold(margin, f64::max);
    let ranges = convex_ranges(&month.tiers);
    let made = steps.flat_map(|(step, (rent, capacity, traffic))| {
        ranges.iter().map(move |(tiers, price)| Cell {
            step,
            rent,
            capacity,
            traffic,
            tiers: tiers.clone(),
            prices: [Searched::new(margin, by_the_byte), Searched::new(0.0, month.dear_traffic()), Searched::new(*price, *price)],
            shares: Shares::even(month.days.len()),
            value: f64::NEG_INFINITY,
        })
    });
    made.collect()
}

/// Ranges of points between which prices do not fall, and the last price of each.
fn convex_ranges(tiers: &[(f64, f64)]) -> Vec<(Range<usize>, f64)> {
    let mut ranges: Vec<(Range<usize>, f64)> = Vec::new();
    for (at, ((from, cost), (until, next))) in tiers.iter().zip(tiers.iter().skip(1)).enumerate() {
        let price = (next - cost) / (until - from).max(1.0);
        match ranges.last_mut() {
            Some((range, last)) if price >= *last => (range.end, *last) = (at + 2, price),
            _ => ranges.push((at..at + 2, price)),
        }
    }
    if ranges.is_empty() {
        ranges.push((0..tiers.len(), 0.0));
    }
    ranges
}

/// The cheapest ways of all titles of a month.
pub(super) fn sweep(problem: &Problem, month: &Month, stays: &[Stay], potentials: &[f64], prices: Prices) -> Swept {
    let mut swept = Swept { prices, ends: Vec::with_capacity(stays.len()), ..Swept::default() };
    for stay in stays {
        let Some(title) = problem.titles.get(stay.title) else { continue };
        let days = title.days.get(stay.days.clone()).unwrap_or_default();
        let potential = |at: Option<usize>| at.and_then(|at| potentials.get(at)).copied().unwrap_or(0.0);
        let mut flat = Way { cost: -potential(stay.before), began_flat: true, ..Way::default() };
        let comes = if stay.before.is_none() && title.first > 0 { days.first().map_or(0.0, |day| day.enter) } else { 0.0 };
        let mut per_view = Way { cost: comes, ..Way::default() };
        let mut yesterday: Option<&TitleDay> = None;
        let first = (title.first + stay.days.start).saturating_sub(month.days.start);
        for (day, number) in days.iter().zip(first..) {
            // What moves is read out of both stores, each on its own side of the move; at a month's end the flat store's reads are left out.
            let mut comes = flat.moving(day.enter + day.leave + day.stored * prices.out, day.stored);
            let mut leaves = flat;
            if let Some(yesterday) = yesterday {
                comes = comes.reading(yesterday.stored, prices.flat_out);
                leaves = per_view.moving(yesterday.leave + yesterday.stored * prices.out, yesterday.stored);
                leaves = leaves.reading(day.stored, prices.flat_out);
            }
            (per_view, flat) = (per_view.or(comes), flat.or(leaves));
            per_view.cost += day.per_view + day.out * prices.out;
            per_view.out += day.out;
            flat.cost += day.stored * prices.shares.of(number) * prices.capacity + day.out * prices.flat_out;
            flat.flat_days |= 1 << number;
            flat.flat_out += day.out;
            yesterday = Some(day);
        }
        if let (Some(_), Some(day)) = (stay.after, yesterday) {
            flat = flat.or(per_view.moving(day.leave + day.stored * prices.out, day.stored));
            flat.cost += potential(stay.after);
        }
        let way = per_view.or(flat);
        swept.ends.push((way.began_flat, flat.cost < per_view.cost));
        let total = &mut swept.total;
        total.cost += way.cost;
        total.flat_out += way.flat_out;
        total.out += way.out;
        for (day, (stored, number)) in days.iter().zip(swept.stored_by_day.iter_mut().skip(first).zip(first..)) {
            *stored += if way.flat_days >> number & 1 == 1 { day.stored } else { 0.0 };
        }
    }
    swept.stored = swept.stored_by_day.iter().zip(prices.shares.0).map(|(stored, share)| stored * share).sum();
    swept
}
