//! Whoever writes what everybody reads finds it in whatever they ask for next, also of another node.
//!
//! On this node, an account or guest that wrote is given no shared reply from before its write. To other nodes its browser
//! carries how far the search index was in the titles' feed when the write was answered, in a cookie that lasts for a few
//! seconds: a node waits until its own index is as far. The cookie says nothing of anybody, and a made-up one costs whoever
//! made it [`PATIENCE`] and everybody else nothing. Must never set a cookie for an API token.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderValue, header};
use storage::{documents::feed::Position, events::Events};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::cache::{SharedReplies, Stamp};
use crate::{context::Viewer, session};

/// The cookie.
const NAME: &str = "marquee_written";
/// For how long a write is known of: other nodes look at the feed twice a second, and everybody's replies are dropped every
/// second.
const LASTS: Duration = Duration::from_secs(5);
/// For how long a node waits for its index.
const PATIENCE: Duration = Duration::from_secs(2);
/// Of those who wrote a moment ago. Where there are more, the newest is everybody.
const MOST: usize = 1024;

/// Who wrote a moment ago on this node, and from where on replies are theirs.
#[derive(Default)]
pub struct Writers(Mutex<HashMap<Box<str>, Written>>);

/// One's last write on this node.
#[derive(Clone)]
struct Written {
    stamp: Stamp,
    /// What its browser was told of it.
    position: Option<Position>,
    at: Instant,
}

impl Writers {
    fn note(&self, who: &str, stamp: Stamp, position: Option<Position>) {
        let at = Instant::now();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, written| at.duration_since(written.at) < LASTS);
        let who = if known.len() < MOST || known.contains_key(who) { who } else { EVERYBODY };
        known.insert(who.into(), Written { stamp, position, at });
    }

    fn get(&self, who: &str) -> Option<Written> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Hardly anybody writes.
        if known.is_empty() {
            return None;
        }
        let fresh = |who: &str| known.get(who).filter(|written| written.at.elapsed() < LASTS);
        let last = [fresh(who), fresh(EVERYBODY)].into_iter().flatten().max_by_key(|written| written.at);
        last.cloned()
    }
}

/// No id is empty.
const EVERYBODY: &str = "";

/// The account, or the guest.
fn who(viewer: &Viewer) -> &str {
    viewer.member.as_ref().map_or(viewer.profile.as_str(), |member| member.account.as_str())
}

impl SharedReplies {
    /// Notes that this viewer changed what shared replies depend on.
    pub(super) fn wrote(&self, viewer: &Viewer, https: bool, headers: &mut HeaderMap) {
        let position = self.events().visible().borrow().clone();
        self.writers().note(who(viewer), self.now(), position.clone());
        let is_browser = viewer.member.as_ref().is_none_or(|member| member.scopes.is_none());
        if is_browser && let Some(position) = position {
            let value = format!("{}.{}", position.number, position.feed);
            if let Ok(cookie) = HeaderValue::from_str(&session::line(NAME, &value, LASTS.as_secs(), https)) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
    }

    /// From where on shared replies are given to this viewer, where that is not what everybody is given.
    pub(super) async fn at_least(&self, viewer: &Viewer, headers: &HeaderMap) -> Option<Stamp> {
        let noted = self.writers().get(who(viewer));
        let told = written(headers);
        // The last write was here, or it is a script's, which carries nothing to other nodes.
        if noted.as_ref().is_some_and(|noted| told.is_none() || noted.position == told) {
            return noted.map(|noted| noted.stamp);
        }
        await_writes(self.events(), headers).await.then(|| self.now())
    }
}

/// Waits until the index is as far as the browser's last write, if it wrote on another node; whether it wrote.
pub async fn await_writes(events: &Events, headers: &HeaderMap) -> bool {
    let Some(written) = written(headers) else { return false };
    let mut visible = events.visible();
    if timeout(PATIENCE, reached(&mut visible, &written)).await.is_err() {
        tracing::debug!("the search index has not come to what a browser wrote");
    }
    true
}

/// Waits until the index is here. What another feed says is of no use, and not waited for.
pub async fn reached(visible: &mut watch::Receiver<Option<Position>>, position: &Position) {
    let is_there = |visible: &Option<Position>| {
        visible.as_ref().is_some_and(|visible| visible.feed != position.feed || visible.number >= position.number)
    };
    // Nobody tells any more: there is nothing to wait for.
    let _ = visible.wait_for(is_there).await;
}

fn written(headers: &HeaderMap) -> Option<Position> {
    // Behind HTTPS it has a prefix.
    let (_, value) = session::pairs(headers).find(|(name, _)| name.strip_prefix("__Host-").unwrap_or(name) == NAME)?;
    let (number, feed) = value.split_once('.')?;
    Some(Position { feed: feed.to_owned(), number: number.parse().ok()? })
}

#[cfg(test)]
mod tests;
