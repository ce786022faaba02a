//! The decision: where each title is to lie from today on. Once a day, and again where sheets or choices were changed, by one node at a time.
//!
//! Advice is stored first, under an id of its own; the one document of the decision, which names that id, is changed last and by compare-and-set. It says
//! as well that moves are to be asked for; whoever looks asks, which may be done again, so that a kill only delays. Without sheets, and without a flat store,
//! nothing moves.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::TitleId;
use rand::distr::{Alphanumeric, SampleString};
use runtime::{
    priority::{Work, run_beside},
    supervise,
};
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Change, Expect as ExpectDocument, Write, delete_all, parse, read, update},
    keyvalue::Expect,
};
use storage_plan::{
    bill::Store,
    calendar::Day,
    money::{GB, Money},
    plan::{Choices, Decision, Reason, Stored},
    sheet::Sheets,
};

use super::{
    StoragePlan, calendar,
    days::Past,
    record::{ADVICE, AdviceItem, AdviceRecord, BY_DECISION, DECISION_ID, DECISIONS, DecisionRecord, Why},
    settings::StoredSheets,
    stock::Titles,
};
use crate::services::storage_sources::{Moving, Place};

/// How often it is looked whether something is to be decided.
const LOOK: Duration = Duration::from_secs(5);
/// The least time from one decision to the next, in milliseconds.
const LEAST_PAUSE: u64 = 60 * 1000;
/// Who decides, while they do.
const LEASE: &str = "storage_plan/decision";
const LEASED_FOR: Duration = Duration::from_secs(15 * 60);
/// Titles in one document of advice: a page reads one or two.
pub const ADVICE_IN_A_PART: usize = 500;
/// Titles of one page of placements.
const PLACES_AT_ONCE: u32 = 1000;

/// What a decision is made from.
pub(super) struct Inputs {
    today: Day,
    now: u64,
    sheets: StoredSheets,
    choices: (Choices, u64),
    has_flat: bool,
}

impl Inputs {
    /// 0 where they cannot be computed with.
    fn sheets_version(&self) -> u64 {
        if self.sheets.usable().is_some() { self.sheets.version } else { 0 }
    }

    fn is_due(&self, last: Option<&DecisionRecord>) -> bool {
        let Some(last) = last else { return true };
        let is_of_today = last.day == self.today.number();
        let made_from = (last.sheets_version, last.choices_version, last.has_flat);
        let is_same = made_from == (self.sheets_version(), self.choices.1, self.has_flat);
        // One that was made at a time that is yet to come has a clock that was wrong.
        let is_recent = self.now.checked_sub(last.decided).is_some_and(|age| age < LEAST_PAUSE);
        !is_of_today || (!is_same && !is_recent)
    }
}

impl StoragePlan {
    /// Decides for as long as the server runs.
    ///
    /// # Errors
    /// Never; as [`supervise::look`].
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        supervise::look(LOOK, "where titles are to lie is decided a little later", || async { self.look().await.map(|()| 0) })
            .await
    }

    /// Decides where that is due, and asks for the moves that were decided.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is done by the next look.
    pub async fn look(&self) -> Result<(), StoreError> {
        let inputs = self.inputs().await?;
        let last = self.decision().await?.map(|(decision, _)| decision);
        if !inputs.is_due(last.as_ref()) && !last.is_some_and(|last| last.is_pending) {
            return Ok(());
        }
        let lease = match self.keyvalue.put(LEASE, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
            Ok(lease) => lease,
            // Another node is at it.
            Err(StoreError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let done = self.look_alone(&inputs).await;
        match self.keyvalue.delete(LEASE, Expect::Version(lease)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => tracing::warn!(%error, "the lease of storage's decision is left to run out"),
        }
        match done {
            // What it was to make is there: another node made it.
            Err(StoreError::Conflict { .. }) => Ok(()),
            done => done,
        }
    }

    pub(super) async fn inputs(&self) -> Result<Inputs, StoreError> {
        let now = self.clock.millis();
        let (sheets, choices) = (self.settings.sheets().await?, self.settings.choices().await?);
        Ok(Inputs { today: calendar::day(now), now, sheets, choices, has_flat: self.sources.places.has_flat() })
    }

    /// What was decided last, and the version of its document.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn decision(&self) -> Result<Option<(DecisionRecord, u64)>, StoreError> {
        read(&*self.documents, &DECISIONS, DECISION_ID).await
    }

    pub(super) async fn look_alone(&self, inputs: &Inputs) -> Result<(), StoreError> {
        // As it is by now: another node may have decided before this one had the lease.
        let stored = self.decision().await?;
        if inputs.is_due(stored.as_ref().map(|(decision, _)| decision)) {
            self.decide(inputs, stored).await?;
        }
        self.request_moves().await
    }

    /// Makes a decision and puts it in the place of the last one.
    async fn decide(&self, inputs: &Inputs, stored: Option<(DecisionRecord, u64)>) -> Result<(), StoreError> {
        let places = self.places().await?;
        let past = self.past(inputs.today, &places, inputs.sheets.usable()).await?;
        self.sweep_days(inputs.today).await?;
        let unmeasured = places.iter().filter(|place| place.bytes.is_none()).count();
        let (last, version) = stored.unzip();
        let decision = DecisionRecord {
            id: Alphanumeric.sample_string(&mut rand::rng(), 16).to_lowercase(),
            day: inputs.today.number(),
            decided: inputs.now,
            sheets_version: inputs.sheets_version(),
            choices_version: inputs.choices.1,
            has_flat: inputs.has_flat,
            unmeasured: u64::try_from(unmeasured).unwrap_or(u64::MAX),
            rest: last.as_ref().map(|last| last.rest.clone()).unwrap_or_default(),
            ..DecisionRecord::default()
        };
        let decision = match inputs.sheets.usable().cloned() {
            None => decision,
            Some(sheets) => {
                let (today, choices) = (inputs.today, inputs.choices.0.clone());
                let work = move || advise(today, &places, &past, &sheets, &choices);
                let made = run_beside(Work::Later, work).await;
                let made = made.map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
                self.store_advice(decision, made).await?
            }
        };
        let (id, moves, titles) = (decision.id.clone(), decision.moves, decision.titles);
        let body = serde_json::to_value(decision).map_err(|error| StoreError::corrupt("storage_decisions", error))?;
        let expect = version.map_or(ExpectDocument::Absent, ExpectDocument::Version);
        let put = self.documents.put(&DECISIONS, Write { id: DECISION_ID.to_owned(), body, expect }).await;
        // Of two one goes: the one that is not named any more, or was not taken.
        let goes = match &put {
            Ok(_) => last.map(|last| last.id),
            Err(StoreError::Conflict { .. }) => Some(id),
            Err(_) => None,
        };
        if let Some(goes) = goes {
            delete_all(&*self.documents, &ADVICE, BY_DECISION, &[Value::from(goes)]).await?;
        }
        put?;
        tracing::info!(day = %inputs.today, titles, moves, "it is decided where titles are to lie");
        Ok(())
    }

    async fn store_advice(&self, decision: DecisionRecord, made: Advised) -> Result<DecisionRecord, StoreError> {
        let mut parts = 0;
        for some in made.items.chunks(ADVICE_IN_A_PART) {
            let part = AdviceRecord { decision: decision.id.clone(), items: some.to_vec(), ..AdviceRecord::default() };
            let body = serde_json::to_value(part).map_err(|error| StoreError::corrupt("storage_advice", error))?;
            let id = advice_id(&decision.id, parts);
            self.documents.put(&ADVICE, Write { id, body, expect: ExpectDocument::Absent }).await?;
            parts += 1;
        }
        let moves = made.items.iter().filter(|item| item.is_move).count();
        Ok(DecisionRecord {
            parts,
            titles: u64::try_from(made.items.len()).unwrap_or(u64::MAX),
            moves: u64::try_from(moves).unwrap_or(u64::MAX),
            is_pending: decision.has_flat,
            new_titles: Some(made.new_titles),
            capacity_gb: made.capacity_gb,
            currency: made.month.currency.code().to_owned(),
            month: made.month.amount,
            month_unmoved: made.month_unmoved.amount,
            ..decision
        })
    }

    /// Asks for the moves of the last decision, where that is still to be done.
    ///
    /// # Errors
    /// [`StoreError`]; then it is still to be done.
    pub(super) async fn request_moves(&self) -> Result<(), StoreError> {
        let Some((decision, _)) = self.decision().await?.filter(|(decision, _)| decision.is_pending && decision.has_flat) else {
            return Ok(());
        };
        if !self.sources.places.has_flat() {
            return Ok(());
        }
        let mut failed = None;
        for part in 0..decision.parts {
            for item in self.advice(&decision.id, part).await?.into_iter().filter(|item| item.is_move) {
                let Ok(title) = item.title.parse::<TitleId>() else { continue };
                if let Err(error) = self.sources.places.request_move(&title, item.advice).await {
                    tracing::warn!(%title, %error, "a title is asked to move a little later");
                    failed = Some(error);
                }
            }
            // Another node may have decided otherwise meanwhile.
            if self.decision().await?.is_none_or(|(now, _)| now.id != decision.id) {
                return Ok(());
            }
        }
        if let Some(store) = decision.new_titles {
            self.sources.places.set_default(store).await?;
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let changed = update(&*self.documents, &DECISIONS, DECISION_ID, |stored: Option<DecisionRecord>| {
            Ok::<_, StoreError>(match stored {
                Some(now) if now.id == decision.id && now.is_pending => Change::Put(DecisionRecord { is_pending: false, ..now }),
                Some(_) | None => Change::Keep,
            })
        });
        changed.await.map(drop)
    }

    /// A part of a decision's advice; nothing where it is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn advice(&self, decision: &str, part: u32) -> Result<Vec<AdviceItem>, StoreError> {
        let found = self.documents.get(&ADVICE, &advice_id(decision, part)).await?;
        Ok(found.as_ref().map(parse::<AdviceRecord>).transpose()?.map(|part| part.items).unwrap_or_default())
    }

    async fn places(&self) -> Result<Vec<Place>, StoreError> {
        let (mut places, mut after) = (Vec::new(), None::<String>);
        loop {
            let (some, next) = self.sources.places.list(after.as_deref(), PLACES_AT_ONCE).await?;
            places.extend(some);
            match next {
                Some(next) => after = Some(next),
                None => return Ok(places),
            }
        }
    }
}

fn advice_id(decision: &str, part: u32) -> String {
    format!("{decision}/{part:05}")
}

/// What was decided, as it is stored.
struct Advised {
    items: Vec<AdviceItem>,
    new_titles: Store,
    capacity_gb: Option<u64>,
    month: Money,
    month_unmoved: Money,
}

/// Where a title is, for the plan: what is on its way counts as there, so that nothing is turned back that was decided a short time ago.
fn lies(place: &Place, titles: &Titles, today: Day) -> (Store, Option<Day>, bool) {
    if let Some(Moving { to, since }) = &place.moving {
        return (*to, Some(calendar::day(*since)), true);
    }
    let since = place.since.map(calendar::day);
    match titles.get(place.title.as_str()) {
        Some(lies) if lies.store == place.store => (place.store, lies.since.map(Day::new), lies.moved),
        Some(_) => (place.store, Some(since.unwrap_or(today)), true),
        None => (place.store, since, false),
    }
}

/// A placement, its bytes, and where it lies for the plan.
type Measured<'a> = (&'a Place, u64, (Store, Option<Day>, bool));

fn advise(today: Day, places: &[Place], past: &Past, sheets: &Sheets, choices: &Choices) -> Advised {
    let measured: Vec<Measured> =
        places.iter().filter_map(|place| Some((place, place.bytes?, lies(place, &past.titles, today)))).collect();
    let mut stored: Vec<Stored> = measured
        .iter()
        .map(|(place, bytes, (store, since, moved))| Stored {
            title: place.title.as_str(),
            bytes: *bytes,
            lies: Some((*store, since.unwrap_or_default())),
            moved: *moved,
        })
        .collect();
    let Decision { advice, step, month, month_unmoved } = past.planner.decide(today, &stored, sheets, choices);
    // Once more with one that is to come, of which nothing is known: where it would be put.
    stored.push(Stored { title: "", bytes: past.titles.mean_bytes(), lies: None, moved: false });
    let with_new = past.planner.decide(today, &stored, sheets, choices);
    let (currency, flat) = (sheets.currency(), sheets.at(today.month()).1);
    let planned = step.and_then(|step| flat.steps.get(step));
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let by_gb = |step: &storage_plan::sheet::Step| step.month.units() / step.capacity_gb.max(1) as f64;
    let cheapest = flat.steps.iter().map(by_gb).fold(f64::INFINITY, f64::min);
    let flat_gb = planned.map_or(cheapest, by_gb);
    let new_titles = with_new.advice.last().map_or(Store::PerView, |advice| advice.store);
    let mut items: Vec<(f64, AdviceItem)> = measured
        .iter()
        .zip(&advice)
        .map(|((place, bytes, (store, since, _)), advice)| {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let flat_month = *bytes as f64 / GB as f64 * flat_gb;
            let saving = match advice.store {
                Store::PerView => flat_month - advice.per_view_month,
                Store::Flat => advice.per_view_month - flat_month,
            };
            let money = |units| Money::of_units(units, currency).amount;
            let item = AdviceItem {
                title: place.title.to_string(),
                bytes: *bytes,
                lies: place.store,
                since: since.map(Day::number),
                advice: advice.store,
                reason: why(advice.why),
                per_view: money(advice.per_view_month),
                flat: money(flat_month),
                moving: money(advice.moving),
                is_move: *store != advice.store,
            };
            (saving, item)
        })
        .collect();
    items.sort_by(|(one, first), (other, second)| other.total_cmp(one).then_with(|| first.title.cmp(&second.title)));
    Advised {
        items: items.into_iter().map(|(_, item)| item).collect(),
        new_titles,
        capacity_gb: planned.map(|step| step.capacity_gb),
        month: Money::of_units(month, currency),
        month_unmoved: Money::of_units(month_unmoved, currency),
    }
}

const fn why(reason: Reason) -> Why {
    match reason {
        Reason::Chosen => Why::Chosen,
        Reason::NoRoom => Why::NoRoom,
        Reason::MinimumStay => Why::MinimumStay,
        Reason::Cheapest => Why::Cheapest,
    }
}

/// Of these titles what is copied by now.
pub(super) async fn copied(service: &StoragePlan) -> Result<HashMap<TitleId, u64>, StoreError> {
    let copying = service.sources.places.copying().await?;
    Ok(copying.into_iter().map(|copying| (copying.title, copying.bytes_done)).collect())
}
