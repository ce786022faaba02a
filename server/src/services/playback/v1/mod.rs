//! The handlers of playback's calls, version 1.

mod metering;
mod next;
mod operators;
mod playing;
mod shown;
mod starting;
mod streams;

use contract::{
    Code, Problem,
    device::DeviceReport,
    ids::{ProfileId, TitleId},
    playback::{ContinueItem, ForgetProgress, GetProgress, ListContinueWatching, ProgressReport, SetProgress},
};

use super::{
    Playback, begun,
    progress::{self, Played, Whose, Why},
    record::ProgressRecord,
};
use crate::{
    context::{RequestContext, Viewer},
    services::{
        cards::{shown_card, shown_cards},
        keepers::check_life,
    },
};

impl Playback {
    pub(super) async fn list_continue_watching(
        &self,
        context: RequestContext,
        _: ListContinueWatching,
    ) -> Result<Vec<ContinueItem>, Problem> {
        if context.viewer.is_new {
            return Ok(Vec::new());
        }
        let begun = self.begun(&context.viewer.profile).await?;
        if begun.is_empty() {
            return Ok(Vec::new());
        }
        let mut cards = shown_cards(&context, begun.iter().map(|record| &record.title)).await?;
        let items = begun.iter().filter_map(|record| {
            let card = cards.remove(&record.title).filter(|card| card.video.is_some())?;
            Some(ContinueItem { card, progress: record.clone().into() })
        });
        Ok(items.take(begun::AT_MOST).collect())
    }

    pub(super) async fn get_progress(&self, context: RequestContext, call: GetProgress) -> Result<ProgressReport, Problem> {
        let progress = self.progress_of(&context, &call.id).await?;
        Ok(ProgressReport { progress: progress.map(Into::into) })
    }

    pub(super) async fn forget_progress(&self, context: RequestContext, call: ForgetProgress) -> Result<(), Problem> {
        if context.viewer.is_new {
            return Ok(());
        }
        let instant = self.instant(call.milliseconds_ago);
        Ok(self.progress.forget_of(Why::Dropped, instant, call.change, whose(&context.viewer), &call.id).await?)
    }

    /// When that was, in milliseconds since 1970.
    fn instant(&self, milliseconds_ago: Option<u64>) -> u64 {
        self.clock.millis().saturating_sub(milliseconds_ago.unwrap_or(0))
    }

    /// Like a heartbeat's, a position is one of a title that whoever asks is shown, inside of its film.
    pub(super) async fn set_progress(&self, context: RequestContext, call: SetProgress) -> Result<(), Problem> {
        let viewer = &context.viewer;
        check_life(&*self.tombstones, &viewer.profile).await?;
        let card = shown_card(&context, &call.id).await?;
        let (instant, whose) = (self.instant(call.milliseconds_ago), whose(viewer));
        if let Some(change) = call.restores {
            self.progress.restore(change, instant, whose, &call.id).await?;
            return self.forget_watched(&context, &call.id, change).await;
        }
        let video = card.video.ok_or_else(|| Problem::new(Code::NotWatchable))?;
        let duration = f64::from(video.duration_seconds);
        let position = playing::checked(call.position, duration)?;
        if progress::is_finished(position, duration) {
            self.note_watched(&context, &call.id, Some(instant), call.change).await?;
            Ok(self.progress.forget_of(Why::Finished, instant, call.change, whose, &call.id).await?)
        } else if position < progress::LEAST_POSITION {
            Ok(self.progress.forget_of(Why::Dropped, instant, call.change, whose, &call.id).await?)
        } else {
            Ok(self.progress.save_of(instant, whose, &call.id, &Played::at(position, duration)).await?)
        }
    }

    async fn progress_of(&self, context: &RequestContext, title: &TitleId) -> Result<Option<ProgressRecord>, Problem> {
        if context.viewer.is_new {
            return Ok(None);
        }
        Ok(self.progress.get(&context.viewer.profile, title).await?)
    }
}

/// The profile, and whether what it leaves expires.
fn whose(viewer: &Viewer) -> (&ProfileId, Whose) {
    (&viewer.profile, if viewer.member.is_some() { Whose::Members } else { Whose::Guests })
}

/// What the server decided about the device.
pub(super) fn get_device(context: &RequestContext) -> DeviceReport {
    let device = &context.device;
    DeviceReport { profile: device.profile.clone(), source: device.source, offered_height: device.profile.offered_height() }
}
