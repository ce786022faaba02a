//! Who follows what on this node, and what was told of late.
//!
//! One lock, in which a change goes to everybody whom it concerns: so the numbers that an event carries as its id say of every
//! feed that all up to them was told before, in the order of their telling. What was told of late is kept for whoever comes back.
//! Must never wait for whoever follows: one that falls behind is let go, and begins anew.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use contract::{events::Event, ids::ProfileId};
use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
};
use storage::documents::feed::{Entry, Position};
use tokio_util::sync::CancellationToken;

use super::cursor::Cursor;
use crate::services::feeds::{Affected, Audience, Feed, Listener, Notice};

/// Events that are kept for whoever comes back; some 300 bytes each.
const RECENT: usize = 10_000;
/// Events that wait for one who follows.
const WAITING: usize = 64;
/// Streams of one profile.
const OF_ONE_PROFILE: usize = 32;

/// An event on its way to all whom it concerns. Each of them has a place for it, so it is one pointer there.
#[derive(Debug)]
pub struct Message {
    pub announcement: Announcement,
    /// What they have been told with it.
    pub cursor: Cursor,
}

/// One event, and for whom.
#[derive(Debug)]
pub struct Announcement {
    pub audience: Audience,
    pub event: Event,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    feeds: Vec<Feed>,
    listener: Listener,
    state: Mutex<State>,
    stopping: CancellationToken,
}

#[derive(Default)]
struct State {
    /// Where each feed stands; nothing before its follower has begun.
    positions: Vec<Option<Position>>,
    /// Of the feeds' identities: what the ids of events begin with.
    feeds: String,
    recent: VecDeque<Recent>,
    /// Everything after these numbers is kept.
    base: Vec<u64>,
    followers: HashMap<Audience, Streams>,
    last: u64,
}

/// Those that follow one audience, by their numbers; most audiences have one.
type Streams = Vec<(u64, UnboundedSender<Arc<Message>>)>;

struct Recent {
    feed: usize,
    number: u64,
    message: Arc<Message>,
}

/// A place among those who follow; given back when it is dropped.
pub struct Subscription {
    hub: Hub,
    number: u64,
    audiences: Vec<Audience>,
    messages: UnboundedReceiver<Arc<Message>>,
    /// Where it stands when it begins.
    pub cursor: Cursor,
    /// What it missed; nothing where that is not known, so that it has to ask for everything anew.
    pub missed: Option<Vec<Arc<Message>>>,
}

/// Why somebody cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The feeds are not read yet, or the server stops.
    NotReady,
    /// The profile has as many streams as one may.
    TooMany,
}

impl Hub {
    /// `listener` hears of everything, whoever follows.
    pub fn new(feeds: Vec<Feed>, listener: Listener) -> Self {
        let state = State { positions: vec![None; feeds.len()], base: vec![0; feeds.len()], ..State::default() };
        Self(Arc::new(Inner { feeds, listener, state: Mutex::new(state), stopping: CancellationToken::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn feeds(&self) -> &[Feed] {
        &self.0.feeds
    }

    /// Where a feed was when it was last told of.
    pub fn position(&self, feed: usize) -> Option<Position> {
        self.state().positions.get(feed).cloned().flatten()
    }

    /// A feed stands here, and what it told before is not known: whoever follows asks for everything anew.
    pub fn begin(&self, feed: usize, position: Position) {
        (self.0.listener)(Affected::Anybody);
        let mut state = self.state();
        if let (Some(at), Some(base)) = (state.positions.get(feed).cloned(), state.base.get_mut(feed)) {
            *base = position.number;
            let is_another = at.is_some();
            if let Some(at) = state.positions.get_mut(feed) {
                *at = Some(position);
            }
            state.rename();
            if is_another {
                state.recent.clear();
                state.base = state.numbers().to_vec();
                state.followers.clear();
            }
        }
    }

    /// Tells what changed in a feed, which stands at `position` with it.
    pub fn tell(&self, feed: usize, entries: &[Entry], position: &Position) {
        let Some(tell) = self.0.feeds.get(feed).map(|feed| feed.tell) else { return };
        // Outside of the lock: what each change means is made once for all.
        let told: Vec<(u64, Vec<Notice>)> = entries.iter().map(|entry| (entry.number, tell(entry))).collect();
        for notice in told.iter().flat_map(|(_, notices)| notices) {
            (self.0.listener)(Affected::One(&notice.audience));
        }
        let mut state = self.state();
        for (number, notices) in told {
            state.advance(feed, number);
            for Notice { audience, event } in notices {
                if let Some(event) = event {
                    state.tell(feed, number, Announcement { audience, event });
                }
            }
        }
        state.advance(feed, position.number);
    }

    /// Tells what is of no feed to whoever follows now: who comes back later is not told.
    pub fn announce(&self, audience: Audience, event: Event) {
        let mut state = self.state();
        let cursor = Cursor(state.numbers());
        state.send(&Arc::new(Message { announcement: Announcement { audience, event }, cursor }));
    }

    /// Follows for a profile, and its account's, from where `after` stood or from now on.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn subscribe(&self, profile: &ProfileId, others: Vec<Audience>, after: Option<&str>) -> Result<Subscription, Refused> {
        let own = Audience::Profile(profile.clone());
        let mut state = self.state();
        if self.0.stopping.is_cancelled() || state.positions.iter().any(Option::is_none) {
            return Err(Refused::NotReady);
        }
        if state.followers.get(&own).is_some_and(|streams| streams.len() >= OF_ONE_PROFILE) {
            return Err(Refused::TooMany);
        }
        let audiences: Vec<Audience> = others.into_iter().chain([own]).collect();
        // Bounded where it is sent: a bounded channel has all its places from the beginning, and most wait for nothing. Others keep whole
        // cache lines apart for many who receive, half a kilobyte for each who follows.
        let (sender, messages) = mpsc::unbounded();
        state.last += 1;
        let number = state.last;
        for audience in &audiences {
            let streams = state.followers.entry(audience.clone()).or_insert_with(|| Vec::with_capacity(1));
            streams.push((number, sender.clone()));
        }
        let cursor = Cursor(state.numbers());
        let missed = match after {
            None => Some(Vec::new()),
            Some(id) => state.missed(id, &audiences),
        };
        drop(state);
        Ok(Subscription { hub: self.clone(), number, audiences, messages, cursor, missed })
    }

    /// What the ids of events begin with.
    pub fn identity(&self) -> String {
        self.state().feeds.clone()
    }

    /// Ends every stream, and begins no other.
    pub fn stop(&self) {
        self.0.stopping.cancel();
    }

    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping.clone()
    }

    /// How many follow.
    pub fn followers(&self) -> usize {
        let state = self.state();
        let all: HashSet<u64> = state.followers.values().flatten().map(|(number, _)| *number).collect();
        all.len()
    }
}

impl State {
    /// The number up to which each feed was told.
    fn numbers(&self) -> Arc<[u64]> {
        self.positions.iter().map(|at| at.as_ref().map_or(0, |at| at.number)).collect()
    }

    fn advance(&mut self, feed: usize, number: u64) {
        if let Some(Some(at)) = self.positions.get_mut(feed) {
            at.number = at.number.max(number);
        }
    }

    fn tell(&mut self, feed: usize, number: u64, announcement: Announcement) {
        let message = Arc::new(Message { announcement, cursor: Cursor(self.numbers()) });
        self.send(&message);
        if self.recent.len() >= RECENT
            && let Some(oldest) = self.recent.pop_front()
            && let Some(base) = self.base.get_mut(oldest.feed)
        {
            *base = (*base).max(oldest.number);
        }
        self.recent.push_back(Recent { feed, number, message });
    }

    fn send(&mut self, message: &Arc<Message>) {
        if let Some(streams) = self.followers.get_mut(&message.announcement.audience) {
            streams.retain(|(_, stream)| stream.len() < WAITING && stream.unbounded_send(Arc::clone(message)).is_ok());
            if streams.is_empty() {
                self.followers.remove(&message.announcement.audience);
            }
        }
    }

    /// What somebody missed who was told up to `id`; nothing where that is not known here.
    fn missed(&self, id: &str, audiences: &[Audience]) -> Option<Vec<Arc<Message>>> {
        let Cursor(told) = Cursor::parse(id, &self.feeds, self.positions.len())?;
        let is_kept = told.iter().zip(&self.base).all(|(told, base)| told >= base);
        let is_new = |recent: &&Recent| {
            told.get(recent.feed).is_some_and(|told| recent.number > *told)
                && audiences.contains(&recent.message.announcement.audience)
        };
        is_kept.then(|| self.recent.iter().filter(is_new).map(|recent| Arc::clone(&recent.message)).collect())
    }

    /// Names the feeds by their identities: another store's numbers mean something else.
    fn rename(&mut self) {
        let mut all = blake3::Hasher::new();
        for at in self.positions.iter().flatten() {
            all.update(at.feed.as_bytes());
            all.update(b"/");
        }
        self.feeds = all.finalize().to_hex().chars().take(12).collect();
    }
}

impl Subscription {
    /// The next event; nothing where it fell behind, or the feeds are others.
    pub async fn next(&mut self) -> Option<Arc<Message>> {
        let message = self.messages.next().await?;
        self.cursor = message.cursor.clone();
        Some(message)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        for audience in &self.audiences {
            if let Some(streams) = state.followers.get_mut(audience) {
                streams.retain(|(number, _)| *number != self.number);
                if streams.is_empty() {
                    state.followers.remove(audience);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
