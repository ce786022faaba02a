//! Work under way in this process that a viewer should know of: the demo library, an import.
//!
//! A job is there while its [`JobHandle`] lives. Must never hold results or errors; those are logged.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use contract::{discovery::Job, ids::TitleId};

/// The jobs of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs {
    running: Arc<Mutex<BTreeMap<u64, RunningJob>>>,
    next: Arc<AtomicU64>,
}

/// A job that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningJob {
    pub job: Job,
    /// The title that its name is the name of: told to whoever is shown that. The name of one without is told to everybody.
    pub title: Option<TitleId>,
}

/// One job; it ends when this is dropped.
pub struct JobHandle {
    jobs: Jobs,
    key: u64,
}

impl Jobs {
    /// Begins a job at 0 %, whose name is no title's.
    pub fn begin(&self, name: &str) -> JobHandle {
        self.add(None, name)
    }

    /// Begins a job at 0 % that makes a title, and is called like it.
    pub fn begin_title(&self, title: TitleId, name: &str) -> JobHandle {
        self.add(Some(title), name)
    }

    fn add(&self, title: Option<TitleId>, name: &str) -> JobHandle {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let job = Job { name: name.to_owned(), stage: "waiting".to_owned(), percent: 0 };
        self.with(|running| running.insert(key, RunningJob { job, title }));
        JobHandle { jobs: self.clone(), key }
    }

    /// The jobs under way, the earliest begun first.
    pub fn list(&self) -> Vec<RunningJob> {
        self.with(|running| running.values().cloned().collect())
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<u64, RunningJob>) -> T) -> T {
        act(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl JobHandle {
    /// Says what is being done now, and how far the whole job is (0 to 100).
    pub fn report(&self, stage: &str, percent: u8) {
        self.jobs.with(|running| {
            if let Some(RunningJob { job, .. }) = running.get_mut(&self.key) {
                job.stage = stage.to_owned();
                job.percent = percent.min(100);
            }
        });
    }
}

impl Drop for JobHandle {
    fn drop(&mut self) {
        self.jobs.with(|running| running.remove(&self.key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_listed_while_its_handle_lives() {
        let jobs = Jobs::default();
        let first = jobs.begin("first");
        let second = jobs.begin("second");
        second.report("preparing 720p", 140);
        assert_eq!(jobs.list()[1].job, Job { name: "second".into(), stage: "preparing 720p".into(), percent: 100 });
        drop(first);
        assert_eq!(jobs.list().len(), 1);
    }
}
