//! The home page: what can be watched first, then rows of what is liked, each title once.
//!
//! The same catalogue gives the same page to all for whom the same films are: what is not for a viewer, the catalogue does
//! not list. A part that cannot be made just now is named in the reply, and such a reply is kept nowhere; where no part can be
//! made there is no page. Must never ask more than a few dozen questions, nor one after the
//! other what can be asked at once.

use std::collections::{HashMap, HashSet};

use contract::{
    Code, DispatchExt, Problem,
    catalog::{GetTitle, ListTitles, Role, Title, TitleCard, TitlePage},
    discovery::{HeroTitle, Home, HomeRow},
    ids::TitleId,
};
use futures::future::{join, join_all, join3};
use storage::guard::stale;

use super::{
    ROW,
    rows::{self, Plan},
};
use crate::context::RequestContext;

const HEROES: usize = 5;
const ROWS: usize = 9;
/// Liked titles that are asked for their directors.
const ASKED: usize = 24;
/// Rows of one person's films.
const PEOPLE: usize = 2;
/// People who may turn out to have too few.
const CANDIDATES: usize = 5;
/// Titles that are asked for, so that a row is full also after what stands above it was taken out.
const SPARE: u8 = 48;

/// Makes the page.
///
/// # Errors
/// What the catalogue answers, where there is nothing to show without it.
pub async fn make(context: &RequestContext) -> Result<Home, Problem> {
    let mut gaps = Gaps::default();
    let (watchable, liked, all) = join3(
        context.send(ListTitles { watchable: Some(true), limit: Some(SPARE), ..ListTitles::default() }),
        context.send(ListTitles { watchable: Some(false), limit: Some(SPARE), ..ListTitles::default() }),
        context.send(ListTitles { limit: Some(1), ..ListTitles::default() }),
    )
    .await;
    let watchable = gaps.or_default(&["hero", "watchable"], watchable).items;
    let liked = gaps.or_default(&["people"], liked);
    let facets = gaps.or_default(&["genres", "decades"], all).facets;
    let heroes = watchable.iter().filter(|card| card.artwork.backdrop.is_some()).take(HEROES).cloned();
    let heroes = join_all(heroes.map(|card| hero(context, card)));
    let (heroes, titles) = join(heroes, most_liked(context, &liked)).await;
    let hero =
        heroes.into_iter().map(|(card, title)| HeroTitle { card, synopsis: gaps.title("synopsis", title).and_then(synopsis) });
    let hero = hero.collect();
    let titles: Vec<Title> = titles.into_iter().filter_map(|title| gaps.title("people", title)).collect();
    let plans = arrange(rows::of_facets(&facets), &directors(&titles));
    let lists = plans.iter().map(|plan| context.send(ListTitles { limit: Some(SPARE), ..plan.list.clone() }));
    let lists = join_all(lists).await;
    let mut page = Page::default();
    page.add(rows::watchable(), watchable);
    for (plan, list) in plans.into_iter().zip(lists) {
        let list = gaps.or_default(&[&plan.key], list);
        page.add(plan, list.items);
    }
    gaps.close(Home { hero, rows: page.rows, missing: Vec::new() })
}

/// What could not be made, and why.
#[derive(Default)]
struct Gaps {
    missing: Vec<String>,
    first: Option<Problem>,
}

impl Gaps {
    /// What was answered; otherwise nothing, and these parts are missing.
    fn or_default(&mut self, parts: &[&str], answer: Result<TitlePage, Problem>) -> TitlePage {
        answer.unwrap_or_else(|problem| {
            parts.iter().for_each(|part| self.note(part, &problem));
            TitlePage::default()
        })
    }

    /// A title that was answered. One that is gone by now is no gap.
    fn title(&mut self, part: &str, answer: Result<Title, Problem>) -> Option<Title> {
        answer.inspect_err(|problem| self.note(part, problem)).ok()
    }

    fn note(&mut self, part: &str, problem: &Problem) {
        let is_answer = problem.code == Code::NotFound;
        if is_answer {
            return;
        }
        if !self.missing.iter().any(|missing| missing == part) {
            self.missing.push(part.to_owned());
        }
        self.first.get_or_insert_with(|| problem.clone());
    }

    /// # Errors
    /// The first reason, where a page with gaps shows nothing.
    fn close(self, home: Home) -> Result<Home, Problem> {
        match self.first {
            None => Ok(home),
            Some(problem) if home.rows.is_empty() => Err(problem),
            Some(problem) => {
                tracing::warn!(missing = ?self.missing, reason = problem.code.as_str(), "the home page lacks a part");
                stale::note_partial();
                Ok(Home { missing: self.missing, ..home })
            }
        }
    }
}

/// People stand between genres and decades; what is new comes last.
fn arrange(mut plans: Vec<Plan>, people: &[String]) -> Vec<Plan> {
    for (at, name) in people.iter().enumerate() {
        // After the second row, and then after every third.
        plans.insert((2 + at * 3).min(plans.len()), rows::person(name));
    }
    plans.push(rows::added());
    plans
}

async fn hero(context: &RequestContext, card: TitleCard) -> (TitleCard, Result<Title, Problem>) {
    let title = context.send(GetTitle { id: card.id.clone() }).await;
    (card, title)
}

fn synopsis(title: Title) -> Option<String> {
    title.synopsis
}

async fn most_liked(context: &RequestContext, liked: &TitlePage) -> Vec<Result<Title, Problem>> {
    join_all(liked.items.iter().take(ASKED).map(|card| context.send(GetTitle { id: card.id.clone() }))).await
}

/// Who directed most of the titles; the more liked first where they are equal.
fn directors(titles: &[Title]) -> Vec<String> {
    let mut order: Vec<&str> = Vec::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for credit in titles.iter().flat_map(|title| &title.people).filter(|credit| credit.role == Role::Director) {
        let count = counts.entry(&credit.name).or_default();
        if *count == 0 {
            order.push(&credit.name);
        }
        *count += 1;
    }
    order.sort_by_key(|name| std::cmp::Reverse(counts.get(name).copied().unwrap_or(0)));
    order.into_iter().take(CANDIDATES).map(str::to_owned).collect()
}

/// The rows so far, and what stands in them.
#[derive(Default)]
struct Page {
    rows: Vec<HomeRow>,
    people: usize,
    shown: HashSet<TitleId>,
}

impl Page {
    /// Adds a row of what no row shows yet, unless too little is left.
    fn add(&mut self, plan: Plan, titles: Vec<TitleCard>) {
        let enough = self.rows.len() == ROWS || (plan.is_person && self.people == PEOPLE);
        let items: Vec<TitleCard> = titles.into_iter().filter(|card| !self.shown.contains(&card.id)).take(ROW).collect();
        if enough || items.len() < plan.least {
            return;
        }
        self.people += usize::from(plan.is_person);
        self.shown.extend(items.iter().map(|card| card.id.clone()));
        let scores: Vec<_> = items.iter().map(|card| card.score).collect();
        let heading = plan.heading_over(&scores);
        self.rows.push(HomeRow { key: plan.key, heading, more: plan.list, items });
    }
}
