//! What is known of one connection: whose turn it is, and since when.
//!
//! Must never end a connection over which an answer is on its way: the answer's own place is watched for that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use http::Version;

use crate::slots::Entry;

/// In [`Inner::head_began`]: no head has begun.
const NONE: u64 = u64::MAX;

/// How long a connection may keep the server waiting.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the rest of a head whose first byte is there, and for the first request.
    pub header: Duration,
    /// For the next request.
    pub idle: Duration,
}

impl Limits {
    /// How often it is looked whether one of them is over.
    pub fn look_every(&self) -> Duration {
        (self.header.min(self.idle) / 4).clamp(Duration::from_millis(100), Duration::from_secs(2))
    }
}

/// A connection, among the extensions of each of its requests. Cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    entry: Arc<Entry>,
    /// When it was taken, as [`Entry::now`] counts; so are the others.
    opened: u64,
    /// When the first byte of a head came whose end is not there.
    head_began: AtomicU64,
    /// When the last request was done with.
    quiet_since: AtomicU64,
    has_asked: AtomicBool,
    is_http2: AtomicBool,
    /// Requests under way whose answers were broken off.
    broken_off: AtomicUsize,
}

/// A request under way; done with when it is dropped.
pub struct UnderWay(Connection);

impl Connection {
    pub fn new(entry: Arc<Entry>) -> Self {
        entry.moved();
        let opened = entry.now();
        Self(Arc::new(Inner {
            entry,
            opened,
            head_began: AtomicU64::new(NONE),
            quiet_since: AtomicU64::new(opened),
            has_asked: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            broken_off: AtomicUsize::new(0),
        }))
    }

    /// A request's head is there.
    pub fn begin(&self, version: Version) -> UnderWay {
        self.0.entry.requests().fetch_add(1, Relaxed);
        self.0.head_began.store(NONE, Relaxed);
        self.0.has_asked.store(true, Relaxed);
        self.0.is_http2.store(version == Version::HTTP_2, Relaxed);
        UnderWay(self.clone())
    }

    /// Bytes came.
    pub fn received(&self) {
        // Beside an answer that waits for its client, what comes are pings as well as windows; a window moves the answer on.
        if !self.0.entry.waits_for_client() {
            self.0.entry.moved();
        }
        if self.0.entry.requests().load(Relaxed) == 0 && self.0.head_began.load(Relaxed) == NONE {
            self.0.head_began.store(self.0.entry.now(), Relaxed);
        }
    }

    /// Bytes were taken.
    pub fn sent(&self) {
        self.0.entry.moved();
    }

    /// A request's body is waited for: its client's turn.
    pub fn awaits_body(&self) {
        self.0.entry.arriving().fetch_add(1, Relaxed);
    }

    /// It came, or nobody waits for it any more.
    pub fn goes_on(&self) {
        self.0.entry.arriving().fetch_sub(1, Relaxed);
    }

    /// An answer was broken off that nothing was taken of. One over HTTP/1.1 can only be ended with its connection; one
    /// over HTTP/2 when its client looks at it again, or with the connection where no other answer is left on it.
    pub fn broke_off(&self) {
        let broken_off = self.0.broken_off.fetch_add(1, Relaxed) + 1;
        if broken_off >= self.0.entry.requests().load(Relaxed) {
            self.0.entry.end();
        }
    }

    /// Such an answer was ended after all.
    pub fn let_go(&self) {
        self.0.broken_off.fetch_sub(1, Relaxed);
    }

    /// Whether it kept us waiting for too long.
    pub fn is_over(&self, limits: &Limits) -> bool {
        let inner = &self.0;
        if inner.entry.requests().load(Relaxed) > 0 {
            return false;
        }
        let over = |since: u64, limit: Duration| Duration::from_millis(inner.entry.now().saturating_sub(since)) >= limit;
        let quiet_since = inner.quiet_since.load(Relaxed);
        if !inner.has_asked.load(Relaxed) {
            return over(inner.opened, limits.header);
        }
        if inner.is_http2.load(Relaxed) {
            // Pings are no requests.
            return over(quiet_since, limits.idle);
        }
        let head_began = inner.head_began.load(Relaxed);
        // The end of the last answer may still be on its way out.
        (head_began != NONE && over(head_began, limits.header)) || over(quiet_since.max(inner.entry.last()), limits.idle)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let inner = &self.0.0;
        inner.quiet_since.store(inner.entry.now(), Relaxed);
        inner.entry.moved();
        inner.entry.requests().fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::{Bounds, Slot, Slots};

    const LIMITS: Limits = Limits { header: Duration::from_secs(10), idle: Duration::from_secs(75) };

    fn taken() -> (Connection, Slot) {
        let slots = Slots::new(Bounds { most: 1, most_of_one: 1, grace: Duration::from_secs(1) });
        let slot = slots.claim(None).unwrap();
        (Connection::new(Arc::clone(slot.entry())), slot)
    }

    async fn after(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_request_has_its_time_from_the_beginning_however_slowly_it_drips() {
        let (connection, _slot) = taken();
        for _ in 0..9 {
            after(1).await;
            connection.received();
            assert!(!connection.is_over(&LIMITS));
        }
        after(1).await;
        assert!(connection.is_over(&LIMITS));
    }

    #[tokio::test(start_paused = true)]
    async fn between_two_requests_there_is_more_time_until_a_head_begins() {
        let (connection, _slot) = taken();
        drop(connection.begin(Version::HTTP_11));
        after(70).await;
        assert!(!connection.is_over(&LIMITS));
        connection.received();
        after(9).await;
        connection.received();
        assert!(!connection.is_over(&LIMITS));
        after(1).await;
        assert!(connection.is_over(&LIMITS));
        drop(connection.begin(Version::HTTP_11));
        after(75).await;
        assert!(connection.is_over(&LIMITS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_under_way_is_never_over_and_pings_are_no_requests() {
        let (connection, _slot) = taken();
        let under_way = connection.begin(Version::HTTP_2);
        after(3600).await;
        assert!(!connection.is_over(&LIMITS));
        drop(under_way);
        after(74).await;
        connection.received();
        assert!(!connection.is_over(&LIMITS));
        after(1).await;
        assert!(connection.is_over(&LIMITS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_with_the_last_answer_that_is_broken_off() {
        let (connection, slot) = taken();
        let _under_way = [connection.begin(Version::HTTP_2), connection.begin(Version::HTTP_2)];
        connection.broke_off();
        assert!(tokio::time::timeout(Duration::from_millis(1), slot.ended()).await.is_err());
        connection.broke_off();
        slot.ended().await;
    }
}
