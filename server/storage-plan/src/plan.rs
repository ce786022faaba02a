//! The plan: once a day, where each title is to lie, from what was watched before and from what the sheets say today.
//!
//! [`Planner::observe`] takes a day's usage, [`Planner::decide`] says what is to move before a day begins. `auto` compares every step of the
//! flat sheet, and none, each filled with the titles that save the most there ([`crate::knapsack`]). Against ping-pong there are two means: a title that
//! moved stays for [`Settings::minimum_stay`] days, and a move has to bring what it costs: within [`Settings::horizon`] to the per-view store, with a
//! part of what coming back costs ([`Settings::regret`]) and a [`Settings::margin`], and within [`Settings::entering`] to the flat one. Both end where a
//! sheet changes.
//! A step is given up on the first day of a month alone, because the month is paid. Must never read usage of a day that it decides for.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    bill::{ObjectSize, Store},
    calendar::Day,
    forecast::{Curve, Demand, Watched},
    knapsack::{Candidate, Fixed, Offer, choose},
    sheet::Sheets,
    usage::DayUsage,
};

/// Who says where a title lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    #[default]
    Auto,
    PerView,
    Flat,
}

/// The document of choices: one for all titles, and those of single ones, which go before it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    #[serde(default)]
    pub overall: Chosen,
    #[serde(default)]
    pub titles: BTreeMap<String, Chosen>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A choice as its document has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Chosen {
    Supported(Choice),
    /// One that a later build wrote; it stays what it is.
    Unknown(Value),
}

impl Chosen {
    /// Nothing where it is one that this build does not know.
    pub const fn known(&self) -> Option<Choice> {
        match self {
            Self::Supported(choice) => Some(*choice),
            Self::Unknown(_) => None,
        }
    }
}

impl Default for Chosen {
    fn default() -> Self {
        Self::Supported(Choice::default())
    }
}

impl From<Choice> for Chosen {
    fn from(choice: Choice) -> Self {
        Self::Supported(choice)
    }
}

impl Choices {
    /// Nothing where it is one that this build does not know: then a title stays where it lies.
    pub fn of(&self, title: &str) -> Option<Choice> {
        self.titles.get(title).unwrap_or(&self.overall).known()
    }
}

/// How `auto` decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Days that are looked ahead, and within which a move to the per-view store has to bring its cost.
    pub horizon: u16,
    /// Days within which a move to the flat store has to bring its cost.
    pub entering: u16,
    /// Days for which a title stays where it moved to.
    pub minimum_stay: u16,
    /// How many times its cost leaving the flat store has to bring for a title to be chosen for it rather than another one. Steps are compared
    /// without it: what is expected of many titles together is hardly wrong, and of who is chosen for it much.
    pub margin: f64,
    /// The share of moves to the per-view store that are expected to be taken back; new titles that begin there as well.
    pub regret: f64,
    /// The share of a step's traffic that is planned with.
    pub traffic: f64,
    pub objects: ObjectSize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            horizon: 60,
            entering: 120,
            minimum_stay: 30,
            margin: 2.0,
            regret: 0.75,
            traffic: 0.9,
            objects: ObjectSize::default(),
        }
    }
}

/// A title that is there on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    pub title: &'a str,
    pub bytes: u64,
    /// Where it lies, and since when; nowhere yet, where it is new.
    pub lies: Option<(Store, Day)>,
    /// Whether it moved there, rather than being uploaded there: who did not move yet need not stay.
    pub moved: bool,
}

/// What is advised for a title.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Advice {
    pub store: Store,
    pub why: Reason,
    /// What it is expected to cost per view, in units of the currency a month (30.4 days), over the horizon.
    pub per_view_month: f64,
    /// What moving it costs once, in units of the currency, where it lies in the other store.
    pub moving: f64,
}

/// Why a title is to lie there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was chosen for it.
    Chosen,
    /// It was chosen for the flat store, which has no room for it.
    NoRoom,
    /// It moved a short time ago.
    MinimumStay,
    /// It is the cheapest, by what is expected.
    Cheapest,
}

/// What is to be done before a day begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// For each title that was given, in its order.
    pub advice: Vec<Advice>,
    /// The step of the flat sheet that `month` is billed by, by its number.
    pub step: Option<usize>,
    /// What all is expected to be billed at, in units of the currency a month: as it is decided, and as all lies now (new titles as decided).
    pub month: f64,
    pub month_unmoved: f64,
    /// What of `month` is for the flat store, whichever titles lie there.
    pub rent: f64,
}

/// Days of a mean month.
const MONTH: f64 = 30.4375;

/// What `auto` knows of the past.
#[derive(Clone, Debug)]
pub struct Planner {
    settings: Settings,
    curve: Curve,
    titles: HashMap<Box<str>, Watched>,
    days: usize,
    /// New titles and their bytes, each day counting [`ARRIVALS`] of the next, and what the days themselves count together.
    arrivals: (f64, f64, f64),
}

/// Days ahead for whose new titles room is planned.
const AHEAD: f64 = 45.0;
/// What a day counts less than the next one, for how many new titles are to be expected.
const ARRIVALS: f64 = 0.98;

impl Planner {
    pub fn new(settings: Settings) -> Self {
        Self { settings, curve: Curve::default(), titles: HashMap::new(), days: 0, arrivals: (0.0, 0.0, 0.0) }
    }

    /// Takes the usage of a day, one after the other; titles that are not among it are gone. Those of the first day
    /// are taken to have been there for long.
    pub fn observe<'a>(&mut self, usage: impl IntoIterator<Item = (&'a str, DayUsage)>) {
        let born = (self.days > 0).then_some(self.days);
        let mut before = std::mem::take(&mut self.titles);
        let (mut new, mut bytes) = (0.0, 0.0);
        for (title, usage) in usage {
            let (name, mut watched) = before.remove_entry(title).unwrap_or_else(|| {
                new += 1.0;
                bytes += usage.stored_bytes as f64;
                (title.into(), Watched::new(born))
            });
            let demand = Demand { out: usage.bytes_out as f64, requests: usage.requests as f64 };
            self.curve.observe(&mut watched, self.days, usage.stored_bytes as f64, demand);
            self.titles.insert(name, watched);
        }
        if self.days > 0 {
            let gone = before.len() as f64;
            let (count, size, days) = self.arrivals;
            self.arrivals = (count * ARRIVALS + (new - gone).max(0.0), size * ARRIVALS + bytes, days * ARRIVALS + 1.0);
        }
        self.curve.end_day();
        self.days += 1;
    }

    /// Where titles are to lie from a day on. `titles` are all that are there on it.
    pub fn decide(&self, day: Day, titles: &[Stored], sheets: &Sheets, choices: &Choices) -> Decision {
        let offer = Offer::new(sheets, day, self.settings);
        let new = Watched::new((self.days > 0).then_some(self.days));
        let horizon = usize::from(self.settings.horizon.max(1));
        let candidates: Vec<Candidate> = titles
            .iter()
            .map(|stored| {
                let watched = self.titles.get(stored.title).unwrap_or(&new);
                let expected = self.curve.expect(watched, stored.bytes as f64, self.days, horizon);
                let demand = expected.map(|demand| demand.times(MONTH / horizon as f64));
                let (fixed, _) = self.fixed(day, stored, choices.of(stored.title), demand.is_some());
                offer.candidate(stored.bytes, demand.unwrap_or_default(), stored.lies, fixed)
            })
            .collect();
        let chosen = choose(&offer, &candidates, &self.expected_arrivals(&offer, &new, horizon));
        let per_view = offer.per_view(&candidates);
        let in_flat: HashSet<usize> = chosen.flat.iter().copied().collect();
        let advice =
            titles.iter().zip(&candidates).zip(per_view).enumerate().map(|(at, ((stored, candidate), per_view_month))| {
                let store = if in_flat.contains(&at) { Store::Flat } else { Store::PerView };
                let choice = choices.of(stored.title);
                let (_, why) = self.fixed(day, stored, choice, true);
                let why = if choice == Some(Choice::Flat) && store == Store::PerView { Reason::NoRoom } else { why };
                Advice { store, why, per_view_month, moving: candidate.moving }
            });
        let (month, month_unmoved) = (chosen.month, chosen.month_unmoved.cost);
        Decision { advice: advice.collect(), step: month.step, month: month.cost, month_unmoved, rent: month.rent }
    }

    /// Titles that are to be expected, each of the mean size of those before.
    fn expected_arrivals(&self, offer: &Offer, new: &Watched, horizon: usize) -> Vec<Candidate> {
        let (count, bytes, days) = self.arrivals;
        let size = bytes / count.max(1.0);
        let Some(expected) = self.curve.expect(new, size, self.days, horizon) else { return Vec::new() };
        let demand = expected.times(MONTH / horizon as f64);
        let expected = (count / days.max(1.0) * AHEAD).clamp(0.0, 10_000.0).round() as usize;
        vec![offer.candidate(size as u64, demand, None, Fixed::Free); expected]
    }

    /// Whether a title is free to move, and why it is not.
    fn fixed(&self, day: Day, stored: &Stored, choice: Option<Choice>, expected: bool) -> (Fixed, Reason) {
        let stays = stored.lies.filter(|(_, since)| stored.moved && day < since.plus(i32::from(self.settings.minimum_stay)));
        let where_it_lies = match stored.lies {
            Some((Store::Flat, _)) => Fixed::Staying,
            Some((Store::PerView, _)) | None => Fixed::PerView,
        };
        match (choice, stays) {
            (Some(Choice::PerView), _) => (Fixed::PerView, Reason::Chosen),
            (Some(Choice::Flat), _) => (Fixed::Chosen, Reason::Chosen),
            // What cannot be read moves nothing.
            (None, _) => (where_it_lies, Reason::Chosen),
            (Some(Choice::Auto), Some(_)) => (where_it_lies, Reason::MinimumStay),
            // Without any past there is nothing to move for, and a new title goes where it can leave for the least.
            (Some(Choice::Auto), None) if !expected => (where_it_lies, Reason::Cheapest),
            (Some(Choice::Auto), None) => (Fixed::Free, Reason::Cheapest),
        }
    }
}
