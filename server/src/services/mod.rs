//! Who answers: one folder per service, each with its calls, its records and its dependencies.
//!
//! A service never imports another. They talk in contract calls, through the request's context.

mod cards;
pub mod catalog;
pub mod discovery;
pub mod domain_events;
pub mod entitlements;
pub mod exporting;
pub mod fair_queue;
pub mod feeds;
pub mod followed_cache;
pub mod identity;
pub mod interactions;
pub mod keepers;
pub mod library;
mod names;
mod parse_errors;
pub mod playback;
mod readable;
pub mod recorder;
pub mod reviews;
pub mod searches;
pub mod single_flight;
pub mod statement_sources;
pub mod statements;
pub mod storage_plan;
pub mod storage_sources;
pub mod trimming;
pub mod usage;
pub mod webhooks;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use contract::ids::{AccountId, ProfileId, TitleId};
use storage::StoreError;

use self::{exporting::Exported, feeds::Feed};
use crate::mount::Mount;

/// A part of Marquee that answers calls.
///
/// One that keeps something for profiles or accounts says here how it lets go of it. Each of these may be called again at
/// any time, also where an earlier call was broken off, and is done where there is nothing to do.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// The name in the config's `services` and in logs.
    fn name(&self) -> &'static str;

    /// Registers a handler for each call that this service answers.
    fn mount(self: Arc<Self>, mount: &mut Mount);

    /// The collections whose changes are told to whoever they concern.
    fn feeds(&self) -> Vec<Feed> {
        Vec::new()
    }

    /// Routes that answer with something else than a call's reply: pictures, video. Each with its own guard.
    fn routes(self: Arc<Self>) -> Router {
        Router::new()
    }

    /// Removes everything that is kept for a profile that is gone.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    async fn forget(&self, _profile: &ProfileId) -> Result<(), StoreError> {
        Ok(())
    }

    /// Removes everything that is kept for an account that is gone, beside its profiles.
    ///
    /// # Errors
    /// As [`Service::forget`].
    async fn forget_account(&self, _account: &AccountId) -> Result<(), StoreError> {
        Ok(())
    }

    /// Everything that is kept for a profile, as documents without a secret.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn export(&self, _profile: &ProfileId) -> Result<Exported, StoreError> {
        Ok(Exported::new())
    }

    /// [`Service::export`] of each of these profiles, in their order: whoever reads much for it reads it once for all.
    ///
    /// # Errors
    /// As [`Service::export`].
    async fn export_each(&self, profiles: &[ProfileId]) -> Result<Vec<Exported>, StoreError> {
        let mut all = Vec::with_capacity(profiles.len());
        for profile in profiles {
            all.push(self.export(profile).await?);
        }
        Ok(all)
    }

    /// Everything that is kept for an account, beside its profiles.
    ///
    /// # Errors
    /// As [`Service::export`].
    async fn export_account(&self, _account: &AccountId) -> Result<Exported, StoreError> {
        Ok(Exported::new())
    }

    /// Removes everything that is kept of a title that is gone, whoever's it is, and ends what plays of it.
    ///
    /// # Errors
    /// As [`Service::forget`].
    async fn forget_title(&self, _title: &TitleId) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes what a guest's profile has along into a profile of an account: what is newer counts, and nothing is taken twice.
    ///
    /// # Errors
    /// As [`Service::forget`].
    async fn merge(&self, _from: &ProfileId, _into: &ProfileId) -> Result<(), StoreError> {
        Ok(())
    }

    /// Dates what guests left under an older build, so that it expires, too; how many records.
    ///
    /// # Errors
    /// As [`Service::forget`].
    async fn date_guests(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Removes some of what guests left that was last written before an instant, in milliseconds since 1970; how many
    /// records, 0 where none is left.
    ///
    /// # Errors
    /// As [`Service::forget`].
    async fn expire_guests(&self, _before: u64) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Registers the method `$method` as the handler of `$call`.
macro_rules! answer {
    ($mount:ident, $service:ident, $call:ty, $method:ident) => {{
        let service = Arc::clone(&$service);
        $mount.call(move |context, call: $call| {
            let service = Arc::clone(&service);
            async move { service.$method(context, call).await }
        });
    }};
}

use answer;
