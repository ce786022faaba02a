//! Whether what a request was answered with is older than it should be: noted where a store's last word is given in
//! its absence, and read where the response goes out and where replies are kept.
//!
//! Follows a request through the functions that it awaits, not into tasks of their own.

use std::{cell::Cell, future::Future, time::Duration};

tokio::task_local! {
    static OLDEST: Cell<Option<Duration>>;
}

/// Runs `work`; its outcome, and how old the oldest thing is that it was given in a store's absence.
pub async fn observe<T>(work: impl Future<Output = T>) -> (T, Option<Duration>) {
    OLDEST
        .scope(Cell::new(None), async {
            let outcome = work.await;
            (outcome, oldest())
        })
        .await
}

/// The age of the oldest thing so far; nothing where everything was fresh, or nobody observes.
pub fn oldest() -> Option<Duration> {
    OLDEST.try_with(Cell::get).unwrap_or_default()
}

/// Something of this age was given.
pub(super) fn note(age: Duration) {
    // Where nobody observes there is nobody to tell.
    let _ = OLDEST.try_with(|oldest| oldest.set(Some(oldest.get().map_or(age, |before| before.max(age)))));
}
