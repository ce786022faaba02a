//! The decision: where each title is to lie from today on. Once a day, and again where sheets or choices were changed, by one node at a time.
//!
//! Advice is stored first, under an id that follows from what it is made from, so that whoever tries again writes the same documents, and what nothing names is deleted
//! before; the one document of the decision, which names that id, is changed last and by compare-and-set. It says as well that moves are to be asked for;
//! whoever looks asks, which may be done again, so that a kill only delays. Without sheets, and without a flat store, nothing moves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use contract::ids::TitleId;
use runtime::priority::{Work, run_beside};
use storage::{
    StoreError,
    documents::{Change, Expect, Write, parse, read, update},
};
use storage_plan::{calendar::Day, plan::Choices};
use tokio::time::Instant;

use super::{
    StoragePlan,
    advise::{Advised, advise},
    calendar,
    days::MadeOf,
    lease::TERMS,
    record::{ADVICE, AdviceItem, AdviceRecord, DECISION_ID, DECISIONS, DecisionRecord},
    settings::StoredSheets,
};
use crate::services::storage_sources::Place;

/// How often it is looked whether something is to be decided. After a failure that is doubled each time, up to the longest pause.
const LOOK: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// The least time from one decision to the next, in milliseconds.
const LEAST_PAUSE: u64 = 60 * 1000;
/// The least time from one decision of this process to the next that is for an earlier day than the one that is there.
const BACK_AFTER: Duration = Duration::from_secs(60 * 60);
/// Days that another node's clock may be ahead of this one's.
const AHEAD: i32 = 2;
/// Titles in one document of advice: a page reads one or two.
pub const ADVICE_IN_A_PART: usize = 500;
/// Documents of advice that are read at a time, to find those that nothing names.
const PARTS_AT_ONCE: u32 = 20;
/// Titles of one page of placements.
const PLACES_AT_ONCE: u32 = 1000;

/// When this process last did what it does again only after a while.
#[derive(Debug, Default)]
pub(super) struct LastTime(Mutex<Option<Instant>>);

impl LastTime {
    fn may_again(&self, after: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|last| last.elapsed() >= after)
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// What a decision is made from.
pub(super) struct Inputs {
    today: Day,
    now: u64,
    sheets: StoredSheets,
    choices: (Choices, u64),
    has_flat: bool,
    /// Whether one for a day that is yet to come may be replaced.
    may_go_back: bool,
}

impl Inputs {
    /// 0 where they cannot be computed with.
    fn sheets_version(&self) -> u64 {
        if self.sheets.usable().is_some() { self.sheets.version } else { 0 }
    }

    fn is_due(&self, last: Option<&DecisionRecord>) -> bool {
        let Some(last) = last else { return true };
        if self.now.checked_sub(last.decided).is_some_and(|age| age < LEAST_PAUSE) {
            return false;
        }
        if self.is_far_ahead(last) {
            return self.may_go_back;
        }
        let made_from = (last.sheets_version, last.choices_version);
        // Of nodes that differ in whether they have a flat store, one that has it replaces what was decided without, and never the other way round: else they
        // would replace each other's decision for good. Where all have none any more, nobody asks for moves, and the next day is decided without.
        let is_with_flat = self.has_flat && !last.has_flat;
        last.day < self.today.number() || made_from != (self.sheets_version(), self.choices.1) || is_with_flat
    }

    /// Whether one is for a day that no node's clock says, unless it is wrong.
    fn is_far_ahead(&self, last: &DecisionRecord) -> bool {
        last.day.saturating_sub(self.today.number()) > AHEAD
    }

    /// The day that is decided for: never one before that of the last decision, which a node made whose clock is a little ahead.
    fn day(&self, last: Option<&DecisionRecord>) -> i32 {
        let today = self.today.number();
        last.filter(|last| !self.is_far_ahead(last)).map_or(today, |last| last.day.max(today))
    }

    /// The same for the same inputs that replace the same decision.
    fn id(&self, day: i32, replaced: Option<u64>) -> String {
        let (sheets, choices, flat) = (self.sheets_version(), self.choices.1, u8::from(self.has_flat));
        format!("{day}-{sheets}-{choices}-{flat}-{}", replaced.unwrap_or_default())
    }
}

impl StoragePlan {
    /// Decides for as long as the server runs.
    ///
    /// # Errors
    /// Never; it has the form of what [`runtime::supervise`] is given.
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        let mut pause = LOOK;
        loop {
            match self.look().await {
                Ok(()) => pause = LOOK,
                Err(error) => {
                    pause = longer(pause);
                    tracing::warn!(%error, again_after = ?pause, "where titles are to lie is decided a little later");
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Decides where that is due, and asks for the moves that were decided.
    ///
    /// # Errors
    /// [`StoreError`]; what is left is done by the next look.
    pub async fn look(&self) -> Result<(), StoreError> {
        let inputs = self.inputs().await?;
        let last = self.decision().await?.map(|(decision, _)| decision);
        let is_pending = last.as_ref().is_some_and(|last| last.is_pending && last.has_flat) && inputs.has_flat;
        if !inputs.is_due(last.as_ref()) && !is_pending {
            return Ok(());
        }
        match self.leased(TERMS, self.look_alone(&inputs)).await {
            // What it was to make is there: another node made it.
            Err(StoreError::Conflict { .. }) => Ok(()),
            done => done,
        }
    }

    pub(super) async fn inputs(&self) -> Result<Inputs, StoreError> {
        let now = self.clock.millis();
        let (sheets, choices) = (self.settings.sheets().await?, self.settings.choices().await?);
        let may_go_back = self.went_back.may_again(BACK_AFTER);
        Ok(Inputs { today: calendar::day(now), now, sheets, choices, has_flat: self.sources.places.has_flat(), may_go_back })
    }

    /// What was decided last, and the version of its document. One that cannot be read is for no day, and so is replaced.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn decision(&self) -> Result<Option<(DecisionRecord, u64)>, StoreError> {
        match read(&*self.documents, &DECISIONS, DECISION_ID).await {
            Err(StoreError::Corrupt { reason, .. }) => {
                tracing::warn!(reason, "what was decided last of where titles are to lie cannot be read");
                let stored = self.documents.get(&DECISIONS, DECISION_ID).await?;
                Ok(stored.map(|stored| (DecisionRecord::default(), stored.version)))
            }
            read => read,
        }
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
        let time = self.time.check().await?;
        if time.is_doubted {
            return Ok(());
        }
        let places = self.places().await?;
        let past = self.past(inputs.today, MadeOf { places: &places, sheets: inputs.sheets.usable(), time }).await?;
        self.sweep_days(inputs.today).await?;
        let unmeasured = places.iter().filter(|place| place.bytes.is_none()).count();
        let (last, version) = stored.unzip();
        if last.as_ref().is_some_and(|last| inputs.is_far_ahead(last)) {
            self.went_back.note();
        }
        let day = inputs.day(last.as_ref());
        let decision = DecisionRecord {
            id: inputs.id(day, version),
            day,
            decided: inputs.now,
            sheets_version: inputs.sheets_version(),
            choices_version: inputs.choices.1,
            has_flat: inputs.has_flat,
            unmeasured: u64::try_from(unmeasured).unwrap_or(u64::MAX),
            unread_days: past.unread,
            rest: last.as_ref().map(|last| last.rest.clone()).unwrap_or_default(),
            ..DecisionRecord::default()
        };
        let named = last.as_ref().map_or("", |last| last.id.as_str());
        self.delete_advice_but([named, &decision.id]).await?;
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
        let (id, is_pending, moves, titles) = (decision.id.clone(), decision.is_pending, decision.moves, decision.titles);
        let body = serde_json::to_value(decision).map_err(|error| StoreError::corrupt("storage_decisions", error))?;
        let expect = version.map_or(Expect::Absent, Expect::Version);
        // Where it is not stored, or nobody knows whether it is, whoever decides next writes the same advice, or deletes it.
        self.documents.put(&DECISIONS, Write { id: DECISION_ID.to_owned(), body, expect }).await?;
        if !is_pending {
            self.delete_advice_but([&id, &id]).await?;
        }
        tracing::info!(day = %Day::new(day), titles, moves, "it is decided where titles are to lie");
        Ok(())
    }

    async fn store_advice(&self, decision: DecisionRecord, made: Advised) -> Result<DecisionRecord, StoreError> {
        let mut parts = 0;
        for some in made.items.chunks(ADVICE_IN_A_PART) {
            let part = AdviceRecord { decision: decision.id.clone(), items: some.to_vec(), ..AdviceRecord::default() };
            let body = serde_json::to_value(part).map_err(|error| StoreError::corrupt("storage_advice", error))?;
            let id = advice_id(&decision.id, parts);
            self.documents.put(&ADVICE, Write { id, body, expect: Expect::Anything }).await?;
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
            rent: Some(made.rent.amount),
            ..decision
        })
    }

    /// Deletes the advice of all decisions but these, page by page.
    async fn delete_advice_but(&self, decisions: [&str; 2]) -> Result<(), StoreError> {
        let mut after = None::<String>;
        loop {
            let page = self.documents.list(&ADVICE, after.as_deref(), PARTS_AT_ONCE).await?;
            for document in page.documents {
                let is_named = document.id.rsplit_once('/').is_some_and(|(decision, _)| decisions.contains(&decision));
                if !is_named {
                    self.documents.delete(&ADVICE, &document.id, Expect::Anything).await?;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
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
        // That of the decision before, while this one is still looked at.
        self.delete_advice_but([&decision.id, &decision.id]).await?;
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

/// The pause after one more failure.
fn longer(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(LONGEST_PAUSE)
}

fn advice_id(decision: &str, part: u32) -> String {
    format!("{decision}/{part:05}")
}

/// Of these titles what is copied by now.
pub(super) async fn copied(service: &StoragePlan) -> Result<HashMap<TitleId, u64>, StoreError> {
    let copying = service.sources.places.copying().await?;
    Ok(copying.into_iter().map(|copying| (copying.title, copying.bytes_done)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_failures_double_up_to_the_longest() {
        let pauses = std::iter::successors(Some(LOOK), |pause| Some(longer(*pause))).map(|pause| pause.as_secs());
        assert_eq!(pauses.skip(1).take(9).collect::<Vec<_>>(), [10, 20, 40, 80, 160, 320, 600, 600, 600]);
    }
}
