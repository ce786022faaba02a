//! Brings together two services that do not know each other: which profiles there are, and whose plan includes recommendations.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use contract::{authorization::Right, ids::AccountId};
use storage::{StoreError, documents::Documents};

use crate::services::{
    entitlements::Entitlements,
    identity::viewers,
    interactions::{Viewer, Viewers},
};

/// The profiles of this installation.
pub struct Learners {
    pub documents: Arc<dyn Documents>,
    pub entitlements: Arc<Entitlements>,
}

#[async_trait]
impl Viewers for Learners {
    async fn viewers(&self, after: Option<&str>) -> Result<(Vec<Viewer>, Option<String>), StoreError> {
        let (profiles, next) = viewers::profiles(&*self.documents, after).await?;
        let mut accounts: Vec<AccountId> = profiles.iter().map(|profile| profile.account.clone()).collect();
        accounts.dedup();
        let authorizations = self.entitlements.of_accounts(&accounts).await?;
        let is_included: HashMap<&AccountId, bool> = accounts
            .iter()
            .zip(&authorizations)
            .map(|(account, may)| (account, may.grants(Right::Recommendations) && may.maturity.is_none()))
            .collect();
        let viewer = |profile: &viewers::AccountProfile| Viewer {
            profile: profile.profile.clone(),
            account: profile.account.clone(),
            is_learnt_from: !profile.has_age_limit && is_included.get(&profile.account).copied().unwrap_or(false),
        };
        Ok((profiles.iter().map(viewer).collect(), next))
    }
}
