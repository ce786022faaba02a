//! Files that are shared and resumed, and a disk that fails.

use std::{io, sync::atomic::AtomicU32};

use super::*;
use crate::record::{Access, Act, Purpose};

fn entry(what: &str) -> Entry {
    Entry { access: Access::own(Purpose::Migration), act: Act::Put, what: what.to_owned() }
}

#[tokio::test]
async fn two_processes_write_two_files_and_the_next_one_goes_on_with_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) =
        (Audit::open(folder.path(), &ChainHeads::new()).unwrap(), Audit::open(folder.path(), &ChainHeads::new()).unwrap());
    assert_ne!(one.file, other.file);
    one.record(entry("a/x")).await.unwrap();
    one.record(entry("a/y")).await.unwrap();
    let (name, reached) = (one.file.clone(), one.reached().1);
    assert_eq!(reached.lines, 2);
    drop((one, other));
    let mut again = Audit::open(folder.path(), &ChainHeads::new()).unwrap();
    for _ in 0..100 {
        // The threads of the others let go of their files a moment later.
        if crate::audit::file::files(folder.path()).unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        drop(again);
        again = Audit::open(folder.path(), &ChainHeads::new()).unwrap();
    }
    let names: Vec<String> = crate::audit::file::files(folder.path())
        .unwrap()
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(names.contains(&name) && names.contains(&again.file), "{names:?}");
}

#[tokio::test]
async fn a_read_is_on_disk_within_its_time_though_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::open(folder.path(), &ChainHeads::new()).unwrap();
    audit.note(entry("a/x")).unwrap();
    for _ in 0..200 {
        if audit.reached().1.lines == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the line is not on disk");
}

/// A file in memory whose disk can fail, and what of it is on that disk.
#[derive(Clone, Default)]
struct Faulty(Arc<Disk>);

#[derive(Default)]
struct Disk {
    reached: Mutex<Reached>,
    synced: Mutex<Reached>,
    fails: AtomicBool,
    syncs: AtomicU32,
}

struct Handle {
    disk: Faulty,
    reached: Reached,
}

impl LogFile for Handle {
    fn reached(&self) -> &Reached {
        &self.reached
    }

    fn append(&mut self, _: &[u8], reached: Reached) -> Result<(), AppendError> {
        *self.disk.0.reached.lock().unwrap() = reached.clone();
        self.reached = reached;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.0.syncs.fetch_add(1, Ordering::Relaxed);
        // As Linux does: it fails once, and says that all is well the next time.
        if self.disk.0.fails.swap(false, Ordering::AcqRel) {
            return Err(io::Error::other("input/output error"));
        }
        *self.disk.0.synced.lock().unwrap() = self.reached.clone();
        Ok(())
    }
}

impl Faulty {
    fn log(&self) -> Audit {
        Audit::over(Handle { disk: self.clone(), reached: Reached::default() }, "fake".to_owned()).unwrap()
    }
}

#[tokio::test]
async fn after_a_sync_that_failed_everything_is_refused_and_no_more_is_claimed_than_was_synced() {
    let disk = Faulty::default();
    let audit = disk.log();
    audit.record(entry("a/x")).await.unwrap();
    assert_eq!((audit.reached().1.lines, audit.disk_failed()), (1, None));

    disk.0.fails.store(true, Ordering::Release);
    let refused = audit.record(entry("a/y")).await.unwrap_err();
    assert!(refused.to_string().contains("until the server is restarted"), "{refused}");
    let syncs = disk.0.syncs.load(Ordering::Relaxed);
    for _ in 0..3 {
        assert!(audit.record(entry("a/z")).await.is_err(), "a change");
        assert!(audit.note(entry("a/z")).is_err(), "a read");
        assert!(audit.flush().await.is_err());
    }
    assert!(audit.check().unwrap_err().to_string().contains("restarted"));
    assert!(audit.disk_failed().is_some());
    assert_eq!(disk.0.syncs.load(Ordering::Relaxed), syncs, "a second sync would say that all is well");
    assert_eq!(disk.0.reached.lock().unwrap().lines, 2, "nothing is written after it");
    assert_eq!(audit.reached().1, *disk.0.synced.lock().unwrap());
    assert_eq!(audit.reached().1.lines, 1);
}

#[tokio::test]
async fn a_read_whose_line_the_disk_loses_later_is_the_last_one() {
    let disk = Faulty::default();
    let audit = disk.log();
    disk.0.fails.store(true, Ordering::Release);
    audit.note(entry("a/x")).unwrap();
    for _ in 0..200 {
        if audit.disk_failed().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(audit.note(entry("a/y")).is_err());
    assert_eq!(audit.reached().1, Reached::default());
}
