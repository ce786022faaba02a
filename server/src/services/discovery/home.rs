//! The home page: what can be watched first, then rows of what is liked, each title once.
//!
//! The same catalogue gives the same page to all for whom the same films are: what is not for a viewer, the catalogue does
//! not list. Must never ask more than a few dozen questions, nor one after the
//! other what can be asked at once.

use std::collections::{HashMap, HashSet};

use contract::{
    DispatchExt, Problem,
    catalog::{GetTitle, ListTitles, Role, Title, TitleCard, TitlePage},
    discovery::{HeroTitle, Home, HomeRow},
    ids::TitleId,
};
use futures::future::{join, join_all, try_join_all, try_join3};

use super::rows::{self, Plan};
use crate::context::RequestContext;

const HEROES: usize = 5;
/// Fills a wide screen and is cut at its edge; the heading leads to the rest.
const ROW: usize = 16;
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
/// What the catalogue answers.
pub async fn make(context: &RequestContext) -> Result<Home, Problem> {
    let (watchable, liked, all) = try_join3(
        context.send(ListTitles { watchable: Some(true), limit: Some(SPARE), ..ListTitles::default() }),
        context.send(ListTitles { watchable: Some(false), limit: Some(SPARE), ..ListTitles::default() }),
        context.send(ListTitles { limit: Some(1), ..ListTitles::default() }),
    )
    .await?;
    let heroes = watchable.items.iter().filter(|card| card.artwork.backdrop.is_some()).take(HEROES).cloned();
    let (hero, people) = join(join_all(heroes.map(|card| hero(context, card))), directors(context, &liked)).await;
    let plans = arrange(rows::of_facets(&all.facets), &people);
    let lists = plans.iter().map(|plan| context.send(ListTitles { limit: Some(SPARE), ..plan.list.clone() }));
    let lists = try_join_all(lists).await?;
    let mut page = Page::default();
    page.add(rows::watchable(), watchable.items);
    for (plan, list) in plans.into_iter().zip(lists) {
        page.add(plan, list.items);
    }
    Ok(Home { hero, rows: page.rows })
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

async fn hero(context: &RequestContext, card: TitleCard) -> HeroTitle {
    // A hero without its synopsis is still a hero.
    let synopsis = context.send(GetTitle { id: card.id.clone() }).await.ok().and_then(|title| title.synopsis);
    HeroTitle { card, synopsis }
}

/// Who directed most of the titles that are liked most; the more liked first where they are equal.
async fn directors(context: &RequestContext, liked: &TitlePage) -> Vec<String> {
    let asked = liked.items.iter().take(ASKED).map(|card| context.send(GetTitle { id: card.id.clone() }));
    let titles: Vec<Title> = join_all(asked).await.into_iter().filter_map(Result::ok).collect();
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
        self.rows.push(HomeRow { key: plan.key, heading: plan.heading, more: plan.list, items });
    }
}
