//! Whether what a request was answered with is older than it should be, or lacks a part: noted where a store's last word is
//! given in its absence and where a handler goes on without something, read where the response goes out and where replies
//! are kept.
//!
//! Follows a request through the functions that it awaits, not into tasks of their own: whoever begins one observes in it,
//! and notes the outcome here again.

use std::{cell::Cell, future::Future, time::Duration};

tokio::task_local! {
    static SEEN: Cell<Seen>;
}

/// What is known of an answer beside its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How old the oldest thing is that was given in a store's absence.
    pub age: Option<Duration>,
    /// Whether something failed that the answer goes without.
    pub is_partial: bool,
}

impl Seen {
    /// Whether the same question would get the same answer with every store there: only then it may be kept.
    pub fn is_whole(self) -> bool {
        self == Self::default()
    }
}

/// Runs `work`; its outcome, and how old the oldest thing is that it was given in a store's absence.
pub async fn observe<T>(work: impl Future<Output = T>) -> (T, Option<Duration>) {
    let (outcome, seen) = observe_all(work).await;
    (outcome, seen.age)
}

/// Runs `work`; its outcome, and everything that was noted of it.
pub async fn observe_all<T>(work: impl Future<Output = T>) -> (T, Seen) {
    SEEN.scope(Cell::default(), async {
        let outcome = work.await;
        (outcome, SEEN.with(Cell::get))
    })
    .await
}

/// Something of this age was given.
pub fn note(age: Duration) {
    change(|seen| Seen { age: Some(seen.age.map_or(age, |before| before.max(age))), ..seen });
}

/// Something failed, and the answer goes without it.
pub fn note_partial() {
    change(|seen| Seen { is_partial: true, ..seen });
}

fn change(with: impl FnOnce(Seen) -> Seen) {
    // Where nobody observes there is nobody to tell.
    let _ = SEEN.try_with(|seen| seen.set(with(seen.get())));
}
