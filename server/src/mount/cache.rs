//! Replies that serve every viewer of an age limit, kept as bytes until a topic that they depend on changes, and made once
//! however many wait for one.
//!
//! Where titles are written without a pause, everybody's replies are dropped once a second: nobody is given one that was out
//! of date for longer when they asked. Whoever wrote is given none from before their write (`read_your_writes.rs`). What
//! guests may do is dropped at once for all.
//!
//! What is kept is whole: a failure, a part and an old answer that a store gave before it went away are given to those who
//! wait, and to nobody after. A reply is made to its end, so that a client that goes away takes it from nobody else.
//! Must never keep what depends on more of whoever asked than the age up to which films are shown to them.

use std::{panic::AssertUnwindSafe, sync::Arc};

use ahash::RandomState;
use axum::http::{StatusCode, Uri};
use contract::{Problem, Topic};
use futures::FutureExt;
use moka::{future::Cache, policy::EvictionPolicy};
use storage::{
    events::Events,
    guard::stale::{self, Seen},
};
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::{detach::Detaching, pace::Pace, read_your_writes::Writers, reply::Prepared};

/// Bytes of replies kept at most, all together.
const CAPACITY: u64 = 12 * 1024 * 1024;
/// Of the capacity, what addresses that lead nowhere may take: there are as many as anybody likes to make up.
const MISSING_SHARE: u64 = 16;
/// Replies that are being made at once, whether or not somebody still waits for them.
const MAKING: usize = 256;

/// A question, and from which revisions of its topics on it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    question: Box<str>,
    stamp: Stamp,
}

/// The revisions of the topics, in the order of [`Topic::ALL`]; 0 where a reply does not depend on one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp([u64; 3]);

impl Stamp {
    /// Of the topics of which `revision` says one.
    fn of(topics: &[Topic], revision: impl Fn(Topic) -> u64) -> Self {
        let mut stamp = Self::default();
        for (slot, topic) in stamp.0.iter_mut().zip(Topic::ALL).filter(|(_, topic)| topics.contains(topic)) {
            *slot = revision(*topic);
        }
        stamp
    }

    /// Of each topic on which this depends the later revision.
    pub(super) fn or_later(self, other: Self) -> Self {
        let mut stamp = self;
        for (slot, other) in stamp.0.iter_mut().zip(other.0).filter(|(slot, _)| **slot > 0) {
            *slot = other.max(*slot);
        }
        stamp
    }
}

/// What is kept here: a reply, or what pages are made of.
pub trait Keep: Send + Sync + 'static {
    /// Bytes that it takes at most.
    fn weight(&self) -> usize;

    /// What is there, and what is not (404), is kept; nothing else is.
    fn status(&self) -> StatusCode;
}

impl Keep for Prepared {
    fn weight(&self) -> usize {
        Self::weight(self)
    }

    fn status(&self) -> StatusCode {
        Self::status(self)
    }
}

/// What those who wait are given, and nobody after them.
enum Unkept<T> {
    Problem(Problem),
    Reply { reply: Arc<T>, seen: Seen },
}

/// Keyed like the standard library's hash, and several times as quick: strangers choose what is asked.
type Replies<T> = Cache<Key, Arc<T>, RandomState>;

/// What is shared in this process. One pointer: each request has a copy.
pub struct Shared<T>(Arc<Inner<T>>);

/// The shared replies of this process.
pub type SharedReplies = Shared<Prepared>;

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Inner<T> {
    found: Replies<T>,
    missing: Replies<T>,
    events: Events,
    pace: Pace,
    /// Who wrote a moment ago.
    writers: Writers,
    making: Arc<Semaphore>,
}

impl SharedReplies {
    pub fn new(events: Events) -> Self {
        Self::within(CAPACITY, events)
    }
}

impl<T: Keep> Shared<T> {
    /// With a bound of its own, in bytes.
    pub fn within(capacity: u64, events: Events) -> Self {
        Self(Arc::new(Inner {
            found: cache(capacity - capacity / MISSING_SHARE),
            missing: cache(capacity / MISSING_SHARE),
            events,
            pace: Pace::default(),
            writers: Writers::default(),
            making: Arc::new(Semaphore::new(MAKING)),
        }))
    }

    /// Where everything stands now.
    pub fn now(&self) -> Stamp {
        Stamp::of(Topic::ALL, |topic| self.0.events.revision(topic) + 1)
    }

    /// How far the index is, for whoever waits for it.
    pub(super) fn events(&self) -> &Events {
        &self.0.events
    }

    /// Who wrote a moment ago.
    pub(super) fn writers(&self) -> &Writers {
        &self.0.writers
    }

    /// The reply to `question`, which depends on `topics`: as it was kept, unless one of them changed more than a second ago,
    /// or since `at_least`; else as `make` makes it, which is asked once however many wait.
    ///
    /// # Errors
    /// What `make` says.
    pub async fn get_or_make<F>(
        &self,
        question: Box<str>,
        (topics, at_least): (&[Topic], Option<Stamp>),
        make: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Problem>
    where
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        // Counted from 1.
        let stamp = Stamp::of(topics, |topic| self.0.pace.revision(topic, self.0.events.revision(topic)) + 1);
        let key = Key { question, stamp: at_least.map_or(stamp, |at_least| stamp.or_later(at_least)) };
        if let Some(reply) = self.0.found.get(&key).await {
            return Ok(reply);
        }
        if let Some(reply) = self.0.missing.get(&key).await {
            return Ok(reply);
        }
        // Never closed. The permit goes with the work, not with whoever waits for it.
        let permit = Arc::clone(&self.0.making).acquire_owned().await.map_err(|_| Problem::internal())?;
        // Large, and handed on several times.
        let (this, made) = (self.clone(), Box::pin(make()));
        let flight = async move {
            let _permit = permit;
            this.0.found.try_get_with(key.clone(), this.make(key, made)).await
        };
        match Detaching::new(flight.in_current_span()).await {
            Ok(reply) => Ok(reply),
            Err(unkept) => match &*unkept {
                Unkept::Problem(problem) => Err(problem.clone()),
                Unkept::Reply { reply, seen } => {
                    if let Some(age) = seen.age {
                        stale::note(age);
                    }
                    // What is made of a part is a part.
                    if seen.is_partial {
                        stale::note_partial();
                    }
                    Ok(Arc::clone(reply))
                }
            },
        }
    }

    async fn make<F>(&self, key: Key, made: F) -> Result<Arc<T>, Unkept<T>>
    where
        F: Future<Output = Result<T, Problem>> + Send,
    {
        let (made, seen) = stale::observe_all(AssertUnwindSafe(made).catch_unwind()).await;
        let reply = match made {
            Ok(Ok(reply)) => Arc::new(reply),
            Ok(Err(problem)) => return Err(Unkept::Problem(problem)),
            Err(payload) => {
                let reason = runtime::supervise::panic_reason(payload.as_ref());
                tracing::error!(reason, "a handler panicked");
                return Err(Unkept::Problem(Problem::internal()));
            }
        };
        let status = reply.status();
        let is_kept = seen.is_whole() && (status == StatusCode::OK || status == StatusCode::NOT_FOUND);
        if !is_kept {
            return Err(Unkept::Reply { reply, seen });
        }
        if status == StatusCode::OK {
            return Ok(reply);
        }
        self.0.missing.insert(key, Arc::clone(&reply)).await;
        Err(Unkept::Reply { reply, seen })
    }
}

/// The oldest makes room: of a question whose answer changed, the earlier ones are asked for no more.
fn cache<T: Keep>(capacity: u64) -> Replies<T> {
    Cache::builder()
        .max_capacity(capacity)
        .eviction_policy(EvictionPolicy::lru())
        .weigher(|key: &Key, reply: &Arc<T>| {
            u32::try_from(key.question.len() + size_of::<Key>() + reply.weight()).unwrap_or(u32::MAX)
        })
        .build_with_hasher(RandomState::new())
}

/// Two requests with the same key get the same reply. An address has no space, so that none ends in what says an age.
pub fn key(name: &str, uri: &Uri, age: Option<u8>) -> Box<str> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let key = match age {
        None => format!("{name} {path}"),
        Some(age) => format!("{name} {path} {age}"),
    };
    key.into_boxed_str()
}

#[cfg(test)]
mod tests;
