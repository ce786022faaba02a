//! Work for processors that takes milliseconds: beside requests, and on all processors but one, so that the others answer.

use std::num::NonZero;

use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
};

/// All processors but one, and one at least.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1)
}

/// A kind of such work: so much of it is done at once.
pub struct Spare(Semaphore);

impl Default for Spare {
    fn default() -> Self {
        Self(Semaphore::new(processors()))
    }
}

impl Spare {
    /// Does some of it, when its turn has come. Its place is free when it is done, whether or not somebody still waits for it.
    ///
    /// # Errors
    /// [`JoinError`], where it panicked.
    pub async fn run<T: Send + 'static>(&'static self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
        // It is never closed.
        let place = self.0.acquire().await.ok();
        let placed = move || {
            let done = work();
            drop(place);
            done
        };
        spawn_blocking(placed).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            LazyLock,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn work_that_nobody_waits_for_any_more_keeps_its_place_until_it_is_done() {
        static SPARE: LazyLock<Spare> = LazyLock::new(Spare::default);
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            RUNNING.fetch_sub(1, Ordering::SeqCst);
        };
        for _ in 0..processors() * 5 {
            // Whoever asked has gone, and the work goes on.
            let _ = tokio::time::timeout(Duration::from_millis(5), SPARE.run(work)).await;
        }
        SPARE.run(|| ()).await.unwrap();
        assert_eq!(MOST.load(Ordering::SeqCst), processors());
    }
}
