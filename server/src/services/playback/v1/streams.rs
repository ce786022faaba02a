//! What plays on an account, and stopping it.
//!
//! Must never show or stop another account's, and never name a film that is not for whoever asks.

use contract::{
    Problem, maturity,
    playback::{ListStreams, StopStream, Stream, StreamedTitle},
};

use super::super::{Playback, grant::SessionKey, meters::SessionStep, record::End, streams::TakenSlot};
use crate::context::{RequestContext, Viewer};

const SHOWN_AT_MOST: usize = 100;

impl Playback {
    pub(in super::super) async fn list_streams(&self, context: RequestContext, _: ListStreams) -> Result<Vec<Stream>, Problem> {
        let viewer = &context.viewer;
        if viewer.is_new {
            return Ok(Vec::new());
        }
        let held = self.streams.of(owner(viewer)).await?;
        let mut streams: Vec<Stream> = held.into_iter().filter_map(|held| stream(held, viewer)).collect();
        streams.sort_by(|one, other| (other.started, other.id.as_str()).cmp(&(one.started, one.id.as_str())));
        streams.truncate(SHOWN_AT_MOST);
        Ok(streams)
    }

    pub(in super::super) async fn stop_stream(&self, context: RequestContext, call: StopStream) -> Result<(), Problem> {
        let held = self.streams.of(owner(&context.viewer)).await?.into_iter();
        let mut keyed = held.filter_map(|held| Some((SessionKey::of(&held.holder.session)?, held)));
        let named = keyed.find(|(key, _)| key.stream().is_ok_and(|id| id == call.id));
        let (key, TakenSlot { slot, holder, .. }) = named.ok_or_else(|| Problem::not_found("stream"))?;
        // In this order: the slot of a session that ended is free, whatever happens to this request.
        self.sessions.end(key, End::StoppedFromList).await?;
        self.streams.give_back(&slot, &holder).await?;
        if let Some(session) = self.sessions.read(key).await? {
            self.tell(key, &session, SessionStep::Stopped).await;
        }
        self.close_minutes(&context.viewer, key).await
    }
}

/// To whom slots belong.
pub fn owner(viewer: &Viewer) -> &str {
    viewer.member.as_ref().map_or(viewer.profile.as_str(), |member| member.account.as_str())
}

fn stream(held: TakenSlot, viewer: &Viewer) -> Option<Stream> {
    let holder = held.holder;
    let is_shown = maturity::is_for(holder.maturity.as_deref(), viewer.authorization.maturity);
    Some(Stream {
        id: SessionKey::of(&holder.session)?.stream().ok()?,
        title: is_shown.then_some(StreamedTitle { id: holder.title, title: holder.name }),
        device: holder.device,
        started: holder.started,
        // A guest's places are those of one browser.
        is_here: viewer.member.as_ref().map(|member| &member.sign_in) == holder.sign_in.as_ref(),
    })
}
