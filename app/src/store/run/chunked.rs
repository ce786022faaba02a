//! Requests whose code comes with a chunk: a first visit makes none of them.

use contract::{
    Code,
    playback::{ForgetProgress, PlaybackSession, SaveProgress, SetProgress, StartPlayback, StopPlayback},
};

use crate::{
    client::Client,
    pages::watch,
    store::{
        AppStore,
        action::Response,
        library,
        mutations::{Begun, Change, Mutation},
    },
};

/// A session, unless the one before was ended on purpose, which is the answer then.
pub async fn start_playback(store: AppStore, call: StartPlayback, last: Option<SaveProgress>) -> Response<PlaybackSession> {
    let client = &store.client;
    if let Some(last) = last
        && let Err(problem) = client.send(last).await
        && problem.code == Code::SessionEnded
        && problem.detail.is_some()
    {
        return Err(problem);
    }
    client.send(call).await
}

/// A heartbeat. The last word on a session is followed by its end, one after the other: a session that is over takes no heartbeat.
pub async fn save_progress(store: AppStore, call: SaveProgress, is_last: bool) -> Response<()> {
    let session = call.session.clone();
    // The player is in this chunk, and what it has loaded is its element's own: nothing of it is kept in the store.
    let buffered_millis = watch::loaded_ahead_millis().filter(|_| !is_last);
    let answer = store.client.send(SaveProgress { buffered_millis, ..call }).await;
    if is_last {
        // It runs out by itself where this does not arrive.
        let _ = store.client.send(StopPlayback { session }).await;
    }
    answer
}

/// Sends a change of the log for the viewer who made it, and of the time at which they did: what was done since, here or elsewhere,
/// stays.
pub async fn send_change(store: AppStore, mutation: Mutation, viewer: Option<String>) -> Response<()> {
    let (milliseconds_ago, change) = (Some(mutation.milliseconds_ago(super::now())), Some(mutation.id));
    let client: &Client = &store.client;
    match mutation.change {
        Change::Forget(Begun { id, .. }) => client.send_for(viewer, ForgetProgress { id, milliseconds_ago, change }).await,
        // Near the end of the film, wherever that is.
        Change::Finish(Begun { id, progress, .. }) => {
            let position = progress.duration_seconds;
            client.send_for(viewer, SetProgress { id, position, milliseconds_ago, change, restores: None }).await
        }
        Change::Restore(Begun { id, progress, .. }, taken_back) => {
            let (position, restores) = (progress.position, Some(taken_back));
            client.send_for(viewer, SetProgress { id, position, milliseconds_ago, change: None, restores }).await
        }
        Change::Library(entry) => library::send_change(store, (mutation.id, entry), viewer).await,
    }
}
