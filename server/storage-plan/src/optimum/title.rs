//! The cheapest way of one title through its days, where each day in the flat store has a price: dynamic programming over days and stores.
//!
//! The minimum of the per-view store makes what leaving costs depend on when the title came. With `R(d)` what a byte costs until day `d`, who comes
//! on day `t` and leaves on `k` before `t + minimum` pays `least_bytes * (R(t + minimum) - R(k))` for the rest: a term of `t` and one of `k`, so that
//! the best `k` is the least of a sliding window.

use std::collections::VecDeque;

use super::problem::{Problem, Title, TitleDay};
use crate::bill::Store;

/// Prices of days, from the first day of the title on.
#[derive(Debug, Default)]
pub(super) struct Prices {
    pub per_view: Vec<f64>,
    pub flat: Vec<f64>,
    /// Leaving the per-view store after each day; and being read back on it, for who came on it from the flat store.
    pub leave: Vec<f64>,
}

/// The memory of one computation after another.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub prices: Prices,
    /// Costs from each day on: in the flat store; per view, beyond the minimum; and per view, coming on that day.
    flat: Vec<f64>,
    old: Vec<f64>,
    new: Vec<f64>,
    /// The day on which who came on this day leaves, or is beyond its minimum.
    until: Vec<(usize, bool)>,
    /// Costs per view before each day.
    sums: Vec<f64>,
    window: VecDeque<(usize, f64)>,
    pub path: Vec<Store>,
}

fn at(values: &[f64], index: usize) -> f64 {
    values.get(index).copied().unwrap_or(0.0)
}

fn set<T>(values: &mut [T], index: usize, value: T) {
    if let Some(place) = values.get_mut(index) {
        *place = value;
    }
}

impl Prices {
    pub(super) fn clear(&mut self) {
        [&mut self.per_view, &mut self.flat, &mut self.leave].into_iter().for_each(Vec::clear);
    }

    /// The next day, with what a byte out of the per-view store costs on it, and all of the title in the flat one.
    pub(super) fn push(&mut self, day: &TitleDay, out: f64, flat: f64) {
        self.per_view.push(day.per_view + day.out * out);
        self.flat.push(flat);
        self.leave.push(day.leave + day.stored * out);
    }
}

impl Memory {
    /// The least cost of a title; its way is in `path` then. A day whose price is infinite is not taken.
    pub(super) fn solve(&mut self, problem: &Problem, title: &Title) -> f64 {
        let count = title.days.len();
        self.sums.clear();
        self.sums.push(0.0);
        for price in &self.prices.per_view {
            self.sums.push(self.sums.last().copied().unwrap_or(0.0) + price);
        }
        for values in [&mut self.flat, &mut self.old, &mut self.new] {
            values.clear();
            values.resize(count + 1, 0.0);
        }
        self.until.clear();
        self.until.resize(count + 1, (count, true));
        self.window.clear();
        let paid = |day: usize| title.least_bytes * problem.stored_until(title.first + day);
        if title.deleted {
            self.window.push_back((count, at(&self.sums, count) - paid(count)));
        }
        for day in (0..count).rev() {
            let goes = self.coming_from_flat(title, day + 1);
            let flat = at(&self.prices.flat, day) + at(&self.flat, day + 1).min(goes);
            set(&mut self.flat, day, flat);
            let leaves = if day + 1 < count { at(&self.prices.leave, day) + at(&self.flat, day + 1) } else { f64::INFINITY };
            let old = at(&self.prices.per_view, day) + at(&self.old, day + 1).min(leaves);
            set(&mut self.old, day, old);
            self.come(problem, title, day, &paid);
        }
        let start = title.days.first().map_or(0.0, |first| first.enter) + at(&self.new, 0);
        let (per_view, begins_old) = if title.first == 0 { (at(&self.old, 0), true) } else { (start, false) };
        let flat = at(&self.flat, 0);
        self.walk(count, per_view < flat, begins_old, title);
        per_view.min(flat)
    }

    /// What coming to the per-view store on a day from the flat one costs from then on; infinite where there is no such day.
    fn coming_from_flat(&self, title: &Title, day: usize) -> f64 {
        title.days.get(day).map_or(f64::INFINITY, |day_of| day_of.enter + at(&self.prices.leave, day) + at(&self.new, day))
    }

    /// What coming to the per-view store on a day costs from then on.
    fn come(&mut self, problem: &Problem, title: &Title, day: usize, paid: &impl Fn(usize) -> f64) {
        let count = title.days.len();
        let beyond = day.saturating_add(problem.minimum);
        // Who leaves on the very day on which the minimum is over pays nothing for the rest.
        while self.window.front().is_some_and(|(other, _)| *other > beyond) {
            self.window.pop_front();
        }
        let stays_until = beyond.min(count);
        // Deleted before the minimum is over, it is billed on: that is a way of leaving.
        let stays = if title.deleted && beyond > count {
            f64::INFINITY
        } else {
            at(&self.sums, stays_until) + at(&self.old, stays_until)
        };
        let best = self.window.front().copied();
        let through = best.map_or(f64::INFINITY, |(_, cost)| cost + paid(beyond));
        let (cost, until) =
            if stays <= through { (stays, (stays_until, true)) } else { (through, (best.map_or(count, |best| best.0), false)) };
        set(&mut self.new, day, cost - at(&self.sums, day));
        set(&mut self.until, day, until);
        // From the day before on, leaving on this day's beginning is a way, too.
        if let Some(before) = day.checked_sub(1) {
            let cost = at(&self.sums, day) + at(&self.prices.leave, before) + at(&self.flat, day) - paid(day);
            while self.window.back().is_some_and(|(_, other)| *other >= cost) {
                self.window.pop_back();
            }
            self.window.push_back((day, cost));
        }
    }

    fn walk(&mut self, count: usize, per_view: bool, begins_old: bool, title: &Title) {
        self.path.clear();
        let mut day = 0;
        let mut store = if per_view { Store::PerView } else { Store::Flat };
        let mut old = begins_old;
        while day < count {
            match store {
                Store::Flat => {
                    self.path.push(Store::Flat);
                    let goes = self.coming_from_flat(title, day + 1);
                    day += 1;
                    if goes < at(&self.flat, day) {
                        (store, old) = (Store::PerView, false);
                    }
                }
                Store::PerView if old => {
                    self.path.push(Store::PerView);
                    let leave = at(&self.prices.leave, day);
                    day += 1;
                    if day < count && leave + at(&self.flat, day) < at(&self.old, day) {
                        store = Store::Flat;
                    }
                }
                Store::PerView => {
                    let (until, stays) = self.until.get(day).copied().unwrap_or((count, true));
                    let until = until.clamp(day + usize::from(!stays), count);
                    (day..until).for_each(|_| self.path.push(Store::PerView));
                    day = until;
                    if stays { old = true } else { store = Store::Flat }
                }
            }
        }
    }
}
