//! What a year with known usage asks for, in the form that its bounds are computed in: per title and day, in units of the currency.

use crate::{
    bill::{ObjectSize, tiers},
    calendar::months,
    money::{GB, Price},
    sheet::Sheets,
    usage::History,
};

/// A title.
#[derive(Debug)]
pub(super) struct Title {
    pub first: usize,
    /// Whether it ends before the history does.
    pub deleted: bool,
    pub days: Vec<TitleDay>,
    /// The least that is stored of it on any day.
    pub least_bytes: f64,
    /// By month, from that of its first day on.
    pub first_month: usize,
    pub months: Vec<TitleMonth>,
}

/// A day of a title.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TitleDay {
    /// Storage, reads and retrieval, per view.
    pub per_view: f64,
    pub stored: f64,
    pub out: f64,
    pub month: usize,
    /// What leaving the per-view store after this day costs beside its traffic: reads and retrieval. Coming to it on this day from the flat store costs the
    /// same, because what is written is read back.
    pub leave: f64,
    /// Writing it to the per-view store on this day.
    pub enter: f64,
}

/// A month of a title.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TitleMonth {
    /// Its days as a part of the month's.
    pub present: f64,
    /// The least that is stored of it on one of them.
    pub bytes: f64,
    /// Storage, reads, and traffic at the mean price, of all of its days per view.
    pub per_view: f64,
    pub out: f64,
}

/// A month.
#[derive(Debug)]
pub(super) struct Month {
    pub days: std::ops::Range<usize>,
    /// The price of each step, its capacity and its traffic, in bytes.
    pub steps: Vec<(f64, f64, f64)>,
    /// A byte beyond the last step.
    pub beyond: f64,
    /// Traffic where tiers end within what there can be, and at the most that there can be: with what it costs.
    pub tiers: Vec<(f64, f64)>,
    /// Traffic of views of all titles, and what it costs per view.
    pub out: f64,
    pub out_cost: f64,
}

impl Month {
    /// What a byte out costs on the mean where all titles are per view.
    pub(super) fn mean_price(&self) -> f64 {
        if self.out > 0.0 { self.out_cost / self.out } else { self.last_price() }
    }

    /// The same where all titles move as often as they can.
    pub(super) fn last_price(&self) -> f64 {
        self.tiers.last().map_or(0.0, |(out, cost)| if *out > 0.0 { cost / out } else { 0.0 })
    }
}

#[derive(Debug)]
pub(super) struct Problem {
    pub titles: Vec<Title>,
    pub months: Vec<Month>,
    /// By day, the sum of what storing a byte costs per view before it.
    pub storage: Vec<f64>,
    /// The least minimum of all sheets, in days.
    pub minimum: usize,
}

fn units(price: Price, per: f64) -> f64 {
    price.of(1, 1).units() / per
}

impl Problem {
    pub(super) fn new(history: &History, sheets: &Sheets, objects: ObjectSize) -> Self {
        let calendar = months(history.first, history.days);
        let (mut outs, mut stored) = (vec![0_i128; history.days], vec![0_i128; history.days]);
        for lifetime in &history.lifetimes {
            for ((out, stored), day) in outs.iter_mut().zip(&mut stored).skip(lifetime.first).zip(&lifetime.days) {
                *out += i128::from(day.bytes_out);
                *stored += i128::from(day.stored_bytes);
            }
        }
        let mut months: Vec<Month> = Vec::new();
        for (month, days) in &calendar {
            let (per_view, flat) = sheets.at(*month);
            let out: i128 = outs.get(days.clone()).unwrap_or_default().iter().sum();
            let cost_of = |out| tiers(per_view, out).map(|(bytes, price)| units(price, GB as f64) * bytes as f64).sum();
            // A title comes and leaves on every day at most, and is read as a whole for each.
            let moved = stored.get(days.clone()).unwrap_or_default().iter().sum::<i128>().saturating_mul(2);
            let (mut ends, mut at, mut cost) = (vec![(0.0, 0.0)], 0, 0.0);
            for (bytes, price) in tiers(per_view, out + moved).filter(|(bytes, _)| *bytes > 0) {
                at += bytes;
                cost += units(price, GB as f64) * bytes as f64;
                ends.push((at as f64, cost));
            }
            let steps =
                flat.steps.iter().map(|step| (units(step.month, 1.0), step.capacity_bytes() as f64, step.traffic_bytes() as f64));
            let beyond = units(flat.beyond_gb, GB as f64);
            months.push(Month {
                days: days.clone(),
                steps: steps.collect(),
                beyond,
                tiers: ends,
                out: out as f64,
                out_cost: cost_of(out),
            });
        }
        let mut storage = vec![0.0];
        for (month, days) in &calendar {
            let price = units(sheets.at(*month).0.stored_gb_month, GB as f64) / f64::from(month.days());
            for _ in days.clone() {
                storage.push(storage.last().copied().unwrap_or(0.0) + price);
            }
        }
        let minimum = calendar.iter().map(|(month, _)| usize::from(sheets.at(*month).0.minimum_days)).min().unwrap_or(0);
        let month_of: Vec<usize> = months.iter().enumerate().flat_map(|(at, month)| vec![at; month.days.len()]).collect();
        let titles = history.lifetimes.iter().map(|lifetime| {
            let days = lifetime.days.iter().enumerate().map(|(at, usage)| {
                let day = lifetime.first + at;
                let at = month_of.get(day).copied().unwrap_or(0);
                let Some((month, _)) = calendar.get(at) else { return TitleDay::default() };
                let sheet = sheets.at(*month).0;
                let price = storage.get(day + 1).copied().unwrap_or(0.0) - storage.get(day).copied().unwrap_or(0.0);
                let (bytes, out) = (usage.stored_bytes as f64, usage.bytes_out as f64);
                let (objects, retrieval) = (objects.objects(usage.stored_bytes) as f64, units(sheet.retrieval_gb, GB as f64));
                let (reads, writes) = (units(sheet.reads_per_thousand, 1e3), units(sheet.writes_per_thousand, 1e3));
                TitleDay {
                    per_view: price * bytes + reads * usage.requests as f64 + retrieval * out,
                    stored: bytes,
                    out,
                    month: at,
                    leave: objects * reads + bytes * retrieval,
                    enter: objects * writes,
                }
            });
            Title::new(lifetime.first, lifetime.end() < history.days, days.collect(), &months)
        });
        let titles = titles.collect();
        Self { titles, months, storage, minimum }
    }

    pub(super) fn stored_until(&self, day: usize) -> f64 {
        self.storage.get(day).or(self.storage.last()).copied().unwrap_or(0.0)
    }
}

impl Title {
    fn new(first: usize, deleted: bool, days: Vec<TitleDay>, months: &[Month]) -> Self {
        let least_bytes = days.iter().map(|day| day.stored).fold(f64::INFINITY, f64::min);
        let first_month = days.first().map_or(0, |day| day.month);
        let mut own: Vec<TitleMonth> = Vec::new();
        for of_month in days.chunk_by(|one, other| one.month == other.month) {
            let Some(month) = of_month.first().and_then(|day| months.get(day.month)) else { continue };
            own.push(TitleMonth {
                present: of_month.len() as f64 / month.days.len().max(1) as f64,
                bytes: of_month.iter().map(|day| day.stored).fold(f64::INFINITY, f64::min),
                per_view: of_month.iter().map(|day| day.per_view + day.out * month.mean_price()).sum(),
                out: of_month.iter().map(|day| day.out).sum(),
            });
        }
        Self { first, deleted, days, least_bytes, first_month, months: own }
    }
}
