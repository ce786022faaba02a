//! The handlers of storage plans' calls, version 1.

use std::{collections::HashMap, ops::Range};

use contract::{
    Problem,
    ids::TitleId,
    money::Money,
    storage_plan::{
        AdviceReason, COST_DAYS, CostSheets, GetStoragePlan, ListStorageAdvice, ListStorageCosts, RemoveTitleStorageChoice,
        ReplaceCostSheets, ReplaceStorageChoice, ReplaceTitleStorageChoice, StorageAdvice, StorageAdvicePage, StorageCosts,
        StorageDecision, StorageMove, StoragePlan as Shown, StoreRole, StoredIn,
    },
};
use storage_plan::{
    calendar::Day,
    plan::{Choices, Chosen},
};

use super::{
    StoragePlan, bills, calendar,
    decide::{ADVICE_IN_A_PART, copied},
    record::{AdviceItem, DecisionRecord, Why},
    settings::{self, StoredSheets},
};
use crate::{context::RequestContext, services::storage_sources::Place};

/// Titles where nothing is said.
const PAGE: u8 = 50;
/// Days where nothing is said.
const DAYS: i32 = 28;

impl StoragePlan {
    pub(super) async fn get_plan(&self, _: RequestContext, _: GetStoragePlan) -> Result<Shown, Problem> {
        self.shown().await
    }

    /// What [`GetStoragePlan`] answers.
    ///
    /// # Errors
    /// What the stores say.
    pub async fn shown(&self) -> Result<Shown, Problem> {
        let (sheets, (choices, choices_version)) = (self.settings.sheets().await?, self.settings.choices().await?);
        let decision = self.decision().await?.map(|(decision, _)| decision);
        let time = self.time.compare().await?;
        let today = calendar::day(time.believed());
        let days = self.days_since(today.month().first_day().min(today.plus(-bills::FORECAST_FROM))).await?;
        let has_flat_store = self.sources.places.has_flat();
        let stores = days.last().map_or_else(Vec::new, |last| {
            let stored = |store, stock: super::record::Stock| StoredIn { store, titles: stock.titles, bytes: stock.bytes };
            vec![stored(StoreRole::PerView, last.in_per_view), stored(StoreRole::Flat, last.in_flat)]
        });
        let mut notices = notices(&sheets, has_flat_store, decision.as_ref(), (&choices, choices_version));
        if time.is_doubted {
            notices.push(time.words());
        }
        Ok(Shown {
            choice: choices.overall.known().map(settings::told).unwrap_or_default(),
            chosen_titles: u64::try_from(choices.titles.len()).unwrap_or(u64::MAX),
            has_flat_store,
            bills: sheets.usable().map_or_else(Vec::new, |sheets| bills::of_month(today.month(), &days, sheets)),
            sheets_version: sheets.version,
            sheets: sheets.document,
            stores,
            stores_day: days.last().map(|last| calendar::day(last.at).to_string()),
            decision: decision.filter(|decision| decision.sheets_version > 0).map(told),
            notices,
        })
    }

    pub(super) async fn replace_sheets(&self, _: RequestContext, call: ReplaceCostSheets) -> Result<CostSheets, Problem> {
        self.settings.replace_sheets(call.sheets, call.expected_version).await
    }

    pub(super) async fn replace_choice(&self, _: RequestContext, call: ReplaceStorageChoice) -> Result<(), Problem> {
        Ok(self.settings.choose(call.choice).await?)
    }

    pub(super) async fn replace_title_choice(&self, _: RequestContext, call: ReplaceTitleStorageChoice) -> Result<(), Problem> {
        self.choose_for(&call.title, Some(call.choice)).await
    }

    pub(super) async fn remove_title_choice(&self, _: RequestContext, call: RemoveTitleStorageChoice) -> Result<(), Problem> {
        self.choose_for(&call.title, None).await
    }

    pub(super) async fn list_advice(&self, _: RequestContext, call: ListStorageAdvice) -> Result<StorageAdvicePage, Problem> {
        let no_page = || Problem::invalid("page_token", "is of no page");
        let offset: u32 = call.page_token.as_deref().map_or(Ok(0), str::parse).map_err(|_| no_page())?;
        self.advice_page(offset, call.limit.unwrap_or(PAGE)).await
    }

    /// A page of what [`ListStorageAdvice`] answers.
    ///
    /// # Errors
    /// What the stores say.
    pub async fn advice_page(&self, offset: u32, limit: u8) -> Result<StorageAdvicePage, Problem> {
        let decision = self.decision().await?.map(|(decision, _)| decision).filter(|decision| decision.sheets_version > 0);
        let Some(decision) = decision else { return Ok(StorageAdvicePage::default()) };
        let in_a_part = u32::try_from(ADVICE_IN_A_PART).unwrap_or(u32::MAX);
        let (mut items, mut at) = (Vec::new(), offset);
        while items.len() < usize::from(limit) && at / in_a_part < decision.parts {
            let part = self.advice(&decision.id, at / in_a_part).await?;
            let skipped = usize::try_from(at % in_a_part).unwrap_or(usize::MAX);
            items.extend(part.into_iter().skip(skipped).take(usize::from(limit) - items.len()));
            at = (at / in_a_part + 1).saturating_mul(in_a_part);
        }
        let next = offset.saturating_add(u32::try_from(items.len()).unwrap_or(u32::MAX));
        let titles: Vec<TitleId> = items.iter().filter_map(|item| item.title.parse().ok()).collect();
        let places = if titles.is_empty() { Vec::new() } else { self.sources.places.of(&titles).await? };
        let places: HashMap<TitleId, Place> = places.into_iter().map(|place| (place.title.clone(), place)).collect();
        let (choices, _) = self.settings.choices().await?;
        let copied = copied(self).await?;
        let money = |amount| Money { amount, currency: decision.currency.clone() };
        let item = |item: AdviceItem| {
            let title: TitleId = item.title.parse().ok()?;
            // One that is gone is not advised on any more.
            let place = places.get(&title)?;
            let (advised, other) = match bills::role(item.advice) {
                StoreRole::PerView => (item.per_view, item.flat),
                StoreRole::Flat => (item.flat, item.per_view),
            };
            let since = place.since.map(calendar::day).or_else(|| item.since.map(Day::new));
            let moves = place
                .moving
                .as_ref()
                .map(|moving| StorageMove { to: bills::role(moving.to), copied_bytes: copied.get(&title).copied().unwrap_or(0) });
            Some(StorageAdvice {
                bytes: place.bytes.unwrap_or(item.bytes),
                lies: bills::role(place.store),
                since: since.map(|day| day.to_string()),
                advice: bills::role(item.advice),
                reason: reason(item.reason),
                choice: choices.titles.get(title.as_str()).and_then(Chosen::known).map(settings::told),
                per_view_month: money(item.per_view),
                flat_month: money(item.flat),
                saving_month: money(other.saturating_sub(advised)),
                moving: money(item.moving),
                moves,
                title,
            })
        };
        Ok(StorageAdvicePage {
            day: Some(Day::new(decision.day).to_string()),
            total: decision.titles,
            next: (u64::from(next) < decision.titles && next > offset).then(|| next.to_string()),
            items: items.into_iter().filter_map(item).collect(),
        })
    }

    pub(super) async fn list_costs(&self, _: RequestContext, call: ListStorageCosts) -> Result<StorageCosts, Problem> {
        let day = |field: &str, text: Option<String>| {
            let read = text.map(|text| Day::parse(&text)).transpose();
            read.map_err(|_| Problem::invalid(field, "is no day of the calendar from 1970 on"))
        };
        let last = day("to", call.to)?.unwrap_or_else(|| calendar::day(self.clock.millis()).plus(-1));
        let first = day("from", call.from)?.unwrap_or_else(|| last.plus(1 - DAYS));
        if first > last {
            return Err(Problem::invalid("to", "is before the first day"));
        }
        if i64::from(last.number() - first.number()) >= COST_DAYS.cast_signed() {
            return Err(Problem::invalid("from", format!("is more than {COST_DAYS} days before the last day")));
        }
        self.costs(first, last).await
    }

    /// As [`StoragePlan::costs`], of a period in milliseconds since 1970.
    ///
    /// # Errors
    /// What the stores say.
    pub async fn costs_of(&self, period: Range<u64>) -> Result<StorageCosts, Problem> {
        self.costs(calendar::day(period.start), calendar::day(period.end.saturating_sub(1))).await
    }

    /// What [`ListStorageCosts`] answers.
    ///
    /// # Errors
    /// What the stores say.
    pub async fn costs(&self, first: Day, last: Day) -> Result<StorageCosts, Problem> {
        let sheets = self.settings.sheets().await?;
        let mut days = self.days_since(first.month().first_day()).await?;
        days.retain(|day| calendar::day(day.at) <= last);
        let currency = sheets.usable().map(|sheets| sheets.currency().code().to_owned());
        Ok(StorageCosts { currency, days: bills::of_days(&days, first, sheets.usable()) })
    }
}

fn told(decision: DecisionRecord) -> StorageDecision {
    let money = |amount| Money { amount, currency: decision.currency.clone() };
    StorageDecision {
        day: Day::new(decision.day).to_string(),
        decided: decision.decided,
        titles: decision.titles,
        moves: decision.moves,
        is_requested: decision.has_flat && !decision.is_pending,
        capacity_gb: decision.capacity_gb,
        month: money(decision.month),
        month_unmoved: money(decision.month_unmoved),
        rent_month: decision.rent.map(money),
    }
}

/// What is not done, and why.
fn notices(
    sheets: &StoredSheets,
    has_flat: bool,
    decision: Option<&DecisionRecord>,
    (choices, choices_version): (&Choices, u64),
) -> Vec<String> {
    let mut notices = Vec::new();
    match &sheets.checked {
        None => notices.push("There are no cost sheets: nothing is advised, and no title moves.".to_owned()),
        Some(Err(why)) => {
            notices.push(format!("The cost sheets cannot be read ({why}): nothing is advised, and no title moves."));
        }
        Some(Ok(_)) => {}
    }
    if !has_flat {
        let words = "Only one store is set up, so titles stay where they are. To add a second, name it in the configuration file, under [storage], for \
                     example flat_objects = \"file:/srv/films\", and restart.";
        notices.push(words.to_owned());
    }
    if choices.overall.known().is_none() {
        notices.push("The choice for all titles is one that this version does not know: they stay where they lie.".to_owned());
    }
    let unknown = choices.titles.values().filter(|choice| choice.known().is_none()).count();
    if unknown > 0 {
        notices
            .push(format!("The choices of {unknown} titles are ones that this version does not know: they stay where they lie."));
    }
    match decision {
        Some(decision) if decision.sheets_version > 0 => {
            if (decision.sheets_version, decision.choices_version) != (sheets.version, choices_version) {
                notices.push("Your change is being worked out; this updates within a minute.".to_owned());
            }
            if decision.unmeasured > 0 {
                notices.push(format!("{} titles are not measured yet, and are left out.", decision.unmeasured));
            }
            if decision.unread_days > 0 {
                notices.push(format!("{} days cannot be read, and are left out.", decision.unread_days));
            }
        }
        Some(_) | None if sheets.usable().is_some() => {
            notices.push("Where each title belongs is being worked out; this updates within a minute.".to_owned())
        }
        Some(_) | None => {}
    }
    notices
}

const fn reason(why: Why) -> AdviceReason {
    match why {
        Why::Chosen => AdviceReason::Chosen,
        Why::NoRoom => AdviceReason::NoRoom,
        Why::MinimumStay => AdviceReason::MinimumStay,
        Why::Cheapest => AdviceReason::Cheapest,
    }
}
