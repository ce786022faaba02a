//! The handlers of usage's calls, version 1.

use contract::{
    Problem,
    usage::{GetReport, GetUsageSettings, ListUsage, MonthOfUse, ReplaceUsageSettings, Report, UsageSettings},
};
use storage::documents::{Direction, Find, all_of, parse};

use super::{
    Usage,
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
        let found = self.documents.find(&ACCOUNTS, find).await?;
        // A month that cannot be read keeps none of the others.
        let read = found.documents.iter().map(parse::<AccountRecord>);
        let read = read.filter_map(|read| read.inspect_err(|error| tracing::error!(%error, "a month of use is not told")).ok());
        let month =
            |AccountRecord { month, sessions, watched_millis, bytes, .. }| MonthOfUse { month, sessions, watched_millis, bytes };
        Ok(read.map(month).collect())
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
