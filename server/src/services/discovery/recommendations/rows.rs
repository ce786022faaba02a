//! The rows of one profile, and what is like a title for it.
//!
//! A pick is made of numbers of the model alone ([`pick`]); what becomes of it is what the catalogue shows to this viewer. Must never put
//! a title into two rows.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use contract::{
    DispatchExt, Problem,
    catalog::{ListSimilarTitles, TitleCard},
    discovery::{GetMyRows, ListRelatedTitles, MyRow, MyRows, Recommendation, RowAbout, Why},
    ids::TitleId,
};
use futures::future::{try_join, try_join_all, try_join3};
use recommender::{Entry, Model};
use runtime::spare::Spare;
use storage::StoreError;

use super::{Recommendations, hidden::Unwanted};
use crate::{
    context::{RequestContext, Viewer},
    services::{
        cards::shown_cards,
        interactions::{Act, Interaction},
    },
};

/// Titles of a row at most, and at least.
const ROW: usize = 20;
const LEAST: usize = 4;
/// Rows that begin with "Because".
const BECAUSE: usize = 2;
/// The best titles that rows are made of.
const BEST: usize = 100;
/// As many times as many are looked at for a viewer to whom not all are shown.
const WITH_AN_AGE: usize = 3;
/// Interactions of a profile that one service tells.
const HISTORY: u32 = 1_000;
/// What counts as new, in seconds: 30 days; and how many of those are looked at.
const NEW: u64 = 30 * 24 * 60 * 60;
const NEWEST: usize = 2_000;
/// What is told of what is like a title.
const RELATED: usize = 18;
/// Profiles that watched a title, below which nothing is known of who else does.
const LEAST_SUPPORT: u32 = 3;

/// Picks take a part of a millisecond each, and all cores together where many ask.
static SPARE: LazyLock<Spare> = LazyLock::new(Spare::default);

/// What one row is of, before anybody looked whether it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    TopPicks,
    Because(u32),
    New,
    Popular,
}

/// A title by its number of the model, with the one that it is recommended for.
type Pick = (u32, Option<u32>);

/// Rows before anybody looked whether they may be shown.
struct Picked {
    rows: Vec<(Kind, Vec<Pick>)>,
    /// Whether the model knows anything of the history.
    is_known: bool,
}

impl Recommendations {
    pub(super) async fn get_my_rows(&self, context: RequestContext, _: GetMyRows) -> Result<MyRows, Problem> {
        let viewer = &context.viewer;
        let (is_on, history, unwanted) = try_join3(self.is_on(viewer), self.history(viewer), self.unwanted(viewer)).await?;
        if !is_on {
            return Ok(MyRows { is_on, rows: Vec::new() });
        }
        let (model, now) = (self.model(), self.clock.seconds());
        let best = if viewer.authorization.maturity.is_some() { BEST * WITH_AN_AGE } else { BEST };
        let picked = {
            let model = Arc::clone(&model);
            SPARE.run(move || pick(&model, &history, &unwanted, (best, now))).await.map_err(|_| Problem::internal())?
        };
        let numbers =
            picked.rows.iter().flat_map(|(_, titles)| titles.iter().flat_map(|(title, because)| [Some(*title), *because]));
        let ids: Vec<TitleId> = numbers.flatten().filter_map(|number| id(&model, number)).collect();
        let cards = shown_cards(&context, &ids).await?;
        Ok(MyRows { is_on: true, rows: told(&model, &picked, &cards) })
    }

    /// What the viewer had to do with, the latest last.
    async fn history(&self, viewer: &Viewer) -> Result<Vec<Interaction>, StoreError> {
        if viewer.is_new {
            return Ok(Vec::new());
        }
        let sources = self.sources.interactions.iter().map(|source| source.of(&viewer.profile, HISTORY));
        let mut history: Vec<Interaction> = try_join_all(sources).await?.into_iter().flatten().collect();
        history.sort_by_key(|interaction| interaction.instant);
        Ok(history)
    }

    pub(super) async fn list_related(&self, context: RequestContext, call: ListRelatedTitles) -> Result<Vec<TitleCard>, Problem> {
        let viewer = &context.viewer;
        let about = context.send(ListSimilarTitles { id: call.id.clone() });
        let (about, unwanted) = try_join(about, async { Ok(self.unwanted(viewer).await?) }).await?;
        let watched = if self.is_on(viewer).await? { self.related(&call.id).await? } else { Arc::default() };
        let found = shown_cards(&context, watched.iter()).await?;
        let (mut watched, mut about) = (watched.iter().filter_map(|id| found.get(id).cloned()), about.into_iter());
        let (mut seen, mut related) = (HashSet::new(), Vec::new());
        // One of each in turn, for as long as there are any.
        loop {
            let turn: Vec<TitleCard> = [watched.next(), about.next()].into_iter().flatten().collect();
            if turn.is_empty() || related.len() >= RELATED {
                related.truncate(RELATED);
                return Ok(related);
            }
            related.extend(turn.into_iter().filter(|card| !unwanted.is_card_out(card) && seen.insert(card.id.clone())));
        }
    }

    /// What is watched by whoever watches a title.
    async fn related(&self, title: &TitleId) -> Result<Arc<[TitleId]>, Problem> {
        let model = self.model();
        let key = (model.trained(), title.clone());
        if let Some(related) = self.related.get(&key) {
            return Ok(related);
        }
        let Some(number) = model.number(title.as_str()) else { return Ok(Arc::default()) };
        if model.title(number).is_none_or(|title| title.support < LEAST_SUPPORT) {
            return Ok(Arc::default());
        }
        let work = move || {
            let is_unknown = |other: u32| model.title(other).is_none_or(|title| title.support < LEAST_SUPPORT);
            model
                .similar(number, RELATED, is_unknown)
                .into_iter()
                .filter_map(|number| id(&model, number))
                .collect::<Arc<[TitleId]>>()
        };
        let related = SPARE.run(work).await.map_err(|_| Problem::internal())?;
        self.related.insert(key, Arc::clone(&related));
        Ok(related)
    }
}

fn id(model: &Model, number: u32) -> Option<TitleId> {
    model.title(number)?.id.parse().ok()
}

/// Chooses titles for rows.
fn pick(model: &Model, history: &[Interaction], unwanted: &Unwanted, (count, now): (usize, u64)) -> Picked {
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
    let best: Vec<Pick> = taste.best(count, is_out).into_iter().map(with_why).filter(is_wanted).collect();
    let top = count / 5;
    let mut rows = vec![(Kind::TopPicks, best.iter().copied().take(top).collect())];
    let mut groups: Vec<(u32, Vec<Pick>)> = Vec::new();
    for (title, because) in best.into_iter().skip(top) {
        let Some(because) = because else { continue };
        match groups.iter_mut().find(|(of, _)| *of == because) {
            Some((_, group)) => group.push((title, Some(because))),
            None => groups.push((because, vec![(title, Some(because))])),
        }
    }
    // The fullest; of two alike the one whose first title is the better.
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    rows.extend(groups.into_iter().take(BECAUSE).map(|(because, group)| (Kind::Because(because), group)));
    // As many as there are in a row, and in the one that may have them before it.
    let candidates = count * 2 * ROW / BEST;
    let is_new = |title: &u32| model.title(*title).is_some_and(|title| title.added + NEW >= now);
    let newest = model.newest().take(NEWEST).take_while(is_new);
    let newest = taste.ranked(newest, candidates, is_out).into_iter().map(with_why).filter(is_wanted).collect();
    rows.push((Kind::New, newest));
    let popular =
        model.popular().iter().copied().filter(|title| !is_out(*title)).take(candidates).map(|title| (title, None)).collect();
    rows.push((Kind::Popular, popular));
    Picked { rows, is_known: !taste.is_unknown() }
}

/// The rows that whoever asks is shown.
fn told(model: &Model, picked: &Picked, cards: &HashMap<TitleId, TitleCard>) -> Vec<MyRow> {
    let card = |number: u32| cards.get(&id(model, number)?);
    let (mut rows, mut shown) = (Vec::new(), HashSet::new());
    for (kind, titles) in &picked.rows {
        let (key, about) = match kind {
            Kind::TopPicks => ("top-picks".to_owned(), RowAbout::TopPicks),
            Kind::New => ("new".to_owned(), RowAbout::New),
            Kind::Popular => ("popular-here".to_owned(), RowAbout::PopularHere),
            Kind::Because(of) => {
                let Some(of) = card(*of) else { continue };
                let about = RowAbout::BecauseYouWatched { id: of.id.clone(), title: of.title.clone() };
                (format!("because-{}", of.id), about)
            }
        };
        let why = |because: Option<u32>| match (kind, because.and_then(card)) {
            (Kind::Popular, _) => Why::PopularHere,
            (Kind::TopPicks | Kind::Because(_) | Kind::New, Some(of)) => {
                Why::BecauseYouWatched { id: of.id.clone(), title: of.title.clone() }
            }
            (Kind::TopPicks | Kind::Because(_) | Kind::New, None) if picked.is_known => Why::FitsHistory,
            (Kind::TopPicks | Kind::Because(_) | Kind::New, None) => Why::Popular,
        };
        let fresh = titles.iter().filter(|(title, _)| !shown.contains(title));
        let (numbers, items): (Vec<u32>, Vec<Recommendation>) = fresh
            .filter_map(|(title, because)| Some((*title, Recommendation { card: card(*title)?.clone(), why: why(*because) })))
            .take(ROW)
            .unzip();
        if items.len() < LEAST {
            continue;
        }
        shown.extend(numbers);
        rows.push(MyRow { key, about, items });
    }
    rows
}
