//! Picks: which titles a model has for one history, as numbers, before anybody looked whether they may be shown.
//!
//! What was picked is kept in memory until something that the profile keeps changes, as whoever writes here tells at once and the change
//! feeds a moment later, or the model is another. It is picked once for all who ask for it at once.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use contract::ids::ProfileId;
use recommender::{Entry, Model, Preference, Title, content::is_person, dataset::LEAST_AUDIENCE};

use super::{hidden::Unwanted, known::History, variety::varied};
use crate::services::{
    discovery::ROW,
    followed_cache::FollowedCache,
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

/// What one row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    TopPicks,
    Because(u32),
    New,
    Popular,
}

/// A title by its number of the model, with what it is recommended for.
pub type Pick = (u32, Option<Because>);

/// What a recommendation owes most to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Because {
    pub title: u32,
    /// What the profile did with it.
    pub act: Act,
}

/// What rows are made of, the best of each first. A title may be in several.
#[derive(Debug, Default)]
pub struct Picked {
    pub rows: Vec<(Kind, Vec<Pick>)>,
}

impl Picked {
    /// Bytes that it takes, about.
    fn weight(&self) -> usize {
        size_of::<Self>() + self.rows.iter().map(|(_, picks)| picks.len() * size_of::<Pick>()).sum::<usize>()
    }
}

/// What titles are chosen by beside the history.
#[derive(Debug)]
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

/// What was picked for profiles.
pub type KeptPicks = FollowedCache<ProfileId, KeptPick, MadeFor>;

/// What was picked for one.
#[derive(Clone)]
pub struct KeptPick {
    pub made_for: MadeFor,
    /// Nothing for whoever wants no recommendations.
    pub picked: Option<Arc<Picked>>,
}

/// What picks hang on beside what the profile keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MadeFor {
    /// When the model was trained.
    pub trained: u64,
    pub has_age_limit: bool,
}

pub fn kept_picks() -> KeptPicks {
    FollowedCache::new(CAPACITY, LONGEST, |kept| kept.picked.as_ref().map_or(0, |picked| picked.weight()))
}

/// Chooses titles for rows. `now` is in seconds since 1970.
pub fn pick(model: &Model, history: &History, wishes: &Wishes, now: u64) -> Picked {
    let Wishes { unwanted, .. } = wishes;
    let History { latest: history, known, disliked } = history;
    let numbered = history.iter().filter_map(|one| Some((model.number(one.title.as_str())?, one.weight)));
    let mut disliked = disliked.clone();
    disliked.extend(numbered.clone().filter(|(_, weight)| *weight < 0.0).map(|(title, _)| title));
    let speaks = numbered.clone().filter(|(title, _)| !disliked.contains(title));
    let entries: Vec<Entry> = speaks.map(|(title, weight)| Entry { title, weight }).collect();
    let lately: HashSet<u32> = numbered.map(|(title, _)| title).collect();
    let hidden: HashSet<u32> = unwanted.titles.iter().filter_map(|title| model.number(title)).collect();
    let reasons: HashSet<u32> = unwanted.because.iter().filter_map(|title| model.number(title)).collect();
    let has_unwanted = |title: u32| {
        !unwanted.reasons.is_empty()
            && model.title(title).is_some_and(|title| title.reasons.iter().any(|reason| unwanted.reasons.contains(reason)))
    };
    let is_known = |title: u32| lately.contains(&title) || known.contains(&title);
    let is_out = |title: u32| is_known(title) || hidden.contains(&title) || has_unwanted(title);
    let taste = model.fold_in(&entries);
    let preference = Preference::new(model, &taste);
    let acts = acts(model, history);
    let because = |title: u32| {
        let of = preference.because(title).filter(|of| is_plain(model, *of, title))?;
        Some(Because { title: of, act: *acts.get(&of)? })
    };
    let with_why = |title: u32| (title, because(title));
    let is_wanted = |(_, because): &Pick| because.is_none_or(|because| !reasons.contains(&because.title));
    let candidates = wishes.of_a_kind();
    let popular =
        model.popular().iter().copied().filter(|title| !is_out(*title)).take(candidates).map(|title| (title, None)).collect();
    // Nothing is a pick for somebody of whom nothing is known: what is popular says so itself.
    if taste.is_unknown() {
        return Picked { rows: vec![(Kind::Popular, popular)] };
    }
    let reasons_of = |title: u32| model.title(title).map_or(&[][..], |title| &title.reasons);
    let best = preference.best(wishes.best(), is_out).into_iter().map(with_why).filter(is_wanted).collect();
    let best: Vec<Pick> = varied(best, reasons_of);
    let top = wishes.best() / 5;
    let mut rows = vec![(Kind::TopPicks, best.iter().copied().take(top).collect())];
    let mut groups: Vec<(u32, Vec<Pick>)> = Vec::new();
    // Of those whose age counts nobody knows how many of the best make the first row.
    let in_first_row = if wishes.has_age_limit { top } else { ROW };
    for (title, because) in best.into_iter().skip(in_first_row) {
        let Some(watched) = because.filter(|because| because.act == Act::Watched) else { continue };
        match groups.iter_mut().find(|(of, _)| *of == watched.title) {
            Some((_, group)) => group.push((title, because)),
            None => groups.push((watched.title, vec![(title, because)])),
        }
    }
    // The fullest; of two alike the one whose first title is the better.
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    // Where a favourite speaks for most of the best, what was watched last has a row all the same.
    if groups.first().is_none_or(|(_, group)| group.len() < ROW / 2) {
        let last = watched_last(model, history).find(|of| !disliked.contains(of) && !reasons.contains(of));
        if let Some(of) = last {
            let because = Because { title: of, act: Act::Watched };
            let alone = model.fold_in(&[Entry { title: of, weight: 1.0 }]);
            let alike = Preference::new(model, &alone).best(candidates, is_out);
            groups.retain(|(named, _)| *named != of);
            let alike = alike.into_iter().filter(|title| is_plain(model, of, *title));
            groups.insert(0, (of, alike.map(|title| (title, Some(because))).collect()));
        }
    }
    rows.extend(groups.into_iter().take(BECAUSE).map(|(of, group)| (Kind::Because(of), varied(group, reasons_of))));
    let is_new = |title: &u32| model.title(*title).is_some_and(|title| title.added + NEW >= now);
    // Where most of the catalogue came at once, as with a first import, nothing of it is news.
    if !model.newest().nth(model.len() / 2).as_ref().is_some_and(is_new) {
        let newest = model.newest().take(NEWEST).take_while(is_new);
        let newest = preference.ranked(newest, candidates, is_out).into_iter().map(with_why).filter(is_wanted).collect();
        rows.push((Kind::New, newest));
    }
    rows.push((Kind::Popular, popular));
    Picked { rows }
}

/// Whether a viewer sees why one title leads to another: they have somebody in common, or half of the genres of the one that has
/// fewer, or are known by who watched them. One genre of four is what most films have in common.
fn is_plain(model: &Model, of: u32, title: u32) -> bool {
    let (Some(of), Some(title)) = (model.title(of), model.title(title)) else { return false };
    let is_known = |title: &Title| title.support >= LEAST_AUDIENCE;
    let genres = |title: &Title| title.reasons.iter().filter(|reason| !is_person(**reason)).count();
    let (people, shared): (Vec<u32>, Vec<u32>) =
        of.reasons.iter().copied().filter(|reason| title.reasons.contains(reason)).partition(|reason| is_person(*reason));
    is_known(of) && is_known(title)
        || !people.is_empty()
        || !shared.is_empty() && 2 * shared.len() >= genres(of).min(genres(title))
}

/// What was watched, the latest first.
fn watched_last(model: &Model, history: &[Interaction]) -> impl Iterator<Item = u32> {
    let watched = history.iter().rev().filter(|one| one.act == Act::Watched);
    watched.filter_map(|one| model.number(one.title.as_str()))
}

/// Below it stars say that a film was fair, which is no reason to be named.
const LIKED: f32 = 1.0;

/// What the profile did with each title of its history, as far as that is a reason to recommend others.
fn acts(model: &Model, history: &[Interaction]) -> HashMap<u32, Act> {
    let mut acts = HashMap::new();
    for one in history.iter().filter(|one| one.act != Act::Rated || one.weight >= LIKED) {
        if let Some(title) = model.number(one.title.as_str()) {
            let act = acts.entry(title).or_insert(one.act);
            *act = one.act.max(*act);
        }
    }
    acts
}
