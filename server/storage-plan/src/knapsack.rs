//! Which step of the flat store to rent and what to put there: one knapsack for each step, with two capacities, of bytes and of traffic.
//!
//! Titles are small beside a step, so that filling it greedily by saving over size leaves at most the saving of one title undone. Size counts traffic
//! as well, in one of three ways; the cheapest filling of all steps is taken, by exactly the tiers and prices of the bill. A step is chosen
//! with a margin of traffic, and what is chosen is told as it is billed: without one.

use crate::{
    bill::{Store, step, tiers},
    calendar::Day,
    forecast::Demand,
    money::{GB, Price},
    plan::Settings,
    sheet::{FlatSheet, PerViewSheet, Sheets},
};

/// Days of a mean month.
const MONTH: f64 = 30.4375;

/// What is held for a title before anything is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixed {
    Free,
    PerView,
    /// In the flat store, by an operator's choice.
    Chosen,
    /// In the flat store, because it came there a short time ago.
    Staying,
}

/// A title, as a plan sees it. Money is in units of the currency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    bytes: f64,
    /// A month's.
    demand: Demand,
    /// Storage and requests per view, a month; its traffic comes on top.
    without_traffic: f64,
    lies: Option<Store>,
    fixed: Fixed,
    /// What leaving where it lies costs once.
    pub moving: f64,
    /// What reading all of it out of the per-view store costs.
    reading: f64,
}

/// What the stores cost on a day, and what is planned with.
pub(crate) struct Offer<'a> {
    per_view: &'a PerViewSheet,
    flat: &'a FlatSheet,
    settings: Settings,
    day: Day,
    /// The part of the month that is left.
    left: f64,
    /// Days within which leaving the flat store, and coming to it, have to bring their cost.
    leaving: f64,
    entering: f64,
}

/// What was chosen.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub flat: Vec<usize>,
    /// As it is expected to be billed.
    pub month: Expected,
    pub month_unmoved: Expected,
}

/// What a month of both stores is expected to cost, in units of the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    pub cost: f64,
    /// What of it is for the flat store: its step, and what goes out beyond it.
    pub rent: f64,
    /// The step of the flat sheet that it is billed by.
    pub step: Option<usize>,
}

fn units(price: Price, quantity: f64, per: f64) -> f64 {
    price.of(1, 1).units() * quantity / per
}

/// Bytes as what the sheets count in; estimates are never beyond.
fn whole(bytes: f64) -> i128 {
    bytes.clamp(0.0, 1e30) as i128
}

impl<'a> Offer<'a> {
    pub(crate) fn new(sheets: &'a Sheets, day: Day, settings: Settings) -> Self {
        let month = day.month();
        let (per_view, flat) = sheets.at(month);
        let passed = day.number().saturating_sub(month.first_day().number());
        let left = 1.0 - f64::from(passed) / f64::from(month.days().max(1));
        // What a move is made for ends where another sheet begins, which may want it undone.
        let until_change =
            sheets.change_after(month).map_or(i32::MAX, |change| change.first_day().number().saturating_sub(day.number()));
        let days = |days: u16| f64::from(i32::from(days).min(until_change).max(1));
        let (leaving, entering) = (days(settings.horizon), days(settings.entering));
        Self { per_view, flat, settings, day, left, leaving, entering }
    }

    pub(crate) fn candidate(&self, bytes: u64, demand: Demand, lies: Option<(Store, Day)>, fixed: Fixed) -> Candidate {
        let Self { per_view, settings, .. } = self;
        let (size, objects) = (bytes as f64, settings.objects.objects(bytes) as f64);
        let without_traffic =
            units(per_view.stored_gb_month, size, GB as f64) + units(per_view.reads_per_thousand, demand.requests, 1e3);
        let writes = units(per_view.writes_per_thousand, objects, 1e3);
        // Traffic of moves comes on top of all other; the dearest tier, for who moves too little loses less than who moves too much.
        let tier = per_view.out.iter().map(|tier| tier.gb).fold(Price::ZERO, Price::max);
        let reading =
            units(tier.saturating_add(per_view.retrieval_gb), size, GB as f64) + units(per_view.reads_per_thousand, objects, 1e3);
        let moving = match lies {
            None => 0.0,
            // What is written is read back. Traffic out of the flat store is counted with all of its traffic.
            Some((Store::Flat, _)) => writes + reading,
            Some((Store::PerView, since)) => {
                let passed = self.day.number().saturating_sub(since.number());
                let minimum = i32::from(per_view.minimum_days).saturating_sub(passed).max(0);
                reading + units(per_view.stored_gb_month, size, GB as f64) * f64::from(minimum) / MONTH
            }
        };
        Candidate { bytes: size, demand, without_traffic, lies: lies.map(|(store, _)| store), fixed, moving, reading }
    }

    /// A month of each title per view, at the price of traffic beside that of all of them.
    pub(crate) fn per_view(&self, titles: &[Candidate]) -> Vec<f64> {
        let price = self.traffic_price(titles.iter().map(|title| title.demand.out).sum());
        titles.iter().map(|title| title.without_traffic + title.demand.out * price).collect()
    }

    /// What a byte out costs beside so much of it in a month, with its retrieval.
    fn traffic_price(&self, out: f64) -> f64 {
        let within = tiers(self.per_view, whole(out)).filter(|(bytes, _)| *bytes > 0).last();
        // Where nothing goes out it is the first tier that the first byte would be in; every sheet has one.
        let first = || self.per_view.out.first().map_or(Price::ZERO, |tier| tier.gb);
        let price = within.map_or_else(first, |(_, price)| price);
        units(price.saturating_add(self.per_view.retrieval_gb), 1.0, GB as f64)
    }

    fn traffic(&self, out: f64) -> f64 {
        let tiers: f64 = tiers(self.per_view, whole(out)).map(|(bytes, price)| units(price, bytes as f64, GB as f64)).sum();
        tiers + units(self.per_view.retrieval_gb, out, GB as f64)
    }

    /// A month's part of what is paid once.
    fn once(&self, cost: f64) -> f64 {
        cost * MONTH / self.leaving
    }

    /// What moving counts for in a comparison. Coming to the per-view store counts a part of what leaving it again costs: what is decided
    /// on a forecast is regretted now and then. Coming to the flat store has longer to bring its cost: there a title that is
    /// watched more than expected costs no more, and it need not leave again while there is room.
    fn weight_of_move(&self, title: &Candidate) -> f64 {
        let regret = title.reading * self.settings.regret;
        match title.lies {
            Some(Store::Flat) => self.once(title.moving + regret),
            Some(Store::PerView) => title.moving * MONTH / self.entering,
            None => self.once(regret),
        }
    }

    /// What being in the flat store saves a month: what it does not cost per view, and the moves that it spares or takes.
    fn saving(&self, title: &Candidate, price: f64) -> f64 {
        let weight = self.weight_of_move(title);
        let moves = match title.lies {
            Some(Store::Flat) => weight * self.settings.margin,
            Some(Store::PerView) => -weight,
            None => weight,
        };
        title.without_traffic + title.demand.out * price + moves
    }
}

/// The cheapest of all fillings. Of `arrivals`, new titles that are expected, the step is chosen with room for those that are worth it.
pub(crate) fn choose(offer: &Offer, titles: &[Candidate], arrivals: &[Candidate]) -> Chosen {
    let all: Vec<Candidate> = titles.iter().chain(arrivals).copied().collect();
    let lies_flat = |title: &Candidate| title.lies == Some(Store::Flat);
    let now: Vec<usize> = indices(titles, lies_flat);
    let held: f64 = now.iter().filter_map(|at| titles.get(*at)).map(|title| title.bytes).sum();
    // What is rented is paid for until the month ends.
    let rented = step(offer.flat, whole(held), 0).filter(|_| held > 0.0 && offer.left < 1.0);
    let mut best: Option<(f64, Vec<usize>)> = None;
    let none = std::iter::once(None);
    for chosen_step in none.chain((0..offer.flat.steps.len()).map(Some)) {
        let paid = rented.map_or(Price::ZERO, |(_, price, _)| price);
        if rented.is_some_and(|(at, ..)| chosen_step.is_none_or(|step| step < at)) {
            continue;
        }
        for weighing in [Weighing::Bytes, Weighing::Both, Weighing::Priced] {
            let Some(with_arrivals) = fill(offer, &all, chosen_step, weighing) else { continue };
            let is_in = membership(all.len(), &with_arrivals);
            let moves: f64 = all
                .iter()
                .zip(&is_in)
                .filter(|(title, in_flat)| match title.lies {
                    Some(_) => lies_flat(title) != **in_flat,
                    None => !**in_flat,
                })
                .map(|(title, _)| offer.weight_of_move(title))
                .sum();
            let expected = month(offer, &all, &with_arrivals, offer.settings.traffic).cost;
            let price = chosen_step.and_then(|at| offer.flat.steps.get(at)).map_or(Price::ZERO, |step| step.month);
            let beginning = (units(price, 1.0, 1.0) - units(paid, 1.0, 1.0)).max(0.0) * (1.0 - offer.left);
            let score = expected + moves + offer.once(beginning);
            if best.as_ref().is_none_or(|(least, _)| score < *least) {
                let Some(flat) = fill(offer, titles, chosen_step, weighing) else { continue };
                best = Some((score, flat));
            }
        }
    }
    // Where not even the last step holds what may not leave, it holds what it can.
    let last = offer.flat.steps.len().checked_sub(1);
    let flat = best.map_or_else(|| greedy(offer, titles, last, Weighing::Bytes).0, |(_, flat)| flat);
    let in_flat = membership(titles.len(), &flat);
    let mut unmoved = now;
    unmoved.extend(
        titles.iter().zip(in_flat).enumerate().filter_map(|(at, (title, flat))| (flat && title.lies.is_none()).then_some(at)),
    );
    let as_billed = |flat: &[usize]| month(offer, titles, flat, 1.0);
    Chosen { month: as_billed(&flat), month_unmoved: as_billed(&unmoved), flat }
}

fn indices(titles: &[Candidate], is: impl Fn(&Candidate) -> bool) -> Vec<usize> {
    titles.iter().enumerate().filter_map(|(at, title)| is(title).then_some(at)).collect()
}

fn membership(count: usize, flat: &[usize]) -> Vec<bool> {
    let mut is_in = vec![false; count];
    for at in flat {
        if let Some(is_in) = is_in.get_mut(*at) {
            *is_in = true;
        }
    }
    is_in
}

/// What a month of both stores costs, as expected, where this share of a step's traffic is counted on.
fn month(offer: &Offer, titles: &[Candidate], flat: &[usize], share: f64) -> Expected {
    let is_in = membership(titles.len(), flat);
    let (mut cost, mut out, mut held, mut flat_out) = (0.0, 0.0, 0.0, 0.0);
    for (title, in_flat) in titles.iter().zip(is_in) {
        if in_flat {
            held += title.bytes;
            flat_out += title.demand.out;
        } else {
            cost += title.without_traffic;
            out += title.demand.out;
        }
    }
    let planned = flat_out / share.clamp(0.1, 1.0);
    let rented = step(offer.flat, whole(held), whole(planned)).filter(|_| held > 0.0);
    let rent = rented.map_or(0.0, |(at, price, _)| {
        let included = offer.flat.steps.get(at).map_or(0.0, |step| step.traffic_bytes() as f64);
        units(price, 1.0, 1.0) + units(offer.flat.beyond_gb, (flat_out - included).max(0.0), GB as f64)
    });
    Expected { cost: cost + offer.traffic(out) + rent, rent, step: rented.map(|(at, ..)| at) }
}

/// What the size of a title is, beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weighing {
    /// Nothing: traffic is plenty.
    Bytes,
    /// Its traffic, as a part of the step's.
    Both,
    /// Nothing, but its traffic is paid for as what is beyond the last step.
    Priced,
}

/// The filling of a step; none where it does not hold what may not leave.
fn fill(offer: &Offer, titles: &[Candidate], step: Option<usize>, weighing: Weighing) -> Option<Vec<usize>> {
    let (flat, all_fit) = greedy(offer, titles, step, weighing);
    all_fit.then_some(flat)
}

fn greedy(offer: &Offer, titles: &[Candidate], step: Option<usize>, weighing: Weighing) -> (Vec<usize>, bool) {
    let step = step.and_then(|at| offer.flat.steps.get(at));
    let capacity = step.map_or(0.0, |step| step.capacity_bytes() as f64);
    let traffic = step.map_or(0.0, |step| step.traffic_bytes() as f64) * offer.settings.traffic.clamp(0.1, 1.0);
    let total_out: f64 = titles.iter().map(|title| title.demand.out).sum();
    let price = offer.traffic_price(total_out);
    let beyond = units(offer.flat.beyond_gb, 1.0, GB as f64);
    let (mut flat, mut held, mut out, mut all_fit) = (Vec::new(), 0.0, 0.0, true);
    for fixed in [Fixed::Chosen, Fixed::Staying] {
        for (at, title) in titles.iter().enumerate().filter(|(_, title)| title.fixed == fixed) {
            if held + title.bytes <= capacity {
                held += title.bytes;
                out += title.demand.out;
                flat.push(at);
            } else {
                all_fit = false;
            }
        }
    }
    let mut free: Vec<(f64, usize)> = Vec::new();
    for (at, title) in titles.iter().enumerate().filter(|(_, title)| title.fixed == Fixed::Free) {
        let charged = if weighing == Weighing::Priced { beyond } else { 0.0 };
        let saving = offer.saving(title, price - charged);
        let of_traffic = if weighing == Weighing::Both { title.demand.out / traffic.max(1.0) } else { 0.0 };
        let size = title.bytes / capacity.max(1.0) + of_traffic;
        if saving > 0.0 {
            free.push((saving / size.max(f64::MIN_POSITIVE), at));
        }
    }
    free.sort_by(|(one, first), (other, second)| other.total_cmp(one).then(first.cmp(second)));
    for (_, at) in free {
        let Some(title) = titles.get(at) else { continue };
        let fits_traffic = weighing == Weighing::Priced || out + title.demand.out <= traffic;
        if held + title.bytes <= capacity && fits_traffic {
            held += title.bytes;
            out += title.demand.out;
            flat.push(at);
        }
    }
    (flat, all_fit)
}
