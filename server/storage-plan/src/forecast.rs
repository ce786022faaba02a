//! How much of a title will be watched, from how much of it was, and from how others were watched less as they grew older.
//!
//! A title's demand is its level times a curve of age. The curve is chained of ratios of one span of ages to the one before, each over
//! all titles that were seen in both (so that it does not matter that other titles are seen young than old), drawn to [`PRIOR`] while few were.
//! The level is a discounted mean of what was watched over what the curve says, drawn to the mean of its peers (a gamma prior): a new title has
//! the level of new titles before it, one that nobody watched for months has next to none. Peers are compared by the stored byte, because a view
//! of a longer film reads more.

/// The first day of each span of ages; the last one has no end.
const SPANS: [usize; 12] = [0, 2, 4, 7, 11, 16, 23, 32, 46, 70, 110, 200];
/// What of the demand of a span is left in the next one, where nothing is known.
const PRIOR: f64 = 0.8;
/// Titles that the prior of a ratio counts for.
const PRIOR_TITLES: f64 = 4.0;
/// What a day counts less than the one after it: half in ten weeks.
const DISCOUNT: f64 = 0.99;
/// How much of a new title's discounted expectation its peers count for.
const PEERS: f64 = 0.5;
/// The same of titles that are there for long.
const PEERS_OF_OLD: f64 = 2.0;

/// Bytes and requests of a day, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Demand {
    pub out: f64,
    pub requests: f64,
}

impl Demand {
    fn discount(&mut self, by: f64, more: Self) {
        self.out = self.out * by + more.out;
        self.requests = self.requests * by + more.requests;
    }

    pub(crate) fn times(self, by: f64) -> Self {
        Self { out: self.out * by, requests: self.requests * by }
    }
}

/// What is known of a title.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    /// Absent where it was there before anything was observed.
    born: Option<usize>,
    observed: Demand,
    /// Discounted days, weighed by the curve.
    expected: f64,
    /// The sum of the span of ages that it is in, and the mean of the one before, where that was seen whole.
    in_span: f64,
    span_before: Option<f64>,
}

impl Watched {
    pub(crate) fn new(born: Option<usize>) -> Self {
        Self { born, ..Self::default() }
    }

    fn age(&self, day: usize) -> Option<usize> {
        self.born.map(|born| day.saturating_sub(born))
    }
}

/// What is known of all titles together.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// For each span but the first one, what was watched in it, and in the one before by the same titles.
    ratios: [(f64, f64, f64); SPANS.len()],
    curve: [f64; SPANS.len()],
    /// What titles were watched whose age is known, and what the curve says of their stored bytes; then of those there for long.
    new: (Demand, f64),
    old: (Demand, f64),
}

impl Default for Curve {
    fn default() -> Self {
        let nothing = (Demand::default(), 0.0);
        let mut made = Self { ratios: [(0.0, 0.0, 0.0); SPANS.len()], curve: [1.0; SPANS.len()], new: nothing, old: nothing };
        made.chain();
        made
    }
}

fn span_of(age: usize) -> usize {
    SPANS.partition_point(|first| *first <= age).saturating_sub(1)
}

impl Curve {
    fn chain(&mut self) {
        let mut value = 1.0;
        for (at, (curve, (watched, before, titles))) in self.curve.iter_mut().zip(&self.ratios).enumerate() {
            if at > 0 {
                let mean = before / titles.max(1.0) * PRIOR_TITLES + f64::MIN_POSITIVE;
                value *= ((watched + PRIOR * mean) / (before + mean)).clamp(0.05, 1.5);
            }
            *curve = value;
        }
    }

    fn at(&self, age: Option<usize>) -> f64 {
        // Titles that are there for long are compared with each other alone: their curve is flat.
        age.map_or(1.0, |age| self.curve.get(span_of(age)).copied().unwrap_or(1.0))
    }

    /// A day of a title passed, on which so many bytes of it were stored.
    pub(crate) fn observe(&mut self, title: &mut Watched, day: usize, bytes: f64, demand: Demand) {
        let age = title.age(day);
        let expected = self.at(age);
        title.observed.discount(DISCOUNT, demand);
        title.expected = title.expected * DISCOUNT + expected;
        let peers = if age.is_some() { &mut self.new } else { &mut self.old };
        peers.0.out += demand.out;
        peers.0.requests += demand.requests;
        peers.1 += expected * bytes;
        let Some(age) = age else { return };
        title.in_span += demand.out;
        let span = span_of(age);
        let Some(next) = SPANS.get(span + 1).filter(|next| age + 1 == **next) else { return };
        let days = (next - SPANS.get(span).copied().unwrap_or(0)).max(1);
        let mean = std::mem::take(&mut title.in_span) / days as f64;
        if let (Some(before), Some(ratio)) = (title.span_before.replace(mean), self.ratios.get_mut(span)) {
            ratio.0 += mean;
            ratio.1 += before;
            ratio.2 += 1.0;
        }
    }

    /// All titles of a day passed.
    pub(crate) fn end_day(&mut self) {
        let by = 0.997;
        for (demand, expected) in [&mut self.new, &mut self.old] {
            *demand = demand.times(by);
            *expected *= by;
        }
        self.chain();
    }

    /// What is expected of a title of so many bytes in all of so many days from a day on; nothing is known where no title was observed yet.
    pub(crate) fn expect(&self, title: &Watched, bytes: f64, day: usize, days: usize) -> Option<Demand> {
        let age = title.age(day);
        let (peers, count) = if age.is_some() { (&self.new, PEERS) } else { (&self.old, PEERS_OF_OLD) };
        // Before a title premiered, the others say best what a new one may be.
        let peers = if peers.1 > 0.0 { peers } else { &self.old };
        if peers.1 <= 0.0 && title.expected <= 0.0 {
            return None;
        }
        let of_peers = peers.0.times(count * bytes / peers.1.max(f64::MIN_POSITIVE));
        let mut level = title.observed;
        level.discount(1.0, of_peers);
        let level = level.times(1.0 / (title.expected + count));
        let curve = match age {
            None => days as f64,
            Some(age) => self.sum(age, age + days),
        };
        Some(level.times(curve))
    }

    /// The curve over the ages of a range.
    fn sum(&self, from: usize, until: usize) -> f64 {
        let ends = SPANS.iter().skip(1).copied().chain([usize::MAX]);
        let parts = SPANS.iter().zip(ends).zip(&self.curve);
        parts.map(|((first, end), curve)| until.min(end).saturating_sub(from.max(*first)) as f64 * curve).sum()
    }
}
