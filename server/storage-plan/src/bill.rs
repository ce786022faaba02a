//! Bills of months: what usage costs where titles lie, exactly, with the figures behind each line.
//!
//! Rules, of what the two kinds of store bill:
//! - A title that moves is read out of its source on its last day there. On its first day in its target it is written there, and read back from it as a
//!   whole to be compared. Traffic of moves is traffic.
//! - Per view: what is stored is billed by the day. What leaves before its minimum is billed on as if it were there, day by day to the
//!   end of the minimum, at the size that it left with and at the sheet of each day. Tiers count the traffic of the whole store in a month.
//! - Flat: a month is billed at the cheapest step that holds its fullest day and its traffic; traffic beyond the last step by the GB.
//! - What is there on the first day of the history was written before it, and its minimum is over.

use std::ops::AddAssign;

use crate::{
    calendar::{Month, months},
    money::{Amount, Currency, GB, Price},
    sheet::{FlatSheet, PerViewSheet, Sheets, UNLIMITED},
    usage::{History, Lifetime},
};

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    PerView,
    Flat,
}

/// Where each lifetime of a history lies on each of its days; in the order of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placements(pub Vec<Vec<Store>>);

impl Placements {
    /// Everything in one store.
    pub fn all(history: &History, store: Store) -> Self {
        Self(history.lifetimes.iter().map(|lifetime| vec![store; lifetime.days.len()]).collect())
    }
}

/// Bytes of an object, of which a title has many: what reading and writing a whole title takes in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectSize(u64);

impl Default for ObjectSize {
    /// A segment of some seconds.
    fn default() -> Self {
        Self(4_000_000)
    }
}

impl ObjectSize {
    /// At least one byte.
    pub fn new(bytes: u64) -> Self {
        Self(bytes.max(1))
    }

    /// How many objects so many bytes are.
    pub fn objects(self, bytes: u64) -> i128 {
        i128::from(bytes.div_ceil(self.0.max(1)))
    }
}

/// What a line of a bill is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// Byte-days per GB-month.
    Stored,
    /// Byte-days of what was deleted before its minimum, per GB-month.
    StoredMinimum,
    /// Bytes per GB, in one tier.
    Traffic,
    /// Bytes per GB.
    Retrieval,
    /// Requests per 1,000.
    Reads,
    /// Requests per 1,000.
    Writes,
    /// One step, for the month; [`Bill::step`] says which.
    Capacity,
    /// Bytes beyond the traffic of the last step, per GB.
    TrafficBeyond,
}

/// A line: `quantity / per * unit_price` is `amount`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub item: Item,
    /// Byte-days, bytes, requests or steps, as the item says.
    pub quantity: i128,
    /// How much of it the unit price is for.
    pub per: i128,
    pub unit_price: Price,
    pub amount: Amount,
}

/// What a month costs on both stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    pub month: Month,
    pub currency: Currency,
    pub per_view: Vec<Line>,
    pub flat: Vec<Line>,
    /// The step of the flat sheet, by its number; none where nothing lay there.
    pub step: Option<usize>,
}

impl Bill {
    /// Both stores together.
    pub fn total(&self) -> Amount {
        self.per_view.iter().chain(&self.flat).map(|line| line.amount).sum()
    }
}

/// Why there is no bill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    #[error("{stored} bytes lie in the flat store in {month}, whose last step holds {capacity}")]
    BeyondCapacity { month: Month, stored: i128, capacity: i128 },
    #[error("the bill of {0} is greater than can be computed with")]
    TooGreat(Month),
    #[error("the placements are not of the lifetimes and days of the history")]
    Placements,
}

/// The quantities that a month is billed by, or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantities {
    /// Byte-days in the per-view store.
    pub stored: i128,
    /// Byte-days of what left it before its minimum.
    pub early: i128,
    /// Bytes out of it.
    pub out: i128,
    /// Requests.
    pub reads: i128,
    pub writes: i128,
    /// The most that lay in the flat store on a day.
    pub peak: i128,
    /// Bytes out of it.
    pub flat_out: i128,
}

impl AddAssign for Quantities {
    /// Another part of the same month comes to it.
    fn add_assign(&mut self, other: Self) {
        self.stored += other.stored;
        self.early += other.early;
        self.out += other.out;
        self.reads += other.reads;
        self.writes += other.writes;
        self.peak = self.peak.max(other.peak);
        self.flat_out += other.flat_out;
    }
}

/// The bills of all months of a history.
///
/// # Errors
/// Where placements are not of the history, or the flat store could not hold them.
pub fn bills(history: &History, placements: &Placements, sheets: &Sheets, objects: ObjectSize) -> Result<Vec<Bill>, BillError> {
    let months = months(history.first, history.days);
    let month_of: Vec<usize> = months.iter().enumerate().flat_map(|(at, (_, days))| vec![at; days.len()]).collect();
    let minima: Vec<usize> = months.iter().map(|(month, _)| usize::from(sheets.at(*month).0.minimum_days)).collect();
    let mut counting =
        Counting { month_of, minima, objects, months: vec![Quantities::default(); months.len()], stored: vec![0; history.days] };
    if history.lifetimes.len() != placements.0.len() {
        return Err(BillError::Placements);
    }
    for (lifetime, stores) in history.lifetimes.iter().zip(&placements.0) {
        if lifetime.days.len() != stores.len() || lifetime.end() > history.days {
            return Err(BillError::Placements);
        }
        counting.lifetime(lifetime, stores);
    }
    let Counting { months: mut quantities, stored, month_of, .. } = counting;
    for (stored, month) in stored.into_iter().zip(month_of) {
        if let Some(quantities) = quantities.get_mut(month) {
            quantities.peak = quantities.peak.max(stored);
        }
    }
    months.iter().zip(&quantities).map(|((month, _), quantities)| bill(*month, quantities, sheets)).collect()
}

struct Counting {
    month_of: Vec<usize>,
    /// By month, the days that an object is billed at least.
    minima: Vec<usize>,
    objects: ObjectSize,
    months: Vec<Quantities>,
    /// By day, what lies in the flat store.
    stored: Vec<i128>,
}

impl Counting {
    fn add(&mut self, day: usize, change: impl FnOnce(&mut Quantities)) {
        if let Some(quantities) = self.month_of.get(day).and_then(|month| self.months.get_mut(*month)) {
            change(quantities);
        }
    }

    fn lifetime(&mut self, lifetime: &Lifetime, stores: &[Store]) {
        let objects = self.objects;
        // When its copy in the per-view store may be deleted without being billed on.
        let mut free_from = 0;
        for (at, (usage, store)) in lifetime.days.iter().zip(stores).enumerate() {
            let day = lifetime.first + at;
            let bytes = i128::from(usage.stored_bytes);
            let (out, requests) = (i128::from(usage.bytes_out), i128::from(usage.requests));
            let before = at.checked_sub(1).and_then(|before| stores.get(before));
            let next = stores.get(at + 1);
            if before != Some(store) && *store == Store::PerView && day > 0 {
                let minimum = self.month_of.get(day).and_then(|month| self.minima.get(*month)).copied().unwrap_or(0);
                free_from = day.saturating_add(minimum);
                self.add(day, |month| month.writes += objects.objects(usage.stored_bytes));
            }
            let (moves, moved_in) = (next.is_some_and(|next| next != store), before.is_some_and(|before| before != store));
            // Read as a whole to be copied, and read back as a whole once it is.
            let reads = i128::from(moves) + i128::from(moved_in);
            let read = bytes * reads;
            match store {
                Store::PerView => self.add(day, |month| {
                    month.stored += bytes;
                    month.out += out + read;
                    month.reads += requests + objects.objects(usage.stored_bytes) * reads;
                }),
                Store::Flat => {
                    self.add(day, |month| month.flat_out += out + read);
                    if let Some(stored) = self.stored.get_mut(day) {
                        *stored += bytes;
                    }
                }
            }
            if *store == Store::PerView && (moves || next.is_none()) {
                (day + 1..free_from.min(self.month_of.len())).for_each(|day| self.add(day, |month| month.early += bytes));
            }
        }
    }
}

/// What a month comes to by its quantities, however they were counted.
///
/// # Errors
/// Where the flat store could not hold them, or the bill is too great.
pub fn bill(month: Month, quantities: &Quantities, sheets: &Sheets) -> Result<Bill, BillError> {
    let (per_view, flat) = sheets.at(month);
    let gb_month = GB.saturating_mul(i128::from(month.days()));
    let mut lines = vec![
        line(Item::Stored, quantities.stored, gb_month, per_view.stored_gb_month),
        line(Item::StoredMinimum, quantities.early, gb_month, per_view.stored_gb_month),
    ];
    lines.extend(tiers(per_view, quantities.out).map(|(bytes, price)| line(Item::Traffic, bytes, GB, price)));
    lines.push(line(Item::Retrieval, quantities.out, GB, per_view.retrieval_gb));
    lines.push(line(Item::Reads, quantities.reads, 1_000, per_view.reads_per_thousand));
    lines.push(line(Item::Writes, quantities.writes, 1_000, per_view.writes_per_thousand));
    lines.retain(|line| line.quantity > 0);
    let mut bill = Bill { month, currency: sheets.currency(), per_view: lines, flat: Vec::new(), step: None };
    if quantities.peak > 0 {
        let chosen = step(flat, quantities.peak, quantities.flat_out);
        let capacity = || flat.steps.last().map_or(0, |step| step.capacity_bytes());
        let (at, price, beyond) =
            chosen.ok_or_else(|| BillError::BeyondCapacity { month, stored: quantities.peak, capacity: capacity() })?;
        bill.step = Some(at);
        bill.flat.push(line(Item::Capacity, 1, 1, price));
        if beyond > 0 {
            bill.flat.push(line(Item::TrafficBeyond, beyond, GB, flat.beyond_gb));
        }
    }
    if bill.total().is_exact() { Ok(bill) } else { Err(BillError::TooGreat(month)) }
}

fn line(item: Item, quantity: i128, per: i128, unit_price: Price) -> Line {
    Line { item, quantity, per, unit_price, amount: unit_price.of(quantity, per) }
}

/// How much of a month's traffic is in each tier, with the tier's price.
pub(crate) fn tiers(sheet: &PerViewSheet, out: i128) -> impl Iterator<Item = (i128, Price)> + '_ {
    let mut from = 0;
    sheet.out.iter().map(move |tier| {
        let up_to = tier.up_to_gb.map_or(UNLIMITED, |gb| i128::from(gb).saturating_mul(GB));
        let within = (out.min(up_to) - from).max(0);
        from = up_to;
        (within, tier.gb)
    })
}

/// The cheapest step that holds this much and includes the traffic, or the last one: its number, its price, and the traffic beyond it.
pub(crate) fn step(sheet: &FlatSheet, peak: i128, out: i128) -> Option<(usize, Price, i128)> {
    let last = sheet.steps.len().checked_sub(1)?;
    let holding = sheet
        .steps
        .iter()
        .enumerate()
        .filter(|(at, step)| step.capacity_bytes() >= peak && (step.traffic_bytes() >= out || *at == last));
    let beyond = |step: &crate::sheet::Step| (out - step.traffic_bytes()).max(0);
    holding
        .map(|(at, step)| (at, step.month, beyond(step)))
        .min_by_key(|(_, price, beyond)| Price::of(*price, 1, 1) + sheet.beyond_gb.of(*beyond, GB))
}
