//! Picks: which titles a model has for one history, as numbers, before anybody looked whether they may be shown.
//!
//! What was picked is kept in memory until something of its profile changes, as whoever writes here tells at once and the change feeds a
//! moment later ([`KeptPicks::forget`]), or the model or what is not wanted does. Must never keep what was picked of a history that was read before a change that was told of meanwhile.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::ids::ProfileId;
use moka::sync::Cache;
use recommender::{Entry, Model};

use super::hidden::Unwanted;
use crate::services::{
    discovery::ROW,
    interactions::{Act, Interaction},
};

/// The best titles that rows are made of.
const BEST: usize = 100;
/// As many times as many are looked at for a viewer to whom not all are shown.
const WITH_AN_AGE: usize = 3;
/// Of those that are new, and of those that are popular.
const OF_A_KIND: usize = 40;
/// Rows that begin with "Because".
const BECAUSE: usize = 2;
/// What counts as new, in seconds: 30 days; and how many of those are looked at.
const NEW: u64 = 30 * 24 * 60 * 60;
const NEWEST: usize = 2_000;

/// Bytes of picks that are kept, about: of twenty thousand profiles.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// Nothing is kept for longer, should nobody follow the feeds.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// Profiles share as many counters of their changes.
const COUNTERS: usize = 4096;

/// What one row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    TopPicks,
    Because(u32),
    New,
    Popular,
}

/// A title by its number of the model, with the one that it is recommended for.
pub type Pick = (u32, Option<u32>);

/// What rows are made of, the best of each first. A title may be in several.
#[derive(Debug, Default)]
pub struct Picked {
    pub rows: Vec<(Kind, Vec<Pick>)>,
    /// Whether the model knows anything of the history.
    pub is_known: bool,
}

/// What picks depend on beside the history.
#[derive(Debug, PartialEq, Eq)]
pub struct Wishes {
    pub unwanted: Unwanted,
    pub has_age_limit: bool,
}

impl Wishes {
    fn best(&self) -> usize {
        if self.has_age_limit { BEST * WITH_AN_AGE } else { BEST }
    }

    fn of_a_kind(&self) -> usize {
        if self.has_age_limit { OF_A_KIND * WITH_AN_AGE } else { OF_A_KIND }
    }
}

/// See the module above.
pub struct KeptPicks {
    picks: Cache<ProfileId, Cached>,
    /// How often something of a profile was told of, of each that has this number.
    changes: Box<[AtomicU64]>,
}

#[derive(Clone)]
struct Cached {
    trained: u64,
    wishes: Arc<Wishes>,
    picked: Arc<Picked>,
}

/// When a history was asked for, as [`KeptPicks`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(u64);

impl Default for KeptPicks {
    fn default() -> Self {
        let weigh = |_: &ProfileId, kept: &Cached| {
            let picks: usize = kept.picked.rows.iter().map(|(_, picks)| picks.len() * size_of::<Pick>()).sum();
            u32::try_from(picks + size_of::<Cached>() + size_of::<Wishes>() + kept.wishes.unwanted.weight()).unwrap_or(u32::MAX)
        };
        let picks = Cache::builder().max_capacity(CAPACITY).weigher(weigh).time_to_live(LONGEST).build();
        Self { picks, changes: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl KeptPicks {
    /// What was picked for a profile by the model of this time, where its wishes are the same.
    pub fn get(&self, profile: &ProfileId, trained: u64, wishes: &Wishes) -> Option<Arc<Picked>> {
        let kept = self.picks.get(profile)?;
        (kept.trained == trained && *kept.wishes == *wishes).then_some(kept.picked)
    }

    /// To be taken before the history is asked for.
    pub fn asked(&self, profile: &ProfileId) -> Asked {
        Asked(self.counter(profile).map_or(0, |counter| counter.load(Ordering::SeqCst)))
    }

    /// Keeps what was picked of a history that was read since, unless something of it has changed meanwhile.
    pub fn keep(&self, asked: Asked, profile: &ProfileId, (trained, wishes): (u64, Wishes), picked: &Arc<Picked>) {
        if self.asked(profile) != asked {
            return;
        }
        let kept = Cached { trained, wishes: Arc::new(wishes), picked: Arc::clone(picked) };
        self.picks.insert(profile.clone(), kept);
        if self.asked(profile) != asked {
            self.picks.invalidate(profile);
        }
    }

    /// Something of this profile is another.
    pub fn forget(&self, profile: &ProfileId) {
        if let Some(counter) = self.counter(profile) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        self.picks.invalidate(profile);
    }

    /// Everything may be: what was told before is not known.
    pub fn forget_all(&self) {
        for counter in &self.changes {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        self.picks.invalidate_all();
    }

    fn counter(&self, profile: &ProfileId) -> Option<&AtomicU64> {
        let mut hasher = DefaultHasher::new();
        profile.hash(&mut hasher);
        self.changes.get(hasher.finish() as usize % COUNTERS)
    }
}

/// Chooses titles for rows. `now` is in seconds since 1970.
pub fn pick(model: &Model, history: &[Interaction], wishes: &Wishes, now: u64) -> Picked {
    let Wishes { unwanted, .. } = wishes;
    let numbered = history.iter().filter_map(|one| Some((model.number(one.title.as_str())?, one.weight)));
    let disliked: HashSet<u32> = numbered.clone().filter(|(_, weight)| *weight < 0.0).map(|(title, _)| title).collect();
    let speaks = numbered.clone().filter(|(title, _)| !disliked.contains(title));
    let entries: Vec<Entry> = speaks.map(|(title, weight)| Entry { title, weight }).collect();
    let known: HashSet<u32> = numbered.map(|(title, _)| title).collect();
    let hidden: HashSet<u32> = unwanted.titles.iter().filter_map(|title| model.number(title)).collect();
    let reasons: HashSet<u32> = unwanted.because.iter().filter_map(|title| model.number(title)).collect();
    let has_unwanted = |title: u32| {
        !unwanted.reasons.is_empty()
            && model.title(title).is_some_and(|title| title.reasons.iter().any(|reason| unwanted.reasons.contains(reason)))
    };
    let is_out = |title: u32| known.contains(&title) || hidden.contains(&title) || has_unwanted(title);
    let taste = model.fold_in(&entries);
    // What was put on a list or given stars speaks as well, and is no reason to be told: "because you watched".
    let was_watched = |one: &&Interaction| one.act == Act::Watched;
    let watched: HashSet<u32> = history.iter().filter(was_watched).filter_map(|one| model.number(one.title.as_str())).collect();
    let with_why = |title: u32| (title, taste.because(title).filter(|because| watched.contains(because)));
    let is_wanted = |(_, because): &Pick| because.is_none_or(|because| !reasons.contains(&because));
    let best: Vec<Pick> = taste.best(wishes.best(), is_out).into_iter().map(with_why).filter(is_wanted).collect();
    let top = wishes.best() / 5;
    let mut rows = vec![(Kind::TopPicks, best.iter().copied().take(top).collect())];
    let mut groups: Vec<(u32, Vec<Pick>)> = Vec::new();
    // Of those whose age counts nobody knows how many of the best make the first row.
    let in_first_row = if wishes.has_age_limit { top } else { ROW };
    for (title, because) in best.into_iter().skip(in_first_row) {
        let Some(because) = because else { continue };
        match groups.iter_mut().find(|(of, _)| *of == because) {
            Some((_, group)) => group.push((title, Some(because))),
            None => groups.push((because, vec![(title, Some(because))])),
        }
    }
    // The fullest; of two alike the one whose first title is the better.
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    rows.extend(groups.into_iter().take(BECAUSE).map(|(because, group)| (Kind::Because(because), group)));
    let candidates = wishes.of_a_kind();
    let is_new = |title: &u32| model.title(*title).is_some_and(|title| title.added + NEW >= now);
    let newest = model.newest().take(NEWEST).take_while(is_new);
    let newest = taste.ranked(newest, candidates, is_out).into_iter().map(with_why).filter(is_wanted).collect();
    rows.push((Kind::New, newest));
    let popular =
        model.popular().iter().copied().filter(|title| !is_out(*title)).take(candidates).map(|title| (title, None)).collect();
    rows.push((Kind::Popular, popular));
    Picked { rows, is_known: !taste.is_unknown() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(kept: &KeptPicks, asked: Asked, trained: u64, wishes: Wishes) {
        let picked = Picked { is_known: true, ..Picked::default() };
        kept.keep(asked, &me(), (trained, wishes), &Arc::new(picked));
    }

    fn me() -> ProfileId {
        "me".parse().unwrap()
    }

    fn wishes(hidden: Option<&str>) -> Wishes {
        let titles = hidden.into_iter().map(str::to_owned).collect();
        Wishes { unwanted: Unwanted { titles, ..Unwanted::default() }, has_age_limit: false }
    }

    #[test]
    fn picks_are_of_one_model_and_of_the_same_wishes() {
        let kept = KeptPicks::default();
        keep(&kept, kept.asked(&me()), 1, wishes(Some("heat")));
        assert!(kept.get(&me(), 1, &wishes(Some("heat"))).is_some());
        assert!(kept.get(&me(), 2, &wishes(Some("heat"))).is_none());
        assert!(kept.get(&me(), 1, &wishes(None)).is_none());
        let with_an_age = Wishes { has_age_limit: true, ..wishes(Some("heat")) };
        assert!(kept.get(&me(), 1, &with_an_age).is_none());
        assert!(kept.get(&"you".parse().unwrap(), 1, &wishes(Some("heat"))).is_none());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let kept = KeptPicks::default();
        for change in [|kept: &KeptPicks| kept.forget(&me()), KeptPicks::forget_all] {
            let asked = kept.asked(&me());
            keep(&kept, asked, 1, wishes(None));
            assert!(kept.get(&me(), 1, &wishes(None)).is_some());
            change(&kept);
            assert!(kept.get(&me(), 1, &wishes(None)).is_none());
            keep(&kept, asked, 1, wishes(None));
            assert!(kept.get(&me(), 1, &wishes(None)).is_none(), "it was read before the change");
        }
    }
}
