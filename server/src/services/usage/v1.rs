//! The handlers of usage's calls, version 1.

use contract::{
    Problem,
    usage::{GetReport, GetUsageSettings, ListUsage, MonthOfUse, ReplaceUsageSettings, Report, UsageSettings},
};
use storage::documents::{Direction, Find, all_of};

use super::{
    Usage,
    reading::{self, Found},
    record::{ACCOUNTS, AccountRecord, BY_ACCOUNT},
    reports,
};
use crate::context::RequestContext;

/// Months that an account is told of; those before are kept no longer.
pub const MONTHS: u32 = 24;

impl Usage {
    pub(super) async fn get_report(&self, context: RequestContext, call: GetReport) -> Result<Report, Problem> {
        reports::make(self, &context, &call).await
    }

    pub(super) async fn list_usage(&self, context: RequestContext, _: ListUsage) -> Result<Vec<MonthOfUse>, Problem> {
        let account = &context.viewer.member()?.account;
        let find = Find { direction: Direction::Descending, limit: MONTHS, ..all_of(BY_ACCOUNT, &[account.as_str()]) };
        let page = reading::find::<AccountRecord>(&*self.documents, &ACCOUNTS, find).await?;
        // A month that cannot be read is among the others, and says so.
        Ok(page.found.into_iter().filter_map(month_of_use).collect())
    }

    pub(super) async fn get_usage_settings(
        &self,
        context: RequestContext,
        _: GetUsageSettings,
    ) -> Result<UsageSettings, Problem> {
        Ok(UsageSettings { is_left_out: self.choices.of(&context.viewer.profile).await? })
    }

    pub(super) async fn replace_usage_settings(
        &self,
        context: RequestContext,
        call: ReplaceUsageSettings,
    ) -> Result<(), Problem> {
        Ok(self.choices.put(&context.viewer.profile, call.is_left_out).await?)
    }
}

fn month_of_use(Found { id, record }: Found<AccountRecord>) -> Option<MonthOfUse> {
    let Some(AccountRecord { month, sessions, watched_millis, bytes, set_aside, .. }) = record else {
        let month = AccountRecord::month_of_id(&id)?.to_owned();
        return Some(MonthOfUse { month, sessions: 0, watched_millis: 0, bytes: 0, is_incomplete: true });
    };
    Some(MonthOfUse { month, sessions, watched_millis, bytes, is_incomplete: set_aside.is_some() })
}
