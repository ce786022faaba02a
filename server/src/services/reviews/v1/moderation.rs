//! The handlers for operators. Who may ask is settled before ([`contract::Access::Operator`]).

use std::collections::{HashMap, HashSet};

use contract::{
    DispatchExt, Problem,
    identity::GetAccount,
    ids::{AccountId, ReviewId, TitleId},
    reviews::{
        BanReviewer, DeleteReview, HideReview, ListModerationActions, ListReportedReviews, ModerationAct, ModerationAction,
        ModerationPage, ReasonCount, ReportedPage, ReportedReview, RestoreReview, UnbanReviewer,
    },
};
use futures::future::{join, join_all, try_join};

use super::{
    super::{
        Reviews,
        moderation::{ReviewOf, Subject},
        record::{ModerationRecord, ReviewRecord},
    },
    PAGE,
};
use crate::{context::RequestContext, services::cards::shown_cards};

impl Reviews {
    pub(in super::super) async fn list_reported_reviews(
        &self,
        context: RequestContext,
        call: ListReportedReviews,
    ) -> Result<ReportedPage, Problem> {
        let limit = u32::from(call.limit.unwrap_or(PAGE));
        let ((records, next), total) =
            self.reviews.queue(call.queue.unwrap_or_default(), call.page_token.as_deref(), limit).await?;
        if records.is_empty() {
            return Ok(ReportedPage { items: Vec::new(), total, next });
        }
        let accounts = records.iter().map(|record| record.account.to_string()).collect();
        let (names, banned) = try_join(self.reviews.names(&records), self.moderation.banned(accounts)).await?;
        let titles = title_names(&context, records.iter().map(|record| &record.title)).await;
        let reported = |record: ReviewRecord| ReportedReview {
            title_name: titles.get(&record.title).cloned(),
            reviewer: names.get(record.profile.as_str()).cloned().unwrap_or_default(),
            is_banned: banned.iter().any(|account| account == record.account.as_str()),
            reports: record.reasons.into_iter().map(|(reason, count)| ReasonCount { reason, count }).collect(),
            is_hidden: record.hidden.is_some(),
            id: record.review,
            title: record.title,
            account: record.account,
            half_stars: record.half_stars,
            text: record.text,
            has_spoilers: record.has_spoilers,
            created: record.created,
            edited: record.edited,
        };
        Ok(ReportedPage { items: records.into_iter().map(reported).collect(), total, next })
    }

    pub(in super::super) async fn hide_review(&self, context: RequestContext, call: HideReview) -> Result<(), Problem> {
        let record = self.there(&call.review).await?;
        let work = self.reviews.hide(&record, true);
        self.moderation.noted(&context, ModerationAct::Hide, Subject::of(&record), work).await?;
        self.count(&record.title).await;
        Ok(())
    }

    pub(in super::super) async fn restore_review(&self, context: RequestContext, call: RestoreReview) -> Result<(), Problem> {
        let record = self.there(&call.review).await?;
        let work = async {
            self.reactions.clear_reports(&record.review).await?;
            self.reviews.hide(&record, false).await?;
            self.reactions.recount(&record.review).await
        };
        self.moderation.noted(&context, ModerationAct::Restore, Subject::of(&record), work).await?;
        self.count(&record.title).await;
        Ok(())
    }

    pub(in super::super) async fn delete_review(&self, context: RequestContext, call: DeleteReview) -> Result<(), Problem> {
        let record = self.there(&call.review).await?;
        let work = async {
            self.reviews.bury(&record).await?;
            self.reactions.forget_review(&record.review).await
        };
        self.moderation.noted(&context, ModerationAct::Delete, Subject::of(&record), work).await?;
        self.count(&record.title).await;
        Ok(())
    }

    pub(in super::super) async fn ban_reviewer(&self, context: RequestContext, call: BanReviewer) -> Result<(), Problem> {
        let account = context.send(GetAccount { id: call.account }).await?.id;
        let subject = Subject { review: None, account: account.clone() };
        self.moderation.noted(&context, ModerationAct::Ban, subject, self.moderation.ban(&account)).await
    }

    pub(in super::super) async fn unban_reviewer(&self, context: RequestContext, call: UnbanReviewer) -> Result<(), Problem> {
        let account = context.send(GetAccount { id: call.account }).await?.id;
        let subject = Subject { review: None, account: account.clone() };
        self.moderation.noted(&context, ModerationAct::Unban, subject, self.moderation.unban(&account)).await
    }

    pub(in super::super) async fn list_moderation_actions(
        &self,
        context: RequestContext,
        call: ListModerationActions,
    ) -> Result<ModerationPage, Problem> {
        let (notes, next) = self.moderation.page(call.page_token.as_deref(), u32::from(call.limit.unwrap_or(PAGE))).await?;
        let accounts = notes.iter().flat_map(|note| [note.by.clone(), note.account.clone()]).flatten().collect();
        let titled = notes.iter().filter_map(|note| note.title.as_ref());
        let (names, titles) = join(account_names(&context, accounts), title_names(&context, titled)).await;
        let name = |account: Option<&AccountId>| account.and_then(|account| names.get(account).cloned());
        let action = |note: ModerationRecord| ModerationAction {
            at: note.at,
            by_name: name(note.by.as_ref()),
            account_name: name(note.account.as_ref()),
            title_name: note.title.as_ref().and_then(|title| titles.get(title).cloned()),
            by: note.by,
            act: note.act,
            review: note.review,
            title: note.title,
            was_hidden: note.was_hidden,
            account: note.account,
            is_done: note.is_done,
        };
        Ok(ModerationPage { items: notes.into_iter().map(action).collect(), next })
    }

    async fn there(&self, review: &ReviewId) -> Result<ReviewRecord, Problem> {
        self.reviews.find(review).await?.ok_or_else(|| Problem::not_found("review"))
    }
}

/// What accounts are called, each asked for once. What was done is told without the names that cannot be had: whoever asks may not
/// see them, or the account is gone.
async fn account_names(context: &RequestContext, accounts: HashSet<AccountId>) -> HashMap<AccountId, String> {
    let asked = accounts.into_iter().map(|id| async {
        let account = context.send(GetAccount { id }).await.inspect_err(|problem| untold("an account", problem)).ok()?;
        Some((account.id, account.name))
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// The same of titles.
async fn title_names<'a>(context: &RequestContext, titles: impl Iterator<Item = &'a TitleId>) -> HashMap<TitleId, String> {
    let cards = shown_cards(context, titles).await.inspect_err(|problem| untold("titles", problem)).unwrap_or_default();
    cards.into_iter().map(|(id, card)| (id, card.title)).collect()
}

fn untold(of: &str, problem: &Problem) {
    tracing::debug!(%problem, of, "a name is left out of what moderators see");
}

impl Subject {
    pub fn of(record: &ReviewRecord) -> Self {
        let review = ReviewOf { id: record.review.clone(), title: record.title.clone(), is_hidden: record.hidden.is_some() };
        Self { review: Some(review), account: record.account.clone() }
    }
}
