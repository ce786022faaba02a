//! What the service takes in, for `marquee report --measure`: so many events a second on stores of its own, and many more at once.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use async_trait::async_trait;
use contract::ids::{AccountId, ProfileId};
use runtime::clock::Clock;
use storage::{StorageUrls, StoreError, events::Events, open};
use tokio::time::interval;
use usage::{
    Event,
    generate::{Size, generate},
};

use super::{Collector, DATED, Dependencies, Settings, Usage};
use crate::{
    services::{
        keepers::Tombstones,
        recorder::{Counts, Recorder},
    },
    trusted_time::TrustedTime,
};

/// Events a second, as many times a second.
const A_SECOND: u64 = 10_000;
const TIMES: u64 = 100;
const SECONDS: u64 = 10;
/// Told at once, of which most find no place.
const AT_ONCE: usize = 1_000_000;
/// Whose they are.
const PROFILES: usize = 2_000;

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Of a stream of 10,000 a second: what was told, and what found no place.
    pub told: u64,
    pub dropped: u64,
    /// Seconds of all processors that each took, in microseconds, from what is told to roll-ups and Parquet.
    pub micros: f64,
    /// Of a million at once: what was told, what found no place, and what is neither.
    pub at_once: u64,
    pub dropped_at_once: u64,
    pub unaccounted: u64,
}

/// Nobody is gone from stores that are a minute old.
struct Nobody;

#[async_trait]
impl Tombstones for Nobody {
    async fn is_gone(&self, _: &ProfileId) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn is_guests(&self, _: &ProfileId) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn gone_accounts(&self, _: &[AccountId]) -> Result<HashSet<AccountId>, StoreError> {
        Ok(HashSet::new())
    }
}

/// Sends events through a service on a temporary folder.
///
/// # Errors
/// What its stores and its journal say, in words.
pub async fn figures() -> Result<Figures, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.map_err(|error| error.to_string())?;
    let clock = Clock::default();
    let service = Arc::new(Usage::new(Dependencies {
        documents: Arc::clone(&stores.documents),
        keyvalue: Arc::clone(&stores.keyvalue),
        objects: stores.objects.clone(),
        tombstones: Arc::new(Nobody),
        settings: Settings::default(),
        time: TrustedTime::new(Arc::clone(&stores.documents), clock.clone(), DATED),
        clock: clock.clone(),
    }));
    let (recorder, recordings) = Recorder::new(clock);
    let counts = Arc::clone(&recordings.counts);
    let collector = service.collector(folder.path(), recordings).map_err(|error| error.to_string())?;
    let work = [tokio::spawn(collector.clone().collect()), tokio::spawn(collector.clone().publish())];
    let figures = told(&recorder, &counts, &collector).await;
    work.iter().for_each(tokio::task::JoinHandle::abort);
    figures
}

async fn told(recorder: &Recorder, counts: &Counts, collector: &Collector) -> Result<Figures, String> {
    let profiles: Vec<ProfileId> = (0..PROFILES).filter_map(|number| format!("profile-{number}").parse().ok()).collect();
    // Made before: it is not what is measured.
    let mut made = generate(Size::default()).take(usize::try_from(A_SECOND * SECONDS).unwrap_or(0) + AT_ONCE);
    let stream: Vec<_> = made.by_ref().take(usize::try_from(A_SECOND * SECONDS).unwrap_or(0)).collect();
    let at_once: Vec<_> = made.collect();
    let record = |(event, profile): (Event, &ProfileId)| recorder.record(event.kind, Some(profile), None);
    let used = processor_seconds();
    let mut ticks = interval(Duration::from_micros(1_000_000 / TIMES));
    let (mut left, mut whose) = (stream.into_iter().peekable(), profiles.iter().cycle());
    while left.peek().is_some() {
        // One that is late is followed by the next at once.
        ticks.tick().await;
        left.by_ref().take(usize::try_from(A_SECOND / TIMES).unwrap_or(1)).zip(whose.by_ref()).for_each(record);
    }
    settle(counts, collector).await?;
    let (told, dropped) = (counts.recorded.load(Relaxed), counts.dropped.load(Relaxed));
    let micros = (processor_seconds() - used) * 1e6 / told.max(1) as f64;
    at_once.into_iter().zip(whose).for_each(record);
    settle(counts, collector).await?;
    let (kept, dropped_at_once) = (counts.recorded.load(Relaxed) - told, counts.dropped.load(Relaxed) - dropped);
    let unaccounted = (AT_ONCE as u64).abs_diff(kept + dropped_at_once);
    Ok(Figures { told, dropped, micros, at_once: AT_ONCE as u64, dropped_at_once, unaccounted })
}

/// Waits until what is in the queue is journalled, and takes that into the stores.
async fn settle(counts: &Counts, collector: &Collector) -> Result<(), String> {
    let taken = || collector.intake.counts.journalled.load(Relaxed) + collector.intake.counts.lost.load(Relaxed);
    while taken() < counts.recorded.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    collector.publisher.publish(true).await.map_err(|error| error.to_string())
}

/// Of all processors, as this process used them (proc_pid_stat(5), in hundredths).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let ticks = fields.by_ref().take(2).filter_map(|text| text.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
