//! `marquee storage plan`, `choose` and `sheets`: what operators see and say of where titles lie, from the machine itself.
//!
//! Works on the stores directly; servers on the same stores see what was said within seconds, and decide anew within a minute.

use std::{fs, path::Path};

use contract::{
    Problem,
    ids::TitleId,
    money::Money,
    storage_plan::{AdviceReason, StorageAdvice, StorageChoice, StoragePlan as Shown, StoreRole, StoredIn},
};
use serde_json::{Map, Value};
use storage_plan::money::Currency;

use super::{opened::Opened, progress::shown};
use crate::services::{catalog::called::called, storage_plan::StoragePlan};

/// Titles of one page.
const PAGE: u8 = 100;

/// The plan in the whole, then a line for each title: what it is called, its id, where it lies, what is advised and why, and what a month
/// of it costs in either store.
pub async fn plan(opened: &Opened) -> Result<Vec<String>, String> {
    let service = &opened.keeping.storage_plan;
    let shown = service.shown().await.map_err(|problem| in_words(&problem))?;
    let mut lines = about(&shown);
    lines.push("title\tid\tlies\tadvice\twhy\tper_view_month\tflat_month\tsaves\tmoves".to_owned());
    let mut offset = 0;
    loop {
        let page = service.advice_page(offset, PAGE).await.map_err(|problem| in_words(&problem))?;
        let titles: Vec<TitleId> = page.items.iter().map(|item| item.title.clone()).collect();
        let names = called(&*opened.stores.documents, &titles).await.map_err(|error| error.to_string())?;
        lines.extend(page.items.iter().map(|item| of_title(item, names.get(&item.title).map_or("", String::as_str))));
        match page.next.and_then(|next| next.parse().ok()) {
            Some(next) => offset = next,
            None => return Ok(lines),
        }
    }
}

fn about(shown: &Shown) -> Vec<String> {
    let mut lines = vec![format!("choice: {}", choice(shown.choice))];
    let at = shown.stores_day.as_ref().map_or_else(String::new, |day| format!("at the end of {day}, "));
    lines.extend(shown.stores.iter().map(|stored| {
        let StoredIn { store, titles, bytes } = stored;
        format!("{at}{}: {titles} titles, {bytes} bytes", role(*store))
    }));
    lines.extend(shown.bills.iter().map(|bill| {
        let total = |total: &Option<Money>| total.as_ref().map_or_else(|| "impossible".to_owned(), money);
        let (so_far, forecast) = (total(&bill.so_far.total), total(&bill.forecast.total));
        let why = bill.so_far.problem.as_ref().or(bill.forecast.problem.as_ref()).map_or(String::new(), |why| format!(": {why}"));
        format!("{} by {}: {so_far} so far, {forecast} expected{why}", bill.month, choice(bill.plan))
    }));
    if let Some(decision) = &shown.decision {
        let moves = if decision.is_requested { "asked for" } else { "not asked for" };
        lines.push(format!("decided for {}: {} moves, {moves}", decision.day, decision.moves));
        let rent = decision.rent_month.as_ref().zip(decision.capacity_gb);
        let rent =
            rent.map_or_else(String::new, |(rent, gb)| format!(", of which {} for the flat store of {gb} GB", money(rent)));
        lines.push(format!(
            "a month is expected at {}{rent}; {} where nothing moves",
            money(&decision.month),
            money(&decision.month_unmoved)
        ));
    }
    lines.extend(shown.notices.iter().cloned());
    lines.push(String::new());
    lines
}

fn of_title(item: &StorageAdvice, name: &str) -> String {
    let StorageAdvice { title, lies, advice, reason, per_view_month, flat_month, saving_month, moves, .. } = item;
    let why = match reason {
        AdviceReason::Chosen => "chosen",
        AdviceReason::NoRoom => "no room",
        AdviceReason::MinimumStay => "minimum stay",
        AdviceReason::Cheapest => "cheapest",
    };
    let moves = moves.as_ref().map_or("", |moves| role(moves.to));
    // A tab or a line feed of a name would be another column or line.
    let name: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let (lies, advice) = (role(*lies), role(*advice));
    let (per_view, flat, saves) = (money(per_view_month), money(flat_month), money(saving_month));
    format!("{name}\t{title}\t{lies}\t{advice}\t{why}\t{per_view}\t{flat}\t{saves}\t{moves}")
}

/// Chooses for all titles, or for one.
pub async fn choose(service: &StoragePlan, chosen: StorageChoice, title: Option<&TitleId>) -> Result<Vec<String>, String> {
    let outcome = match title {
        Some(title) => service.choose_for(title, Some(chosen)).await,
        None => service.settings.choose(chosen).await.map_err(Problem::from),
    };
    outcome.map_err(|problem| in_words(&problem))?;
    let whom = title.map_or_else(|| "all titles without a choice of their own".to_owned(), ToString::to_string);
    Ok(vec![format!("{}: {whom}", choice(chosen))])
}

/// The cost sheets as they were written.
pub async fn show_sheets(service: &StoragePlan) -> Result<Vec<String>, String> {
    let sheets = service.settings.sheets().await.map_err(|error| error.to_string())?;
    let document = sheets.document.ok_or_else(|| "there are no cost sheets".to_owned())?;
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    Ok(vec![text])
}

/// Writes the cost sheets of a file; what is there is replaced.
pub async fn set_sheets(service: &StoragePlan, file: &Path) -> Result<Vec<String>, String> {
    let refused = |error: &dyn std::fmt::Display| format!("{}: {error}", shown(file));
    let text = fs::read(file).map_err(|error| refused(&error))?;
    let document: Map<String, Value> = serde_json::from_slice(&text).map_err(|error| refused(&error))?;
    let before = service.settings.sheets().await.map_err(|error| error.to_string())?;
    let written = service.settings.replace_sheets(document, before.version).await;
    let written = written.map_err(|problem| refused(&in_words(&problem)))?;
    Ok(vec![format!("cost sheets of version {}", written.version)])
}

/// The problem's own words.
fn in_words(problem: &Problem) -> String {
    problem.detail.clone().unwrap_or_else(|| problem.title.clone())
}

/// As a person writes it: `4.99 EUR`.
pub fn money(money: &Money) -> String {
    match Currency::new(&money.currency) {
        Ok(currency) => storage_plan::money::Money { amount: money.amount, currency }.to_string(),
        Err(_) => format!("{} {}", money.amount, money.currency),
    }
}

const fn choice(choice: StorageChoice) -> &'static str {
    match choice {
        StorageChoice::Auto => "auto",
        StorageChoice::PerView => "per-view",
        StorageChoice::Flat => "flat",
    }
}

const fn role(role: StoreRole) -> &'static str {
    match role {
        StoreRole::PerView => "per_view",
        StoreRole::Flat => "flat",
    }
}
