//! Whether the clock can be believed: what is stored says until when time was seen to pass.
//!
//! A clock that is wrong for a while (a start without a battery, a machine that was put back) must not delete what is kept, nor
//! decide by it. The document `clock` is a high-water mark: the latest time that a server on these stores believed, advanced by
//! each that runs. A clock within days of it is believed at once, so that servers that were off over a week's end go on. One that
//! is further away is in doubt: it is believed when it has kept step with this machine's monotonic clock for an hour in which the
//! mark was not advanced. So servers that were off for a year go on after an hour.
//!
//! Every server says beside the mark what its clock says, every five minutes, believed or not. Two that run and differ by more than
//! a quarter of an hour both doubt, and say so, until they agree or one has been silent for as long (`dispute.rs`); then what the
//! wrong one made of the mark is a matter of distance again. A server that starts hears of others within two minutes, and is
//! believed until then by the distance alone, unless it finds a dispute, which it takes over until that would have ended. Of more than two, whoever differs from all the others
//! doubts; of those, some may not hear it, and go on. Servers of older builds say nothing, and are not heard.
//!
//! Where the clock of before turns out to have been ahead, the mark is put back and that is noted, so that what was made
//! meanwhile of days that are yet to come can be told from what is made when their time comes. Whoever deletes or decides by age
//! asks here first. Must never delete anything itself.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{Collection, Direction, Documents, Expect, Find, Write, read},
};
use storage_plan::calendar::Day;

use self::dispute::{Hearing, Said};

mod dispute;

/// The mark, as [`CLOCK_ID`].
static CLOCK: Collection = Collection::declared("clock", &[]);
const CLOCK_ID: &str = "trusted";

/// In milliseconds.
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;
/// How far a clock may be ahead of the mark: servers that were off over a week's end are nothing special.
const AHEAD: u64 = 7 * OF_A_DAY;
/// How far it may be behind: clocks of several servers differ, and time itself never goes back.
const BEHIND: u64 = 2 * OF_A_DAY;
/// For how long it is waited until a clock in doubt is right, or else is believed. One is set over the network within minutes.
const DOUBTED_FOR: Duration = Duration::from_secs(60 * 60);
/// By how many milliseconds it may differ from the monotonic clock meanwhile: by more, it was set, and is in doubt anew.
const IN_STEP: u64 = 5 * 60 * 1000;
/// How often a server says what its clock says, and advances the mark where it is believed.
const SAID_EVERY: Duration = Duration::from_secs(5 * 60);
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A document of [`CLOCK`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ClockRecord {
    /// The latest time that was believed.
    time: u64,
    /// How often it was put back.
    #[serde(default)]
    set_backs: u64,
    /// What the last time comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set_back: Option<SetBack>,
    /// What the server's clock said that wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<Said>,
    /// What a later version stored beside.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Between the beginning of the day to which the mark was put back, and the time that it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SetBack {
    from: u64,
    to: u64,
}

/// Where documents are by when they were written: what says until when time passed before there was a mark.
#[derive(Clone, Copy, Debug)]
pub struct Dated {
    pub collection: &'static Collection,
    pub index: &'static str,
    /// Of the fields of the index before the one that says when.
    pub equals: &'static [&'static str],
    /// Milliseconds since 1970.
    pub field: &'static str,
}

/// What the clock and the mark come to. Instants are in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The time by this machine's clock.
    pub clock: u64,
    /// The latest time that was believed.
    pub known: u64,
    /// Whether nothing is to be deleted or decided by this clock.
    pub is_doubted: bool,
    /// How often the mark was put back; to be noted in what is made of a day.
    pub set_backs: u64,
    set_back: Option<SetBack>,
}

impl ClockReading {
    /// Where no time was ever put back.
    #[cfg(test)]
    pub(crate) fn of(clock: u64, known: u64) -> Self {
        ClockRecord { time: known, ..ClockRecord::default() }.told(clock)
    }

    /// The time to show things by: the clock's where it is believed, else the latest that was.
    pub const fn believed(&self) -> u64 {
        if self.is_doubted { self.known } else { self.clock }
    }

    /// The later of both.
    pub const fn latest(&self) -> u64 {
        if self.known > self.clock { self.known } else { self.clock }
    }

    /// Whether what was made of the day that begins then was made up by a clock that was ahead; `made_in` is [`ClockReading::set_backs`]
    /// of when it was made.
    pub fn is_made_up(&self, begin: u64, made_in: u64) -> bool {
        made_in < self.set_backs && self.set_back.is_some_and(|between| (between.from..=between.to).contains(&begin))
    }

    /// Where another server runs whose clock differs, nothing is to be decided either.
    fn disputed(self, is_disputed: bool) -> Self {
        Self { is_doubted: self.is_doubted || is_disputed, ..self }
    }

    /// Why the clock is doubted, in words for operators.
    pub fn words(&self) -> String {
        let day = |millis: u64| Day::new(i32::try_from(millis / OF_A_DAY).unwrap_or(i32::MAX));
        format!(
            "By the clock it is {}, and the last day that is known is {}: nothing is deleted for its age, and nothing is decided, \
             until the clock is right or has run on for an hour.",
            day(self.clock),
            day(self.known),
        )
    }
}

/// A clock that is compared with what is stored. Cheap to clone; clones share what they doubt.
#[derive(Clone)]
pub struct TrustedTime {
    documents: Arc<dyn Documents>,
    clock: Clock,
    dated: Arc<[Dated]>,
    /// A monotonic clock, since whenever.
    uptime: Arc<dyn Fn() -> Duration + Send + Sync>,
    /// Names this process.
    node: Arc<str>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    doubt: Option<Doubt>,
    hearing: Hearing,
    /// When this process wrote the mark, by the monotonic clock.
    said: Option<Duration>,
}

/// A clock in doubt, as it was when that began.
#[derive(Debug)]
struct Doubt {
    /// By the monotonic clock.
    since: Duration,
    clock: u64,
    /// What the mark said: whoever advances it is believed.
    known: u64,
    words: String,
}

impl TrustedTime {
    /// `dated` says until when time passed where there is no mark yet.
    pub fn new(documents: Arc<dyn Documents>, clock: Clock, dated: &[Dated]) -> Self {
        let begun = Instant::now();
        let (uptime, node) = (Arc::new(move || begun.elapsed()), format!("{:032x}", rand::random::<u128>()).into());
        Self { documents, clock, dated: dated.into(), uptime, node, state: Arc::default() }
    }

    /// With a monotonic clock of one's own.
    #[cfg(test)]
    pub(crate) fn with_uptime(self, uptime: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { uptime: Arc::new(uptime), ..self }
    }

    /// The clock that is compared.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Looks for as long as it is asked to, so that the mark advances, and a doubt ends, also where nobody asks.
    ///
    /// # Errors
    /// Never; what fails is tried again.
    pub async fn run(&self) -> Result<(), String> {
        loop {
            if let Err(error) = self.check().await {
                tracing::warn!(%error, "whether the clock can be believed is looked at again");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Why the clock was in doubt when this process looked last, in words for operators.
    pub fn doubt(&self) -> Option<String> {
        let state = self.state();
        state.hearing.dispute().or_else(|| state.doubt.as_ref().map(|doubt| doubt.words.as_str())).map(str::to_owned)
    }

    /// Compares the clock with the mark, and changes nothing: for whoever shows something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compare(&self) -> Result<ClockReading, StoreError> {
        let (record, _) = self.stored().await?;
        Ok(record.told(self.clock.millis()).disputed(self.state().hearing.dispute().is_some()))
    }

    /// The same, for whoever deletes or decides: advances the mark where the clock is believed, and believes one that was in
    /// doubt for long enough.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is to be deleted.
    pub async fn check(&self) -> Result<ClockReading, StoreError> {
        let (record, version) = self.stored().await?;
        let (clock, uptime) = (self.clock.millis(), (self.uptime)());
        let is_disputed = self.hear(&record, clock, uptime);
        let told = record.told(clock).disputed(is_disputed);
        if !told.is_doubted {
            if self.state().doubt.take().is_some() {
                tracing::info!("the clock agrees with what is stored");
            }
            let advanced = record.advanced(clock);
            let told = advanced.told(clock);
            if self.is_to_be_said(uptime) {
                self.put(advanced, version, (clock, uptime)).await?;
            }
            return Ok(told);
        }
        if is_disputed || !self.was_doubted_for_long(&told, uptime) {
            if self.is_to_be_said(uptime) {
                self.put(record, version, (clock, uptime)).await?;
            }
            return Ok(told);
        }
        let believed = record.set(clock);
        if !self.put(believed.clone(), version, (clock, uptime)).await? {
            return Ok(told);
        }
        self.state().doubt = None;
        tracing::warn!(known = told.known, clock, "the clock kept step for an hour, and is believed");
        Ok(believed.told(clock))
    }

    /// Whether another server runs whose clock differs. That one is answered at once, and that none does any more is said at once.
    fn hear(&self, record: &ClockRecord, clock: u64, uptime: Duration) -> bool {
        let mut state = self.state();
        let was_disputed = state.hearing.dispute().is_some();
        let is_answered = state.hearing.hear(&self.node, record.said.as_ref(), clock, uptime);
        let is_disputed = state.hearing.dispute().is_some();
        if is_answered || (was_disputed && !is_disputed) {
            state.said = None;
        }
        // The hour in which a clock keeps step begins when nobody says another time any more.
        state.doubt.take_if(|_| is_disputed);
        is_disputed
    }

    fn is_to_be_said(&self, uptime: Duration) -> bool {
        let state = self.state();
        let every = if state.hearing.has_taken_over() { LOOK_EVERY } else { SAID_EVERY };
        state.said.is_none_or(|said| uptime.saturating_sub(said) >= every)
    }

    /// Whether the clock went on as it should since it is doubted, for as long as it takes. Begins the doubt where there is none.
    fn was_doubted_for_long(&self, told: &ClockReading, uptime: Duration) -> bool {
        let mut state = self.state();
        let begun = Doubt { since: uptime, clock: told.clock, known: told.known, words: told.words() };
        let Some(doubt) = &state.doubt else {
            tracing::warn!(why = begun.words, "the clock is in doubt");
            state.doubt = Some(begun);
            return false;
        };
        let lasted = uptime.saturating_sub(doubt.since);
        let expected = doubt.clock.saturating_add(u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX));
        if expected.abs_diff(told.clock) > IN_STEP || doubt.known != told.known {
            state.doubt = Some(begun);
            return false;
        }
        lasted >= DOUBTED_FOR
    }

    /// Writes the mark onto the version that was read, with what the clock says; whether it was not written by somebody meanwhile.
    async fn put(&self, record: ClockRecord, version: u64, (clock, uptime): (u64, Duration)) -> Result<bool, StoreError> {
        let unheard = self.state().hearing.unheard(uptime);
        let (disputes, unheard) = (unheard.is_some(), unheard.unwrap_or_default());
        let said = Said { by: self.node.to_string(), clock, disputes, unheard };
        let record = ClockRecord { said: Some(said), ..record };
        let expect = if version == 0 { Expect::Absent } else { Expect::Version(version) };
        let written = self.documents.put(&CLOCK, Write { id: CLOCK_ID.to_owned(), body: json!(record), expect }).await;
        match written {
            Ok(_) => {
                self.state().said = Some(uptime);
                Ok(true)
            }
            // Another server's word is as good, and is read the next time.
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The mark, and the version of its document. Where there is none that can be read it is made of what is stored.
    async fn stored(&self) -> Result<(ClockRecord, u64), StoreError> {
        let version = match read::<ClockRecord>(&*self.documents, &CLOCK, CLOCK_ID).await {
            Ok(Some(stored)) => return Ok(stored),
            Ok(None) => 0,
            Err(StoreError::Corrupt { reason, .. }) => {
                tracing::warn!(reason, "until when time was seen to pass cannot be read");
                self.documents.get(&CLOCK, CLOCK_ID).await?.map_or(0, |stored| stored.version)
            }
            Err(error) => return Err(error),
        };
        let mut time = None;
        for dated in self.dated.iter() {
            time = time.max(self.newest(dated).await?);
        }
        Ok((ClockRecord { time: time.unwrap_or_else(|| self.clock.millis()), ..ClockRecord::default() }, version))
    }

    async fn newest(&self, dated: &Dated) -> Result<Option<u64>, StoreError> {
        let equals = dated.equals.iter().map(|value| (*value).into()).collect();
        let (from, after, direction) = (None, None, Direction::Descending);
        let find = Find { index: dated.index, equals, from, direction, after, limit: 1 };
        let found = self.documents.find(dated.collection, find).await?.documents;
        Ok(found.first().and_then(|newest| newest.body.get(dated.field)?.as_u64()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClockRecord {
    fn told(&self, clock: u64) -> ClockReading {
        let is_near = clock <= self.time.saturating_add(AHEAD) && self.time <= clock.saturating_add(BEHIND);
        ClockReading { clock, known: self.time, is_doubted: !is_near, set_backs: self.set_backs, set_back: self.set_back }
    }

    /// By a clock that is believed at once.
    fn advanced(self, clock: u64) -> Self {
        // It was set, rather than to go on.
        let is_leap = clock > self.time.saturating_add(OF_A_DAY);
        if is_leap { self.set(clock) } else { Self { time: self.time.max(clock), ..self } }
    }

    /// By a clock that is believed after a doubt.
    fn set(&self, clock: u64) -> Self {
        if clock < self.time {
            let to = self.set_back.map_or(self.time, |before| before.to.max(self.time));
            let set_back = Some(SetBack { from: clock / OF_A_DAY * OF_A_DAY, to });
            return Self { time: clock, set_backs: self.set_backs.saturating_add(1), set_back, ..self.clone() };
        }
        // Where it comes back to what was put back, it was that which was wrong: what was made before was made at its time.
        let set_back = self.set_back.filter(|between| clock.saturating_add(BEHIND) < between.to);
        Self { time: clock, set_back, ..self.clone() }
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&Collection] = &[&CLOCK];

#[cfg(test)]
mod tests;
