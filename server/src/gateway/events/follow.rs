//! Reads the feeds of what services keep, from where this process began, and tells the hub.
//!
//! Woken by what is written here or said by other nodes; and it looks every second for what nobody told.

use std::{sync::Arc, time::Duration};

use contract::events::Event;
use futures::{
    FutureExt,
    future::{BoxFuture, try_join_all},
};
use storage::{
    StoreError,
    documents::{
        Documents,
        feed::{Position, Since},
    },
    events::Events,
};

use super::hub::Hub;
use crate::services::{
    feeds::{Audience, Feed, PLAYING_CHANGED},
    trimming::Trimming,
};

/// Changes that are read at once.
const AT_ONCE: u32 = 500;
/// How often it looks for what nobody told of, and how often at most it says that something else plays.
const LOOK: Duration = Duration::from_secs(1);
/// What is written within this time is read in one go.
const GATHER: Duration = Duration::from_millis(5);
/// Behind every id.
const LAST_ID: &str = "\u{10ffff}";

/// Follows every feed of a hub: what is made again after a failure goes on from where each stood.
pub fn follow_all(
    hub: Hub,
    documents: &Arc<dyn Documents>,
    events: &Events,
) -> impl FnMut() -> BoxFuture<'static, Result<(), String>> + Send + 'static + use<> {
    let (documents, events) = (Arc::clone(documents), events.clone());
    move || {
        let feeds = 0..hub.feeds().len();
        let all = feeds.map(|feed| follow(hub.clone(), feed, Arc::clone(&documents), events.clone()));
        let all = try_join_all(all.collect::<Vec<_>>());
        let playing = announce_playing(hub.clone(), events.clone());
        let followed = async move { all.await.map(drop).map_err(|error| error.to_string()) };
        async move { futures::future::try_join(followed, playing.map(Ok)).await.map(drop) }.boxed()
    }
}

/// Tells operators that something else plays, here or on another node, as long as anything says so. Sessions are no documents and have no
/// feed: what is lost of it is found by whoever asks now and then.
async fn announce_playing(hub: Hub, events: Events) {
    let mut written = events.written(PLAYING_CHANGED);
    while written.changed().await.is_ok() {
        hub.announce(Audience::Operators, Event::PlayingChanged);
        tokio::time::sleep(LOOK).await;
    }
}

/// Follows one feed for as long as it can.
async fn follow(hub: Hub, index: usize, documents: Arc<dyn Documents>, events: Events) -> Result<(), StoreError> {
    let Some(Feed { collection, .. }) = hub.feeds().get(index).copied() else { return Ok(()) };
    let Some(topic) = collection.feed else { return Ok(()) };
    let mut written = events.written(topic);
    let mut trimming = Trimming::default();
    loop {
        written.mark_unchanged();
        StoreError::unless_away(catch_up(&hub, index, &*documents).await)?;
        // Everybody who follows reads what was told of late from the hub.
        StoreError::unless_away(trimming.trim(hub.position(index), collection, &*documents).await)?;
        if let Ok(Ok(())) = tokio::time::timeout(LOOK, written.changed()).await {
            tokio::time::sleep(GATHER).await;
        }
    }
}

/// Tells everything that was written since the feed was last read, which stays known where it cannot be read to its end.
async fn catch_up(hub: &Hub, index: usize, documents: &dyn Documents) -> Result<(), StoreError> {
    let Some(Feed { collection, .. }) = hub.feeds().get(index).copied() else { return Ok(()) };
    loop {
        let position = match hub.position(index) {
            Some(position) => position,
            None => begin(hub, index, documents).await?,
        };
        let Some(changes) = documents.changes(collection, Since::Position(&position), AT_ONCE).await? else {
            tracing::warn!(collection = %collection.name, "the change feed is another one: whoever follows it begins anew");
            begin(hub, index, documents).await?;
            continue;
        };
        hub.tell(index, &changes.entries, &changes.position);
        if !changes.more {
            return Ok(());
        }
    }
}

/// Stands at the end of a feed.
async fn begin(hub: &Hub, index: usize, documents: &dyn Documents) -> Result<Position, StoreError> {
    let Some(Feed { collection, .. }) = hub.feeds().get(index).copied() else {
        return Err(StoreError::Invalid { reason: "there is no such feed".to_owned() });
    };
    let end = documents.changes(collection, Since::Listing(LAST_ID), 1).await?;
    let end = end.ok_or_else(|| StoreError::Invalid { reason: format!("{} has no feed", collection.name) })?;
    hub.begin(index, end.position.clone());
    Ok(end.position)
}
