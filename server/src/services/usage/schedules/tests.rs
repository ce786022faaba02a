//! Schedules on real stores in a temporary directory, over midnights and restarts.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use contract::{
    Code,
    usage::{ReportDays, ReportFormat, ReportSchedule, ReportTarget, ScheduledReport},
};
use storage::{StorageUrls, Stores, documents::parse, events::Events, objects::ObjectKey, open};
use usage::{
    Event, Kind,
    event::{Device, Playback, SessionHash},
};

use super::*;
use crate::{
    context::{Caller, RequestContext, SeenDevice, Viewer},
    mount::Dispatcher,
    services::{
        domain_events::{ANNOUNCED, Announced},
        usage::{OF_A_DAY, parts},
    },
    session_effect::SessionEffects,
};

/// 2026-11-29T20:00:00Z.
const NOW: u64 = 1_795_982_400_000;
const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;

struct World {
    folder: tempfile::TempDir,
    stores: Stores,
    now: Arc<AtomicU64>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let world = Self { folder, stores, now: Arc::new(AtomicU64::new(NOW)) };
        for ago in 0..3 {
            world.watch(NOW - ago * OF_A_DAY, 1000 + ago).await;
        }
        world
    }

    /// A node on these stores.
    fn node(&self) -> ReportSchedules {
        let now = Arc::clone(&self.now);
        let clock = Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(now.load(Ordering::SeqCst)));
        ReportSchedules::new(Dependencies {
            documents: Arc::clone(&self.stores.documents),
            keyvalue: Arc::clone(&self.stores.keyvalue),
            objects: self.stores.objects.clone(),
            folder: Some(self.folder.path().join("reports")),
            outbox: EventOutbox::new(Arc::clone(&self.stores.documents), clock.clone()),
            time: TrustedTime::new(Arc::clone(&self.stores.documents), clock, &[]),
        })
    }

    /// Somebody watches for so long.
    async fn watch(&self, at: u64, watched_millis: u64) {
        let playback = Playback {
            session: SessionHash([7; 16]),
            title: "heat".into(),
            generation: "g1".into(),
            class: 1080,
            device: Device::Tv,
            region: String::new(),
            store: "objects".into(),
            watched_millis,
            bytes: 1,
            requests: 1,
        };
        let event = Event { at_millis: at, profile: None, kind: Kind::PlaybackRenewed(playback) };
        let day = super::super::calendar::day(at);
        parts::put(&self.stores.objects, &day, ("00000000000000e1", at, at), vec![event]).await.unwrap();
    }

    fn forward(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    fn back(&self, millis: u64) {
        self.now.fetch_sub(millis, Ordering::SeqCst);
    }

    async fn object(&self, schedule: &ReportSchedule, name: &str) -> Option<String> {
        let key = ObjectKey::report(schedule.id.as_str(), Some(name)).unwrap();
        let bytes = self.stores.objects.get(&key, 1 << 20).await.unwrap()?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The names of what was written to the object store.
    async fn objects(&self, schedule: &ReportSchedule) -> Vec<String> {
        let listed = self.stores.objects.list(&ObjectKey::report(schedule.id.as_str(), None).unwrap()).await.unwrap();
        let mut names: Vec<_> = listed.iter().map(|(key, _)| key.as_str().rsplit('/').next().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    async fn announced(&self) -> Vec<Announced> {
        let page = self.stores.documents.list(&ANNOUNCED, None, 100).await.unwrap();
        page.documents.iter().map(|document| parse(document).unwrap()).collect()
    }
}

fn context() -> RequestContext {
    use contract::device::{DeviceProfile, DeviceSource};
    RequestContext {
        request_id: "test".into(),
        viewer: Viewer::guest("somebody".parse().unwrap(), true, Arc::default()),
        device: Arc::new(SeenDevice { profile: DeviceProfile::default(), source: DeviceSource::Default }),
        caller: Caller::default(),
        effects: SessionEffects::default(),
        dispatcher: Dispatcher::default(),
    }
}

/// Every day at half past midnight, of the day before.
fn nightly() -> ReplaceReportSchedule {
    ReplaceReportSchedule {
        id: "nightlyxxxxxxxxxxxxx".parse().unwrap(),
        expected_version: 0,
        cron: "30 0 * * *".into(),
        report: ScheduledReport::ViewingTime,
        days: ReportDays::Yesterday,
        format: ReportFormat::Csv,
        target: ReportTarget::Objects,
        keep: 2,
        is_enabled: true,
    }
}

async fn shown(node: &ReportSchedules) -> ReportSchedule {
    node.list(context(), ListReportSchedules {}).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_report_of_yesterday_is_written_after_midnight_once_and_announced() {
    let world = World::new().await;
    let node = world.node();
    let schedule = node.replace(context(), nightly()).await.unwrap();
    let half_past = NOW + 4 * HOUR + 30 * MINUTE;
    assert_eq!(schedule.next_runs, [half_past, half_past + OF_A_DAY, half_past + 2 * OF_A_DAY]);
    assert_eq!(node.look().await.unwrap(), 0, "what was due before it was made is not made up");
    world.forward(4 * HOUR + 30 * MINUTE - 1);
    assert_eq!(node.look().await.unwrap(), 0);
    world.forward(1);
    assert_eq!(node.look().await.unwrap(), 1);
    assert_eq!(node.look().await.unwrap(), 0);
    let text = world.object(&schedule, "2026-11-29.viewing_time.csv").await.unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 2, "{text}");
    assert!(rows[0].contains("watched_millis") && rows[1].contains("2026-11-29") && rows[1].contains("1000"), "{text}");
    let run = shown(&node).await.last.unwrap();
    let file = format!("reports/{}/2026-11-29.viewing_time.csv", schedule.id);
    assert_eq!((run.due, run.file.as_deref(), run.error), (half_past, Some(file.as_str()), None));
    let announced = world.announced().await;
    assert_eq!((announced.len(), announced[0].kind.as_str()), (1, "report.written"));
    assert_eq!(
        (announced[0].data["file"].as_str(), announced[0].data["from"].as_str()),
        (Some(file.as_str()), Some("2026-11-29"))
    );
}

#[tokio::test]
async fn what_ends_at_midnight_waits_until_the_last_events_of_its_day_are_there() {
    let world = World::new().await;
    let node = world.node();
    node.replace(context(), ReplaceReportSchedule { cron: "0 0 * * *".into(), ..nightly() }).await.unwrap();
    world.forward(4 * HOUR + 9 * MINUTE);
    assert_eq!(node.look().await.unwrap(), 0);
    world.forward(MINUTE);
    assert_eq!(node.look().await.unwrap(), 1);
}

#[tokio::test]
async fn runs_that_were_missed_while_no_server_ran_are_made_up_once_for_the_last_of_them() {
    let world = World::new().await;
    let schedule = world.node().replace(context(), nightly()).await.unwrap();
    world.forward(9 * OF_A_DAY);
    let node = world.node();
    assert_eq!((node.look().await.unwrap(), node.look().await.unwrap()), (1, 0));
    assert_eq!(world.objects(&schedule).await, ["2026-12-07.viewing_time.csv"]);
}

#[tokio::test]
async fn two_nodes_write_one_file_and_a_run_that_was_broken_off_is_done_again_to_the_same_file_and_announcement() {
    let world = World::new().await;
    let (here, there) = (world.node(), world.node());
    let schedule = here.replace(context(), nightly()).await.unwrap();
    world.forward(5 * HOUR);
    let (one, other) = tokio::join!(here.look(), there.look());
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    let written = world.object(&schedule, "2026-11-29.viewing_time.csv").await.unwrap();
    // Killed before it was noted as done.
    let stored = world.stores.documents.get(&record::SCHEDULES, schedule.id.as_str()).await.unwrap().unwrap();
    let mut body = stored.body.clone();
    body["done"] = NOW.into();
    let expect = storage::documents::Expect::Version(stored.version);
    let write = storage::documents::Write { id: stored.id, body, expect };
    world.stores.documents.put(&record::SCHEDULES, write).await.unwrap();
    assert_eq!(there.look().await.unwrap(), 1);
    assert_eq!(world.object(&schedule, "2026-11-29.viewing_time.csv").await.unwrap(), written);
    assert_eq!((world.objects(&schedule).await.len(), world.announced().await.len()), (1, 1));
    // Another node is at it.
    world.forward(OF_A_DAY);
    let key = format!("usage/schedules/{}", schedule.id);
    world.stores.keyvalue.put(&key, "".into(), storage::keyvalue::Expect::Absent, None).await.unwrap();
    assert_eq!(here.look().await.unwrap(), 0);
}

#[tokio::test]
async fn every_form_is_written_whole_into_the_folder_of_the_config_and_old_files_go() {
    let world = World::new().await;
    let node = world.node();
    let folder = world.folder.path().join("reports/nightlyxxxxxxxxxxxxx");
    let names = || {
        let mut names: Vec<String> =
            std::fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let mut version = 0;
    for (format, name) in [
        (ReportFormat::Csv, "2026-11-29.viewing_time.csv"),
        (ReportFormat::Jsonl, "2026-11-30.viewing_time.jsonl"),
        (ReportFormat::Parquet, "2026-12-01.viewing_time.parquet"),
    ] {
        let call = ReplaceReportSchedule { expected_version: version, format, target: ReportTarget::Folder, ..nightly() };
        version = node.replace(context(), call).await.unwrap().version;
        world.forward(OF_A_DAY);
        assert_eq!(node.look().await.unwrap(), 1);
        assert!(names().contains(&name.to_owned()), "{:?}", names());
        std::fs::write(folder.join("notes.txt"), "an operator's own").unwrap();
    }
    assert_eq!(names(), ["2026-11-30.viewing_time.jsonl", "2026-12-01.viewing_time.parquet", "notes.txt"]);
    let parquet = std::fs::read(folder.join("2026-12-01.viewing_time.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[tokio::test]
async fn a_report_that_somebody_asks_for_is_written_at_once_and_one_that_fails_says_why_and_is_tried_again() {
    let world = World::new().await;
    let node = world.node();
    let off = ReplaceReportSchedule { is_enabled: false, target: ReportTarget::Folder, ..nightly() };
    let schedule = node.replace(context(), off).await.unwrap();
    assert!(schedule.next_runs.is_empty());
    world.forward(OF_A_DAY);
    assert_eq!(node.look().await.unwrap(), 0, "it is switched off");
    // What is in its way is no folder.
    std::fs::write(world.folder.path().join("reports"), "").unwrap();
    node.run_now(context(), RunReportSchedule { id: schedule.id.clone() }).await.unwrap();
    assert_eq!(node.look().await.unwrap(), 0);
    let failed = shown(&node).await.last.unwrap();
    assert!(failed.error.is_some() && failed.file.is_none(), "{failed:?}");
    std::fs::remove_file(world.folder.path().join("reports")).unwrap();
    assert_eq!(node.look().await.unwrap(), 0, "it rests");
    world.forward(5 * MINUTE);
    assert_eq!(node.look().await.unwrap(), 1);
    assert_eq!(shown(&node).await.last.unwrap().file.as_deref(), Some("nightlyxxxxxxxxxxxxx/2026-11-29.viewing_time.csv"));
    assert_eq!(node.look().await.unwrap(), 0);
}

#[tokio::test]
async fn a_schedule_is_made_once_changed_from_the_version_that_was_read_and_refused_where_it_makes_no_sense() {
    let world = World::new().await;
    let node = world.node();
    let schedule = node.replace(context(), nightly()).await.unwrap();
    assert_eq!(node.replace(context(), nightly()).await.unwrap_err().code, Code::VersionConflict);
    let field = |problem: contract::Problem| (problem.code, problem.fields[0].field.clone());
    for cron in ["nonsense", "@yearly", "0 0 0 1 1 *", "0 0 30 2 *"] {
        let odd = ReplaceReportSchedule { cron: cron.into(), expected_version: 1, ..nightly() };
        assert_eq!(field(node.replace(context(), odd).await.unwrap_err()), (Code::InvalidRequest, "cron".into()), "{cron}");
    }
    let mut without = world.node();
    without.files = Files::new(world.stores.objects.clone(), None);
    let folder = ReplaceReportSchedule { target: ReportTarget::Folder, expected_version: 1, ..nightly() };
    assert_eq!(field(without.replace(context(), folder).await.unwrap_err()), (Code::InvalidRequest, "target".into()));
    let changed = ReplaceReportSchedule { keep: 9, expected_version: 1, ..nightly() };
    assert_eq!(node.replace(context(), changed).await.unwrap().version, 2);
    node.delete(context(), DeleteReportSchedule { id: schedule.id.clone() }).await.unwrap();
    let gone = node.delete(context(), DeleteReportSchedule { id: schedule.id.clone() }).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    let run = node.run_now(context(), RunReportSchedule { id: schedule.id }).await.unwrap_err();
    assert_eq!(run.code, Code::NotFound);
}

#[tokio::test]
async fn a_clock_that_was_ahead_once_silences_no_schedule() {
    let world = World::new().await;
    let node = world.node();
    let schedule = node.replace(context(), nightly()).await.unwrap();
    let year = 365 * OF_A_DAY;
    // A node that is a year ahead writes, and one that fails there rests.
    world.forward(year);
    assert_eq!(node.look().await.unwrap(), 1);
    world.back(year);
    assert_eq!(node.look().await.unwrap(), 0, "what was due until now is not made up");
    world.forward(5 * HOUR);
    assert_eq!(node.look().await.unwrap(), 1);
    assert!(world.objects(&schedule).await.contains(&"2026-11-29.viewing_time.csv".to_owned()));

    let note = async |name: &str, at: u64| {
        let stored = world.stores.documents.get(&record::SCHEDULES, schedule.id.as_str()).await.unwrap().unwrap();
        let mut body = stored.body.clone();
        body[name] = at.into();
        let expect = storage::documents::Expect::Version(stored.version);
        let write = storage::documents::Write { id: stored.id, body, expect };
        world.stores.documents.put(&record::SCHEDULES, write).await.unwrap();
    };
    note("retry", NOW + year).await;
    world.forward(OF_A_DAY);
    assert_eq!(node.look().await.unwrap(), 1, "it rests no longer than after a failure of now");
    note("asked", NOW + year).await;
    assert_eq!((node.look().await.unwrap(), node.look().await.unwrap()), (1, 0));
    assert!(shown(&node).await.last.unwrap().due < NOW + 2 * OF_A_DAY);
    // Somebody changes it before anybody looks.
    note("done", NOW + year).await;
    let changed = ReplaceReportSchedule { expected_version: 1, keep: 9, ..nightly() };
    node.replace(context(), changed).await.unwrap();
    world.forward(OF_A_DAY);
    assert_eq!(node.look().await.unwrap(), 1);
}

#[tokio::test]
async fn by_a_clock_that_is_in_doubt_nothing_is_due() {
    let world = World::new().await;
    let node = world.node();
    let schedule = node.replace(context(), nightly()).await.unwrap();
    node.time.check().await.unwrap();
    world.forward(30 * OF_A_DAY);
    assert_eq!((node.look().await.unwrap(), world.objects(&schedule).await.len()), (0, 0));
    world.back(29 * OF_A_DAY);
    assert_eq!(node.look().await.unwrap(), 1);
    assert_eq!(world.objects(&schedule).await, ["2026-11-29.viewing_time.csv"]);
}

#[tokio::test]
async fn a_schedule_that_reports_something_else_writes_over_nothing_and_what_was_just_written_stays() {
    let world = World::new().await;
    let node = world.node();
    let schedule = node.replace(context(), nightly()).await.unwrap();
    for _ in 0..2 {
        world.forward(OF_A_DAY);
        assert_eq!(node.look().await.unwrap(), 1);
    }
    assert_eq!(world.objects(&schedule).await, ["2026-11-29.viewing_time.csv", "2026-11-30.viewing_time.csv"]);
    let of_days = ReplaceReportSchedule { expected_version: 1, report: ScheduledReport::Totals, keep: 3, ..nightly() };
    node.replace(context(), of_days).await.unwrap();
    node.run_now(context(), RunReportSchedule { id: schedule.id.clone() }).await.unwrap();
    assert_eq!(node.look().await.unwrap(), 1);
    let names = ["2026-11-29.viewing_time.csv", "2026-11-30.totals.csv", "2026-11-30.viewing_time.csv"];
    assert_eq!(world.objects(&schedule).await, names);
    // A week begins before the days that are there.
    let of_a_week = ReplaceReportSchedule { expected_version: 2, days: ReportDays::Last7Days, keep: 1, ..nightly() };
    node.replace(context(), of_a_week).await.unwrap();
    world.forward(MINUTE);
    node.run_now(context(), RunReportSchedule { id: schedule.id.clone() }).await.unwrap();
    assert_eq!(node.look().await.unwrap(), 1);
    assert_eq!(world.objects(&schedule).await, ["2026-11-24_2026-11-30.viewing_time.csv"]);
}

#[tokio::test]
async fn what_a_kill_left_half_written_goes_and_what_is_being_written_or_is_somebody_elses_stays() {
    let world = World::new().await;
    let node = world.node();
    let call = ReplaceReportSchedule { target: ReportTarget::Folder, ..nightly() };
    node.replace(context(), call).await.unwrap();
    let folder = world.folder.path().join("reports/nightlyxxxxxxxxxxxxx");
    std::fs::create_dir_all(&folder).unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(24 * 60 * 60);
    for (name, is_old) in
        [(".tmpA1b2C3", true), (".marquee-A1b2C3", true), (".marquee-D4e5F6", false), (".tmp-notes", true), ("notes.txt", true)]
    {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        if is_old {
            file.set_modified(long_ago).unwrap();
        }
    }
    world.forward(OF_A_DAY);
    assert_eq!(node.look().await.unwrap(), 1);
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [".marquee-D4e5F6", ".tmp-notes", "2026-11-29.viewing_time.csv", "notes.txt"]);
}
