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

use contract::discovery::Job;

/// The jobs of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Jobs {
    running: Arc<Mutex<BTreeMap<u64, Job>>>,
    next: Arc<AtomicU64>,
}

/// One job; it ends when this is dropped.
pub struct JobHandle {
    jobs: Jobs,
    key: u64,
}

impl Jobs {
    /// Begins a job at 0 %.
    pub fn begin(&self, name: &str) -> JobHandle {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let job = Job { name: name.to_owned(), stage: "waiting".to_owned(), percent: 0 };
        self.with(|running| running.insert(key, job));
        JobHandle { jobs: self.clone(), key }
    }

    /// The jobs under way, the earliest begun first.
    pub fn list(&self) -> Vec<Job> {
        self.with(|running| running.values().cloned().collect())
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<u64, Job>) -> T) -> T {
        act(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl JobHandle {
    /// Says what is being done now, and how far the whole job is (0 to 100).
    pub fn report(&self, stage: &str, percent: u8) {
        self.jobs.with(|running| {
            if let Some(job) = running.get_mut(&self.key) {
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
        assert_eq!(jobs.list()[1], Job { name: "second".into(), stage: "preparing 720p".into(), percent: 100 });
        drop(first);
        assert_eq!(jobs.list().len(), 1);
    }
}
