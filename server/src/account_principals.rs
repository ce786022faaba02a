//! Brings together two services that do not know each other: who a session is, and what they may do.

use std::sync::Arc;

use async_trait::async_trait;
use contract::{
    authorization::Authorization,
    ids::{AccountId, ProfileId},
};
use storage::StoreError;

use crate::{
    context::ActiveProfile,
    gateway::principals::{Principal, PrincipalResolver},
    services::{
        entitlements::Entitlements,
        identity::{AccountPrincipal, Identity, Plans},
    },
    session::{ApiToken, Bearer, RefreshToken, Tokens},
};

/// The services of this process.
pub struct AccountPrincipals {
    pub identity: Arc<Identity>,
    pub entitlements: Arc<Entitlements>,
}

impl AccountPrincipals {
    /// Says in the log what an installation with accounts should decide that never said what guests may do.
    pub async fn remark_on_guests(&self) {
        match self.is_undecided_on_guests().await {
            Ok(false) => {}
            Ok(true) => tracing::warn!(
                "whoever is not signed in sees nothing of the catalogue: the plan of guests does not say `may_browse`. \
                 To let them in, or to leave it so in words, change the plan `guest` at /operator/plans/guest"
            ),
            Err(error) => tracing::warn!(%error, "what guests may do cannot be read now"),
        }
    }

    async fn is_undecided_on_guests(&self) -> Result<bool, StoreError> {
        Ok(self.identity.has_accounts().await? && !self.entitlements.has_guests_decided().await?)
    }
}

#[async_trait]
impl PrincipalResolver for AccountPrincipals {
    async fn resolve(&self, bearer: &Bearer) -> Result<Option<Principal>, StoreError> {
        let (found, authorization) =
            tokio::try_join!(self.identity.resolve(bearer), self.entitlements.of_account(&bearer.account))?;
        Ok(found.map(|(found, confirmed)| Principal { confirmed, ..principal(found, authorization) }))
    }

    async fn token(&self, token: &ApiToken) -> Result<Option<Principal>, StoreError> {
        let (found, authorization) =
            tokio::try_join!(self.identity.resolve_token(token), self.entitlements.of_account(&token.account))?;
        Ok(found.map(|(found, scopes)| Principal { scopes: Some(scopes), ..principal(found, authorization) }))
    }

    async fn guests(&self) -> Result<Arc<Authorization>, StoreError> {
        let has_accounts = self.identity.has_accounts().await?;
        self.entitlements.of_guests(has_accounts).await
    }

    async fn is_guests(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        self.identity.is_guests(profile).await
    }

    async fn refresh(&self, token: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError> {
        self.identity.refresh(token).await
    }

    async fn confirm(&self, bearer: &Bearer, generation: u64) -> Result<(), StoreError> {
        self.identity.confirm_generation(bearer, generation).await
    }
}

#[async_trait]
impl Plans for Entitlements {
    async fn devices(&self, account: &AccountId) -> Result<Option<u16>, StoreError> {
        Ok(self.of_account(account).await?.devices)
    }
}

fn principal(found: AccountPrincipal, authorization: Arc<Authorization>) -> Principal {
    let AccountPrincipal { role, profile, active_profile, maturity } = found;
    let authorization = match active_profile {
        ActiveProfile::Unrestricted | ActiveProfile::AgeLimited => for_profile(authorization, maturity),
        ActiveProfile::Missing => Arc::new(Authorization::nothing()),
    };
    Principal { role, profile, active_profile, authorization, scopes: None, confirmed: 0 }
}

/// A profile is never shown more than its account, and may be shown less.
fn for_profile(authorization: Arc<Authorization>, maturity: Option<u8>) -> Arc<Authorization> {
    match (maturity, authorization.maturity) {
        (Some(profile), Some(account)) if account <= profile => authorization,
        (Some(profile), Some(_) | None) => Arc::new(Authorization { maturity: Some(profile), ..(*authorization).clone() }),
        (None, _) => authorization,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_of_two_ages_counts() {
        for (account, profile, expected) in [
            (None, None, None),
            (Some(16), None, Some(16)),
            (None, Some(6), Some(6)),
            (Some(16), Some(6), Some(6)),
            (Some(6), Some(16), Some(6)),
        ] {
            let authorization = Arc::new(Authorization { maturity: account, ..Authorization::default() });
            assert_eq!(for_profile(authorization, profile).maturity, expected, "{account:?} {profile:?}");
        }
    }
}
