//! The handlers of what concerns the history, version 1.

use contract::{
    Code, Problem,
    library::{
        ForgetHistory, GetHistorySettings, HistoryPage, HistorySettings, ListHistory, ListWatchedTitles, MarkUnwatched,
        MarkWatched, ReplaceHistorySettings, WatchedTitle, WatchedTitles,
    },
};
use futures::future::try_join;

use super::super::{
    Library,
    history::{Owner, Source},
    record::WatchedRecord,
    shown::Counted,
};
use crate::{
    context::{RequestContext, Viewer},
    services::cards::{shown_card, shown_cards},
};

const PAGE: u8 = 50;

impl Library {
    pub(in super::super) async fn list_history(
        &self,
        context: RequestContext,
        call: ListHistory,
    ) -> Result<HistoryPage, Problem> {
        let viewer = &context.viewer;
        if viewer.is_new {
            return Ok(HistoryPage { items: Vec::new(), total: 0, next: None });
        }
        let page = self.history.page(&viewer.profile, call.page_token.as_deref(), u32::from(call.limit.unwrap_or(PAGE)));
        let total = self.shown_count(&context, Counted::History(&viewer.profile));
        let ((records, next), total) = try_join(async { Ok(page.await?) }, total).await?;
        if records.is_empty() {
            return Ok(HistoryPage { items: Vec::new(), total, next });
        }
        let mut cards = shown_cards(&context, records.iter().map(|record| &record.title)).await?;
        let item = |record: WatchedRecord| Some(WatchedTitle { card: cards.remove(&record.title)?, dates: record.dates });
        Ok(HistoryPage { items: records.into_iter().filter_map(item).collect(), total, next })
    }

    pub(in super::super) async fn list_watched_titles(
        &self,
        context: RequestContext,
        call: ListWatchedTitles,
    ) -> Result<WatchedTitles, Problem> {
        let viewer = &context.viewer;
        if viewer.is_new {
            return Ok(WatchedTitles::default());
        }
        Ok(WatchedTitles { ids: self.history.watched_of(&viewer.profile, call.ids).await? })
    }

    /// Only what whoever asks is shown. What takes a change back touches what that one did, and nothing else.
    pub(in super::super) async fn mark_watched(&self, context: RequestContext, call: MarkWatched) -> Result<(), Problem> {
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        if let Some(number) = call.restores {
            if !self.history.knows(&viewer.profile, &call.id).await? {
                // Its change may still come, where there is such a title.
                match shown_card(&context, &call.id).await {
                    Err(problem) if problem.code == Code::NotFound => return Ok(()),
                    shown => shown?,
                };
            }
            return Ok(self.history.take_back(owner(viewer), &call.id, number).await?);
        }
        let now = self.clock.millis();
        let date = call.date.unwrap_or(now);
        if date > now.saturating_add(CLOCKS_DIFFER) {
            return Err(Problem::invalid("date", "is in the future"));
        }
        shown_card(&context, &call.id).await?;
        let source = if call.is_played { Source::Played } else { Source::Said };
        Ok(self.history.add(owner(viewer), &call.id, (date, source), call.change).await?)
    }

    pub(in super::super) async fn mark_unwatched(&self, context: RequestContext, call: MarkUnwatched) -> Result<(), Problem> {
        self.check_life(&context.viewer).await?;
        Ok(self.history.remove(owner(&context.viewer), &call.id, call.date, call.change).await?)
    }

    pub(in super::super) async fn forget_history(&self, context: RequestContext, _: ForgetHistory) -> Result<(), Problem> {
        self.check_life(&context.viewer).await?;
        Ok(self.history.clear(&context.viewer.profile).await?)
    }

    pub(in super::super) async fn get_history_settings(
        &self,
        context: RequestContext,
        _: GetHistorySettings,
    ) -> Result<HistorySettings, Problem> {
        Ok(HistorySettings { is_kept: self.history.is_kept(&context.viewer.profile).await? })
    }

    pub(in super::super) async fn replace_history_settings(
        &self,
        context: RequestContext,
        call: ReplaceHistorySettings,
    ) -> Result<(), Problem> {
        self.check_life(&context.viewer).await?;
        Ok(self.history.keep(owner(&context.viewer), call.is_kept).await?)
    }
}

/// How far a client's clock may be ahead, in milliseconds.
pub(super) const CLOCKS_DIFFER: u64 = 24 * 60 * 60 * 1_000;

pub(super) fn owner(viewer: &Viewer) -> Owner<'_> {
    Owner { profile: &viewer.profile, is_guest: viewer.member.is_none() }
}
