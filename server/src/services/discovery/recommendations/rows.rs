//! The rows of one profile, and what is like a title for it.
//!
//! What is picked are numbers of the model alone ([`picks`](super::picks)); what becomes of it is what the catalogue shows to this viewer.
//! Must never put a title into two rows.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use contract::{
    DispatchExt, Problem,
    catalog::{ListSimilarTitles, TitleCard},
    discovery::{GetMyRows, Liked, LikedBy, ListRelatedTitles, MyRow, MyRows, Recommendation, RowAbout, Why},
    ids::{ProfileId, TitleId},
};
use futures::future::{try_join, try_join_all};
use recommender::{Model, dataset::LEAST_AUDIENCE};
use runtime::spare::Spare;

use super::{
    Recommendations,
    hidden::Unwanted,
    known::History,
    picks::{KeptPick, Kind, MadeFor, Pick, Picked, Wishes, pick},
};
use crate::{
    context::{RequestContext, Viewer},
    services::{
        cards::shown_cards,
        discovery::ROW,
        interactions::{Act, Interactions},
    },
};

/// Titles of a row at least.
const LEAST: usize = 4;
/// Interactions of a profile on a page, of each kind that a service keeps.
const PAGE: u32 = 1_000;
/// Pages that one service is asked for: 64,000 of each kind, of which a title may be on many lists.
const PAGES: usize = 64;
/// What is told of what is like a title.
const RELATED: usize = 18;

/// Picks take a part of a millisecond each, and all cores together where many ask.
static SPARE: LazyLock<Spare> = LazyLock::new(Spare::default);

/// Cards by the numbers of titles; nothing of a title that whoever asks is not shown.
type Cards = HashMap<u32, Option<TitleCard>>;

impl Recommendations {
    pub(super) async fn get_my_rows(&self, context: RequestContext, _: GetMyRows) -> Result<MyRows, Problem> {
        let model = self.model();
        match self.picked(&context.viewer, &model).await? {
            Some(picked) => Ok(MyRows { is_on: true, rows: shown(&context, &model, &picked).await? }),
            None => Ok(MyRows { is_on: false, rows: Vec::new() }),
        }
    }

    /// What a model has for the viewer: what was picked before, where nothing has changed since. Nothing where they want none.
    async fn picked(&self, viewer: &Viewer, model: &Arc<Model>) -> Result<Option<Arc<Picked>>, Problem> {
        let profile = &viewer.profile;
        let made_for = MadeFor { trained: model.trained(), has_age_limit: viewer.authorization.maturity.is_some() };
        if let Some(kept) = self.picks.get(profile).filter(|kept| kept.made_for == made_for) {
            return Ok(kept.picked);
        }
        let picking = self.pick_anew(viewer, model, made_for);
        let made = if viewer.is_new { picking.await? } else { self.picks.read(profile, made_for, picking).await? };
        Ok(made.picked)
    }

    async fn pick_anew(&self, viewer: &Viewer, model: &Arc<Model>, made_for: MadeFor) -> Result<KeptPick, Problem> {
        let Some((history, unwanted)) = self.keeps(viewer, model).await? else { return Ok(KeptPick { made_for, picked: None }) };
        let (model, now) = (Arc::clone(model), self.clock.seconds());
        let wishes = Wishes { unwanted, has_age_limit: made_for.has_age_limit };
        let picked = SPARE.run(move || Arc::new(pick(&model, &history, &wishes, now))).await.map_err(|_| Problem::internal())?;
        Ok(KeptPick { made_for, picked: Some(picked) })
    }

    /// The viewer's history, and what they want nothing of; nothing where they want no recommendations.
    async fn keeps(&self, viewer: &Viewer, model: &Model) -> Result<Option<(History, Unwanted)>, Problem> {
        let (is_on, unwanted) = try_join(self.is_on(viewer), self.unwanted(viewer)).await?;
        Ok(if is_on { Some((self.history(viewer, model).await?, unwanted)) } else { None })
    }

    /// What the viewer had to do with.
    async fn history(&self, viewer: &Viewer, model: &Model) -> Result<History, Problem> {
        if viewer.is_new {
            return Ok(History::default());
        }
        let sources = self.sources.interactions.iter().map(|source| self.told_by(&**source, &viewer.profile, model));
        Ok(History::of_all(try_join_all(sources).await?))
    }

    /// What one service knows of it. What most have is one page; of longer ones each further page waits for its turn, so that they keep
    /// neither the others from the store nor one another waiting.
    async fn told_by(&self, source: &dyn Interactions, profile: &ProfileId, model: &Model) -> Result<History, Problem> {
        let (some, mut next) = source.of(profile, None, PAGE).await?;
        let mut history = History::default();
        history.add(some, model);
        for _ in 1..PAGES {
            let Some(after) = next else { break };
            let _turn = self.long_histories.turn(profile).await?;
            let (some, further) = source.of(profile, Some(&after), PAGE).await?;
            history.add(some, model);
            next = further;
        }
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
        if model.title(number).is_none_or(|title| title.support < LEAST_AUDIENCE) {
            return Ok(Arc::default());
        }
        let work = move || {
            let is_unknown = |other: u32| model.title(other).is_none_or(|title| title.support < LEAST_AUDIENCE);
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

/// The rows that whoever asks is shown. What is not shown to them is found out by asking for its card, and gives its place to the next.
async fn shown(context: &RequestContext, model: &Model, picked: &Picked) -> Result<Vec<MyRow>, Problem> {
    let mut cards = Cards::new();
    // To whom much is not shown, all of it is asked for at once.
    let mut wanted = if context.viewer.authorization.maturity.is_some() { all(picked) } else { named(&laid_out(picked, &cards)) };
    loop {
        wanted.retain(|number| !cards.contains_key(number));
        if wanted.is_empty() {
            return Ok(told(laid_out(picked, &cards), &mut cards));
        }
        let ids: Vec<(u32, Option<TitleId>)> = wanted.into_iter().map(|number| (number, id(model, number))).collect();
        let mut found = shown_cards(context, ids.iter().filter_map(|(_, id)| id.as_ref())).await?;
        cards.extend(ids.into_iter().map(|(number, id)| (number, id.and_then(|id| found.remove(&id)))));
        wanted = named(&laid_out(picked, &cards));
    }
}

/// Rows with each title in the first that has it, without titles of which it is known that they are not shown.
fn laid_out(picked: &Picked, cards: &Cards) -> Vec<(Kind, Vec<Pick>)> {
    let is_gone = |number: &u32| cards.get(number).is_some_and(Option::is_none);
    let (mut rows, mut taken) = (Vec::new(), HashSet::new());
    for (kind, picks) in &picked.rows {
        let is_free = |(title, _): &Pick| !taken.contains(title) && !is_gone(title);
        let row: Vec<Pick> = picks.iter().copied().filter(is_free).take(ROW).collect();
        if row.len() < LEAST || matches!(kind, Kind::Because(of) if is_gone(of)) {
            continue;
        }
        taken.extend(row.iter().map(|(title, _)| *title));
        rows.push((*kind, row));
    }
    rows
}

/// The titles of rows, and those that they are told because of.
fn named(rows: &[(Kind, Vec<Pick>)]) -> HashSet<u32> {
    let of = |(title, because): &Pick| because.map(|because| because.title).into_iter().chain([*title]);
    rows.iter().flat_map(|(_, picks)| picks).flat_map(of).collect()
}

fn all(picked: &Picked) -> HashSet<u32> {
    named(&picked.rows)
}

/// Takes the cards of rows out of those that were found.
fn told(rows: Vec<(Kind, Vec<Pick>)>, cards: &mut Cards) -> Vec<MyRow> {
    let named = |cards: &Cards, number: u32| {
        let card = cards.get(&number)?.as_ref()?;
        Some((card.id.clone(), card.title.clone()))
    };
    let row = |(kind, picks): (Kind, Vec<Pick>)| {
        let (key, about) = match kind {
            Kind::TopPicks => ("top-picks".to_owned(), RowAbout::TopPicks),
            Kind::New => ("new".to_owned(), RowAbout::New),
            Kind::Popular => ("popular-here".to_owned(), RowAbout::PopularHere),
            Kind::Because(of) => {
                let (id, title) = named(cards, of)?;
                (format!("because-{id}"), RowAbout::BecauseYouWatched { id, title })
            }
        };
        let item = |(title, because): Pick| {
            let owed = because.and_then(|because| Some((named(cards, because.title)?, because.act)));
            let why = match kind {
                Kind::Popular => Why::PopularHere,
                Kind::TopPicks | Kind::Because(_) | Kind::New => fits(owed),
            };
            Some(Recommendation { card: cards.get_mut(&title)?.take()?, why })
        };
        let items = picks.into_iter().filter_map(item).collect();
        Some(MyRow { key, about, items })
    };
    rows.into_iter().filter_map(row).collect()
}

/// Why a title fits a history that is known, with the title of that which it owes most to.
fn fits(owed: Option<((TitleId, String), Act)>) -> Why {
    let liked = |(id, title), by| Why::FitsHistory { liked: Some(Liked { id, title, by }) };
    match owed {
        Some(((id, title), Act::Watched)) => Why::BecauseYouWatched { id, title },
        Some((named, Act::Listed)) => liked(named, LikedBy::Listed),
        Some((named, Act::Rated)) => liked(named, LikedBy::Rated),
        None => Why::FitsHistory { liked: None },
    }
}

fn id(model: &Model, number: u32) -> Option<TitleId> {
    model.title(number)?.id.parse().ok()
}
