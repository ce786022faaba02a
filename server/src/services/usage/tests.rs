//! The service on real stores in a temporary directory, from what is recorded to what is read.

mod compacting;
mod exporting;
mod keeping;
mod killed;
mod leaving;
mod no_json;
mod privacy;
mod reporting;
mod searching;
mod unreadable;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::usage::{Cell, Report, ReportKind};
use runtime::bounded::Bounded;
use storage::{StorageUrls, Stores, documents::parse, events::Events, open};
use usage::{
    Event, Kind,
    event::{Device, Playback, SessionHash},
};

use super::{
    publish::PublishError,
    record::{ACCOUNTS, AccountRecord, ROLLUPS, RollupRecord},
    *,
};
use crate::{
    context::{RequestContext, Viewer},
    mount::Dispatcher,
    services::{keepers::Gone, recorder::Recorder},
    test_support::has_word,
};

/// 2026-11-29T20:00:00Z.
const NOW: u64 = 1_795_982_400_000;
const HOUR: u64 = 60 * 60 * 1000;

/// An installation, of which a process may be killed.
struct World {
    folder: tempfile::TempDir,
    stores: Stores,
    service: Arc<Usage>,
    now: Arc<AtomicU64>,
    /// By the monotonic clock, in milliseconds.
    uptime: Arc<AtomicU64>,
    /// Whether everybody was deleted.
    gone: Arc<AtomicBool>,
}

/// What a process has in memory.
struct Process {
    recorder: Recorder,
    collector: Collector,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let now = Arc::new(AtomicU64::new(NOW));
        let (said, gone) = (Arc::clone(&now), Arc::<AtomicBool>::default());
        let uptime = Arc::<AtomicU64>::default();
        let passed = Arc::clone(&uptime);
        let clock = Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(said.load(Ordering::Relaxed)));
        let service = Arc::new(Usage::new(Dependencies {
            documents: Arc::clone(&stores.documents),
            keyvalue: Arc::clone(&stores.keyvalue),
            objects: stores.objects.clone(),
            tombstones: Arc::new(Gone(Arc::clone(&gone))),
            settings: Settings::default(),
            time: TrustedTime::new(Arc::clone(&stores.documents), clock.clone(), DATED)
                .with_uptime(move || Duration::from_millis(passed.load(Ordering::Relaxed))),
            clock,
        }));
        Self { folder, stores, service, now, uptime, gone }
    }

    fn process(&self) -> Process {
        let (recorder, recordings) = Recorder::new(self.service.clock.clone());
        let collector = self.service.collector(self.folder.path(), recordings).unwrap();
        Process { recorder, collector }
    }

    fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    async fn report(&self, kind: ReportKind) -> Report {
        self.report_of(kind, None, None).await.unwrap()
    }

    async fn report_of(&self, kind: ReportKind, from: Option<&str>, to: Option<&str>) -> Result<Report, contract::Problem> {
        let call = GetReport { kind, from: from.map(Into::into), to: to.map(Into::into), limit: None };
        let nobody = Viewer::guest("somebody".parse().unwrap(), true, Arc::default());
        let context = RequestContext::of(nobody, Dispatcher::default());
        reports::make(&self.service, &context, &call).await
    }

    /// The totals by their names.
    async fn total(&self, name: &str) -> u64 {
        let report = self.report(ReportKind::Totals).await;
        let at = report.columns.iter().position(|column| column.name == name).unwrap();
        match &report.rows[0][at] {
            Cell::Number(number) => *number,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Every event that is stored as Parquet of a day.
    async fn events(&self, day: &str) -> Vec<Event> {
        let mut events = Vec::new();
        for part in raw::of_day(&*self.stores.documents, &self.stores.objects, day).await.unwrap() {
            let bytes = self.stores.objects.get(&part, u64::MAX).await.unwrap().unwrap();
            events.extend(usage::read(bytes).unwrap().map(Result::unwrap));
        }
        events
    }

    async fn rollups(&self) -> Vec<RollupRecord> {
        let page = self.stores.documents.list(&ROLLUPS, None, 1000).await.unwrap();
        page.documents.iter().map(|document| parse(document).unwrap()).collect()
    }

    async fn accounts(&self) -> Vec<AccountRecord> {
        let page = self.stores.documents.list(&ACCOUNTS, None, 1000).await.unwrap();
        page.documents.iter().map(|document| parse(document).unwrap()).collect()
    }

    /// Files of journals that are left.
    fn segments(&self) -> usize {
        let folders = std::fs::read_dir(self.folder.path().join("usage")).unwrap();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "jsonl")).count()
    }
}

impl Process {
    /// A second of a film, and a line that nobody can read; then it ends in order.
    async fn close_with_an_unreadable_line(&self) {
        self.watch("ada", "heat", 1_000);
        self.journal().await;
        self.collector.intake.journal.lock().unwrap().append(b"{\"at_millis\":17\n").unwrap();
        self.publish().await.unwrap();
        self.collector.close().await;
    }

    /// Takes what was recorded into the journal.
    async fn journal(&self) {
        self.collector.intake.finish().await.unwrap();
    }

    /// From the queue to the roll-ups.
    async fn publish(&self) -> Result<(), PublishError> {
        self.journal().await;
        self.collector.publisher.publish(false).await
    }

    fn watch(&self, profile: &str, title: &str, watched_millis: u64) {
        let kind = Kind::PlaybackRenewed(playback(title, watched_millis));
        self.recorder.record(kind, Some(&profile.parse().unwrap()), Some(&format!("{profile}s-account").parse().unwrap()));
    }
}

/// Polls so often; whether it ended. What it waits for goes on by itself, as with a process that is killed: a write that the store took is
/// taken.
async fn give_up_after<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

fn playback(title: &str, watched_millis: u64) -> Playback {
    Playback {
        session: SessionHash([7; 16]),
        title: title.into(),
        generation: "g1".into(),
        class: 1080,
        device: Device::Tv,
        region: String::new(),
        store: "objects".into(),
        watched_millis,
        bytes: watched_millis * 10,
        requests: 1,
    }
}

#[tokio::test]
async fn what_is_recorded_is_in_the_sums_of_its_hour_and_day_and_in_its_accounts_month() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 10_000);
    process.watch("bob", "heat", 5_000);
    world.pass(5 * HOUR);
    process.watch("ada", "ronin", 1_000);
    process.publish().await.unwrap();
    assert_eq!((world.total("watched_millis").await, world.total("bytes").await), (16_000, 160_000));
    let titles = world.report(ReportKind::Titles).await;
    let told: Vec<_> = titles.rows.iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let row = |title: &str, watched| (Cell::Text(title.to_owned()), Cell::Number(watched));
    assert_eq!(told, [row("heat", 15_000), row("ronin", 1_000)]);
    let days = world.report(ReportKind::ViewingTime).await;
    let last: Vec<_> = days.rows.iter().rev().take(3).map(|row| (row[0].clone(), row[2].clone())).collect();
    assert_eq!(last, [row("2026-11-30", 1_000), row("2026-11-29", 15_000), row("2026-11-28", 0)]);
    let hours: Vec<_> =
        world.rollups().await.into_iter().filter(|record| record.period == "hour").map(|record| record.at).collect();
    assert!(hours.contains(&NOW) && hours.contains(&(NOW + 5 * HOUR)), "{hours:?}");
    let ada = world.accounts().await.into_iter().find(|record| record.account.as_str() == "adas-account").unwrap();
    assert_eq!((ada.month.as_str(), ada.watched_millis, ada.bytes), ("2026-11", 11_000, 110_000));
}

#[tokio::test]
async fn the_journal_lets_go_of_what_is_stored_as_parquet_and_of_nothing_else() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 10_000);
    process.publish().await.unwrap();
    assert_eq!((world.segments(), world.events("2026-11-29").await.len()), (1, 0), "it is counted first");
    process.watch("ada", "heat", 2_000);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    assert_eq!(world.segments(), 0);
    let watched = |event: &Event| match &event.kind {
        Kind::PlaybackRenewed(playback) => playback.watched_millis,
        other => panic!("{other:?}"),
    };
    let events = world.events("2026-11-29").await;
    assert_eq!(events.iter().map(watched).collect::<Vec<_>>(), [10_000, 2_000]);
    assert!(events[0].profile.is_some() && events[0].profile == events[1].profile, "of one day");
    assert_eq!(world.total("watched_millis").await, 12_000, "and once in the sums");
}

#[tokio::test]
async fn sums_and_events_go_when_they_are_older_than_they_are_kept() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 10_000);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    let there = async || {
        let rollups = world.rollups().await;
        let of = |period: &str| rollups.iter().any(|record| record.period == period);
        (of("hour"), of("day"), !world.events("2026-11-29").await.is_empty())
    };
    let Settings { events_days, hourly_days, daily_days, .. } = Settings::default();
    let days = |bounded: Bounded<1, 3650>| u64::from(bounded.as_u32()) * OF_A_DAY;
    assert!(days(hourly_days) < days(events_days) && days(events_days) < days(daily_days));
    let mut told = vec![there().await];
    for passed in [days(hourly_days) + 1, days(events_days) - days(hourly_days) + OF_A_DAY, days(daily_days) - days(events_days)]
    {
        world.pass(passed);
        retention::sweep(&world.service).await.unwrap();
        told.push(there().await);
    }
    assert_eq!(told, [(true, true, true), (false, true, true), (false, true, false), (false, false, false)]);
}
